"""Every metric, each in one place: its name, its formula, its unit, what it counts, and the code that says the same.

A metric is computed for each case (or ticket) alone, and then these are put together for each group. One rule holds for
all rates of bad things: a case counts when it was bad already, or when it is over; so an open case never makes a rate
look better than it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeAlias

from syncd.core.contract import ClockName
from syncd.core.hours import counted
from syncd.core.metrics.case import Carried, Case, Terms, Ticket
from syncd.core.metrics.stages import Stage, stretches
from syncd.core.metrics.values import Share, Taken
from syncd.core.milestones import Happened
from syncd.core.model import Word

NOTHING = timedelta(0)
NO_PAUSE: frozenset[str] = frozenset()
Spans: TypeAlias = tuple[tuple[datetime, datetime | None], ...]
"""Times with an end that is not in them; the last one may go on."""
OF_CASE: Mapping[Stage, tuple[str, str, ClockName]] = {
    Stage.WAITING: ("waiting for acceptance", "escalated or handed over again, neither accepted nor returned",
                    ClockName.ACCEPT),
    Stage.WORK: ("in work", "accepted, and neither returned nor done", ClockName.FIX),
    Stage.RETURNED: ("returned", "returned, and neither handed over again nor accepted nor done", ClockName.FIX),
    Stage.CUSTOMER: ("waiting for the customer", "in a pause in which the customer has to answer, and not done",
                     ClockName.FIX),
    Stage.UNTOLD: ("done but not told", "done, and no public answer since", ClockName.UPDATE),
}  # fmt: skip


class Unit(Word):
    TIME = "time"  # median, 90th percentile and mean, by the wall and in business hours
    SHARE = "share"  # part of whole
    CASES = "cases"  # at the end of each day
    HOURS = "hours"


@dataclass(frozen=True, slots=True)
class About:
    """What people read of a metric.

    Attributes:
        counts: which cases are in it, and how those count that are not over.
    """

    key: str
    title: str
    formula: str
    counts: str
    unit: Unit


@dataclass(frozen=True, slots=True)
class TimeOf:
    """A time that a case takes; None where the case has no such time at all."""

    about: About
    of: Callable[[Case, Terms], Taken | None]


@dataclass(frozen=True, slots=True)
class ShareOf:
    """A share of the cases, or of the waits in them."""

    about: About
    of: Callable[[Case, Terms], Share]


@dataclass(frozen=True, slots=True)
class ShareOfTickets:
    """A share of tickets: of those that were opened in the window, or of those that were `held` in it."""

    about: About
    of: Callable[[Ticket], Share]
    held: bool = False


@dataclass(frozen=True, slots=True)
class ShareOfIssues:
    """A share of the issues of the cases; each issue is asked once."""

    about: About
    of: Callable[[Case], Share]


@dataclass(frozen=True, slots=True)
class DepthOf:
    """How many cases are in it at a moment: when one was open, and when it waited to be accepted."""

    about: About
    of: Callable[[Case], tuple[Spans, Spans]]


@dataclass(frozen=True, slots=True)
class AmountOf:
    about: About
    of: Callable[[Carried, Terms], timedelta]


Definition: TypeAlias = TimeOf | ShareOf | ShareOfTickets | ShareOfIssues | DepthOf | AmountOf


# --- times ------------------------------------------------------------------------------------------------------------


def _until(case: Case, terms: Terms, *, end: datetime | None, clock: ClockName) -> Taken:
    if end is None:
        return Taken(None)
    hours = terms.hours(case, clock)
    return Taken(end - case.began, counted(hours, case.began, end) if hours else None)


def _first(what: Happened, clock: ClockName, case: Case, terms: Terms) -> Taken:
    return _until(case, terms, end=case.first(what), clock=clock)


def _resolution(case: Case, terms: Terms) -> Taken:
    return _until(case, terms, end=case.done, clock=ClockName.FIX)


def _in_stage(stage: Stage, case: Case, terms: Terms) -> Taken | None:
    found = [one for one in stretches(case.history, terms.customer) if one.stage is stage]
    ended = [(one.start, one.end) for one in found if one.end is not None]
    if not found or len(ended) < len(found):
        return Taken(None) if found else None
    hours = terms.hours(case, OF_CASE[stage][2])
    business = sum((counted(hours, start, end) for start, end in ended), NOTHING) if hours else None
    return Taken(sum((end - start for start, end in ended), NOTHING), business)


def _to_escalate(case: Case, terms: Terms) -> Taken | None:
    opened = case.facets.opened
    return Taken(max(case.began - opened, NOTHING)) if opened else None


def _time(key: str, title: str, formula: str, of: Callable[[Case, Terms], Taken | None], counts: str = "") -> TimeOf:
    said = counts or "cases in which it has happened; those in which it has not are told beside, and are in no average"
    return TimeOf(About(key, title, formula, said, Unit.TIME), of)


TIMES = (
    _time("time_to_owner", "time to a named owner", "first `owned` - `escalated`",
          partial(_first, Happened.OWNED, ClockName.OWNER)),
    _time("time_to_accept", "time to accept", "first `accepted` - `escalated`",
          partial(_first, Happened.ACCEPTED, ClockName.ACCEPT)),
    _time("first_response", "first response", "first `told` - `escalated`",
          partial(_first, Happened.TOLD, ClockName.RESPOND)),
    _time("resolution", "resolution after escalation", "last `done` - `escalated`, while nothing opened it again",
          _resolution),
    _time("time_to_escalate", "time to escalate", "`escalated` - the ticket was made, by the helpdesk's clock",
          _to_escalate, "cases whose ticket tells when it was made, open or not"),
    *(
        _time(f"stage_{stage}", f"time in stage: {title}", f"sum of the stretches in which it is {formula}",
              partial(_in_stage, stage),
              "cases that were in it and are not now; those that are in it are told beside, and are in no average")
        for stage, (title, formula, _) in OF_CASE.items()
    ),
)  # fmt: skip


# --- shares of cases --------------------------------------------------------------------------------------------------


def _kept(clock: ClockName, case: Case, _: Terms) -> Share:
    waits = [wait for wait in case.waits if wait.name is clock and (wait.ended is not None or wait.breached)]
    return Share(sum(not wait.breached for wait in waits), len(waits))


def _missed(case: Case, terms: Terms) -> Share:
    kept = _kept(ClockName.UPDATE, case, terms)
    return Share(kept.whole - kept.part, kept.whole)


def _bad_or_over(bad: bool, over: bool) -> Share:
    return Share(int(bad), int(bad or over))


def _rework(case: Case, _: Terms) -> Share:
    return _bad_or_over(case.has(Happened.RETURNED), case.done is not None)


def _mismatch(case: Case, _: Terms) -> Share:
    return _bad_or_over(case.has(Happened.OVERRULED), case.done is not None)


def _avoidable(case: Case, terms: Terms) -> Share:
    causes = [fact.detail for fact in case.history if fact.what is Happened.CLASSIFIED]
    over = case.done is not None or case.has(Happened.CLOSED)
    came_back = over and case.has(Happened.RETURNED) and not case.has(Happened.ACCEPTED)
    known = bool(causes) and plain_cause(causes[-1]) in {plain_cause(cause) for cause in terms.avoidable}
    return _bad_or_over(known or came_back, over)


def plain_cause(cause: str) -> str:
    """ "knowledge_gap" and "Knowledge gap" are the same."""
    return " ".join(cause.casefold().replace("_", " ").replace("-", " ").split())


def _again(case: Case, _: Terms) -> Share:
    return _bad_or_over(case.has(Happened.REOPENED) or len(_closings(case)) > 1, case.done is not None)


def _closings(case: Case) -> set[str]:
    """What names each closing: a way back (`handback`) may note two facts, "TURN:DETAIL", about one of its turns."""
    closed = (fact for fact in case.history if fact.what is Happened.CLOSED)
    return {fact.source.partition(":")[0] if fact.detail else fact.source for fact in closed}


OVER = "cases that were so already, and cases whose issue is done; an open one that is not so is in neither"


def _share(key: str, title: str, formula: str, of: Callable[[Case, Terms], Share], counts: str = OVER) -> ShareOf:
    return ShareOf(About(key, title, formula, counts, Unit.SHARE), of)


WAITS = "waits that are over, and waits that go on and are late already; one that goes on in time is in neither"

SHARES = (
    *(
        _share(f"inside_{clock}", f"share inside SLA: {clock}",
               f"waits of the clock `{clock}` that ended in time / those that ended or are late", partial(_kept, clock),
               WAITS)
        for clock in ClockName
    ),
    _share("update_miss", "customer-update miss rate",
           "waits of the clock `update` that were late / those that ended or are late", _missed, WAITS),
    _share("rework", "rework rate", "cases with a `returned` / cases", _rework),
    _share("mismatch", "severity mismatch rate", "cases with an `overruled` / cases", _mismatch),
    _share("avoidable", "avoidable escalation rate",
           "cases whose last `classified` is one of `avoidable`, or that were returned and are over without an "
           "`accepted` / cases",
           _avoidable, "as the rates above; a case is over here also when its ticket was closed in support"),
    _share("re_escalation", "re-escalation rate", "cases with a `reopened`, or with two `closed` / cases", _again),
)  # fmt: skip


# --- tickets, issues, the queue, hours --------------------------------------------------------------------------------


def _escalation(ticket: Ticket) -> Share:
    return Share(int(ticket.escalated is not None), 1)


def _deflection(ticket: Ticket) -> Share:
    return Share(int(ticket.escalated is None and ticket.facets.closed), 1)


def _repeat(case: Case) -> Share:
    return Share(int(case.tickets > 1), 1)


def _in_queue(case: Case) -> tuple[Spans, Spans]:
    """A case is open from its escalation until its issue is done, pauses or not."""
    found = [(one.start, one.end) for one in stretches(case.history, NO_PAUSE) if one.stage is Stage.WAITING]
    return tuple(_open(case)), tuple(found)


def _open(case: Case) -> Iterator[tuple[datetime, datetime | None]]:
    since: datetime | None = case.began
    for fact in case.history:
        if fact.what is Happened.DONE and since is not None:
            yield since, fact.at
            since = None
        elif fact.what is Happened.REOPENED and since is None:
            since = fact.at
    if since is not None:
        yield since, None


def _saved(carried: Carried, terms: Terms) -> timedelta:
    return carried.changes * terms.check


OTHERS: tuple[Definition, ...] = (
    ShareOfTickets(
        About("escalation", "escalation rate", "tickets with an `escalated` / tickets that were opened",
              "every ticket that was opened in the window and that a mapping watches; "
              "one that is escalated later counts from then on", Unit.SHARE), _escalation),
    ShareOfIssues(
        About("repeat_issue", "repeat-issue rate", "issues with more than one ticket / issues of the cases",
              "each issue once, open or not, in the group of the first of its cases", Unit.SHARE), _repeat),
    DepthOf(
        About("queue_depth", "queue depth", "cases that are escalated and not done, at the end of each day",
              "open cases, also those that were escalated before the window", Unit.CASES), _in_queue),
    ShareOfTickets(
        About("deflection", "deflection", "tickets that are closed without an issue / tickets, both with a `held`",
              "every ticket that was held in the window first; one that is still open counts as not deflected",
              Unit.SHARE), _deflection, held=True),
    AmountOf(
        About("hours_saved", "hours of manual checking saved", "carried changes x `check_minutes`",
              "each write that carried what a person said or set: issues made, fields, comments, files; no notes",
              Unit.HOURS), _saved),
)  # fmt: skip

ALL: tuple[Definition, ...] = (*TIMES, *SHARES, *OTHERS)
