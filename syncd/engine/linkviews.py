"""One link in one line: its tickets as people know them, how it stands, since when and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from syncd.core.model import Base, Side
from syncd.engine.site import Site
from syncd.store import links as link_rows
from syncd.store.records import Filter, Link, LinkState


@dataclass(frozen=True, slots=True)
class Ticket:
    """One ticket of a link as people know it; `label` falls back to the ref."""

    connection: str
    ref: str
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class LinkView:
    """One link in one line. `state` is one of STATES, `since` when it came to be so, `detail` why."""

    id: int
    mapping: str
    support: Ticket
    engineering: Ticket | None
    state: str
    since: datetime | None
    detail: str
    rule: str
    severity: str
    severity_rule: str
    due: datetime | None
    tries: int


STATES = ("converged", "behind", "diverged", "watched", "held", "parked", "resting")


async def links(
    site: Site,
    *,
    state: str | None = None,
    mapping: str | None = None,
    ref: str | None = None,
    limit: int = 100,
    offset: int = 0,
    newest: bool = False,
) -> list[LinkView]:
    """Links by id, the newest first where asked, of one state (see STATES), mapping or ticket where given."""
    filters = _filter(state, mapping, ref)
    found = await site.store.read(lambda c: link_rows.list_links(c, filters, limit, offset, newest=newest))
    return [link_view(link) for link in found]


def _filter(state: str | None, mapping: str | None, ref: str | None) -> Filter:
    match state:
        case None:
            return Filter(mapping=mapping, ref=ref)
        case "converged":
            return Filter(mapping=mapping, ref=ref, state=LinkState.LINKED, behind=False, diverged=False)
        case "behind":
            return Filter(mapping=mapping, ref=ref, state=LinkState.LINKED, behind=True, diverged=False)
        case "diverged":
            return Filter(mapping=mapping, ref=ref, state=LinkState.LINKED, diverged=True)
        case other:
            return Filter(mapping=mapping, ref=ref, state=LinkState(other))


def link_view(link: Link) -> LinkView:
    state, since, detail = _standing(link)
    engineering = ticket(link, Side.ENGINEERING) if link.refs.engineering else None
    return LinkView(
        id=link.id,
        mapping=link.mapping,
        support=ticket(link, Side.SUPPORT),
        engineering=engineering,
        state=state,
        since=since,
        detail=detail,
        rule=link.rule,
        severity=link.severity,
        severity_rule=link.severity_rule,
        due=link.due,
        tries=link.attempts,
    )


def ticket(link: Link, side: Side) -> Ticket:
    base: Base | None = link.base[side]
    ref = link.refs[side] or ""
    return Ticket(link.connections[side], ref, (base.label if base else "") or f"#{ref}", base.url if base else "")


def _standing(link: Link) -> tuple[str, datetime | None, str]:
    if link.state is not LinkState.LINKED:
        return link.state.value, link.created_at, link.error or link.reason
    if link.diverged_since:
        return "diverged", link.diverged_since, link.error or "the sides differ, and nothing automatic will change that"
    since = min((moment for moment in (link.behind_since, link.dirty_since) if moment), default=None)
    return ("behind", since, link.error) if since else ("converged", link.converged_at, "")
