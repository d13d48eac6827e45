"""What other systems answered, kept as long as it is good, and what they failed to answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from syncd.store.insert import insert
from syncd.store.schema import lookup


@dataclass(frozen=True, slots=True)
class Answer:
    """One word that was looked up.

    Attributes:
        value: what the last answer said; "" for "nothing known", None where none ever came.
        problem: why the last try failed, `since` when and how often; it is asked again at `retry_at`.
    """

    name: str
    key: str
    value: str | None = None
    answered_at: datetime | None = None
    problem: str = ""
    since: datetime | None = None
    failures: int = 0
    retry_at: datetime | None = None


def get(c: Connection, name: str, key: str) -> Answer | None:
    row = c.execute(select(lookup).where(lookup.c.name == name, lookup.c.key == key)).one_or_none()
    return None if row is None else _record(row)


def put(c: Connection, answer: Answer) -> None:
    values = {part: getattr(answer, part) for part in Answer.__dataclass_fields__}
    statement = insert(c, lookup).values(**values)
    c.execute(statement.on_conflict_do_update(index_elements=["name", "key"], set_=values))


def failing(c: Connection, limit: int, *, until: datetime | None = None) -> list[Answer]:
    """What was not answered, the next to be asked again first.

    Args:
        until: only what is to be asked again by then.
    """
    waits = [lookup.c.retry_at.is_not(None), *([lookup.c.retry_at <= until] if until else [])]
    return [_record(row) for row in c.execute(select(lookup).where(*waits).order_by(lookup.c.retry_at).limit(limit))]


def _record(row: Row[Any]) -> Answer:
    return Answer(**row._asdict())
