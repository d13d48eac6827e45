"""Hints: which change was told of at which link, seen once each, and our own writes coming back taken out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from secrets import randbits
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, delete, select
from sqlalchemy import insert as plain_insert

from syncd.core.model import Side
from syncd.store import leases
from syncd.store.insert import add_new
from syncd.store.records import Absorbed, Added, Hint
from syncd.store.schema import foretold, hint, seen
from syncd.store.types import Words

# built once: to build a statement takes longer than to run it
ADD = plain_insert(hint)
MINE = and_(hint.c.connection == bindparam("on", type_=Words()), hint.c.ref == bindparam("ticket", type_=Words()))
WAITING = select(hint).where(MINE).order_by(hint.c.id)
OF = select(hint).where(hint.c.link_id == bindparam("at_link")).order_by(hint.c.id)


def add(
    c: Connection,
    link_ids: Sequence[int],
    *,
    connection: str,
    ref: str,
    side: Side,
    now: datetime,
    token: str = "",
    parts: frozenset[str] = frozenset(),
    echo: str = "",
    revision: str = "",
    at: datetime | None = None,
) -> Added:
    """Store one change at each link of its ticket; the caller marks these links (`hinted=True`) where any was stored.

    Nothing is stored when the token was seen before (a doubled delivery, a row that a poll repeats), nor when the echo
    was foretold: then it is our own write, and `absorbed` names the version that it made.
    """
    if token and not _first_time(c, connection, ref, token, now):
        return Added()
    if echo and _swallow(c, connection, ref, echo, now):
        return Added(absorbed=Absorbed(connection, ref, token, echo, revision))
    if not link_ids:
        return Added()
    row = {
        "side": side.value,
        "connection": connection,
        "ref": ref,
        "token": token,
        "parts": " ".join(sorted(parts)),
        "echo": echo,
        "revision": revision,
        "at": at,
        "received_at": now,
        "event": randbits(62),
    }
    c.execute(ADD, [{**row, "link_id": link_id} for link_id in link_ids])
    return Added(hints=len(link_ids))


def of(c: Connection, link_id: int) -> list[Hint]:
    """What waits at a link, oldest first."""
    return [_record(row) for row in c.execute(OF, {"at_link": link_id})]


def consume(c: Connection, ids: Iterable[int]) -> None:
    """Take out hints that a run has answered."""
    c.execute(delete(hint).where(hint.c.id.in_(list(ids))))


def foretell(
    c: Connection,
    *,
    connection: str,
    ref: str,
    now: datetime,
    expires: datetime,
    tokens: Iterable[str] = (),
    echoes: Iterable[str] = (),
) -> tuple[Absorbed, ...]:
    """Say under which names our own write will come back, and take out those that came before its answer did.

    A token names one change for ever. An echo swallows one change, now or until `expires`. Returns what was taken out;
    a link that waited for nothing else is no longer due.
    """
    waiting = _events(c, connection, ref)
    gone: list[list[Row[Any]]] = []
    for token in tokens:
        if not _first_time(c, connection, ref, token, now):
            gone += [rows for rows in waiting if rows[0].token == token]
    for echo in echoes:
        match = next((rows for rows in waiting if rows[0].echo == echo and rows not in gone), None)
        if match is None:
            c.execute(plain_insert(foretold).values(connection=connection, ref=ref, echo=echo, expires=expires))
        else:
            gone.append(match)
    taken = [row for rows in gone for row in rows]
    if taken:
        consume(c, [row.id for row in taken])
        leases.unmark(c, {row.link_id for row in taken})
    return tuple(Absorbed(connection, ref, rows[0].token, rows[0].echo, rows[0].revision) for rows in gone)


def _first_time(c: Connection, connection: str, ref: str, token: str, now: datetime) -> bool:
    row = {"connection": connection, "ref": ref, "token": token, "at": now}
    return c.execute(add_new(c, seen, "at"), row).one_or_none() is not None


def _swallow(c: Connection, connection: str, ref: str, echo: str, now: datetime) -> bool:
    """Use up one foretold echo, the oldest first."""
    mine = (foretold.c.connection == connection, foretold.c.ref == ref, foretold.c.echo == echo)
    oldest = select(foretold.c.id).where(*mine, foretold.c.expires > now).order_by(foretold.c.id).limit(1)
    return c.execute(delete(foretold).where(foretold.c.id == oldest.scalar_subquery())).rowcount == 1


def _events(c: Connection, connection: str, ref: str) -> list[list[Row[Any]]]:
    """Waiting hints of a ticket, those of one change together, oldest first."""
    events: dict[int, list[Row[Any]]] = {}
    for row in c.execute(WAITING, {"on": connection, "ticket": ref}):
        events.setdefault(row.event, []).append(row)
    return list(events.values())


def _record(row: Row[Any]) -> Hint:
    return Hint(
        id=row.id,
        link_id=row.link_id,
        side=Side(row.side),
        connection=row.connection,
        ref=row.ref,
        token=row.token,
        parts=frozenset(row.parts.split()),
        echo=row.echo,
        revision=row.revision,
        at=row.at,
        received_at=row.received_at,
    )
