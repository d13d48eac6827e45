"""The page shows what stands in the store, as text, live, and lets go when the daemon stops."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
import pytest

from syncd import log as logs
from syncd.core.model import Pair, Value
from syncd.engine.callers import Told
from syncd.store import conflicts, parked, pauses
from syncd.store import links as link_rows
from syncd.store.records import ParkScope, PauseScope
from syncd.web.page import SHOWN
from tests.running import Installation, installation
from tests.web.served import Served

CRAFTED = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</td><b>bold",
    "javascript:alert(1)",
    "\u202egnp",
)


async def status(site: Served) -> dict[str, Any]:
    answer = await site.get("/api/status")
    assert answer.headers["content-type"] == "application/json"
    look: dict[str, Any] = answer.json()
    return look


async def test_it_says_in_one_sentence_whether_it_works(site: Served) -> None:
    await site.world.linked()
    look = await status(site)
    assert look["works"]
    assert not look["needs_person"]
    assert look["sentence"].startswith("It works")
    assert look["counts"]["converged"] == len(look["links"]) == 1
    assert {one["name"] for one in look["connections"]} == {"desk", "tracker"}


async def test_everything_that_waits_for_a_person_is_shown_with_what_frees_it(site: Served) -> None:
    ref, _ = await site.world.linked()
    link, now, store = await site.world.link(ref), site.world.clock(), site.world.store
    await store.write(
        lambda c: parked.park(
            c,
            scope=ParkScope.FIELD,
            item="priority",
            reason="no such word",
            now=now,
            link_id=link.id,
            remedy="syncd retry",
        )
    )
    said: Pair[Value] = Pair("solved", "new")
    await store.write(lambda c: conflicts.add(c, link_id=link.id, field="status", base=said, values=said, now=now))
    await store.write(lambda c: pauses.pause(c, PauseScope.CONNECTION, "desk", "token refused", now=now))
    site.hooks["desk"] = Told("it is switched off", "syncd webhooks desk --register")
    look = await status(site)
    assert look["needs_person"]
    assert [(one["name"], one["webhooks"]) for one in look["connections"]] == [
        ("desk", {"problem": "it is switched off", "remedy": "syncd webhooks desk --register"}),
        ("tracker", None),
    ]
    assert [(one["item"], one["reason"], one["remedy"]) for one in look["parked"]] == [
        ("priority", "no such word", "syncd retry")
    ]
    assert [(one["field"], one["now"]) for one in look["conflicts"]] == [
        ("status", {"support": "solved", "engineering": "new"})
    ]
    assert [(one["name"], one["reason"]) for one in look["pauses"]] == [("desk", "token refused")]
    assert all(one["remedy"].startswith("syncd ") for one in (*look["conflicts"], *look["pauses"]))


async def test_of_many_pairs_those_are_shown_that_stand_out(site: Served) -> None:
    now, sides = site.world.clock(), Pair("desk", "tracker")

    def fill(c: Any) -> None:
        for number in range(SHOWN * 2):
            refs = Pair(f"T{number}", f"I{number}")
            link_rows.add(c, "desk-tracker", "1", connections=sides, refs=refs, now=now)
        link_rows.mark(c, [3], now)

    await site.world.store.write(fill)
    shown = [one["id"] for one in (await status(site))["links"]]
    assert len(shown) == SHOWN
    assert 3 in shown
    assert shown[0] == SHOWN * 2


@pytest.mark.parametrize("title", CRAFTED)
async def test_crafted_text_comes_as_json_text(site: Served, title: str) -> None:
    now = site.world.clock()
    await site.world.store.write(lambda c: parked.park(c, scope=ParkScope.FIELD, item=title, reason=title, now=now))
    (item,) = (await status(site))["parked"]
    assert item["reason"] == title


def test_the_script_never_makes_markup_of_text() -> None:
    script = (files("syncd.web") / "static" / "page.js").read_text(encoding="utf-8")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|DOMParser|\beval\b|new Function", script)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installation]:
    with installation(tmp_path, monkeypatch) as made:
        yield made
    logs.forget()


async def looks(answer: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    """What an open page is sent."""
    async for line in answer.aiter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


async def test_a_change_shows_on_an_open_page_and_the_daemon_stops_all_the_same(place: Installation) -> None:
    async with place.daemon() as daemon, httpx.AsyncClient() as client:
        running = asyncio.create_task(daemon.run())
        await asyncio.wait_for(daemon.ready.wait(), 10)
        async with asyncio.timeout(30), client.stream("GET", f"{daemon.listening}/api/live") as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            told = looks(answer)
            assert (await anext(told))["links"] == []
            now = daemon.site.now()
            park = lambda c: parked.park(c, scope=ParkScope.FIELD, item="priority", reason="no", now=now)  # noqa: E731
            await daemon.store.write(park)
            async for look in told:
                if look["parked"]:
                    break
            began = time.monotonic()
            daemon.stop()
            async for _ in told:
                pass
        await asyncio.wait_for(running, 10)
        assert time.monotonic() - began < 5


async def test_a_quiet_page_is_sent_nothing(place: Installation) -> None:
    async with place.daemon() as daemon, httpx.AsyncClient() as client:
        running = asyncio.create_task(daemon.run())
        await asyncio.wait_for(daemon.ready.wait(), 10)
        async with client.stream("GET", f"{daemon.listening}/api/live") as answer:
            told = looks(answer)
            while not all(one["last_poll"] for one in (await anext(told))["connections"]):
                continue
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(anext(told), 2.5)
        head = await client.head(f"{daemon.listening}/api/live")  # a HEAD must not wait for news
        assert head.status_code == 200
        daemon.stop()
        await asyncio.wait_for(running, 10)
