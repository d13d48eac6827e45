"""The intent protocol: every write is announced before it is sent and proven afterwards (reliability.md, 5.1).

PLANNED and ATTEMPTED are committed before the request leaves; the answer, the twin it made and the names under which
it will come back are committed together. What lies between is found again by `engine.recover`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection

from syncd import crash
from syncd.core.facets import day_of
from syncd.core.model import Side, Visibility
from syncd.engine.run import Run
from syncd.sdk.connector import Capability, Written
from syncd.sdk.errors import BadAnswer, ConnectorError, Rejected, Stale, Unavailable
from syncd.store import audit, facets, hints, intents
from syncd.store.records import AuditEntry, Intent, IntentKind

T = TypeVar("T")
ECHO_LIFETIME = timedelta(hours=24)
NOTHING_SAID = Written()
GUARDED_KINDS = frozenset({IntentKind.UPDATE, IntentKind.LINK_BACK})
"""Writes that a guarded vendor refuses when the ticket moved on; with comments some do, and some do not."""


CARRIED = frozenset({IntentKind.CREATE, IntentKind.UPDATE, IntentKind.COMMENT, IntentKind.ATTACH, IntentKind.EDIT})
"""Writes that carry what a person said or set; notes and backlinks are our own words."""


@dataclass(frozen=True, slots=True)
class Order:
    """One write as it is announced.

    Attributes:
        item: what it is for; with kind and side it is unique on the link.
        payload: what recovery has to know to find out whether it happened; JSON values, never a text of a comment.
        before, after: for the audit, JSON values.
    """

    kind: IntentKind
    side: Side
    item: str
    rule: str = ""
    visibility: Visibility = Visibility.INTERNAL
    payload: Mapping[str, Any] = field(default_factory=dict)
    before: Any = None
    after: Any = None


def expected(run: Run, side: Side) -> str:
    """The version at which a ticket must be for the next write of its fields; empty where its vendor guards nothing.

    Raises:
        Stale: an answer of this run named none, as that to a comment on a ticket that had moved on: what stands there
            is to be read first, or the write would run over it.
    """
    revision = run.revision(side)
    if not revision and Capability.GUARDED in run.connectors[side].capabilities:
        raise Stale(f"{run.ref(side)} is at a version that nobody has read")
    return revision


def key_of(run: Run, order: Order) -> str:
    """The key that travels with a write. Of the link's support ticket, so that it outlives the store's own numbers."""
    made_for = run.link.refs.support or ""
    return run.site.key(run.link.mapping, made_for, order.kind.value, order.side.value, order.item)


@dataclass(frozen=True, slots=True)
class Sending:
    """One announced write on its way."""

    run: Run
    order: Order
    intent: Intent
    nothing: Written = NOTHING_SAID  # for requests whose answer says nothing of the ticket

    async def send(
        self,
        request: Callable[[str], Awaitable[T]],
        *,
        land: Callable[[Connection, T], str],
        written: Callable[[T], Written],
        proves: Callable[[T], bool] = lambda answer: True,
    ) -> T:
        """Send it and commit its outcome.

        Args:
            request: makes the one request, given the key.
            land: stores what the write made (a twin, the link) and returns the vendor's id for it.
            written: the part of the answer that tells how the write will come back.
            proves: whether the answer shows what came of it. Otherwise the intent stays ATTEMPTED until somebody has
                looked: a run that ends before that leaves it to recovery.

        Raises:
            ConnectorError: as the connector said. After `Unavailable(sent=True)` and `BadAnswer` it stays ATTEMPTED.
            LostLease: somebody else runs this link; nothing was sent.
        """
        await hold(self.run)
        self.run.touching = self.order.side
        await self.run.site.store.write(self._attempt)
        crash.point("H6")
        try:
            answer = await request(self.intent.key)
        except ConnectorError as error:
            await self._unsent(error)
            raise
        crash.point("H9")
        await self.run.site.store.write(lambda c: self.land(c, land(c, answer), written(answer), proven=proves(answer)))
        self.run.writes += 1
        if Capability.GUARDED not in self.run.connectors[self.order.side].capabilities:
            self.run.unchecked.setdefault(self.order.side, [])  # read back, so that our own write is no news
        return answer

    def land(
        self, c: Connection, target: str, written: Written = NOTHING_SAID, *, how: str = "done", proven: bool = True
    ) -> None:
        """Store that the write was answered: the intent, the names of its echoes, and the audit row."""
        run, now = self.run, self.run.site.now()
        if proven:
            intents.land(c, self.intent.id, target, now)
        else:
            intents.answered(c, self.intent.id, now)
        self._foretell(c, written, now)
        audit.append(c, self._entry(how, outcome=target), now)
        self._count(c, now)
        run.delays.append((self.order.kind.value, self.order.side, (now - run.began).total_seconds() * 1000))

    def _count(self, c: Connection, now: datetime) -> None:
        """A change that somebody would have carried over by hand; the audit, which is pruned, could not tell later."""
        metrics = self.run.mapping.metrics
        if metrics is not None and self.order.kind in CARRIED:
            facets.propagated(c, self.run.link.id, day_of(now, metrics.zone))

    def _attempt(self, c: Connection) -> None:
        run = self.run
        intents.attempt(c, self.intent.id, run.lease.epoch, run.site.now())
        audit.append(c, self._entry("attempt"), run.site.now())

    async def _unsent(self, error: ConnectorError) -> None:
        """A refusal proves that nothing was written; without an answer, or with one that says nothing, the intent stays

        open: it is looked for before it is sent again.
        """
        unknown = isinstance(error, BadAnswer) or (isinstance(error, Unavailable) and error.sent)
        final = isinstance(error, Rejected) or self.order.kind not in intents.ONCE

        def store(c: Connection) -> None:
            if not unknown:
                (intents.refuse if final else intents.again)(c, self.intent.id, str(error))
            outcome = f"{'unknown' if unknown else type(error).__name__}: {error}"
            audit.append(c, self._entry("refused", outcome=outcome), self.run.site.now())

        await self.run.site.store.write(store)

    def _foretell(self, c: Connection, written: Written, now: datetime) -> None:
        """Note the new version, and under which names this write will come back."""
        run, side = self.run, self.order.side
        ref = run.link.refs[side]
        if written.revision or Capability.GUARDED in run.connectors[side].capabilities:
            run.absorb(side, written.revision or "")  # unknown: the next guarded write reads first
        if ref is None or not (written.tokens or written.echoes):
            return
        absorbed = hints.foretell(
            c,
            connection=run.mapping.connections[side],
            ref=ref,
            now=now,
            expires=now + ECHO_LIFETIME,
            tokens=written.tokens,
            echoes=written.echoes,
        )
        if self.order.kind in GUARDED_KINDS:  # nobody came between what was expected and what was written
            for echo in absorbed:
                run.absorb(side, echo.revision or run.revision(side))

    def _entry(self, phase: str, *, outcome: str = "") -> AuditEntry:
        run, order = self.run, self.order
        return AuditEntry(
            kind=f"{order.kind}.{phase}",
            link_id=run.link.id,
            run=run.id,
            side=order.side,
            rule=order.rule,
            cause=", ".join(hint.token or "look" for hint in run.hints[:5]),
            item=order.item,
            before=order.before,
            after=order.after,
            request=self.intent.key,
            outcome=outcome,
        )


async def announce(run: Run, order: Order, also: Callable[[Connection], object] = lambda c: None) -> Sending:
    """Commit PLANNED, with what must stand before the write (a conflict row)."""

    def plan(c: Connection) -> Intent:
        also(c)
        return announce_in(run, c, order)

    intent = await run.site.store.write(plan)
    crash.point("H10")
    crash.point("H5")
    return Sending(run, order, intent)


def announce_in(run: Run, c: Connection, order: Order) -> Intent:
    """Note PLANNED in a transaction of the caller's."""
    return intents.plan(
        c,
        link_id=run.link.id,
        kind=order.kind,
        side=order.side,
        item=order.item,
        key=lambda number: key_of(run, order),
        body_hash=hashlib.sha256(repr(sorted(order.payload.items())).encode()).hexdigest()[:32],
        visibility=order.visibility,
        payload=dict(order.payload),
        revision_read=run.revision(order.side),
        now=run.site.now(),
    )


async def hold(run: Run) -> None:
    """Make sure that the lease outlives the next request; LostLease where somebody else took the link."""
    crash.point("H14")
    longest = max(connector.config.timeout for connector in (run.connectors.support, run.connectors.engineering))
    if run.lease.until - run.site.now() < longest * 3:
        run.lease = await run.site.queue.renew(run.lease)
