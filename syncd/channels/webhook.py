"""Any program, by a signed request (Standard Webhooks, https://github.com/standard-webhooks/standard-webhooks).

`webhook-id` is the same when a message is sent again: a receiver that keeps the ids it has seen takes each once.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

from standardwebhooks.webhooks import Webhook as Signer

from syncd.channels.config import WebhookConfig
from syncd.channels.port import Channel, Outgoing
from syncd.channels.posting import Post, as_bytes


class Webhook(Channel):
    knows_repeats = True

    def __init__(self, name: str, config: WebhookConfig, *, fingerprint: str) -> None:
        super().__init__(name, fingerprint=fingerprint)
        self._post = Post(config.url, name=name, timeout=config.timeout)
        self._signer = Signer(config.secret.get_secret_value())

    async def send(self, message: Outgoing) -> str:
        body = as_bytes(payload(message))
        now = datetime.now(UTC)  # of this attempt: a receiver refuses what is older than five minutes
        await self._post(body, headers(message.id, now, self._signer.sign(message.id, now, body.decode())))
        return ""

    def shown(self, message: Outgoing) -> str:
        return json.dumps(payload(message), ensure_ascii=False, indent=2)

    async def aclose(self) -> None:
        await self._post.aclose()


def headers(identity: str, at: datetime, signature: str) -> dict[str, str]:
    return {
        "webhook-id": identity,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature,
    }


def payload(message: Outgoing) -> dict[str, object]:
    """`data.events` are the facts, one or, in a digest, many."""
    data = {
        "subject": message.subject,
        "text": message.text,
        "links": [{"label": label, "url": url} for label, url in message.links],
        "events": list(message.events),
    }
    return {"type": message.kind, "timestamp": message.at.astimezone(UTC).isoformat(), "data": data}
