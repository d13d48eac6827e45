"""Helpdesk tickets out of intake requests, by the protocol of every create (reliability.md, 5.1), beside the links.

A link belongs to a ticket that exists, so a request has its own small state machine (`store.requests`): ATTEMPTED is
committed before the ticket is made, its key travels with it, and after a crash it is looked for first. From the moment
the ticket is there, the link's runs do the rest (`engine.entries`).
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta as span
from uuid import uuid4

import structlog
from sqlalchemy import Connection

from syncd import crash
from syncd.core.intake import Act, Client, Request, ticket_fields, title_rule
from syncd.core.mapping import Mapping
from syncd.core.model import Fields, Kind, Life, Person, Snapshot
from syncd.engine import incoming, refused
from syncd.engine.intake import look
from syncd.engine.run import ASKED
from syncd.engine.site import Site
from syncd.engine.update import resolve_people
from syncd.errors import StoreError
from syncd.sdk.budget import URGENT, priority
from syncd.sdk.connector import Connector, Draft
from syncd.sdk.errors import (
    BadAnswer,
    ConnectorError,
    Forbidden,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
    Unsupported,
)
from syncd.store import audit, links, meta, parked, pauses, requests
from syncd.store.records import AuditEntry, IllegalStep, ParkScope, PauseScope, RequestRow, RequestState

log = structlog.get_logger()

TERM = span(minutes=10)
"""How long one may work on a request: a look, a create and a wait for both."""
OVERLAP = span(hours=2)
"""How far back the first second look of a store goes."""
PAUSED = 60.0  # seconds until a paused connection is looked at again
LONGEST = 300.0  # seconds between tries
REFUSED = (Rejected, Forbidden, Unsupported)
SETS = frozenset({Kind.LABELS, Kind.MULTI_CHOICE})


async def work(site: Site) -> int:
    """Make the tickets that are due, one after the other; how many requests were looked at."""
    found = await site.store.read(lambda c: requests.due(c, site.now()))
    for row in found:
        if (held := await _lease(site, row)) is not None:
            await _open(site, held)
    await _sort_out(site)
    return len(found)


async def seek(site: Site, *, back: span) -> int:
    """Look whether the tickets that were made about `back` ago were made once; how many were not.

    A daemon that was suspended just before its request may send it after another one has (L5 of `link_create.pml`).
    Of issues all but one are put away; which of two tickets a customer's case goes on with is for a person.
    """
    until = site.now() - back

    def asked(c: Connection) -> list[RequestRow]:
        after = meta.move_on(c, f"sought requests {back}", until, first=until - OVERLAP)
        return requests.attempted_between(c, after, until)

    return sum([await _is_doubled(site, row) for row in await site.store.write(asked)])


async def _is_doubled(site: Site, row: RequestRow) -> bool:
    rules = site.mappings.get(row.mapping)
    if rules is None or row.link_id is None:
        return False
    try:
        found = await site.connectors[rules.connections.support].find(key_of(site, row))
    except ConnectorError as error:  # there is one more look, and a search that fails finds nothing out
        log.warning("request.not_sought", request=row.id, reason=str(error))
        return False
    active = [ticket.label or ticket.ref for ticket in found if ticket.life is Life.ACTIVE and not ticket.merged_into]
    if len(active) < 2:
        return False
    reason = f"{' and '.join(active)} were made of one intake request ({row.source_id})"
    remedy = f"merge them by hand, then `syncd retry {row.link_id}`"

    def store(c: Connection) -> None:
        parked.park(
            c,
            link_id=row.link_id,
            scope=ParkScope.LINK,
            item=f"intake {row.id}",
            reason=reason,
            remedy=remedy,
            now=site.now(),
        )
        audit.append(c, AuditEntry("request.doubled", row.link_id, item=str(row.id), outcome=reason), site.now())

    await site.store.write(store)
    log.error("request.made_twice", request=row.id, tickets=active)
    return True


def key_of(site: Site, row: RequestRow) -> str:
    """Made of the client's own name of the case: a store that was rolled back finds what it made before."""
    return site.key("intake", row.client, row.source_id)


async def _lease(site: Site, row: RequestRow) -> RequestRow | None:
    return await site.store.write(lambda c: requests.lease(c, row, site.now(), site.now() + TERM))


