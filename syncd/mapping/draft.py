"""The escalation file as far as it could be read, before any mapping is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from syncd.errors import Complaint
from syncd.mapping.nodes import Document, Path


@dataclass(frozen=True, slots=True)
class PolicyDraft:
    """`parts` are the tables that could be read, by key; `complaints` what is wrong whatever the mapping."""

    document: Document
    parts: Mapping[str, Any]
    broken: frozenset[Path]
    complaints: tuple[Complaint, ...]
