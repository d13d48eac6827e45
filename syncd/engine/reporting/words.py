"""A metric's number in words, as short as a cell of a table."""

from __future__ import annotations

from datetime import timedelta
from typing import assert_never

from syncd.core.metrics.values import Amount, Depth, Share, Spread, Times, Value

NONE = "-"
NAMELESS = "(not said)"
"""How a group is called whose tickets do not say."""


def span(time: timedelta) -> str:
    """In its two largest units: "4 d 2 h", "1 h 30 min", "40 s"."""
    seconds = round(time.total_seconds())
    units = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))
    first = next((at for at, (_, size) in enumerate(units) if seconds >= size), len(units) - 1)
    parts = []
    for unit, size in units[first : first + 2]:
        number, seconds = divmod(seconds, size)
        parts.append((number, unit))
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "0 s"


def spread(found: Spread | None) -> tuple[str, str, str]:
    """Median, 90th percentile, mean."""
    return (span(found.median), span(found.p90), span(found.mean)) if found else (NONE, NONE, NONE)


def percent(share: Share) -> str:
    return NONE if share.rate is None else f"{share.rate:.0%}"


def headline(value: Value) -> str:
    """The one number of it that people ask for first."""
    match value:
        case Times():
            return span(value.wall.median) if value.wall else NONE
        case Share():
            return percent(value)
        case Depth():
            return str(value.last.open) if value.last else NONE
        case Amount():
            return hours(value.value)
        case _:
            assert_never(value)


def hours(time: timedelta) -> str:
    return f"{time.total_seconds() / 3600:.1f} h"
