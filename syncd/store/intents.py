"""Intents: a write is announced here before it is sent and proven here afterwards (reliability.md, 5.1).

    PLANNED -> ATTEMPTED -> LANDED        ATTEMPTED -> ATTEMPTED  sent again, after it was surely not found
       |           |  `---> REFUSED       ATTEMPTED -> PLANNED    refused for sure, to be sent again later
       |           `------> PARKED        PLANNED   -> LANDED     found before it was sent: adopted
       `------------------> REFUSED, PARKED
    PARKED -> PLANNED or ATTEMPTED, whichever it was; or LANDED, when the thing was found after all

LANDED and REFUSED are final. Every other step raises `IllegalStep`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, case, exists, func, or_, select, update

from syncd.core.model import Side, Visibility
from syncd.store import codec, meta
from syncd.store.insert import insert
from syncd.store.records import IllegalStep, Intent, IntentKind, IntentState, Link, LinkState, LostLease
from syncd.store.schema import intent, link

OPEN = (IntentState.PLANNED, IntentState.ATTEMPTED, IntentState.PARKED)
TOLD = frozenset({IntentKind.NOTE, IntentKind.LINK_BACK})
"""Kinds that tell people something: each occasion once."""
ONCE = frozenset({IntentKind.CREATE, IntentKind.COMMENT, IntentKind.ATTACH, *TOLD})
"""Kinds that make a thing at the vendor: the same item is never made twice in a link."""


def plan(
    c: Connection,
    *,
    link_id: int,
    kind: IntentKind,
    side: Side,
    item: str,
    key: Callable[[int], str],
    now: datetime,
    body_hash: str = "",
    visibility: Visibility = Visibility.INTERNAL,
    payload: Mapping[str, Any] | None = None,
    revision_read: str = "",
) -> Intent:
    """The intent for this item: the open one, for what is made only once also the landed one, else a new one.

    Args:
        key: makes the write's key from the intent's number.
        payload: what recovery needs to send the very same again; a JSON object.
    """
    if (known := find(c, link_id, kind, side, item)) is not None:
        return known
    number = meta.step(c, meta.NUMBER)
    statement = insert(c, intent).values(
        link_id=link_id,
        kind=kind.value,
        side=side.value,
        item=item,
        number=number,
        key=key(number),
        body_hash=body_hash,
        visibility=visibility.value,
        payload=codec.dump(dict(payload or {})),
        state=IntentState.PLANNED.value,
        created_at=now,
        revision_read=revision_read,
    )
    return get(c, c.execute(statement.returning(intent.c.id)).scalar_one())


def find(c: Connection, link_id: int, kind: IntentKind, side: Side, item: str) -> Intent | None:
    """The intent that `plan` would return instead of a new one."""
    states = [*OPEN, IntentState.LANDED] if kind in ONCE else OPEN
    query = select(intent).where(
        intent.c.link_id == link_id,
        intent.c.kind == kind.value,
        intent.c.side == side.value,
        intent.c.item == item,
        intent.c.state.in_([state.value for state in states]),
    )
    row = c.execute(query).one_or_none()
    return None if row is None else _record(row)


def get(c: Connection, intent_id: int) -> Intent:
    row = c.execute(select(intent).where(intent.c.id == intent_id)).one_or_none()
    if row is None:
        raise KeyError(f"there is no intent {intent_id}")
    return _record(row)


def open_of(c: Connection, link_id: int) -> list[Intent]:
    """What a link has announced and not yet proven, in the order of its numbers."""
    query = select(intent).where(intent.c.link_id == link_id, intent.c.state.in_([state.value for state in OPEN]))
    return [_record(row) for row in c.execute(query.order_by(intent.c.number))]


def attempted_beside(c: Connection, of: Link) -> list[Intent]:
    """Updates of the same issue by its other tickets, of which nobody knows yet whether they happened."""
    query = (
        select(intent)
        .join(link, link.c.id == intent.c.link_id)
        .where(
            link.c.engineering_connection == of.connections.engineering,
            link.c.engineering_ref == of.refs.engineering,
            link.c.id != of.id,
            link.c.state == LinkState.LINKED.value,
            intent.c.kind == IntentKind.UPDATE.value,
            intent.c.side == Side.ENGINEERING.value,
            intent.c.state == IntentState.ATTEMPTED.value,
        )
    )
    return [_record(row) for row in c.execute(query)]


def created_between(c: Connection, after: datetime, until: datetime) -> list[int]:
    """Ids of the links whose issue was made in this span, or was to be made then and nobody knows of it.

    What was announced long before it was sent (the daemon stood still between) may arrive long after.
    """
    landed = and_(intent.c.state == IntentState.LANDED.value, intent.c.landed_at > after, intent.c.landed_at <= until)
    sent = func.coalesce(intent.c.attempted_at, intent.c.created_at)
    unknown = and_(_in([IntentState.PLANNED, IntentState.ATTEMPTED]), sent > after, sent <= until)
    query = select(intent.c.link_id).where(intent.c.kind == IntentKind.CREATE.value, or_(landed, unknown))
    return list(c.scalars(query))


def told(c: Connection, link_id: int) -> frozenset[str]:
    """The occasions that people of this link were told of."""
    query = select(intent.c.item).where(
        intent.c.link_id == link_id,
        intent.c.kind.in_([kind.value for kind in TOLD]),
        intent.c.state == IntentState.LANDED.value,
    )
    return frozenset(c.scalars(query))


def told_of(c: Connection, link_ids: Collection[int], prefixes: Collection[str]) -> frozenset[str]:
    """The occasions that begin in one of these ways and of which the notes of any of these links told."""
    begins = or_(*(intent.c.item.startswith(prefix) for prefix in prefixes))
    query = select(intent.c.item).where(intent.c.link_id.in_(link_ids), intent.c.kind == IntentKind.NOTE.value, begins)
    return frozenset(c.scalars(query))


def was_announced(c: Connection, link_id: int, item: str) -> bool:
    """Whether a note about this occasion was ever announced, whatever became of it."""
    query = select(intent.c.id).where(intent.c.link_id == link_id, intent.c.kind == IntentKind.NOTE.value)
    return c.execute(query.where(intent.c.item == item).limit(1)).first() is not None


def landed(c: Connection, link_id: int) -> Mapping[str, str]:
    """What the writes of a link made: their keys, and the ids that the vendor gave."""
    query = select(intent.c.key, intent.c.target).where(intent.c.link_id == link_id, intent.c.target.is_not(None))
    return {row.key: row.target for row in c.execute(query)}


def targets(c: Connection, link_id: int, items: Collection[str]) -> frozenset[str]:
    """The ids that the vendor gave to the notes about these occasions, as far as they stand there."""
    query = select(intent.c.target).where(
        intent.c.link_id == link_id,
        intent.c.kind == IntentKind.NOTE.value,
        intent.c.item.in_(list(items)),
        intent.c.target.is_not(None),
    )
    return frozenset(c.scalars(query))


def list_open(c: Connection, limit: int = 1000) -> list[Intent]:
    """What the whole store has announced and not yet proven: what a start after a crash goes on with."""
    query = select(intent).where(intent.c.state.in_([state.value for state in OPEN]))
    return [_record(row) for row in c.execute(query.order_by(intent.c.number).limit(limit))]


def say(c: Connection, intent_id: int, payload: Mapping[str, Any]) -> None:
    """Keep what is about to be sent in other words than at first, before it is.

    Raises:
        IllegalStep: it is neither PLANNED nor ATTEMPTED.
    """
    open_still = _in([IntentState.PLANNED, IntentState.ATTEMPTED])
    statement = update(intent).where(intent.c.id == intent_id, open_still).values(payload=codec.dump(dict(payload)))
    if c.execute(statement).rowcount == 0:
        raise IllegalStep(f"intent {intent_id} is {get(c, intent_id).state}: nothing more is sent for it")


def attempt(c: Connection, intent_id: int, epoch: int, now: datetime) -> Intent:
    """Note, in the last transaction before the send, that it may happen from now on.

    Raises:
        LostLease: `epoch` is not that of a lease which is held on its link.
        IllegalStep: it is neither PLANNED nor ATTEMPTED.
    """
    row = c.execute(select(intent.c.link_id).where(intent.c.id == intent_id)).one()
    fence = exists().where(link.c.id == intent.c.link_id, link.c.epoch == epoch, link.c.leased_until.is_not(None))
    steps = [IntentState.PLANNED, IntentState.ATTEMPTED]
    values = {"state": IntentState.ATTEMPTED.value, "attempted_at": now, "epoch": epoch}
    statement = update(intent).where(intent.c.id == intent_id, fence, _in(steps)).values(values)
    if c.execute(statement).rowcount == 0:
        if get(c, intent_id).state in steps:
            raise LostLease(row.link_id, epoch)
        raise _illegal(c, intent_id, IntentState.ATTEMPTED)
    return get(c, intent_id)


def land(c: Connection, intent_id: int, target: str, now: datetime) -> Intent:
    """Note what it made, in the transaction that stores what follows from it."""
    values = {"target": target, "reason": "", "landed_at": now}
    return _step(c, intent_id, IntentState.LANDED, OPEN, values)


def answered(c: Connection, intent_id: int, now: datetime) -> Intent:
    """The vendor answered that it is done, but not what came of it: still ATTEMPTED, but nothing is waited for."""
    return _step(c, intent_id, IntentState.ATTEMPTED, OPEN, {"landed_at": now})


def refuse(c: Connection, intent_id: int, reason: str) -> Intent:
    """It has surely not happened and will not: another plan for the same item is another intent."""
    return _step(c, intent_id, IntentState.REFUSED, OPEN, {"reason": reason})


def forget_notes(c: Connection, link_id: int, *, keep: Collection[str]) -> None:
    """Give up the notes about parked items that were announced, never sent, and speak of what is parked no more."""
    unsent = (intent.c.link_id == link_id, intent.c.kind == IntentKind.NOTE.value, _in([IntentState.PLANNED]))
    about = (intent.c.item.like("parked:%"), intent.c.item.not_in(list(keep)))
    values = {"state": IntentState.REFUSED.value, "reason": "nothing is parked there any more"}
    c.execute(update(intent).where(*unsent, *about).values(values))


def again(c: Connection, intent_id: int, reason: str = "") -> Intent:
    """It has surely not happened yet (a definite refusal that may pass): back to PLANNED.

    A create counts as announced when it was sent last: from then on it is looked for once more after an hour and after
    a day (`created_between`), however long before that it was announced first.
    """
    last_sent = func.coalesce(intent.c.attempted_at, intent.c.created_at)
    announced = case((intent.c.kind == IntentKind.CREATE.value, last_sent), else_=intent.c.created_at)
    values = {"reason": reason, "attempted_at": None, "created_at": announced}
    return _step(c, intent_id, IntentState.PLANNED, (IntentState.ATTEMPTED, IntentState.PLANNED), values)


def park(c: Connection, intent_id: int, reason: str) -> Intent:
    """Nobody knows, or nobody may: a person is needed. Whether it was sent stays known by `attempted_at`."""
    return _step(c, intent_id, IntentState.PARKED, OPEN, {"reason": reason})


def unpark(c: Connection, intent_id: int) -> Intent:
    """Go on where it was: an attempted one is looked for first, a planned one is sent."""
    state = IntentState.ATTEMPTED if get(c, intent_id).attempted_at else IntentState.PLANNED
    return _step(c, intent_id, state, (IntentState.PARKED,), {"reason": ""})


def _in(states: Any) -> Any:
    return intent.c.state.in_([state.value for state in states])


def _step(
    c: Connection, intent_id: int, to: IntentState, sources: tuple[IntentState, ...], values: dict[str, Any]
) -> Intent:
    statement = update(intent).where(intent.c.id == intent_id, _in(sources)).values(state=to.value, **values)
    if c.execute(statement).rowcount == 0:
        raise _illegal(c, intent_id, to)
    return get(c, intent_id)


def _illegal(c: Connection, intent_id: int, to: IntentState) -> IllegalStep:
    return IllegalStep(f"intent {intent_id} is {get(c, intent_id).state}, which {to} does not follow")


def _record(row: Row[Any]) -> Intent:
    return Intent(
        id=row.id,
        link_id=row.link_id,
        kind=IntentKind(row.kind),
        side=Side(row.side),
        item=row.item,
        number=row.number,
        key=row.key,
        body_hash=row.body_hash,
        visibility=Visibility(row.visibility),
        payload=json.loads(row.payload),
        state=IntentState(row.state),
        created_at=row.created_at,
        attempted_at=row.attempted_at,
        epoch=row.epoch,
        target=row.target,
        revision_read=row.revision_read,
        reason=row.reason,
        landed_at=row.landed_at,
    )
