"""How long the rest takes: from the requests that were counted so far and from what the vendors say is left.

Only what was measured or told is used. A vendor tells when its limit is renewed but not for how long each lasts, so
what goes beyond the next renewal is a lower bound, and is called "at least".
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from syncd.sdk.budget import BACKFILL, reserve
from syncd.sdk.connector import Call, Quota


@dataclass(slots=True)
class Meter:
    """Counts requests by connection; an `Observer`."""

    calls: Counter[str] = field(default_factory=Counter)

    def __call__(self, call: Call) -> None:
        self.calls[call.connection] += 1


@dataclass(frozen=True, slots=True)
class Estimate:
    """What is to come.

    Attributes:
        left: tickets.
        calls: requests for a ticket, all vendors together.
        takes: how long it takes; with `at_least` it may be longer.
        limited_by: the connection whose limit decides that; "" where it is the pace so far.
    """

    left: int
    calls: float
    takes: timedelta
    at_least: bool = False
    limited_by: str = ""


def estimate(
    *,
    done: int,
    left: int,
    calls: Mapping[str, int],
    elapsed: timedelta,
    quotas: Mapping[str, Sequence[Quota]],
    now: datetime,
) -> Estimate | None:
    """None while nothing was measured.

    Args:
        done: tickets that the counted calls and the elapsed time were for.
        quotas: by connection, as each last told them.
    """
    if not done:
        return None
    each, pace = sum(calls.values()) / done, Estimate(left, sum(calls.values()) / done, elapsed / done * left)
    waits = [
        Estimate(left, each, *_wait(quota, math.ceil(calls.get(name, 0) / done * left), now), limited_by=name)
        for name, told in quotas.items()
        for quota in told
    ]
    return _longest([pace, *waits])


def _longest(estimates: Iterable[Estimate]) -> Estimate:
    return max(estimates, key=lambda one: (one.takes, one.at_least))


def _wait(quota: Quota, needed: int, now: datetime) -> tuple[timedelta, bool]:
    """How long a limit holds up so many calls, and whether that is only the least it can be."""
    kept = reserve(quota.limit, BACKFILL)
    beyond = needed - max(quota.remaining - kept, 0)
    if beyond <= 0 or quota.resets is None or quota.resets <= now:
        return timedelta(0), False
    return quota.resets - now, beyond > quota.limit - kept


def sentence(found: Estimate) -> str:
    """ "1,200 tickets, 4 calls each as measured, about 35 min at the quota of acme-jira"."""
    tickets = f"{found.left:,} ticket{'' if found.left == 1 else 's'}"
    why = f"at the quota of {found.limited_by}" if found.limited_by else "at the pace so far"
    return f"{tickets}, {_calls(found)} calls each as measured, {_takes(found)} {why}"


def brief(found: Estimate) -> str:
    """ "4 calls each, about 35 min, quota of acme-jira": what has room beside a bar."""
    parts = [f"{_calls(found)} calls each", _takes(found)]
    return ", ".join([*parts, f"quota of {found.limited_by}"] if found.limited_by else parts)


def _calls(found: Estimate) -> str:
    return f"{found.calls:.1f}".removesuffix(".0")


def _takes(found: Estimate) -> str:
    return f"{'at least' if found.at_least else 'about'} {spoken(found.takes)}"


def spoken(span: timedelta) -> str:
    """ "40 s", "35 min", "3 h 20 min"."""
    seconds = math.ceil(span.total_seconds())
    if seconds < 100:
        return f"{seconds} s"
    minutes = math.ceil(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"
