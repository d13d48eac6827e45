"""The simulator answers as a real Redmine 5.0.4 did: to one long life, word by word, and to each recorded test.

`SYNCD_RECORD=1 pytest -m e2e` writes `recorded/life.json` anew, from the real server.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import pytest

from tests.connectors.redmine import test_redmine
from tests.connectors.redmine.life import life
from tests.connectors.redmine.play import STAMP, Play, comparable
from tests.connectors.redmine.world import PEOPLE, RedmineWorld, SimulatedWorld
from tests.connectors.rt.recording import RECORD
from tests.e2e.servers import Server

RECORDED = Path(__file__).parent / "recorded"
DAY = re.compile(r"2026-\d{2}-\d{2}(?=\")")
SLACK = 0.05  # seconds into a second, where both our clock and the server's are surely in it


async def lived(world: RedmineWorld, play: Play) -> list[dict[str, Any]]:
    began = await play.second()
    await life(play)
    return comparable(play.said, url=world.env["REDMINE_URL"], began=began)


async def simulated_life() -> list[dict[str, Any]]:
    world = SimulatedWorld()
    transport = world.simulator.transport()  # not checked: much of it is wrong on purpose
    world.simulator.instance.state.roles.update(type(world.simulator)().instance.state.roles)  # as it comes

    world.clock.advance(SLACK)

    async def second() -> datetime:
        return world.clock.advance(1)

    async with httpx.AsyncClient(base_url=world.env["REDMINE_URL"], transport=transport) as client:
        play = Play(client, {who: account.token for who, account in PEOPLE.items()}, second)
        return await lived(world, play)


async def real_life(world: RedmineWorld) -> list[dict[str, Any]]:
    async def second() -> datetime:
        now = datetime.now(UTC)
        start = now.replace(microsecond=0) + timedelta(seconds=1 + SLACK)
        await asyncio.sleep((start - now).total_seconds())
        return datetime.now(UTC)

    await world.elsewhere()
    async with httpx.AsyncClient(base_url=world.env["REDMINE_URL"], timeout=60) as client:
        keys = {who: world.env[f"REDMINE_{who}_KEY"] for who in PEOPLE}
        return await lived(world, Play(client, keys, second))


@dataclass
class Kept(httpx.AsyncBaseTransport):
    """Passes requests on, and keeps them with their answers as a recording does."""

    inner: httpx.AsyncBaseTransport
    calls: list[dict[str, Any]] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self.inner.handle_async_request(request)
        text = (await answer.aread()).decode()
        call = {"method": request.method, "url": str(request.url), "status": answer.status_code}
        self.calls.append({**call, "headers": dict(answer.headers), "text": text})
        return answer


def alike(calls: list[dict[str, Any]], url: str) -> list[dict[str, Any]]:
    """A recording without times, keys and the address; a test's seconds are its machine's."""
    return [_alike(call, url) for call in calls]


def _alike(call: dict[str, Any], url: str) -> dict[str, Any]:
    headers = {name: call["headers"].get(name, "").replace(url, "<url>") for name in ("content-type", "location")}
    text = re.sub(r'("api_key":")[^"]*', r"\1", call["text"]).replace(url, "<url>")
    said = json.loads(DAY.sub("<day>", STAMP.sub("<time>", text))) if text.startswith("{") else text
    asked = STAMP.sub("<time>", unquote(call["url"]).replace(url, "<url>"))
    return {"asked": f"{call['method']} {asked}", "status": call["status"], **headers, "said": said}


def differing(real: list[dict[str, Any]], simulated: list[dict[str, Any]]) -> list[str]:
    """Each call that was answered otherwise, with both answers; keys in another order differ, too."""
    pairs = zip(real, simulated, strict=True)
    return [f"{json.dumps(one)}\n{json.dumps(two)}\n" for one, two in pairs if json.dumps(one) != json.dumps(two)]


async def test_the_simulator_answers_as_the_recorded_server_did() -> None:
    real = json.loads((RECORDED / "life.json").read_text())
    assert differing(real, await simulated_life()) == []


@pytest.mark.parametrize("name", sorted(path.stem for path in RECORDED.glob("test_*.json")))
async def test_a_recorded_test_goes_the_same_way_at_the_simulator(name: str) -> None:
    """The same test of test_redmine, which passes there too, with the same requests and the same answers."""
    recorded = json.loads((RECORDED / f"{name}.json").read_text())
    world = SimulatedWorld(seeded=True, way=Kept)
    test = getattr(test_redmine, name)
    given = {"eng": world, "redmine": world.connector()}
    await test(**{argument: given[argument] for argument in inspect.signature(test).parameters})
    real = alike(recorded["calls"], recorded["env"]["REDMINE_URL"])
    assert isinstance(world.transport, Kept)
    assert differing(real, alike(world.transport.calls, world.simulator.url)) == []


@pytest.mark.e2e
async def test_the_simulator_answers_as_the_real_server_does(server: Server) -> None:
    server.reset()
    world = RedmineWorld(server.env)
    real = await real_life(world)
    await world.aclose()
    if RECORD:
        lines = ",\n".join(json.dumps(call, ensure_ascii=False) for call in real)
        (RECORDED / "life.json").write_text(f"[\n{lines}\n]\n")
    found = differing(real, await simulated_life())
    assert not found, "\n".join(found)
