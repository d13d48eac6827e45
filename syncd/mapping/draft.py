"""The escalation file as far as it could be read, before any mapping is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from syncd.core.severity import Severity
from syncd.errors import Complaint
from syncd.mapping.nodes import Document, Path
from syncd.mapping.schema import SeveritiesBlock, SeverityBlock


@dataclass(frozen=True, slots=True)
class PolicyDraft:
    """`parts` are the tables that could be read, by key; `complaints` what is wrong whatever the mapping."""

    document: Document
    parts: Mapping[str, Any]
    broken: frozenset[Path]
    complaints: tuple[Complaint, ...]

    def severities(self) -> Iterator[tuple[Severity, SeverityBlock]]:
        """What stands below each severity, the worst first."""
        blocks: SeveritiesBlock = self.parts.get("severities", SeveritiesBlock())
        for severity in Severity:
            yield severity, getattr(blocks, severity.value)
