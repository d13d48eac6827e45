"""Zendesk as a small ASGI app, for the demo and the tests: what its API, its webhooks and its page do.

State and JSON are in `state`, what an update does in `desk`, the API's routes in `routes`.
"""

from __future__ import annotations

import html
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from syncd.sdk.testing.outbox import Event, Subscription
from syncd.sdk.testing.page import Answer, Badge, Input, Row, Said, Sheet, Shown, Upload
from syncd.sdk.testing.simulator import Account, Limit, Refused, Simulator, credentials, real_time
from syncd.sdk.testing.tokens import TokenEndpoint
from syncd_zendesk.desk import ACCOUNT, ANA, BEN, CAROL, LINK_FIELD, TICKET_EVENTS, TRIGGERED, Desk
from syncd_zendesk.fields import PRIORITIES, STATUSES
from syncd_zendesk.hook import sign
from syncd_zendesk.routes import Routes
from syncd_zendesk.simulated_webhooks import SimulatedWebhooks
from syncd_zendesk.state import StoredFile, Ticket, stamp

TONES = {"urgent": "hot", "high": "warm", "new": "warm", "open": "hot", "pending": "cold", "solved": "good"}


class ZendeskSimulator(Simulator):
    """An account "acme" with an administrator for syncd, two agents, a customer and a few custom fields.

    Attributes:
        desk: its tickets, users and fields; a person's deeds go through `do`.
        webhooks: what it calls, as its administrators keep it.
        missing: how much of the latest time the incremental exports leave out.
        export_limit: requests that the exports allow; None for no limit.
        files_url: another host for files, where they are fetched without credentials.
        tokens: gives the OAuth client its access tokens; a renewal ends the former ones.
    """

    page_path = "/agent/tickets"
    page_title = "Acme Support"
    page_accent = "#17494d"

    def __init__(
        self,
        *,
        clock: Callable[[], datetime] = real_time,
        missing: timedelta = timedelta(minutes=1),
        custom_statuses: bool = False,
        accounts: Sequence[Account] = (ACCOUNT, ANA, BEN, CAROL),
    ) -> None:
        super().__init__(accounts=accounts, clock=clock)
        self.desk = Desk(self, custom_statuses=custom_statuses)
        self.webhooks = SimulatedWebhooks(self)
        self.missing = missing
        self.export_limit: Limit | None = Limit(10)
        self.files_url = ""
        self.max_file = 50 * 1024 * 1024  # bytes
        self.events_page = 1000
        self.tokens = TokenEndpoint(clock=clock, refresh="zendesk-refresh", alone=True, json=True)

    # -- a person's deeds, for tests and the demo

    def do(self, by: Account = ANA) -> Any:
        """`with simulator.do(): simulator.desk.update(...)`"""
        return self.acting(by)

    def make(self, subject: str, text: str = "Please help", *, by: Account = CAROL, **values: Any) -> str:
        """A ticket that somebody opens; its ref. `values` are fields by their names in the API."""
        with self.acting(by):
            return str(self.desk.create({"subject": subject, "comment": {"body": text}, **values}).id)

    def edit(self, ref: str, *, by: Account = ANA, **values: Any) -> None:
        with self.acting(by):
            self.desk.update(self.desk.ticket(ref), values)

    def write(self, ref: str, text: str, *, public: bool, by: Account = ANA, files: Sequence[Upload] = ()) -> None:
        """A comment, by the page or by a mail."""
        with self.acting(by):
            self._say(ref, Answer(text, public, tuple(files)))

    def connection(self, **more: Any) -> dict[str, Any]:
        """A block for `config/syncd.yaml` that fits this account."""
        block = {"connector": "zendesk", "url": self.url, "email": ACCOUNT.email, "token": ACCOUNT.token}
        return {**block, "link_field": LINK_FIELD, **more}

    def subscribe(self, url: str, secret: str, *, events: frozenset[str] = TICKET_EVENTS) -> None:
        """A webhook on events; with `TRIGGERED` one that a trigger notifies."""
        number = len(self.outbox.subscriptions) + 1
        self.outbox.subscriptions.append(Subscription(f"01HOOK{number}", url, secret, events))  # of ids below new_id()

    # -- the vendor's ways

    def routes(self) -> Sequence[BaseRoute]:
        return [*Routes(self).all(), self.tokens.route("/oauth/tokens")]

    def account_of(self, request: Request) -> Account | None:
        scheme, user, secret = credentials(request)
        if scheme == "basic":
            email, slash, _ = user.rpartition("/token")
            return self.by_token(secret, user=email) if slash else None
        if self.tokens.knows(secret):
            return ACCOUNT
        return self.by_token(secret)

    def limit_headers(self, limit: Limit) -> Mapping[str, str]:
        return {
            "x-rate-limit": str(limit.limit),
            "x-rate-limit-remaining": str(limit.remaining),
            "ratelimit-limit": str(limit.limit),
            "ratelimit-remaining": str(limit.remaining),
            "ratelimit-reset": str(limit.resets_in(self.clock())),
        }

    def error(self, status: int) -> Response:
        return JSONResponse({"error": "APIRateLimitExceeded" if status == 429 else "InternalError"}, status)

    def webhook_request(self, event: Event, subscription: Subscription) -> tuple[dict[str, str], bytes]:
        """The id of the invocation stays over retries, the time of the signature does not."""
        now = self.clock().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        headers = {
            "content-type": "application/json; charset=utf-8",
            "x-zendesk-account-id": "22129848",
            "x-zendesk-webhook-id": subscription.id,
            "x-zendesk-webhook-invocation-id": f"{event.id}-{subscription.id}",
            "x-zendesk-webhook-signature-timestamp": now,
            "x-zendesk-webhook-signature": sign(subscription.secret, now, event.body).decode(),
        }
        return headers, event.body

    def retries(self, status: int | None, attempts: int) -> bool:
        return (status == 409 and attempts < 3) or (status is None and attempts < 5)

    def tell(self, ticket: Ticket, told: Sequence[tuple[str, dict[str, Any]]]) -> None:
        """One webhook event for each thing that an audit did, and one for the triggers."""
        sequence = uuid.uuid5(uuid.NAMESPACE_URL, f"{ticket.id}/{len(ticket.audits)}").hex.upper()
        for position, (kind, event) in enumerate(told, start=1):
            id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{sequence}/{position}"))
            body = {
                "account_id": 22129848,
                "detail": self.desk.detail(ticket, actor=int(self.actor.id)),
                "event": {"meta": {"sequence": {"id": sequence, "position": position}}, **event},
                "id": id,
                "subject": f"zen:ticket:{ticket.id}",
                "time": self.clock().astimezone(UTC).isoformat().replace("+00:00", "Z"),
                "type": f"zen:event-type:ticket.{kind}",
                "zendesk_event_version": "2022-11-06",
            }
            self.outbox.put(str(body["type"]), json.dumps(body).encode(), id=id)
        body = {"ticket_id": str(ticket.id), "updated_at": stamp(ticket.updated)}
        self.outbox.put(TRIGGERED, json.dumps(body).encode(), id=f"trigger-{sequence}", named=True)

    # -- the page

    @property
    def person(self) -> Account:
        return ANA

    def rows(self) -> Sequence[Row]:
        alive = [ticket for ticket in self.desk.tickets.values() if not ticket.deleted]
        return [self._row(ticket) for ticket in sorted(alive, key=lambda each: (each.updated, each.id), reverse=True)]

    def sheet(self, ref: str) -> Sheet | None:
        ticket = self.desk.tickets.get(int(ref)) if ref.isdigit() else None
        if ticket is None or ticket.deleted:
            return None
        values = ticket.values
        requester = self.desk.users[values["requester_id"]]
        link = str(ticket.custom.get(LINK_FIELD) or "")
        return Sheet(
            row=self._row(ticket),
            inputs=(
                Input("subject", "Subject", values["subject"]),
                Input("priority", "Priority", values["priority"] or "", _options(("", *reversed(PRIORITIES)))),
                self._status_input(ticket),
                Input("assignee_id", "Assignee", str(values["assignee_id"] or ""), self._agents()),
                *(self._custom_input(ticket, id) for id, known in self.desk.fields.items() if known.type == "tagger"),
                Input("tags", "Tags", " ".join(sorted(values["tags"]))),
            ),
            said=tuple(self._said(ticket, index) for index in range(len(ticket.comments))),
            facts=(
                ("Requester", f"{requester.name} ({requester.email})", ""),
                ("Engineering issue", link, link if link.startswith("http") else ""),
                ("Opened", ticket.created.strftime("%d %b %Y, %H:%M"), ""),
                ("Changed", ticket.updated.strftime("%d %b %Y, %H:%M:%S"), ""),
            ),
            locked="This ticket is closed and takes no more changes." if ticket.status == "closed" else "",
        )

    def set_fields(self, ref: str, values: Mapping[str, str]) -> None:
        ticket, given = self.desk.ticket(ref), dict[str, Any]()
        for name, value in values.items():
            match name:
                case "tags":
                    given["tags"] = value.replace(",", " ").split()
                case "assignee_id" | "custom_status_id":
                    given[name] = int(value) if value else None
                case _ if name.isdigit():
                    given.setdefault("custom_fields", []).append({"id": int(name), "value": value or None})
                case _:
                    given[name] = value or None
        try:
            self.desk.update(ticket, given)
        except Refused as refused:
            raise ValueError(_reason(refused)) from refused

    def say(self, ref: str, answer: Answer) -> None:
        try:
            self._say(ref, answer)
        except Refused as refused:
            raise ValueError(_reason(refused)) from refused

    def open(self, title: str, answer: Answer) -> str:
        comment = {"html_body": _typed(answer.text or title), "public": True, "uploads": self._uploaded(answer)}
        return str(self.desk.create({"subject": title, "comment": comment, "requester_id": int(CAROL.id)}).id)

    def file(self, ref: str, file_id: str) -> Upload | None:
        ticket = self.desk.tickets.get(int(ref)) if ref.isdigit() else None
        for comment in ticket.comments if ticket else ():
            for file in comment.files:
                if str(file.id) == file_id:
                    return Upload(file.name, file.media_type, file.content)
        return None

    def _say(self, ref: str, answer: Answer) -> None:
        comment = {"html_body": _typed(answer.text), "public": answer.public, "uploads": self._uploaded(answer)}
        self.desk.update(self.desk.ticket(ref), {"comment": comment})

    def _uploaded(self, answer: Answer) -> list[str]:
        return [self.desk.upload(each.name, each.media_type, each.content).token for each in answer.files]

    def _row(self, ticket: Ticket) -> Row:
        status, priority = self.desk.status_label(ticket), ticket.values["priority"]
        badges = [Badge(status, TONES.get(ticket.status, "calm"))]
        if priority:
            badges.append(Badge(priority, TONES.get(priority, "calm")))
        return Row(str(ticket.id), f"#{ticket.id}", ticket.values["subject"], tuple(badges), ticket.updated)

    def _status_input(self, ticket: Ticket) -> Input:
        if not self.desk.statuses:
            return Input("status", "Status", ticket.status, _options(STATUSES))
        options = tuple((str(each.id), each.label) for each in self.desk.statuses.values())
        return Input("custom_status_id", "Status", str(ticket.values["custom_status_id"]), options)

    def _agents(self) -> tuple[tuple[str, str], ...]:
        agents = [user for user in self.desk.users.values() if user.role != "end-user"]
        return (("", "–"), *((str(user.id), user.name) for user in agents))

    def _custom_input(self, ticket: Ticket, id: int) -> Input:
        known = self.desk.fields[id]
        options = (("", "–"), *((option.value, option.name) for option in known.options))
        value = ticket.custom.get(id)
        return Input(str(id), known.title, value if isinstance(value, str) else "", options)

    def _said(self, ticket: Ticket, index: int) -> Said:
        comment = ticket.comments[index]
        return Said(
            author=self.desk.users[comment.author_id].name,
            at=comment.created,
            html=comment.html,
            public=comment.public,
            files=tuple(Shown(str(file.id), file.name, len(file.content)) for file in comment.files),
            by_machine=comment.via.get("channel") == "api",
        )


def _reason(refused: Refused) -> str:
    """A refusal as a person reads it."""
    details = refused.body.get("details") or {}
    reasons = [each["description"] for found in details.values() for each in found]
    return "; ".join(reasons) or str(refused.body.get("description"))


def _options(words: Sequence[str]) -> tuple[tuple[str, str], ...]:
    return tuple((word, word or "–") for word in words)


def _typed(text: str) -> str:
    """What a person types into the page's plain box."""
    parts = text.split("\n\n")
    return "".join(f"<p>{html.escape(part).replace(chr(10), '<br>')}</p>" for part in parts)


__all__ = [
    "ACCOUNT",
    "ANA",
    "BEN",
    "CAROL",
    "LINK_FIELD",
    "TICKET_EVENTS",
    "TRIGGERED",
    "StoredFile",
    "ZendeskSimulator",
]
