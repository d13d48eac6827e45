"""The simulated Jira as `ConnectorTests` wants to see it, and Ana, who works there."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from syncd.core.model import Fields, RichText, Value
from syncd.sdk.connector import Webhook
from syncd.sdk.testing.clock import Clock
from syncd.sdk.testing.outbox import Event, Subscription
from syncd.sdk.testing.world import Deeds, Shown, Words
from syncd_jira import Jira
from syncd_jira.dialect import CLOUD, DATA_CENTER
from syncd_jira.fields import SYSTEM, write_value
from syncd_jira.simulator import ANA, JiraSimulator
from tests.connectors.jira.described import checked

SECRET = "a-webhook-secret-of-24-bytes"
LAG = timedelta(seconds=2)
OVERLAP = timedelta(seconds=10)


class JiraWorld(Deeds):
    def __init__(self, deployment: str = "cloud", **config: Any) -> None:
        self.clock = Clock()
        self.simulator = JiraSimulator(deployment=deployment, clock=self.clock)
        self.simulator.lag = LAG
        self.project = "DESK" if config.get("service_project") else "CORE"
        self.dialect = CLOUD if deployment == "cloud" else DATA_CENTER
        address = "http://syncd/hooks/jira" + ("" if self.simulator.cloud else f"?secret={SECRET}")
        self.subscription = Subscription("1", address, SECRET)
        self.simulator.outbox.subscriptions.append(self.subscription)
        if not self.simulator.cloud:  # who may manage webhooks there
            self.simulator.permissions |= {"ADMINISTER"}
        self.transport = checked(self.simulator.transport(), deployment=deployment)
        more = {"webhook_secret": SECRET, "overlap": OVERLAP, "index_lag": LAG, **config}
        self.config = Jira.Config.model_validate(self.simulator.connection(**more))
        self.words = Words(
            place={"project": self.project, "issue_type": "Bug"},
            title="summary",
            description="description",
            choice=("priority", "Low", "Highest"),
            status=("status", "In Progress"),
            impossible="On Hold",
            labels="labels",
            day="duedate",
            moment="Deployed",
            person="assignee",
            email=ANA.email,
            customers=bool(config.get("service_project")),
            signed=self.simulator.cloud,
        )

    def connector(self, **config: Any) -> Jira:
        """A new process's connector."""
        changed = self.config.model_copy(update=config)
        return Jira(changed, connection="jira", transport=self.transport)

    @property
    def requests(self) -> int:
        return len(self.simulator.calls())

    async def open(self, fields: Fields) -> str:
        with self.simulator.acting(ANA):
            return self.simulator.site.create(self.project, "10004", self._written(fields), {}).id

    async def edit(self, ref: str, fields: Fields) -> None:
        self.clock.advance(0.001)
        with self.simulator.acting(ANA):
            self.simulator.site.edit(self.simulator.site.issue(ref), self._written(fields), {})

    async def say(self, ref: str, text: str, *, public: bool) -> None:
        self.clock.advance(0.001)
        with self.simulator.acting(ANA):
            self.simulator.site.say(self.simulator.site.issue(ref), self.dialect.write(text), public=public)

    async def look(self, ref: str) -> Shown:
        """Customers see nothing of a software project; of a service project what is said in public."""
        issue = self.simulator.site.issue(ref)
        desk = issue.project.kind == "service_desk"
        said = [str(comment.body) for comment in issue.comments if comment.public and desk]
        return Shown(tuple(said), tuple(str(link["object"]["url"]) for link in issue.links.values()))

    async def settle(self) -> None:
        self.clock.advance(LAG + OVERLAP + timedelta(seconds=1))

    async def webhooks(self) -> Sequence[Webhook]:
        waiting, self.simulator.outbox.waiting = self.simulator.outbox.waiting, []
        return [self._delivery(outgoing.event) for outgoing in waiting]

    def sign(self, body: bytes) -> Webhook:
        return self._delivery(Event("hook-signed", "jira:issue_updated", body, self.clock()))

    def _delivery(self, event: Event) -> Webhook:
        headers, body = self.simulator.webhook_request(event, self.subscription)
        query = {} if self.simulator.cloud else {"secret": SECRET}
        return Webhook({name.lower(): value for name, value in headers.items()}, body, self.clock(), query)

    def _written(self, fields: Fields) -> dict[str, Any]:
        known = {each.id: each for each in SYSTEM}
        return {name: write_value(known[name], _plain(value), self.dialect) for name, value in fields.items()}


def _plain(value: Value) -> Value:
    return RichText.of(value.markdown) if isinstance(value, RichText) else value
