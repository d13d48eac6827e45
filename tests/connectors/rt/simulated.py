"""The simulated Request Tracker as `ConnectorTests` wants to see it: the same people with the same requests."""

from __future__ import annotations

from typing import Any

from syncd.sdk.connector import Webhook
from syncd.sdk.testing.clock import Clock
from syncd_rt import RequestTracker
from syncd_rt.simulator import ADMIN, ANNA, BOT, OUTSIDER, RtSimulator
from tests.connectors.rt.world import SECRET, RtWorld

HOOK = "https://syncd.example/hooks/rt"
TOKENS = {"ROOT": ADMIN, "BOT": BOT, "AGENT": ANNA, "OUTSIDER": OUTSIDER}


class SimulatedWorld(RtWorld):
    """With a clock that only the test moves; people act through the API, as they do at the real server."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.simulator = RtSimulator(clock=self.clock)
        self.simulator.url = "https://rt.acme.example"
        self.simulator.subscribe(HOOK, SECRET)
        env = {"RT_URL": self.simulator.url, "RT_REST_URL": f"{self.simulator.url}/REST/2.0"}
        env |= {f"RT_{who}_TOKEN": account.token for who, account in TOKENS.items()}
        env |= {"RT_USER_BOT_NAME": BOT.id}
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
