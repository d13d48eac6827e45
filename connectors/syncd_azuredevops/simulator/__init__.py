"""An Azure DevOps organisation in this process, for the demo and for tests; it ships with the connector.

What may be done is in `state`, of what it is made in `scheme`, its API in `routes`, its JSON in `shapes`, its page in
`page`. The connector's tests check every answer against the vendor's own description.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from syncd.sdk.testing.outbox import Event, Subscription
from syncd.sdk.testing.simulator import Account, Limit, Simulator, credentials, real_time
from syncd.sdk.testing.tokens import TokenEndpoint
from syncd_azuredevops.hook import authorization
from syncd_azuredevops.simulator.page import AzureDevOpsDesk
from syncd_azuredevops.simulator.routes import Routes
from syncd_azuredevops.simulator.scheme import KEY_FIELD, projects
from syncd_azuredevops.simulator.shapes import Shapes, stamp
from syncd_azuredevops.simulator.state import Boards
from syncd_azuredevops.simulator.stored import StoredItem
from syncd_azuredevops.simulator.values import said

__all__ = ["ANA", "BEN", "SYNCD", "AzureDevOpsSimulator"]


def _guid(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"person/{name}"))


ANA = Account(_guid("ana"), "Ana Alves", "ana@engineering.example")
BEN = Account(_guid("ben"), "Ben Berg", "ben@engineering.example")
SYNCD = Account(
    _guid("syncd"),
    "syncd",
    "syncd@engineering.example",
    token="pat-of-the-simulator",  # noqa: S106  of an organisation that lives in this process
)

RETRIED = frozenset({408, 502, 503, 504})
RETRIES = 8


class AzureDevOpsSimulator(AzureDevOpsDesk, Simulator):
    """The organisation `fabrikam`. `person` clicks, `SYNCD` is the connector's account (`connection()`).

    Attributes:
        sign_in: how a bad token is answered: 401, 203 with a page, or 302 to one.
        batch: revisions in one answer of the reporting API.
        names_tokens: that answer has `continuationToken`, as described; else in `nextLink` alone, as in the examples.
        names_comments: a work item's answer names the comment of its latest revision.
        subscriptions: service hooks by id, in the vendor's JSON.
        max_file: bytes of one upload.
    """

    organisation = "fabrikam"

    def __init__(
        self, *, clock: Callable[[], datetime] = real_time, accounts: Sequence[Account] = (ANA, BEN, SYNCD)
    ) -> None:
        super().__init__(accounts=accounts, clock=clock)
        self.sign_in = 401
        self.tokens = TokenEndpoint(clock=clock)
        self.tokens.life = timedelta(hours=1)
        self.batch = 1000
        self.names_tokens = self.names_comments = True
        self.max_file = 60 * 1024 * 1024
        self.subscriptions: dict[str, dict[str, Any]] = {}
        self.boards = Boards(
            clock=clock,
            new_id=self.new_id,
            actor=lambda: self.actor,
            people=lambda: self.accounts,
            projects=projects(),
            tell=self._tell,
        )

    def connection(self, **more: Any) -> dict[str, Any]:
        """A block for `config/syncd.yaml` that fits this organisation."""
        block = {"connector": "azuredevops", "url": f"{self.url}/{self.organisation}", "token": SYNCD.token}
        return {**block, "projects": ["Fabrikam"], "key_field": KEY_FIELD, **more}

    @property
    def shapes(self) -> Shapes:  # type: ignore[override]
        return Shapes(f"{self.url}/{self.organisation}")

    # -- the base asks

    @property
    def person(self) -> Account:
        return self.accounts[0]

    def routes(self) -> Sequence[BaseRoute]:
        return [*Routes(self).all(), self.tokens.route("/{tenant}/oauth2/v2.0/token")]

    def account_of(self, request: Request) -> Account | None:
        """A personal token is the password, the user does not count; one of Entra ID is a bearer."""
        scheme, _, secret = credentials(request)
        return SYNCD if scheme == "bearer" and self.tokens.knows(secret) else self.by_token(secret)

    def limit_headers(self, limit: Limit) -> Mapping[str, str]:
        """Of the last tenth each answer is late and asks for a pause, and is a success all the same."""
        now = self.clock()
        told = {
            "X-RateLimit-Resource": "Services/UsageTracking",
            "X-RateLimit-Limit": str(limit.limit),
            "X-RateLimit-Remaining": str(limit.remaining),
            "X-RateLimit-Reset": str(int(now.timestamp()) + limit.resets_in(now)),
        }
        if limit.limit * 0.9 < limit.used <= limit.limit:
            told |= {"X-RateLimit-Delay": "1.5", "Retry-After": str(limit.resets_in(now))}
        return told

    def error(self, status: int) -> Response:
        message = "TF400733: The request has been canceled: Request was blocked due to exceeding usage of resource."
        return JSONResponse(said(message if status == 429 else f"{status}", "RequestBlockedException"), status)

    # -- webhooks

    def subscribe(self) -> None:
        """Let the outbox call the subscriptions that are enabled now."""
        self.outbox.subscriptions[:] = [
            Subscription(
                each["id"],
                each["consumerInputs"]["url"],
                each["consumerInputs"].get("basicAuthPassword", ""),
                frozenset({f"{each['publisherInputs']['projectId']}:{each['eventType']}"}),
            )
            for each in self.subscriptions.values()
            if each["status"] in ("enabled", "onProbation")
        ]

    def give_up(self, url: str) -> None:
        """After failures on probation the vendor disables a subscription."""
        for each in self.subscriptions.values():
            if each["consumerInputs"]["url"] == url:
                each["status"] = "disabledBySystem"
        self.subscribe()

    def webhook_request(self, event: Event, subscription: Subscription) -> tuple[dict[str, str], bytes]:
        """Nothing is signed; there is a password at best."""
        headers = {"content-type": "application/json; charset=utf-8"}
        if subscription.secret:
            headers["authorization"] = authorization(subscription.secret)
        return headers, event.body

    def retries(self, status: int | None, attempts: int) -> bool:
        return attempts <= RETRIES and (status is None or status in RETRIED)

    # -- what was done, for the journal and the outbox

    def _tell(self, event: str, item: StoredItem, *, before: Mapping[str, Any]) -> None:
        self._journal(event, item, before)
        id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"event/{self.new_id()}"))
        body = self.shapes.event(event, item, id=id, at=self.clock(), before=before)
        self.outbox.put(f"{item.project.id}:workitem.{event}", json.dumps(body).encode(), id=id)

    def _journal(self, event: str, item: StoredItem, before: Mapping[str, Any]) -> None:
        now, comment = item.fields, item.commented
        if event == "commented" and comment:
            visible = "public" if item.project.visibility == "public" else "internal"
            self.did("comment", item.ref, body={"text": comment.text, "id": str(comment.id), "visibility": visible})
        elif event == "updated" and comment and comment.version > 1:
            operation = "delete comment" if comment.deleted else "edit comment"
            self.did(operation, item.ref, body={"text": comment.text, "id": str(comment.id)})
        elif event == "updated":
            names = [name for name in {**before, **now} if before.get(name) != now.get(name)]
            old, new = ({name: str(each.get(name)) for name in names} for each in (before, now))
            self.did("update", item.ref, before=old, after=new)
        else:
            self.did(
                "create" if event == "created" else event, item.ref, after={"at": stamp(self.clock()), **_shown(item)}
            )


def _shown(item: StoredItem) -> dict[str, object]:
    return {
        "title": item.fields.get("System.Title"),
        "state": item.fields["System.State"],
        "project": item.project.name,
    }
