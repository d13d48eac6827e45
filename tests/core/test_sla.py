"""Clocks: made of facts alone, so that what is asked of them is when they run, stand still, are over and run out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.core.contract import ClockName, Contract, Pause, Reminder, Target
from syncd.core.hours import ALWAYS
from syncd.core.milestones import Happened, Milestone
from syncd.core.severity import Severity
from syncd.core.sla import Clock, alarms, clocks, next_alarm

START = datetime(2026, 11, 20, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WAITING = Pause("waits for the customer", (), frozenset({ClockName.FIX, ClockName.RESPOND}))


def at(minute: int) -> datetime:
    return START + minute * MINUTE


def fact(what: Happened, minute: int, detail: str = "") -> Milestone:
    return Milestone(what, at(minute), detail=detail)


def contract(*targets: tuple[ClockName, int], reminders: tuple[Reminder, ...] = ()) -> Contract:
    made = tuple(Target(clock, minutes * MINUTE, ALWAYS) for clock, minutes in targets)
    return Contract({Severity.SEV1: made}, pauses=(WAITING,), reminders=reminders)


def told(clock: Clock) -> tuple[int, int | None, int | None]:
    """Minutes used, of its end, and of its due."""
    moments = [None if moment is None else int((moment - START) / MINUTE) for moment in (clock.ended, clock.due)]
    return int(clock.used / MINUTE), moments[0], moments[1]


def only(name: ClockName, facts: Sequence[Milestone], minute: int, *, within: int = 60) -> list[Clock]:
    return list(clocks(contract((name, within)), Severity.SEV1, facts, at(minute)))


GONE = fact(Happened.ESCALATED, 0)
H = Happened
C = ClockName


@pytest.mark.parametrize(
    ("name", "facts", "minute", "found"),
    [
        pytest.param(C.ACCEPT, [GONE], 10, [(10, None, 60)], id="runs"),
        pytest.param(C.ACCEPT, [GONE, fact(H.ACCEPTED, 20)], 90, [(20, 20, None)], id="is accepted"),
        pytest.param(C.ACCEPT, [GONE, fact(H.ACCEPTED, 70)], 90, [(70, 70, 60)], id="is accepted too late"),
        pytest.param(C.ACCEPT, [GONE, fact(H.RETURNED, 20)], 90, [(20, 20, None)], id="a return is an answer too"),
        pytest.param(
            C.ACCEPT, [GONE, fact(H.RETURNED, 20), fact(H.RESUBMITTED, 50)], 90, [(20, 20, None), (40, None, 110)],
            id="handed over again, it has its whole time again",
        ),
        pytest.param(C.ACCEPT, [GONE, fact(H.DONE, 30)], 90, [(30, 30, None)], id="done without a word is over"),
        pytest.param(
            C.OWNER, [GONE, fact(H.OWNED, 5), fact(H.UNOWNED, 30)], 50, [(5, 5, None), (20, None, 90)],
            id="the owner is gone: another is waited for",
        ),
        pytest.param(
            C.OWNER, [GONE, fact(H.RETURNED, 5), fact(H.RESUBMITTED, 30)], 40, [(15, None, 85)],
            id="engineering names nobody for what it has returned",
        ),
        pytest.param(
            C.FIX, [GONE, fact(H.PAUSED, 10, WAITING.name), fact(H.RESUMED, 40, WAITING.name)], 50, [(20, None, 90)],
            id="stands still while the customer is waited for",
        ),
        pytest.param(
            C.ACCEPT, [GONE, fact(H.PAUSED, 10, WAITING.name)], 50, [(50, None, 60)], id="a pause stops only its clocks"
        ),
        pytest.param(C.FIX, [GONE, fact(H.PAUSED, 10, WAITING.name)], 90, [(10, None, None)], id="paused: no deadline"),
        pytest.param(
            C.FIX, [GONE, fact(H.PAUSED, 61, WAITING.name)], 90, [(61, None, 60)], id="late before it was paused"
        ),
        pytest.param(
            C.FIX, [GONE, fact(H.DONE, 20), fact(H.REOPENED, 100)], 110, [(30, None, 140)],
            id="closing and opening it again wins no time",
        ),
        pytest.param(C.FIX, [GONE, fact(H.DONE, 20)], 500, [(20, 20, None)], id="done"),
        pytest.param(C.RESPOND, [GONE, fact(H.TOLD, 10), fact(H.TOLD, 20)], 50, [(10, 10, None)], id="first answer"),
        pytest.param(
            C.UPDATE, [GONE, fact(H.TOLD, 10), fact(H.TOLD, 30)], 50, [(10, 10, None), (20, 30, None), (20, None, 90)],
            id="each answer begins the wait for the next",
        ),
        pytest.param(
            C.UPDATE, [GONE, fact(H.DONE, 20)], 90, [(90, None, 60)], id="done, and the customer still is to be told"
        ),
        pytest.param(
            C.UPDATE, [GONE, fact(H.DONE, 20), fact(H.TOLD, 30)], 90, [(30, 30, None)], id="told that it is done: over"
        ),
        pytest.param(
            C.REVIEW, [GONE, fact(H.REVIEWED, 30), fact(H.DONE, 50)], 90, [(30, 30, None), (20, 50, None)], id="reviews"
        ),
        pytest.param(C.FIX, [], 90, [], id="nothing was escalated"),
    ],
)  # fmt: skip
def test_when_a_clock_runs(
    name: ClockName, facts: list[Milestone], minute: int, found: list[tuple[int, int | None, int | None]]
) -> None:
    assert [told(clock) for clock in only(name, facts, minute)] == found


def test_the_wait_for_the_next_answer_begins_with_the_first_where_that_has_a_clock() -> None:
    both = contract((C.RESPOND, 30), (C.UPDATE, 60))
    assert [clock.name for clock in clocks(both, Severity.SEV1, [GONE], at(5))] == [C.RESPOND]
    found = clocks(both, Severity.SEV1, [GONE, fact(H.TOLD, 10)], at(20))
    assert [(clock.name, *told(clock)) for clock in found] == [(C.RESPOND, 10, 10, None), (C.UPDATE, 10, None, 70)]


def test_another_severity_has_other_clocks() -> None:
    assert clocks(contract((C.FIX, 60)), Severity.SEV2, [GONE], at(5)) == ()
    assert clocks(contract((C.FIX, 60)), None, [GONE], at(5)) == ()


# -- the slow way

KINDS = [fact for fact in Happened if fact not in (H.ESCALATED, H.REMINDED, H.BREACHED)]
FACTS = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(1, 300)), max_size=12).map(
    lambda found: [GONE, *(fact(what, minute, WAITING.name) for what, minute in sorted(found, key=lambda one: one[1]))]
)


@given(FACTS, st.integers(1, 400))
def test_the_fix_has_used_each_minute_in_which_engineering_could_work(facts: list[Milestone], now: int) -> None:
    """Minute by minute: neither done, nor returned, nor paused."""
    known = [each for each in facts if each.at <= at(now)]
    worked = 0
    for minute in range(now):
        before = [each.what for each in known if each.at <= at(minute)]
        done = _last(before, {H.DONE}, {H.REOPENED})
        returned = _last(before, {H.RETURNED}, {H.RESUBMITTED, H.ACCEPTED})
        worked += not (done or returned or _last(before, {H.PAUSED}, {H.RESUMED}))
    [clock] = only(C.FIX, known, now)
    assert clock.used == worked * MINUTE
    assert clock.breached is (worked > 60)


def _last(facts: list[Happened], on: set[Happened], off: set[Happened]) -> bool:
    """Whether the last fact of either set is one of the first."""
    return next((each in on for each in reversed(facts) if each in on | off), False)


@given(FACTS, st.sampled_from(ClockName), st.integers(1, 400))
def test_clocks_follow_each_other_and_only_the_last_one_runs(facts: list[Milestone], name: ClockName, now: int) -> None:
    found = only(name, [each for each in facts if each.at <= at(now)], now)
    assert all(clock.ended is not None for clock in found[:-1])
    assert all(first.ended <= second.started for first, second in pairwise(found) if first.ended)
    assert len({clock.key for clock in found if clock.used}) == len([clock for clock in found if clock.used])


# -- alarms

QUARTER, LEFT = Reminder(share=Decimal("0.75")), Reminder(left=5 * MINUTE)


def rings(facts: list[Milestone], minute: int) -> list[tuple[str, int]]:
    promise = contract((C.ACCEPT, 60), (C.FIX, 100), reminders=(QUARTER, LEFT))
    return [
        (
            alarm.name.rpartition(":")[2] if alarm.reminder else f"{alarm.clock.name} is up",
            int((alarm.at - START) / MINUTE),
        )
        for alarm in alarms(promise, Severity.SEV1, facts, at(minute))
    ]


def noted(facts: list[Milestone], minute: int) -> list[Milestone]:
    """What is told of the clocks at this minute, as facts."""
    promise = contract((C.ACCEPT, 60), (C.FIX, 100), reminders=(QUARTER, LEFT))
    return [
        Milestone(H.REMINDED if alarm.reminder else H.BREACHED, alarm.at, source=alarm.name)
        for alarm in alarms(promise, Severity.SEV1, facts, at(minute))
    ]


def test_each_alarm_comes_once_at_its_time() -> None:
    facts, heard = [GONE], []
    for minute in range(130):
        heard += [(minute, what) for what, _ in rings(facts, minute)]
        facts += noted(facts, minute)
    assert heard == [(45, "0.75"), (55, "00"), (60, "accept is up"), (75, "0.75"), (95, "00"), (100, "fix is up")]


def test_after_a_long_sleep_only_the_worst_is_told() -> None:
    assert rings([GONE], 130) == [("accept is up", 60), ("fix is up", 100)]
    facts = [GONE, *noted([GONE], 130)]
    assert rings(facts, 131) == []


def test_two_clocks_may_run_out_in_the_same_second() -> None:
    promise = contract((C.ACCEPT, 60), (C.FIX, 60))
    assert [alarm.clock.name for alarm in alarms(promise, Severity.SEV1, [GONE], at(60))] == [C.ACCEPT, C.FIX]


def test_what_is_answered_in_time_rings_no_more() -> None:
    assert rings([GONE, fact(H.ACCEPTED, 40), fact(H.DONE, 50)], 130) == []


def test_when_the_next_one_rings() -> None:
    promise = contract((C.ACCEPT, 60), reminders=(QUARTER,))
    assert next_alarm(promise, Severity.SEV1, [GONE], at(10)) == at(45)
    assert next_alarm(promise, Severity.SEV1, [GONE], at(46)) == at(46), "the reminder is overdue"
    reminded = [GONE, Milestone(H.REMINDED, at(45), source=alarms(promise, Severity.SEV1, [GONE], at(46))[0].name)]
    assert next_alarm(promise, Severity.SEV1, reminded, at(46)) == at(60)
    assert next_alarm(promise, Severity.SEV1, [GONE, fact(H.ACCEPTED, 5)], at(10)) is None
