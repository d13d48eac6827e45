"""What a customer may see: steps and times by what happened, in a value that can hold nothing else."""

from __future__ import annotations

import dataclasses
import typing
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.core.contract import ClockName, Contract, Pause, Target
from syncd.core.hours import ALWAYS
from syncd.core.milestones import Happened, Milestone
from syncd.core.progress import Progress, Stand, Step, StepView, progress
from syncd.core.severity import Severity
from syncd.core.wording import ENGLISH, GERMAN, OURS, ProgressPolicy

H = Happened
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
PROMISE = Contract(
    {Severity.SEV1: (Target(ClockName.RESPOND, HOUR, ALWAYS), Target(ClockName.UPDATE, 4 * HOUR, ALWAYS))},
    pauses=(Pause("waits", ()),),
)


def at(hours: float) -> datetime:
    return NOW + hours * HOUR


def shown(*way: tuple[Happened, float] | Milestone, now: float = 100, promise: Contract | None = PROMISE) -> Progress:
    facts = [one if isinstance(one, Milestone) else Milestone(one[0], at(one[1])) for one in way]
    return progress(facts, promise, Severity.SEV1, at(now))


def done(found: Progress) -> list[str]:
    return [str(view.step) for view in found.steps if view.stand is Stand.DONE]


@pytest.mark.parametrize(
    ("way", "expected"),
    [
        ([], 1),
        ([H.ESCALATED], 2),
        ([H.ESCALATED, H.OWNED], 2),
        ([H.ESCALATED, H.ACCEPTED], 3),
        ([H.ESCALATED, H.ACCEPTED, H.RETURNED], 2),
        ([H.ESCALATED, H.ACCEPTED, H.RETURNED, H.RESUBMITTED, H.ACCEPTED], 3),
        ([H.ESCALATED, H.TOLD], 2),
        ([H.ESCALATED, H.DONE], 4),
        ([H.ESCALATED, H.ACCEPTED, H.TOLD, H.DONE], 4),
        ([H.ESCALATED, H.ACCEPTED, H.DONE, H.TOLD], 5),
        ([H.ESCALATED, H.ACCEPTED, H.DONE, H.TOLD, H.REOPENED], 3),
        ([H.ESCALATED, H.ACCEPTED, H.DONE, H.TOLD, H.REOPENED, H.DONE], 4),
    ],
)
def test_the_steps_that_are_done(way: list[Happened], expected: int) -> None:
    found = shown(*[(what, number) for number, what in enumerate(way)])
    assert done(found) == [str(step) for step in Step][:expected]
    assert [view.stand for view in found.steps][expected:][:1] == ([Stand.NEXT] if expected < 5 else [])
    assert found.finished == (expected == 5)


def test_each_step_has_its_time_where_it_is_known() -> None:
    found = shown((H.ESCALATED, 1), (H.ACCEPTED, 2), (H.TOLD, 3), (H.ACCEPTED, 4), (H.DONE, 5), (H.TOLD, 6))
    assert [view.at for view in found.steps] == [None, at(1), at(2), at(5), at(6)]
    skipped = shown((H.ESCALATED, 1), (H.DONE, 5))
    assert [view.at for view in skipped.steps] == [None, at(1), None, at(5), None]


def test_when_they_hear_again() -> None:
    """By the clock of the first answer, then by that of the next; nothing after the issue is done and they know."""
    escalated, told = (H.ESCALATED, 0), (H.TOLD, 0.5)
    assert shown(escalated, now=0.2).update_due == at(1)
    assert shown(escalated, told, now=0.7).update_due == at(4.5)
    assert shown(escalated, told, (H.DONE, 1), (H.TOLD, 2), now=3).update_due is None
    assert shown(escalated, now=0.2, promise=None).update_due is None
    assert shown(escalated, now=0.2, promise=Contract()).update_due is None


def test_a_promise_that_was_not_kept_is_not_hidden() -> None:
    assert not shown((H.ESCALATED, 0), now=0.9).late
    assert shown((H.ESCALATED, 0), now=1).late
    assert shown((H.ESCALATED, 0), now=1).update_due == at(1)


def test_while_the_clock_stands_still_nothing_is_promised() -> None:
    paused = Milestone(H.PAUSED, at(0.1), detail="waits")
    assert shown((H.ESCALATED, 0), paused, now=5).update_due is None


def test_answers_are_shown_by_their_times_the_newest_first() -> None:
    assert shown((H.ESCALATED, 0), (H.TOLD, 1), (H.TOLD, 3), (H.TOLD, 2)).answers == (at(3), at(2), at(1))


def test_the_value_has_no_place_for_a_text() -> None:
    """Enums, times, and whether: whatever else a fact says, there is no field that could carry it."""
    allowed = {Step, Stand, datetime, bool, type(None)}
    found: set[type] = set()
    for kind in (Progress, StepView):
        for hint in typing.get_type_hints(kind).values():
            found |= leaves(hint)
    assert found <= allowed


def leaves(hint: object) -> set[type]:
    parts = [part for part in typing.get_args(hint) if part is not ...]
    if parts:
        return set().union(*(leaves(part) for part in parts))
    assert isinstance(hint, type)
    return set() if dataclasses.is_dataclass(hint) else {hint}


facts = st.builds(
    Milestone,
    st.sampled_from(Happened),
    st.integers(0, 72).map(at),
    who=st.text(max_size=5),
    detail=st.text(max_size=5),
    source=st.text(max_size=5),
)


@given(st.lists(facts, max_size=12), st.integers(0, 100))
def test_whatever_happened_there_is_a_page_and_texts_make_no_difference(way: list[Milestone], now: int) -> None:
    found = progress(way, PROMISE, Severity.SEV1, at(now))
    order = [view.stand for view in found.steps]
    assert [view.step for view in found.steps] == list(Step)
    assert order == sorted(order, key=list(Stand).index)
    assert order.count(Stand.NEXT) == (0 if found.finished else 1)
    bare = [dataclasses.replace(fact, who="", source="") for fact in way]
    assert progress(bare, PROMISE, Severity.SEV1, at(now)) == found


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ([], "en"),
        (["de"], "de"),
        (["de-AT", "en"], "de"),
        (["fr", "de"], "de"),
        (["fr"], "en"),
        (["EN-us"], "en"),
        (["*"], "en"),
    ],
)
def test_the_first_language_that_there_are_words_for(wanted: list[str], expected: str) -> None:
    assert ProgressPolicy().spoken(wanted) == (expected, OURS[expected])


def test_both_languages_say_everything_and_not_the_same() -> None:
    for part in dataclasses.fields(ENGLISH):
        ours, theirs = getattr(ENGLISH, part.name), getattr(GERMAN, part.name)
        assert ours != theirs
        assert ours
        assert theirs
    assert set(ENGLISH.steps) == set(GERMAN.steps) == set(Step)
