"""A Jira site in this process, Cloud or Data Center, for the demo and for tests; it ships with the connector.

Its rules are in `site`, its set-up in `scheme`, its API in `routes`, its JSON in `shapes`, its page in `page`. Every
answer is valid against Atlassian's own description, which the connector's tests check.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

from syncd.sdk.testing.outbox import Event, Subscription
from syncd.sdk.testing.simulator import Account, Limit, Refused, Simulator, credentials, real_time
from syncd.sdk.testing.tokens import TokenEndpoint
from syncd_jira.rights import NEEDED
from syncd_jira.simulator.page import JiraDesk
from syncd_jira.simulator.routes import Routes
from syncd_jira.simulator.shapes import CUSTOMER, HIDDEN, Shapes
from syncd_jira.simulator.site import Change, Issue, Site, SiteComment, errors
from syncd_jira.simulator.webhooks import SimulatedWebhooks

__all__ = ["ANA", "BEN", "CLEO", "SYNCD", "JiraSimulator"]

ANA = Account("5b10a2844c20165700ede21g", "Ana Alves", "ana@engineering.example")
BEN = Account("5b10a2844c20165700ede21f", "Ben Berg", "ben@engineering.example", scopes=frozenset({HIDDEN}))
CLEO = Account("qm:3f2a:cleo", "Cleo Costa", "cleo@customer.example", scopes=frozenset({HIDDEN, CUSTOMER}))
SYNCD = Account("557058:syncd", "syncd", "syncd@engineering.example", token="jira-simulator-token")  # noqa: S106

PER_ISSUE = (20, timedelta(seconds=2))  # writes to one issue, as Atlassian limits them
ALL_PERMISSIONS = frozenset(NEEDED)
CLOUD_ID = "11223344-a1b2-3b33-c444-def123456789"
GATEWAY = f"/ex/jira/{CLOUD_ID}"


class JiraSimulator(JiraDesk, Simulator):
    """One site. `person` clicks on its page, `SYNCD` is the account for the connector (`connection()`).

    Attributes:
        permissions: what every account may do, in Jira's words.
        public: keys of the projects that everybody may browse, without an account.
        webhooks: those of a Data Center, as its administrators keep them.
        has_desks: Jira Service Management is installed.
        exposes: it does not obey the property that keeps a comment from customers, and shows it as it was sent.
        forgets: an edit leaves a comment no property that it does not bring.
        refuses_numbers: JQL does not take epoch milliseconds, as some sites may not.
    """

    def __init__(
        self,
        *,
        deployment: str = "cloud",
        clock: Callable[[], datetime] = real_time,
        accounts: Sequence[Account] = (ANA, BEN, SYNCD, CLEO),
    ) -> None:
        super().__init__(accounts=accounts, clock=clock, first_id=10500)
        self.cloud = deployment == "cloud"
        self.permissions = ALL_PERMISSIONS
        self.public = set[str]()
        self.has_desks = True
        self.exposes = False
        self.forgets = False
        self.refuses_numbers = False
        self.tokens = TokenEndpoint(clock=clock, refresh="jira-refresh", json=True, refused=403)
        self.tokens.life = timedelta(hours=1)
        self.site = Site(clock=clock, new_id=self.new_id, actor=lambda: self.actor, tell=self._tell)
        self.webhooks = SimulatedWebhooks(self)
        self._writes: dict[str, deque[datetime]] = {}
        self._tries: dict[tuple[str, str], int] = {}

    def connection(self, **more: Any) -> dict[str, Any]:
        """A block for `config/syncd.yaml` that fits this site, its workflow's screens included."""
        block = {
            "connector": "jira",
            "url": self.url,
            "token": SYNCD.token,
            "transition_defaults": {"resolution": "Done"},
        }
        kind = {"deployment": "cloud", "email": SYNCD.email} if self.cloud else {"deployment": "data_center"}
        return {**block, **kind, **more}

    def shapes(self, *, documents: bool) -> Shapes:
        return Shapes(self.url, self.cloud, documents, self._account)

    def _account(self, id: str) -> Account | None:
        return next((each for each in self.accounts if each.id == id), None)

    # -- the base asks

    @property
    def person(self) -> Account:
        return self.accounts[0]

    def routes(self) -> Sequence[BaseRoute]:
        return [*Routes(self).all(), *self.webhooks.routes(), self.tokens.route("/oauth/token")]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Atlassian's gateway leads an application to the same API as the site's own."""
        path = scope.get("path", "")
        if path.startswith(f"{GATEWAY}/"):
            inner = path.removeprefix(GATEWAY)
            scope = {**scope, "path": inner, "raw_path": quote(inner).encode(), "gateway": True}
        await super().__call__(scope, receive, send)

    def account_of(self, request: Request) -> Account | None:
        """An application's tokens are good at the gateway alone, and nothing else is there."""
        if not request.scope.get("gateway"):
            return super().account_of(request)
        scheme, _, secret = credentials(request)
        return SYNCD if scheme == "bearer" and self.tokens.knows(secret) else None

    def limit_headers(self, limit: Limit) -> Mapping[str, str]:
        shown = {"X-RateLimit-Limit": str(limit.limit), "X-RateLimit-Remaining": str(limit.remaining)}
        if not self.cloud:
            seconds = limit.window.total_seconds()
            return {**shown, "X-RateLimit-FillRate": str(limit.limit), "X-RateLimit-Interval-Seconds": f"{seconds:g}"}
        reset = self.clock() + timedelta(seconds=limit.resets_in(self.clock()))
        return {**shown, "X-RateLimit-Reset": reset.strftime("%Y-%m-%dT%H:%M:%SZ")}

    def error(self, status: int) -> Response:
        reason = {"RateLimit-Reason": "jira-burst-based"} if status == 429 and self.cloud else {}
        return JSONResponse(
            errors("Rate limit exceeded." if status == 429 else "Something went wrong."), status, reason
        )

    def count_write(self, ref: str) -> None:
        """Cloud limits the writes to one issue, whoever makes them."""
        most, window = PER_ISSUE
        recent = self._writes.setdefault(ref, deque())
        while recent and recent[0] <= self.clock() - window:
            recent.popleft()
        if self.cloud and len(recent) >= most:
            headers = {"Retry-After": "2", "RateLimit-Reason": "jira-per-issue-on-write"}
            raise Refused(429, errors("Too many writes to this issue."), headers)
        recent.append(self.clock())

    # -- webhooks

    def webhook_request(self, event: Event, subscription: Subscription) -> tuple[dict[str, str], bytes]:
        """Cloud signs, names the delivery and counts its retries; Data Center only posts."""
        headers = {"content-type": "application/json"}
        if not self.cloud:
            return headers, event.body
        tries = self._tries[event.id, subscription.id] = self._tries.get((event.id, subscription.id), -1) + 1
        headers |= {"X-Atlassian-Webhook-Identifier": event.id, "X-Atlassian-Webhook-Flow": "Primary"}
        if tries:
            headers["X-Atlassian-Webhook-Retry"] = str(tries)
        if subscription.secret:
            digest = hmac.new(subscription.secret.encode(), event.body, hashlib.sha256).hexdigest()
            headers["X-Hub-Signature"] = f"sha256={digest}"
        return headers, event.body

    def retries(self, status: int | None, attempts: int) -> bool:
        if not self.cloud or attempts > 5:
            return False
        return status is None or status in (408, 409, 425, 429) or status >= 500

    def _tell(self, kind: str, issue: Issue, more: Mapping[str, Any]) -> None:
        """A webhook's body has wiki text, on Cloud too, and in comment events only a short form of the issue."""
        shapes = self.shapes(documents=False)
        body: dict[str, Any] = {"timestamp": int(self.clock().timestamp() * 1000), "webhookEvent": kind}
        comment, change = more.get("comment"), more.get("changelog")
        short = isinstance(comment, SiteComment)
        shown = shapes.issue(
            issue, fields="summary,status,priority,issuetype,project,assignee" if short else "*all,-comment"
        )
        body |= {"issue": {name: shown[name] for name in ("id", "self", "key", "fields")}}
        if isinstance(comment, SiteComment):
            body["comment"] = shapes.comment(comment)
        else:
            body["user"] = shapes.user(self.actor)
        if isinstance(change, Change):
            log = shapes.change(change)
            body["changelog"] = {"id": log["id"], "items": log["items"]}
        if name := more.get("issue_event_type_name"):
            body["issue_event_type_name"] = name
        self._journal(kind, issue, comment=comment, change=change)
        self.outbox.put(kind, json.dumps(body).encode(), id=f"hook-{self.new_id()}")

    def _journal(self, kind: str, issue: Issue, *, comment: Any, change: Any) -> None:
        if isinstance(comment, SiteComment):
            public = comment.public and issue.project.is_desk
            key = (comment.properties.get("syncd") or {}).get("key", "")
            told = {"text": self.shapes(documents=False).text(comment.body), "key": key, "id": comment.id}
            operation = {"comment_created": "comment", "comment_updated": "edit comment"}.get(kind, "delete comment")
            self.did(operation, issue.id, body={**told, "visibility": "public" if public else "internal"})
        elif isinstance(change, Change):
            before = {item.field: item.before[1] or item.before[0] for item in change.items}
            after = {item.field: item.after[1] or item.after[0] for item in change.items}
            self.did("transition" if "status" in after else "update", issue.id, before=before, after=after)
        else:
            self.did(kind.removeprefix("jira:issue_").rstrip("d"), issue.id, after=dict(issue.values))
