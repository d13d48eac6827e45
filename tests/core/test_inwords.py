"""The policy in plain words: each test of a condition, hours, and spans that nobody misreads."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from syncd.core import inwords
from syncd.core.conditions import AllOf, AnyOf, AtLeast, AtMost, Condition, Contains, HasWords, IsSet, NoneOf, Test
from syncd.core.contract import Reminder
from syncd.core.hours import ALWAYS, Hours, Span
from syncd.core.severity import Severity

H = timedelta(hours=1)
DAY = (Span(9 * H, 12 * H), Span(13 * H, 17 * H))
OFFICE = Hours(
    "office", ZoneInfo("Europe/Berlin"), (DAY, DAY, (), DAY, DAY[:1], (), ()), frozenset({date(2026, 12, 25)})
)


@pytest.mark.parametrize(
    ("test", "said"),
    [
        (AnyOf(frozenset({"p1"})), "priority is p1"),
        (AnyOf(frozenset({"p2", "p1", "p3"})), "priority is one of p1, p2 or p3"),
        (AllOf(frozenset({"b", "a"})), "priority has a and b"),
        (NoneOf(frozenset({"b", "a"})), "priority is not a or b"),
        (Contains(("x", "y")), "priority contains “x” or “y”"),
        (HasWords((("is", "down"), ("outage",))), "priority says “is down” or “outage”"),
        (AtLeast(Decimal("50.0")), "priority is 50 or more"),
        (AtMost(Decimal("-4")), "priority is -4 or less"),
        (IsSet(True), "priority is set"),
        (IsSet(False), "priority is empty"),
    ],
)
def test_each_test_of_a_condition_is_a_sentence(test: Test, said: str) -> None:
    assert inwords.asked([Condition("priority", (test,))]) == said


def test_several_conditions_are_joined_and_none_is_every_ticket() -> None:
    asked = [Condition("a", (IsSet(True), AtLeast(Decimal(2)))), Condition("support.b", (IsSet(False),))]
    assert inwords.asked(asked) == "a is set and is 2 or more and the helpdesk's b is empty"
    assert inwords.asked([]) == "every ticket"
    severities = frozenset({Severity.SEV2, Severity.SEV1})
    assert inwords.tickets(severities, asked[:1], frozenset()) == "sev1 and sev2 where a is set and is 2 or more"
    assert inwords.tickets(frozenset(), [], frozenset()) == ""


def test_a_signal_is_explained_and_a_field_of_the_same_name_is_not() -> None:
    churn, idle = Condition("churn", (IsSet(True),)), Condition("idle", (AtLeast(Decimal(72)),))
    signals = frozenset({"churn", "idle"})
    said = inwords.asked([churn, idle], signals)
    assert said == "the customer threatens to leave and idle (hours without an answer or a step) is 72 or more"
    assert inwords.asked([churn, idle]) == "churn is set and idle is 72 or more"


def test_hours_say_days_zone_and_holidays() -> None:
    week = "Mon-Tue 09:00-12:00 13:00-17:00, Thu 09:00-12:00 13:00-17:00, Fri 09:00-12:00"
    assert inwords.hours(OFFICE) == f"{week}, Europe/Berlin, not on 2026-12-25"
    assert inwords.hours(ALWAYS) == "at any time"


def test_a_day_of_office_hours_is_not_called_a_day() -> None:
    assert inwords.within(timedelta(days=1), ALWAYS) == "1 d"
    assert inwords.within(timedelta(days=1), OFFICE) == "24 h"
    assert inwords.span(timedelta(minutes=90)) == "1 h 30 min"
    assert inwords.span(timedelta(0)) == "0 s"


def test_reminders_say_what_is_used_or_left() -> None:
    assert inwords.reminder(Reminder(share=Decimal("0.75"))) == "75 % of the time is used"
    assert inwords.reminder(Reminder(left=timedelta(minutes=15))) == "15 min are left"
