"""Whether the daemon does its work, proven by what it has done (reliability.md, I28): red with its reasons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from syncd.engine.site import Site
from syncd.store import cursors, overview, pauses
from syncd.store.records import PauseScope

LATE = timedelta(minutes=5)
"""How long something may be accepted and not worked on, or a connection not be read, before health is red."""
MASS = 20
"""Items parked within one hour that are no accident any more."""


@dataclass(frozen=True, slots=True)
class Health:
    """`reasons` are sentences for a person; none: it is well."""

    reasons: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        return not self.reasons


def examine(site: Site, c: Connection, *, started: datetime | None, late: timedelta = LATE) -> Health:
    """Look for signs that nothing happens though something should.

    Args:
        started: when the daemon began; None where none runs, and then nothing is expected of it.
    """
    if started is None or site.store.restored:
        return Health()
    return Health((*_unprocessed(site, c, started, late), *_unread(site, c, started, late), *_in_mass(site, c)))


def _unprocessed(site: Site, c: Connection, started: datetime, late: timedelta) -> Iterator[str]:
    waiting = overview.waiting(c, site.now())
    since = waiting.overdue_since
    if since is not None and site.now() - max(since, started) > late:
        yield f"changes were taken in and not worked on since {since:%Y-%m-%d %H:%M} UTC"


def _unread(site: Site, c: Connection, started: datetime, late: timedelta) -> Iterator[str]:
    for name, connector in site.connectors.items():
        expected: timedelta = max(late, connector.config.poll * 3)
        last = cursors.last_success(c, name)
        if site.now() - max(last or started, started) > expected:
            paused = pauses.find(c, PauseScope.CONNECTION, name)
            why = f"it is paused: {paused.reason}" if paused else "its polls fail"
            said = f"since {last:%Y-%m-%d %H:%M} UTC" if last else "never"
            yield f"connection {name} was not read {said}; {why}".replace("not read never", "never read")


def _in_mass(site: Site, c: Connection) -> Iterator[str]:
    parked = overview.parked_since(c, site.now() - timedelta(hours=1))
    if parked >= MASS:
        yield f"{parked} items were parked within one hour: `syncd parked` shows what they have in common"
