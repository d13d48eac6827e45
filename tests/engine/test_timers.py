"""Housekeeping runs by the clock, outlives an error, and its probe tells life from standstill."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from syncd.engine.health import LATE
from syncd.engine.timers import Timers
from syncd.errors import StoreError
from syncd.store.retention import Ages
from tests.engine.world import World, world


@pytest.fixture
async def pair(store_url: str) -> AsyncIterator[World]:
    async with world(store_url) as made:
        yield made


async def test_a_job_that_fails_runs_again_at_its_time(pair: World) -> None:
    timers = Timers(pair.site, started=pair.clock())
    ran = asyncio.Event()
    times = 0

    async def job() -> None:
        nonlocal times
        times += 1
        if times == 1:
            raise StoreError("the disk is full")
        if times == 2:
            raise ValueError("a bug")
        ran.set()

    timers.every(timedelta(seconds=0.01), job, at_once=True)
    timers.start()
    try:
        await asyncio.wait_for(ran.wait(), 10)
    finally:
        timers.stop()


async def test_the_probe_turns_red_when_the_worker_stops_and_green_when_it_goes_on(pair: World) -> None:
    timers = Timers(pair.site, started=pair.clock())
    ref, _ = await pair.linked()
    assert (await timers.probe()).ok
    pair.support.edit(ref, title="Changed")
    await pair.deliver()
    pair.clock.advance(LATE + timedelta(seconds=1))
    assert not (await timers.probe()).ok
    assert not timers.health.ok
    await pair.sync()
    assert (await timers.probe()).ok


async def test_retention_takes_all_that_is_old_and_keeps_the_chain(pair: World) -> None:
    await pair.linked()
    timers = Timers(pair.site, started=pair.clock(), ages=Ages(audit=timedelta(days=1)))
    kept = await pair.audit()
    assert (await timers.prune())["audit"] == 0
    pair.clock.advance(timedelta(days=2))
    assert (await timers.prune())["audit"] == len(kept)
    assert not await pair.audit()


async def test_a_second_look_finds_an_edit_that_nobody_told_of(pair: World) -> None:
    timers = Timers(pair.site, started=pair.clock())
    ref, issue = await pair.linked()
    await timers.sweep()
    pair.support.secret = None  # no webhook, and the feed forgets it
    pair.support.edit(ref, title="Nobody was told")
    pair.support.events.clear()
    pair.clock.advance(timedelta(hours=13, minutes=30))
    assert await timers.sweep() == 1
    while await pair.workers.once():
        pair.clock.advance(1)
    assert pair.issue(issue, "title") == "Nobody was told"
