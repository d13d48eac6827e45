"""The real Redmine, once for all tests here; each begins with the seed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

import syncd_redmine
from syncd_redmine import Redmine
from tests.connectors.redmine.world import RedmineWorld
from tests.connectors.rt.recording import RECORD, Blank, Tape
from tests.e2e.servers import Server, started


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with started("redmine") as server:
        yield server


@pytest_asyncio.fixture
async def world(server: Server) -> AsyncIterator[RedmineWorld]:
    server.reset()
    world = RedmineWorld(server.env)
    yield world
    await world.aclose()


@pytest_asyncio.fixture
async def connector(world: RedmineWorld) -> AsyncIterator[Redmine]:
    connector = Redmine(world.config(), observer=world.calls.append)
    yield connector
    await connector.aclose()


# -- the same tests on recorded answers and on the real server


@pytest_asyncio.fixture(params=["recorded", pytest.param("real", marks=pytest.mark.e2e)])
async def eng(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RedmineWorld]:
    path = Path(__file__).parent / "recorded" / f"{request.node.originalname}.json"
    play = request.param == "recorded"
    if play:  # a recording is as fast as the machine: its seconds are over at once
        monkeypatch.setattr(syncd_redmine, "LAST_OF_A_SECOND", 0.0)
        monkeypatch.setattr(RedmineWorld, "SECOND", 0.0)
        monkeypatch.setattr("syncd_redmine.revision.SECOND", timedelta(0))
        tape = Tape(path, {}, play=True)
        env = Blank(tape.env)
    else:
        server: Server = request.getfixturevalue("server")
        server.reset()
        env = Blank(server.env)
        tape = Tape(path, dict(server.env), play=False)
    world = RedmineWorld(env, tape.transport())
    yield world
    await world.aclose()
    if RECORD and not play:
        tape.write()


@pytest_asyncio.fixture
async def redmine(eng: RedmineWorld) -> AsyncIterator[Redmine]:
    connector = Redmine(eng.config(), transport=eng.transport, observer=eng.calls.append)
    yield connector
    await connector.aclose()
