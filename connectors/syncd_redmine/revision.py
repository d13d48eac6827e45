"""Revisions and tokens made of Redmine's whole-second stamps, and what we know of the server's clock.

`updated_on` has whole seconds. A read within the second that it shows may be followed by another change in that very
second, which no stamp tells apart. So a revision says whether its second was surely over when the read was sent:

    2026-11-21T19:14:39Z/7      over; the last journal seen is 7
    2026-11-21T19:14:39Z~/7     young: the same stamp may hide more

A row of a poll gets one token while its second lasts and another one once it is over, so that it comes again.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

SECOND = timedelta(seconds=1)
SKEW = timedelta(minutes=5)  # further than this, no clock that is kept by NTP is off
YOUNG = "~"


@dataclass(frozen=True, slots=True)
class Revision:
    """What a read of an issue showed."""

    stamp: str  # ISO 8601 with Z: ordered as text
    young: bool
    journal: int  # the last one seen; 0 for none

    def __str__(self) -> str:
        return f"{self.stamp}{YOUNG if self.young else ''}/{self.journal}"

    @classmethod
    def parse(cls, text: str) -> Revision:
        stamp, _, journal = text.partition("/")
        return cls(stamp.removesuffix(YOUNG), stamp.endswith(YOUNG), int(journal) if journal.isdecimal() else 0)

    def shows(self, stamp: str) -> bool:
        """Whether everything that happened in that second, or before, was surely seen."""
        return stamp < self.stamp or (stamp == self.stamp and not self.young)


def token(row: dict[str, Any], *, young: bool) -> str:
    """The name of a row's state: its stamp, whether that second lasts, and a digest of what the row shows."""
    digest = hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest()[:16]
    return f"{row['updated_on']}{YOUNG if young else ' '}{digest}"


def stamp_of(token: str) -> str:
    return token.partition(YOUNG)[0].partition(" ")[0]


def parsed(stamp: str) -> datetime:
    return datetime.fromisoformat(stamp)


def stamped(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


class ServerClock:
    """A lower bound of the server's clock, from every stamp that it has answered.

    Redmine itself sends no Date. But what carries a stamp had happened when we received it, so the server's clock
    was at least there by then, and has gone on since as ours has. Clocks may differ; only their speed must not.

    Args:
        monotonic: our clock, in seconds; `sleep` lets so many of them go by.
    """

    def __init__(
        self,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self.monotonic = monotonic
        self.sleep = sleep
        self._wall = wall
        self._ahead: float | None = None  # the largest (stamp - monotonic) seen, in seconds

    def learn(self, stamp: datetime, *, at: float) -> None:
        """The server's clock showed at least `stamp` when ours (monotonic) showed `at`."""
        ahead = stamp.timestamp() - at
        self._ahead = ahead if self._ahead is None else max(self._ahead, ahead)

    def over(self, stamp: datetime, *, at: float) -> bool:
        """Whether the second of `stamp` was surely over on the server when our clock showed `at`."""
        end = stamp + SECOND
        if self._ahead is not None and self._ahead + at >= end.timestamp():
            return True
        then = self._wall() - timedelta(seconds=self.monotonic() - at)
        return then - SKEW >= end
