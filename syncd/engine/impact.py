"""What issues cost, asked of the store: for `syncd feedback`, for the packet, and for engineers whom more wait for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from syncd.core.causes import CUSTOMERS
from syncd.core.decision import Note, Plan
from syncd.core.impact import Case, Impact, impact
from syncd.core.lens import Unsayable
from syncd.core.milestones import Happened, latest
from syncd.core.model import Base, Side
from syncd.core.ratings import number
from syncd.core.review import is_tag
from syncd.engine.linkviews import Ticket, ticket
from syncd.engine.run import Run
from syncd.engine.site import Site
from syncd.store import impact as rows
from syncd.store.impact import Hanging
from syncd.store.records import Link, LinkState


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueImpact(Impact):
    """What hangs on one issue, and which it is.

    Attributes:
        causes: cause -> how many of its tickets came from it; a ticket whose issue was never done is not in it.
    """

    issue: Ticket
    causes: Mapping[str, int]


async def impacts(site: Site, since: datetime | None = None) -> list[IssueImpact]:
    """Every issue with tickets that were escalated since then, those that hurt most customers first."""
    found = await site.store.read(lambda c: list(rows.hanging(c, since)))
    made = [_impact(site, of_issue) for of_issue in _by_issue(found).values()]
    return sorted(made, key=lambda one: (-one.customers, -len(one.tickets), one.issue.label))


async def cases(site: Site, connection: str, refs: Collection[str]) -> dict[str, list[Case]]:
    """The tickets on each of these issues of a connection, by the issue's ref."""
    found = await site.store.read(lambda c: list(rows.on_issues(c, connection, refs)))
    return {ref: [_case(site, one) for one in of_issue] for (_, ref), of_issue in _by_issue(found).items()}


async def look(run: Run, plan: Plan) -> bool:
    """Ask once what hangs on the issue, where its engineers hear how many wait. True when that was now."""
    if run.impact is not None or not any(_tells(decision) for decision in plan.decisions):
        return False
    connection, issue = run.link.connections.engineering, run.ref(Side.ENGINEERING)
    found = await run.site.store.read(lambda c: list(rows.on_issues(c, connection, {issue})))
    waiting = [_case(run.site, _as_read(run, one)) for one in found if _waits(run, one.link)]
    run.impact = impact(waiting, run.site.now())
    return True


def _tells(decision: object) -> bool:
    return isinstance(decision, Note) and decision.item.startswith(CUSTOMERS)


def _waits(run: Run, link: Link) -> bool:
    """Those that the note counts: the link itself, and what hung on the issue before it and still does."""
    before = link.id < run.link.id and link.mapping == run.mapping.name and link.state is LinkState.LINKED
    return before or link.id == run.link.id


def _as_read(run: Run, one: Hanging) -> Hanging:
    """A ticket that hangs there only now has no base yet, and what was read is newer."""
    snapshot = run.snapshot(Side.SUPPORT)
    if one.link.id != run.link.id or snapshot is None:
        return one
    return replace(one, link=replace(one.link, base=one.link.base.put(Side.SUPPORT, Base.of(snapshot))))


def _by_issue(found: Iterable[Hanging]) -> dict[tuple[str, str], list[Hanging]]:
    issues: dict[tuple[str, str], list[Hanging]] = {}
    for one in found:
        issues.setdefault((one.link.connections.engineering, one.link.refs.engineering or ""), []).append(one)
    return issues


def _impact(site: Site, found: Sequence[Hanging]) -> IssueImpact:
    made = impact([_case(site, one) for one in found], site.now())
    return IssueImpact(
        issue=ticket(found[0].link, Side.ENGINEERING),
        tickets=made.tickets,
        customers=made.customers,
        value=made.value,
        recent=made.recent,
        rating=made.rating,
        causes=dict(Counter(cause for one in found if (cause := _cause(one)))),
    )


def _case(site: Site, one: Hanging) -> Case:
    base = one.link.base.support
    return Case(
        label=ticket(one.link, Side.SUPPORT).label,
        customer=(one.link.connections.support, base.requester.id) if base and base.requester else None,
        since=one.since,
        value=_value(site, one.link),
        rating=number(rated.detail) if (rated := latest(one.facts, Happened.RATED)) else None,
    )


def _cause(one: Hanging) -> str:
    """What it was classified as last; root causes are named beside that."""
    last = latest([fact for fact in one.facts if not is_tag(fact)], Happened.CLASSIFIED)
    return last.detail if last else ""


def _value(site: Site, link: Link) -> Decimal | None:
    """What a ticket says where the policy's `value` asks; None where that is no number."""
    mapping, base = site.mappings.get(link.mapping), link.base.support
    policy = mapping.feedback if mapping else None
    rule = mapping.rule(policy.value) if mapping and policy and policy.value else None
    if rule is None or base is None:
        return None
    try:
        stands = rule.lenses.support.get(base.fields.get(rule.lenses.support.field))
    except Unsayable:
        return None
    return stands if isinstance(stands, Decimal) else number(stands) if isinstance(stands, str) else None
