"""ServiceNow as a small ASGI app, for the demo and the tests: its Table and Attachment APIs, a business rule, a page.

State is in `state`, what happens in `instance`, the API's routes in `routes`, encoded queries in `query`. What the
vendor's pages leave open is listed in connectors/syncd_servicenow/README.md.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from syncd.sdk.testing.outbox import Event, Subscription
from syncd.sdk.testing.page import Answer, Badge, Input, Row, Said, Sheet, Shown, Upload
from syncd.sdk.testing.simulator import Account, Limit, Refused, Simulator, credentials, real_time
from syncd.sdk.testing.tokens import TokenEndpoint
from syncd_servicenow import mark
from syncd_servicenow.hook import sign
from syncd_servicenow.simulator import state
from syncd_servicenow.simulator.instance import Instance
from syncd_servicenow.simulator.routes import Routes
from syncd_servicenow.simulator.state import ACCOUNT, ADMIN, ANA, BEN, CAROL, CUSTOMER, GROUPS, PRIVATE, USER_NAMES
from syncd_servicenow.wire import moment

CLOSING = {"close_code": "Solution provided", "close_notes": "Closed by engineering."}
TONES = {"New": "warm", "In Progress": "hot", "Resolved": "good", "Closed": "calm", "1 - Critical": "hot"}


class ServiceNowSimulator(Simulator):
    """An instance with an integration user for syncd, an administrator, two agents and a customer.

    Attributes:
        table: where its tickets are.
        instance: its tables; a person's deeds go through `acting`.
        hidden_rows: sys_ids of records that an ACL hides.
    """

    page_path = "/now"
    page_title = "Acme Service Portal"
    page_accent = "#1f8476"
    public_word = "Additional comment"
    internal_word = "Work note"

    def __init__(
        self,
        *,
        clock: Callable[[], datetime] = real_time,
        table: str = "incident",
        accounts: Sequence[Account] = (ACCOUNT, ANA, BEN, CAROL, ADMIN),
    ) -> None:
        super().__init__(accounts=accounts, clock=clock)
        self.table = table
        self.hidden_rows: set[str] = set()
        self.tokens = TokenEndpoint(clock=clock, refresh="servicenow-refresh", rotates=False)
        self.tokens.life = timedelta(minutes=30)
        self.instance = Instance(self)

    # -- a person's deeds, for tests and the demo

    def make(self, title: str, *, by: Account = CAROL, **values: str) -> str:
        """A ticket that somebody opens; its ref. `values` are columns by their names in the API."""
        with self.acting(by):
            given = {"short_description": title, CUSTOMER[self.table]: CAROL.id, **values}
            return self.instance.create(given)["sys_id"]

    def edit(self, ref: str, *, by: Account = ANA, **values: str) -> None:
        with self.acting(by):
            self.instance.update(ref, values)

    def write(self, ref: str, text: str, *, public: bool, by: Account = ANA) -> None:
        self.edit(ref, by=by, **{"comments" if public else "work_notes": text})

    def connection(self, **more: Any) -> dict[str, Any]:
        """A block for `config/syncd.yaml` that fits this account."""
        block = {"connector": "servicenow", "url": self.url, "table": self.table, "internal_files": "/".join(PRIVATE)}
        credential = {"user": USER_NAMES[ACCOUNT.id], "password": ACCOUNT.token}
        return {**block, **credential, "with_status": {"Resolved": CLOSING, "Closed": CLOSING}, **more}

    def subscribe(self, url: str, secret: str) -> None:
        """The business rules of connectors/syncd_servicenow/README.md, as an administrator makes them."""
        self.outbox.subscriptions.append(Subscription(f"rule-{self.new_id()}", url, secret))

    # -- the vendor's ways

    def routes(self) -> Sequence[BaseRoute]:
        return [*Routes(self).all(), self.tokens.route("/oauth_token.do")]

    def account_of(self, request: Request) -> Account | None:
        """Basic with a user name, or a bearer."""
        scheme, user, secret = credentials(request)
        found = ACCOUNT if scheme == "bearer" and self.tokens.knows(secret) else self.by_token(secret)
        if found is None or (scheme == "basic" and USER_NAMES.get(found.id) != user):
            return None
        return found if self.instance.tables["sys_user"][found.id]["active"] == "true" else None

    def limit_headers(self, limit: Limit) -> Mapping[str, str]:
        """The limit, when it ends and whose it is; not what is left of it (connectors.md, Rate limits)."""
        ends = int(self.clock().timestamp()) + limit.resets_in(self.clock())
        return {
            "x-ratelimit-limit": str(limit.limit),
            "x-ratelimit-reset": str(ends),
            "x-ratelimit-rule": state.sys_id("rate limit rule"),
        }

    def error(self, status: int) -> Response:
        message = "Rate limit exceeded" if status == 429 else f"{status} from the instance"
        return JSONResponse({"error": {"message": message, "detail": ""}, "status": "failure"}, status)

    def webhook_request(self, event: Event, subscription: Subscription) -> tuple[dict[str, str], bytes]:
        """As the script of the business rule does it, at the moment of sending."""
        sent = str(int(self.clock().timestamp()))
        headers = {
            "content-type": "application/json",
            "x-syncd-timestamp": sent,
            "x-syncd-signature": sign(subscription.secret, sent, event.body),
        }
        return headers, event.body

    def retries(self, status: int | None, attempts: int) -> bool:
        """Never: the script sends once."""
        return False

    # -- the page

    @property
    def person(self) -> Account:
        return ANA

    def rows(self) -> Sequence[Row]:
        tickets = self.instance.tables[self.table].values()
        return [self._row(each) for each in sorted(tickets, key=lambda row: row["number"], reverse=True)]

    def sheet(self, ref: str) -> Sheet | None:
        row = self.instance.tables[self.table].get(ref)
        if row is None:
            return None
        link = row["correlation_display"]
        customer = self._user(row[CUSTOMER[self.table]])
        return Sheet(
            row=self._row(row),
            inputs=(
                Input("short_description", "Short description", row["short_description"]),
                Input("description", "Description", row["description"]),
                *(
                    Input(name, name.capitalize(), row[name], self._words(name))
                    for name in ("state", "impact", "urgency")
                ),
                Input("assignment_group", "Assignment group", row["assignment_group"], tuple(GROUPS.items())),
            ),
            said=tuple(self._said(each) for each in self.instance.journal(ref)),
            facts=(
                ("Caller", customer, ""),
                ("Engineering issue", link, link if link.startswith("http") else ""),
                ("Priority", self._word("priority", row["priority"]), ""),
            ),
            files=tuple(Shown(x["sys_id"], x["file_name"], int(x["size_bytes"])) for x in self.instance.files(ref)),
        )

    def set_fields(self, ref: str, values: Mapping[str, str]) -> None:
        closing = CLOSING if values.get("state") in state.DONE[self.table] else {}
        self._try(lambda: self.instance.update(ref, {**closing, **values}))

    def say(self, ref: str, answer: Answer) -> None:
        self._try(lambda: self._say(ref, answer))

    def open(self, title: str, answer: Answer) -> str:
        row = self.instance.create(
            {"short_description": title, CUSTOMER[self.table]: CAROL.id, "description": answer.text}
        )
        self._attach(row["sys_id"], answer)
        return row["sys_id"]

    def file(self, ref: str, file_id: str) -> Upload | None:
        found = next((each for each in self.instance.files(ref) if each["sys_id"] == file_id), None)
        return Upload(found["file_name"], found["content_type"], self.instance.contents[file_id]) if found else None

    # -- inside

    def _say(self, ref: str, answer: Answer) -> None:
        if answer.text:
            self.instance.update(ref, {"comments" if answer.public else "work_notes": answer.text})
        self._attach(ref, answer)

    def _attach(self, ref: str, answer: Answer) -> None:
        for each in answer.files:
            self.instance.attach(self.table, ref, name=each.name, media_type=each.media_type, content=each.content)

    def _try(self, deed: Callable[[], object]) -> None:
        try:
            deed()
        except Refused as error:
            raise ValueError(str(error.body["error"]["detail"] or error.body["error"]["message"])) from error

    def _row(self, row: state.Row) -> Row:
        words = (self._word("state", row["state"]), self._word("priority", row["priority"]))
        badges = tuple(Badge(word, TONES.get(word, "calm")) for word in words)
        return Row(row["sys_id"], row["number"], row["short_description"], badges, moment(row["sys_updated_on"]))

    def _said(self, row: state.Row) -> Said:
        words, _ = mark.split(row["value"])
        inside = words.removeprefix("[code]").removesuffix("[/code]")
        return Said(
            author=row["sys_created_by"],
            at=moment(row["sys_created_on"]),
            html=inside if inside != words else html.escape(words).replace("\n", "<br>"),
            public=row["element"] == "comments",
            by_machine=row["sys_created_by"] == USER_NAMES[ACCOUNT.id],
        )

    def _words(self, column: str) -> tuple[tuple[str, str], ...]:
        found = state.CHOICES.get((self.table, column)) or state.CHOICES[("task", column)]
        return tuple(found.items())

    def _word(self, column: str, value: str) -> str:
        return dict(self._words(column)).get(value, value)

    def _user(self, id: str) -> str:
        return self.instance.tables["sys_user"].get(id, {}).get("name", "")


__all__ = ["ACCOUNT", "ADMIN", "ANA", "BEN", "CAROL", "CLOSING", "PRIVATE", "ServiceNowSimulator"]
