"""Counts and oldest rows for the page and for `syncd status`: how much waits, for how long, and for whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, func, or_, select

from syncd.store import codec, intents, links
from syncd.store.records import DeliveryState, Intent, IntentState, Link, LinkState, RequestState
from syncd.store.schema import CLAIMABLE, NOT_LINKED, audit, conflict, delivery, hint, intent, link, parked, request
from syncd.store.types import Instant


@dataclass(frozen=True, slots=True)
class Waiting:
    """What has come in and is not done.

    Attributes:
        hints: how many changes wait at links; `oldest_hint` is when the first of them came.
        overdue_since: since when a link could have been run and was not. A link that backs off is not overdue.
        bad_deliveries: webhooks that cannot be read.
        parked: parked items by their scope; whole links count under "link".
        conflicts: those that wait for a person.
    """

    hints: int
    oldest_hint: datetime | None
    overdue_since: datetime | None
    bad_deliveries: int
    parked: Mapping[str, int]
    conflicts: int


def waiting(c: Connection, now: datetime) -> Waiting:
    count, oldest = c.execute(select(func.count(), func.min(hint.c.received_at))).one()
    free = or_(link.c.leased_until.is_(None), link.c.leased_until <= now)
    overdue = select(func.min(link.c.due, type_=Instant())).where(CLAIMABLE, link.c.due <= now, free)
    bad = select(func.count()).select_from(delivery).where(delivery.c.state == DeliveryState.BAD.value)
    by_scope = select(parked.c.scope, func.count()).group_by(parked.c.scope)
    scopes: dict[str, int] = {row[0]: row[1] for row in c.execute(by_scope)}
    stopped = c.scalar(select(func.count()).where(link.c.state == LinkState.PARKED.value, NOT_LINKED)) or 0
    if stopped:
        scopes["link"] = scopes.get("link", 0) + stopped
    told = c.scalar(select(func.count()).where(request.c.state == RequestState.PARKED.value)) or 0
    if told:
        scopes["request"] = told
    return Waiting(
        hints=count,
        oldest_hint=oldest,
        overdue_since=c.scalar(overdue),
        bad_deliveries=c.scalar(bad) or 0,
        parked=scopes,
        conflicts=c.scalar(select(func.count()).where(conflict.c.open)) or 0,
    )


def stopped_links(c: Connection, limit: int = 100, offset: int = 0) -> list[tuple[Link, datetime | None]]:
    """Links that are parked as a whole, with the moment of their last audit row: when they stopped."""
    last = select(func.max(audit.c.at, type_=Instant())).where(audit.c.link_id == link.c.id).scalar_subquery()
    rows = c.execute(
        select(link.c.id, last.label("at"))
        .where(link.c.state == LinkState.PARKED.value, NOT_LINKED)
        .order_by(link.c.id)
        .limit(limit)
        .offset(offset)
    ).all()
    return [(links.get(c, row.id), row.at) for row in rows]


def failing(c: Connection, limit: int = 100) -> list[Link]:
    """Links whose last run failed and that will be tried again by themselves, most tries first."""
    query = select(link).where(CLAIMABLE, link.c.attempts > 0).order_by(link.c.attempts.desc(), link.c.id).limit(limit)
    return [links.record(row) for row in c.execute(query)]


def parked_intents(c: Connection, limit: int = 100) -> list[Intent]:
    """Writes of which nobody knows whether they happened, or that nobody may send."""
    query = select(intent.c.id).where(intent.c.state == IntentState.PARKED.value).order_by(intent.c.id).limit(limit)
    return [intents.get(c, intent_id) for intent_id in c.scalars(query).all()]


def by_label(c: Connection, label: str, limit: int = 10) -> list[Link]:
    """Links with a ticket that people call so ("CORE-7"). Reads every row: for a command, not for a hot path."""
    return _by_base(c, "label", label, limit)


def by_url(c: Connection, url: str, limit: int = 10) -> list[Link]:
    """Links with a ticket at this address; reads every row too."""
    return _by_base(c, "url", url, limit)


def _by_base(c: Connection, name: str, value: str, limit: int) -> list[Link]:
    pattern = f"%{_escaped(codec.dump({name: value})[1:-1])}%"
    said = or_(link.c.support_base.like(pattern, escape="\\"), link.c.engineering_base.like(pattern, escape="\\"))
    return [links.record(row) for row in c.execute(select(link).where(said).order_by(link.c.id).limit(limit))]


def by_ref(c: Connection, ref: str, limit: int = 10) -> list[Link]:
    """Links with a ticket of this ref at any connection."""
    said = or_(link.c.support_ref == ref, link.c.engineering_ref == ref)
    return [links.record(row) for row in c.execute(select(link).where(said).order_by(link.c.id).limit(limit))]


def ids(c: Connection, states: Iterable[LinkState]) -> list[int]:
    """Ids of all links in these states."""
    wanted = [state.value for state in states]
    return list(c.scalars(select(link.c.id).where(link.c.state.in_(wanted)).order_by(link.c.id)))


def needing_a_look(c: Connection, digests: Mapping[str, str]) -> list[int]:
    """Ids of links that are due, behind, diverged or held, or whose bases were made under another mapping.

    Args:
        digests: mapping's name -> the digest of what it says now.
    """
    moving = or_(link.c.due.is_not(None), link.c.behind_since.is_not(None), link.c.diverged_since.is_not(None))
    edited = [and_(link.c.mapping == name, link.c.mapping_digest != digest) for name, digest in digests.items()]
    open_ = link.c.state.in_([LinkState.LINKED.value, LinkState.WATCHED.value])
    wanted = or_(link.c.state == LinkState.HELD.value, and_(open_, or_(moving, *edited)))
    return list(c.scalars(select(link.c.id).where(wanted).order_by(link.c.id)))


def waiting_for_apply(c: Connection, digests: Mapping[str, str]) -> list[int]:
    """Ids of linked pairs that differ, were held, or whose bases were made under another mapping."""
    edited = [and_(link.c.mapping == name, link.c.mapping_digest != digest) for name, digest in digests.items()]
    linked = and_(link.c.state == LinkState.LINKED.value, or_(link.c.diverged_since.is_not(None), *edited))
    wanted = or_(link.c.state == LinkState.HELD.value, linked)
    return list(c.scalars(select(link.c.id).where(wanted).order_by(link.c.id)))


def stuck(c: Connection) -> list[int]:
    """Ids of links that are parked, or of which something is parked; those that rest or wait for `apply` are not."""
    items = select(parked.c.link_id).where(parked.c.link_id.is_not(None))
    writes = select(intent.c.link_id).where(intent.c.state == IntentState.PARKED.value)
    some = or_(link.c.state == LinkState.PARKED.value, link.c.id.in_(items), link.c.id.in_(writes))
    resting = link.c.state.in_([LinkState.RESTING.value, LinkState.HELD.value])
    return list(c.scalars(select(link.c.id).where(some, ~resting).order_by(link.c.id)))


def written_between(c: Connection, after: datetime, until: datetime, limit: int = 10_000) -> list[int]:
    """Ids of linked pairs that were written to in this span, for a second look at them."""
    rows = (
        select(audit.c.link_id)
        .distinct()
        .join(link, link.c.id == audit.c.link_id)
        .where(audit.c.at > after, audit.c.at <= until, audit.c.kind.like("%.done"))
        .where(link.c.state == LinkState.LINKED.value)
        .limit(limit)
    )
    return list(c.scalars(rows))


def parked_since(c: Connection, since: datetime) -> int:
    """How many items were parked from a moment on."""
    return c.scalar(select(func.count()).select_from(parked).where(parked.c.since >= since)) or 0


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
