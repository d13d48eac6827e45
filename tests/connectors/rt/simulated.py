"""The simulated Request Tracker as `ConnectorTests` wants to see it: the same people with the same requests."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import httpx

from syncd.sdk.connector import Webhook
from syncd.sdk.testing.clock import Clock
from syncd_rt import RequestTracker
from syncd_rt.simulator import ADMIN, ANNA, BOT, OUTSIDER, RtSimulator
from syncd_rt.simulator.state import STAFF
from tests.connectors.rt.alike import comparable, told
from tests.connectors.rt.recording import Tape, response
from tests.connectors.rt.world import SECRET, RtWorld

HOOK = "https://syncd.example/hooks/rt"
TOKENS = {"ROOT": ADMIN, "BOT": BOT, "AGENT": ANNA, "OUTSIDER": OUTSIDER}


class SimulatedWorld(RtWorld):
    """With a clock that only the test moves; people act through the API, as they do at the real server."""

    def __init__(self, url: str = "https://rt.acme.example") -> None:
        self.clock = Clock()
        self.simulator = RtSimulator(clock=self.clock)
        self.simulator.url = url
        self.simulator.subscribe(HOOK, SECRET)
        env = {"RT_URL": url, "RT_REST_URL": f"{url}/REST/2.0", "RT_USER_BOT_NAME": BOT.id}
        env |= {f"RT_{who}_TOKEN": account.token for who, account in TOKENS.items()}
        super().__init__(env, Sent(self.simulator), self.simulator.transport())

    def connector(self, **settings: Any) -> RequestTracker:
        config = self.config(**settings)
        return RequestTracker(config, connection="acme", transport=self.transport, observer=self.calls.append)

    async def other_queue(self) -> None:
        """It is there."""


class Sent:
    """What the scrip sent, instead of a listener."""

    def __init__(self, simulator: RtSimulator) -> None:
        self.simulator = simulator

    def taken(self) -> list[Webhook]:
        outbox = self.simulator.outbox
        waiting, outbox.waiting = outbox.waiting, []
        made = [self.simulator.webhook_request(one.event, one.subscription) for one in waiting]
        return [Webhook(headers, body, self.simulator.clock()) for headers, body in made]


def seeded(url: str) -> SimulatedWorld:
    """The simulator as the tests' server is seeded, at its address."""
    world = SimulatedWorld(url)
    queues = world.simulator.desk.queues
    del queues[4]
    queues[3].rights[BOT.id] = STAFF
    return world


class Same(httpx.AsyncBaseTransport):
    """The way to a simulator that must answer each request as the recorded server did, and send the same webhooks."""

    def __init__(self, simulator: RtSimulator, tape: Tape) -> None:
        self._simulator = simulator.transport()
        self._sent = Sent(simulator)
        self._webhooks = list(tape.webhooks)
        self._left: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        for call in tape.calls:
            self._left[call["method"], call["url"]].append(call)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answered = await self._simulator.handle_async_request(request)
        body = await answered.aread()
        ours = httpx.Response(answered.status_code, headers=answered.headers, content=body, request=request)
        left = self._left[request.method, str(request.url)]
        assert left, f"{request.method} {request.url} was not asked of the real server, or not so often"
        theirs = response(left.pop(0))
        theirs.request = request
        assert comparable(ours) == comparable(theirs), f"{request.method} {request.url}"
        return httpx.Response(ours.status_code, headers=ours.headers, content=body)

    def taken(self) -> list[Webhook]:
        ours, theirs = self._sent.taken(), self._webhooks.pop(0)
        assert [told(one.body) for one in ours] == [told(one["body"].encode()) for one in theirs]
        assert all(one.headers.keys() <= kept["headers"].keys() for one, kept in zip(ours, theirs, strict=True))
        return ours

    def finish(self) -> None:
        """Everything that the real server was asked was asked here."""
        assert {key for key, calls in self._left.items() if calls} == set()
        assert self._webhooks == []
