"""The daemon starts without its vendors, keeps what it was told, and stops so that nothing is half done."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from syncd import log as logs
from syncd.engine import views
from tests.running import Installation, installation


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installation]:
    with installation(tmp_path, monkeypatch) as made:
        yield made
    logs.forget()


async def test_an_urgent_ticket_becomes_an_issue(place: Installation) -> None:
    ref, issue = await place.linked()
    assert place.tracker.ticket(issue).fields["title"] == "Export fails"
    async with place.daemon(acting=False) as looking:
        (link,) = await views.links(looking.site)
        assert (link.support.ref, link.engineering and link.engineering.ref) == (ref, issue)


async def test_the_daemon_runs_until_it_is_stopped_and_says_in_the_store_how_it_is(place: Installation) -> None:
    async with place.daemon() as daemon:
        running = asyncio.create_task(daemon.run())
        await asyncio.wait_for(daemon.ready.wait(), 10)
        async with place.daemon(acting=False) as looking:
            status = await views.status(looking.site)
            assert status.running
            assert status.works, status.sentence
        daemon.stop()
        await asyncio.wait_for(running, 10)
    async with place.daemon(acting=False) as looking:
        status = await views.status(looking.site)
        assert not status.running
        assert "syncd run" in status.sentence
