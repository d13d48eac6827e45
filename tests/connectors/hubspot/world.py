"""A simulated HubSpot and a connector to it; every request and every answer is checked against the description."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from syncd.core.model import Fields, Person, RichText, Value
from syncd.sdk.connector import Webhook
from syncd.sdk.testing.clock import Clock
from syncd.sdk.testing.openapi import CheckedTransport
from syncd.sdk.testing.page import Upload
from syncd.sdk.testing.world import Deed, Deeds, Shown, Words
from syncd_hubspot import Hubspot, HubspotConfig
from syncd_hubspot.fields import API_NAMES
from syncd_hubspot.hook import SIGNATURE, TIMESTAMP, sign
from syncd_hubspot.simulator import ANA, BEN, CAROL, LINK, HubspotSimulator
from syncd_hubspot.simulator.account import BILLING
from syncd_hubspot.wire import milliseconds, stamp
from tests.connectors.hubspot.description import BESIDE, description

HOOK = "https://syncd.example/hooks/hubspot"
SECRET = "the-client-secret-of-the-app"


class HubspotWorld(Deeds):
    """The vendor as `ConnectorTests` wants to see it, with a clock that only the test moves."""

    words = Words(
        place={"pipeline": "Support Pipeline"},
        title="subject",
        choice=("priority", "LOW", "URGENT"),
        status=("status", "Waiting on us"),
        impossible="Refunded",
        done=("status", "New", "Closed"),
        day="began",
        moment="promised",
        person="assignee",
        email=BEN.email,
        deeds=frozenset(Deed)
        - {Deed.REWORD, Deed.UNSAY, Deed.SWITCH_OFF},  # neither moves the ticket, so no poll tells it
    )

    def __init__(self, **settings: Any) -> None:
        self.clock = Clock()
        self.simulator = HubspotSimulator(clock=self.clock)
        self.simulator.url = "https://api.hubapi.example"
        self.simulator.lag = timedelta(seconds=20)
        self.simulator.subscribe(HOOK, SECRET)
        self.transport = CheckedTransport(self.simulator.transport(), description(), beside=BESIDE)
        block = {**self.simulator.connection(), "webhook_secret": SECRET, "webhook_url": HOOK}
        self.settings = {**block, **settings}

    def connector(self, **settings: Any) -> Hubspot:
        config = HubspotConfig(**{**self.settings, **settings})
        return Hubspot(config, connection="acme", transport=self.transport)

    @property
    def requests(self) -> int:
        return len(self.simulator.requests)

    def calls(self, since: int = 0) -> list[str]:
        return self.simulator.calls(since=since)

    async def open(self, fields: Fields) -> str:
        given = self._properties(fields, pipeline="0")
        return self.simulator.make(given.pop("subject"), **given)

    async def edit(self, ref: str, fields: Fields) -> None:
        now = self.simulator.crm.record("tickets", ref).get("hs_pipeline")
        self.simulator.edit(ref, **self._properties(fields, pipeline=now))

    async def say(self, ref: str, text: str, *, public: bool) -> None:
        """To the contact by mail, else as a note."""
        write = self.simulator.mail if public else self.simulator.note
        write(ref, text)

    async def attach(self, ref: str, name: str, content: bytes, *, public: bool) -> None:
        write = self.simulator.mail if public else self.simulator.note
        write(ref, "see the file", files=[Upload(name, "application/octet-stream", content)])

    async def delete(self, ref: str) -> None:
        with self.simulator.acting(ANA):
            self.simulator.crm.archive(self.simulator.crm.record("tickets", ref))

    async def restore(self, ref: str) -> None:
        with self.simulator.acting(ANA):
            self.simulator.crm.restore(self.simulator.crm.record("tickets", ref, archived=True))

    async def move(self, ref: str) -> None:
        """To another pipeline, where the ticket is new again."""
        self.simulator.edit(ref, hs_pipeline=BILLING, hs_pipeline_stage="901")

    async def merge(self, ref: str, into: str) -> None:
        crm = self.simulator.crm
        with self.simulator.acting(ANA):
            crm.merge(crm.record("tickets", into), crm.record("tickets", ref))

    async def look(self, ref: str) -> Shown:
        """What the contact has: the ticket's name and words as in a portal, and mails from and to it, with files."""
        crm = self.simulator.crm
        ticket = crm.record("tickets", ref)
        texts = [ticket.get("subject"), ticket.get("content")]
        for mail in (crm.records["emails"][id] for id in ticket.linked("emails")):
            if not mail.archived_at and CAROL.email in mail.get("hs_email_headers"):
                files = [crm.files[int(id)] for id in mail.get("hs_attachment_ids").split(";") if id]
                texts += [mail.get("hs_email_html"), *(file.name for file in files)]
        texts += [file.name for file in crm.files.values() if file.access != "PRIVATE"]
        link = ticket.get(LINK)
        return Shown(tuple(texts), (link,) if link else ())

    async def settle(self) -> None:
        """Beyond the lag of the index and the look-back of a poll."""
        self.clock.advance(timedelta(minutes=3))

    async def webhooks(self) -> Sequence[Webhook]:
        waiting, self.simulator.outbox.waiting = self.simulator.outbox.waiting, []
        made = [self.simulator.webhook_request(each.event, each.subscription) for each in waiting]
        return [Webhook(headers, body, self.clock()) for headers, body in made]

    def sign(self, body: bytes) -> Webhook:
        sent = str(milliseconds(self.clock()))
        headers = {SIGNATURE: sign(SECRET, address=HOOK, body=body, timestamp=sent), TIMESTAMP: sent}
        return Webhook(headers, body, self.clock())

    def _properties(self, fields: Fields, *, pipeline: str) -> dict[str, Any]:
        """What a person sets on a ticket's page."""
        return {API_NAMES.get(name, name): self._text(name, value, pipeline) for name, value in fields.items()}

    def _text(self, name: str, value: Value, pipeline: str) -> str:
        match value:
            case str() if name == "status":
                stages = next(each.stages for each in self.simulator.crm.pipelines if each.id == pipeline)
                return next(stage.id for stage in stages if stage.label == value)
            case None:
                return ""
            case Person():
                return value.id
            case RichText():
                return value.markdown
            case frozenset():
                return ";".join(sorted(value))
            case datetime():
                return stamp(value)
            case date():
                return value.isoformat()
            case _:
                return str(value)


__all__ = ["HOOK", "SECRET", "HubspotWorld"]
