"""Signals in a running daemon: asked for before a run decides, remembered at its end, looked at when time makes them.

What a signal is says `core.listen`; here it gets what it is made of, and only what some rule or template asks for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from syncd.core.listen import next_moment, remembered, with_signals
from syncd.core.lookup import Lookup, key_of
from syncd.core.mapping import Mapping as Rules
from syncd.core.model import Person, Side, Snapshot
from syncd.core.signals import REPEATED, Repeated, Signal, signals_in
from syncd.engine.intake import look
from syncd.engine.lookups import LookupView, named, problems
from syncd.engine.run import ANSWERED, Run
from syncd.engine.site import Site
from syncd.store import links, lookups, standings

MOST = 500  # links that are looked at when a lookup answers again; the others at their next look


async def listen(run: Run, *, keep: bool = True) -> None:
    """Learn what is known beside the ticket that was read.

    Args:
        keep: whether anything is stored; `plan` and `why` store nothing.
    """
    policy, ticket = run.mapping.signals, run.snapshot(Side.SUPPORT)
    if policy is None or ticket is None:
        return
    person = ticket.requester or (run.base.support.requester if run.base.support else None)
    found: dict[str, Signal] = {}
    run.unanswered_lookups = set()
    for one in policy.lookups:
        if one.name in policy.asked:
            looked = await run.site.lookups.find(one, key_of(one.by, ticket.fields, person), keep=keep)
            found[one.name] = looked.signal
            if looked.failed:
                run.unanswered_lookups.add(one.name)
    run.heard = replace(run.heard, lookups=found)
    if REPEATED in policy.asked and not run.heard.customer:
        await _count(run, ticket, person, policy.repeated, keep=keep)


async def _count(run: Run, ticket: Snapshot, person: Person | None, how: Repeated, *, keep: bool) -> None:
    """How many tickets this customer opened lately."""
    key, now = key_of(how.by, ticket.fields, person), run.site.now()
    opened = ticket.created or run.link.created_at or now
    customer = f"{how.by}:{key}" if key else ""
    connection, since = run.mapping.connections.support, now - how.within

    def count(c: Connection) -> int:
        return standings.tickets_of(c, customer, connection=connection, besides=ticket.ref, since=since)

    def note(c: Connection) -> int:
        standings.wrote(c, run.link.id, connection=connection, ref=ticket.ref, customer=customer, opened=opened)
        return count(c)

    others = await (run.site.store.write(note) if keep else run.site.store.read(count)) if key else 0
    days = f"{how.within.days} days" if how.within.days != 1 else "a day"
    told = f"tickets of {named(key)} in {days}" if key else f"the ticket does not say its {how.by}"
    run.heard = replace(run.heard, tickets=others + (opened >= since), customer=told)


def heard(run: Run) -> Snapshot | None:
    """The ticket with its signals, for those who only look, after `listen`."""
    ticket = with_signals(run.mapping, run.known, run.seen, run.site.now()).support
    return ticket if isinstance(ticket, Snapshot) else None


def remember(run: Run, c: Connection) -> datetime | None:
    """Keep what this run learned; when time alone will change a signal that a rule asks about."""
    policy, now = run.mapping.signals, run.site.now()
    if policy is None:
        return None
    stands = remembered(run.mapping, run.known, run.seen, now)
    ticket = with_signals(run.mapping, run.known, run.seen, now).support
    standings.put(c, run.link.id, stands, now)
    if isinstance(ticket, Snapshot):
        signals = {name: str(one.value) for name, one in signals_in(ticket.fields).items() if one.value is not None}
        standings.learned(c, run.link.id, signals, waits_for=run.unanswered_lookups)
    return next_moment(policy, stands, now)


# --- by time ----------------------------------------------------------------------------------------------------------


def moment(c: Connection, mapping: Rules | None, link_id: int) -> datetime | None:
    """When time alone makes, or made, another thing of a signal since the last look; None where it does not."""
    found = standings.of(c, link_id) if mapping and mapping.signals else None
    return next_moment(mapping.signals, found[0], found[1]) if mapping and found else None


def listens(site: Site) -> bool:
    """Whether any mapping has signals."""
    return any(mapping.signals for mapping in site.mappings.values())


# --- lookups that failed ----------------------------------------------------------------------------------------------


def configured(site: Site) -> Mapping[str, Lookup]:
    """The lookups of all mappings, by name; the file is one, so they are the same in each."""
    return {
        one.name: one for rules in site.mappings.values() for one in (rules.signals.lookups if rules.signals else ())
    }


async def ask_again(site: Site) -> int:
    """Ask what other systems did not answer; how many links are looked at because one does now."""
    known = configured(site)
    if not known:
        return 0
    looked = 0
    for name in await site.lookups.ask_again(known.values()):
        looked += await site.store.write(lambda c, name=name: _look_again(site, c, name))  # type: ignore[misc]
    if looked:
        site.queue.wake()
    return looked


def _look_again(site: Site, c: Connection, name: str) -> int:
    waiting = standings.waiting(c, name, MOST)
    for link_id in waiting:
        look(site, c, links.get(c, link_id), token=f"{ANSWERED}{name} {link_id} {site.now().isoformat()}")
        standings.answered(c, link_id)
    return len(waiting)


def failing(site: Site, c: Connection) -> list[LookupView]:
    """Which lookups do not work, for `status`."""
    known = configured(site)
    return problems(list(known.values()), lookups.failing(c, MOST)) if known else []
