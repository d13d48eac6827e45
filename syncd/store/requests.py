"""Requests of the intake API: kept before they are answered, until what they told stands on a ticket.

    open:    RECEIVED -> ATTEMPTED -> OPENED -> DONE     ATTEMPTED -> RECEIVED  surely not there, to be made again
    enrich:  RECEIVED -----------------------> DONE
    any but DONE -> PARKED, and back to RECEIVED, ATTEMPTED or OPENED, whichever it was

A table of their own beside the intents: an intent belongs to a link, and a link to a ticket that exists. From OPENED on
the rest is the link's: what was told is a note of it, with an intent as any other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, or_, select, update

from syncd.core.intake import Act
from syncd.store.insert import add_new
from syncd.store.records import IllegalStep, LinkState, RequestRow, RequestState
from syncd.store.schema import link, request

TO_MAKE = (RequestState.RECEIVED, RequestState.ATTEMPTED)
UNSETTLED = (*TO_MAKE, RequestState.OPENED)
OPENING = request.c.act == Act.OPEN.value
RESTS = (LinkState.RESTING.value,)


def add(
    c: Connection,
    *,
    act: Act,
    escalation: str,
    client: str,
    mapping: str,
    source_id: str,
    key: str,
    digest: str,
    body: bytes,
    now: datetime,
    link_id: int | None = None,
) -> RequestRow | None:
    """Keep a request; None where its key, or the source of an opening one, is known already."""
    values = {
        "act": act.value,
        "escalation": escalation,
        "client": client,
        "mapping": mapping,
        "source_id": source_id,
        "key": key,
        "digest": digest,
        "body": body,
        "received_at": now,
        "state": RequestState.RECEIVED.value,
        "link_id": link_id,
        "due": now,
    }
    made = c.execute(add_new(c, request, "id"), values).scalar_one_or_none()
    return None if made is None else get(c, made)


def get(c: Connection, request_id: int) -> RequestRow:
    """One request by its number; KeyError where there is none."""
    row = c.execute(select(request).where(request.c.id == request_id)).one_or_none()
    if row is None:
        raise KeyError(f"there is no request {request_id}")
    return _record(row)


def by_key(c: Connection, client: str, key: str) -> RequestRow | None:
    return _one(c, request.c.client == client, request.c.key == key)


def by_source(c: Connection, client: str, source_id: str) -> RequestRow | None:
    """The one that opened a case for this client under this name of the client's own."""
    return _one(c, request.c.client == client, request.c.source_id == source_id, OPENING)


def opening(c: Connection, client: str, escalation: str) -> RequestRow | None:
    """The one that opened a case; None also for another client's."""
    return _one(c, request.c.escalation == escalation, request.c.client == client, OPENING)


def of_case(c: Connection, escalation: str) -> list[RequestRow]:
    return _many(c, request.c.escalation == escalation)


def listed(
    c: Connection, *, state: RequestState | None = None, limit: int = 100, newest: bool = True
) -> list[RequestRow]:
    where = [request.c.state == state.value] if state else []
    query = select(request).where(*where).order_by(request.c.id.desc() if newest else request.c.id).limit(limit)
    return [_record(row) for row in c.execute(query)]


# --- making tickets of them -------------------------------------------------------------------------------------------


def due(c: Connection, now: datetime, limit: int = 20) -> list[RequestRow]:
    """Those whose ticket is to be made now and that nobody works on, the oldest first."""
    free = or_(request.c.leased_until.is_(None), request.c.leased_until <= now)
    query = select(request).where(_in(TO_MAKE), OPENING, request.c.due <= now, free)
    return [_record(row) for row in c.execute(query.order_by(request.c.due, request.c.id).limit(limit))]


def lease(c: Connection, found: RequestRow, now: datetime, until: datetime) -> RequestRow | None:
    """The right to work on it; None where somebody else was faster."""
    free = or_(request.c.leased_until.is_(None), request.c.leased_until <= now)
    same = (request.c.id == found.id, request.c.epoch == found.epoch, _in(TO_MAKE), free)
    values = {"epoch": found.epoch + 1, "leased_until": until}
    return get(c, found.id) if c.execute(update(request).where(*same).values(values)).rowcount else None


def attempt(c: Connection, held: RequestRow, now: datetime) -> None:
    """Note, in the last transaction before the send, that the ticket may be there from now on."""
    _step(c, held, RequestState.ATTEMPTED, attempted_at=now)


def later(c: Connection, held: RequestRow, when: datetime, reason: str, *, sent: bool) -> None:
    """Try again then. `sent`: nobody knows whether the ticket is there, so it is looked for first."""
    state = RequestState.ATTEMPTED if sent else RequestState.RECEIVED
    more = {} if sent else {"attempted_at": None}
    _step(c, held, state, due=when, tries=held.tries + 1, reason=reason, leased_until=None, **more)


def without(c: Connection, held: RequestRow, refused: Mapping[str, str]) -> None:
    """Note the fields that the helpdesk does not take, before it is tried without them."""
    _step(c, held, RequestState.RECEIVED, refused=json.dumps(dict(refused)), attempted_at=None)


