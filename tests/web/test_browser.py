"""A real browser on the real page: it shows what is new without a reload, and crafted text stays text."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from syncd import log as logs
from syncd.engine.hookwatch import HookWatch
from syncd.store import parked
from syncd.store.records import ParkScope
from tests.running import Installation, installation
from tests.web.browser import CHROMIUM, tab

CRAFTED = '<img src=x onerror="window.cracked=1"><script>window.cracked=1</script>'

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installation]:
    with installation(tmp_path, monkeypatch) as made:
        yield made
    logs.forget()


async def test_an_open_page_shows_what_comes_later(place: Installation, tmp_path: Path) -> None:
    async with place.daemon() as daemon:
        running = asyncio.create_task(daemon.run())
        await asyncio.wait_for(daemon.ready.wait(), 10)
        now = daemon.site.now()
        async with tab(tmp_path / "profile") as page:
            await page.open(daemon.listening)
            await page.until("document.getElementById('live')?.textContent == 'live'")
            await page.until("document.title == 'syncd'")
            await page.value("window.kept = true")
            await daemon.store.write(
                lambda c: parked.park(
                    c, scope=ParkScope.FIELD, item=CRAFTED, reason=CRAFTED, now=now, remedy="syncd retry 7"
                )
            )
            await page.until("document.title == '• syncd'")
            assert await page.value("document.querySelector('#waiting code').textContent") == "syncd retry 7"
            assert CRAFTED in await page.value("document.querySelector('#waiting').textContent")
            assert await page.value("document.querySelectorAll('img').length") == 0
            assert await page.value("window.kept") is True
            assert await page.value("window.cracked") is None
            daemon.hooks = HookWatch(daemon.site, {"desk": "https://syncd.example/hooks/desk"})
            await daemon.hooks.turn({"desk"})
            await page.until("document.querySelector('#waiting').textContent.includes('our address is not called')")
            codes = await page.value("[...document.querySelectorAll('#waiting code')].map((one) => one.textContent)")
            assert "syncd webhooks desk --register" in codes
            assert await page.value("document.getElementById('waiting-count').textContent") == "2"
            daemon.stop()
            await asyncio.wait_for(running, 10)
            await page.until("document.getElementById('live').classList.contains('lost')")
