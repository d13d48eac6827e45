"""Who must say yes before an issue is made, as a value. What it makes of one ticket is in `consent`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from syncd.core.conditions import Condition
from syncd.core.hours import Hours
from syncd.core.model import Word
from syncd.core.severity import Severity


class Otherwise(Word):
    """What becomes of a ticket about which nobody said anything in time."""

    REFUSE = "refuse"
    PASS = "pass"  # noqa: S105  a word of the policy


@dataclass(frozen=True, slots=True)
class Approval:
    """Tickets that wait in support until one of `who` approves.

    Attributes:
        severities: only tickets this bad; empty for all. `when`: only those for which this holds.
        who: names of people.
        within: how long there is, in time that counts by `hours` of the severity; None: until somebody answers.
    """

    name: str
    who: tuple[str, ...]
    severities: frozenset[Severity] = frozenset()
    when: tuple[Condition, ...] = ()
    within: timedelta | None = None
    otherwise: Otherwise = Otherwise.REFUSE
    hours: Mapping[Severity, Hours] = field(default_factory=dict)
