"""The real Request Tracker, once for all tests here; each begins with the seed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import pytest
import pytest_asyncio

from syncd.sdk.connector import Webhook
from syncd_rt import RequestTracker
from tests.connectors.rt.listener import Listener, listening
from tests.connectors.rt.recording import RECORD, Blank, Tape
from tests.connectors.rt.simulated import Same, seeded
from tests.connectors.rt.world import SECRET, RtWorld
from tests.e2e.servers import Server, started


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with started("rt") as server:
        yield server


@pytest_asyncio.fixture
async def world(server: Server) -> AsyncIterator[RtWorld]:
    server.reset()
    async with listening() as listener:
        server.run("webhook", listener.url, SECRET)
        world = RtWorld(server.env, listener)
        yield world
        server.run("webhook", "off")
        await world.aclose()


@pytest_asyncio.fixture
async def connector(world: RtWorld) -> AsyncIterator[RequestTracker]:
    connector = RequestTracker(world.config(), observer=world.calls.append)
    yield connector
    await connector.aclose()


# -- the same tests on recorded answers, on the simulator, which is compared with them, and on the real server


@dataclass
class Heard:
    """Deliveries of a recording, or those that come, which are recorded."""

    tape: Tape
    listener: Listener | None = None

    def taken(self) -> list[Webhook]:
        if self.listener is None:
            came = self.tape.webhooks.pop(0)
            return [
                Webhook(one["headers"], one["body"].encode(), datetime.fromisoformat(one["received"])) for one in came
            ]
        webhooks = self.listener.taken()
        rows = [{**asdict(one), "body": one.body.decode(), "received": one.received.isoformat()} for one in webhooks]
        self.tape.webhooks.append(rows)
        return webhooks


@asynccontextmanager
async def recorded(path: Path) -> AsyncIterator[RtWorld]:
    tape = Tape(path, {}, play=True)
    world = RtWorld(Blank(tape.env), Heard(tape), tape.transport())
    yield world
    await world.aclose()


@asynccontextmanager
async def simulated(path: Path) -> AsyncIterator[RtWorld]:
    """A simulator that must answer as the recorded server did, and tell by webhook what that one told."""
    tape = Tape(path, {}, play=True)
    seed = seeded(tape.env["RT_URL"])
    same = Same(seed.simulator, tape)
    world = RtWorld(seed.env, same, same)
    yield world
    await world.aclose()
    same.finish()


@asynccontextmanager
async def real(path: Path, server: Server) -> AsyncIterator[RtWorld]:
    server.reset()
    async with listening() as listener:
        server.run("webhook", listener.url, SECRET)
        tape = Tape(path, dict(server.env), play=False)
        world = RtWorld(server.env, Heard(tape, listener), tape.transport())
        yield world
        server.run("webhook", "off")
        await world.aclose()
    if RECORD:
        tape.write()


REAL = pytest.param("real", marks=pytest.mark.e2e)


def opened(request: pytest.FixtureRequest) -> AbstractAsyncContextManager[RtWorld]:
    path = Path(__file__).parent / "recorded" / f"{request.node.originalname}.json"
    match request.param:
        case "recorded":
            return recorded(path)
        case "simulated":
            return simulated(path)
        case _:
            return real(path, request.getfixturevalue("server"))


@pytest_asyncio.fixture(params=["recorded", "simulated", REAL])
async def desk(request: pytest.FixtureRequest) -> AsyncIterator[RtWorld]:
    async with opened(request) as world:
        yield world


@pytest_asyncio.fixture(params=["recorded", REAL])
async def witness(request: pytest.FixtureRequest) -> AsyncIterator[RtWorld]:
    """What the simulator is compared with."""
    async with opened(request) as world:
        yield world


@pytest_asyncio.fixture
async def rt(desk: RtWorld) -> AsyncIterator[RequestTracker]:
    connector = RequestTracker(desk.config(), transport=desk.transport, observer=desk.calls.append)
    yield connector
    await connector.aclose()