async def _open(site: Site, held: RequestRow) -> None:
    """One request; whatever comes of it, it is kept."""
    before = priority.set(URGENT)  # somebody waits on the telephone
    try:
        await _prepared(site, held).go()
    except _Impossible as error:
        await _park(site, held, str(error))
    except ConnectorError as error:
        await _failed(site, held, error)
    except IllegalStep as error:
        log.warning("request.lost", request=held.id, reason=str(error))
    except StoreError:
        raise
    except Exception as error:
        number = uuid4().hex[:8]
        log.error("bug", id=number, request=held.id, exc_info=error)
        await _later(site, held, f"a bug of syncd's own ({number}); see the log", LONGEST, sent=True)
    finally:
        priority.reset(before)


class _Impossible(Exception):
    """Nothing can be made of the request as things stand; says why and what helps."""


def _prepared(site: Site, held: RequestRow) -> _Opening:
    client, rules = site.clients.get(held.client), site.mappings.get(held.mapping)
    if client is None or rules is None:
        what = f"client `{held.client}`" if client is None else f"mapping `{held.mapping}`"
        raise _Impossible(f"{what} is not in the configuration any more; bring it back, then retry")
    try:
        told = incoming.read(held.body, Act.OPEN, client, rules)
    except incoming.Invalid as error:
        where = ", ".join(f"`{one.pointer}`" for one in error.problems[:5])
        raise _Impossible(f"it does not fit the configuration any more: {where}") from None
    return _Opening(site, held, client, rules, told)


@dataclass(slots=True)
class _Opening:
    """One request on its way to a ticket."""

    site: Site
    held: RequestRow
    client: Client
    rules: Mapping
    request: Request

    @property
    def connection(self) -> str:
        return self.rules.connections.support

    @property
    def connector(self) -> Connector:
        return self.site.connectors[self.connection]

    @property
    def key(self) -> str:
        return key_of(self.site, self.held)

    async def go(self) -> None:
        """Look for the ticket, then make it. Also before the very first attempt: a read is cheap (L9)."""
        unknown = self.held.state is RequestState.ATTEMPTED
        if paused := await self.site.store.read(self._paused):
            await _later(self.site, self.held, paused, PAUSED, sent=unknown)
            return
        settled = self._settles_at()
        if settled is not None and settled > self.site.now():
            wait = (settled - self.site.now()).total_seconds()
            await _later(self.site, self.held, "an earlier write has no answer yet", wait, sent=True)
            return
        found = await self.connector.find(self.key)
        if found:
            await self._land(found[0], "adopted")
            return
        await self._make()

    def _paused(self, c: Connection) -> str:
        names = {(PauseScope.CONNECTION, self.connection), (PauseScope.MAPPING, self.rules.name)}
        for pause in pauses.list_pauses(c):
            if (pause.scope, pause.name) in names:
                return f"{pause.scope} {pause.name} is paused: {pause.reason}"
        return ""

    def _settles_at(self) -> datetime | None:
        """When an unanswered create has either happened, visibly, or never will."""
        if self.held.state is not RequestState.ATTEMPTED or self.held.attempted_at is None:
            return None
        request: span = self.connector.config.timeout * 2
        return self.held.attempted_at + request + self.connector.settle

    async def _make(self) -> None:
        """Make it; a field that the helpdesk refuses is left out, and the first comment says so."""
        wanted, known = await self._fields(), dict(self.held.refused)
        while True:
            fields = {name: value for name, value in wanted.items() if name not in known}
            await self.site.store.write(self._attempt)
            crash.point("I2")
            try:
                made = await self.connector.create(Draft(self.client.place, fields), key=self.key)
            except REFUSED as error:
                known = await self._refused(known, error, fields)
                continue
            crash.point("I3")
            await self._land(made, "done")
            return

    async def _refused(self, known: dict[str, str], error: ConnectorError, fields: Fields) -> dict[str, str]:
        """The fields to leave out from now on; the error itself where that does not help. Nothing was written."""
        name = error.field if isinstance(error, Rejected) else None
        helps = name is not None and name in fields and name != self._title
        now = {**known, name: str(error)} if helps and name else known
        await self.site.store.write(lambda c: requests.without(c, self.held, now))
        if not helps:
            raise error
        return now

    @property
    def _title(self) -> str:
        title = title_rule(self.rules)
        return title.lenses.support.field if title else ""

    async def _fields(self) -> Fields:
        own = {info.name for info in self.connector.fields if info.kind in SETS}
        mapped = {rule.lenses.support.field for rule in self.rules.fields if rule.kind in SETS}
        made = ticket_fields(self.request, self.rules, self.client, sets=own | mapped)
        resolved = await resolve_people(self.connector, made)
        return {name: value for name, value in resolved.items() if not (isinstance(value, Person) and not value.id)}

    def _attempt(self, c: Connection) -> None:
        requests.attempt(c, self.held, self.site.now())
        audit.append(c, self._entry("attempt"), self.site.now())

    async def _land(self, made: Snapshot, how: str) -> None:
        """The ticket is there: in one transaction it gets its link, with everything that was told of it so far."""

        def store(c: Connection) -> None:
            rules, now = self.rules, self.site.now()
            link = links.watch(c, rules.name, rules.digest, rules.connections, made.ref, now)
            requests.opened(c, self.held, link.id)
            look(self.site, c, link, token=f"{ASKED}intake {self.held.id}")
            audit.append(c, self._entry(how, link_id=link.id, outcome=made.ref), now)

        await self.site.store.write(store)
        self.site.queue.wake()
        log.info("request.opened", request=self.held.id, client=self.held.client, how=how)

    def _entry(self, phase: str, *, link_id: int | None = None, outcome: str = "") -> AuditEntry:
        return AuditEntry(
            kind=f"request.{phase}",
            link_id=link_id,
            item=str(self.held.id),
            request=self.key,
            outcome=outcome,
            actor=f"intake {self.held.client}",
        )


