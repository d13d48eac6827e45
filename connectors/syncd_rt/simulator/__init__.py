"""Request Tracker 5 as a small ASGI app, for the demo and the tests: its REST 2.0, the hook's scrip and a page.

The vendor publishes no description of its API. What is here was measured on a real 5.0.3 and read in its source; each
such place names the file. `state` holds, `ledger` writes down, `desk` and `edits` change, `routes` and `shapes` answer.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute

from syncd.sdk.testing.outbox import Event, Subscription
from syncd.sdk.testing.simulator import Account, Simulator, credentials, real_time
from syncd_rt.simulator.desk import Desk
from syncd_rt.simulator.page import RtPage
from syncd_rt.simulator.routes import Routes
from syncd_rt.simulator.state import ADMIN, ANNA, BEN, BOT, CAROL, OUTSIDER, PEOPLE, PRIORITIES, Transaction, stamp


class RtSimulator(RtPage, Simulator):
    """An RT with a queue for customers, an account for syncd, two agents, a customer and some custom fields.

    Attributes:
        desk: its tickets and users; a person's deeds go through `acting`.
        hooked: the queues that have the scrip of connectors/syncd_rt/README.md.
        field_readers: who may look at custom fields themselves, beside root.
    """

    def __init__(self, *, clock: Callable[[], datetime] = real_time, accounts: Sequence[Account] = PEOPLE) -> None:
        super().__init__(accounts=accounts, clock=clock)
        self.desk = Desk(self)
        self.hooked = frozenset({"Support"})
        self.field_readers: frozenset[str] = frozenset()

    # -- a person's deeds, for tests and the demo

    def make(self, subject: str, text: str = "Please help", *, by: Account = CAROL, **values: Any) -> str:
        """A ticket that somebody opens, by mail or by phone; its ref. `values` are columns by RT's names."""
        given = {"Queue": "Support", "Requestor": CAROL.id, "Subject": subject, "Content": text, **values}
        with self.acting(by):
            return str(self.desk.create(given).id)

    def edit(self, ref: str, *, by: Account = ANNA, **values: Any) -> list[str]:
        with self.acting(by):
            return self.desk.update(self.desk.known(ref), values)

    def write(self, ref: str, text: str, *, public: bool, by: Account = ANNA, **more: Any) -> str:
        """A reply or a comment; the number of its transaction."""
        given = {"Content": text, "ContentType": "text/plain", **more}
        with self.acting(by):
            made, _ = self.desk.message(self.desk.known(ref), "correspond" if public else "comment", given)
        return str(made.id)

    def connection(self, **more: Any) -> dict[str, Any]:
        """A block for `config/syncd.yaml` that fits this RT."""
        block = {"connector": "rt", "url": self.url, "token": BOT.token, "user": BOT.id}
        return {**block, "priorities": dict(PRIORITIES), **more}

    def subscribe(self, url: str, secret: str) -> None:
        """As its administrator writes both into RT_SiteConfig.pm."""
        self.outbox.subscriptions.append(Subscription("scrip", url, secret))

    # -- the hook: lib/RT/Action/SyncWebhook.pm of connectors/syncd_rt/README.md

    def tell(self, transaction: Transaction) -> None:
        """The scrip is looked up in the queue where the ticket is by then."""
        ticket = self.desk.known(str(transaction.ticket))
        queue = self.desk.queues[ticket.queue].name
        if queue not in self.hooked:
            return
        body = {
            "created": stamp(transaction.created),
            "creator": transaction.creator,
            "field": transaction.about or None,
            "queue": queue,
            "ticket_id": ticket.id,
            "transaction_id": transaction.id,
            "type": transaction.type,
        }
        self.outbox.put(transaction.type, json.dumps(body, separators=(",", ":")).encode(), id=str(transaction.id))

    def webhook_request(self, event: Event, subscription: Subscription) -> tuple[dict[str, str], bytes]:
        signature = hmac.new(subscription.secret.encode(), event.body, hashlib.sha256).hexdigest()
        headers = {"content-type": "application/json", "x-rt-delivery": event.id}
        return {**headers, "x-rt-signature": f"sha256={signature}"}, event.body

    def retries(self, status: int | None, attempts: int) -> bool:
        """At most once."""
        return False

    # -- the vendor's ways

    def routes(self) -> Sequence[BaseRoute]:
        return Routes(self).all()

    def account_of(self, request: Request) -> Account | None:
        """`Authorization: token ...` (lib/RT/REST2/Middleware/Auth.pm)."""
        scheme, _, secret = credentials(request)
        return self.by_token(secret) if scheme == "token" else None

    def sees_fields(self, account: Account) -> bool:
        return account.id in {ADMIN.id, *self.field_readers}

    def error(self, status: int) -> Response:
        """RT knows no limit and no outage page: what stands before it says these, and not in JSON."""
        return PlainTextResponse(f"{status} from the proxy", status)


__all__ = ["ADMIN", "ANNA", "BEN", "BOT", "CAROL", "OUTSIDER", "RtSimulator"]
