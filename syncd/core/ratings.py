"""How content the customer was, and who is asked to call where that is little."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from syncd.core.conditions import plain
from syncd.core.contract import ClockName
from syncd.core.decision import Decision, Mark, Note
from syncd.core.feedback import Survey
from syncd.core.handback import way_back
from syncd.core.hours import after
from syncd.core.milestones import Happened, Milestone, latest
from syncd.core.model import Internal, Side
from syncd.core.moments import said_at
from syncd.core.severity import severity_called
from syncd.core.view import View


def ratings(view: View, new: Sequence[Milestone], now: datetime) -> Iterator[Decision]:
    """The score that the ticket shows, where it is news, and what a low one asks for; only the last one counts.

    Args:
        new: the facts of this look: what a person told syncd itself is among them.
    """
    policy = view.mapping.feedback
    survey = policy.survey if policy else None
    if survey is None:
        return
    yield from _asked(view, now)
    history = (*view.known.milestones, *new)
    read = tuple(_read(view, survey, history, now))
    for fact in read:
        yield Mark(fact)
    history = (*history, *read)
    last = latest(history, Happened.RATED)
    score = number(last.detail) if last else None
    if last is None or score is None or score > survey.low or not view.takes_writes(Side.SUPPORT):
        return
    if not any(fact.what is Happened.FOLLOW_UP and fact.source == last.source for fact in history):
        yield from _call(view, last, now)


def _asked(view: View, now: datetime) -> Iterator[Mark]:
    """The first public answer after the draft, which has the question in it: from then on a signed link takes the
    customer's answer. Once for each time that the issue is done; whether the agent kept the question is not known."""
    back = way_back(view, now)
    if back is None or not back.begun or not back.told:
        return
    fact = back.fact(Happened.SURVEYED, now)
    if not any(one.what is fact.what and one.source == fact.source for one in view.known.milestones):
        yield Mark(fact)


def _read(view: View, survey: Survey, history: Sequence[Milestone], now: datetime) -> Iterator[Milestone]:
    """Scores before the issue was done tell of something else."""
    ticket = view.snapshot(Side.SUPPORT)
    value = ticket.fields.get(survey.score) if ticket and survey.score else None
    if value is None or isinstance(value, frozenset) or latest(history, Happened.DONE) is None:
        return
    word = plain(value)
    score = number(str(survey.values.get(word, word)))
    scores = [fact for fact in history if fact.what is Happened.RATED and fact.source.startswith("field:")]
    if score is not None and (not scores or scores[-1].detail != str(score)):
        yield Milestone(Happened.RATED, now, detail=str(score), source=f"field:{len(scores)}:{score}")


def _call(view: View, rated: Milestone, now: datetime) -> Iterator[Decision]:
    due = _due(view, now)
    until = f" by {said_at(due)}" if due else ""
    text = f"The customer was not content: {rated.detail}. Please call or write{until}; a public answer here ends this."
    yield Note(Side.SUPPORT, Internal(text), f"follow_up:{rated.source}")
    detail = said_at(due) if due else ""
    yield Mark(Milestone(Happened.FOLLOW_UP, now, detail=detail, source=rated.source))


def _due(view: View, now: datetime) -> datetime | None:
    """By the clock of its severity; None without a severity."""
    contract, severity = view.mapping.contract, severity_called(view.known.severity)
    targets = contract.targets.get(severity, ()) if contract and severity else ()
    clock = next((target for target in targets if target.clock is ClockName.FOLLOW_UP), None)
    return after(clock.hours, now, clock.within) if clock else None


def number(text: str) -> Decimal | None:
    """A score; None for what is no number."""
    try:
        score = Decimal(text)
    except ArithmeticError:
        return None
    return score if score.is_finite() else None
