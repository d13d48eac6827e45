"""Which tickets hang on which issues, with the facts that say what an issue costs."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, not_, or_, select

from syncd.core.decision import Resting
from syncd.core.milestones import Happened, Milestone
from syncd.store import milestones
from syncd.store.links import record
from syncd.store.records import Link, LinkState
from syncd.store.schema import link, milestone

FACTS = (Happened.ESCALATED, Happened.CLASSIFIED, Happened.RATED)


@dataclass(frozen=True, slots=True)
class Hanging:
    """A link with an issue.

    Attributes:
        since: when it was escalated; for one that never was, when it was first seen.
        facts: those of FACTS, in the order in which they were noted.
    """

    link: Link
    since: datetime
    facts: tuple[Milestone, ...]


def hanging(c: Connection, since: datetime | None) -> Iterator[Hanging]:
    """All that hang on any issue, of those that began then or later."""
    if since is None:
        yield from _hanging(c)
        return
    escalated = select(milestone.c.link_id).where(milestone.c.what == Happened.ESCALATED.value, milestone.c.at >= since)
    perhaps = or_(link.c.created_at >= since, link.c.id.in_(escalated))
    yield from (one for one in _hanging(c, perhaps) if one.since >= since)


def on_issues(c: Connection, connection: str, refs: Collection[str]) -> Iterator[Hanging]:
    """All that hang on these issues of a connection; one query, however many issues."""
    yield from _hanging(c, link.c.engineering_connection == connection, link.c.engineering_ref.in_(refs))


UNLINKED = and_(link.c.state == LinkState.RESTING.value, link.c.reason.startswith(Resting.UNLINKED.value))
"""By a person, who said with it that the ticket does not belong there."""
TELLS = and_(milestone.c.link_id == link.c.id, milestone.c.what.in_([what.value for what in FACTS]))
"""All kinds in one join: asked for one kind at a time, SQLite reads every fact of that kind for each link."""
FACT = [getattr(milestone.c, name) for name in ("what", "at", "who", "detail", "source")]
QUERY = select(link, *FACT).outerjoin(milestone, TELLS).where(link.c.engineering_ref.is_not(None), not_(UNLINKED))


def _hanging(c: Connection, *where: ColumnElement[bool]) -> Iterator[Hanging]:
    found = c.execute(QUERY.where(*where).order_by(link.c.id, milestone.c.id))
    for _, rows in groupby(found, key=lambda row: row.id):
        yield _together(list(rows))


def _together(rows: list[Row[Any]]) -> Hanging:
    """The rows of one link, which differ in their facts."""
    facts = tuple(milestones.fact(row) for row in rows if row.what is not None)
    escalated = next((fact.at for fact in facts if fact.what is Happened.ESCALATED), None)
    return Hanging(record(rows[0]), escalated or rows[0].created_at, facts)
