"""The material of the metrics, by SQL: a fixed number of queries for a window, however many cases it has.

All of it comes from `milestone`, `facet`, `propagated` and `link`, none of which retention touches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeAlias

from sqlalchemy import CompoundSelect, Connection, Row, Select, case, func, literal, select, union

from syncd.core.facets import Facets, Seen
from syncd.core.metrics.case import Carried, Case, Material, Ticket, facets_of
from syncd.core.milestones import Happened, Milestone
from syncd.store.facets import record
from syncd.store.schema import facet, link, milestone, propagated
from syncd.store.types import Instant

DEEDS: Mapping[str, Happened] = {what.value: what for what in Happened}
Wanted: TypeAlias = Select[tuple[int]] | CompoundSelect[tuple[int]]
"""Which links. Asked with IN: as a joined subquery SQLite computes it again for each row."""
OPENS = (Happened.ESCALATED.value, Happened.REOPENED.value)


def material(c: Connection, since: datetime, until: datetime) -> Material:
    """Everything of the window from `since` until `until`, as it was known at its end."""
    cases = _cases(c, union(_began(since, until), _open_at(since)), until)
    return Material(
        cases=tuple(one for one in cases if one.began >= since),
        earlier=tuple(one for one in cases if one.began < since),
        tickets=tuple(one for one in _tickets(c, _opened(since, until), until) if since <= one.opened < until),
        held=tuple(one for one in _tickets(c, _held(until), until) if one.held and one.held >= since),
        carried=tuple(_carried(c, since, until)),
    )


def open_cases(c: Connection, now: datetime) -> tuple[Case, ...]:
    """The cases that are escalated and not done."""
    return _cases(c, _open_at(now), now)


# --- which links ------------------------------------------------------------------------------------------------------


def _began(since: datetime, until: datetime) -> Select[tuple[int]]:
    here = milestone.c.what == Happened.ESCALATED.value, milestone.c.at >= since, milestone.c.at < until
    return select(milestone.c.link_id).where(*here)


def _open_at(moment: datetime) -> Select[tuple[int]]:
    """Escalated before, and opened again as often as done: these facts take turns."""
    step = case((milestone.c.what.in_(OPENS), 1), else_=-1)
    turns = milestone.c.what.in_((*OPENS, Happened.DONE.value)), milestone.c.at < moment
    return select(milestone.c.link_id).where(*turns).group_by(milestone.c.link_id).having(func.sum(step) > 0)


def _opened(since: datetime, until: datetime) -> Select[tuple[int]]:
    """Tickets that were made in the window, and those of which nobody knows that were seen in it."""
    when = func.coalesce(facet.c.opened, facet.c.since)
    return select(facet.c.link_id).where(when >= literal(since, Instant()), when < literal(until, Instant())).distinct()


def _held(until: datetime) -> Select[tuple[int]]:
    here = milestone.c.what == Happened.HELD.value, milestone.c.at < until
    return select(milestone.c.link_id).where(*here).distinct()


# --- cases ------------------------------------------------------------------------------------------------------------


def _cases(c: Connection, wanted: Wanted, until: datetime) -> tuple[Case, ...]:
    """Without who did what and what names a fact: no number asks for them."""
    seen, shared, places = _seen(c, wanted, until), _shared(c, wanted), _links(c, wanted)
    rows = c.execute(
        select(milestone.c.link_id, milestone.c.what, milestone.c.at, milestone.c.detail)
        .where(milestone.c.link_id.in_(wanted), milestone.c.at < until)
        .order_by(milestone.c.link_id, milestone.c.at, milestone.c.id)
    )
    made = (
        _case(
            places[link_id],
            tuple(Milestone(DEEDS[what], at, "", detail) for _, what, at, detail in facts),
            seen,
            shared,
        )
        for link_id, facts in groupby(rows, key=itemgetter(0))
    )
    return tuple(made)


def _links(c: Connection, wanted: Wanted) -> Mapping[int, Row[Any]]:
    columns = link.c.id, link.c.mapping, link.c.severity, link.c.engineering_connection, link.c.engineering_ref
    rows: Iterable[Row[Any]] = c.execute(select(*columns).where(link.c.id.in_(wanted)))
    return {row.id: row for row in rows}


def _case(
    row: Row[Any],
    history: tuple[Milestone, ...],
    seen: Mapping[int, list[Seen]],
    shared: Mapping[tuple[str, str], int],
) -> Case:
    place = row.engineering_connection, row.engineering_ref or ""
    ends = [fact for fact in history if fact.what in (Happened.DONE, Happened.REOPENED)]
    done = ends[-1].at if ends and ends[-1].what is Happened.DONE else None
    return Case(
        link=row.id,
        mapping=row.mapping,
        issue="\n".join(place) if place[1] else "",
        tickets=shared.get(place, 1),
        began=next(fact.at for fact in history if fact.what is Happened.ESCALATED),
        facets=facets_of(seen.get(row.id, ()), done, row.severity),
        history=history,
    )


def _seen(c: Connection, wanted: Wanted, until: datetime) -> Mapping[int, list[Seen]]:
    query = (
        select(facet).where(facet.c.link_id.in_(wanted), facet.c.since < until).order_by(facet.c.link_id, facet.c.since)
    )
    return {link_id: [record(row) for row in rows] for link_id, rows in _by_link(c.execute(query))}


def _by_link(rows: Iterable[Row[Any]]) -> Iterator[tuple[int, Iterator[Row[Any]]]]:
    return groupby(rows, key=lambda row: row.link_id)


def _shared(c: Connection, wanted: Wanted) -> Mapping[tuple[str, str], int]:
    """The issues of these links on which other tickets hang or hung, and how many there are on each."""
    issue = link.c.engineering_connection, link.c.engineering_ref
    mine = select(issue[1]).where(link.c.id.in_(wanted), issue[1].is_not(None))
    query = select(*issue, func.count()).where(issue[1].in_(mine)).group_by(*issue).having(func.count() > 1)
    return {(connection, ref): count for connection, ref, count in c.execute(query)}


# --- tickets and carried changes --------------------------------------------------------------------------------------


def _tickets(c: Connection, which: Select[tuple[int]], until: datetime) -> Iterator[Ticket]:
    firsts = _firsts(c, which, until)
    for link_id, seen in _seen(c, which, until).items():
        happened = firsts.get(link_id, {})
        opened = next((one.facets.opened for one in reversed(seen) if one.facets.opened), seen[0].since)
        held, escalated = happened.get(Happened.HELD.value), happened.get(Happened.ESCALATED.value)
        yield Ticket(link_id, seen[-1].facets, opened, held, escalated)


def _firsts(c: Connection, wanted: Wanted, until: datetime) -> Mapping[int, Mapping[str, datetime]]:
    """When each of these tickets was held and escalated first."""
    kinds = Happened.HELD.value, Happened.ESCALATED.value
    query = (
        select(milestone.c.link_id, milestone.c.what, func.min(milestone.c.at, type_=Instant()).label("at"))
        .where(milestone.c.link_id.in_(wanted), milestone.c.what.in_(kinds), milestone.c.at < until)
        .group_by(milestone.c.link_id, milestone.c.what)
    )
    found: dict[int, dict[str, datetime]] = {}
    for link_id, what, at in c.execute(query):
        found.setdefault(link_id, {})[what] = at
    return found


def _carried(c: Connection, since: datetime, until: datetime) -> Iterator[Carried]:
    """What was carried on each day that began in the window, with what the ticket is like last."""
    here = propagated.c.day >= since, propagated.c.day < until
    seen = _seen(c, select(propagated.c.link_id).where(*here).distinct(), until)
    for row in c.execute(select(propagated).where(*here)):
        known = seen.get(row.link_id)
        yield Carried(known[-1].facets if known else Facets(), row.day, row.changes)
