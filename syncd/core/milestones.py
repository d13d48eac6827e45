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
    """What can have happened.

    Where a fact has a person, `who` is the name as a vendor shows it; what `detail` holds is said here.
    """

    # before there is an issue
    HELD = "held"  # it stays in support until evidence is there; what is missing
    APPROVAL_ASKED = "approval_asked"  # a person must approve; who may
    APPROVED = "approved"
    REFUSED = "refused"  # with the reason
    ESCALATED = "escalated"  # a rule asked for the issue: the clocks start
    # with an issue
    OVERRULED = "overruled"  # an agent's severity is another one than the rules'; "sev1 instead of sev3"
    ASSIGNED = "assigned"  # syncd named somebody by its routing, "" for nobody; team, role and rule (`owners.Named`)
    TRANSFERRED = "transferred"  # to somebody else, because nobody took it in time, "" where nobody is left; as above
    OWNED = "owned"  # somebody is named on the issue; the tracker's id of that person
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
    # after it
    CLASSIFIED = "classified"  # what caused it: one word of the policy
    HANDED_BACK = "handed_back"  # the ticket is open at its owner again, with a draft for the customer
    CLOSED = "closed"  # the ticket is done in support
    SURVEYED = "surveyed"  # the customer was asked how it went
    RATED = "rated"  # the customer's answer; a number
    FOLLOW_UP = "follow_up"  # a low score: somebody is asked to call; until when
    REVIEW_OPENED = "review_opened"  # a review record was begun


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
