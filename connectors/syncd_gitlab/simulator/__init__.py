"""A GitLab in this process, for the demo and for tests; it ships with the connector.

What may be done is in `state`, its API in `routes`, its JSON in `shapes`, its page in `page`. The connector's tests
check every answer against GitLab's own description.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from syncd.sdk.testing.outbox import Event, Subscription
from syncd.sdk.testing.simulator import Account, Limit, Simulator, credentials, real_time
from syncd.sdk.testing.tokens import TokenEndpoint
from syncd_gitlab.hook import signature
from syncd_gitlab.simulator.page import GitlabDesk
from syncd_gitlab.simulator.routes import Routes
from syncd_gitlab.simulator.shapes import Shapes
from syncd_gitlab.simulator.state import StoredHook, StoredIssue, StoredNote, StoredProject, Tracker

__all__ = ["ANA", "BEN", "SYNCD", "GitlabSimulator"]

PUBLIC_MAIL = "public mail"
ANA = Account("101", "Ana Alves", "ana@engineering.example", scopes=frozenset({"owner", PUBLIC_MAIL}))
BEN = Account("102", "Ben Berg", "ben@engineering.example", scopes=frozenset({"developer"}))
SYNCD = Account(
    "103",
    "syncd",
    "syncd@engineering.example",
    token="glpat-gitlab-simulator",  # noqa: S106  of a GitLab that lives in this process
    scopes=frozenset({"maintainer", "bot"}),
)

KINDS = {
    "issues_events": "Issue Hook",
    "confidential_issues_events": "Confidential Issue Hook",
    "note_events": "Note Hook",
    "confidential_note_events": "Confidential Note Hook",
}
"""An event of a hook -> what `X-Gitlab-Event` says."""

PRIORITIES = ("priority::low", "priority::medium", "priority::high", "priority::critical")


class GitlabSimulator(GitlabDesk, Simulator):
    """Projects `acme/app` and `acme/tools`. `person` clicks, `SYNCD` is the connector's account (`connection()`).

    Attributes:
        token_ends: the day on which each access token ends.
        version: before 15.0 a note's `internal` is not known, and ignored.
        signing_token: with it webhooks are signed, as in the newest versions.
        max_file: bytes of one upload.
    """

    def __init__(
        self, *, clock: Callable[[], datetime] = real_time, accounts: Sequence[Account] = (ANA, BEN, SYNCD)
    ) -> None:
        super().__init__(accounts=accounts, clock=clock)
        self.version = "18.2.1-ee"
        self.token_ends: date | None = date(2026, 12, 31)
        self.signing_token = ""
        self.max_file = 100 * 1024 * 1024
        self.tokens = TokenEndpoint(clock=clock, refresh="gitlab-refresh", itself=False, alone=True)
        self.tokens.life = timedelta(hours=2)
        self.tracker = Tracker(
            clock=clock, new_id=self.new_id, actor=lambda: self.actor, people=lambda: self.accounts, tell=self._tell
        )
        for number, path in ((14, "acme/app"), (15, "acme/tools")):
            labels = {"bug", "escalate", *PRIORITIES}
            milestones = {number * 10 + 1: "18.1", number * 10 + 2: "18.2"}
            self.tracker.projects[number] = StoredProject(number, path, labels=labels, milestones=milestones)

    def connection(self, **more: Any) -> dict[str, Any]:
        """A block for `config/syncd.yaml` that fits this GitLab."""
        block = {"connector": "gitlab", "url": self.url, "token": SYNCD.token, "scopes": ["priority"]}
        return {**block, "projects": ["acme/app"], **more}

    @property
    def knows_internal_notes(self) -> bool:
        return int(self.version.partition(".")[0]) >= 15

    # -- the base asks

    @property
    def person(self) -> Account:
        return self.accounts[0]

    def routes(self) -> Sequence[BaseRoute]:
        return [*Routes(self).all(), self.tokens.route("/oauth/token")]

    def account_of(self, request: Request) -> Account | None:
        """A token of either kind as Bearer."""
        secret = credentials(request)[2]
        return SYNCD if self.tokens.knows(secret) else super().account_of(request)

    def limit_headers(self, limit: Limit) -> Mapping[str, str]:
        """RateLimit-Reset is a time, in seconds since 1970."""
        now = self.clock()
        return {
            "RateLimit-Limit": str(limit.limit),
            "RateLimit-Name": "throttle_authenticated_api",
            "RateLimit-Observed": str(limit.used),
            "RateLimit-Remaining": str(limit.remaining),
            "RateLimit-Reset": str(int(now.timestamp()) + limit.resets_in(now)),
        }

    def error(self, status: int) -> Response:
        if status == 429:  # as plain text, as the throttle in front of GitLab says it
            return Response("Retry later\n", status, media_type="text/plain")
        return JSONResponse({"message": f"{status} Something went wrong"}, status)

    # -- webhooks

    def subscribe(self) -> None:
        """Let the outbox call the hooks that are there now."""
        self.outbox.subscriptions[:] = [
            Subscription(f"{project.id}-{hook.id}", hook.url, hook.token, _wanted(project, hook))
            for project in self.tracker.projects.values()
            for hook in project.hooks.values()
        ]

    def give_up(self, url: str) -> None:
        """Forty failures: GitLab calls it no more."""
        for project in self.tracker.projects.values():
            for hook in project.hooks.values():
                hook.status = "disabled" if hook.url == url else hook.status
        self.subscribe()

    def webhook_request(self, event: Event, subscription: Subscription) -> tuple[dict[str, str], bytes]:
        headers = {
            "content-type": "application/json",
            "x-gitlab-event": event.kind.partition(":")[2],
            "x-gitlab-event-uuid": str(uuid.uuid5(uuid.NAMESPACE_OID, "one for all hooks that cause each other")),
            "x-gitlab-webhook-uuid": str(uuid.uuid5(uuid.NAMESPACE_OID, subscription.id)),
            "x-gitlab-instance": self.url,
            "idempotency-key": event.id,
        }
        if subscription.secret:
            headers["x-gitlab-token"] = subscription.secret
        if self.signing_token:
            sent = str(int(self.clock().timestamp()))
            signed = signature(self.signing_token, event.id, sent, event.body)
            headers |= {"webhook-id": event.id, "webhook-timestamp": sent, "webhook-signature": signed}
        return headers, event.body

    def retries(self, status: int | None, attempts: int) -> bool:
        return attempts < 2 and (status is None or status >= 500)

    # -- what was done, for the journal and the outbox

    def note_create(self, issue: StoredIssue) -> None:
        """Who made an issue tells its key to the oracle of the tests."""
        self.did("create", issue.ref, after=_shown(issue))

    def _tell(self, action: str, issue: StoredIssue, more: Mapping[str, Any]) -> None:
        shapes, note = Shapes(self.url), more.get("note")
        if isinstance(note, StoredNote):
            private = note.internal or issue.confidential
            body = shapes.note_event(issue, note, action=more["action"], actor=self.actor)
            visibility = "internal" if private else "public"
            operation = "comment" if more["action"] == "create" else "edit comment"
            self.did(operation, issue.ref, body={"text": note.body, "id": str(note.id), "visibility": visibility})
        else:
            private = issue.confidential
            body = shapes.issue_event(issue, action=action, actor=self.actor, changes=more.get("changes", {}))
            if action != "open":
                changes = more.get("changes", {"state": ("", issue.state)})
                before, after = ({name: pair[at] for name, pair in changes.items()} for at in (0, 1))
                self.did("update", issue.ref, before=before, after=after)
        name = ("confidential_" if private else "") + ("note_events" if note else "issues_events")
        kind = f"{issue.project.id}:{KINDS[name]}"
        self.outbox.put(
            kind,
            json.dumps(body, default=str).encode(),
            id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"hook-{self.new_id()}")),
        )


def _wanted(project: StoredProject, hook: StoredHook) -> frozenset[str]:
    """The kinds of event that a hook of this project is called for; none at all is none, and not all."""
    kinds = {f"{project.id}:{KINDS[name]}" for name in hook.events & KINDS.keys()}
    return frozenset(kinds if hook.status == "executable" else ()) or frozenset({"nothing"})


def _shown(issue: StoredIssue) -> dict[str, object]:
    return {
        "title": issue.title,
        "state": issue.state,
        "labels": tuple(issue.labels),
        "confidential": issue.confidential,
    }
