"""A simulated Zammad and a connector to it; every request and every answer is checked against the vendor's pages."""

from base64 import b64encode
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from syncd.core.model import Fields
from syncd.sdk.connector import Webhook
from syncd.sdk.testing.clock import Clock
from syncd.sdk.testing.openapi import CheckedTransport
from syncd.sdk.testing.world import Deed, Deeds, Shown, Words
from syncd_zammad import Zammad, ZammadConfig
from syncd_zammad.fields import Attribute, Catalogue, to_json
from syncd_zammad.hook import sign
from syncd_zammad.simulator import ANA, BEN, LINK_FIELD, ZammadSimulator
from syncd_zammad.simulator.state import Ticket
from tests.connectors.zammad.description import BESIDE, description

HOOK = "https://syncd.example/hooks/zammad"
SECRET = "a-signature-token"


class ZammadWorld(Deeds):
    """The vendor as `ConnectorTests` wants to see it, with a clock that only the test moves."""

    words = Words(
        place={"group": "2nd Level"},
        title="title",
        choice=("priority", "1 low", "3 high"),
        status=("status", "closed"),
        done=("status", "open", "closed"),
        impossible="pending reminder",  # without a time to wait for
        labels="tags",
        day="outage_began",
        moment="fix_planned",
        person="owner",
        email=BEN.email,
        deeds=frozenset(Deed) - {Deed.RESTORE, Deed.REWORD},
    )

    def __init__(self, *, subscribed: bool = True, **how: Any) -> None:
        self.clock = Clock()
        self.simulator = ZammadSimulator(clock=self.clock, **how)
        self.simulator.url = "https://helpdesk.acme.example"
        if subscribed:
            self.simulator.subscribe(HOOK, SECRET)
        self.transport = CheckedTransport(self.simulator.transport(), description(), beside=BESIDE)
        self.settings: dict[str, Any] = {
            "connector": "zammad",
            "url": self.simulator.url,
            "token": "zammad-token",
            "webhook_secret": SECRET,
            "link_field": LINK_FIELD,
        }

    def connector(self, **settings: Any) -> Zammad:
        config = ZammadConfig(**{**self.settings, **settings})
        return Zammad(config, connection="acme", transport=self.transport)

    @property
    def requests(self) -> int:
        return len(self.simulator.requests)

    def calls(self, since: int = 0) -> list[str]:
        return self.simulator.calls(since=since)

    def ticket(self, ref: str) -> Ticket:
        return self.simulator.desk.ticket(ref)

    async def open(self, fields: Fields) -> str:
        given = self._json(fields)
        return self.simulator.make(str(given.pop("title")), **given)

    async def edit(self, ref: str, fields: Fields) -> None:
        given = {name: value for name, value in fields.items() if name != "tags"}
        if given:
            self.simulator.edit(ref, **self._json(given))
        if isinstance(wanted := fields.get("tags"), frozenset):
            with self.simulator.acting(ANA):
                have = frozenset(self.ticket(ref).tags)
                for tag in sorted(wanted - have):
                    self.simulator.desk.add_tag(int(ref), tag)
                for tag in sorted(have - wanted):
                    self.simulator.desk.remove_tag(int(ref), tag)

    async def say(self, ref: str, text: str, *, public: bool) -> None:
        self.simulator.write(ref, text, public=public)

    async def attach(self, ref: str, name: str, content: bytes, *, public: bool) -> None:
        file = {"filename": name, "mime-type": "application/octet-stream", "data": b64encode(content).decode()}
        self.simulator.write(ref, "see the file", public=public, attachments=[file])

    async def delete(self, ref: str) -> None:
        """For good (tickets.rst, Delete)."""
        with self.simulator.acting(ANA):
            self.simulator.desk.delete(self.ticket(ref))

    async def move(self, ref: str) -> None:
        self.simulator.edit(ref, group="Service Desk")

    async def merge(self, ref: str, into: str) -> None:
        with self.simulator.acting(ANA):
            self.simulator.desk.merge(self.ticket(ref), self.ticket(into))

    async def unsay(self, ref: str, said: str) -> None:
        """An own note, where an administrator gave more time for it than the ten minutes of a new Zammad."""
        self.simulator.desk.note_life = timedelta(days=1)
        note = next(article for article in self.ticket(ref).articles if said in article.body)
        with self.simulator.acting(ANA):
            self.simulator.desk.delete_article(note.id)

    async def look(self, ref: str) -> Shown:
        ticket = self.ticket(ref)
        texts = [str(ticket.values["title"])]
        for article in ticket.articles:
            if not article.internal:
                texts += [article.body, *(file.name for file in article.files)]
        link = ticket.values.get(LINK_FIELD)
        return Shown(tuple(texts), (link,) if link else ())

    async def settle(self) -> None:
        """Beyond what each poll looks back."""
        self.clock.advance(timedelta(seconds=60))

    async def switch_off(self, address: str) -> None:
        self.simulator.switch_off(address)

    async def webhooks(self) -> Sequence[Webhook]:
        waiting, self.simulator.outbox.waiting = self.simulator.outbox.waiting, []
        made = [self.simulator.webhook_request(each.event, each.subscription) for each in waiting]
        return [Webhook(headers, body, self.clock()) for headers, body in made]

    def sign(self, body: bytes) -> Webhook:
        return Webhook(signed(body), body, self.clock())

    def _json(self, fields: Fields) -> dict[str, Any]:
        attributes = self.simulator.desk.attributes
        return to_json(fields, Catalogue({each.name: Attribute(each.name, each.type) for each in attributes}))


def signed(body: bytes, *, secret: str = SECRET, delivery: str = "delivery-1") -> dict[str, str]:
    return {"x-hub-signature": sign(secret, body), "x-zammad-delivery": delivery, "x-zammad-trigger": "syncd"}
