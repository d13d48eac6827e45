"""HubSpot as a small ASGI app, for the demo and the tests: what its CRM, its webhooks and its page do.

State is in `state`, what happens in `crm`, the account in `account`, the API's routes in `routes` and `search`.
"""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from syncd.sdk.testing.outbox import Event, Subscription
from syncd.sdk.testing.page import Answer, Row, Sheet, Upload
from syncd.sdk.testing.simulator import Account, Limit, Refused, Simulator, credentials, real_time
from syncd.sdk.testing.tokens import TokenEndpoint
from syncd_hubspot.hook import KINDS, SIGNATURE, TIMESTAMP, sign
from syncd_hubspot.simulator import sheet as page
from syncd_hubspot.simulator.account import (
    ACCOUNT,
    ANA,
    BEN,
    CAROL,
    KEY,
    LINK,
    NEW,
    OTHER_ADDRESS,
    OWNERS,
    PROPERTIES,
    SUPPORT,
)
from syncd_hubspot.simulator.crm import Crm, refusal
from syncd_hubspot.simulator.routes import Routes
from syncd_hubspot.simulator.state import APP, PORTAL, Record
from syncd_hubspot.wire import milliseconds, stamp

SUBSCRIBED = frozenset(
    {
        *(f"ticket.{kind}" for kind in KINDS if kind != "propertyChange"),
        *(f"ticket.propertyChange:{known.name}" for known in PROPERTIES["tickets"]),
    }
)


