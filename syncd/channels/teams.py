"""Microsoft Teams by a workflow's webhook, with an Adaptive Card (https://adaptivecards.microsoft.com).

What comes from a ticket stands in `TextRun`s, which take no Markdown. A workflow knows no ids of messages, and answers
202 before it has posted: whether the card stands in the channel, only the workflow's own history tells.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from syncd.channels.config import TeamsConfig
from syncd.channels.port import Channel, Outgoing
from syncd.channels.posting import Post, as_bytes


class Teams(Channel):
    knows_repeats = False

    def __init__(self, name: str, config: TeamsConfig, *, fingerprint: str) -> None:
        super().__init__(name, fingerprint=fingerprint)
        self._post = Post(config.url.get_secret_value(), name=name, timeout=config.timeout)

    async def send(self, message: Outgoing) -> str:
        await self._post(as_bytes(payload(message)))
        return ""

    def shown(self, message: Outgoing) -> str:
        return json.dumps(payload(message), ensure_ascii=False, indent=2)

    async def aclose(self) -> None:
        await self._post.aclose()


def payload(message: Outgoing) -> dict[str, object]:
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": list(_body(message)),
        "actions": [{"type": "Action.OpenUrl", "title": label, "url": url} for label, url in message.links],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _body(message: Outgoing) -> Iterator[dict[str, object]]:
    """One block for each line: a line break inside of a run is not shown everywhere."""
    yield _line(message.subject or "syncd", weight="Bolder", size="Medium")
    gap = True
    for line in message.text.split("\n"):
        if line.strip():
            yield _line(line, spacing="Medium" if gap else "None")
        gap = not line.strip()


def _line(text: str, *, spacing: str = "Default", **style: str) -> dict[str, object]:
    run = {"type": "TextRun", "text": text, **style}
    return {"type": "RichTextBlock", "spacing": spacing, "inlines": [run]}
