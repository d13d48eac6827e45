"""(what the store knows, what was read, the mapping) -> the plan of one run.

Pure and total: every state of a link has a plan, and the same values always give the same one. The lives of the
tickets are looked at first (`core.life`), then the handoff packet (`core.handoff`), backlinks, comments and files
(`core.threads`), then fields (`core.fields`): a comment that closes a ticket's story should stand there before the
status says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from syncd.core.consent import gate
from syncd.core.decision import Decision, Grade, Mark, Note, Plan, Undecided
from syncd.core.escalation import assess
from syncd.core.fields import create, merge_fields
from syncd.core.followup import follow_up
from syncd.core.handback import way_back
from syncd.core.handoff import ask, handoff, lacking
from syncd.core.life import Seen, course
from syncd.core.listen import with_signals
from syncd.core.mapping import Mapping
from syncd.core.milestones import Happened, Milestone
from syncd.core.model import Pair, Side
from syncd.core.notice import held, notice
from syncd.core.raised import raised
from syncd.core.routing import first_route, placed
from syncd.core.threads import backlinks, thread
from syncd.core.triggers import first_match
from syncd.core.view import Known, View


def decide(
    known: Known,
    seen: Pair[Seen],
    mapping: Mapping,
    *,
    assert_owner: bool = False,
    now: datetime | None = None,
) -> Plan:
    """The plan of one run; empty when there is nothing to do.

    Args:
        assert_owner: also settle drift in favour of each field's owner (see `merge_field`).
        now: for the clocks; without it they stand still.
    """
    way = course(known.base, seen, mapping.lifecycle, known.resting)
    view = View(known, with_signals(mapping, known, seen, now), mapping, way)
    if not way.goes_on:
        return Plan(tuple(_untold(known, (*notice(view, now), *way.first))))
    if known.base.engineering is None:
        return Plan(tuple(_untold(known, (*_grade(view), *notice(view, now), *_first_time(view, now)))))
    back, policy = way_back(view, now), mapping.feedback
    wish = back.wish(view, policy, now) if back and policy else None
    fields = merge_fields(view, assert_owner=assert_owner, wish=wish)
    contract = follow_up(view, now) if now else ()
    decisions = (
        *way.first,
        *notice(view, now),
        *handoff(view),
        *raised(view),  # before what it tells of is kept: a death between them tells it again, not never
        *_grade(view),
        *backlinks(view),
        *thread(view),
        *fields.decisions(view),
        *contract,
        *way.last,
    )
    return Plan(tuple(_untold(known, decisions)), held=frozenset(fields.held))


def _grade(view: View) -> Iterator[Grade]:
    """How bad the ticket is, where that is news."""
    ticket, known = view.snapshot(Side.SUPPORT), view.known
    given = assess(view.mapping, ticket.fields) if ticket else None
    if given and (str(given.severity or ""), given.rule) != (known.severity, known.severity_rule):
        yield Grade(given, known.severity)


def _first_time(view: View, now: datetime | None) -> tuple[Decision, ...]:
    """A ticket without an issue: the first rule that holds makes one.

    Unless engineering would lack something, or a person must approve it first.
    """
    ticket = view.snapshot(Side.SUPPORT)
    if ticket is None or not view.takes_writes(Side.SUPPORT):
        return ()
    rule = first_match(view.mapping, ticket.fields)
    if rule is None:
        return ()
    if lacks := lacking(view.mapping, ticket, view.known.copies.support):
        return (*ask(view, rule, lacks), *held(view, lacks, now))
    if (waits := gate(view, rule, now)) is not None:
        return waits
    routes = first_route(view) if now is not None else ()
    return (*_escalated(view, now), *routes, *create(view, placed(view, rule)))


def _escalated(view: View, now: datetime | None) -> Iterator[Mark]:
    """The clocks start when a rule asks for the issue, however long it takes to make it."""
    known = any(fact.what is Happened.ESCALATED for fact in view.known.milestones)
    if now is not None and view.mapping.escalation is not None and not known:
        yield Mark(Milestone(Happened.ESCALATED, now, source=str(Happened.ESCALATED)))


def _untold(known: Known, decisions: Iterable[Decision]) -> Iterator[Decision]:
    """Without the notes that were given before, and the conflicts that a person was asked about."""
    for decision in decisions:
        if not (isinstance(decision, Note | Undecided) and decision.item in known.told):
            yield decision
