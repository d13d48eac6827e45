"""One quota budget per credential: what the vendor says is left, and who may still spend it.

Nothing here waits. A request that may not go now raises `RateLimited` with the time to come back, so that a slow
vendor never holds up another connection; the engine puts the link back until then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from syncd.sdk.connector import Quota
from syncd.sdk.errors import RateLimited

URGENT, NORMAL, BACKFILL = 0, 5, 9
"""Priorities of work; smaller goes first. A sev1 is URGENT, copying history is BACKFILL."""

priority: ContextVar[int] = ContextVar("priority", default=NORMAL)
"""The priority of the work that this task does; set by the engine, read here at each request."""

LONGEST_WAIT = 3600.0
DEFAULT_WAIT = 60.0

ReadQuotas = Callable[[Mapping[str, str], datetime], tuple[Quota, ...]]
"""A vendor's way to tell its limits: (response headers, now) -> quotas."""


def no_quotas(headers: Mapping[str, str], now: datetime) -> tuple[Quota, ...]:
    """A vendor that tells no limits."""
    return ()


def reserve(limit: int, urgency: int) -> int:
    """How many requests of a limit are kept for more urgent work: none below URGENT, a tenth, a quarter."""
    if urgency <= URGENT:
        return 0
    return limit // 10 if urgency < BACKFILL else limit // 4


@dataclass(slots=True)
class Budget:
    """The state of one credential's limits, from its last answers."""

    connection: str
    read: ReadQuotas = no_quotas
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    quotas: dict[str, Quota] = field(default_factory=dict)
    paused_until: datetime | None = None

    def spend(self) -> None:
        """Take one request from every quota, or raise RateLimited."""
        now, urgency = self.now(), priority.get()
        if self.paused_until is not None and now < self.paused_until:
            raise self._wait((self.paused_until - now).total_seconds())
        for quota in tuple(self.quotas.values()):
            if quota.resets is None or now >= quota.resets:
                del self.quotas[quota.name]
            elif quota.remaining <= reserve(quota.limit, urgency):
                raise self._wait((quota.resets - now).total_seconds())
            else:
                self.quotas[quota.name] = Quota(quota.name, quota.limit, quota.remaining - 1, quota.resets)

    def learn(self, headers: Mapping[str, str]) -> None:
        """Take over what an answer says is left."""
        for quota in self.read(headers, self.now()):
            self.quotas[quota.name] = quota

    def refused(self, headers: Mapping[str, str]) -> RateLimited:
        """A 429: pause this credential for as long as the vendor says; without a usable word, a minute."""
        seconds = retry_after(headers, self.now())
        self.paused_until = self.now() + timedelta(seconds=seconds)
        return self._wait(seconds)

    def _wait(self, seconds: float) -> RateLimited:
        seconds = min(max(seconds, 0.05), LONGEST_WAIT)
        return RateLimited(f"{self.connection}: the limit is used up for {seconds:.0f} s", retry_after=seconds)


def retry_after(headers: Mapping[str, str], now: datetime) -> float:
    """Seconds to wait by a Retry-After header (RFC 9110, 10.2.3): a number or a date; between 0 and an hour."""
    value = headers.get("retry-after", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(value) - now).total_seconds()
        except (ValueError, TypeError):
            return DEFAULT_WAIT
    if not 0 <= seconds < float("inf"):
        return DEFAULT_WAIT
    return min(seconds, LONGEST_WAIT)
