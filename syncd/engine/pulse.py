"""What a daemon knows of itself only in its memory: delays, quotas, health. Said in the store every few seconds, so
that a command in another process can show it."""

from __future__ import annotations

import json
import math
import os
import socket
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from syncd.engine.callers import Told
from syncd.sdk.connector import Quota
from syncd.store import meta

KEY = "daemon"
EVERY = timedelta(seconds=10)
SILENT = timedelta(seconds=45)
"""A daemon that said nothing for so long is taken for dead."""
HOUR = timedelta(hours=1)
KEPT = 50_000


@dataclass(frozen=True, slots=True)
class Delay:
    """How long changes took from the hint to the landed write, in milliseconds, over the last hour."""

    count: int = 0
    p50: float = 0.0
    p99: float = 0.0


class Delays:
    """The delays of the last hour, as many as fit."""

    def __init__(self) -> None:
        self._kept: deque[tuple[datetime, float]] = deque(maxlen=KEPT)

    def add(self, now: datetime, milliseconds: Iterable[float]) -> None:
        self._kept.extend((now, value) for value in milliseconds)

    def last_hour(self, now: datetime) -> Delay:
        while self._kept and self._kept[0][0] < now - HOUR:
            self._kept.popleft()
        values = sorted(value for _, value in self._kept)
        if not values:
            return Delay()
        return Delay(len(values), round(_rank(values, 0.50), 1), round(_rank(values, 0.99), 1))


def _rank(values: list[float], share: float) -> float:
    """The nearest-rank percentile of sorted values."""
    return values[max(0, math.ceil(share * len(values)) - 1)]


@dataclass(frozen=True, slots=True)
class Pulse:
    """What a daemon last said of itself.

    Attributes:
        at: when it said so; `started` is when it began.
        problems: connection -> what its vendor last answered, where that was an error.
        expires: connection -> when its sign-in ends, where the vendor tells.
        hooks: connection -> what its last look at the vendor's webhooks found, where the vendor tells.
        red: the reasons why its health is red; none when it is well.
    """

    pid: int
    host: str
    started: datetime
    at: datetime
    listen: str = ""
    delay: Delay = Delay()
    quotas: Mapping[str, tuple[Quota, ...]] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    expires: Mapping[str, datetime] = field(default_factory=dict)
    hooks: Mapping[str, Told] = field(default_factory=dict)
    red: tuple[str, ...] = ()
    stopped: bool = False

    @property
    def who(self) -> str:
        return f"pid {self.pid} on {self.host}"

    def alive(self, now: datetime) -> bool:
        return not self.stopped and now - self.at < SILENT


def here(started: datetime, now: datetime, **more: Any) -> Pulse:
    """The pulse of this very process."""
    return Pulse(pid=os.getpid(), host=socket.gethostname(), started=started, at=now, **more)


def beat(c: Connection, pulse: Pulse) -> None:
    meta.put(c, KEY, json.dumps(asdict(pulse), default=_plain))


def last(c: Connection) -> Pulse | None:
    """What the last daemon said, however long ago; None where none ever ran on this store."""
    text = meta.get(c, KEY)
    if text is None:
        return None
    said = json.loads(text)
    quotas = {name: tuple(_quota(quota) for quota in found) for name, found in said["quotas"].items()}
    return Pulse(
        **{
            **said,
            "started": datetime.fromisoformat(said["started"]),
            "at": datetime.fromisoformat(said["at"]),
            "delay": Delay(**said["delay"]),
            "quotas": quotas,
            "expires": {name: datetime.fromisoformat(end) for name, end in said.get("expires", {}).items()},
            "hooks": {name: Told(**found) for name, found in said.get("hooks", {}).items()},
            "red": tuple(said["red"]),
        }
    )


def _quota(said: dict[str, Any]) -> Quota:
    resets = datetime.fromisoformat(said["resets"]) if said["resets"] else None
    return Quota(said["name"], said["limit"], said["remaining"], resets)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not for the pulse")
