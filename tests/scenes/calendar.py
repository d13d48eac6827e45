"""Clocks over a night in which the clocks of a place change, over a holiday, and two that run out at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.scenes.case import Case
from tests.scenes.story import Play, shows
from tests.scenes.wanted import HOLIDAY, SAME_SECOND, SAME_SECOND_TWO, night

POLICY = """
severities:
  sev2:
    rules: [{name: the shop, when: {title: {words: [shop]}}}]
    clocks: {fix: 2h}
    hours: office
hours: {office: {zone: ZONE, days: {mon-sun: "09:00-17:00"}, holidays: [2026-01-06]}}
reminders: []
"""
BERLIN, SYDNEY = (POLICY.replace("ZONE", zone) for zone in ("Europe/Berlin", "Australia/Sydney"))
AT_ONCE = """
severities:
  sev1:
    rules: [{name: nothing works, when: {title: {words: [nothing works]}}}]
    clocks: {accept: 29m}
  sev2:
    rules: [{name: the shop, when: {title: {words: [shop]}}}]
    clocks: {accept: 30m, fix: 30m}
reminders: []
"""
BEGUN = (["(linked to CORE-1)"], ["(made in CORE)"])
SHORT = timedelta(minutes=1)
LATE = "The time is up: it is not done within 2 h (since {since:%Y-%m-%d %H:%M} UTC)."


async def until(play: Play, due: datetime) -> Case:
    """An hour before the end of a day a ticket is opened that has two hours: nobody is told before it is due."""
    case = await play.opens("The shop fails")
    await case.sees(agents=BEGUN[0], engineers=BEGUN[1])
    await play.stage.passes(due - play.stage.clock() - SHORT)
    await case.sees(agents=[], engineers=[])
    await play.stage.passes(SHORT)
    return case


def utc(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@shows(night("Europe/Berlin", "forward"), policy=BERLIN, start=utc(3, 28, 14, 59))
async def in_berlin_the_clocks_go_forward(play: Play) -> None:
    case = await until(play, utc(3, 29, 8))  # from 16:00 to 10:00 there
    up = LATE.format(since=utc(3, 28, 15))
    await case.sees(night("Europe/Berlin", "forward"), agents=[up], engineers=[up])


@shows(night("Europe/Berlin", "back"), policy=BERLIN, start=utc(10, 24, 13, 59))
async def in_berlin_the_clocks_go_back(play: Play) -> None:
    case = await until(play, utc(10, 25, 9))
    up = LATE.format(since=utc(10, 24, 14))
    await case.sees(night("Europe/Berlin", "back"), agents=[up], engineers=[up])


@shows(night("Australia/Sydney", "forward"), policy=SYDNEY, start=utc(10, 3, 5, 59))
async def in_sydney_the_clocks_go_forward(play: Play) -> None:
    case = await until(play, utc(10, 3, 23))
    up = LATE.format(since=utc(10, 3, 6))
    await case.sees(night("Australia/Sydney", "forward"), agents=[up], engineers=[up])


@shows(night("Australia/Sydney", "back"), policy=SYDNEY, start=utc(4, 4, 4, 59))
async def in_sydney_the_clocks_go_back(play: Play) -> None:
    case = await until(play, utc(4, 5, 0))
    up = LATE.format(since=utc(4, 4, 5))
    await case.sees(night("Australia/Sydney", "back"), agents=[up], engineers=[up])


@shows(HOLIDAY, policy=BERLIN, start=utc(1, 5, 14, 59))
async def a_holiday_does_not_count(play: Play) -> None:
    case = await until(play, utc(1, 7, 9))
    up = LATE.format(since=utc(1, 5, 15))
    await case.sees(HOLIDAY, agents=[up], engineers=[up])


@shows(SAME_SECOND, SAME_SECOND_TWO, policy=AT_ONCE)
async def three_clocks_of_two_tickets_run_out_in_the_same_second(play: Play) -> None:
    case = await play.opens("The shop fails")
    other = await play.opens("Nothing works")
    await case.sees(agents=BEGUN[0], engineers=BEGUN[1])
    await other.sees(agents=["(linked to CORE-2)"], engineers=BEGUN[1])
    await play.passes(minutes=29)
    late = "The time is up: engineering has neither taken nor returned it within"
    ups = [f"{late} 30 min (since 2026-01-05 09:01 UTC).", "The time is up: it is not done within 30 min…"]
    await case.sees(SAME_SECOND, agents=ups, engineers=ups)
    up = f"{late} 29 min (since 2026-01-05 09:02 UTC)."
    await other.sees(SAME_SECOND_TWO, agents=[up], engineers=[up])
