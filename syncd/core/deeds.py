"""What a signed link is good for, and whether a ticket still stands where that makes sense."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from syncd.core.milestones import Happened, Milestone, latest
from syncd.core.model import Word


class Purpose(Word):
    """The one thing that a signed link permits on its one ticket."""

    PROGRESS = "progress"  # the customer sees how far it is
    ACCEPT = "accept"  # engineering takes the issue
    RETURN = "return"  # engineering gives it back, with what is missing
    APPROVE = "approve"  # somebody lets it become an issue
    REFUSE = "refuse"  # or not, with the reason
    REVIEWED = "reviewed"  # it was looked at together
    RATE = "rate"  # the customer says how it went


DEEDS: Mapping[Purpose, Happened] = MappingProxyType(
    {
        Purpose.ACCEPT: Happened.ACCEPTED,
        Purpose.RETURN: Happened.RETURNED,
        Purpose.APPROVE: Happened.APPROVED,
        Purpose.REFUSE: Happened.REFUSED,
        Purpose.REVIEWED: Happened.REVIEWED,
        Purpose.RATE: Happened.RATED,
    }
)
"""What pressing the button of such a link makes happen; the progress has none."""
WITH_REASON = frozenset({Purpose.RETURN, Purpose.REFUSE})
SCALE = range(1, 6)
"""What a customer can say who is asked how it went; 5 is the best."""


class Obstacle(Word):
    """Why a deed makes no sense now."""

    NOT_ASKED = "not_asked"  # it has not come to that point
    ANSWERED = "answered"  # somebody did it, or its opposite
    ACCEPTED = "accepted"
    RETURNED = "returned"
    DONE = "done"
    RESTS = "rests"  # nothing goes between the two tickets any more


def obstacle(purpose: Purpose, history: Sequence[Milestone]) -> Obstacle | None:
    """Why a deed makes no sense after what happened; None where it does."""
    match purpose:
        case Purpose.APPROVE | Purpose.REFUSE:
            return _answered(history, Happened.APPROVAL_ASKED, Happened.APPROVED, Happened.REFUSED)
        case Purpose.RATE:
            return _answered(history, Happened.SURVEYED, Happened.RATED)
        case Purpose.ACCEPT | Purpose.RETURN | Purpose.REVIEWED:
            return _moved_on(purpose, history)
        case Purpose.PROGRESS:
            return None


def _answered(history: Sequence[Milestone], asked: Happened, *answers: Happened) -> Obstacle | None:
    last = latest(history, asked, *answers)
    if last is None:
        return Obstacle.NOT_ASKED
    return None if last.what is asked else Obstacle.ANSWERED


def _moved_on(purpose: Purpose, history: Sequence[Milestone]) -> Obstacle | None:
    stands = latest(history, Happened.ESCALATED, Happened.RESUBMITTED, Happened.ACCEPTED, Happened.RETURNED)
    if stands is None:
        return Obstacle.NOT_ASKED
    over = latest(history, Happened.DONE, Happened.REOPENED)
    if over is not None and over.what is Happened.DONE:
        return Obstacle.DONE
    if purpose is Purpose.REVIEWED:
        return None
    if stands.what is Happened.RETURNED:
        return Obstacle.RETURNED
    return Obstacle.ACCEPTED if purpose is Purpose.ACCEPT and stands.what is Happened.ACCEPTED else None
