"""A case by real HTTP to a running daemon, and what `syncd intake`, `parked` and `retry` show and do of it."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import httpx
import pytest

from syncd.sdk.testing.faults import Status
from tests.cli.test_operating import Terminal, place, syncd
from tests.running import Installation

__all__ = ["place", "syncd"]

INTAKE = """intake:
  clients:
    voice-agent: {secret: "${VOICE}", mapping: desk-tracker, create: {container: HELP}, fields: [priority]}
"""
SECRET = "a-secret-of-the-voice-agent"
CASE = {"source_id": "call-1", "title": "Export fails", "fields": {"priority": "p1"}}


@pytest.fixture(autouse=True)
def _client(place: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOICE", SECRET)
    place.config.write_text(place.config.read_text() + INTAKE)


async def told(place: Installation, *, until: str) -> None:
    """A daemon that serves, and an agent that asks it until the case has come so far."""
    async with place.daemon() as daemon:
        running = asyncio.create_task(daemon.run())
        await daemon.ready.wait()
        head = {"authorization": f"Bearer {SECRET}", "idempotency-key": "k1"}
        async with httpx.AsyncClient(base_url=daemon.listening, headers=head) as http, asyncio.timeout(20):
            answer = await http.post("/api/escalations", json=CASE)
            assert answer.status_code == 202
            while (await http.get(answer.json()["href"])).json()["state"] != until:
                await asyncio.sleep(0.1)
        daemon.stop()
        await running


def test_a_case_is_made_by_a_daemon_and_shown(place: Installation, syncd: Terminal) -> None:
    asyncio.run(told(place, until="opened"))
    syncd("once")
    [ticket] = place.desk.tickets.values()
    assert ticket.fields["title"] == "Export fails"
    shown = syncd("intake", "list")
    assert "1  call-1: voice-agent opened" in shown
    assert re.search(r"  done, \d+ \w+ ago, on #?HELP-1", shown)
    [one] = syncd.json("intake", "show", "1")
    assert (one["state"], one["client"], one["reason"]) == ("done", "voice-agent", "")
    assert one["ticket"]["label"] in syncd("links")
    assert syncd.json("intake", "show", one["escalation"]) == [one]
    assert syncd("intake", "list", "--state", "parked") == "0 requests\n"
    syncd("intake", "show", "none", exit=2)
    syncd("intake", "list", "--state", "lost", exit=2)
    everything = "".join(file.read_text(errors="replace") for file in Path(place.folder).rglob("*.log"))
    assert SECRET not in everything + shown


def test_what_is_refused_is_parked_shown_and_freed(place: Installation, syncd: Terminal) -> None:
    place.desk.plan.on("create", Status(422))
    asyncio.run(told(place, until="parked"))
    assert "syncd intake retry 1" in syncd("parked")
    assert syncd.json("status", exit=5)["waiting"]["parked"] == {"request": 1}
    assert syncd("intake", "retry", "--all", "--dry-run") == "would put 1 request back to work\n"
    assert "would retry 1 intake request" in syncd("retry", "--all", "--dry-run")
    assert syncd("intake", "retry", "1") == "1 request back to work\n"
    syncd("once")
    assert len(place.desk.tickets) == 1
    assert syncd("retry", "--all") == "nothing to retry\n"
    syncd("intake", "retry", exit=2)
