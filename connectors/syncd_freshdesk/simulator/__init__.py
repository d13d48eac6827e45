"""Freshdesk as a small ASGI app, for the demo and the tests: what its API, its automation rules and its page do.

State and JSON are in `state`, what happens in `desk`, the API's routes in `routes`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from syncd.sdk.testing.outbox import Event, Subscription
from syncd.sdk.testing.page import Answer, Badge, Input, Row, Said, Sheet, Shown, Upload
from syncd.sdk.testing.simulator import Account, Limit, Refused, Simulator, credentials, real_time
from syncd_freshdesk.fields import PRIORITIES
from syncd_freshdesk.hook import SECRET_HEADER
from syncd_freshdesk.simulator.desk import ACCOUNT, ANA, BEN, CAROL, KEY_FIELD, LINK_FIELD, NOTE, REPLY, Desk
from syncd_freshdesk.simulator.routes import Routes
from syncd_freshdesk.simulator.state import Conversation, Ticket, typed

TONES = {4: "hot", 3: "warm"}


class FreshdeskSimulator(Simulator):
    """An account "acme" with an agent for syncd, two agents, a customer and a few custom fields.

    Attributes:
        desk: its tickets, people and fields; a person's deeds go through `do`.
        files_url: another host for files, where they are fetched without credentials.
        may_list_agents: whether agents may see the list of agents.
        inactive: ids of agents who were deactivated.
        leaks: a fault: private notes become public.
    """

    page_path = "/a/tickets"
    page_title = "Acme Helpdesk"
    page_accent = "#12344d"
    public_word = "Reply"
    internal_word = "Private note"

    def __init__(
        self,
        *,
        clock: Callable[[], datetime] = real_time,
        accounts: Sequence[Account] = (ACCOUNT, ANA, BEN, CAROL),
    ) -> None:
        super().__init__(accounts=accounts, clock=clock)
        self.desk = Desk(self)
        self.files_url = ""
        self.may_list_agents = True
        self.inactive: set[str] = set()
        self.leaks = False

    # -- a person's deeds, for tests and the demo

    def do(self, by: Account = ANA) -> Any:
        """`with simulator.do(): simulator.desk.update(...)`"""
        return self.acting(by)

    def make(self, subject: str, text: str = "Please help", *, by: Account = CAROL, **values: Any) -> str:
        """A ticket that somebody opens; its ref. `values` are fields by their names in the API."""
        given = {"status": 2, "priority": 1, "requester_id": int(by.id), "description": typed(text), **values}
        with self.acting(by):
            return str(self.desk.create({"subject": subject, **given}).id)

    def edit(self, ref: str, *, by: Account = ANA, **values: Any) -> None:
        with self.acting(by):
            self.desk.update(self.desk.ticket(ref), values)

    def write(self, ref: str, text: str, *, public: bool, by: Account = ANA, files: Sequence[Upload] = ()) -> None:
        """A reply or a private note."""
        with self.acting(by):
            self.say(ref, Answer(text, public, tuple(files)))

    def connection(self, **more: Any) -> dict[str, Any]:
        """A block for `config/syncd.yaml` that fits this account."""
        block = {"connector": "freshdesk", "url": self.url, "api_key": ACCOUNT.token}
        return {**block, "key_field": KEY_FIELD, "link_field": LINK_FIELD, **more}

    def subscribe(self, url: str, secret: str) -> None:
        """The two automation rules of `hook_steps`, with the secret among their headers."""
        self.outbox.subscriptions.append(Subscription(f"rule{len(self.outbox.subscriptions) + 1}", url, secret))

    # -- the vendor's ways

    def routes(self) -> Sequence[BaseRoute]:
        return Routes(self).all()

    def account_of(self, request: Request) -> Account | None:
        """The key is the user; the password is not looked at."""
        scheme, user, _ = credentials(request)
        return self.by_token(user) if scheme == "basic" and user else None

    def limit_headers(self, limit: Limit) -> Mapping[str, str]:
        return {
            "x-ratelimit-total": str(limit.limit),
            "x-ratelimit-remaining": str(limit.remaining),
            "x-ratelimit-used-currentrequest": "1",
        }

    def error(self, status: int) -> Response:
        if status == 429:
            return JSONResponse({"message": "You have exceeded the limit of requests per minute"}, status)
        return JSONResponse({"description": "Internal error", "errors": []}, status)

    def webhook_request(self, event: Event, subscription: Subscription) -> tuple[dict[str, str], bytes]:
        headers = {
            "content-type": "application/json; charset=utf-8",
            "content-length": str(len(event.body)),
            SECRET_HEADER: subscription.secret,
        }
        return headers, event.body

    # -- the page

    @property
    def person(self) -> Account:
        return ANA

    def rows(self) -> Sequence[Row]:
        alive = [each for each in self.desk.tickets.values() if not (each.deleted or each.spam or each.archived)]
        return [self._row(each) for each in sorted(alive, key=lambda each: (each.updated, each.id), reverse=True)]

    def sheet(self, ref: str) -> Sheet | None:
        ticket = self.desk.tickets.get(int(ref)) if ref.isdigit() else None
        if ticket is None or ticket.deleted:
            return None
        values, link = ticket.values, str(ticket.custom[LINK_FIELD] or "")
        requester = self.desk.people[values["requester_id"]]
        statuses = tuple((number, words[0]) for number, words in self.desk.fields["status"].choices.items())
        severities = tuple((word, word or "–") for word in ("", *self.desk.fields["cf_severity"].choices))
        agents = [each for each in self.desk.people.values() if "agent" in each.scopes]
        return Sheet(
            row=self._row(ticket),
            inputs=(
                Input("subject", "Subject", values["subject"]),
                Input("status", "Status", str(values["status"]), statuses),
                Input("priority", "Priority", str(values["priority"]), _options(PRIORITIES)),
                Input("responder_id", "Agent", str(values["responder_id"] or ""), _people(agents)),
                Input("cf_severity", "Severity", ticket.custom["cf_severity"] or "", severities),
                Input("tags", "Tags", " ".join(values["tags"])),
            ),
            said=(self._described(ticket), *(self._said(each) for each in ticket.said)),
            facts=(
                ("Requester", f"{requester.name} ({requester.email})", ""),
                ("Engineering issue", link, link if link.startswith("http") else ""),
                ("Changed", ticket.updated.strftime("%d %b %Y, %H:%M:%S"), ""),
            ),
            files=tuple(Shown(str(each.id), each.name, len(each.content)) for each in ticket.files),
            locked="This ticket is archived." if ticket.archived else "",
        )

    def set_fields(self, ref: str, values: Mapping[str, str]) -> None:
        given: dict[str, Any] = {}
        for name, value in values.items():
            match name:
                case "tags":
                    given["tags"] = value.replace(",", " ").split()
                case "status" | "priority" | "responder_id":
                    given[name] = int(value) if value else None
                case _ if name.startswith("cf_"):
                    given.setdefault("custom_fields", {})[name] = value or None
                case _:
                    given[name] = value
        try:
            self.desk.update(self.desk.ticket(ref), given)
        except Refused as refused:
            raise ValueError(_reason(refused)) from refused

    def say(self, ref: str, answer: Answer) -> None:
        source = REPLY if answer.public else NOTE
        try:
            self.desk.say(
                self.desk.ticket(ref), typed(answer.text), source=source, private=not answer.public, files=answer.files
            )
        except Refused as refused:
            raise ValueError(_reason(refused)) from refused

    def open(self, title: str, answer: Answer) -> str:
        given = {"subject": title, "description": typed(answer.text or title), "requester_id": int(CAROL.id)}
        ticket = self.desk.create({"status": 2, "priority": 1, **given})
        for file in answer.files:
            self.desk.attach(ticket, file)
        return str(ticket.id)

    def file(self, ref: str, file_id: str) -> Upload | None:
        ticket = self.desk.tickets.get(int(ref)) if ref.isdigit() else None
        if ticket is None:
            return None
        for file in [*ticket.files, *(file for said in ticket.said for file in said.files)]:
            if str(file.id) == file_id:
                return Upload(file.name, file.media_type, file.content)
        return None

    def _row(self, ticket: Ticket) -> Row:
        number = ticket.values["priority"]
        badges = (Badge(self.desk.status_word(ticket)), Badge(PRIORITIES[number], TONES.get(number, "calm")))
        return Row(str(ticket.id), f"#{ticket.id}", ticket.values["subject"], badges, ticket.updated)

    def _described(self, ticket: Ticket) -> Said:
        name = self.desk.people[ticket.values["requester_id"]].name
        return Said(name, ticket.created, ticket.html, public=True, by_machine=name == ACCOUNT.name)

    def _said(self, said: Conversation) -> Said:
        return Said(
            author=self.desk.people[said.user_id].name,
            at=said.created,
            html=said.html,
            public=not said.private,
            files=tuple(Shown(str(file.id), file.name, len(file.content)) for file in said.files),
            by_machine=str(said.user_id) == ACCOUNT.id,
        )


def _reason(refused: Refused) -> str:
    """A refusal as a person reads it."""
    errors = (refused.body or {}).get("errors") or []
    return "; ".join(f"{each['field']}: {each['message']}" for each in errors) or "Freshdesk refuses this"


def _options(words: Mapping[int, str]) -> tuple[tuple[str, str], ...]:
    return tuple((str(number), word) for number, word in words.items())


def _people(agents: Sequence[Account]) -> tuple[tuple[str, str], ...]:
    return (("", "–"), *((each.id, each.name) for each in agents))


__all__ = ["ACCOUNT", "ANA", "BEN", "CAROL", "KEY_FIELD", "LINK_FIELD", "FreshdeskSimulator"]
