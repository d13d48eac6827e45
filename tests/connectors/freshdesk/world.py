"""A simulated Freshdesk and a connector to it; every request and every answer is checked against the description."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from syncd.core.model import Fields
from syncd.sdk.connector import Webhook
from syncd.sdk.testing.clock import Clock
from syncd.sdk.testing.openapi import CheckedTransport
from syncd.sdk.testing.page import Upload
from syncd.sdk.testing.world import Deed, Deeds, Shown, Words
from syncd_freshdesk import Freshdesk, FreshdeskConfig
from syncd_freshdesk.fields import catalogue, to_json
from syncd_freshdesk.hook import SECRET_HEADER
from syncd_freshdesk.simulator import BEN, KEY_FIELD, LINK_FIELD, FreshdeskSimulator
from syncd_freshdesk.simulator.desk import BEGAN
from syncd_freshdesk.simulator.state import Conversation, Ticket, typed
from syncd_freshdesk.wire import TicketFieldJson
from tests.connectors.freshdesk.description import BESIDE, description

HOOK = "https://syncd.example/hooks/freshdesk"
SECRET = "a-long-and-random-secret"


class FreshdeskWorld(Deeds):
    """The vendor as `ConnectorTests` wants to see it, with a clock that only the test moves."""

    words = Words(
        place={"group": "Support"},
        title="subject",
        choice=("priority", "Low", "Urgent"),
        status=("status", "Waiting on Engineering"),
        done=("status", "Open", "Resolved"),
        labels="tags",
        day=BEGAN,
        person="assignee",
        email=BEN.email,
        signed=False,
        deeds=frozenset(Deed) - {Deed.SWITCH_OFF},
    )

    def __init__(self, **settings: Any) -> None:
        self.clock = Clock()
        self.simulator = FreshdeskSimulator(clock=self.clock)
        self.simulator.url = "https://acme.freshdesk.example"
        self.simulator.lag = timedelta(minutes=3)
        self.simulator.subscribe(HOOK, SECRET)
        self.transport = CheckedTransport(self.simulator.transport(), description(), beside=BESIDE)
        self.settings = {**self.simulator.connection(), "webhook_secret": SECRET, **settings}

    def connector(self, **settings: Any) -> Freshdesk:
        config = FreshdeskConfig(**{**self.settings, **settings})
        return Freshdesk(config, connection="acme", transport=self.transport)

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
            self.simulator.desk.throw_away(self.simulator.desk.ticket(ref), deleted=True)

    async def restore(self, ref: str) -> None:
        with self.simulator.do():
            self.simulator.desk.throw_away(self.simulator.desk.ticket(ref, trash=True), deleted=False)

    async def move(self, ref: str) -> None:
        """To another group, which its agents see in another list."""
        self.simulator.edit(ref, group_id=5002)

    async def merge(self, ref: str, into: str) -> None:
        with self.simulator.do():
            self.simulator.desk.merge(self.simulator.desk.ticket(into), [self.simulator.desk.ticket(ref)])

    async def reword(self, ref: str, said: str, text: str) -> None:
        """Of notes alone; a reply that was mailed stays as it is."""
        ticket, note = self._said(ref, said)
        with self.simulator.do():
            self.simulator.desk.rewrite(ticket, note, typed(text))

    async def unsay(self, ref: str, said: str) -> None:
        with self.simulator.do():
            self.simulator.desk.unsay(*self._said(ref, said))

    def _said(self, ref: str, said: str) -> tuple[Ticket, Conversation]:
        ticket = self.simulator.desk.ticket(ref)
        return ticket, next(each for each in ticket.said if said in each.html)

    async def look(self, ref: str) -> Shown:
        """What the portal shows the customer: fields that are displayed, the description, what is not private."""
        desk = self.simulator.desk
        ticket = desk.ticket(ref)
        texts = [str(ticket.values["subject"]), ticket.html, *(file.name for file in ticket.files)]
        texts += [str(value) for name, value in ticket.custom.items() if desk.fields[name].shown and value]
        for said in ticket.said:
            if not said.private:
                texts += [said.html, *(file.name for file in said.files)]
        link = ticket.custom[LINK_FIELD]
        return Shown(tuple(texts), (link,) if link else ())

    async def settle(self) -> None:
        """Beyond the lag of the search index and the look-back of a poll."""
        self.clock.advance(timedelta(seconds=200))

    async def webhooks(self) -> Sequence[Webhook]:
        """What the rules sent, a millisecond apart: no two deliveries come in one instant."""
        waiting, self.simulator.outbox.waiting = self.simulator.outbox.waiting, []
        made = []
        for each in waiting:
            headers, body = self.simulator.webhook_request(each.event, each.subscription)
            made.append(Webhook(headers, body, self.clock.advance(timedelta(milliseconds=1))))
        return made

    def sign(self, body: bytes) -> Webhook:
        headers = {SECRET_HEADER: SECRET, "content-length": str(len(body)), "content-type": "application/json"}
        return Webhook(headers, body, self.clock())

    def _json(self, fields: Fields) -> dict[str, Any]:
        desk = self.simulator.desk
        shown = [desk.json.field(each, at=self.clock()) for each in desk.fields.values()]
        known = catalogue(
            [TicketFieldJson.model_validate(each) for each in shown], groups=desk.groups, ours=frozenset()
        )
        return to_json(fields, known)


__all__ = ["BEGAN", "HOOK", "KEY_FIELD", "LINK_FIELD", "SECRET", "FreshdeskWorld"]
