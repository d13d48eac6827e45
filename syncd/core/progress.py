"""(what happened, the contract, now) -> what a customer may see of it: steps, times, and when they hear again.

The value cannot hold anything else. It is made of enums and times; every word beside them is the policy's own. So no
comment, name, label, severity or reason can reach the page, whatever a fact says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from syncd.core.contract import ClockName, Contract
from syncd.core.milestones import Happened, Milestone, in_order
from syncd.core.model import Word
from syncd.core.severity import Severity
from syncd.core.sla import clocks


class Step(Word):
    """What a customer knows of the way, in its order."""

    RECEIVED = "received"
    WITH_ENGINEERING = "with_engineering"
    WORKED_ON = "worked_on"
    FIXED = "fixed"
    TOLD = "told"


class Stand(Word):
    DONE = "done"
    NEXT = "next"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class StepView:
    """One step; `at` is when it was reached, None where that is to come or not known."""

    step: Step
    stand: Stand
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """What the page of one ticket shows.

    Attributes:
        update_due: until when the customer hears again; None where nothing promises it, or its clock stands still.
        late: `update_due` has passed.
        answers: when they were answered, the newest first; not what was said.
        at: when this was so.
    """

    steps: tuple[StepView, ...]
    update_due: datetime | None
    late: bool
    answers: tuple[datetime, ...]
    at: datetime

    @property
    def finished(self) -> bool:
        return all(view.stand is Stand.DONE for view in self.steps)


def progress(
    history: Sequence[Milestone], contract: Contract | None, severity: Severity | None, now: datetime
) -> Progress:
    """How far a ticket is. What a step back undid (reopened, returned) is to come again."""
    due = None if contract is None else _update_due(history, contract, severity, now)
    answers = (fact.at for fact in reversed(in_order(history)) if fact.what is Happened.TOLD)
    return Progress(_steps(_reached(history)), due, due is not None and due <= now, tuple(answers), now)


def _reached(history: Sequence[Milestone]) -> dict[Step, datetime | None]:
    """The steps that are done, each with its time; when the ticket was received nothing here knows."""
    reached: dict[Step, datetime | None] = {Step.RECEIVED: None}
    for fact in in_order(history):
        match fact.what:
            case Happened.ESCALATED:
                reached.setdefault(Step.WITH_ENGINEERING, fact.at)
            case Happened.ACCEPTED:
                reached.setdefault(Step.WORKED_ON, fact.at)
            case Happened.RETURNED:
                reached.pop(Step.WORKED_ON, None)
            case Happened.DONE:
                reached[Step.FIXED] = fact.at
            case Happened.REOPENED:
                reached.pop(Step.FIXED, None)
                reached.pop(Step.TOLD, None)
            case Happened.TOLD if Step.FIXED in reached:
                reached.setdefault(Step.TOLD, fact.at)
    return reached


def _steps(reached: dict[Step, datetime | None]) -> tuple[StepView, ...]:
    """Up to the furthest step that was reached all are done, whether or not each was noted."""
    order = tuple(Step)
    furthest = max(order.index(step) for step in reached)
    stands = [*[Stand.DONE] * (furthest + 1), Stand.NEXT, *[Stand.LATER] * len(order)]
    return tuple(StepView(step, stand, reached.get(step)) for step, stand in zip(order, stands, strict=False))


def _update_due(
    history: Sequence[Milestone], contract: Contract, severity: Severity | None, now: datetime
) -> datetime | None:
    """By the clock of the next answer; before the first answer, by that one's."""
    waits = [
        clock.due
        for clock in clocks(contract, severity, history, now)
        if clock.name in (ClockName.UPDATE, ClockName.RESPOND) and clock.ended is None and clock.due
    ]
    return min(waits, default=None)
