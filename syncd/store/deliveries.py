"""Webhooks as they came: stored before they are answered, kept until they are hints, bad ones until a person looked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from syncd.store import codec
from syncd.store.insert import add_new
from syncd.store.records import DeliveryState, RawDelivery
from syncd.store.schema import delivery

OPEN = (DeliveryState.RECEIVED.value, DeliveryState.BAD.value)


def add(
    c: Connection,
    *,
    connection: str,
    delivery_id: str,
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
    state: DeliveryState = DeliveryState.RECEIVED,
    reason: str = "",
) -> int | None:
    """Store a delivery; its id, or None where the vendor sent the same one before.

    The headers must be without signatures and credentials: what is stored can be shown.
    """
    row = {
        "connection": connection,
        "delivery_id": delivery_id,
        "headers": codec.dump(dict(headers)),
        "body": body,
        "received_at": now,
        "state": state.value,
        "reason": reason,
    }
    return c.execute(add_new(c, delivery, "id"), row).scalar_one_or_none()


def pending(c: Connection, limit: int = 100) -> list[RawDelivery]:
    """Those that are not yet hints, oldest first: what a start after a crash goes on with."""
    return list_deliveries(c, state=DeliveryState.RECEIVED, limit=limit, newest_first=False)


def get(c: Connection, delivery_id: int) -> RawDelivery:
    row = c.execute(select(delivery).where(delivery.c.id == delivery_id)).one_or_none()
    if row is None:
        raise KeyError(f"there is no delivery {delivery_id}")
    return _record(row)


def done(c: Connection, delivery_id: int, outcome: str = "") -> None:
    """Note that its tickets are marked, or were seen before; `outcome` tells people which."""
    _settle(c, delivery_id, DeliveryState.DONE, outcome=outcome)


def ignored(c: Connection, delivery_id: int, reason: str) -> None:
    """Note that it speaks of nothing that any mapping covers."""
    _settle(c, delivery_id, DeliveryState.IGNORED, reason=reason)


def bad(c: Connection, delivery_id: int, reason: str) -> None:
    """Note that it cannot be read. It is kept until a person drops it."""
    _settle(c, delivery_id, DeliveryState.BAD, reason=reason)


def drop(c: Connection, delivery_id: int) -> None:
    """A person has looked at a bad one and does not need it any more."""
    c.execute(delete(delivery).where(delivery.c.id == delivery_id, delivery.c.state == DeliveryState.BAD.value))


def list_deliveries(
    c: Connection,
    *,
    state: DeliveryState | None = None,
    connection: str | None = None,
    limit: int = 100,
    newest_first: bool = True,
) -> list[RawDelivery]:
    query = select(delivery).order_by(delivery.c.id.desc() if newest_first else delivery.c.id).limit(limit)
    if state is not None:
        query = query.where(delivery.c.state == state.value)
        if state.value in OPEN:
            query = query.where(delivery.c.state.in_(OPEN))  # so that the partial index serves
    if connection is not None:
        query = query.where(delivery.c.connection == connection)
    return [_record(row) for row in c.execute(query)]


def any_since(c: Connection, connection: str, since: datetime | None = None) -> bool:
    """Whether a webhook of this connection came since then; without a moment, whether one is kept at all."""
    query = select(delivery.c.id).where(delivery.c.connection == connection).limit(1)
    return c.scalar(query if since is None else query.where(delivery.c.received_at >= since)) is not None


def prune(c: Connection, before: datetime) -> int:
    """Delete what was received before and needs nobody any more; never a bad or an unprocessed one."""
    old = delivery.c.received_at < before
    return c.execute(delete(delivery).where(old, delivery.c.state.not_in(OPEN))).rowcount


def _settle(c: Connection, delivery_id: int, state: DeliveryState, *, reason: str = "", outcome: str = "") -> None:
    values = {"state": state.value, "reason": reason, "outcome": outcome}
    c.execute(update(delivery).where(delivery.c.id == delivery_id).values(values))


def _record(row: Row[Any]) -> RawDelivery:
    return RawDelivery(
        id=row.id,
        connection=row.connection,
        delivery_id=row.delivery_id,
        headers=json.loads(row.headers),
        body=bytes(row.body),
        received_at=row.received_at,
        state=DeliveryState(row.state),
        reason=row.reason,
        outcome=row.outcome,
    )
