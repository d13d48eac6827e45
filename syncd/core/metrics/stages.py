"""Where a case was at each moment: the stretches between its facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from syncd.core.milestones import Happened, Milestone
from syncd.core.model import Word


class Stage(Word):
    """At every moment a case is in one of these, or over."""

    WAITING = "waiting"  # handed over, and neither accepted nor returned
    WORK = "work"  # accepted
    RETURNED = "returned"  # back in support, to be completed
    CUSTOMER = "customer"  # a pause in which the customer has to answer, whatever it would be in else
    UNTOLD = "untold"  # done, and the customer has not heard of it


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in one stage; the last one of a case may go on, with None for its end."""

    stage: Stage
    start: datetime
    end: datetime | None


STEPS = {
    Happened.ESCALATED: Stage.WAITING,
    Happened.RESUBMITTED: Stage.WAITING,
    Happened.ACCEPTED: Stage.WORK,
    Happened.RETURNED: Stage.RETURNED,
}


@dataclass(slots=True)
class _State:
    customer: frozenset[str] | None
    step: Stage | None = None
    done: bool = False
    told: bool = False
    pauses: set[str] = field(default_factory=set)

    def take(self, fact: Milestone) -> None:
        self.step = STEPS.get(fact.what, self.step)
        match fact.what:
            case Happened.DONE:
                self.done, self.told = True, False
            case Happened.REOPENED:
                self.done = False
            case Happened.TOLD:
                self.told = True
            case Happened.PAUSED if self.customer is None or fact.detail in self.customer:
                self.pauses.add(fact.detail)
            case Happened.RESUMED:
                self.pauses.discard(fact.detail)

    @property
    def stage(self) -> Stage | None:
        if self.step is None or (self.done and self.told):
            return None
        if self.done:
            return Stage.UNTOLD
        return Stage.CUSTOMER if self.pauses else self.step


def stretches(history: Iterable[Milestone], customer: frozenset[str] | None) -> tuple[Stretch, ...]:
    """The stages of a case in their order, without those that took no time."""
    return tuple(stretch for stretch in _stretches(history, customer) if stretch.end != stretch.start)


def _stretches(history: Iterable[Milestone], customer: frozenset[str] | None) -> Iterator[Stretch]:
    state, stage, since = _State(customer), None, None
    for fact in history:
        state.take(fact)
        if state.stage is not stage:
            if stage is not None and since is not None:
                yield Stretch(stage, since, fact.at)
            stage, since = state.stage, fact.at
    if stage is not None and since is not None:
        yield Stretch(stage, since, None)
