"""(the material of a window, the terms, what to group by) -> every metric of every group."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any, TypeAlias, TypeVar, assert_never
from zoneinfo import ZoneInfo

from syncd.core.facets import Facets, day_of
from syncd.core.metrics.case import Carried, Case, Material, Terms, Ticket
from syncd.core.metrics.definitions import (
    ALL,
    AmountOf,
    Definition,
    DepthOf,
    ShareOf,
    ShareOfIssues,
    ShareOfTickets,
    Spans,
    TimeOf,
)
from syncd.core.metrics.values import Amount, Depth, Point, Share, Times, Value
from syncd.core.model import Word
from syncd.core.severity import severity_called
from syncd.core.sla import clocks

T = TypeVar("T")
TOTAL = ""
"""The group of everything."""


class By(Word):
    """What the numbers are grouped by."""

    SEVERITY = "severity"
    SERVICE = "service"
    TIER = "tier"
    TEAM = "team"
    CATEGORY = "category"
    WEEK = "week"


@dataclass(frozen=True, slots=True)
class Group:
    """All metrics, by their keys, of the cases of one group; `name` is "" where the tickets do not say."""

    name: str
    values: Mapping[str, Value]


def week_of(moment: datetime, zone: ZoneInfo) -> str:
    """The week of ISO 8601 ("2026-W14") in which a moment is there."""
    year, week, _ = moment.astimezone(zone).isocalendar()
    return f"{year}-W{week:02}"


def compute(material: Material, terms: Terms, by: By | None = None) -> tuple[Group, ...]:
    """The groups in their order; without `by` there is one, of everything."""
    material = replace(material, cases=tuple(_clocked(case, terms) for case in material.cases))
    slices = _slices(material, terms, by)
    names = sorted(slices, key=lambda name: (not name, name))
    return tuple(Group(name, {one.about.key: _value(one, slices[name], terms) for one in ALL}) for name in names)


def _clocked(case: Case, terms: Terms) -> Case:
    """With its clocks, which several metrics ask for."""
    contract, severity = terms.contracts.get(case.mapping), severity_called(case.facets.severity)
    return replace(case, waits=clocks(contract, severity, case.history, terms.until)) if contract else case


# --- groups -----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Slice:
    """The part of the material that is one group's, and the moments at which its queue is looked at."""

    cases: Sequence[Case]
    standing: Sequence[Case]
    tickets: Sequence[Ticket]
    held: Sequence[Ticket]
    carried: Sequence[Carried]
    issues: Sequence[Case]
    moments: Sequence[datetime]


def _slices(material: Material, terms: Terms, by: By | None) -> Mapping[str, _Slice]:
    standing, issues, moments = (*material.earlier, *material.cases), _one_each(material.cases), _ends(terms)
    if by is None:
        parts = material.cases, standing, material.tickets, material.held, material.carried, issues, moments
        return {TOTAL: _Slice(*parts)}
    week = by is By.WEEK
    cases = _grouped(material.cases, _key(by, terms, lambda case: case.began))
    of_issues = _grouped(issues, _key(by, terms, lambda case: case.began))
    tickets = _grouped(material.tickets, _key(by, terms, lambda ticket: ticket.opened))
    held = _grouped(material.held, _key(by, terms, lambda ticket: ticket.held or ticket.opened))
    carried = _grouped(material.carried, _key(by, terms, lambda one: one.day))
    by_moment = _grouped(moments, lambda at: week_of(at - timedelta.resolution, terms.zone)) if week else {}
    queued = {} if week else _grouped(standing, _key(by, terms, lambda case: case.began))
    names = {*cases, *tickets, *held, *carried, *by_moment, *queued}
    return {
        name: _Slice(
            cases.get(name, ()), standing if week else queued.get(name, ()), tickets.get(name, ()),
            held.get(name, ()), carried.get(name, ()), of_issues.get(name, ()),
            by_moment.get(name, ()) if week else moments,
        )
        for name in names
    }  # fmt: skip


def _key(by: By, terms: Terms, moment: Callable[[Any], datetime]) -> Callable[[Any], str]:
    if by is By.WEEK:
        return lambda one: week_of(moment(one), terms.zone)
    return lambda one: _facet(one.facets, by)


def _facet(facets: Facets, by: By) -> str:
    found: str = getattr(facets, by.value)
    return found


def _grouped(items: Iterable[T], key: Callable[[T], str]) -> Mapping[str, Sequence[T]]:
    found: defaultdict[str, list[T]] = defaultdict(list)
    for item in items:
        found[key(item)].append(item)
    return found


def _one_each(cases: Iterable[Case]) -> tuple[Case, ...]:
    """The first case of each issue; a case whose issue is still to be made has none."""
    found: dict[str, Case] = {}
    for case in sorted(cases, key=lambda case: (case.began, case.link)):
        if case.issue:
            found.setdefault(case.issue, case)
    return tuple(found.values())


def _ends(terms: Terms) -> Sequence[datetime]:
    """The end of each day of the window, there, and the end of the window."""
    found, day = [], terms.since
    while (day := day_of(day_of(day, terms.zone) + timedelta(days=1), terms.zone)) < terms.until:
        found.append(day)
    return [*found, terms.until]


# --- values -----------------------------------------------------------------------------------------------------------

Many: TypeAlias = Iterable[Share]


def _value(definition: Definition, part: _Slice, terms: Terms) -> Value:
    match definition:
        case TimeOf(_, of):
            return Times.of(taken for case in part.cases if (taken := of(case, terms)) is not None)
        case ShareOf(_, of_share):
            return _summed(of_share(case, terms) for case in part.cases)
        case ShareOfTickets(_, of_ticket, held):
            return _summed(of_ticket(ticket) for ticket in (part.held if held else part.tickets))
        case ShareOfIssues(_, of_issue):
            return _summed(of_issue(case) for case in part.issues)
        case DepthOf(_, spans):
            return _depth([spans(case) for case in part.standing], part.moments)
        case AmountOf(_, of_carried):
            saved = sum((of_carried(one, terms) for one in part.carried), timedelta(0))
            return Amount(saved, sum(one.changes for one in part.carried))
        case _:
            assert_never(definition)


def _summed(shares: Many) -> Share:
    found = list(shares)
    return Share(sum(share.part for share in found), sum(share.whole for share in found))


def _depth(spans: Sequence[tuple[Spans, Spans]], moments: Sequence[datetime]) -> Depth:
    is_open = _counts([span for opened, _ in spans for span in opened], moments)
    waits = _counts([span for _, waiting in spans for span in waiting], moments)
    return Depth(tuple(Point(*point) for point in zip(moments, is_open, waits, strict=True)))


def _counts(spans: Spans | Sequence[tuple[datetime, datetime | None]], moments: Sequence[datetime]) -> list[int]:
    """In how many spans each moment is, in one pass: at each moment it is known how many more or fewer there are."""
    steps = [0] * (len(moments) + 1)
    for start, end in spans:
        steps[bisect_left(moments, start)] += 1
        if end is not None:
            steps[bisect_left(moments, end)] -= 1
    return list(accumulate(steps))[: len(moments)]
