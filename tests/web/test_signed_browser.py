"""A real browser on the pages behind signed links: our own policy lets our style, script and form through."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from syncd import log as logs
from syncd.core.deeds import Purpose
from syncd.core.milestones import Happened
from syncd.engine import tokens, views
from syncd.store import statements
from tests.cli.test_share import ESCALATION
from tests.running import Installation, installation
from tests.web.browser import CHROMIUM, tab

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installation]:
    with installation(tmp_path, monkeypatch) as made:
        (made.folder / "config" / "escalation.yaml").write_text(ESCALATION)
        yield made
    logs.forget()


async def test_a_browser_shows_local_times_and_presses_the_button(place: Installation, tmp_path: Path) -> None:
    ref, _ = await place.linked()
    async with place.daemon() as daemon:
        running = asyncio.create_task(daemon.run())
        await asyncio.wait_for(daemon.ready.wait(), 10)
        site, link = daemon.site, await views.find(daemon.site, ref)
        site.public_url = daemon.listening
        async with tab(tmp_path / "profile") as page:
            await page.open(await tokens.link_for(site, link, Purpose.PROGRESS))
            await page.until("document.querySelector('.update time')?.title.endsWith(' UTC')")
            shown = await page.value("document.querySelector('.update time').textContent")
            exact = await page.value("document.querySelector('.update time').dateTime")
            assert datetime.fromisoformat(exact).strftime("%B") in shown
            assert await page.value("getComputedStyle(document.querySelector('.steps')).listStyleType") == "none"
            address = await tokens.link_for(site, link, Purpose.RETURN, who="Ben")
            await page.value(f"location.assign('{address}')")
            await page.until("document.querySelector('form') !== null")
            await page.value("document.querySelector('textarea').value = 'steps'")
            await page.value("document.querySelector('button').click()")
            await page.until("document.querySelector('h1')?.textContent.startsWith('You returned ')")
            assert await page.value("location.pathname") == "/s/do"
        stated = await site.store.read(lambda c: statements.of(c, link.id))
        assert [(fact.what, fact.who, fact.detail) for fact in stated] == [(Happened.RETURNED, "Ben", "steps")]
        daemon.stop()
        await asyncio.wait_for(running, 10)
