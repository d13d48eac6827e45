"""Which clock or signal of time rings next, and the timer that has its link looked at when it does.

Whether somebody must be told is decided from the store alone; only then are both tickets read, because an answer may
have come that nobody has told us of yet. So ten thousand running clocks cost the vendors nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from syncd.core import consent, routing, sla
from syncd.core.mapping import Mapping
from syncd.core.milestones import Milestone
from syncd.core.severity import severity_called
from syncd.engine import signals
from syncd.engine.intake import look
from syncd.engine.run import RANG
from syncd.engine.site import Site
from syncd.store import links, milestones, standings
from syncd.store.records import Link, LinkState

SOON = timedelta(minutes=1)
"""What a run could not tell is not tried again before."""
AT_ONCE = 200  # links that are looked at in one transaction


def next_ring(
    mapping: Mapping, severity: str, history: Iterable[Milestone], now: datetime, *, linked: bool
) -> datetime | None:
    """When to look at this link again because of time; None where nothing can run out. Clocks need an issue."""
    contract, facts = mapping.contract if linked else None, tuple(history)
    alarm = sla.next_alarm(contract, severity_called(severity), facts, now) if contract else None
    found = first(alarm, _waits_until(mapping, severity, facts))
    return now + SOON if found is not None and found <= now else found


def _waits_until(mapping: Mapping, severity: str, history: Sequence[Milestone]) -> datetime | None:
    """When the next in line is named, or an approval is not waited for any longer."""
    policy = mapping.escalation.owners if mapping.escalation else None
    moments = [
        routing.transfer_due(policy, severity_called(severity), history) if policy else None,
        consent.next_due(mapping, severity, history),
    ]
    return first(*moments)


def first(*moments: datetime | None) -> datetime | None:
    """The earliest of those that there are."""
    return min((one for one in moments if one is not None), default=None)


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

    def wind(c: Connection) -> None:
        links.ring_all(c, site.now())
        if signals.listens(site):
            standings.ring_all(c, site.now())

    await site.store.write(wind)


def _ring(site: Site, c: Connection) -> list[bool]:
    return [_ring_one(site, c, link) for link in links.ringing(c, site.now(), AT_ONCE)]


def _ring_one(site: Site, c: Connection, link: Link) -> bool:
    """Whether the link is looked at now; if not, it rings when its contract says so."""
    mapping, now = site.mappings.get(link.mapping), site.now()
    history, severity = milestones.of(c, link.id), severity_called(link.severity)
    contract = mapping.contract if mapping and link.state is LinkState.LINKED else None
    until = _waits_until(mapping, link.severity, history) if mapping else None
    moment = signals.moment(c, mapping, link.id)
    due = sla.alarms(contract, severity, history, now) if contract else ()
    rings = [*(alarm.name for alarm in due), *_come(now, owner=until, signal=moment)]
    if rings:
        look(site, c, link, token=f"{RANG}{rings[0]} {link.id} {now.isoformat()}")
        links.ring_at(c, link.id, None)  # the run sets it anew at its end, however late that is
        return True
    of_clocks = sla.next_alarm(contract, severity, history, now) if contract else None
    links.ring_at(c, link.id, first(of_clocks, until, moment))
    return False


def _come(now: datetime, **moments: datetime | None) -> list[str]:
    """The names of those moments that have come."""
    return [name for name, moment in moments.items() if moment is not None and moment <= now]
