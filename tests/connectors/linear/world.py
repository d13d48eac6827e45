"""A simulated Linear and a connector to it; every request and every answer is checked against Linear's schema."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from syncd.core.model import Fields, Person, RichText, Value
from syncd.sdk.connector import Backlink, Draft, Webhook
from syncd.sdk.testing.clock import Clock
from syncd.sdk.testing.outbox import Event
from syncd.sdk.testing.page import Answer, Upload
from syncd.sdk.testing.tokens import CLIENT_ID, CLIENT_SECRET
from syncd.sdk.testing.world import Deed, Deeds, Shown, Words
from syncd_linear import Linear, LinearConfig
from syncd_linear.fields import PRIORITIES
from syncd_linear.simulator import BEN, SYNCD, LinearSimulator
from syncd_linear.simulator.state import Issue, StoredComment
from tests.connectors.linear.description import SchemaTransport

HOOK = "https://syncd.example/hooks/linear"
SECRET = "a-webhook-secret-of-24-bytes"
FILES_HOST = "https://uploads.linear.example"
SETTLED = timedelta(seconds=200)
"""Beyond the minute that each poll looks back, and the three in which a new issue's history stays empty."""

PLACE = {"team": "ENG"}
BACKLINK = Backlink("https://acme.zendesk.com/agent/tickets/7", "#7 Export fails", "#7", customer=Person("1", "Carol"))


def draft(**fields: Value) -> Draft:
    return Draft(PLACE, {"title": "Export fails", **fields})


class LinearWorld(Deeds):
    """The vendor as `ConnectorTests` wants to see it, with a clock that only the test moves."""

    words = Words(
        place={"team": "ENG"},
        title="title",
        description="description",
        choice=("priority", "Low", "Urgent"),
        status=("status", "In Progress"),
        done=("status", "Backlog", "Done"),
        labels="labels",
        day="dueDate",
        person="assignee",
        email=BEN.email,
        customers=False,
        deeds=frozenset(Deed),
    )

    def __init__(self, *, app: bool = False, **config: Any) -> None:
        self.clock = Clock()
        self.simulator = LinearSimulator(clock=self.clock)
        self.simulator.url = "https://api.linear.example"
        self.simulator.files_host = FILES_HOST
        self.simulator.subscribe(HOOK, SECRET)
        self.space = self.simulator.workspace
        self.transport = SchemaTransport(self.simulator.transport())
        self.simulator.tokens.life = timedelta(days=3650)  # its clock runs ahead of the one that syncd renews by
        application = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        credential = {"oauth": application} if app else {"api_key": SYNCD.token}
        self.settings: dict[str, Any] = {
            "connector": "linear",
            "url": self.simulator.url,
            **credential,
            "webhook_secret": SECRET,
            "files_url": self.simulator.files_url,
            "download_hosts": {"uploads.linear.example"},
            **config,
        }

    def connector(self, **settings: Any) -> Linear:
        """A new process's connector."""
        config = LinearConfig(**{**self.settings, **settings})
        return Linear(config, connection="acme", transport=self.transport)

    def issue(self, ref: str) -> Issue:
        return self.space.issues[ref]

    @property
    def requests(self) -> int:
        return len(self.simulator.requests)

    async def open(self, fields: Fields) -> str:
        given = self._given(fields)
        return self.simulator.make(str(given.pop("title")), **given)

    async def edit(self, ref: str, fields: Fields) -> None:
        self.simulator.edit(ref, **self._given(fields))

    async def say(self, ref: str, text: str, *, public: bool) -> None:
        self.simulator.write(ref, text)

    async def attach(self, ref: str, name: str, content: bytes, *, public: bool) -> None:
        with self.simulator.do():
            self.simulator.say(ref, Answer("see the file", True, (Upload(name, "application/octet-stream", content),)))

    async def delete(self, ref: str) -> None:
        """Into the bin."""
        with self.simulator.do():
            self.space.trash(self.issue(ref))

    async def restore(self, ref: str) -> None:
        with self.simulator.do():
            self.space.restore(self.issue(ref))

    async def move(self, ref: str) -> None:
        self.simulator.edit(ref, team=self.space.team_called("OPS"))

    async def merge(self, ref: str, into: str) -> None:
        """Marked as a duplicate, which is what a merge is here."""
        with self.simulator.do():
            self.space.mark_duplicate(self.issue(ref), self.issue(into))

    async def reword(self, ref: str, said: str, text: str) -> None:
        with self.simulator.do():
            self.space.rewrite(self.issue(ref), self._said(ref, said), text)

    async def unsay(self, ref: str, said: str) -> None:
        with self.simulator.do():
            self.space.unsay(self.issue(ref), self._said(ref, said))

    def _said(self, ref: str, said: str) -> StoredComment:
        return next(comment for comment in self.issue(ref).comments if said in comment.body)

    async def look(self, ref: str) -> Shown:
        """No customer reads anything of a workspace."""
        return Shown((), tuple(link.url for link in self.issue(ref).links))

    async def settle(self) -> None:
        self.clock.advance(SETTLED)

    async def switch_off(self, address: str) -> None:
        self.space.give_up(address)

    async def webhooks(self) -> Sequence[Webhook]:
        waiting, self.simulator.outbox.waiting = self.simulator.outbox.waiting, []
        made = [self.simulator.webhook_request(each.event, each.subscription) for each in waiting]
        return [Webhook(headers, body, self.clock()) for headers, body in made]

    def sign(self, body: bytes) -> Webhook:
        [subscription] = self.simulator.outbox.subscriptions
        headers, sent = self.simulator.signed(body, Event("hook-signed", "Issue", body, self.clock()), subscription)
        return Webhook(headers, sent, self.clock())

    def told(self) -> list[dict[str, Any]]:
        """What the waiting webhooks say."""
        return [json.loads(each.event.body) for each in self.simulator.outbox.waiting]

    def _given(self, fields: Fields) -> dict[str, Any]:
        return dict(self._one(name, value) for name, value in fields.items())

    def _one(self, name: str, value: Value) -> tuple[str, Any]:
        match name, value:
            case "priority", str():
                return name, PRIORITIES.index(value)
            case "status", str():
                return "state", next(s for s in self.space.team_called("ENG").states if s.name == value)
            case "assignee", Person():
                return name, self.space.users[value.id]
            case "labels", frozenset():
                known = {label.name: label for label in self.space.labels.values()}
                return name, tuple(known.get(word) or self.space.make_label(word, None) for word in sorted(value))
            case "dueDate", date():
                return "due", value
            case "estimate", Decimal():
                return name, int(value)
            case _, RichText():
                return name, value.markdown
            case _:
                return name, value
