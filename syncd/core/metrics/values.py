"""What a metric's number looks like: a time, a share, a depth, an amount; and how many numbers become one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

NOTHING = timedelta(0)


@dataclass(frozen=True, slots=True)
class Spread:
    """Many times as three. The 90th percentile is the nearest rank: a time that was really taken."""

    median: timedelta
    p90: timedelta
    mean: timedelta

    @classmethod
    def of(cls, times: Sequence[timedelta]) -> Spread | None:
        if not times:
            return None
        ranked = sorted(times)
        middle = (ranked[(len(ranked) - 1) // 2] + ranked[len(ranked) // 2]) / 2
        rank = -(-9 * len(ranked) // 10)
        return cls(middle, ranked[rank - 1], sum(ranked, NOTHING) / len(ranked))


@dataclass(frozen=True, slots=True)
class Taken:
    """How long something took in one case: by the clock on the wall, and in hours that count where it has a clock.

    `wall` is None while it goes on.
    """

    wall: timedelta | None
    business: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Times:
    """How long something took.

    Attributes:
        count: the cases in which it came to its end; only those are in `wall` and `business`.
        open: the cases in which it goes on.
        timed: the cases of `count` with a clock, whose hours `business` counts by.
    """

    count: int
    open: int
    wall: Spread | None
    business: Spread | None
    timed: int

    @classmethod
    def of(cls, all_taken: Iterable[Taken]) -> Times:
        taken = list(all_taken)
        walls = [one.wall for one in taken if one.wall is not None]
        counted = [one.business for one in taken if one.wall is not None and one.business is not None]
        return cls(len(walls), len(taken) - len(walls), Spread.of(walls), Spread.of(counted), len(counted))


@dataclass(frozen=True, slots=True)
class Share:
    """`part` of `whole`."""

    part: int
    whole: int

    @property
    def rate(self) -> float | None:
        """From 0 to 1; None of nothing."""
        return self.part / self.whole if self.whole else None


@dataclass(frozen=True, slots=True)
class Point:
    """How many cases were open at a moment, and how many of them waited for acceptance."""

    at: datetime
    open: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Depth:
    """How many cases were open, at the end of each day and at the end of the window."""

    points: tuple[Point, ...]

    @property
    def last(self) -> Point | None:
        return self.points[-1] if self.points else None

    @property
    def most(self) -> int:
        return max((point.open for point in self.points), default=0)


@dataclass(frozen=True, slots=True)
class Amount:
    """How much of something; `count` is what it was computed from."""

    value: timedelta
    count: int


Value: TypeAlias = Times | Share | Depth | Amount
