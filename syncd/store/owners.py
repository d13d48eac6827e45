"""What everybody has in hand, and what each team was given today: counted from the milestones of naming."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, and_, exists, func, select, text

from syncd.core.milestones import Happened
from syncd.core.owners import Named, names
from syncd.store.milestones import fact
from syncd.store.records import LinkState
from syncd.store.schema import NAMED, link, milestone

LONGEST_DAY = timedelta(hours=50)
"""No day of a zone ends later than this after it began somewhere."""


def alone(c: Connection) -> None:
    """Nobody else counts and names until this transaction ends. SQLite has one writer at a time anyway."""
    if c.dialect.name == "postgresql":
        c.execute(text("SELECT pg_advisory_xact_lock(hashtext('syncd routing'))"))


def in_hand(c: Connection, people: Iterable[str]) -> dict[str, int]:
    """How many open escalations each has: named by the routing, not done, and nobody else was named since."""
    counted: dict[str, int] = {}
    for link_id, named in _latest(c, list(people)):
        if _owner_id(c, link_id) in (None, named.id):
            counted[named.who] = counted.get(named.who, 0) + 1
    return counted


def _latest(c: Connection, people: list[str]) -> list[tuple[int, Named]]:
    """The last naming of each link that is open and was not done, where it is of one of these people."""
    later, m = milestone.alias("later"), milestone
    whats = [Happened.ASSIGNED.value, Happened.TRANSFERRED.value]
    superseded = exists().where(later.c.link_id == m.c.link_id, later.c.what.in_(whats), later.c.id > m.c.id)
    done, reopened = (_last_id(m.c.link_id, what) for what in (Happened.DONE, Happened.REOPENED))
    query = (
        select(m)
        .join(link, and_(link.c.id == m.c.link_id, link.c.state.in_([LinkState.LINKED.value, LinkState.WATCHED.value])))
        .where(NAMED, m.c.who.in_(people), ~superseded, func.coalesce(done, 0) <= func.coalesce(reopened, 0))
    )
    return [(row.link_id, names([fact(row)])[0]) for row in c.execute(query)]


def _last_id(of: object, what: Happened):  # type: ignore[no-untyped-def]  # a scalar subquery
    other = milestone.alias()
    return select(func.max(other.c.id)).where(other.c.link_id == of, other.c.what == what.value).scalar_subquery()


def _owner_id(c: Connection, link_id: int) -> str | None:
    """The tracker's id of whoever stands on the issue as it was noticed after the last naming; None for nobody."""
    query = (
        select(milestone.c.detail)
        .where(milestone.c.link_id == link_id, milestone.c.what == Happened.OWNED.value)
        .where(milestone.c.id > _last_naming(link_id))
        .order_by(milestone.c.id.desc())
    )
    found: str | None = c.execute(query.limit(1)).scalar()
    return found


def _last_naming(link_id: int):  # type: ignore[no-untyped-def]  # a scalar subquery
    other = milestone.alias()
    whats = [Happened.ASSIGNED.value, Happened.TRANSFERRED.value]
    return select(func.max(other.c.id)).where(other.c.link_id == link_id, other.c.what.in_(whats)).scalar_subquery()


def given(c: Connection, team: str, today: date, zone: ZoneInfo, now: datetime) -> int:
    """How many issues the routing gave to a team on a day of this zone; one that it gave twice counts once."""
    beginning = f"{team}: "
    query = select(milestone.c.link_id, milestone.c.at).where(
        NAMED,
        milestone.c.what == Happened.ASSIGNED.value,
        milestone.c.who != "",
        milestone.c.at > now - LONGEST_DAY,
        func.substr(milestone.c.detail, 1, len(beginning)) == beginning,
    )
    return len({row.link_id for row in c.execute(query) if row.at.astimezone(zone).date() == today})
