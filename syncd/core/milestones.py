"""What happened on the way of an escalation, each fact once and with its time: what clocks and metrics are made of.

A fact is stored when it is noticed and never changed afterwards. This module says what facts there are; `observe` finds
them in what was read, `sla` makes clocks of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from syncd.core.model import Word


class Happened(Word):
    ESCALATED = "escalated"  # a rule asked for the issue: the clocks start
    OWNED = "owned"  # somebody is named on the issue
    UNOWNED = "unowned"
    ACCEPTED = "accepted"
    RETURNED = "returned"  # with what is missing
    RESUBMITTED = "resubmitted"  # with what was missing
    TOLD = "told"  # the customer got an answer
    REVIEWED = "reviewed"
    DONE = "done"
    REOPENED = "reopened"
    PAUSED = "paused"
    RESUMED = "resumed"
    REMINDED = "reminded"
    BREACHED = "breached"


@dataclass(frozen=True, slots=True)
class Milestone:
    """One fact.

    Attributes:
        at: when it happened: by the vendor's clock where that tells, else when it was noticed.
        who: the person's name, where there is one.
        detail: the reason of a return, the name of a pause, the clock of a reminder or breach.
        source: with `what` it names this very fact, so that it is noted once.
    """

    what: Happened
    at: datetime
    who: str = ""
    detail: str = ""
    source: str = ""


def in_order(history: Iterable[Milestone]) -> tuple[Milestone, ...]:
    """By the time at which it happened; of one moment in the order in which it was noted."""
    return tuple(sorted(history, key=lambda fact: fact.at))


def latest(history: Iterable[Milestone], *whats: Happened) -> Milestone | None:
    """The last fact of these kinds."""
    return next((fact for fact in reversed(in_order(history)) if fact.what in whats), None)
