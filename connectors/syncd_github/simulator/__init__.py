"""A GitHub in this process, with a private and a public repository, for the demo and for tests; it ships with us.

Its rules are in `site`, its API in `routes`, its JSON in `shapes`, its App in `apps`, its page in `page`. Every answer
is valid against GitHub's own description, which the connector's tests check.
"""

from __future__ import annotations

import contextlib
import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from syncd.sdk.testing.outbox import Event, Subscription
from syncd.sdk.testing.simulator import Account, Limit, Refused, Simulator, credentials, real_time
from syncd_github.hook import sign
from syncd_github.simulator.apps import App
from syncd_github.simulator.page import GitHubDesk
from syncd_github.simulator.routes import Routes
from syncd_github.simulator.shapes import SHOWN, Shapes
from syncd_github.simulator.site import Issue, Milestone, Repository, Site, SiteComment, problem

__all__ = ["ANA", "BEN", "STRANGER", "SYNCD", "GitHubSimulator"]

ANA = Account("21031067", "ana-alves", "ana@engineering.example", scopes=frozenset({SHOWN}))
BEN = Account("38302899", "ben-berg", "ben@engineering.example")
STRANGER = Account("999", "anybody", "anybody@elsewhere.example", token="a-strangers-token")  # noqa: S106
SYNCD = Account("4711", "syncd-bot", "syncd@engineering.example", token="github-simulator-token")  # noqa: S106
LABELS = ("bug", *(f"priority: {word}" for word in ("low", "high")), *(f"severity: sev{n}" for n in (1, 2, 3)))
CONTENT_A_MINUTE = 80  # requests that make content; more is a secondary limit
MINUTE = timedelta(minutes=1)


