"""The path that tickets took: how long each step needed beside what was promised, who is there now, where they waited.

Every number of a step is a metric of `definitions`; the waits are the same stretches as its times in stages.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from syncd.core.contract import ClockName, Contract
from syncd.core.metrics.case import Case, Terms
from syncd.core.metrics.compute import Group
from syncd.core.metrics.stages import Stage, stretches
from syncd.core.metrics.values import Share, Times
from syncd.core.milestones import Happened, latest
from syncd.core.model import Word
from syncd.core.severity import WORST_FIRST, Severity

NOTHING = timedelta(0)


class Step(Word):
    """The steps after a ticket was escalated, in their order; support answers while engineering works."""

    OWNED = "owned"
    ACCEPTED = "accepted"
    ANSWERED = "answered"
    FIXED = "fixed"
    TOLD = "told"


OF_STEP: Mapping[Step, tuple[str, ClockName]] = {
    Step.OWNED: ("time_to_owner", ClockName.OWNER),
    Step.ACCEPTED: ("time_to_accept", ClockName.ACCEPT),
    Step.ANSWERED: ("first_response", ClockName.RESPOND),
    Step.FIXED: ("resolution", ClockName.FIX),
    Step.TOLD: (f"stage_{Stage.UNTOLD}", ClockName.UPDATE),
}
"""Which metric says how long a step took, and which clock waits for it. All are counted from the escalation, but the
last from the moment at which the issue was done."""


@dataclass(frozen=True, slots=True)
class Passed:
    """One step.

    Attributes:
        promised: severity -> how long it may take; one without that clock is not in it.
        taken: by the wall, and in hours that count.
        inside: the waits of the step's clock that ended in time, of those that ended or are late.
        now: the cases that wait for it at this moment.
        seen: whether anything says that it happened; False where the policy names no field for an owner.
    """

    step: Step
    clock: ClockName
    promised: Mapping[Severity, timedelta]
    taken: Times
    inside: Share
    now: int
    seen: bool = True


@dataclass(frozen=True, slots=True)
class Waits:
    """The time that cases were in one stage, as far as it lies in the window.

    Attributes:
        total: of all of them together.
        count: how many stretches; `now` of them go on.
        longest: the longest one, with what of it was before the window.
    """

    stage: Stage
    total: timedelta
    count: int
    now: int
    longest: timedelta


@dataclass(frozen=True, slots=True)
class Path:
    """What happened to the cases of one mapping.

    Attributes:
        cases: how many were escalated in the window; the steps tell of these, but for `Passed.now`.
        earlier: how many were escalated before and were open when it began, or are open now; their waits count too.
        returned: cases that engineering gave back at least once, of those that are over or were given back.
        stages: every stage, in the order in which a case comes through them.
        waited: all the time that was waited, without the work itself.
        stalled: the stage, other than the work, in which most of that was; None where nobody waited.
    """

    cases: int
    earlier: int
    steps: tuple[Passed, ...]
    returned: Share
    stages: tuple[Waits, ...]
    waited: timedelta
    stalled: Waits | None


def path(cases: tuple[Case, ...], earlier: tuple[Case, ...], group: Group, terms: Terms, contract: Contract) -> Path:
    """The path of one mapping's cases.

    Args:
        cases: those of the window; `group` has their metrics.
        earlier: every other case that was open when the window began, or is open now.
    """
    everything = (*cases, *earlier)
    stages = _stages(everything, terms)
    waits = [one for one in stages if one.stage is not Stage.WORK and one.total > NOTHING]
    return Path(
        cases=len(cases),
        earlier=len(earlier),
        steps=tuple(_passed(step, everything, group, contract) for step in Step),
        returned=_share(group, "rework"),
        stages=stages,
        waited=sum((one.total for one in waits), NOTHING),
        stalled=max(waits, key=lambda one: one.total, default=None),
    )


def _passed(step: Step, cases: Iterable[Case], group: Group, contract: Contract) -> Passed:
    metric, clock = OF_STEP[step]
    taken = group.values[metric]
    return Passed(
        step=step,
        clock=clock,
        promised=_promised(contract, clock),
        taken=taken if isinstance(taken, Times) else Times.of(()),
        inside=_share(group, f"inside_{clock}"),
        now=sum(_waits_for(step, case) for case in cases),
        seen=step is not Step.OWNED or bool(contract.acceptance.owner),
    )


def _promised(contract: Contract, clock: ClockName) -> Mapping[Severity, timedelta]:
    return {
        severity: target.within
        for severity in WORST_FIRST
        for target in contract.targets.get(severity, ())
        if target.clock is clock
    }


def _share(group: Group, metric: str) -> Share:
    found = group.values[metric]
    return found if isinstance(found, Share) else Share(0, 0)


def _waits_for(step: Step, case: Case) -> bool:
    """Whether a case is where this step comes next; a pause changes nothing about that."""
    stage = _stage_now(case)
    match step:
        case Step.OWNED:
            last = latest(case.history, Happened.OWNED, Happened.UNOWNED)
            return stage in (Stage.WAITING, Stage.WORK) and (last is None or last.what is Happened.UNOWNED)
        case Step.ACCEPTED:
            return stage is Stage.WAITING
        case Step.ANSWERED:
            return case.done is None and case.first(Happened.TOLD) is None
        case Step.FIXED:
            return stage is Stage.WORK
        case Step.TOLD:
            return stage is Stage.UNTOLD


def _stage_now(case: Case) -> Stage | None:
    return next((one.stage for one in stretches(case.history, frozenset()) if one.end is None), None)


def _stages(cases: Iterable[Case], terms: Terms) -> tuple[Waits, ...]:
    found = [
        (one.stage, one.start, one.end)
        for case in cases
        for one in stretches(case.history, terms.customer)
        if one.end is None or one.end > terms.since
    ]
    return tuple(_waits(stage, [(start, end) for of, start, end in found if of is stage], terms) for stage in Stage)


def _waits(stage: Stage, spans: list[tuple[datetime, datetime | None]], terms: Terms) -> Waits:
    inside = (((end or terms.until) - max(start, terms.since)) for start, end in spans)
    return Waits(
        stage=stage,
        total=sum(inside, NOTHING),
        count=len(spans),
        now=sum(end is None for _, end in spans),
        longest=max(((end or terms.until) - start for start, end in spans), default=NOTHING),
    )
