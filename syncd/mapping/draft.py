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
class KnownChannel:
    """What the config says of a channel.

    Attributes:
        kind: "" where that could not be read.
        has_readers: whether somebody gets what is sent to it without an address.
    """

    kind: str = ""
    has_readers: bool = True


@dataclass(frozen=True, slots=True)
class PolicyDraft:
    """`parts` are the tables that could be read, by key; `complaints` what is wrong whatever the mapping.

    `channels` are those of the config by name; None without a config.
    """

    document: Document
    parts: Mapping[str, Any]
    broken: frozenset[Path]
    complaints: tuple[Complaint, ...]
    channels: Mapping[str, KnownChannel] | None = None

    def severities(self) -> Iterator[tuple[Severity, SeverityBlock]]:
        """What stands below each severity, the worst first."""
        blocks: SeveritiesBlock = self.parts.get("severities", SeveritiesBlock())
        for severity in Severity:
            yield severity, getattr(blocks, severity.value)