class HubspotSimulator(Simulator):
    """An account with a private app for syncd, two users, a contact with two addresses, and two pipelines.

    Attributes:
        crm: its records and files; a person's deeds go through `acting`.
        files_url: another host for files, where they are fetched without credentials.
        merged_ids_resolve: whether a merged ticket's id reads as the one that stays; the documents do not confirm it.
        may_read_owners: whether the app may see users.
        left: ids of owners who left.
        late: records by ref that the index gets later than others, and how much.
        search_limit: searches allowed in a second; None for no limit.
        day: requests that are left of the day's 250,000.
    """

    page_path = "/contacts"
    page_title = "Acme Tickets"
    page_accent = "#ff5c35"
    public_word = "Email to the contact"
    internal_word = "Note"

    def __init__(
        self,
        *,
        clock: Callable[[], datetime] = real_time,
        accounts: Sequence[Account] = (ACCOUNT, ANA, BEN, CAROL),
    ) -> None:
        super().__init__(accounts=accounts, clock=clock)
        self.owners = dict(OWNERS)
        self.crm = Crm(self)
        self.files_url = ""
        self.merged_ids_resolve = True
        self.may_read_owners = True
        self.left: set[str] = set()
        self.late: dict[str, timedelta] = {}
        self.search_limit: Limit | None = None
        self.day = 250_000
        self.associations_a_page = 500
        self._attempts: dict[tuple[str, str], int] = {}
        self.tokens = TokenEndpoint(clock=clock, refresh="hubspot-refresh", itself=False, rotates=False)
        self.tokens.life = timedelta(minutes=30)
        with self.acting(ANA):
            given, name = {"email": CAROL.email, "hs_additional_emails": OTHER_ADDRESS}, CAROL.name.split()
            self.carol = self.crm.create("contacts", {**given, "firstname": name[0], "lastname": name[1]})

    # -- a person's deeds, for tests and the demo

    def make(self, subject: str, text: str = "Please help", *, by: Account = ANA, **values: str) -> str:
        """A ticket of the contact's that somebody makes; its ref. `values` are properties by their names in the API."""
        given = {"hs_pipeline": SUPPORT, "hs_pipeline_stage": NEW, "content": text, "subject": subject, **values}
        with self.acting(by):
            return str(self.crm.create("tickets", given, [("contacts", str(self.carol.id))]).id)

    def edit(self, ref: str, *, by: Account = ANA, **values: str) -> None:
        with self.acting(by):
            self.crm.update(self.crm.record("tickets", ref), values)

    def note(self, ref: str, text: str, *, by: Account = ANA, files: Sequence[Upload] = (), **values: str) -> Record:
        """What only the people of the account read."""
        given = {"hs_note_body": typed(text), "hs_timestamp": stamp(self.clock()), **values}
        with self.acting(by):
            if owner := next((id for id, user in self.owners.items() if user == by), ""):
                given["hubspot_owner_id"] = owner
            return self.crm.create("notes", self._with_files(given, files), [("tickets", ref)])

    def mail(
        self, ref: str, text: str, *, by: Account = ANA, to: str = "", files: Sequence[Upload] = (), **values: str
    ) -> Record:
        """A mail to the contact, or from it."""
        incoming = by is CAROL
        receiver = to or (ANA.email if incoming else CAROL.email)
        headers = {"from": {"email": by.email}, "to": [{"email": receiver}], "cc": [], "bcc": []}
        given = {
            "hs_timestamp": stamp(self.clock()),
            "hs_email_direction": "INCOMING_EMAIL" if incoming else "EMAIL",
            "hs_email_status": "" if incoming else "SENT",
            "hs_email_html": typed(text),
            "hs_email_headers": json.dumps(headers),
            **values,
        }
        with self.acting(by):
            return self.crm.create("emails", self._with_files(given, files), [("tickets", ref)])

    def _with_files(self, given: dict[str, str], files: Sequence[Upload]) -> dict[str, str]:
        kept = [self.crm.keep(each.name, each.media_type, each.content, access="PRIVATE") for each in files]
        return {**given, "hs_attachment_ids": ";".join(str(each.id) for each in kept)} if kept else given

    def connection(self, **more: Any) -> dict[str, Any]:
        """A block for `config/syncd.yaml` that fits this account."""
        block = {"connector": "hubspot", "url": self.url, "token": ACCOUNT.token, "app_id": APP, "portal_id": PORTAL}
        return {**block, "key_property": KEY, "link_property": LINK, **more}

    def subscribe(self, url: str, secret: str) -> None:
        """The app's target address, its client secret, and all subscriptions of `hook_steps`."""
        self.outbox.subscriptions = [Subscription("1234", url, secret, SUBSCRIBED)]

    # -- the vendor's ways

    def routes(self) -> Sequence[BaseRoute]:
        return [*Routes(self).all(), self.tokens.route("/oauth/v1/token")]

    def account_of(self, request: Request) -> Account | None:
        scheme, _, secret = credentials(request)
        if scheme != "bearer":
            return None
        return ACCOUNT if self.tokens.knows(secret) else self.by_token(secret)

    def found(self, record: Record) -> bool:
        """Whether the index already has a record as it is."""
        return self.indexed(record.updated + self.late.get(str(record.id), timedelta(0)))

    def take(self, *, search: bool) -> Mapping[str, str]:
        """Count a request against the day and, for a search, its second; the headers that tell what is left."""
        self.day -= 1
        if self.day < 0:
            raise Refused(429, limited("DAILY"))
        if not search:
            return {"x-hubspot-ratelimit-daily": "250000", "x-hubspot-ratelimit-daily-remaining": str(self.day)}
        if self.search_limit and not self.search_limit.take(self.clock()):
            raise Refused(429, limited("SECONDLY"))
        return {}

    def limit_headers(self, limit: Limit) -> Mapping[str, str]:
        return {
            "x-hubspot-ratelimit-max": str(limit.limit),
            "x-hubspot-ratelimit-remaining": str(limit.remaining),
            "x-hubspot-ratelimit-interval-milliseconds": str(round(limit.window.total_seconds() * 1000)),
        }

    def error(self, status: int) -> Response:
        if status == 429:
            return JSONResponse(limited("TEN_SECONDLY_ROLLING"), status)
        return JSONResponse(refusal("INTERNAL_ERROR", "internal error"), status)

    def webhook_request(self, event: Event, subscription: Subscription) -> tuple[dict[str, str], bytes]:
        """Each attempt says its number and is signed anew."""
        attempt = self._attempts[event.id, subscription.id] = self._attempts.get((event.id, subscription.id), -1) + 1
        events = [{**each, "attemptNumber": attempt} for each in json.loads(event.body)]
        body, sent = json.dumps(events).encode(), str(milliseconds(self.clock()))
        signature = sign(subscription.secret, address=subscription.url, body=body, timestamp=sent)
        return {"content-type": "application/json", SIGNATURE: signature, TIMESTAMP: sent}, body

    def retries(self, status: int | None, attempts: int) -> bool:
        """ "Any error or timeout is retried up to 10 times" [H3]."""
        return (status is None or status >= 400) and attempts <= 10

    # -- the page

    @property
    def person(self) -> Account:
        return ANA

    def rows(self) -> Sequence[Row]:
        return page.rows(self.crm)

    def sheet(self, ref: str) -> Sheet | None:
        found = self.crm.records["tickets"].get(int(ref)) if ref.isdecimal() else None
        return page.sheet(self, found) if found and not found.archived_at else None

    def set_fields(self, ref: str, values: Mapping[str, str]) -> None:
        try:
            self.crm.update(self.crm.record("tickets", ref), values)
        except Refused as refused:
            raise ValueError(refused.body["message"]) from refused

    def say(self, ref: str, answer: Answer) -> None:
        write = self.mail if answer.public else self.note
        write(ref, answer.text, by=ANA, files=answer.files)

    def open(self, title: str, answer: Answer) -> str:
        ref = self.make(title, answer.text or title)
        if answer.files:
            self.note(ref, "", files=answer.files)
        return ref

    def file(self, ref: str, file_id: str) -> Upload | None:
        found = self.crm.files.get(int(file_id)) if file_id.isdecimal() else None
        return Upload(found.name, found.media_type, found.content) if found else None


def limited(policy: str) -> dict[str, Any]:
    """The body of a 429 names its limit."""
    message = "You have reached your limit."
    return {**refusal("RATE_LIMITS", message), "policyName": policy}


def typed(text: str) -> str:
    """What a person types into a box."""
    parts = [html.escape(part).replace("\n", "<br>") for part in text.split("\n\n")]
    return "".join(f"<p>{part}</p>" for part in parts)


__all__ = ["ACCOUNT", "ANA", "BEN", "CAROL", "KEY", "LINK", "OTHER_ADDRESS", "HubspotSimulator"]
