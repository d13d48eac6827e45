"""The outbox of messages to people outside of the two tickets.

A row is added with the fact it tells of, in one transaction. It is noted as `sending` before the request, so that what
a crash left in doubt is known; what was sent keeps its row as a proof, without its text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from syncd.core.telling import Addressed, Message
from syncd.store.insert import add_new
from syncd.store.records import MessageRow, MessageState
from syncd.store.schema import message

S = MessageState


def add(c: Connection, link_id: int, told: Message, now: datetime) -> bool:
    """Put a message into the outbox; False where this rule told this recipient of this fact before."""
    to = told.recipient
    values = {
        "link_id": link_id,
        "fact": told.fact,
        "rule": told.rule,
        "recipient": str(to),
        "channel": to.channel,
        "address": to.address if isinstance(to, Addressed) else "",
        "audience": told.audience.value,
        "severity": told.severity,
        "subject": told.subject,
        "body": told.text,
        "links": json.dumps(told.links),
        "event": json.dumps(told.event),
        "state": S.WAITING.value,
        "created_at": now,
        "due": told.due,
    }
    return c.execute(add_new(c, message, "id"), values).first() is not None


def due(c: Connection, channel: str, now: datetime, limit: int) -> list[MessageRow]:
    """What may go out through a channel now, in the order in which it was told."""
    where = message.c.channel == channel, message.c.state == S.WAITING.value, message.c.due <= now
    return _rows(c, select(message).where(*where).order_by(message.c.id).limit(limit))


def is_due(c: Connection, channel: str, now: datetime) -> bool:
    """Whether anything may go out through a channel now, or was being sent."""
    ready = (message.c.state == S.WAITING.value) & (message.c.due <= now)
    where = message.c.channel == channel, ready | (message.c.state == S.SENDING.value)
    return c.scalar(select(message.c.id).where(*where).limit(1)) is not None


def take(c: Connection, ids: Sequence[int], bundle: str, now: datetime) -> list[MessageRow]:
    """Note messages as being sent now under this id; those that somebody else took meanwhile are left out."""
    values = {"state": S.SENDING.value, "bundle": bundle, "attempted_at": now, "attempts": message.c.attempts + 1}
    taken = update(message).where(message.c.id.in_(ids), message.c.state == S.WAITING.value).values(values)
    found = list(c.scalars(taken.returning(message.c.id)))
    return _rows(c, select(message).where(message.c.id.in_(found)).order_by(message.c.id))


def sent(c: Connection, bundle: str) -> None:
    values = {"state": S.SENT.value, "body": "", "links": "[]", "event": "{}", "reason": ""}
    c.execute(update(message).where(message.c.bundle == bundle).values(values))


def later(c: Connection, ids: Iterable[int], at: datetime, reason: str = "") -> None:
    """Wait until then; a bundle that was tried stays one."""
    values = {"state": S.WAITING.value, "due": at, "reason": reason}
    c.execute(update(message).where(message.c.id.in_(list(ids))).values(values))


def park(c: Connection, bundle: str, reason: str) -> None:
    c.execute(update(message).where(message.c.bundle == bundle).values(state=S.PARKED.value, reason=reason))


def doubtful(c: Connection, channel: str, before: datetime) -> dict[str, list[MessageRow]]:
    """By bundle, what was being sent since before then: whether it went out, nobody knows."""
    where = message.c.channel == channel, message.c.state == S.SENDING.value, message.c.attempted_at < before
    found: dict[str, list[MessageRow]] = {}
    for row in _rows(c, select(message).where(*where).order_by(message.c.id)):
        found.setdefault(row.bundle, []).append(row)
    return found


def recent(c: Connection, rule: str, recipient: str, since: datetime) -> int:
    """How many requests were made since then for what one rule tells one recipient."""
    where = message.c.rule == rule, message.c.recipient == recipient, message.c.attempted_at > since
    return c.scalar(select(func.count(func.distinct(message.c.bundle))).where(*where)) or 0


def free(c: Connection, channel: str, now: datetime) -> int:
    """Let what is parked of a channel go out again; how many messages."""
    values = {"state": S.WAITING.value, "due": now, "attempts": 0, "reason": ""}
    where = message.c.channel == channel, message.c.state == S.PARKED.value
    return c.execute(update(message).where(*where).values(values)).rowcount


def forget(c: Connection, channel: str) -> int:
    """Never send what waits for a channel or is parked; how many messages."""
    values = {"state": S.FORGOTTEN.value, "body": "", "links": "[]", "event": "{}"}
    open_ = message.c.state.in_([S.WAITING.value, S.PARKED.value])
    return c.execute(update(message).where(message.c.channel == channel, open_).values(values)).rowcount


def unsent(c: Connection, limit: int = 1000) -> list[MessageRow]:
    """What waits, is being sent or is parked, the oldest first."""
    states = [S.WAITING.value, S.SENDING.value, S.PARKED.value]
    return _rows(c, select(message).where(message.c.state.in_(states)).order_by(message.c.id).limit(limit))


def channels(c: Connection, state: MessageState) -> set[str]:
    """The channels with messages in this state."""
    return set(c.scalars(select(message.c.channel).distinct().where(message.c.state == state.value)))


def bundles(c: Connection, channel: str) -> set[str]:
    """The ids of what is parked of a channel."""
    where = message.c.channel == channel, message.c.state == S.PARKED.value
    return set(c.scalars(select(message.c.bundle).distinct().where(*where)))


def of(c: Connection, link_id: int) -> list[MessageRow]:
    """Everything that was told of one link, and what became of it."""
    return _rows(c, select(message).where(message.c.link_id == link_id).order_by(message.c.id))


def prune(c: Connection, before: datetime) -> int:
    """Delete what is done and older: its fact is noted for good, so nothing is told again."""
    done = message.c.state.in_([S.SENT.value, S.FORGOTTEN.value])
    return c.execute(delete(message).where(done, message.c.created_at < before)).rowcount


def _rows(c: Connection, query: Any) -> list[MessageRow]:
    return [_row(row) for row in c.execute(query)]


def _row(row: Any) -> MessageRow:
    return MessageRow(
        id=row.id,
        link_id=row.link_id,
        fact=row.fact,
        rule=row.rule,
        recipient=row.recipient,
        channel=row.channel,
        address=row.address,
        severity=row.severity,
        subject=row.subject,
        body=row.body,
        links=tuple((label, url) for label, url in json.loads(row.links)),
        event=json.loads(row.event),
        state=MessageState(row.state),
        bundle=row.bundle,
        created_at=row.created_at,
        due=row.due,
        attempts=row.attempts,
        reason=row.reason,
    )
