"""The path of cases: every number of a step is the report's, waits are cut to the window, and where they stalled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from syncd.core.contract import Acceptance, ClockName, Contract, Target
from syncd.core.facets import Facets
from syncd.core.hours import ALWAYS
from syncd.core.metrics.case import Case, Material, Terms
from syncd.core.metrics.compute import compute
from syncd.core.metrics.path import OF_STEP, Path, Step, path
from syncd.core.metrics.stages import Stage
from syncd.core.metrics.values import Share, Times
from syncd.core.milestones import Happened, Milestone
from syncd.core.severity import Severity

H = Happened
SINCE = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
UNTIL = SINCE + 100 * HOUR
CONTRACT = Contract(
    {Severity.SEV1: tuple(Target(clock, 2 * HOUR, ALWAYS) for clock in (ClockName.ACCEPT, ClockName.FIX))},
    acceptance=Acceptance(owner="assignee"),
)


def case(number: int, *facts: tuple[Happened, float]) -> Case:
    """A sev1 whose facts are at these hours of the window; the first is its escalation."""
    history = tuple(Milestone(what, SINCE + hours * HOUR) for what, hours in facts)
    return Case(number, "m", str(number), 1, history[0].at, Facets(severity="sev1"), history)


def walked(*cases: Case, earlier: tuple[Case, ...] = (), contract: Contract = CONTRACT) -> Path:
    terms = Terms(SINCE, UNTIL, {"m": contract})
    (group,) = compute(Material(cases=cases), terms)
    return path(cases, earlier, group, terms, contract)


def waiting(found: Path) -> dict[Step, int]:
    return {one.step: one.now for one in found.steps}


def test_a_step_has_what_the_report_has() -> None:
    cases = (case(1, (H.ESCALATED, 0), (H.ACCEPTED, 1), (H.DONE, 5)), case(2, (H.ESCALATED, 10), (H.ACCEPTED, 14)))
    found = walked(*cases)
    terms = Terms(SINCE, UNTIL, {"m": CONTRACT})
    (group,) = compute(Material(cases=cases), terms)
    for one in found.steps:
        metric, clock = OF_STEP[one.step]
        assert one.taken == group.values[metric]
        assert one.inside == group.values[f"inside_{clock}"]
    accepted = found.steps[1]
    assert isinstance(accepted.taken, Times)
    assert accepted.taken.wall is not None
    assert (accepted.taken.wall.median, accepted.taken.wall.p90) == (2.5 * HOUR, 4 * HOUR)
    assert accepted.inside == Share(1, 2)
    assert accepted.promised == {Severity.SEV1: 2 * HOUR}
    assert found.steps[0].promised == {}
    assert found.returned == Share(0, 1)


@pytest.mark.parametrize(
    ("facts", "at"),
    [
        ([], {Step.OWNED, Step.ACCEPTED, Step.ANSWERED}),
        ([H.OWNED], {Step.ACCEPTED, Step.ANSWERED}),
        ([H.OWNED, H.UNOWNED], {Step.OWNED, Step.ACCEPTED, Step.ANSWERED}),
        ([H.OWNED, H.ACCEPTED], {Step.ANSWERED, Step.FIXED}),
        ([H.OWNED, H.ACCEPTED, H.TOLD], {Step.FIXED}),
        ([H.OWNED, H.ACCEPTED, H.TOLD, H.PAUSED], {Step.FIXED}),
        ([H.TOLD, H.RETURNED], set()),
        ([H.TOLD, H.RETURNED, H.RESUBMITTED], {Step.OWNED, Step.ACCEPTED}),
        ([H.OWNED, H.ACCEPTED, H.TOLD, H.DONE], {Step.TOLD}),
        ([H.OWNED, H.ACCEPTED, H.DONE, H.TOLD], set()),
        ([H.OWNED, H.ACCEPTED, H.DONE, H.TOLD, H.REOPENED], {Step.FIXED}),
    ],
)
def test_an_open_case_waits_for_the_steps_that_come_next(facts: list[Happened], at: set[Step]) -> None:
    one = case(1, (H.ESCALATED, 0), *((what, hour) for hour, what in enumerate(facts, start=1)))
    assert {step for step, now in waiting(walked(one)).items() if now} == at
    assert {step for step, now in waiting(walked(earlier=(one,))).items() if now} == at


def test_a_wait_from_before_counts_as_far_as_it_lies_in_the_window() -> None:
    old = case(1, (H.ESCALATED, -50), (H.ACCEPTED, 10))
    found = walked(earlier=(old,))
    waits = next(one for one in found.stages if one.stage is Stage.WAITING)
    assert (waits.total, waits.longest, waits.count, waits.now) == (10 * HOUR, 60 * HOUR, 1, 0)
    assert (found.cases, found.earlier) == (0, 1)
    assert found.steps[1].taken == Times.of(()), "a step tells of the cases of the window alone"
    over = case(2, (H.ESCALATED, -50), (H.ACCEPTED, -10), (H.DONE, 1))
    assert next(one.count for one in walked(earlier=(over,)).stages if one.stage is Stage.WAITING) == 0


def test_a_wait_that_goes_on_counts_until_now() -> None:
    waits = next(one for one in walked(case(1, (H.ESCALATED, 40))).stages if one.stage is Stage.WAITING)
    assert (waits.total, waits.longest, waits.now) == (60 * HOUR, 60 * HOUR, 1)


def test_they_stalled_where_most_time_was_waited_and_work_is_no_wait() -> None:
    busy = case(1, (H.ESCALATED, 0), (H.ACCEPTED, 1), (H.DONE, 90), (H.TOLD, 91))
    assert (found := walked(busy)).stalled is not None
    slow = case(2, (H.ESCALATED, 0), (H.RETURNED, 1), (H.ACCEPTED, 20), (H.DONE, 21), (H.TOLD, 22))
    stalled = walked(busy, slow).stalled
    assert stalled is not None
    assert (stalled.stage, stalled.total) == (Stage.RETURNED, 19 * HOUR)
    assert walked(busy, slow).waited == (1 + 1 + 1 + 19 + 1) * HOUR
    assert found.waited == 2 * HOUR


def test_nobody_waited_where_nothing_was_escalated_or_all_went_at_once() -> None:
    assert walked().stalled is None
    assert walked(case(1, (H.ESCALATED, 0), (H.ACCEPTED, 0))).stalled is None


def test_without_a_field_for_an_owner_that_step_is_not_seen() -> None:
    assert [one.seen for one in walked(contract=Contract()).steps] == [False, True, True, True, True]
    assert all(one.seen for one in walked().steps)
