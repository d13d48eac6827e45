"""`hours` of `escalation.yaml` -> when time counts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from syncd.core.hours import ALWAYS, Hours, Span
from syncd.mapping.context import Context
from syncd.mapping.nodes import Path
from syncd.mapping.schema import HoursBlock
from syncd.mapping.words import listed, meant

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"(\d{1,2}):([0-5]\d) ?- ?(\d{1,2}):([0-5]\d)")
_UTC = ZoneInfo("UTC")
_EXPECTED = "from when till when, such as `09:00-17:30`"


def all_hours(blocks: dict[str, HoursBlock], context: Context) -> dict[str, Hours]:
    """Every table by its name, and `always`; where one is wrong, as far as it could be read."""
    found = {ALWAYS.name: ALWAYS}
    for name, block in blocks.items():
        path: Path = ("hours", name)
        if name == ALWAYS.name:
            problem = f"`{ALWAYS.name}` is known already: every hour of every day"
            context.complain(path, problem, expected="a name of its own", remedy="rename it", key=True)
            continue
        zone = zone_called(block.zone, (*path, "zone"), context)
        found[name] = Hours(name, zone, _week(block, path, context), frozenset(block.holidays))
        _check_holidays(block, path, context)
    return found


@cache
def _zones() -> frozenset[str]:
    """All names of the IANA database; to list them opens hundreds of files."""
    return frozenset(available_timezones())


def zone_called(name: str, path: Path, context: Context) -> ZoneInfo:
    """The zone; UTC, and a complaint, where none is called so."""
    zones = _zones()
    if name in zones:
        return ZoneInfo(name)
    places = {zone.rpartition("/")[2]: zone for zone in zones}
    close = meant(name, zones) or (f"did you mean `{places[name]}`?" if name in places else "")
    context.complain(
        path,
        f"no time zone is called `{name}`",
        expected="a name of the IANA database",
        remedy=close or "write it like `Europe/Berlin`",
    )
    return _UTC


def _week(block: HoursBlock, path: Path, context: Context) -> tuple[tuple[Span, ...], ...]:
    week: list[tuple[Span, ...]] = [()] * 7
    named: dict[int, str] = {}
    for words, given in block.days.items():
        place = (*path, "days", words)
        spans = _spans([given] if isinstance(given, str) else given, place, context, listed_=not isinstance(given, str))
        for day in _days(words, place, context):
            if day in named:
                problem = f"`{DAYS[day]}` is named by `{named[day]}` and by `{words}`"
                context.complain(place, problem, expected="each day once", remedy="delete one", key=True)
            named[day] = words
            week[day] = spans
    if not any(week) and not context.is_broken((*path, "days")) and not block.days:
        context.complain(
            (*path, "days"), "no hour is open", expected="a day", remedy='write `{mon-fri: "09:00-17:00"}`'
        )
    return tuple(week)


def _days(words: str, path: Path, context: Context) -> range:
    first, _, last = words.casefold().replace(" ", "").partition("-")
    for word in (first, last or first):
        if word not in DAYS:
            remedy = meant(word, DAYS) or (f"write `{word[:3]}`" if word[:3] in DAYS else "write `mon-fri`")
            expected = f"one of {listed(DAYS)}, or two with a dash"
            context.complain(path, f"`{word}` is no day", expected=expected, remedy=remedy, key=True)
            return range(0)
    start, end = DAYS.index(first), DAYS.index(last or first)
    if end < start:
        problem = f"`{words}` ends before it begins"
        context.complain(path, problem, expected="the earlier day first", remedy="write two entries", key=True)
    return range(start, end + 1)


def _spans(given: Sequence[str], path: Path, context: Context, *, listed_: bool) -> tuple[Span, ...]:
    found: list[Span] = []
    for at, text in enumerate(given):
        place = (*path, at) if listed_ else path
        span = _span(text, place, context)
        if span is not None and found and span.start < found[-1].end:
            problem = f"`{text}` begins before the one before it ends"
            context.complain(place, problem, expected="spans in order and apart", remedy="write the earlier one first")
        elif span is not None:
            found.append(span)
    return tuple(found)


def _span(text: str, path: Path, context: Context) -> Span | None:
    match = _SPAN.fullmatch(text.strip())
    if match is None:
        context.complain(path, f"`{text}` is no span of a day", expected=_EXPECTED, remedy="write `09:00-17:30`")
        return None
    hours = [int(part) for part in match.groups()]
    start, end = (timedelta(hours=hours[at], minutes=hours[at + 1]) for at in (0, 2))
    if end > timedelta(hours=24):
        context.complain(path, f"`{text}` ends after midnight", expected=_EXPECTED, remedy="end it at `24:00`")
        return None
    if end <= start:
        remedy = f"write `{match[1]}:{match[2]}-24:00`, and the rest on the next day"
        context.complain(path, f"`{text}` ends before it begins", expected=_EXPECTED, remedy=remedy)
        return None
    return Span(start, end)


def _check_holidays(block: HoursBlock, path: Path, context: Context) -> None:
    for at, day in _twice(block):
        problem = f"`{day}` is named twice"
        context.complain((*path, "holidays", at), problem, expected="each day once", remedy="delete one")


def _twice(block: HoursBlock) -> Iterator[tuple[int, object]]:
    for at, day in enumerate(block.holidays):
        if day in block.holidays[:at]:
            yield at, day