def opened(c: Connection, held: RequestRow, link_id: int) -> None:
    """The ticket is there: everything that was told of this case belongs to its link."""
    _step(c, held, RequestState.OPENED, link_id=link_id, leased_until=None, reason="")
    waiting = (request.c.escalation == held.escalation, request.c.act == Act.ENRICH.value)
    c.execute(update(request).where(*waiting).values(link_id=link_id))


def park(c: Connection, row: RequestRow, reason: str) -> None:
    """A person is needed. Whether its ticket may be there stays known by `attempted_at`."""
    values = {"state": RequestState.PARKED.value, "reason": reason, "leased_until": None}
    c.execute(update(request).where(request.c.id == row.id, _in(UNSETTLED)).values(values))


def unpark(c: Connection, row: RequestRow, now: datetime) -> bool:
    """Go on where it was; False where it is not parked."""
    state = RequestState.ATTEMPTED if row.attempted_at else RequestState.RECEIVED
    if row.act is Act.OPEN and row.link_id is not None:
        state = RequestState.OPENED
    parked = (request.c.id == row.id, request.c.state == RequestState.PARKED.value)
    values = {"state": state.value, "reason": "", "due": now, "tries": 0}
    return c.execute(update(request).where(*parked).values(values)).rowcount > 0


def attempted_between(c: Connection, after: datetime, until: datetime) -> list[RequestRow]:
    """Those whose ticket was made in this span, or was to be made then."""
    return _many(c, OPENING, request.c.attempted_at > after, request.c.attempted_at <= until)


# --- writing on the ticket --------------------------------------------------------------------------------------------


def told_of(c: Connection, link_id: int) -> list[RequestRow]:
    """Everything that was told of the ticket of a link, in the order in which it came."""
    return _many(c, request.c.link_id == link_id)


def done(c: Connection, row: RequestRow, now: datetime) -> None:
    """What it told stands on the ticket."""
    values = {"state": RequestState.DONE.value, "reason": "", "settled_at": now}
    c.execute(update(request).where(request.c.id == row.id, _in(UNSETTLED)).values(values))


def stranded(c: Connection) -> list[tuple[RequestRow, str]]:
    """What waits to be written on a ticket at which nobody looks any more, with the reason why not."""
    columns = (request, link.c.reason.label("why"))
    query = select(*columns).join(link, link.c.id == request.c.link_id)
    waiting = request.c.state.in_([RequestState.RECEIVED.value, RequestState.OPENED.value])
    return [(_record(row), row.why) for row in c.execute(query.where(waiting, link.c.state.in_(RESTS)))]


def strays(c: Connection) -> list[RequestRow]:
    """What was added to a case in the very moment in which its ticket was stored."""
    first = request.alias("first")
    there = (
        (first.c.escalation == request.c.escalation) & (first.c.act == Act.OPEN.value) & first.c.link_id.is_not(None)
    )
    waiting = (
        request.c.link_id.is_(None),
        request.c.state == RequestState.RECEIVED.value,
        request.c.act != Act.OPEN.value,
    )
    return [_record(row) for row in c.execute(select(request).join(first, there).where(*waiting))]


def join(c: Connection, row: RequestRow) -> int | None:
    """Put it to the ticket of its case; the link's id."""
    first = opening(c, row.client, row.escalation)
    if first is not None and first.link_id is not None:
        c.execute(update(request).where(request.c.id == row.id).values(link_id=first.link_id))
    return first.link_id if first else None


def orphans(c: Connection) -> list[RequestRow]:
    """What waits for a ticket whose link is gone."""
    first = request.alias("first")
    opened_once = first.c.state.in_([RequestState.OPENED.value, RequestState.DONE.value])
    gone = (first.c.escalation == request.c.escalation) & (first.c.act == Act.OPEN.value) & first.c.link_id.is_(None)
    query = select(request).join(first, gone & opened_once)
    waiting = request.c.state.in_([RequestState.RECEIVED.value, RequestState.OPENED.value])
    return [_record(row) for row in c.execute(query.where(waiting))]


def prune(c: Connection, before: datetime) -> int:
    """Drop the words of what was settled before then; that it came stays known, or it might come again."""
    old = (request.c.settled_at < before, request.c.state == RequestState.DONE.value, request.c.body != b"")
    return c.execute(update(request).where(*old).values(body=b"")).rowcount


def _step(c: Connection, held: RequestRow, to: RequestState, **values: Any) -> None:
    same = (request.c.id == held.id, request.c.epoch == held.epoch, _in(TO_MAKE))
    if c.execute(update(request).where(*same).values(state=to.value, **values)).rowcount == 0:
        raise IllegalStep(f"request {held.id} is somebody else's now: {to} does not follow")


def _in(states: tuple[RequestState, ...]) -> Any:
    return request.c.state.in_([state.value for state in states])


def _one(c: Connection, *where: Any) -> RequestRow | None:
    row = c.execute(select(request).where(*where)).one_or_none()
    return None if row is None else _record(row)


def _many(c: Connection, *where: Any) -> list[RequestRow]:
    return [_record(row) for row in c.execute(select(request).where(*where).order_by(request.c.id))]


def _record(row: Row[Any]) -> RequestRow:
    known = {name: value for name, value in row._mapping.items() if name in request.c}
    words = {"act": Act(row.act), "state": RequestState(row.state)}
    return RequestRow(**{**known, **words, "body": bytes(row.body), "refused": json.loads(row.refused)})
