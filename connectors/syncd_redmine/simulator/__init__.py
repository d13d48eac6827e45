"""A Redmine 5 in this process, for the demo and for tests; it ships with the connector.

What is set up is in `seed`, what is kept in `state`, who may do what in `rights`, what a write makes of an issue in
`form`, what can be done in `instance`; its API is in `routes`, `filters` and `shapes`, its page in `page`. The tests
of the connector hold its answers against those of a real 5.0.4. Redmine 5 has no webhooks, so this one has none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute
from starlette.types import Message, Receive, Scope, Send

from syncd.sdk.testing.simulator import Account, Simulator, credentials, real_time
from syncd_redmine import marker
from syncd_redmine.simulator import seed
from syncd_redmine.simulator.instance import Instance
from syncd_redmine.simulator.page import RedmineDesk
from syncd_redmine.simulator.routes import Routes
from syncd_redmine.simulator.seed import ADMIN, ALICE, BOB, BOT, CUSTOM_FIELDS, LINK_FIELD, OUTSIDER, PEOPLE, RITA
from syncd_redmine.simulator.state import Issue, Journal, Project, State
from syncd_redmine.text import Formatting

__all__ = ["ADMIN", "ALICE", "BOB", "BOT", "LINK_FIELD", "OUTSIDER", "RITA", "RedmineSimulator"]

MEMBERS = {BOT.id: seed.SYNC_BOT, ALICE.id: seed.MANAGER, BOB.id: seed.DEVELOPER, RITA.id: seed.REPORTER}


class RedmineSimulator(RedmineDesk, Simulator):
    """A private project `eng`. Alice clicks, `BOT` is the connector's account (`connection()`).

    Attributes:
        formatting: of descriptions and notes, for the page; the API does not tell.
        date_header: Redmine sends no `Date`; a proxy in front of it does.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], datetime] = real_time,
        accounts: Sequence[Account] = PEOPLE,
        formatting: Formatting = "common_mark",
        date_header: bool = False,
    ) -> None:
        super().__init__(accounts=accounts, clock=clock)
        self.formatting = formatting
        self.date_header = date_header
        state = State(accounts=lambda: self.accounts)
        self.instance = Instance(state, clock=clock, actor=lambda: self.actor, tell=self._tell)
        members = {**MEMBERS, ADMIN.id: seed.MANAGER}
        more: dict[str, Any] = {"description": "Engineering", "categories": {1: "Backend"}, "versions": {1: "1.0"}}
        state.add_project("eng", "ENG", members=members, **more)

    def add_project(self, identifier: str, name: str) -> Project:
        """Another project with the same people, as an administrator makes one."""
        return self.instance.state.add_project(identifier, name, members=MEMBERS)

    def connection(self, **more: Any) -> dict[str, Any]:
        """A block for `config/syncd.yaml` that fits this Redmine."""
        numbers = {each.name: each.id for each in CUSTOM_FIELDS.values()}
        block = {"connector": "redmine", "url": self.url, "api_key": BOT.token, "formatting": self.formatting}
        return {**block, "link_field": LINK_FIELD, "custom_fields": numbers, **more}

    # -- the base asks

    @property
    def person(self) -> Account:
        return ALICE

    def routes(self) -> Sequence[BaseRoute]:
        return Routes(self).all()

    def account_of(self, request: Request) -> Account | None:
        """The key in a header, in the address, or as the user of Basic (wiki/Rest_api, Authentication)."""
        scheme, user, _ = credentials(request)
        basic = user if scheme == "basic" else ""
        key = request.headers.get("x-redmine-api-key") or request.query_params.get("key") or basic
        return self.by_token(key) if key else None

    def error(self, status: int) -> Response:
        """Redmine's errors are empty; a 422 without a word is its optimistic lock, two saves in one moment."""
        if status == 422:
            return JSONResponse({"errors": []}, status)
        return Response(None, status, media_type="application/json")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await super().__call__(scope, receive, send if self.date_header else _without_date(send))

    # -- what was done, for the journal

    def _tell(
        self,
        operation: str,
        issue: Issue,
        *,
        before: Mapping[str, object] | None = None,
        after: Mapping[str, object] | None = None,
        journal: Journal | None = None,
    ) -> None:
        body: dict[str, object] = {}
        if journal:
            text, key = marker.split(journal.notes or "")
            private = journal.private or issue.values["is_private"]
            body = {"text": text, "key": key, "id": str(journal.id), "visibility": "internal" if private else "public"}
        shown = dict(issue.values) if operation == "create" else after
        self.did(operation, issue.ref, before=before, after=shown, body=body)


def _without_date(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [pair for pair in message.get("headers", []) if pair[0] != b"date"]
        await send(message)

    return sending
