"""The webhooks of a simulated Zendesk, for administrators: listed, made, changed, removed, and their secrets read."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from syncd.sdk.testing.outbox import Subscription
from syncd.sdk.testing.simulator import Refused
from syncd_zendesk.desk import TICKET_EVENTS, TRIGGERED
from syncd_zendesk.state import stamp

if TYPE_CHECKING:
    from syncd_zendesk.simulator import ZendeskSimulator

Paged = Callable[[Request, str, list[Any]], Response]
MANDATORY = ("name", "endpoint", "http_method", "request_format", "status")


class SimulatedWebhooks:
    """What the outbox calls are the active ones; the others rest here.

    Attributes:
        about: what an admin entered for each, by id: name, method, format.
        paused: those that are inactive.
    """

    def __init__(self, simulator: ZendeskSimulator) -> None:
        self.simulator = simulator
        self.outbox = simulator.outbox
        self.about: dict[str, dict[str, Any]] = {}
        self.paused: dict[str, Subscription] = {}

    # -- the API

    async def list(self, request: Request, paged: Paged) -> Response:
        self._administrator()
        found = sorted([*self.outbox.subscriptions, *self.paused.values()], key=lambda each: each.id)
        return paged(request, "webhooks", [self.shown(each) for each in found])

    async def create(self, request: Request) -> Response:
        self._administrator()
        given = json.loads(await request.body())["webhook"]
        if missing := [name for name in MANDATORY if not given.get(name)]:
            raise _refused(400, f"{missing[0]} is missing")
        id = f"01HOOK{self.simulator.new_id()}"
        secret = base64.b64encode(f"signing secret of {id}".encode()).decode()
        made = Subscription(id, given["endpoint"], secret, _events(given, given["subscriptions"]))
        self._put(made, given)
        return JSONResponse({"webhook": self.shown(made)}, 201)

    async def show(self, request: Request) -> Response:
        return JSONResponse({"webhook": self.shown(self._known(request))})

    async def change(self, request: Request) -> Response:
        known, given = self._known(request), json.loads(await request.body())["webhook"]
        before = {**self._entered(known), "subscriptions": sorted(known.events)}
        now = {**before, **given}
        kept = replace(known, url=now.get("endpoint", known.url), events=_events(now, now["subscriptions"]))
        self._put(kept, now)
        return Response(None, 204)

    async def remove(self, request: Request) -> Response:
        self._forget(self._known(request).id)
        return Response(None, 204)

    async def signing_secret(self, request: Request) -> Response:
        return JSONResponse({"signing_secret": {"algorithm": "sha256", "secret": self._known(request).secret}})

    def switch_off(self, url: str) -> None:
        """An administrator makes it inactive."""
        sleeping = [each for each in self.outbox.subscriptions if each.url == url]
        self.outbox.subscriptions[:] = [each for each in self.outbox.subscriptions if each not in sleeping]
        self.paused |= {each.id: each for each in sleeping}

    # -- inside

    def shown(self, each: Subscription) -> dict[str, Any]:
        at = stamp(self.simulator.clock())
        entered = {"id": each.id, "endpoint": each.url, **self._entered(each), "subscriptions": sorted(each.events)}
        return {**entered, "created_at": at, "created_by": "1", "updated_at": at, "updated_by": "1"}

    def _entered(self, each: Subscription) -> dict[str, Any]:
        status = "inactive" if each.id in self.paused else "active"
        usual = {"name": f"Webhook {each.id}", "http_method": "POST", "request_format": "json"}
        return {**usual, **self.about.get(each.id, {}), "status": status}

    def _known(self, request: Request) -> Subscription:
        self._administrator()
        every = {each.id: each for each in (*self.outbox.subscriptions, *self.paused.values())}
        found = every.get(request.path_params["webhook"])
        if found is None:
            raise _refused(404, "Webhook not found")
        return found

    def _administrator(self) -> None:
        if "admin" not in self.simulator.actor.scopes:
            raise _refused(403, "You do not have access to this page.")

    def _put(self, each: Subscription, entered: dict[str, Any]) -> None:
        self._forget(each.id)
        self.about[each.id] = {name: entered[name] for name in ("name", "http_method", "request_format")}
        if entered["status"] == "active":
            self.outbox.subscriptions.append(each)
        else:
            self.paused[each.id] = each

    def _forget(self, id: str) -> None:
        self.outbox.subscriptions[:] = [each for each in self.outbox.subscriptions if each.id != id]
        self.paused.pop(id, None)


def _events(given: dict[str, Any], subscriptions: list[str]) -> frozenset[str]:
    """Events go out as JSON by POST only, and a webhook is for events or for triggers."""
    wanted = frozenset(subscriptions)
    if not wanted or not wanted <= {*TICKET_EVENTS, TRIGGERED} or (TRIGGERED in wanted and len(wanted) > 1):
        raise _refused(400, "Invalid subscriptions")
    if TRIGGERED not in wanted and (given["http_method"], given["request_format"]) != ("POST", "json"):
        raise _refused(400, "Invalid http_method or request_format")
    return wanted


def _refused(status: int, message: str) -> Refused:
    return Refused(status, {"error": {"title": "Invalid", "message": message}})
