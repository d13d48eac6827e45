"""The webhooks of a simulated Data Center, for administrators, at the resource that its version has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from syncd.sdk.testing.outbox import Subscription
from syncd.sdk.testing.simulator import NOBODY, Refused
from syncd_jira.simulator.site import errors

if TYPE_CHECKING:
    from syncd_jira.simulator import JiraSimulator

KNOWN = frozenset(
    f"{kind}_{deed}"
    for kind in ("jira:issue", "comment", "issuelink", "attachment", "worklog")
    for deed in ("created", "updated", "deleted")
)


class SimulatedWebhooks:
    """What the outbox calls are the active ones; the others rest here.

    Attributes:
        version: the major one; 10 moved the resource and shows a webhook in another way.
        paused: those that an administrator switched off, by id.
    """

    def __init__(self, simulator: JiraSimulator) -> None:
        self.simulator = simulator
        self.outbox = simulator.outbox
        self.version = 10
        self.paused: dict[str, Subscription] = {}
        self.about: dict[str, dict[str, Any]] = {}

    def routes(self) -> list[BaseRoute]:
        found: list[BaseRoute] = []
        for path, newer in (("/rest/jira-webhook/1.0/webhooks", True), ("/rest/webhooks/1.0/webhook", False)):
            found.append(Route(path, self._of(newer, self._collection), methods=["GET", "POST"]))
            found.append(Route(path + "/{webhook}", self._of(newer, self._one), methods=["DELETE"]))
        return found

    def _of(self, newer: bool, handler: Any) -> Any:
        async def handle(request: Request) -> Response:
            if self.simulator.cloud or newer != (self.version >= 10):
                raise Refused(404, errors("null for uri"))
            if self.simulator.actor is NOBODY:
                raise Refused(401, errors("Client must be authenticated to access this resource."))
            if "ADMINISTER" not in self.simulator.permissions:
                raise Refused(403, errors("You are not authorized to perform this operation."))
            response: Response = await handler(request)
            return response

        return handle

    async def _collection(self, request: Request) -> Response:
        if request.method == "GET":
            return JSONResponse([self.shown(each) for each in self.every()])
        given = await request.json()
        if not given.get("name") or not given.get("url") or not set(given["events"]) <= KNOWN:
            raise Refused(400, errors("The webhook is not valid."))
        id = str(self.simulator.new_id())
        made = Subscription(id, given["url"], events=frozenset(given["events"]))
        self.about[id] = {name: given[name] for name in ("name", "filters", "excludeBody") if name in given}
        self.outbox.subscriptions.append(made)
        return JSONResponse(self.shown(made), 201)

    async def _one(self, request: Request) -> Response:
        id = request.path_params["webhook"]
        if id not in {each.id for each in self.every()}:
            raise Refused(404, errors("Webhook not found."))
        self.outbox.subscriptions[:] = [each for each in self.outbox.subscriptions if each.id != id]
        self.paused.pop(id, None)
        return Response(None, 204)

    def every(self) -> list[Subscription]:
        return [*self.outbox.subscriptions, *self.paused.values()]

    def switch_off(self, url: str) -> None:
        """An administrator takes the tick away from those that call this address, whatever secret it carries."""
        sleeping = [each for each in self.outbox.subscriptions if each.url.partition("?")[0] == url]
        self.outbox.subscriptions[:] = [each for each in self.outbox.subscriptions if each not in sleeping]
        self.paused |= {each.id: each for each in sleeping}

    def shown(self, each: Subscription) -> dict[str, Any]:
        entered = self.about.get(each.id, {})
        named = {"name": entered.get("name", f"Webhook {each.id}"), "url": each.url, "events": sorted(each.events)}
        active, at = each.id not in self.paused, int(self.simulator.clock().timestamp() * 1000)
        if self.version >= 10:
            dates = {"createdDate": at, "updatedDate": at}
            more = {"configuration": {}, "scopeType": "global", "sslVerificationRequired": True}
            return {"id": int(each.id), **named, "active": active, **dates, **more}
        more = {"filters": entered.get("filters", {}), "excludeBody": entered.get("excludeBody", False)}
        address = f"{self.simulator.url}/rest/webhooks/1.0/webhook/{each.id}"
        return {**named, **more, "enabled": active, "self": address, "lastUpdatedUser": "admin", "lastUpdated": at}
