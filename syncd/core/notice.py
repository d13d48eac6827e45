"""(what was read, what is known) -> the facts that only the metrics need, and what the ticket is like now.

Nothing of it is decided without a table `metrics` in the policy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from syncd.core.decision import Decision, Describe, Mark
from syncd.core.escalation import assess, meaning
from syncd.core.facets import LONGEST, Facet, Facets, MetricsPolicy, Seen
from syncd.core.lens import Unsayable
from syncd.core.mapping import Mapping
from syncd.core.milestones import Happened, Milestone
from syncd.core.model import Fields, Life, Side, Snapshot
from syncd.core.observe import STATUS
from syncd.core.packet import Evidence
from syncd.core.view import View


def notice(view: View, now: datetime | None) -> Iterator[Decision]:
    """An agent's severity against the rules, a ticket that was closed, and other facets than before."""
    policy, ticket = view.mapping.metrics, view.snapshot(Side.SUPPORT)
    if policy is None or ticket is None or now is None:
        return
    before = view.known.facets
    facets = _facets(view.mapping, policy, ticket, before)
    yield from _new(view, _overruled(view.mapping, ticket.fields, now))
    yield from _new(view, _closed(view, facets, before, now))
    if before is None or before.facets != facets:
        yield Describe(Seen(facets, now))


def held(view: View, lacks: Sequence[Evidence], now: datetime | None) -> Iterator[Decision]:
    """It stays in support until evidence is there: each set of missing things is one fact."""
    if view.mapping.metrics is None or now is None:
        return
    names = ", ".join(sorted(one.name for one in lacks))
    yield from _new(view, (Milestone(Happened.HELD, now, detail=names, source=f"lacks:{names}"),))


def _new(view: View, facts: Sequence[Milestone]) -> Iterator[Mark]:
    noted = {(fact.what, fact.source) for fact in view.known.milestones}
    return (Mark(fact) for fact in facts if (fact.what, fact.source) not in noted)


def _overruled(mapping: Mapping, fields: Fields, now: datetime) -> Sequence[Milestone]:
    given = assess(mapping, fields)
    if given is None or not given.overridden or given.severity is given.ruled:
        return ()
    both = f"{given.severity} instead of {given.ruled or 'none'}"
    return (Milestone(Happened.OVERRULED, now, detail=both, source=both),)


def _closed(view: View, facets: Facets, before: Seen | None, now: datetime) -> Sequence[Milestone]:
    """It was seen open and is done now; of a ticket that engineering has, had, or was to get.

    With a way back (`handback`) an escalated ticket's closings are noted there.
    """
    about = {fact.what for fact in view.known.milestones} & {Happened.HELD, Happened.ESCALATED}
    matters = bool(about) and not (view.mapping.feedback and Happened.ESCALATED in about)
    if not matters or before is None or before.facets.closed or not facets.closed:
        return ()
    return (Milestone(Happened.CLOSED, now, source=f"open since {before.since.astimezone(UTC).isoformat()}"),)


def _facets(mapping: Mapping, policy: MetricsPolicy, ticket: Snapshot, before: Seen | None) -> Facets:
    given = assess(mapping, ticket.fields)
    said = {facet: _said(mapping, name, ticket.fields) for facet, name in policy.fields.items()}
    return Facets(
        severity=str(given.severity or "") if given else "",
        service=said.get(Facet.SERVICE, ""),
        tier=said.get(Facet.TIER, ""),
        team=said.get(Facet.TEAM, ""),
        category=said.get(Facet.CATEGORY, ""),
        opened=ticket.created or (before.facets.opened if before else None),
        closed=_is_closed(mapping, ticket),
    )


def tier_of(mapping: Mapping, fields: Fields) -> str:
    """The customer's tier: where `metrics` says that it stands, else under that very name; "" where it is not known."""
    named = mapping.metrics.fields if mapping.metrics else {}
    return _said(mapping, named.get(Facet.TIER, Facet.TIER.value), fields)


def _said(mapping: Mapping, name: str, fields: Fields) -> str:
    try:
        stands = meaning(mapping, name, fields)
    except Unsayable:
        return ""
    words = ", ".join(sorted(stands)) if isinstance(stands, frozenset) else str(stands or "")
    return " ".join(words.split())[:LONGEST]


def _is_closed(mapping: Mapping, ticket: Snapshot) -> bool:
    rule = mapping.rule(STATUS)
    if ticket.life is not Life.ACTIVE or rule is None:
        return ticket.life is not Life.ACTIVE
    return _said(mapping, STATUS, ticket.fields) in mapping.lifecycle.done
