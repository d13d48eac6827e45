"""Statements: what somebody told syncd itself, by a command or a signed link. The next run of the link notes them as
milestones and tells both tickets; a row is added once and never changed."""

from __future__ import annotations

from sqlalchemy import Connection, select

from syncd.core.milestones import Happened, Milestone
from syncd.store.insert import add_new
from syncd.store.schema import statement


def add(c: Connection, link_id: int, fact: Milestone) -> bool:
    """Keep a statement; whether it was new. `fact.source` names this very statement and must not be empty."""
    values = {"what": fact.what.value, "at": fact.at, "who": fact.who, "detail": fact.detail, "source": fact.source}
    return c.execute(add_new(c, statement, "id"), {**values, "link_id": link_id}).first() is not None


def of(c: Connection, link_id: int) -> list[Milestone]:
    """What was stated about one link, in the order in which it was."""
    rows = c.execute(select(statement).where(statement.c.link_id == link_id).order_by(statement.c.id))
    return [Milestone(Happened(row.what), row.at, row.who, row.detail, row.source) for row in rows]
