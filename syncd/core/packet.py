"""The policy of the handoff packet as a value: what must be known before an issue is made, and what is told of it.

What it makes of one ticket is in `evidence` and `handoff`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from syncd.core.conditions import Condition
from syncd.core.model import Word
from syncd.core.redact import Redaction
from syncd.core.severity import Severity


class OnMissing(Word):
    """What becomes of a ticket that lacks something."""

    HOLD = "hold"  # it stays in support until it is there
    WARN = "warn"  # it passes, and the packet says what is missing


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that engineering needs to know.

    Attributes:
        ask: the question that an agent is asked where it is missing.
        field: an entry of `fields` or a field of the helpdesk that holds it; "" for none.
        headings: headings or labels under which it stands in the description or in a comment.
        severities: only for tickets that are this bad; empty for all.
    """

    name: str
    ask: str
    field: str = ""
    headings: tuple[str, ...] = ()
    severities: frozenset[Severity] = frozenset()
    when: tuple[Condition, ...] = ()
    missing: OnMissing = OnMissing.HOLD


class Told(Word):
    """Which comments of the ticket a packet tells."""

    ALL = "all"
    PUBLIC = "public"  # those that the customer can read too


class Unrenderable(Exception):
    """A template cannot be rendered for a ticket; the text says why, and quotes nothing of the ticket."""


class Template(Protocol):
    """A text with places for values; `digest` names its content, `source` is how the admin wrote it."""

    @property
    def digest(self) -> str: ...

    @property
    def source(self) -> str: ...

    def render(self, values: Mapping[str, object]) -> str:
        """The text in Markdown. Raises Unrenderable."""
        ...


@dataclass(frozen=True, slots=True)
class PacketPolicy:
    """What must be known, what is removed, and how it is said."""

    evidence: tuple[Evidence, ...]
    redaction: Redaction
    template: Template
    conversation: Told = Told.ALL
    similar: int = 3  # how many issues that sound like the ticket are named at most; 0 for none

    @property
    def reads_comments(self) -> bool:
        """Whether a comment may bring what is missing."""
        return any(one.headings for one in self.evidence)
