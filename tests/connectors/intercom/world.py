"""A simulated Intercom and a connector to it; every request and every answer is checked against the description."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from syncd.core.model import Fields
from syncd.sdk.connector import Webhook
from syncd.sdk.testing.clock import Clock
from syncd.sdk.testing.openapi import CheckedTransport
from syncd.sdk.testing.page import Upload
from syncd.sdk.testing.world import Deed, Deeds, Shown, Words
from syncd_intercom import Intercom, IntercomConfig
from syncd_intercom.catalogue import Catalogue, catalogue
from syncd_intercom.fields import CLOSED, conversation_change, ticket_json
from syncd_intercom.hook import sign
from syncd_intercom.simulator import ANA, BEN, CAROL, LINK, IntercomSimulator
from syncd_intercom.simulator.state import BUG, PROMISED, SEVERITIES, SEVERITY, STATES, TASK, Conversation, Item, Ticket
from syncd_intercom.wire import StateJson, TypeJson
from tests.connectors.intercom.description import BESIDE, description

HOOK = "https://syncd.example/hooks/intercom"
SECRET = "the-client-secret-of-the-app"
DECLARED = {
    SEVERITY: {"type": "list", "options": list(SEVERITIES)},
    "Affected users": {"type": "integer"},
    PROMISED: {"type": "datetime"},
}
DEEDS = frozenset({Deed.ATTACH, Deed.DELETE})
PLACE = {"ticket_type": BUG.name, "contact": CAROL.email}

TICKETS = Words(
    place=PLACE,
    title="title",
    choice=(SEVERITY, "Low", "High"),
    status=("status", "With engineering"),
    impossible="Done by hand",
    done=("status", "Submitted", "Resolved"),
    moment=PROMISED,
    person="assignee",
    email=BEN.email,
    deeds=DEEDS,
)
CONVERSATIONS = Words(
    place={},
    title="title",
    choice=(SEVERITY, "Low", "High"),
    status=("status", CLOSED),
    impossible="snoozed",
    done=("status", "open", CLOSED),
    labels="tags",
    moment=PROMISED,
    person="assignee",
    email=BEN.email,
    deeds=DEEDS,
)


class IntercomWorld(Deeds):
    """The vendor as `ConnectorTests` wants to see it, with a clock that only the test moves."""

    def __init__(self, objects: str = "tickets", **settings: Any) -> None:
        self.objects = objects
        self.words = CONVERSATIONS if objects == "conversations" else TICKETS
        self.clock = Clock()
        self.simulator = IntercomSimulator(clock=self.clock)
        self.simulator.url = "https://api.intercom.example"
        self.simulator.lag = timedelta(seconds=30)
        self.simulator.subscribe(HOOK, SECRET)
        self.transport = CheckedTransport(self.simulator.transport(), description(), beside=BESIDE)
        block = {**self.simulator.connection(), "webhook_secret": SECRET, "conversation_attributes": DECLARED}
        self.settings = {**block, "objects": objects, **settings}

    def connector(self, **settings: Any) -> Intercom:
        config = IntercomConfig(**{**self.settings, **settings})
        return Intercom(config, connection="acme", transport=self.transport)

    @property
    def requests(self) -> int:
        return len(self.simulator.requests)

    def calls(self, since: int = 0) -> list[str]:
        return self.simulator.calls(since=since)

    def item(self, ref: str) -> Item:
        return self.simulator.desk.item(ref)

    async def open(self, fields: Fields) -> str:
        given = dict(fields)
        title = str(given.pop(self.words.title))
        begun = self.objects == "conversations"
        ref = self.simulator.begin(title=title) if begun else self.simulator.make(title)
        if given:
            await self.edit(ref, given)
        return ref

    async def edit(self, ref: str, fields: Fields) -> None:
        item = self.item(ref)
        if isinstance(item, Ticket):
            self.simulator.edit(ref, ticket_json(fields, self._known().types[item.kind.id], self._known()))
        else:
            self._edit_conversation(item, fields)

    def _edit_conversation(self, item: Conversation, fields: Fields) -> None:
        change, desk = conversation_change(fields, self._known()), self.simulator.desk
        with self.simulator.acting(ANA):
            if change.body:
                desk.update_conversation(item, change.body)
            if change.state:
                desk.manage(item, {CLOSED: "close"}.get(change.state, change.state))
            if change.assignee:
                desk.manage(item, "assignment", assignee=change.assignee)
            for id in [*item.tags] if change.tags is not None else []:
                desk.set_tag(item, id, on=False)
            for name in sorted(change.tags or ()):
                desk.set_tag(item, desk.tag(name), on=True)

    async def say(self, ref: str, text: str, *, public: bool) -> None:
        self.simulator.write(ref, text, public=public)

    async def look(self, ref: str) -> Shown:
        """What the Messenger shows the contact: no note, no hidden attribute, nothing of an unshared ticket."""
        item = self.item(ref)
        link = str(item.values.get(LINK) or "")
        texts = []
        if isinstance(item, Conversation):
            texts += [item.title or "", item.source.body or ""]
        elif item.shared:
            shown = {each.name for each in item.kind.attributes if each.shown}
            texts += [str(value) for name, value in item.values.items() if name in shown and value]
        if isinstance(item, Conversation) or item.shared:
            for part in item.parts:
                if part.type != "note":
                    texts += [part.body or "", *(file.name for file in part.files)]
        return Shown(tuple(texts), (link,) if link else ())

    async def settle(self) -> None:
        """Beyond the lag of the search index and the look-back of a poll."""
        self.clock.advance(timedelta(seconds=400))

    async def webhooks(self) -> Sequence[Webhook]:
        waiting, self.simulator.outbox.waiting = self.simulator.outbox.waiting, []
        made = []
        for each in waiting:
            headers, body = self.simulator.webhook_request(each.event, each.subscription)
            made.append(Webhook(headers, body, self.clock()))
        return made

    def sign(self, body: bytes) -> Webhook:
        return Webhook({"x-hub-signature": sign(SECRET, body)}, body, self.clock())

    # -- what a person does to a whole ticket

    async def attach(self, ref: str, name: str, content: bytes, *, public: bool) -> None:
        file = Upload(name, "application/octet-stream", content)
        self.simulator.write(ref, "see the file", public=public, files=[file])

    async def delete(self, ref: str) -> None:
        with self.simulator.acting(ANA):
            self.simulator.desk.delete(self.item(ref))

    def _known(self) -> Catalogue:
        shapes = self.simulator.desk.shapes
        types = [TypeJson.model_validate(shapes.listed_type(kind)) for kind in (BUG, TASK)]
        states = [StateJson.model_validate(shapes.listed_state(state)) for state in STATES]
        return catalogue(types, states, [], IntercomConfig(**self.settings))


__all__ = ["CONVERSATIONS", "HOOK", "PLACE", "SECRET", "TICKETS", "IntercomWorld"]
