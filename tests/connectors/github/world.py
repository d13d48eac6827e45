"""The simulated GitHub as `ConnectorTests` wants to see it, and Ana, who works there."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import httpx

from syncd.core.model import Fields, Person, RichText
from syncd.sdk.connector import Webhook
from syncd.sdk.testing.clock import Clock
from syncd.sdk.testing.outbox import Event, Subscription
from syncd.sdk.testing.world import Deeds, Shown, Words
from syncd_github import GitHub, GitHubConfig
from syncd_github.marker import taken_apart
from syncd_github.simulator import ANA, GitHubSimulator
from syncd_github.simulator.site import Issue
from tests.connectors.github.description import checked

SECRET = "a-webhook-secret-of-24-bytes"
HOOK = "http://syncd/hooks/github"
OVERLAP = timedelta(seconds=60)


class Pausing(httpx.AsyncBaseTransport):
    """Lets the vendor's clock go on after each write, as the connector's own pause does outside of tests."""

    def __init__(self, inner: httpx.AsyncBaseTransport, clock: Clock) -> None:
        self.inner = inner
        self.clock = clock

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self.inner.handle_async_request(request)
        if request.method != "GET" and answer.is_success:
            self.clock.advance(1.05)
        return answer


class GitHubWorld(Deeds):
    """One repository, private or public, with a clock that only the test moves."""

    def __init__(self, *, public: bool = False, **config: Any) -> None:
        self.clock = Clock()
        self.simulator = GitHubSimulator(clock=self.clock)
        self.simulator.url = "https://api.github.example"
        self.repository = self.simulator.open_source if public else self.simulator.home
        self.site = self.simulator.site
        self.subscription = Subscription("told", HOOK, SECRET)
        self.simulator.outbox.subscriptions.append(self.subscription)
        self.transport = Pausing(checked(self.simulator.transport()), self.clock)
        more = {"repositories": [self.repository.name], "allow_public": public, "webhook_secret": SECRET}
        self.config = GitHubConfig.model_validate(self.simulator.connection(**{**more, **config}))
        self.words = Words(
            place={"repository": self.repository.name},
            title="title",
            description="description",
            choice=("priority", "low", "high"),
            status=("status", "not_planned"),
            impossible="reopened",
            labels="labels",
            person="assignee",
            email=ANA.email,
            customers=public,
        )

    def connector(self, **config: Any) -> GitHub:
        """A new process's connector."""
        return GitHub(self.config.model_copy(update=config), connection="acme", transport=self.transport)

    @property
    def requests(self) -> int:
        return len(self.simulator.calls())

    def calls(self, since: int = 0) -> list[str]:
        return self.simulator.calls(since=since)

    def issue(self, ref: str) -> Issue:
        return self.simulator.issue(ref)

    async def open(self, fields: Fields) -> str:
        with self.simulator.acting(ANA):
            return self.site.create(self.repository, _json(fields, ())).ref

    async def edit(self, ref: str, fields: Fields) -> None:
        issue = self.issue(ref)
        with self.simulator.acting(ANA):
            self.site.edit(issue, _json(fields, issue.labels))

    async def say(self, ref: str, text: str, *, public: bool) -> None:
        with self.simulator.acting(ANA):
            self.site.say(self.issue(ref), text)

    async def look(self, ref: str) -> Shown:
        """Strangers see all of a public repository, and nothing of another."""
        issue = self.issue(ref)
        texts = [issue.title, issue.body or "", *(comment.body for comment in issue.comments)]
        public = issue.repository.visibility == "public"
        return Shown(tuple(texts) if public else (), taken_apart(issue.body or "").addresses)

    async def settle(self) -> None:
        self.clock.advance(OVERLAP + timedelta(seconds=1))

    async def webhooks(self) -> Sequence[Webhook]:
        waiting, self.simulator.outbox.waiting = self.simulator.outbox.waiting, []
        return [self._delivery(outgoing.event) for outgoing in waiting]

    def sign(self, body: bytes) -> Webhook:
        return self._delivery(Event("guid-1", f"{self.repository.id}:issues", body, self.clock()))

    def _delivery(self, event: Event) -> Webhook:
        headers, body = self.simulator.webhook_request(event, self.subscription)
        return Webhook(headers, body, self.clock())


def _json(fields: Fields, labels: Sequence[str]) -> dict[str, Any]:
    """What Ana's browser would send."""
    made: dict[str, Any] = {}
    for name, value in fields.items():
        match name, value:
            case "priority", str():
                kept = [label for label in labels if not label.startswith("priority: ")]
                made["labels"] = [*kept, f"priority: {value}"]
            case "labels", frozenset():
                made["labels"] = [*sorted(value), *(label for label in labels if label.startswith("priority: "))]
            case "assignee", Person(id=login):
                made["assignees"] = [login]
            case "assignee", None:
                made["assignees"] = []
            case "description", RichText(markdown=markdown):
                made["body"] = markdown
            case "status", str():
                made |= {"state": "closed", "state_reason": value}
            case _:
                made[name] = value
    return made
