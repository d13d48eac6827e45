"""Hints become due links: one transaction stores hints, marks links, and moves the cursor or keeps the delivery.

An echo of our own write is swallowed here and costs no call.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from syncd import crash
from syncd.core.decision import Resting
from syncd.core.model import Side
from syncd.engine.site import Site
from syncd.sdk.connector import Changed
from syncd.store import hints, links
from syncd.store.records import Link, LinkState

WAKES = frozenset({Resting.DELETED.value, Resting.CLOSED.value, Resting.MOVED.value})
"""Why a link may rest and still be looked at when its ticket stirs: a restored ticket, a reopened one."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the hints of one delivery or page."""

    links: int  # marked as due
    echoes: int  # our own writes coming back
    repeats: int  # known already, or about nothing of ours
    tickets: int = 0  # that had news

    def __add__(self, other: Taken) -> Taken:
        return Taken(
            self.links + other.links,
            self.echoes + other.echoes,
            self.repeats + other.repeats,
            self.tickets + other.tickets,
        )


async def take(
    site: Site, connection: str, changed: Sequence[Changed], also: Callable[[Connection], object] = lambda c: None
) -> Taken:
    """Store hints and mark their links, together with `also` (the cursor, the raw delivery), in one transaction."""
    taken = await site.store.write(lambda c: take_in(site, c, connection, changed, also))
    if taken.links:
        site.queue.wake()
    return taken


def take_in(
    site: Site,
    c: Connection,
    connection: str,
    changed: Sequence[Changed],
    also: Callable[[Connection], object] = lambda c: None,
) -> Taken:
    """`take` inside a transaction of the caller's."""
    marked, news, echoes, repeats = set[int](), set[str](), 0, 0
    for hint in changed:
        told = 0
        for name, side, found in _links(site, c, connection, hint.ref):
            added = _add(site, c, hint, connection=name, side=side, found=found)
            _wake(c, found, added or [], site.now())
            if added is None:
                echoes += 1
            else:
                told += len(added)
                marked.update(added)
        repeats += told == 0
        if told:
            news.add(hint.ref)
    if marked:
        site.queue.mark_in(c, sorted(marked), site.now(), hinted=True)
    also(c)
    crash.point("H3")
    return Taken(len(marked), echoes, repeats, len(news))


def look(site: Site, c: Connection, link: Link, *, priority: int | None = None, token: str = "") -> None:
    """Ask for one full run of a link, as a person, a sweep or a retry does: both sides are read.

    Args:
        token: a name of this very request and of this link alone, which the audit shows as the cause (see `run.ASKED`).
    """
    for side in Side:
        ref = link.refs[side]
        if ref is not None:
            hints.add(
                c,
                [link.id],
                connection=link.connections[side],
                ref=ref,
                side=side,
                now=site.now(),
                parts=frozenset({"fields", "thread"}),
                token=token,
            )
    site.queue.mark_in(c, [link.id], site.now(), priority=priority)


def _links(site: Site, c: Connection, connection: str, ref: str) -> list[tuple[str, Side, list[Link]]]:
    """The links that a ticket is in, by connection and side; one that support shows for the first time gets its links.

    What is told of a ticket at one part of an account may be that it left another one, which need not hear of it.
    """
    known = links.by_ref(c, connection, ref)
    moved = [(name, link) for name in site.beside(connection) for link in links.by_ref(c, name, ref)]
    watched = [] if any(_is_half(link) for _, link in moved) else _watch(site, c, connection, ref, known)
    stirred = [(connection, link) for link in known if _stirs(link)]
    stirred += [(name, link) for name, link in moved if link.state is not LinkState.RESTING]
    found: dict[tuple[str, Side], list[Link]] = {}
    for name, link in [*stirred, *((connection, link) for link in watched)]:
        if link.mapping in site.mappings:
            side = Side.SUPPORT if (link.connections.support, link.refs.support) == (name, ref) else Side.ENGINEERING
            found.setdefault((name, side), []).append(link)
    return [(name, side, of_side) for (name, side), of_side in found.items()]


def _watch(site: Site, c: Connection, connection: str, ref: str, known: list[Link]) -> list[Link]:
    """New links of a ticket that no mapping knows yet."""
    names = {link.mapping for link in known}
    return [
        links.watch(c, mapping.name, mapping.digest, mapping.connections, ref, site.now())
        for mapping, side in site.of_connection(connection)
        if side is Side.SUPPORT and mapping.name not in names and mapping.escalate
    ]


def _is_half(link: Link) -> bool:
    """Whether the ticket has its other half: moved to another part of the account it is no new ticket there."""
    unlinked = link.state is LinkState.RESTING and link.reason.partition(":")[0] == Resting.UNLINKED.value
    return link.refs.engineering is not None and not unlinked


def _stirs(link: Link) -> bool:
    """Whether a hint may make this link due."""
    if link.state is not LinkState.RESTING:
        return True
    return link.reason.partition(":")[0] in WAKES


def _wake(c: Connection, found: list[Link], added: list[int], now: datetime) -> None:
    """Put resting links back to work for a hint that is new, or that came while they were being put to rest.

    A row that a poll repeats wakes nobody: it would be read again at every poll.
    """
    for link in found:
        if link.state is LinkState.RESTING and (link.id in added or hints.of(c, link.id)):
            links.wake(c, link.id, now, reason=link.reason)


def _add(
    site: Site, c: Connection, hint: Changed, *, connection: str, side: Side, found: list[Link]
) -> list[int] | None:
    """Store one hint for its links: their ids, nothing for a repeat, None for an echo of our own."""
    ids = [link.id for link in found]
    added = hints.add(
        c,
        ids,
        connection=connection,
        ref=hint.ref,
        side=side,
        now=site.now(),
        token=hint.token,
        parts=frozenset(part.value for part in hint.parts),
        echo=hint.echo,
        revision=hint.revision,
        at=hint.at,
    )
    if added.absorbed:
        if added.absorbed.revision:
            links.advance(c, ids, side, added.absorbed.revision)
        return None
    return ids if added.hints else []
