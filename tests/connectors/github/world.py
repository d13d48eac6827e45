"""The simulated GitHub as `ConnectorTests` wants to see it, and Ana, who works there."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import httpx

from syncd.core.model import Fields, Person, RichText
from syncd.sdk.connector import Webhook
from syncd.sdk.testing.clock import Clock
from syncd.sdk.testing.outbox import Event, Subscription
from syncd.sdk.testing.world import Deed, Deeds, Shown, Words
from syncd_github import GitHub, GitHubConfig
from syncd_github.marker import taken_apart
from syncd_github.simulator import ANA, BEN, SYNCD, GitHubSimulator
from syncd_github.simulator.site import Issue, Repository, SiteComment
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
    """One repository, private or public, with a clock that only the test moves.

    Args:
        elsewhere: the connection has a second repository, to which issues can be transferred.
    """

    def __init__(self, *, public: bool = False, elsewhere: bool = False, **config: Any) -> None:
        self.clock = Clock()
        self.simulator = GitHubSimulator(clock=self.clock)
        self.simulator.url = "https://api.github.example"
        self.repository = self.simulator.open_source if public else self.simulator.home
        self.site = self.simulator.site
        self.subscription = Subscription("told", HOOK, SECRET)
        self.simulator.outbox.subscriptions.append(self.subscription)
        self.transport = Pausing(checked(self.simulator.transport()), self.clock)
        self.other = self.second() if elsewhere else None
        names = [each.name for each in (self.repository, self.other) if each]
        more = {"repositories": names, "allow_public": public, "webhook_secret": SECRET}
        self.config = GitHubConfig.model_validate(self.simulator.connection(**{**more, **config}))
        self.words = Words(
            place={"repository": self.repository.name},
            title="title",
            description="description",
            choice=("priority", "low", "high"),
            status=("status", "not_planned"),
            done=("status", "open", "completed"),
            reopened="reopened",
            impossible="reopened",
            labels="labels",
            person="assignee",
            email=ANA.email,
            customers=public,
            deeds=deeds(elsewhere=elsewhere),
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

    async def delete(self, ref: str) -> None:
        with self.simulator.acting(ANA):
            self.site.delete(self.issue(ref))

    async def move(self, ref: str) -> None:
        """Transferred: another number in another repository, to which the old address leads."""
        assert self.other is not None
        with self.simulator.acting(ANA):
            self.site.transfer(self.issue(ref), self.other)

    async def reword(self, ref: str, said: str, text: str) -> None:
        with self.simulator.acting(ANA):
            self.site.rewrite(self.issue(ref), self._said(ref, said), text)

    async def unsay(self, ref: str, said: str) -> None:
        with self.simulator.acting(ANA):
            self.site.unsay(self.issue(ref), self._said(ref, said))

    def _said(self, ref: str, said: str) -> SiteComment:
        return next(comment for comment in self.issue(ref).comments if said in comment.body)

    async def look(self, ref: str) -> Shown:
        """Strangers see all of a public repository, and nothing of another."""
        issue = self.issue(ref)
        texts = [issue.title, issue.body or "", *(comment.body for comment in issue.comments)]
        public = issue.repository.visibility == "public"
        return Shown(tuple(texts) if public else (), taken_apart(issue.body or "").addresses)

    def second(self) -> Repository:
        """One more repository, as visible as the first and with its labels."""
        here = self.repository
        made = self.site.found("acme/tools", visibility=here.visibility, push=(ANA, BEN, SYNCD))
        made.labels = here.labels
        return made

    async def settle(self) -> None:
        self.clock.advance(OVERLAP + timedelta(seconds=1))

    async def switch_off(self, address: str) -> None:
        self.simulator.switch_off(address)

    async def webhooks(self) -> Sequence[Webhook]:
        waiting, self.simulator.outbox.waiting = self.simulator.outbox.waiting, []
        return [self._delivery(outgoing.event) for outgoing in waiting]

    def sign(self, body: bytes) -> Webhook:
        return self._delivery(Event("guid-1", f"{self.repository.id}:issues", body, self.clock()))

    def _delivery(self, event: Event) -> Webhook:
        headers, body = self.simulator.webhook_request(event, self.subscription)
        return Webhook(headers, body, self.clock())


def deeds(*, elsewhere: bool) -> frozenset[Deed]:
    """A file is a link in a text there, to a host that takes no token; a duplicate is closed, and goes on by itself."""
    return frozenset({Deed.DELETE, Deed.REWORD, Deed.UNSAY, Deed.SWITCH_OFF} | ({Deed.MOVE} if elsewhere else set()))


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
                made |= {"state": "open"} if value == "open" else {"state": "closed", "state_reason": value}
            case _:
                made[name] = value
    return made
