"""Delete what nobody needs any more. Nothing that failed, waits or proves a twin goes by age."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete

from syncd.store import audit, deliveries, messages, requests, tokens
from syncd.store.intents import ONCE
from syncd.store.records import IntentState
from syncd.store.schema import conflict, foretold, intent, seen


@dataclass(frozen=True, slots=True)
class Ages:
    """How long each is kept. `seen` outlasts a vendor's retries (three days with fresh stamps) by far."""

    deliveries: timedelta = timedelta(days=30)
    audit: timedelta = timedelta(days=400)
    seen: timedelta = timedelta(days=14)
    intents: timedelta = timedelta(days=30)
    conflicts: timedelta = timedelta(days=400)
    tokens: timedelta = timedelta(days=30)  # after they expired


def prune(c: Connection, now: datetime, ages: Ages = Ages()) -> Mapping[str, int]:  # frozen
    """Delete what is older; how many rows of each table went. The audit goes in slices, so call again while it does."""
    once = [kind.value for kind in ONCE]
    proven = (intent.c.state == IntentState.LANDED.value) & intent.c.kind.not_in(once)
    old_intents = proven & (intent.c.landed_at < now - ages.intents)
    settled = ~conflict.c.open & (conflict.c.settled_at < now - ages.conflicts)
    return {
        "delivery": deliveries.prune(c, now - ages.deliveries),
        "request": requests.prune(c, now - ages.deliveries),
        "seen": c.execute(delete(seen).where(seen.c.at < now - ages.seen)).rowcount,
        "foretold": c.execute(delete(foretold).where(foretold.c.expires < now)).rowcount,
        "intent": c.execute(delete(intent).where(old_intents)).rowcount,
        "conflict": c.execute(delete(conflict).where(settled)).rowcount,
        "token": tokens.prune(c, now - ages.tokens),
        "message": messages.prune(c, now - ages.deliveries),
        "audit": audit.prune(c, now - ages.audit),
    }
