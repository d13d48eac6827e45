"""The daemon starts without its vendors, keeps what it was told, and stops so that nothing is half done."""

from __future__ import annotations

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