# --- failures ---------------------------------------------------------------------------------------------------------


async def _failed(site: Site, held: RequestRow, error: ConnectorError) -> None:
    """What becomes of a request by what went wrong (reliability.md, 5.7)."""
    backoff = min(LONGEST, 2.0**held.tries) * random.uniform(0.5, 1.0)  # noqa: S311  # jitter is no secret
    match error:
        case Unauthorized():
            await _pause(site, held, error)
        case RateLimited():
            await _later(site, held, str(error), error.retry_after + 1, sent=False)
        case Unavailable(sent=False):
            await _later(site, held, str(error), backoff, sent=False)
        case Unavailable() | BadAnswer():
            await _later(site, held, str(error), backoff, sent=True)
        case Rejected() | Forbidden() | Unsupported():  # REFUSED, which a pattern cannot name
            await _park(site, held, f"the helpdesk refuses the ticket: {error}")
        case _:
            await _later(site, held, str(error), backoff, sent=False)


async def _later(site: Site, held: RequestRow, reason: str, seconds: float, *, sent: bool) -> None:
    """Come again. What may have been sent stays so, whatever failed since: it is looked for first."""
    when = site.now() + span(seconds=seconds)

    def store(c: Connection) -> None:
        attempted = requests.get(c, held.id).state is RequestState.ATTEMPTED
        requests.later(c, held, when, reason, sent=attempted and (sent or held.state is RequestState.ATTEMPTED))

    await site.store.write(store)
    log.info("request.waits", request=held.id, seconds=round(seconds, 1), reason=reason)


async def _pause(site: Site, held: RequestRow, error: Unauthorized) -> None:
    """A refused credential pauses its connection, as everywhere."""
    name, now = site.mappings[held.mapping].connections.support, site.now()
    why = refused.reason(site.connectors[name], error)
    await site.store.write(lambda c: pauses.pause(c, PauseScope.CONNECTION, name, why, now=now))
    log.error("connection.paused", connection=name, reason=why)
    await _later(site, held, why, PAUSED, sent=False)


async def _park(site: Site, row: RequestRow, reason: str) -> None:
    def store(c: Connection) -> None:
        requests.park(c, row, reason)
        entry = AuditEntry(kind="request.parked", link_id=row.link_id, item=str(row.id), outcome=reason)
        audit.append(c, entry, site.now())

    await site.store.write(store)
    log.warning("request.parked", request=row.id, reason=reason)


async def _sort_out(site: Site) -> None:
    """What was added to a case at which nobody looks any more waits for a person; what missed its ticket gets it."""

    def astray(c: Connection) -> tuple[list[RequestRow], list[tuple[RequestRow, str]]]:
        gone = [(row, "the ticket's link is gone; link it again by hand") for row in requests.orphans(c)]
        rests = [(row, f"its ticket is not looked at any more ({why})") for row, why in requests.stranded(c)]
        return requests.strays(c), [*gone, *rests]

    strays, lost = await site.store.read(astray)
    for row in strays:
        await site.store.write(lambda c, row=row: _join(site, c, row))  # type: ignore[misc]
    for row, reason in lost:
        await _park(site, row, reason)


def _join(site: Site, c: Connection, row: RequestRow) -> None:
    link_id = requests.join(c, row)
    if link_id is not None:
        look(site, c, links.get(c, link_id), token=f"{ASKED}intake {row.id}")