class GitHubSimulator(GitHubDesk, Simulator):
    """One GitHub. `person` clicks on its page, `SYNCD` is the account for the connector (`connection()`).

    Attributes:
        hourly: the primary limit; None for none.
        app: a GitHub App, where a test installs one.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], datetime] = real_time,
        accounts: Sequence[Account] = (ANA, BEN, SYNCD, STRANGER),
    ) -> None:
        super().__init__(accounts=accounts, clock=clock, first_id=186853000)
        self.hourly: Limit | None = None
        self.app: App | None = None
        self._content: deque[datetime] = deque()
        self.site = Site(clock=clock, new_id=self.new_id, actor=lambda: self.actor, tell=self._tell)
        self.site.people = self.by_login
        self.home = self.site.found("acme/core", visibility="private", push=(ANA, BEN, SYNCD), labels=LABELS)
        self.open_source = self.site.found("acme/open", visibility="public", push=(ANA, BEN, SYNCD), labels=LABELS)
        self.home.types = self.open_source.types = ("Bug", "Feature")
        for repository in (self.home, self.open_source):
            repository.milestones += [Milestone(self.new_id(), number, f"v{number}.0") for number in (1, 2)]

    def connection(self, **more: Any) -> dict[str, Any]:
        """A block for `config/syncd.yaml` that fits this GitHub."""
        block = {"connector": "github", "url": self.url, "repositories": [self.home.name], "write_pause": 0}
        return {**block, **({} if "app_id" in more else {"token": SYNCD.token}), **more}

    @property
    def shapes(self) -> Shapes:
        return Shapes(self.url)

    def by_login(self, login: str) -> Account | None:
        bots = [self.app.bot] if self.app else []
        return next((each for each in (*self.accounts, *bots) if each.name.casefold() == login.casefold()), None)

    # -- the base asks

    @property
    def person(self) -> Account:
        return self.accounts[0]

    def routes(self) -> Sequence[BaseRoute]:
        return Routes(self).all()

    def account_of(self, request: Request) -> Account | None:
        """A person's token, an installation's, or an App's proof, which is good for `/app` alone."""
        scheme, _, secret = credentials(request)
        if scheme != "bearer":
            return None
        if self.app and self.app.knows(secret, now=self.clock()):
            return self.app.bot
        if self.app and request.url.path.startswith("/app") and self.app.proves(secret, now=self.clock()):
            return self.app.bot
        return self.by_token(secret)

    def error(self, status: int) -> Response:
        said = "You have exceeded a secondary rate limit." if status in (403, 429) else "Server Error"
        return JSONResponse(problem(said), status)

    # -- limits, in GitHub's dress

    def count(self, request: Request) -> None:
        """The hourly limit answers 403 with nothing left; too much content in a minute answers with `retry-after`."""
        if self.hourly is not None and not self.hourly.take(self.clock()):
            raise Refused(403, problem("API rate limit exceeded for user ID 4711."), self.shown_limits())
        if request.method == "POST" and "/issues" in request.url.path:
            while self._content and self._content[0] <= self.clock() - MINUTE:
                self._content.popleft()
            if len(self._content) >= CONTENT_A_MINUTE:
                said = "You have exceeded a secondary rate limit and have been temporarily blocked."
                raise Refused(403, problem(said), {"retry-after": "60", **self.shown_limits()})
            self._content.append(self.clock())

    def uncount(self) -> None:
        """A 304 costs nothing of the hourly limit."""
        if self.hourly is not None:
            self.hourly.used -= 1

    def shown_limits(self) -> Mapping[str, str]:
        if self.hourly is None:
            return {}
        reset = int(self.clock().timestamp()) + self.hourly.resets_in(self.clock())
        said = {"limit": self.hourly.limit, "remaining": self.hourly.remaining, "used": self.hourly.used}
        shown = {f"x-ratelimit-{name}": str(value) for name, value in {**said, "reset": reset}.items()}
        return {**shown, "x-ratelimit-resource": "core"}

    # -- webhooks

    def hooks_changed(self) -> None:
        """Each webhook of a repository is a subscription of its own."""
        every = [(each, hook) for each in self.site.repositories.values() for hook in each.hooks if hook.active]
        names = {hook.id: frozenset(f"{each.id}:{kind}" for kind in hook.events) for each, hook in every}
        made = [Subscription(str(hook.id), hook.url, hook.secret, names[hook.id]) for _, hook in every]
        others = [each for each in self.outbox.subscriptions if not each.id.isdecimal()]
        self.outbox.subscriptions[:] = [*others, *made]

    def switch_off(self, url: str) -> None:
        """An administrator of the repository takes the tick away."""
        for repository in self.site.repositories.values():
            for hook in repository.hooks:
                hook.active = hook.active and hook.url != url
        self.hooks_changed()

    def webhook_request(self, event: Event, subscription: Subscription) -> tuple[dict[str, str], bytes]:
        headers = {
            "content-type": "application/json",
            "user-agent": "GitHub-Hookshot/simulated",
            "x-github-hook-id": subscription.id,
            "x-github-event": event.kind.rpartition(":")[2],
            "x-github-hook-installation-target-id": event.kind.partition(":")[0],
            "x-github-hook-installation-target-type": "repository",
            "x-github-delivery": event.id,
        }
        if subscription.secret:
            headers["x-hub-signature-256"] = sign(subscription.secret, event.body)
        return headers, event.body

    def retries(self, status: int | None, attempts: int) -> bool:
        """GitHub sends a webhook once; a person may have it sent again."""
        return False

    def _tell(self, kind: str, action: str, issue: Issue, more: Mapping[str, Any]) -> None:
        shapes = self.shapes
        body: dict[str, Any] = {"action": action, "issue": shapes.issue(issue)}
        body |= self._more(issue, more)
        body["repository"] = shapes.repository(issue.repository, push=True)
        body["sender"] = shapes.user(self.actor)
        self.outbox.put(f"{issue.repository.id}:{kind}", json.dumps(body).encode(), id=self._delivery_id())

    def _more(self, issue: Issue, more: Mapping[str, Any]) -> dict[str, Any]:
        shapes, said = self.shapes, dict[str, Any]()
        if isinstance(comment := more.get("comment"), SiteComment):
            said["comment"] = shapes.comment(issue, comment)
            if "before" in more:
                said["changes"] = {"body": {"from": more["before"]}}
        if "label" in more:
            said["label"] = shapes.label(issue.repository, more["label"])
        if "assignee" in more:
            said["assignee"] = shapes.user(more["assignee"])
        if "milestone" in more:
            said["milestone"] = shapes.milestone(issue, more["milestone"])
        if "changes" in more:
            said["changes"] = more["changes"]
        if isinstance(new := more.get("new"), Issue):
            there = shapes.repository(new.repository, push=True)
            said["changes"] = {"new_issue": shapes.issue(new), "new_repository": there}
        return said

    def _delivery_id(self) -> str:
        """A GUID, the same in every run."""
        number = self.new_id()
        return f"{number:08x}-0000-4000-8000-{number:012x}"

    # -- the journal

    def made(self, issue: Issue) -> None:
        self.did("create", issue.ref, after=_values(issue))

    @contextlib.contextmanager
    def noting(self, issue: Issue) -> Iterator[None]:
        """Journal what the inside changes of an issue."""
        before = _values(issue)
        yield
        after = _values(issue)
        changed = [name for name, value in after.items() if before[name] != value]
        if changed:
            kept = {name: before[name] for name in changed}
            self.did("update", issue.ref, before=kept, after={name: after[name] for name in changed})

    def said(self, operation: str, issue: Issue, comment: SiteComment) -> None:
        seen = "public" if issue.repository.visibility == "public" else "internal"
        self.did(operation, issue.ref, body={"text": comment.body, "visibility": seen, "id": str(comment.id)})

    # -- what a test uses

    def repository_of(self, ref: str) -> Repository:
        return self.site.repositories[int(ref.partition("-")[0])]

    def issue(self, ref: str) -> Issue:
        return self.repository_of(ref).issues[int(ref.partition("-")[2])]


def _values(issue: Issue) -> dict[str, Any]:
    names = ("title", "body", "state", "state_reason", "labels", "type")
    more = {"assignees": [each.name for each in issue.assignees]}
    return (
        {name: getattr(issue, name) for name in names} | more | {"milestone": issue.milestone and issue.milestone.title}
    )
