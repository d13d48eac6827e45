"""Milestones: what happened on the way of an escalation. A row is added once and never changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from syncd.core.milestones import Happened, Milestone
from syncd.store.insert import add_new
from syncd.store.schema import milestone


def add(c: Connection, link_id: int, fact: Milestone, now: datetime) -> bool:
    """Note a fact; whether it was new. One without a `source` always is."""
    values = {"what": fact.what.value, "at": fact.at, "who": fact.who, "detail": fact.detail, "source": fact.source}
    row = c.execute(add_new(c, milestone, "id"), {**values, "link_id": link_id, "noticed_at": now}).first()
    return row is not None


def of(c: Connection, link_id: int) -> list[Milestone]:
    """The facts about one link, in the order in which they were noted."""
    rows = c.execute(select(milestone).where(milestone.c.link_id == link_id).order_by(milestone.c.id))
    return [fact(row) for row in rows]


def fact(row: Row[Any]) -> Milestone:
    """A row as the value that it keeps."""
    return Milestone(Happened(row.what), row.at, row.who, row.detail, row.source)
