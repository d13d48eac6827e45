"""What is remembered of a ticket from one look to the next, and which tickets a customer wrote: for the signals."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, func, select, update

from syncd.core.model import Pair
from syncd.core.sentiment import Found
from syncd.core.signals import Standing
from syncd.store.insert import insert
from syncd.store.schema import contact, link, standing


def of(c: Connection, link_id: int) -> tuple[Standing, datetime] | None:
    """What was remembered, and when; None before the first look."""
    row = c.execute(select(standing).where(standing.c.link_id == link_id)).one_or_none()
    if row is None:
        return None
    found = Standing(
        moved=row.moved_at,
        statuses=Pair(row.support_status, row.engineering_status),
        done=row.done,
        unanswered=row.unanswered,
        said=_said(row.said),
        due=row.due_at,
    )
    return found, row.looked_at


def put(c: Connection, link_id: int, stands: Standing, now: datetime) -> None:
    """Remember a ticket as it was just looked at."""
    values = {
        "moved_at": stands.moved,
        "support_status": stands.statuses.support,
        "engineering_status": stands.statuses.engineering,
        "done": stands.done,
        "unanswered": stands.unanswered,
        "said": _as_text(stands.said),
        "due_at": stands.due,
        "looked_at": now,
    }
    statement = insert(c, standing).values(link_id=link_id, **values)
    c.execute(statement.on_conflict_do_update(index_elements=["link_id"], set_=values))


def learned(c: Connection, link_id: int, signals: Mapping[str, str], *, waits_for: Collection[str]) -> None:
    """Keep what a look at the ticket itself gave, for one that is remembered.

    Args:
        signals: what each was, as text, for the numbers.
        waits_for: names of lookups whose answer did not come.
    """
    text = json.dumps(dict(sorted(signals.items())), ensure_ascii=False)
    values = {"signals": text, "waits_for": "\n".join(sorted(waits_for))}
    c.execute(update(standing).where(standing.c.link_id == link_id).values(values))


def signals_of(c: Connection, link_id: int) -> Mapping[str, str]:
    """The signals of a ticket when it was looked at last, as text."""
    found = c.scalar(select(standing.c.signals).where(standing.c.link_id == link_id))
    return dict(json.loads(found)) if found else {}


def waiting(c: Connection, name: str, limit: int) -> list[int]:
    """Links that were looked at while this lookup did not answer."""
    rows = c.execute(select(standing.c.link_id, standing.c.waits_for).where(standing.c.waits_for != "").limit(limit))
    return [row.link_id for row in rows if name in row.waits_for.split("\n")]


def answered(c: Connection, link_id: int) -> None:
    """It is looked at again: it waits for no lookup any more."""
    c.execute(update(standing).where(standing.c.link_id == link_id).values(waits_for=""))


def ring_all(c: Connection, now: datetime) -> None:
    """Look at the time of every ticket again: the rules may be others."""
    remembered = select(standing.c.link_id).where(~standing.c.done)
    c.execute(update(link).where(link.c.id.in_(remembered), link.c.rings_at.is_(None)).values(rings_at=now))


def _said(text: str | None) -> tuple[tuple[Found, ...], ...] | None:
    if text is None:
        return None
    comments: list[list[Any]] = json.loads(text)
    return tuple(tuple(Found(words, Decimal(points)) for words, points in found) for found in comments)


def _as_text(said: tuple[tuple[Found, ...], ...] | None) -> str | None:
    if said is None:
        return None
    return json.dumps([[[one.words, str(one.points)] for one in found] for found in said], ensure_ascii=False)


# --- who wrote how often ----------------------------------------------------------------------------------------------


def wrote(c: Connection, link_id: int, *, connection: str, ref: str, customer: str, opened: datetime) -> None:
    """Note whose ticket this is; one that changes hands counts for its new customer."""
    values = {"connection": connection, "ref": ref, "customer": customer, "opened_at": opened}
    statement = insert(c, contact).values(link_id=link_id, **values)
    c.execute(statement.on_conflict_do_update(index_elements=["link_id"], set_=values))


def tickets_of(c: Connection, customer: str, *, connection: str, besides: str, since: datetime) -> int:
    """How many other tickets than `besides` a customer opened there since; one in several mappings counts once."""
    mine = (contact.c.customer == customer, contact.c.opened_at >= since, contact.c.connection == connection)
    return c.scalar(select(func.count(contact.c.ref.distinct())).where(*mine, contact.c.ref != besides)) or 0
