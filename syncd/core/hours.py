"""Business hours: when time counts, in a place's own wall time, and how far a moment is away in such time.

A day is a calendar day of the zone, so that a span over a change of the clocks has as many hours as people there live
through. A local time that is skipped is taken by the offset before the gap (RFC 5545, 3.3.5); one that comes twice
opens the first time and closes the second.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

HORIZON = 3 * 366
"""Days that are looked through for open hours: beyond holidays of that length nothing is open."""
DAY = timedelta(days=1)
MIDNIGHT = timedelta(0)


@dataclass(frozen=True, slots=True)
class Span:
    """Wall time of one day from `start` to `end`, both counted from its midnight; `end` is 24 hours at most."""

    start: timedelta
    end: timedelta


@dataclass(frozen=True, slots=True)
class Hours:
    """When time counts.

    Attributes:
        week: for Monday to Sunday the open spans, in order and apart.
        holidays: days on which nothing is open.
    """

    name: str
    zone: ZoneInfo
    week: tuple[tuple[Span, ...], ...]
    holidays: frozenset[date] = field(default_factory=frozenset)


ALWAYS = Hours("always", ZoneInfo("UTC"), ((Span(MIDNIGHT, DAY),),) * 7)


def counted(hours: Hours, start: datetime, end: datetime) -> timedelta:
    """How much time counts between two moments; nothing where `end` is the earlier one."""
    if hours == ALWAYS:
        return max(end - start, MIDNIGHT)
    total = MIDNIGHT
    for opens, closes in _open(hours, start):
        if opens >= end:
            break
        total += min(closes, end) - opens
    return total


def after(hours: Hours, start: datetime, span: timedelta) -> datetime | None:
    """The first moment at which `span` has counted since `start`; None where hours never open that long."""
    if span <= MIDNIGHT or hours == ALWAYS:
        return start + max(span, MIDNIGHT)
    left = span
    for opens, closes in _open(hours, start):
        if closes - opens >= left:
            return opens + left
        left -= closes - opens
    return None


def _open(hours: Hours, start: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The open stretches from a moment on, in UTC, in order and apart."""
    first, since = start.astimezone(hours.zone).date(), start.astimezone(UTC)
    for number in range(-1, HORIZON):
        for opens, closes in _day(hours, first + number * DAY):
            if closes > max(opens, since):
                yield max(opens, since), closes
                since = closes  # where two spans meet in the hour that comes twice


@lru_cache(maxsize=4096)
def _day(hours: Hours, day: date) -> tuple[tuple[datetime, datetime], ...]:
    """When it is open on a day, in UTC; many clocks ask for the same days."""
    spans = () if day in hours.holidays else hours.week[day.weekday()]
    return tuple((_moment(hours, day, span.start, fold=0), _moment(hours, day, span.end, fold=1)) for span in spans)


def _moment(hours: Hours, day: date, wall: timedelta, *, fold: int) -> datetime:
    """The moment in UTC at which the clocks of that zone show a time; `fold` 1 is its second one where it has two."""
    local = datetime(day.year, day.month, day.day, tzinfo=hours.zone) + wall
    moment = local.replace(fold=fold).astimezone(UTC)
    skipped = moment.astimezone(hours.zone).replace(tzinfo=None) != local.replace(tzinfo=None)
    return local.astimezone(UTC) if skipped else moment
