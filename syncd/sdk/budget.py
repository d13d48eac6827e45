"""One quota budget per credential: what the vendor says is left, and who may still spend it.

Nothing here waits. A request that may not go now raises `RateLimited` with the time to come back, so that a slow
vendor never holds up another connection; the engine puts the link back until then.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from pydantic import BaseModel, SecretStr

from syncd.sdk.connector import ConnectionConfig, Quota
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
class Limits:
    """What is known of one credential's limits at one address, from its last answers."""

    quotas: dict[str, Quota] = field(default_factory=dict)
    paused_until: datetime | None = None


class Ledger:
    """The limits of all credentials of a process: connections that sign in with the same one share them."""

    def __init__(self) -> None:
        self._of: dict[tuple[str, str], Limits] = {}

    def limits(self, config: ConnectionConfig, address: str) -> Limits:
        """Those of a connection at an address; its own where it does not say what it signs in by."""
        credential = digest_of(config)
        return self._of.setdefault((credential, address), Limits()) if credential else Limits()


def digest_of(config: ConnectionConfig) -> str:
    """The same for the same credential; nothing can be learnt from it. Empty without one."""
    way = [key for way in config.credentials for key in way if getattr(config, key) is not None]
    said = [config.connector, *(f"{key}={_revealed(getattr(config, key))}" for key in way)]
    return hashlib.sha256("\0".join(said).encode()).hexdigest() if way else ""


def _revealed(value: Any) -> str:
    if isinstance(value, BaseModel):
        return "\1".join(f"{name}={_revealed(each)}" for name, each in value)
    return str(value.get_secret_value() if isinstance(value, SecretStr) else value)


@dataclass(slots=True)
class Budget:
    """What one connection may still spend of its credential's limits."""

    connection: str
    read: ReadQuotas = no_quotas
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    limits: Limits = field(default_factory=Limits)

    @property
    def quotas(self) -> dict[str, Quota]:
        return self.limits.quotas

    def spend(self) -> None:
        """Take one request from every quota, or raise RateLimited."""
        now, urgency = self.now(), priority.get()
        paused = self.limits.paused_until
        if paused is not None and now < paused:
            raise self._wait((paused - now).total_seconds())
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
        self.limits.paused_until = self.now() + timedelta(seconds=seconds)
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
