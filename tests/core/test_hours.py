"""Business hours: laws over any week in any zone, and the days on which clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.core.hours import ALWAYS, Hours, Span, after, counted

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [ZoneInfo(name) for name in ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "America/Havana")]
MINUTE = timedelta(minutes=1)


def span(start: str, end: str) -> Span:
    first, last = ([int(part) for part in text.split(":")] for text in (start, end))
    return Span(timedelta(hours=first[0], minutes=first[1]), timedelta(hours=last[0], minutes=last[1]))


OFFICE = Hours(
    "office", BERLIN, (*((span("9:00", "17:00"),) for _ in range(5)), (), ()), frozenset({date(2026, 12, 25)})
)
NIGHT = Hours("night", BERLIN, ((span("0:00", "6:00"), span("22:00", "24:00")),) * 7)


@st.composite
def days(draw: st.DrawFn) -> tuple[Span, ...]:
    cuts = sorted(draw(st.sets(st.integers(0, 48), max_size=6)))
    half = timedelta(minutes=30)
    return tuple(Span(cuts[at] * half, cuts[at + 1] * half) for at in range(0, len(cuts) - 1, 2))


MOMENTS = st.integers(0, 364 * 24 * 60).map(lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + minutes * MINUTE)
HOURS = st.builds(
    Hours,
    st.just("some"),
    st.sampled_from(ZONES),
    st.tuples(*[days()] * 7),
    st.frozensets(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=5),
)
SPANS = st.integers(1, 60 * 100).map(lambda minutes: minutes * MINUTE)


@given(HOURS, MOMENTS, SPANS)
def test_so_much_has_counted_when_it_is_said_to_have(hours: Hours, start: datetime, much: timedelta) -> None:
    end = after(hours, start, much)
    if end is None:
        assert counted(hours, start, start + timedelta(days=800)) < much
    else:
        assert counted(hours, start, end) == much
        assert counted(hours, start, end - MINUTE) < much


@given(HOURS, st.lists(MOMENTS, min_size=3, max_size=3).map(sorted))
def test_time_counts_once(hours: Hours, moments: list[datetime]) -> None:
    first, second, third = moments
    assert counted(hours, first, second) + counted(hours, second, third) == counted(hours, first, third)


@given(HOURS, MOMENTS, st.integers(1, 3 * 24 * 60))
def test_each_minute_counts_that_a_clock_on_the_wall_shows_as_open(hours: Hours, start: datetime, much: int) -> None:
    """Counted the slow way, by what a clock there shows. Days on which clocks change are left to the cases below."""
    walls = [(start + at * MINUTE).astimezone(hours.zone) for at in range(much)]
    if any(_of_a_change(wall) for wall in walls):
        return
    shown = sum(_open(hours, wall) for wall in walls)
    assert counted(hours, start, start + much * MINUTE) == shown * MINUTE


def _open(hours: Hours, wall: datetime) -> bool:
    since = timedelta(hours=wall.hour, minutes=wall.minute)
    spans = hours.week[wall.weekday()] if wall.date() not in hours.holidays else ()
    return any(each.start <= since < each.end for each in spans)


def _of_a_change(wall: datetime) -> bool:
    """Whether the offset changes on that day: an edge may then fall where there is no time, or where it comes twice."""
    midnight = wall.replace(hour=0, minute=0, fold=0)
    return midnight.utcoffset() != (midnight + timedelta(days=1)).utcoffset()


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


@pytest.mark.parametrize(
    ("hours", "start", "much", "end"),
    [
        pytest.param(OFFICE, "2026-11-20T16:30", 60, "2026-11-23T09:30", id="over a weekend"),
        pytest.param(OFFICE, "2026-12-24T16:30", 60, "2026-12-28T09:30", id="over a holiday and a weekend"),
        pytest.param(OFFICE, "2026-11-21T12:00", 1, "2026-11-23T09:01", id="from a closed day"),
        pytest.param(OFFICE, "2026-11-20T09:00", 480, "2026-11-20T17:00", id="to the minute of closing"),
        pytest.param(OFFICE, "2026-03-27T16:00", 120, "2026-03-30T10:00", id="clocks go forward on the weekend"),
        pytest.param(NIGHT, "2026-03-28T23:00", 120, "2026-03-29T01:00", id="midnight between two spans"),
        pytest.param(NIGHT, "2026-03-29T00:00", 300, "2026-03-29T06:00", id="an hour is skipped: six are five"),
        pytest.param(NIGHT, "2026-10-25T00:00", 420, "2026-10-25T06:00", id="an hour comes twice: six are seven"),
    ],
)
def test_a_deadline_in_wall_time(hours: Hours, start: str, much: int, end: str) -> None:
    assert after(hours, berlin(start), much * MINUTE) == berlin(end)


@pytest.mark.parametrize(
    ("edges", "minutes"),
    [
        pytest.param(("0:00", "2:30"), 150, id="closes half an hour after the gap"),
        pytest.param(("2:30", "5:00"), 90, id="opens half an hour after the gap"),
    ],
)
def test_an_edge_in_the_hour_that_is_skipped(edges: tuple[str, str], minutes: int) -> None:
    hours = Hours("edge", BERLIN, ((span(*edges),),) * 7)
    assert counted(hours, berlin("2026-03-29T00:00"), berlin("2026-03-30T00:00")) == minutes * MINUTE


def test_two_spans_that_meet_in_the_hour_that_comes_twice_count_it_once() -> None:
    hours = Hours("meet", BERLIN, ((span("0:00", "2:30"), span("2:30", "24:00")),) * 7)
    assert counted(hours, berlin("2026-10-25T00:00"), berlin("2026-10-26T00:00")) == timedelta(hours=25)


def test_what_never_opens_never_ends() -> None:
    assert after(Hours("never", BERLIN, ((),) * 7), berlin("2026-01-01T00:00"), MINUTE) is None


def test_always_is_plain_time() -> None:
    start = berlin("2026-03-28T12:00")
    assert after(ALWAYS, start, timedelta(hours=24)) == start + timedelta(hours=24)
    assert counted(ALWAYS, start, start - MINUTE) == timedelta(0)
