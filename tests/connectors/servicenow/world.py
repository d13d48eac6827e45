"""A simulated ServiceNow and a connector to it; every request and every answer is checked against the description."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from syncd.core.model import Fields
from syncd.sdk.connector import Webhook
from syncd.sdk.testing.clock import Clock
from syncd.sdk.testing.openapi import CheckedTransport
from syncd.sdk.testing.world import Deed, Deeds, Shown, Words
from syncd_servicenow import ServiceNow, ServiceNowConfig
from syncd_servicenow.fields import catalogue_of, to_columns
from syncd_servicenow.hook import sign
from syncd_servicenow.simulator import ANA, BEN, CAROL, ServiceNowSimulator
from syncd_servicenow.simulator.state import CUSTOMER, GROUPS, Row
from syncd_servicenow.wire import ChoiceJson, ColumnJson
from tests.connectors.servicenow.description import description

HOOK = "https://syncd.example/hooks/servicenow"
SECRET = "a-webhook-secret"


class ServiceNowWorld(Deeds):
    """The vendor as `ConnectorTests` wants to see it, with a clock that only the test moves."""

    words: Words = Words(
        place={"assignment_group": "Service Desk"},
        title="short_description",
        choice=("urgency", "3 - Low", "1 - High"),
        status=("status", "In Progress"),
        impossible="On Hold",  # without a reason
        done=("status", "New", "Resolved"),
        day="u_outage_began",
        moment="due_date",
        person="assigned_to",
        email=BEN.email,
        deeds=frozenset({Deed.DELETE, Deed.RESTORE, Deed.MOVE}),
    )

    def __init__(self, *, subscribed: bool = True, table: str = "incident") -> None:
        self.clock = Clock()
        self.simulator = ServiceNowSimulator(clock=self.clock, table=table)
        self.simulator.url = "https://acme.service-now.example"
        if subscribed:
            self.simulator.subscribe(HOOK, SECRET)
        self.transport = CheckedTransport(self.simulator.transport(), description())
        self.settings: dict[str, Any] = self.simulator.connection(webhook_secret=SECRET)
        if table != "incident":  # whose states are others, and none of them wants more
            self.words = replace(type(self).words, status=("status", "Open"), impossible=None)
            self.settings["with_status"] = {}

    def connector(self, **settings: Any) -> ServiceNow:
        config = ServiceNowConfig(**{**self.settings, **settings})
        return ServiceNow(config, connection="acme", transport=self.transport)

    @property
    def requests(self) -> int:
        return len(self.simulator.requests)

    def calls(self, since: int = 0) -> list[str]:
        return self.simulator.calls(since=since)

    def ticket(self, ref: str) -> Row:
        return self.simulator.instance.ticket(ref)

    # -- a person

    async def open(self, fields: Fields) -> str:
        columns = self._columns({**self.words.place, **fields})
        with self.simulator.acting(CAROL):
            return self.simulator.instance.create({CUSTOMER[self.simulator.table]: CAROL.id, **columns})["sys_id"]

    async def edit(self, ref: str, fields: Fields) -> None:
        with self.simulator.acting(ANA):
            self.simulator.instance.update(ref, self._columns(fields))

    async def say(self, ref: str, text: str, *, public: bool) -> None:
        """Nobody types two comments in one second; ServiceNow would not tell which was the first."""
        self.clock.advance(1)
        self.simulator.write(ref, text, public=public)
        self.clock.advance(1)

    async def look(self, ref: str) -> Shown:
        """What the portal shows to the caller: the texts, the comments, and each file of the ticket."""
        row, instance = self.ticket(ref), self.simulator.instance
        texts = [row["short_description"], row["description"]]
        texts += [entry["value"] for entry in instance.journal(ref) if entry["element"] == "comments"]
        texts += [file["file_name"] for file in instance.files(ref)]
        link = row["correlation_display"]
        return Shown(tuple(texts), (link,) if link else ())

    async def delete(self, ref: str) -> None:
        with self.simulator.acting(ANA):
            self.simulator.instance.delete(ref)

    async def restore(self, ref: str) -> None:
        with self.simulator.acting(ANA):
            self.simulator.instance.restore(ref)

    async def move(self, ref: str) -> None:
        await self.edit(ref, {"assignment_group": "Network"})

    async def settle(self) -> None:
        """Beyond what each poll looks back."""
        self.clock.advance(timedelta(seconds=120))

    async def webhooks(self) -> Sequence[Webhook]:
        waiting, self.simulator.outbox.waiting = self.simulator.outbox.waiting, []
        made = [self.simulator.webhook_request(each.event, each.subscription) for each in waiting]
        return [Webhook(headers, body, self.clock()) for headers, body in made]

    def sign(self, body: bytes) -> Webhook:
        sent = str(int(self.clock().timestamp()))
        return Webhook(signed(body, sent=sent), body, self.clock())

    def _columns(self, fields: Fields) -> dict[str, str]:
        """What a person sets, by the names and words that a mapping uses."""
        tables = self.simulator.instance.tables
        choices = [row for row in tables["sys_choice"].values() if row["language"] == "en"]
        config = ServiceNowConfig(**self.settings)
        catalogue = catalogue_of(
            config,
            dictionary=[ColumnJson.model_validate(row) for row in tables["sys_dictionary"].values()],
            choices=[ChoiceJson.model_validate(row) for row in choices],
            seen=True,
        )
        groups = {name: id for id, name in GROUPS.items()}
        columns = to_columns(fields, catalogue, groups=groups, limit=4000)
        words = fields.get("status")
        if isinstance(words, str) and words in config.with_status:
            columns |= config.with_status[words]
        return columns


def signed(body: bytes, *, sent: str, secret: str = SECRET) -> dict[str, str]:
    return {"x-syncd-timestamp": sent, "x-syncd-signature": sign(secret, sent, body)}
