"""What the numbers do at their edges: one case at a time, without an engine."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from syncd.core.facets import Facets, Seen
from syncd.core.metrics.case import Case, Material, Terms, Ticket, facets_of
from syncd.core.metrics.compute import By, compute, week_of
from syncd.core.metrics.stages import Stage, stretches
from syncd.core.metrics.values import Depth, Share, Spread, Times, Value
from syncd.core.milestones import Happened, Milestone

START = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
TERMS = Terms(START, START + 72 * HOUR, {}, avoidable=frozenset({"knowledge gap"}))
H = Happened


def case(*facts: tuple[float, Happened] | tuple[float, Happened, str], link: int = 1, issue: str = "") -> Case:
    """Escalated at hour 0; then these, by their hours."""
    history = [Milestone(H.ESCALATED, START)]
    history += [Milestone(what, START + hour * HOUR, "", "".join(detail)) for hour, what, *detail in facts]
    return Case(link, "m", issue or str(link), 1, START, Facets(severity="sev1"), tuple(history))


def numbers(*cases: Case) -> dict[str, Value]:
    (group,) = compute(Material(cases=cases), TERMS)
    return dict(group.values)


def times(value: Value) -> tuple[int, int, float | None]:
    """How many, how many open, and the median in hours."""
    assert isinstance(value, Times)
    return value.count, value.open, value.wall.median / HOUR if value.wall else None


def test_the_90th_percentile_is_a_time_that_was_taken() -> None:
    found = Spread.of([hours * HOUR for hours in range(1, 11)])
    assert found == Spread(5.5 * HOUR, 9 * HOUR, 5.5 * HOUR)
    assert Spread.of([3 * HOUR]) == Spread(3 * HOUR, 3 * HOUR, 3 * HOUR)
    assert Spread.of([]) is None


def test_an_open_case_is_in_no_average_and_in_no_rate_as_a_good_one() -> None:
    found = numbers(case((1, H.ACCEPTED), (5, H.DONE)), case(link=2), case((3, H.RETURNED), link=3))
    assert times(found["time_to_accept"]) == (1, 2, 1.0)
    assert times(found["resolution"]) == (1, 2, 5.0)
    assert found["rework"] == Share(1, 2), "one was returned, one is over; the open one is in neither"


def test_what_was_opened_again_is_not_resolved() -> None:
    again = case((1, H.ACCEPTED), (2, H.DONE), (3, H.REOPENED))
    assert times(numbers(again)["resolution"]) == (0, 1, None)
    assert numbers(again)["re_escalation"] == Share(1, 1)
    done = replace(again, history=(*again.history, Milestone(H.DONE, START + 9 * HOUR)))
    assert times(numbers(done)["resolution"]) == (1, 0, 9.0)


@pytest.mark.parametrize(
    ("facts", "share"),
    [
        ([(1, H.CLASSIFIED, "Knowledge_gap")], Share(1, 1)),
        ([(1, H.CLASSIFIED, "defect"), (2, H.DONE)], Share(0, 1)),
        ([(1, H.CLASSIFIED, "knowledge gap"), (2, H.CLASSIFIED, "defect"), (3, H.DONE)], Share(0, 1)),
        ([(1, H.RETURNED)], Share(0, 0)),
        ([(1, H.RETURNED), (2, H.CLOSED)], Share(1, 1)),
        ([(1, H.RETURNED), (2, H.ACCEPTED), (3, H.DONE)], Share(0, 1)),
    ],
)
def test_avoidable_is_what_support_could_have_dealt_with(
    facts: list[tuple[float, Happened, str]], share: Share
) -> None:
    assert numbers(case(*facts))["avoidable"] == share


def test_the_stages_of_a_case_follow_each_other_without_a_gap() -> None:
    told = case(
        (1, H.RETURNED), (2, H.RESUBMITTED), (3, H.ACCEPTED), (4, H.PAUSED, "waits"), (6, H.RESUMED, "waits"),
        (7, H.DONE), (9, H.TOLD), (10, H.REOPENED), (12, H.DONE),
    )  # fmt: skip
    found = [(one.stage, (one.start - START) / HOUR, one.end and (one.end - START) / HOUR)
             for one in stretches(told.history, None)]  # fmt: skip
    assert found == [
        (Stage.WAITING, 0, 1), (Stage.RETURNED, 1, 2), (Stage.WAITING, 2, 3), (Stage.WORK, 3, 4),
        (Stage.CUSTOMER, 4, 6), (Stage.WORK, 6, 7), (Stage.UNTOLD, 7, 9), (Stage.WORK, 10, 12),
        (Stage.UNTOLD, 12, None),
    ]  # fmt: skip
    assert times(numbers(told)["stage_work"]) == (1, 0, 4.0)
    assert times(numbers(told)["stage_untold"]) == (0, 1, None)
    other = stretches(told.history, frozenset({"another pause"}))
    assert Stage.CUSTOMER not in {one.stage for one in other}


def test_the_queue_counts_what_was_open_at_the_end_of_each_day_also_from_before() -> None:
    earlier = replace(case((30, H.DONE), link=2), began=START - HOUR)
    (group,) = compute(Material(cases=(case((1, H.ACCEPTED), (50, H.DONE)),), earlier=(earlier,)), TERMS)
    depth = group.values["queue_depth"]
    assert isinstance(depth, Depth)
    assert [(point.open, point.waiting) for point in depth.points] == [(2, 1), (1, 0), (0, 0)]
    assert depth.most == 2


def test_an_issue_of_several_tickets_counts_once() -> None:
    one, two = case(link=1, issue="i"), case(link=2, issue="i")
    shared = [replace(each, tickets=2) for each in (one, two)]
    assert numbers(*shared, case(link=3))["repeat_issue"] == Share(1, 2)


def test_a_case_counts_as_what_its_ticket_was_like_until_it_was_over() -> None:
    rows = [Seen(Facets(tier=tier), START + hour * HOUR) for tier, hour in (("gold", 0), ("silver", 2), ("none", 9))]
    assert facets_of(rows, START + 5 * HOUR, "sev1").tier == "silver"
    assert facets_of(rows, None, "sev1").tier == "none"
    assert facets_of(rows[1:], START, "sev1").tier == "silver", "what was kept first, where it was kept too late"
    assert facets_of([], None, "sev1") == Facets(severity="sev1")


def test_a_week_begins_on_monday_in_its_zone() -> None:
    sunday = datetime(2027, 1, 3, 23, 30, tzinfo=UTC)
    assert (week_of(sunday, ZoneInfo("UTC")), week_of(sunday, ZoneInfo("Europe/Berlin"))) == ("2026-W53", "2027-W01")


def test_groups_that_have_only_tickets_are_groups_too() -> None:
    calm = Ticket(7, Facets(tier="gold"), START)
    groups = compute(Material(tickets=(calm,)), TERMS, By.TIER)
    assert [(group.name, group.values["escalation"]) for group in groups] == [("gold", Share(0, 1))]
