"""Cases that other systems open and enrich: kept before they are answered, made by `opening`, written by `entries`.

Everything that the intake API, a command or a page does is here, with typed answers.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import uuid4

from sqlalchemy import Connection

from syncd import crash
from syncd.core import sla
from syncd.core.intake import Act, Client
from syncd.core.mapping import Mapping
from syncd.core.milestones import Happened, in_order
from syncd.core.severity import severity_called
from syncd.engine import incoming
from syncd.engine.intake import look
from syncd.engine.linkviews import Ticket, link_view
from syncd.engine.run import ASKED
from syncd.engine.site import Site
from syncd.errors import SyncdError
from syncd.store import audit, links, milestones, requests
from syncd.store.records import AuditEntry, Link, RequestRow, RequestState


@dataclass(frozen=True, slots=True)
class Kept:
    """A request that is stored: whatever happens now, it is not lost."""

    escalation: str
    request: int


class Unknown(SyncdError):
    """This client has no such case, or may not do that."""


class Refused(SyncdError):
    """The request contradicts one that came before.

    Attributes:
        reused: the key was used for another request; else the case was opened before, and `escalation` names it.
    """

    def __init__(self, text: str, *, reused: bool, escalation: str = "") -> None:
        super().__init__(text)
        self.reused = reused
        self.escalation = escalation


async def take(site: Site, client: Client, act: Act, *, key: str, raw: bytes, escalation: str = "") -> Kept:
    """Keep a request, once for each key. Returns after the commit; no vendor is asked for anything.

    Args:
        key: the client's key of idempotency. `raw`: the body as it came.
        escalation: the case that is enriched.

    Raises:
        Unknown: there is no such case of this client.
        incoming.Invalid: the body says nothing that can be written.
        Refused: the key was used for something else, or the case was opened before.
        StoreError: it could not be stored; the client is to come again.
    """
    digest = hashlib.sha256(raw).hexdigest()
    if (known := await site.store.read(lambda c: requests.by_key(c, client.name, key))) is not None:
        return _again(known, act, escalation, digest)
    rules = rules_of(site, client)
    told = incoming.read(raw, act, client, rules)
    fresh = _Fresh(client, act, key, raw, digest, told.source_id)
    kept = await site.store.write(lambda c: _keep(site, c, fresh, escalation))
    site.queue.wake()
    crash.point("I1")
    return kept


@dataclass(frozen=True, slots=True)
class _Fresh:
    client: Client
    act: Act
    key: str
    raw: bytes
    digest: str
    source_id: str


def _keep(site: Site, c: Connection, fresh: _Fresh, escalation: str) -> Kept:
    opening = requests.opening(c, fresh.client.name, escalation) if fresh.act is Act.ENRICH else None
    if fresh.act is Act.ENRICH and opening is None:
        raise Unknown("there is no such case")
    made = requests.add(
        c,
        act=fresh.act,
        escalation=opening.escalation if opening else uuid4().hex,
        client=fresh.client.name,
        mapping=opening.mapping if opening else fresh.client.mapping,
        source_id=fresh.source_id,
        key=fresh.key,
        digest=fresh.digest,
        body=fresh.raw,
        now=site.now(),
        link_id=opening.link_id if opening else None,
    )
    if made is None:
        return _twin(c, fresh, escalation)
    if made.link_id is not None:
        look(site, c, links.get(c, made.link_id), token=f"{ASKED}intake {made.id}")
    entry = AuditEntry(kind="request.kept", link_id=made.link_id, item=str(made.id), actor=f"intake {made.client}")
    audit.append(c, replace(entry, outcome=f"{made.act} {made.escalation}"), site.now())
    return Kept(made.escalation, made.id)


def _twin(c: Connection, fresh: _Fresh, escalation: str) -> Kept:
    """It is known already: by its key, or by what it opened."""
    if (known := requests.by_key(c, fresh.client.name, fresh.key)) is not None:
        return _again(known, fresh.act, escalation, fresh.digest)
    before = requests.by_source(c, fresh.client.name, fresh.source_id)
    case = before.escalation if before else ""
    raise Refused("this `source_id` has opened a case before", reused=False, escalation=case)


def _again(known: RequestRow, act: Act, escalation: str, digest: str) -> Kept:
    """The answer that the first one got, where this is the very same request."""
    same_case = act is Act.OPEN or known.escalation == escalation
    if known.act is not act or not same_case or known.digest != digest:
        raise Refused("this key was used for another request", reused=True)
    return Kept(known.escalation, known.id)


def rules_of(site: Site, client: Client) -> Mapping:
    """The mapping of a client, which `syncd check` has proven; it may be gone after a reload."""
    found = site.mappings.get(client.mapping)
    if found is None:
        raise Unknown(f"mapping {client.mapping} is not in the configuration any more")
    return found


# --- looking ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CaseClock:
    """A clock of the contract: when it ends, and whether it stands still."""

    name: str
    due: datetime | None
    paused: bool
    over: bool


@dataclass(frozen=True, slots=True)
class Known:
    """A ticket as its people call it."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Case:
    """What became of a case, without a word that anybody said.

    Attributes:
        state: "received", "opened" or "parked" (a person is needed).
        waiting: how many requests about it stand not on the ticket yet.
        owner_named: whether somebody is named on the issue; None where the contract does not watch that.
    """

    id: str
    state: str
    received_at: datetime
    waiting: int
    ticket: Known | None = None
    issue: Known | None = None
    severity: str | None = None
    owner_named: bool | None = None
    clocks: tuple[CaseClock, ...] = ()


