"""A simulated Zendesk and a connector to it; every request and every answer is checked against the description."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from syncd.core.model import Fields
from syncd.sdk.connector import Webhook
from syncd.sdk.testing.clock import Clock
from syncd.sdk.testing.openapi import CheckedTransport
from syncd.sdk.testing.page import Upload
from syncd.sdk.testing.world import Deed, Deeds, Shown, Words
from syncd_zendesk import Zendesk, ZendeskConfig
from syncd_zendesk.desk import BEGAN, BEN, LINK_FIELD
from syncd_zendesk.fields import Catalogue, custom_fields, to_json
from syncd_zendesk.hook import sign
from syncd_zendesk.simulator import ZendeskSimulator
from syncd_zendesk.wire import TicketFieldJson
from tests.connectors.zendesk.description import BESIDE, description

HOOK = "https://syncd.example/hooks/zendesk"
SECRET = "dGhpc19pc19hIHNlY3JldA=="


class ZendeskWorld(Deeds):
    """The vendor as `ConnectorTests` wants to see it, with a clock that only the test moves."""

    words = Words(
        place={"group": "Support"},
        title="subject",
        choice=("priority", "low", "urgent"),
        status=("status", "solved"),
        done=("status", "open", "solved"),
        labels="tags",
        day="Outage began",
        moment="due_at",
        person="assignee",
        email=BEN.email,
        deeds=frozenset(Deed) - {Deed.REWORD, Deed.UNSAY},
    )

    def __init__(self, *, link_field: int | None = LINK_FIELD, **how: Any) -> None:
        self.clock = Clock()
        self.simulator = ZendeskSimulator(clock=self.clock, **how)
        self.simulator.url = "https://acme.zendesk.example"
        self.simulator.subscribe(HOOK, SECRET)
        self.transport = CheckedTransport(self.simulator.transport(), description(), beside=BESIDE)
        self.settings: dict[str, Any] = {
            "connector": "zendesk",
            "url": self.simulator.url,
            "email": "syncd@acme.example",
            "token": "zendesk-token",
            "webhook_secret": SECRET,
            "link_field": link_field,
        }

    def connector(self, **settings: Any) -> Zendesk:
        config = ZendeskConfig(**{**self.settings, **settings})
        return Zendesk(config, connection="acme", transport=self.transport)

    @property
    def requests(self) -> int:
        return len(self.simulator.requests)

    def calls(self, since: int = 0) -> list[str]:
        return self.simulator.calls(since=since)

    async def open(self, fields: Fields) -> str:
        given = self._json(fields)
        return self.simulator.make(str(given.pop("subject")), **given)

    async def edit(self, ref: str, fields: Fields) -> None:
        self.simulator.edit(ref, **self._json(fields))

    async def say(self, ref: str, text: str, *, public: bool) -> None:
        self.simulator.write(ref, text, public=public)

    async def attach(self, ref: str, name: str, content: bytes, *, public: bool) -> None:
        file = Upload(name, "application/octet-stream", content)
        self.simulator.write(ref, "see the file", public=public, files=[file])

    async def delete(self, ref: str) -> None:
        with self.simulator.do():
            self.simulator.desk.delete(self.simulator.desk.ticket(ref))

    async def restore(self, ref: str) -> None:
        with self.simulator.do():
            self.simulator.desk.restore(int(ref))

    async def move(self, ref: str) -> None:
        """To another group, which its agents see in another list."""
        self.simulator.edit(ref, group_id=3002)

    async def merge(self, ref: str, into: str) -> None:
        with self.simulator.do():
            self.simulator.desk.merge(self.simulator.desk.ticket(ref), self.simulator.desk.ticket(into))

    async def look(self, ref: str) -> Shown:
        ticket = self.simulator.desk.ticket(ref)
        texts = [str(ticket.values["subject"])]
        for comment in ticket.comments:
            if comment.public:
                texts += [comment.text, comment.html, *(file.name for file in comment.files)]
        link = ticket.custom[LINK_FIELD]
        return Shown(tuple(texts), (link,) if link else ())

    async def settle(self) -> None:
        """Beyond the minute that the exports leave out, and the minute that each poll looks back."""
        self.clock.advance(timedelta(seconds=200))

    async def switch_off(self, address: str) -> None:
        self.simulator.webhooks.switch_off(address)

    async def webhooks(self) -> Sequence[Webhook]:
        waiting, self.simulator.outbox.waiting = self.simulator.outbox.waiting, []
        made = [self.simulator.webhook_request(each.event, each.subscription) for each in waiting]
        return [Webhook(headers, body, self.clock()) for headers, body in made]

    def sign(self, body: bytes) -> Webhook:
        return Webhook(signed(body, self.clock().isoformat()), body, self.clock())

    def _json(self, fields: Fields) -> dict[str, Any]:
        desk = self.simulator.desk
        known = [TicketFieldJson.model_validate(desk.json.ticket_field(each)) for each in desk.fields.values()]
        return to_json(fields, Catalogue(custom_fields(known, by_title=True), groups=desk.groups))


def signed(body: bytes, stamp: str, *, secret: str = SECRET, invocation: str = "invocation-1") -> Mapping[str, str]:
    return {
        "x-zendesk-webhook-signature": sign(secret, stamp, body).decode(),
        "x-zendesk-webhook-signature-timestamp": stamp,
        "x-zendesk-webhook-invocation-id": invocation,
    }


def told(webhook: Webhook) -> Any:
    return json.loads(webhook.body)


__all__ = ["BEGAN", "HOOK", "SECRET", "ZendeskWorld", "signed", "told"]
