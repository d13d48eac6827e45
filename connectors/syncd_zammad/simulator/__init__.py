"""Zammad as a small ASGI app, for the demo and the tests: what its API, its webhooks and its page do.

State is in `state`, what happens in `desk`, the API's routes in `routes`, its JSON in `shapes`. Where the vendor's
pages are silent it does what the source of zammad/zammad does; each such place names the file.
"""

from __future__ import annotations

import html
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute

from syncd.sdk.testing.outbox import Event, Subscription
from syncd.sdk.testing.page import Answer, Badge, Input, Row, Said, Sheet, Shown, Upload
from syncd.sdk.testing.simulator import Account, Refused, Simulator, credentials, real_time
from syncd_zammad.hook import sign
from syncd_zammad.simulator import state
from syncd_zammad.simulator.desk import Desk
from syncd_zammad.simulator.routes import Routes
from syncd_zammad.simulator.state import ACCOUNT, ANA, BEN, CAROL, GROUPS, LINK_FIELD, PRIORITIES, STATES, Ticket

TONES = {"new": "warm", "open": "hot", "closed": "good", "merged": "calm", "3 high": "hot", "1 low": "calm"}


class ZammadSimulator(Simulator):
    """A Zammad with an administrator for syncd, two agents, a customer and a few custom attributes.

    Attributes:
        desk: its tickets and users; a person's deeds go through `acting`.
        elasticsearch: whether words are searched in an index, which lags (`lag`).
    """

    page_path = "/zammad"
    page_title = "Acme Helpdesk"
    page_accent = "#c28510"

    def __init__(
        self,
        *,
        clock: Callable[[], datetime] = real_time,
        elasticsearch: bool = True,
        accounts: Sequence[Account] = (ACCOUNT, ANA, BEN, CAROL),
    ) -> None:
        super().__init__(accounts=accounts, clock=clock)
        self.elasticsearch = elasticsearch
        self.webhooks: dict[int, state.Row] = {}
        self.triggers: dict[int, state.Row] = {}
        self.desk = Desk(self)

    # -- a person's deeds, for tests and the demo

    def make(self, title: str, text: str = "Please help", *, by: Account = CAROL, **values: Any) -> str:
        """A ticket that somebody opens; its ref. `values` are columns by their names in the API."""
        article = {"body": text, "type": "web", "content_type": "text/plain"}
        with self.acting(by):
            given = {"title": title, "group": "2nd Level", "customer": CAROL.email, "article": article, **values}
            return str(self.desk.create(given).id)

    def edit(self, ref: str, *, by: Account = ANA, **values: Any) -> None:
        with self.acting(by):
            self.desk.update(self.desk.ticket(ref), values)

    def write(self, ref: str, text: str, *, public: bool, by: Account = ANA, **more: Any) -> int:
        """An article that somebody writes; its id."""
        given = {"body": text, "content_type": "text/plain", "type": "note", "internal": not public, **more}
        with self.acting(by):
            return self.desk.add_article(self.desk.ticket(ref), given).id

    def connection(self, **more: Any) -> dict[str, Any]:
        """A block for `config/syncd.yaml` that fits this account."""
        block = {"connector": "zammad", "url": self.url, "token": ACCOUNT.token, "link_field": LINK_FIELD}
        return {**block, **more}

    def subscribe(self, url: str, secret: str) -> None:
        """A webhook and its two triggers, as an administrator makes them by hand."""
        id = self.new_id()
        webhook = {"name": url, "endpoint": url, "signature_token": secret, "active": True, "customized_payload": False}
        self.webhooks[id] = state.Row(id, webhook, self.clock())
        for action in ("create", "update"):
            perform = {"notification.webhook": {"webhook_id": id}}
            condition = {"ticket.action": {"operator": "is", "value": action}}
            values = {"name": f"{action} {id}", "condition": condition, "perform": perform, "active": True}
            always = {"activator": "action", "execution_condition_mode": "always"}
            trigger = state.Row(self.new_id(), {**values, **always}, self.clock())
            self.triggers[trigger.id] = trigger
        self.wire()

    # -- webhooks

    def rows_of(self, kind: str) -> dict[int, state.Row]:
        return self.webhooks if kind == "webhooks" else self.triggers

    def calls_webhook(self, trigger: state.Row, id: int) -> bool:
        named = (trigger.values.get("perform") or {}).get("notification.webhook") or {}
        return str(named.get("webhook_id")) == str(id)

    def switch_off(self, url: str) -> None:
        """An administrator makes the webhook inactive; its triggers stay."""
        for webhook in self.webhooks.values():
            if webhook.values["endpoint"] == url:
                webhook.values["active"] = False
        self.wire()

    def wire(self) -> None:
        """Tell the outbox who is called about what, by the webhooks and triggers of now."""
        self.outbox.subscriptions = [
            Subscription(f"{trigger.id}", webhook.values["endpoint"], webhook.values.get("signature_token") or "", kind)
            for trigger in self.triggers.values()
            for webhook in self.webhooks.values()
            if trigger.values["active"] and webhook.values["active"] and self.calls_webhook(trigger, webhook.id)
            if (kind := self._kind(trigger))
        ]

    def _kind(self, trigger: state.Row) -> frozenset[str]:
        """The action that a trigger waits for; one with another condition is none of this simulator's business."""
        asked = (trigger.values.get("condition") or {}).get("ticket.action") or {}
        return frozenset({asked["value"]}) if asked.get("operator") == "is" else frozenset()

    def tell(self, kind: str, ticket: Ticket, article: state.Article | None) -> None:
        self.outbox.put(kind, json.dumps(self.desk.shapes.payload(ticket, article)).encode())

    def webhook_request(self, event: Event, subscription: Subscription) -> tuple[dict[str, str], bytes]:
        """The id of the job stays over retries; a webhook without a token is not signed (lib/user_agent.rb)."""
        headers = {
            "content-type": "application/json; charset=utf-8",
            "user-agent": "Zammad User Agent",
            "x-zammad-trigger": str(self.triggers[int(subscription.id)].values["name"]),
            "x-zammad-delivery": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{event.id}/{subscription.id}")),
        }
        if subscription.secret:
            headers["x-hub-signature"] = sign(subscription.secret, event.body)
        return headers, event.body

    def retries(self, status: int | None, attempts: int) -> bool:
        """Five attempts in all, unless one succeeds (trigger_webhook_job.rb)."""
        return (status is None or status >= 300) and attempts < 5

    # -- the vendor's ways

    def routes(self) -> Sequence[BaseRoute]:
        return Routes(self).all()

    def account_of(self, request: Request) -> Account | None:
        """`Token token=...`, or a bearer (intro.rst, Authentication)."""
        scheme, _, secret = credentials(request)
        return self.by_token(secret.removeprefix("token=") if scheme == "token" else secret)

    def error(self, status: int) -> Response:
        """Zammad knows no limit and no outage page: what stands before it says these, and not in JSON."""
        return PlainTextResponse(f"{status} from the proxy", status)

    # -- the page

    @property
    def person(self) -> Account:
        return ANA

    def rows(self) -> Sequence[Row]:
        by_age = sorted(self.desk.tickets.values(), key=lambda each: (each.updated, each.id), reverse=True)
        return [self._row(ticket) for ticket in by_age]

    def sheet(self, ref: str) -> Sheet | None:
        ticket = self.desk.tickets.get(int(ref)) if ref.isdigit() else None
        if ticket is None:
            return None
        values, link = ticket.values, str(ticket.values.get(LINK_FIELD) or "")
        states = {str(id): name for id, (name, _) in STATES.items() if name not in ("merged", "removed")}
        return Sheet(
            row=self._row(ticket),
            inputs=(
                Input("title", "Title", values["title"]),
                Input("state_id", "State", str(values["state_id"]), tuple(states.items())),
                Input("priority_id", "Priority", str(values["priority_id"]), _options(PRIORITIES)),
                Input("group_id", "Group", str(values["group_id"]), _options(GROUPS)),
                Input("tags", "Tags", ", ".join(sorted(ticket.tags))),
            ),
            said=tuple(self._said(article) for article in ticket.articles),
            facts=(
                ("Customer", self.desk.users[values["customer_id"]].name, ""),
                ("Engineering issue", link, link if link.startswith("http") else ""),
                ("Opened", ticket.created.strftime("%d %b %Y, %H:%M"), ""),
                ("Changed", ticket.updated.strftime("%d %b %Y, %H:%M:%S"), ""),
            ),
            locked="This ticket was merged." if STATES[values["state_id"]][0] == "merged" else "",
        )

    def set_fields(self, ref: str, values: Mapping[str, str]) -> None:
        ticket = self.desk.ticket(ref)
        numbers = {name: int(value) for name, value in values.items() if name.endswith("_id")}
        title = {"title": values["title"]} if "title" in values else {}
        self._try(lambda: self.desk.update(ticket, {**numbers, **title}))
        if "tags" in values:
            wanted = {tag.strip() for tag in values["tags"].split(",") if tag.strip()}
            for tag in sorted(wanted - set(ticket.tags)):
                self.desk.add_tag(ticket.id, tag)
            for tag in sorted(set(ticket.tags) - wanted):
                self.desk.remove_tag(ticket.id, tag)

    def say(self, ref: str, answer: Answer) -> None:
        self._try(lambda: self._say(self.desk.ticket(ref), answer))

    def open(self, title: str, answer: Answer) -> str:
        given = {"title": title, "group": "2nd Level", "customer": CAROL.email}
        ticket = self.desk.create({**given, "article": {**_typed(answer.text or title), "type": "phone"}})
        for each in answer.files:
            self.desk.store(ticket.articles[0], each.name, each.content, {"Mime-Type": each.media_type})
        return str(ticket.id)

    def file(self, ref: str, file_id: str) -> Upload | None:
        ticket = self.desk.tickets.get(int(ref)) if ref.isdigit() else None
        files = [file for article in ticket.articles for file in article.files] if ticket else []
        found = next((file for file in files if str(file.id) == file_id), None)
        return Upload(found.name, str(found.preferences.get("Mime-Type")), found.content) if found else None

    def _say(self, ticket: Ticket, answer: Answer) -> None:
        article = self.desk.add_article(ticket, {**_typed(answer.text), "internal": not answer.public})
        for each in answer.files:
            self.desk.store(article, each.name, each.content, {"Mime-Type": each.media_type})

    def _try(self, deed: Callable[[], object]) -> None:
        try:
            deed()
        except Refused as error:
            raise ValueError(str(error.body["error"])) from error

    def _row(self, ticket: Ticket) -> Row:
        words = (STATES[ticket.values["state_id"]][0], PRIORITIES[ticket.values["priority_id"]])
        badges = tuple(Badge(word, TONES.get(word, "calm")) for word in words)
        return Row(str(ticket.id), f"#{ticket.number}", ticket.values["title"], badges, ticket.updated)

    def _said(self, article: state.Article) -> Said:
        plain = article.content_type == "text/plain"
        return Said(
            author=self.desk.users[article.author].name,
            at=article.created,
            html=_typed(article.body)["body"] if plain else article.body,
            public=not article.internal,
            files=tuple(Shown(str(file.id), file.name, len(file.content)) for file in article.files),
            by_machine=article.author == int(ACCOUNT.id),
        )


def _options(words: Mapping[int, str]) -> tuple[tuple[str, str], ...]:
    return tuple((str(id), word) for id, word in words.items())


def _typed(text: str) -> dict[str, Any]:
    """What a person types into the page's plain box."""
    parts = "".join(f"<p>{html.escape(part).replace(chr(10), '<br>')}</p>" for part in text.split("\n\n"))
    return {"body": parts, "content_type": "text/html"}


__all__ = ["ACCOUNT", "ANA", "BEN", "CAROL", "LINK_FIELD", "ZammadSimulator"]
