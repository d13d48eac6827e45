"""The record of a case for its review: what happened and when, who had it, what was late, what came back."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from syncd.core import sla
from syncd.core.feedback import FILL_IN, ReviewPolicy
from syncd.core.mapping import Mapping
from syncd.core.milestones import Happened, Milestone, in_order, latest
from syncd.core.model import Side
from syncd.core.review import is_tag
from syncd.core.severity import severity_called
from syncd.engine.linkviews import Ticket, ticket
from syncd.engine.operate import Refused
from syncd.engine.readable import shown
from syncd.engine.site import Site
from syncd.sdk.connector import ONLY_FIELDS
from syncd.sdk.errors import ConnectorError
from syncd.store import audit, links, milestones
from syncd.store.records import AuditRow, Link

TOLD = frozenset(
    {"severity.given", "create.done", "create.adopted", "field.parked", "comment.parked", "field.conflict"}
)
"""Rows of the audit that a reader of the record wants; what milestones tell is not told twice."""
OWNING = frozenset({Happened.OWNED, Happened.ACCEPTED, Happened.ASSIGNED, Happened.TRANSFERRED})
ROWS = 2000  # of one link's audit that are looked through


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the timeline, in the words of the milestone or of the audit."""

    at: datetime
    what: str
    who: str
    detail: str


@dataclass(frozen=True, slots=True)
class Breach:
    """A clock that ran out; `late` in time that counts, up to its end or to now."""

    clock: str
    within: timedelta
    late: timedelta
    over: bool


@dataclass(frozen=True, slots=True)
class Review:
    """The record.

    Attributes:
        owners: who worked on it, in the order in which they came to it.
        returned: when engineering gave it back, and why.
        customers: how many customers asked on the same issue; `tickets` are all that hang on it.
        causes: what it came from by rule; `tags` are the root causes that engineers named.
        records: name -> address or number of a problem or change record; a field that is empty is left out.
        fill_in: what people complete, in Markdown.
    """

    ticket: Ticket
    issue: Ticket
    severity: str
    rule: str
    began: datetime
    done: datetime | None
    timeline: tuple[Moment, ...]
    owners: tuple[str, ...]
    breaches: tuple[Breach, ...]
    returned: tuple[Moment, ...]
    customers: int
    tickets: tuple[str, ...]
    cause: str
    tags: tuple[str, ...]
    records: MappingOf[str, str]
    fill_in: str


async def review(site: Site, link: Link) -> Review:
    """The record of a ticket that was escalated, reviewed by policy or not.

    Raises:
        Refused: it never was.
    """
    mapping = site.mappings.get(link.mapping)
    policy = mapping.review if mapping else None
    records = await _records(site, link, policy) if policy and policy.records else {}
    return await site.store.read(lambda c: _review(c, link, mapping, records, site.now()))


async def _records(site: Site, link: Link, policy: ReviewPolicy) -> dict[str, str]:
    """What the issue says of them now; nothing where it cannot be read."""
    try:
        issue = await site.connectors[link.connections.engineering].fetch(
            link.refs.engineering or "", parts=ONLY_FIELDS
        )
    except ConnectorError as error:
        return dict.fromkeys(policy.records, f"(cannot be read now: {error})")
    values = {name: issue.fields.get(field) for name, field in policy.records.items()}
    return {name: shown(value) for name, value in values.items() if value is not None}


def _review(c: Connection, link: Link, mapping: Mapping | None, records: MappingOf[str, str], now: datetime) -> Review:
    history = in_order(milestones.of(c, link.id))
    began, done = latest(history, Happened.ESCALATED), latest(history, Happened.DONE)
    if began is None or link.refs.engineering is None:
        raise Refused(f"link {link.id} was never escalated, so there is nothing to review")
    others = links.by_issue(c, link.connections.engineering, link.refs.engineering)
    askers = {base.requester.id for one in others if (base := one.base.support) and base.requester}
    classified = [fact for fact in history if fact.what is Happened.CLASSIFIED]
    causes = [fact.detail for fact in classified if not is_tag(fact)]
    return Review(
        ticket=ticket(link, Side.SUPPORT),
        issue=ticket(link, Side.ENGINEERING),
        severity=link.severity,
        rule=link.severity_rule,
        began=began.at,
        done=done.at if done else None,
        timeline=_timeline(history, audit.page(c, link.id, limit=ROWS)),
        owners=tuple(dict.fromkeys(fact.who for fact in history if fact.who and fact.what in OWNING)),
        breaches=_breaches(mapping, link, history, now),
        returned=tuple(_moment(fact) for fact in history if fact.what is Happened.RETURNED),
        customers=len(askers),
        tickets=tuple(ticket(one, Side.SUPPORT).label for one in others),
        cause=causes[-1] if causes else "",
        tags=tuple(fact.detail for fact in classified if is_tag(fact)),
        records=records,
        fill_in=mapping.review.fill_in if mapping and mapping.review else FILL_IN,
    )


def _timeline(history: tuple[Milestone, ...], rows: list[AuditRow]) -> tuple[Moment, ...]:
    told = [
        Moment(row.at, row.entry.kind, row.entry.actor, " ".join(part for part in _words(row) if part))
        for row in rows
        if row.entry.kind in TOLD
    ]
    return tuple(sorted([*map(_moment, history), *told], key=lambda one: one.at))


def _words(row: AuditRow) -> tuple[str, ...]:
    entry = row.entry
    after = entry.after.get("severity") if entry.kind == "severity.given" and isinstance(entry.after, dict) else ""
    return str(after or ""), entry.item if entry.kind.endswith(("parked", "conflict")) else "", entry.outcome


def _moment(fact: Milestone) -> Moment:
    return Moment(fact.at, str(fact.what), fact.who, fact.detail)


def _breaches(mapping: Mapping | None, link: Link, history: tuple[Milestone, ...], now: datetime) -> tuple[Breach, ...]:
    """By the clocks as the contract is now."""
    contract = mapping.contract if mapping else None
    found = sla.clocks(contract, severity_called(link.severity), history, now) if contract else ()
    return tuple(
        Breach(str(clock.name), clock.within, clock.used - clock.within, clock.ended is not None)
        for clock in found
        if clock.breached
    )
