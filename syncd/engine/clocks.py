"""Which clock rings next, and the timer that has its link looked at when it does.

Whether somebody must be told is decided from the store alone; only then are both tickets read, because an answer may
have come that nobody has told us of yet. So ten thousand running clocks cost the vendors nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection

from syncd.core import sla
from syncd.core.mapping import Mapping
from syncd.core.milestones import Milestone
from syncd.core.severity import severity_called
from syncd.engine.intake import look
from syncd.engine.run import RANG
from syncd.engine.site import Site
from syncd.store import links, milestones
from syncd.store.records import Link

SOON = timedelta(minutes=1)
"""What a run could not tell is not tried again before."""
AT_ONCE = 200  # links that are looked at in one transaction


def next_ring(mapping: Mapping, severity: str, history: Iterable[Milestone], now: datetime) -> datetime | None:
    """When to look at this link's clocks again; None where nothing can run out."""
    contract = mapping.contract
    found = sla.next_alarm(contract, severity_called(severity), tuple(history), now) if contract else None
    return now + SOON if found is not None and found <= now else found


async def ring(site: Site) -> int:
    """Have every link looked at of which somebody is to be told something; how many."""
    rang = 0
    while found := await site.store.write(lambda c: _ring(site, c)):
        rang += sum(found)
    if rang:
        site.queue.wake()
    return rang


async def wind_up(site: Site) -> None:
    """At a start: the contract may have changed, so every clock is looked at once, in the store."""
    await site.store.write(lambda c: links.ring_all(c, site.now()))


def _ring(site: Site, c: Connection) -> list[bool]:
    return [_ring_one(site, c, link) for link in links.ringing(c, site.now(), AT_ONCE)]


def _ring_one(site: Site, c: Connection, link: Link) -> bool:
    """Whether the link is looked at now; if not, it rings when its contract says so."""
    mapping, now = site.mappings.get(link.mapping), site.now()
    contract = mapping.contract if mapping else None
    history = milestones.of(c, link.id)
    if contract is not None and (due := sla.alarms(contract, severity_called(link.severity), history, now)):
        look(site, c, link, token=f"{RANG}{due[0].name} {link.id} {now.isoformat()}")
        links.ring_at(c, link.id, None)  # the run sets it anew at its end, however late that is
        return True
    links.ring_at(c, link.id, next_ring(mapping, link.severity, history, now) if mapping else None)
    return False
