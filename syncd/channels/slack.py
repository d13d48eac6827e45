"""Slack by an incoming webhook (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks).

Everything that comes from a ticket stands in `plain_text`, so that no name in it calls anybody and nothing formats.
Slack knows no ids of messages: what was sent twice stands there twice.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx

from syncd.channels.config import SlackConfig
from syncd.channels.port import Channel, Outgoing
from syncd.channels.posting import Post, as_bytes, by_status
from syncd.sdk.errors import ConnectorError, Forbidden, NotFound

HEADER, SECTION = 150, 3000  # characters that a block takes
GONE = ("no_service", "no_team", "channel_not_found", "channel_is_archived", "invalid_token", "no_active_hooks")
REFUSED = ("action_prohibited", "posting_to_general_channel_denied", "team_disabled")


class Slack(Channel):
    knows_repeats = False

    def __init__(self, name: str, config: SlackConfig, *, fingerprint: str) -> None:
        super().__init__(name, fingerprint=fingerprint)
        self._post = Post(config.url.get_secret_value(), name=name, timeout=config.timeout, explain=explained)

    async def send(self, message: Outgoing) -> str:
        await self._post(as_bytes(payload(message)))
        return ""

    def shown(self, message: Outgoing) -> str:
        return json.dumps(payload(message), ensure_ascii=False, indent=2)

    async def aclose(self) -> None:
        await self._post.aclose()


def payload(message: Outgoing) -> dict[str, object]:
    """The message in blocks; `text` is what a notification shows."""
    return {"text": _escaped(message.subject), "unfurl_links": False, "blocks": list(_blocks(message))}


def _blocks(message: Outgoing) -> Iterator[dict[str, object]]:
    yield {"type": "header", "text": _plain(message.subject[:HEADER] or "syncd")}
    for start in range(0, len(message.text), SECTION):
        yield {"type": "section", "text": _plain(message.text[start : start + SECTION])}
    if message.links:
        links = " · ".join(f"<{_address(url)}|{_escaped(label).replace('|', '/')}>" for label, url in message.links)
        yield {"type": "section", "text": {"type": "mrkdwn", "text": links[:SECTION], "verbatim": True}}


def _plain(text: str) -> dict[str, object]:
    return {"type": "plain_text", "text": text, "emoji": False}


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _address(url: str) -> str:
    return _escaped(url).replace("|", "%7C")


def explained(response: httpx.Response) -> ConnectorError | None:
    """Slack names its reason in the body, in one word."""
    said = response.text[:100].strip()
    if said in GONE:
        return NotFound(f"Slack says {said}")
    if said in REFUSED:
        return Forbidden(f"Slack says {said}")
    return by_status(response)
