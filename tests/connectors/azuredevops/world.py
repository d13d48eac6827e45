"""The simulated organisation as `ConnectorTests` wants to see it, and Ana, who works there."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from syncd.core.model import Fields, Person, RichText, Value
from syncd.sdk.connector import Webhook
from syncd.sdk.testing.clock import Clock
from syncd.sdk.testing.outbox import Event, Subscription
from syncd.sdk.testing.world import Deed, Deeds, Shown, Words
from syncd_azuredevops import AzureDevOps, AzureDevOpsConfig
from syncd_azuredevops.fields import OWN, operation
from syncd_azuredevops.hook import EVENTS
from syncd_azuredevops.simulator import ANA, AzureDevOpsSimulator
from syncd_azuredevops.simulator.stored import StoredComment, StoredItem
from tests.connectors.azuredevops.description import checked

SECRET = "a-webhook-secret-of-24-bytes"
HOOK = "https://syncd.example/hooks/azuredevops-test"
PRIVATE = ("Fabrikam", "Fabrikam Ops")
PUBLIC = ("Open Source", "Open Docs")
LIFE = frozenset({Deed.DELETE, Deed.RESTORE, Deed.MOVE})


class AzureDevOpsWorld(Deeds):
    """An organisation with a clock that only the test moves; all traffic is checked against the descriptions.

    Args:
        public: whether strangers can read the projects of the connection.
    """

    def __init__(self, *, public: bool = False, **config: Any) -> None:
        self.clock = Clock()
        self.simulator = AzureDevOpsSimulator(clock=self.clock)
        self.simulator.url = "https://dev.azure.com"
        self.boards = self.simulator.boards
        self.home, self.other = (self.boards.projects[name] for name in (PUBLIC if public else PRIVATE))
        self.transport = checked(self.simulator.transport())
        names = [self.home.name, self.other.name]
        more = {"projects": names, "webhook_secret": SECRET, "allow_public": public, **config}
        self.config = AzureDevOpsConfig.model_validate(self.simulator.connection(**more))
        self.subscribe()
        self.words = Words(
            place={"project": self.home.name, "type": "Bug"},
            title="title",
            description="description",
            choice=("priority", "4", "1"),
            status=("status", "Active"),
            impossible="Verified",
            done=("status", "New", "Closed"),
            labels="tags",
            day="due_date",
            moment="Custom.DeployedAt",
            person="assignee",
            email=ANA.email,
            customers=public,
            internal_files=not public,
            signed=False,
            deeds=LIFE | {Deed.ATTACH, Deed.SWITCH_OFF},
        )

    def subscribe(self) -> None:
        """As an administrator does it on the page of the vendor."""
        for project in (self.home, self.other):
            for event in EVENTS:
                id = f"{project.id}-{event}"
                inputs = {"url": HOOK, "basicAuthUsername": "syncd", "basicAuthPassword": SECRET}
                where = {"publisherInputs": {"projectId": project.id}, "consumerInputs": inputs}
                self.simulator.subscriptions[id] = {"id": id, "eventType": event, "status": "enabled", **where}
        self.simulator.subscribe()
        self.simulator.subscriptions.clear()  # a test that registers begins with none

    def connector(self, **config: Any) -> AzureDevOps:
        """A new process's connector."""
        return AzureDevOps(self.config.model_copy(update=config), connection="boards", transport=self.transport)

    @property
    def requests(self) -> int:
        return len(self.simulator.requests)

    def calls(self, since: int = 0) -> list[str]:
        return [call.replace("/fabrikam", "") for call in self.simulator.calls(since=since)]

    def item(self, ref: str) -> StoredItem:
        return self.boards.item(ref)

    # -- what Ana does

    async def open(self, fields: Fields) -> str:
        return self.made(*self._patch(fields)).ref

    def made(self, *patch: dict[str, Any], type: str = "Bug", title: str = "") -> StoredItem:
        """A work item of Ana's, in the vendor's words."""
        named = [{"op": "add", "path": "/fields/System.Title", "value": title or "Export fails"}]
        with self.simulator.acting(ANA):
            return self.boards.create(self.home, type, [*named, *patch])

    async def edit(self, ref: str, fields: Fields) -> None:
        """Nobody can empty what is empty."""
        there = self.item(ref).fields
        steps = self._patch(fields)
        self.change(
            ref, *(step for step in steps if step["op"] != "remove" or step["path"][len("/fields/") :] in there)
        )

    def change(self, ref: str, *patch: dict[str, Any]) -> None:
        self.clock.advance(0.001)
        with self.simulator.acting(ANA):
            self.boards.edit(self.item(ref), patch)

    async def say(self, ref: str, text: str, *, public: bool) -> None:
        self.clock.advance(0.001)
        with self.simulator.acting(ANA):
            self.boards.say(self.item(ref), f"<div>{text}</div>")

    async def reword(self, ref: str, said: str, text: str) -> None:
        with self.simulator.acting(ANA):
            self.boards.edit_comment(self.item(ref), self._said(ref, said), f"<div>{text}</div>")

    async def unsay(self, ref: str, said: str) -> None:
        with self.simulator.acting(ANA):
            self.boards.delete_comment(self.item(ref), self._said(ref, said))

    def _said(self, ref: str, said: str) -> StoredComment:
        return next(comment for comment in self.item(ref).shown if said in comment.text)

    async def attach(self, ref: str, name: str, content: bytes, *, public: bool) -> None:
        url = self.uploaded(name, content)
        self.change(ref, {"op": "add", "path": "/relations/-", "value": {"rel": "AttachedFile", "url": url}})

    def uploaded(self, name: str, content: bytes) -> str:
        """Its address. It hangs on no work item yet: as a picture that was pasted."""
        with self.simulator.acting(ANA):
            url: str = self.simulator.shapes.upload(self.boards.upload(name, content))["url"]
        return url

    async def delete(self, ref: str) -> None:
        self.clock.advance(0.001)
        with self.simulator.acting(ANA):
            self.boards.delete(self.item(ref))

    async def restore(self, ref: str) -> None:
        self.clock.advance(0.001)
        with self.simulator.acting(ANA):
            self.boards.restore(self.boards.in_bin(ref))

    async def move(self, ref: str) -> None:
        self.clock.advance(0.001)
        with self.simulator.acting(ANA):
            self.boards.move(self.item(ref), self.other)

    # -- what there is to see

    async def look(self, ref: str) -> Shown:
        """Strangers see all of a public project, and nothing of another."""
        item = self.item(ref)
        texts = [str(item.fields.get(name, "")) for name in ("System.Title", "System.Description")]
        said = [comment.text for comment in item.shown]
        files = [each.upload.name for each in item.relations if each.upload]
        public = item.project.visibility == "public"
        links = tuple(each.url for each in item.relations if each.rel == "Hyperlink")
        return Shown((*texts, *said, *files) if public else (), links)

    async def settle(self) -> None:
        self.clock.advance(self.config.overlap + timedelta(seconds=1))

    async def switch_off(self, address: str) -> None:
        self.simulator.give_up(address)

    async def webhooks(self) -> Sequence[Webhook]:
        waiting, self.simulator.outbox.waiting = self.simulator.outbox.waiting, []
        return [self._delivery(each.event, each.subscription) for each in waiting]

    def sign(self, body: bytes) -> Webhook:
        event = Event("signed", "x:workitem.updated", body, self.clock())
        return self._delivery(event, Subscription("1", HOOK, SECRET))

    def _delivery(self, event: Event, subscription: Subscription) -> Webhook:
        headers, body = self.simulator.webhook_request(event, subscription)
        return Webhook(headers, body, self.clock())

    def _patch(self, fields: Fields) -> list[dict[str, Any]]:
        known = {each.name: each for each in OWN}
        return [
            operation(known[name], _plain(value), zone=ZoneInfo("UTC"), unique_name=_mail(value))
            for name, value in fields.items()
        ]


def _plain(value: Value) -> Value:
    return RichText.of(value.markdown) if isinstance(value, RichText) else value


def _mail(value: Value) -> str:
    return (value.email or "") if isinstance(value, Person) else ""
