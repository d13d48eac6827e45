"""Webhook intake: verify over the raw bytes, store delivery and hints in one transaction, then answer."""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import structlog
from sqlalchemy import Connection

from syncd import crash
from syncd.engine.intake import Taken, take_in
from syncd.engine.site import Site
from syncd.sdk.connector import Capability, Connector, Delivery, Webhook
from syncd.sdk.errors import BadBody, BadSignature
from syncd.store import deliveries
from syncd.store.records import DeliveryState

log = structlog.get_logger()

KEPT_HEADERS = frozenset({"content-type", "user-agent", "content-length"})
"""Of a delivery's headers only these are stored: the others may carry signatures and tokens."""


class Verdict(enum.Enum):
    """How a delivery was received; the web layer turns it into a status."""

    TAKEN = "taken"
    DOUBLED = "doubled"
    BAD_BODY = "bad body"
    BAD_SIGNATURE = "bad signature"
    UNKNOWN = "unknown"


NOTHING = Taken(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Received:
    verdict: Verdict
    taken: Taken = NOTHING


async def receive(site: Site, connection: str, webhook: Webhook) -> Received:
    """Take in one delivery. Returns after it is committed; what is not taken leaves no trace but a counter.

    Raises:
        StoreError: it could not be stored; the sender is to come again (503).
    """
    connector = site.connectors.get(connection)
    if connector is None or Capability.WEBHOOKS not in connector.capabilities:
        return Received(Verdict.UNKNOWN)
    crash.point("H1")
    try:
        delivery = connector.receive(webhook)
    except BadSignature as error:
        log.warning("webhook.refused", connection=connection, reason=str(error))
        site.hearing.refused(connection, site.now())
        return Received(Verdict.BAD_SIGNATURE)
    except BadBody as error:
        site.hearing.delivered(connection)
        await _keep_bad(site, connection, webhook, str(error))
        return Received(Verdict.BAD_BODY)
    received = await site.store.write(lambda c: _keep(site, c, connector, webhook, delivery))
    site.hearing.delivered(connection)
    site.queue.wake()
    crash.point("H2")
    return received


def _keep(site: Site, c: Connection, connector: Connector, webhook: Webhook, delivery: Delivery) -> Received:
    state = DeliveryState.DONE if delivery.changed else DeliveryState.IGNORED
    stored = deliveries.add(
        c,
        connection=connector.connection,
        delivery_id=delivery.id,
        headers=_kept(webhook.headers),
        body=webhook.body,
        now=site.now(),
        state=state,
    )
    if stored is None:
        return Received(Verdict.DOUBLED)
    taken = take_in(site, c, connector.connection, delivery.changed)
    if taken.links:
        deliveries.done(c, stored, f"{taken.links} links marked")
    elif delivery.changed:
        deliveries.done(c, stored, "our own write" if taken.echoes else "known before, or in no mapping")
    return Received(Verdict.TAKEN, taken)


async def _keep_bad(site: Site, connection: str, webhook: Webhook, reason: str) -> None:
    """A signed body that cannot be read is kept and shown; the vendor is not made to send it again."""
    log.error("webhook.unreadable", connection=connection, reason=reason)
    digest = hashlib.sha256(webhook.body).hexdigest()
    await site.store.write(
        lambda c: deliveries.add(
            c,
            connection=connection,
            delivery_id=f"bad:{digest}",
            headers=_kept(webhook.headers),
            body=webhook.body,
            now=site.now(),
            state=DeliveryState.BAD,
            reason=reason,
        )
    )


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name in KEPT_HEADERS}
