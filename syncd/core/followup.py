"""(what was read, what happened so far, now) -> what the contract asks for: facts to keep, and who is told of what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from syncd.core.causes import crowd
from syncd.core.consent import consented
from syncd.core.contract import ClockName, Contract
from syncd.core.decision import Decision, Mark, Note
from syncd.core.deeds import Purpose, obstacle
from syncd.core.escalation import assess
from syncd.core.handback import closing, hand_back
from syncd.core.milestones import Happened, Milestone, in_order, latest
from syncd.core.model import Internal, Side
from syncd.core.moments import said_at
from syncd.core.observe import observe
from syncd.core.ratings import ratings
from syncd.core.review import open_review, root_causes
from syncd.core.routing import go_on
from syncd.core.severity import Severity, severity_called
from syncd.core.sla import Alarm, alarms
from syncd.core.spans import spoken
from syncd.core.view import View

RAN_OUT = {
    ClockName.OWNER: "nobody is named on the issue",
    ClockName.ACCEPT: "engineering has neither taken nor returned it",
    ClockName.RESPOND: "the customer has no answer since it went to engineering",
    ClockName.UPDATE: "the customer has not heard anything new",
    ClockName.REVIEW: "nobody has reviewed it",
    ClockName.FIX: "it is not done",
    ClockName.FOLLOW_UP: "nobody has answered the customer who was not content",
}


def follow_up(view: View, now: datetime) -> Iterator[Decision]:
    """New facts with what they change for people, then what has run out or is about to.

    A note comes before the fact it tells of: after a crash between them the note is known to be told, and the fact is
    noted then.
    """
    contract = view.mapping.contract
    if contract is None:
        return
    new = observe(view, contract, view.known.milestones, now)
    history = in_order((*view.known.milestones, *new))
    yield from hand_back(view, now)
    yield from open_review(view, new, now)
    for fact in new:
        yield from _sayable(view, _told(fact, contract, history))
        if fact in view.known.statements:
            yield from _sayable(view, _stated(fact))
        yield Mark(fact)
    if contract.acceptance.links:
        yield from _sayable(view, _linked(history))
    yield from closing(view, now)
    yield from crowd(view)
    yield from ratings(view, new, now)
    yield from root_causes(view, now)
    for alarm in alarms(contract, severity_of(view), history, now):
        yield from _sayable(view, _alarmed(alarm))
        yield _rang(alarm, now)
    yield from consented(view)
    yield from go_on(view, (*view.known.milestones, *new), now)


def _sayable(view: View, notes: Iterable[Note]) -> Iterator[Note]:
    """Without those for a ticket that takes no changes any more: nobody works on it."""
    return (note for note in notes if view.takes_writes(note.side))


def severity_of(view: View) -> Severity | None:
    """How bad it is by what was read, or else as it was found last."""
    ticket = view.snapshot(Side.SUPPORT)
    if ticket is not None:
        given = assess(view.mapping, ticket.fields)
        return given.severity if given else None
    return severity_called(view.known.severity)


def _told(fact: Milestone, contract: Contract, history: Sequence[Milestone]) -> Iterator[Note]:
    match fact.what:
        case Happened.ACCEPTED:
            how = f" {fact.detail}" if fact.detail.startswith("by ") else ""
            yield _note(Side.SUPPORT, f"{fact.who or 'Engineering'} accepted the issue{how}.", fact)
        case Happened.RETURNED:
            yield _note(Side.SUPPORT, _returned(fact, contract, history), fact)
        case Happened.RESUBMITTED:  # without its words: whether support's comments cross says the mapping
            yield _note(Side.ENGINEERING, f"{fact.who or 'Support'} handed the issue over again.", fact)
        case Happened.REVIEWED:
            said_on = [side for side in Side if fact.source.startswith(f"{side}:")]
            yield from (_note(side.other, f"{fact.who or 'Somebody'} reviewed it.", fact) for side in said_on)
        case _:
            return


def _returned(fact: Milestone, contract: Contract, history: Sequence[Milestone]) -> str:
    before = [each for each in history if each.what is Happened.RETURNED and each.at <= fact.at]
    again = f" for the {_ordinal(len(before))} time" if len(before) > 1 else ""
    lines = [
        f"{fact.who or 'Engineering'} returned the issue{again}"
        + (f": {fact.detail}" if fact.detail else " and named no reason."),
        f"Add what is missing, then write an internal comment that begins with `{contract.acceptance.resubmit}`.",
    ]
    return "\n\n".join(lines)


def _linked(history: Sequence[Milestone]) -> Iterator[Note]:
    """Each time that the issue waits to be accepted: whoever reads it there may answer without a comment."""
    handed = latest(history, Happened.ESCALATED, Happened.RESUBMITTED)
    if handed is not None and obstacle(Purpose.ACCEPT, history) is None:
        text = "Accept or return this issue without writing a comment:"
        yield Note(Side.ENGINEERING, Internal(text), f"links:{handed.source}", (Purpose.ACCEPT, Purpose.RETURN))


def _stated(fact: Milestone) -> Iterator[Note]:
    """What was not said on the issue, and what not on either ticket, is told there too."""
    who = fact.who or "Somebody"
    match fact.what:
        case Happened.ACCEPTED:
            text, sides = f"{who} accepted the issue", [Side.ENGINEERING]
        case Happened.RETURNED:
            text, sides = f"{who} returned the issue", [Side.ENGINEERING]
        case Happened.REVIEWED:
            text, sides = f"{who} reviewed it", list(Side)
        case _:
            return
    reason = f" {fact.detail}." if fact.detail.startswith("by ") else f": {fact.detail}" if fact.detail else "."
    for side in sides:
        yield Note(side, Internal(text + reason), f"{fact.what}:{side}:{fact.source}")


def _note(side: Side, text: str, fact: Milestone) -> Note:
    return Note(side, Internal(text), f"{fact.what}:{fact.source or fact.at.astimezone(UTC).isoformat()}")


def _alarmed(alarm: Alarm) -> Iterator[Note]:
    """A reminder goes to the side whose move it is, a breach to both."""
    clock = alarm.clock
    if alarm.reminder is None:
        text = f"The time is up: {RAN_OUT[clock.name]} within {spoken(clock.within)} (since {said_at(clock.started)})."
        sides: tuple[Side, ...] = tuple(Side)
    else:
        left = clock.within - clock.used
        until = f", until {said_at(clock.due)}" if clock.due else ""
        text = f"{spoken(left)} left{until}: {RAN_OUT[clock.name]}."
        sides = (clock.name.late,)
    for side in sides:
        yield Note(side, Internal(text), f"{_kind(alarm)}:{side}:{alarm.name}")


def _rang(alarm: Alarm, now: datetime) -> Mark:
    return Mark(Milestone(_kind(alarm), min(alarm.at, now), detail=str(alarm.clock.name), source=alarm.name))


def _kind(alarm: Alarm) -> Happened:
    return Happened.REMINDED if alarm.reminder else Happened.BREACHED


def _ordinal(number: int) -> str:
    ending = "th" if 10 < number % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
