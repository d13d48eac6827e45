"""Intercom as a small ASGI app, for the demo and the tests: what its API, its webhooks and its Inbox do.

State is in `state`, what happens in `desk`, JSON in `shapes`, searches in `search`, the API's routes in `routes`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute
from starlette.types import Scope, Send

from syncd.sdk.testing.faults import Status
from syncd.sdk.testing.outbox import Event, Subscription
from syncd.sdk.testing.page import Answer, Badge, Input, Row, Said, Sheet, Shown, Upload
from syncd.sdk.testing.simulator import Account, Exchange, Limit, Refused, Simulator, real_time
from syncd_intercom.hook import sign
from syncd_intercom.simulator.desk import Desk
from syncd_intercom.simulator.routes import Routes
from syncd_intercom.simulator.search import Grain
from syncd_intercom.simulator.shapes import seconds
from syncd_intercom.simulator.state import (
    ANA,
    BEN,
    CAROL,
    DESCRIPTION,
    FIN,
    KEY,
    LINK,
    SEVERITY,
    STATES,
    SYNCD,
    TITLE,
    Conversation,
    Item,
    Part,
    Ticket,
    plain,
    typed,
)

__all__ = ["ANA", "BEN", "CAROL", "KEY", "LINK", "SYNCD", "IntercomSimulator"]

RETRIES = 2  # attempts at most; how often Intercom tries is not said


class IntercomSimulator(Simulator):
    """A workspace "acme" with an admin for syncd, two more, a customer, and two types of tickets.

    Attributes:
        desk: its tickets, conversations and people.
        files_url: another host for files, where they are fetched without credentials.
        order: in which order searches answer, one of `search.ORDERS`.
        grain: whether searches compare dates by the second or by the day; the description does not say.
        may_list_teams: whether the token may see the teams.
    """

    page_path = "/page"
    page_title = "Acme Inbox"
    page_accent = "#286efa"
    public_word = "Reply"
    internal_word = "Note"

    def __init__(
        self,
        *,
        clock: Callable[[], datetime] = real_time,
        accounts: Sequence[Account] = (SYNCD, ANA, BEN, CAROL, FIN),
    ) -> None:
        super().__init__(accounts=accounts, clock=clock)
        self.desk = Desk(self)
        self.files_url = ""
        self.order = "newest"
        self.grain: Grain = "second"
        self.may_list_teams = True

    # -- a person's deeds, for tests and the demo

    def make(self, title: str, *, kind: str = "71", by: Account = CAROL, **values: Any) -> str:
        """A ticket of the customer, made by herself or by a teammate; its ref. `values` are attributes by name."""
        given = {"ticket_type_id": kind, "contacts": [{"id": CAROL.id}]}
        with self.acting(by):
            return self.desk.create_ticket({**given, "ticket_attributes": {TITLE: title, **values}}).ref

    def begin(self, text: str = "Please help", *, title: str | None = None, by: Account = CAROL) -> str:
        """A conversation that a customer begins; its ref."""
        with self.acting(by):
            return self.desk.begin(by, typed(text), title=title).ref

    def edit(self, ref: str, given: Mapping[str, Any], *, by: Account = ANA) -> None:
        """What the body of an update says."""
        item = self.desk.item(ref)
        with self.acting(by):
            if isinstance(item, Ticket):
                self.desk.update_ticket(item, given)
            else:
                self.desk.update_conversation(item, given)

    def write(self, ref: str, text: str, *, public: bool, by: Account = ANA, files: Sequence[Upload] = ()) -> str:
        """A comment or a note; the id of its part."""
        with self.acting(by):
            kind = "comment" if public else "note"
            return self.desk.reply(self.desk.item(ref), typed(text), kind=kind, files=files).id

    def connection(self, **more: Any) -> dict[str, Any]:
        """A block for `config/syncd.yaml` that fits this workspace."""
        block = {"connector": "intercom", "url": self.url, "token": SYNCD.token, "link_attribute": LINK}
        return {**block, "link": f"{self.url}{self.page_path}/{{kind}}:{{id}}", **more}

    def subscribe(self, url: str, secret: str) -> None:
        """What a person does in the Developer Hub; a ping comes at once."""
        self.outbox.subscriptions.append(Subscription(f"hook{len(self.outbox.subscriptions) + 1}", url, secret))
        self.desk.tell("ping", {"type": "ping", "message": "something something interzen"}, at=self.clock())

    # -- the vendor's ways

    def routes(self) -> Sequence[BaseRoute]:
        return Routes(self).all()

    def limit_headers(self, limit: Limit) -> Mapping[str, str]:
        resets = seconds(self.clock()) + limit.resets_in(self.clock())
        told = {"limit": limit.limit, "remaining": limit.remaining, "reset": resets}
        return {f"x-ratelimit-{name}": str(value) for name, value in told.items()}

    def error(self, status: int) -> Response:
        code = "rate_limit_exceeded" if status == 429 else "server_error"
        return JSONResponse({"type": "error.list", "request_id": None, "errors": [{"code": code}]}, status)

    async def _answer(self, fault: Status, exchange: Exchange, scope: Scope, send: Send) -> None:
        """A used up limit is told by its own headers: there is no Retry-After."""
        bare = replace(fault, retry_after=None) if fault.code == 429 and self.limit else fault
        await super()._answer(bare, exchange, scope, send)

    def webhook_request(self, event: Event, subscription: Subscription) -> tuple[dict[str, str], bytes]:
        headers = {"content-type": "application/json", "x-hub-signature": sign(subscription.secret, event.body)}
        return headers, event.body

    def retries(self, status: int | None, attempts: int) -> bool:
        return not (status is not None and 200 <= status < 300) and attempts < RETRIES

    # -- the page

    @property
    def person(self) -> Account:
        return ANA

    def rows(self) -> Sequence[Row]:
        items: list[Item] = [*self.desk.tickets.values(), *self.desk.conversations.values()]
        return [_row(each) for each in sorted(items, key=lambda each: (each.updated, each.id), reverse=True)]

    def sheet(self, ref: str) -> Sheet | None:
        try:
            item = self.desk.item(ref)
        except Refused:
            return None
        contact = self.desk.people[item.contact]
        link = str(item.values.get(LINK) or "")
        return Sheet(
            row=_row(item),
            inputs=_ticket_inputs(item) if isinstance(item, Ticket) else _conversation_inputs(item),
            said=tuple(_said(each) for each in _messages(item)),
            facts=(
                ("Contact", f"{contact.name} ({contact.email})", ""),
                ("Engineering issue", link, link if link.startswith("http") else ""),
                ("Changed", item.updated.strftime("%d %b %Y, %H:%M:%S"), ""),
            ),
        )

    def set_fields(self, ref: str, values: Mapping[str, str]) -> None:
        item = self.desk.item(ref)
        try:
            if isinstance(item, Ticket):
                self.desk.update_ticket(item, _ticket_body(values))
            else:
                self._set_conversation(item, values)
        except Refused as refused:
            raise ValueError(_reason(refused)) from refused

    def _set_conversation(self, item: Conversation, values: Mapping[str, str]) -> None:
        if "title" in values:
            self.desk.update_conversation(item, {"title": values["title"]})
        if "state" in values:
            self.desk.manage(item, {"closed": "close"}.get(values["state"], values["state"]))
        if "assignee" in values:
            self.desk.manage(item, "assignment", assignee=values["assignee"])

    def say(self, ref: str, answer: Answer) -> None:
        kind = "comment" if answer.public else "note"
        try:
            self.desk.reply(self.desk.item(ref), typed(answer.text or "(a file)"), kind=kind, files=answer.files)
        except Refused as refused:
            raise ValueError(_reason(refused)) from refused

    def open(self, title: str, answer: Answer) -> str:
        given = {"ticket_type_id": "71", "contacts": [{"id": CAROL.id}]}
        values = {TITLE: title, DESCRIPTION: answer.text or title}
        ticket = self.desk.create_ticket({**given, "ticket_attributes": values})
        if answer.files:
            ticket.files["Screenshot"] = [self.desk.keep(file) for file in answer.files]
        return ticket.ref

    def file(self, ref: str, file_id: str) -> Upload | None:
        file = self.desk.files().get(file_id)
        return Upload(file.name, file.media_type, file.content) if file else None


def _messages(item: Item) -> list[Part]:
    first = [item.source] if isinstance(item, Conversation) else []
    return [part for part in (*first, *item.parts) if part.body is not None]


def _said(part: Part) -> Said:
    files = tuple(Shown(file.id, file.name, len(file.content)) for file in part.files)
    public = part.type != "note"
    return Said(part.author.name, part.created, part.body or "", public, files, by_machine=part.author == SYNCD)


def _row(item: Item) -> Row:
    if isinstance(item, Ticket):
        state = next(each.label for each in STATES if each.id == item.state)
        badges = (Badge(state), *(Badge(word, "warm") for word in [_severity(item)] if word))
        return Row(item.ref, f"#{item.number}", str(item.values.get(TITLE) or ""), badges, item.updated)
    title = item.title or (plain(item.source.body) or "")[:80]
    return Row(item.ref, f"conversation {item.id}", title, (Badge(item.state),), item.updated)


def _severity(ticket: Ticket) -> str:
    known = next((each for each in ticket.kind.attributes if each.name == SEVERITY), None)
    return known.options.get(str(ticket.values.get(SEVERITY)), "") if known else ""


def _ticket_inputs(ticket: Ticket) -> tuple[Input, ...]:
    states = tuple((each.id, each.label) for each in STATES if ticket.kind.id in each.types)
    known = next((each for each in ticket.kind.attributes if each.name == SEVERITY), None)
    severity = (("", "–"), *known.options.items()) if known else ()
    inputs = [
        Input(TITLE, "Title", str(ticket.values.get(TITLE) or "")),
        Input("ticket_state_id", "State", ticket.state, states),
        Input("assignee_id", "Assignee", ticket.admin, _ADMINS),
    ]
    more = [Input(SEVERITY, "Severity", str(ticket.values.get(SEVERITY) or ""), severity)] if severity else []
    return (*inputs, *more)


def _conversation_inputs(given: Conversation) -> tuple[Input, ...]:
    states = tuple((word, word.capitalize()) for word in ("open", "closed", "snoozed"))
    return (
        Input("title", "Title", given.title or ""),
        Input("state", "State", given.state, states),
        Input("assignee", "Assignee", given.admin or "0", _ADMINS),
    )


_ADMINS = (("0", "–"), *((each.id, each.name) for each in (SYNCD, ANA, BEN)))


def _ticket_body(values: Mapping[str, str]) -> dict[str, Any]:
    direct = {name: values[name] for name in ("ticket_state_id", "assignee_id") if name in values}
    attributes = {name: value or None for name, value in values.items() if name not in direct}
    return {**direct, "ticket_attributes": attributes}


def _reason(refused: Refused) -> str:
    """A refusal as a person reads it."""
    errors = (refused.body or {}).get("errors") or [{}]
    return f"{errors[0].get('field') or 'this'}: {errors[0].get('message') or 'Intercom refuses it'}"
