"""What the policy says of the end, as values: how a ticket returns to its owner when its issue is done, what it came
from, how content its customer was, and which cases are reviewed.

What becomes of one ticket is in `handback`, `causes`, `ratings` and `review`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from syncd.core.conditions import Condition
from syncd.core.model import Side, Word
from syncd.core.packet import Template
from syncd.core.redact import Redaction
from syncd.core.severity import Severity


class Close(Word):
    """Who closes the ticket of an issue that is done."""

    AFTER_TOLD = "after_told"  # syncd, as soon as the customer had a public answer after that
    BY_AGENT = "by_agent"


class Cause(Word):
    """What an escalation comes from."""

    DEFECT = "defect"
    USAGE = "usage"
    PROCESS = "process"
    KNOWLEDGE_GAP = "knowledge_gap"
    THIRD_PARTY = "third_party"


@dataclass(frozen=True, slots=True)
class CauseRule:
    """All conditions true, and that is the cause: `ticket` asks as a rule under `escalate` does, `issue` the tracker's
    own fields in its own words."""

    cause: Cause
    ticket: tuple[Condition, ...] = ()
    issue: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Survey:
    """One question at the end.

    Attributes:
        ask: its words, which the draft says.
        score: the helpdesk's field that holds the answer; "" for none, then people tell it syncd.
        values: its words -> a number.
        low: this score or less asks somebody to call.
    """

    ask: str
    score: str = ""
    values: Mapping[str, int] = field(default_factory=dict)
    low: int = 3


@dataclass(frozen=True, slots=True)
class FeedbackPolicy:
    """The way back.

    Attributes:
        reopened_as: the meaning of `status` that a ticket is given when its issue is done.
        draft: what the agent may say to the customer; nobody but the agent sends it.
        done_field: the tracker's field that says what was done; "" for none.
        done_headings: headings or labels under which a comment on the issue says it.
        causes: the first that holds is the cause.
        value: the entry of `fields` that says what a ticket is worth; "" for none.
        tell_at: of how many customers on one issue its engineers are told, ascending.
    """

    reopened_as: str
    draft: Template
    redaction: Redaction = field(default_factory=Redaction)
    close: Close = Close.AFTER_TOLD
    done_field: str = ""
    done_headings: tuple[str, ...] = ()
    causes: tuple[CauseRule, ...] = ()
    value: str = ""
    tell_at: tuple[int, ...] = ()
    survey: Survey | None = None

    @property
    def asks(self) -> frozenset[Side]:
        """The sides that must be read to know the cause."""
        sides = {Side.SUPPORT for rule in self.causes if rule.ticket} | {
            Side.ENGINEERING for rule in self.causes if rule.issue
        }
        return frozenset(sides)


FILL_IN = """### What went well

### What did not

### Root causes

### Actions, each with an owner and a date
"""


@dataclass(frozen=True, slots=True)
class ReviewPolicy:
    """Which cases are reviewed.

    Attributes:
        fill_in: Markdown that people complete.
        records: name -> the tracker's field that holds the address or number of a problem or change record.
        tags: the tracker's field, such as its labels, in which engineers name root causes; "" for none.
        words: which of its words are root causes.
    """

    severities: frozenset[Severity]
    fill_in: str = FILL_IN
    records: Mapping[str, str] = field(default_factory=dict)
    tags: str = ""
    words: frozenset[str] = frozenset()