async def show(site: Site, client: Client, escalation: str) -> Case:
    """What became of a case of this client. Raises Unknown."""
    found = await site.store.read(lambda c: _case(site, c, client, escalation))
    if found is None:
        raise Unknown("there is no such case")
    return found


def _case(site: Site, c: Connection, client: Client, escalation: str) -> Case | None:
    first = requests.opening(c, client.name, escalation)
    if first is None:
        return None
    rows = requests.of_case(c, escalation)
    waiting = sum(row.state is not RequestState.DONE for row in rows)
    made = first.state in (RequestState.OPENED, RequestState.DONE)
    state = "parked" if first.state is RequestState.PARKED else "opened" if made else "received"
    case = Case(first.escalation, state, first.received_at, waiting)
    if first.link_id is None:
        return case
    return _standing(site, c, links.get(c, first.link_id), case)


def _standing(site: Site, c: Connection, link: Link, case: Case) -> Case:
    view, facts = link_view(link), in_order(milestones.of(c, link.id))
    contract = site.mappings[link.mapping].contract if link.mapping in site.mappings else None
    owned = [fact.what for fact in facts if fact.what in (Happened.OWNED, Happened.UNOWNED)]
    clocks = sla.clocks(contract, severity_called(link.severity), facts, site.now()) if contract else ()
    return replace(
        case,
        ticket=_known(view.support),
        issue=_known(view.engineering),
        severity=link.severity or None,
        owner_named=(owned[-1:] == [Happened.OWNED]) if contract and contract.acceptance.owner else None,
        clocks=tuple(
            CaseClock(str(clock.name), clock.due, clock.paused, clock.used > clock.within)
            for clock in clocks
            if clock.ended is None
        ),
    )


def _known(ticket: Ticket | None) -> Known | None:
    return Known(ticket.label, ticket.url) if ticket else None


# --- for a person -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RequestView:
    """One request as ops see it; `remedy` frees it where it is parked."""

    id: int
    act: str
    escalation: str
    client: str
    mapping: str
    source_id: str
    state: str
    received_at: datetime
    next_try: datetime | None
    tries: int
    reason: str
    remedy: str
    ticket: Known | None


async def listed(site: Site, *, state: RequestState | None = None, limit: int = 100) -> list[RequestView]:
    """What came in, the newest first."""

    def read(c: Connection) -> list[RequestView]:
        return [_view(c, row) for row in requests.listed(c, state=state, limit=limit)]

    return await site.store.read(read)


async def shown(site: Site, name: str) -> list[RequestView]:
    """Every request about one case, or one request by its number. Raises Unknown."""

    def read(c: Connection) -> list[RequestView]:
        return [_view(c, row) for row in _named(c, name)]

    return await site.store.read(read)


async def retry(site: Site, names: list[str] | None, *, by: str = "operator", reason: str = "") -> int:
    """Put parked requests (None: all) back to work; how many. Raises Unknown."""

    def store(c: Connection) -> int:
        freed = [row for row in _parked(c, names) if requests.unpark(c, row, site.now())]
        for row in freed:
            if row.link_id is not None:
                look(site, c, links.get(c, row.link_id), token=f"{ASKED}intake {row.id} {uuid4().hex[:8]}")
            entry = AuditEntry("request.retried", link_id=row.link_id, item=str(row.id), outcome=reason, actor=by)
            audit.append(c, entry, site.now())
        return len(freed)

    freed = await site.store.write(store)
    site.queue.wake()
    return freed


async def waiting(site: Site, names: list[str] | None) -> int:
    """How many requests `retry` would put back to work. Raises Unknown."""
    return await site.store.read(lambda c: len(_parked(c, names)))


def _parked(c: Connection, names: list[str] | None) -> list[RequestRow]:
    if names is None:
        return requests.listed(c, state=RequestState.PARKED, limit=10_000)
    found = {row.id: row for name in names for row in _named(c, name)}
    return [row for row in found.values() if row.state is RequestState.PARKED]


def parked_views(c: Connection, limit: int) -> list[RequestView]:
    """For `syncd parked`."""
    return [_view(c, row) for row in requests.listed(c, state=RequestState.PARKED, limit=limit, newest=False)]


def _named(c: Connection, name: str) -> list[RequestRow]:
    if name.isdecimal() and len(name) < 19:
        try:
            return [requests.get(c, int(name))]
        except KeyError:
            pass
    rows = requests.of_case(c, name)
    if not rows:
        raise Unknown(f"no request and no case is called `{name}`; `syncd intake list` shows them")
    return rows


def _view(c: Connection, row: RequestRow) -> RequestView:
    parked = row.state is RequestState.PARKED
    tries = row.state in requests.TO_MAKE and row.act is Act.OPEN
    ticket = _known(link_view(links.get(c, row.link_id)).support) if row.link_id is not None else None
    return RequestView(
        id=row.id,
        act=str(row.act),
        escalation=row.escalation,
        client=row.client,
        mapping=row.mapping,
        source_id=row.source_id,
        state=str(row.state),
        received_at=row.received_at,
        next_try=row.due if tries else None,
        tries=row.tries,
        reason=row.reason,
        remedy=f"syncd intake retry {row.id}" if parked else "",
        ticket=ticket,
    )
