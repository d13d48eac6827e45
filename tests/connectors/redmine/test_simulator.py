"""The simulated Redmine as a person meets it: its page."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from syncd import registry
from syncd.core.model import Internal, Public
from syncd.sdk.connector import Draft, Message
from syncd_redmine import Redmine, RedmineConfig
from syncd_redmine.simulator import BOT, RedmineSimulator
from tests.connectors.redmine.world import SimulatedWorld


@pytest.fixture
def world() -> SimulatedWorld:
    return SimulatedWorld()


@pytest.fixture
def redmine(world: SimulatedWorld) -> Redmine:
    return world.connector()


@pytest.fixture
async def page(world: SimulatedWorld) -> AsyncIterator[httpx.AsyncClient]:
    transport, url = world.simulator.transport(), world.simulator.url
    async with httpx.AsyncClient(transport=transport, base_url=url, follow_redirects=True) as client:
        yield client


async def test_a_person_opens_an_issue_sets_it_and_writes(page: httpx.AsyncClient, redmine: Redmine) -> None:
    files = {"files": ("a.txt", b"log", "text/plain")}
    await page.post("/page", data={"title": "Export fails", "text": "since *Monday*"}, files=files)
    given = {"status_id": "2", "priority_id": "4", "subject": "B", "assigned_to_id": "7", "cf_2": "S1"}
    await page.post("/page/1/fields", data={**given, "due_date": "2026-03-29"})
    await page.post("/page/1/answers", data={"text": "for us", "public": "no"})
    await page.post("/page/1/answers", data={"text": "see", "public": "yes"}, files={"files": ("b.bin", b"\0\1")})
    read = await redmine.fetch("1")
    names = ("subject", "status", "priority", "Severity")
    assert [read.fields[name] for name in names] == ["B", "In Progress", "Urgent", "S1"]
    assert read.thread is not None
    assert [comment.body for comment in read.thread.comments] == [Internal("for us"), Public("see")]
    assert [file.name for file in read.thread.attachments] == ["a.txt"]
    assert [file.name for file in read.thread.comments[1].attachments] == ["b.bin"]
    shown = (await page.get("/page/1")).text
    assert "<em>Monday</em>" in shown
    assert "for us" in shown
    assert (await page.get("/page/1/files/1")).content == b"log"
    for missing in ("/page/99", "/page/nonsense", "/page/1/files/99", "/page/99/files/1"):
        assert (await page.get(missing)).status_code == 404


async def test_what_redmine_refuses_or_ignores_is_said_on_the_page(
    page: httpx.AsyncClient, world: SimulatedWorld
) -> None:
    await world.open({"subject": "Export fails"})
    too_long = await page.post("/page/1/fields", data={"subject": "x" * 300})
    assert "Subject is too long" in too_long.text
    assert "is not a valid date" in (await page.post("/page/1/fields", data={"due_date": "soon"})).text
    assert "the workflow" in (await page.post("/page/1/fields", data={"status_id": "77"})).text


async def test_our_marker_is_not_on_the_page(page: httpx.AsyncClient, redmine: Redmine, world: SimulatedWorld) -> None:
    ref = await world.open({"subject": "Export fails"})
    await redmine.comment(ref, Message(Public("from **syncd**")), key="key-4711", expect="")
    shown = (await page.get(f"/page/{ref}")).text
    assert "<strong>syncd</strong>" in shown
    assert "4711" not in shown


async def test_textile_is_shown_as_textile() -> None:
    simulator = RedmineSimulator(formatting="textile")
    async with httpx.AsyncClient(
        transport=simulator.transport(), base_url=simulator.url, follow_redirects=True
    ) as page:
        shown = await page.post("/page", data={"title": "Export fails", "text": "since *Monday*"})
    assert "<strong>Monday</strong>" in shown.text
    assert simulator.connection()["formatting"] == "textile"


async def test_a_key_is_kept_out_of_the_journal(redmine: Redmine, world: SimulatedWorld) -> None:
    await redmine.fetch(await world.open({"subject": "Export fails"}))
    assert BOT.token not in repr([(each.headers, each.query, each.body) for each in world.simulator.requests])


async def test_the_journal_tells_what_was_done_and_by_whom(redmine: Redmine, world: SimulatedWorld) -> None:
    ref = await world.open({"subject": "Export fails"})
    await redmine.check()
    await redmine.comment(ref, Message(Internal("for us")), key="key-1", expect="")
    await world.edit(ref, {"subject": "Import fails"})
    await world.delete(ref)
    did = [each for each in world.simulator.journal if each.applied]
    assert [(each.operation, each.actor) for each in did] == [
        ("create", "6"),
        ("update", "5"),
        ("comment", "5"),
        ("update", "6"),
        ("delete", "6"),
    ]
    assert did[2].body == {"text": "for us", "key": "key-1", "id": "1", "visibility": "internal"}
    assert (did[3].before["subject"], did[3].after["subject"]) == ("Export fails", "Import fails")


async def test_it_ships_under_the_connectors_name_and_is_served() -> None:
    """By its own block of a config, over HTTP and in real time."""
    simulator = registry.simulator("redmine")()
    async with simulator.serve():
        connector = Redmine(RedmineConfig.model_validate(simulator.connection()))
        assert (await connector.check()).lacks == ()
        made = await connector.create(Draft({"project": "eng", "tracker": "Bug"}, {"subject": "Made"}), key="key-1")
        posted = await connector.comment(made.ref, Message(Internal("for us")), key="key-2", expect=made.revision)
        read = await connector.fetch(made.ref)
        await connector.aclose()
    assert read.thread is not None
    assert read.thread.comments == (posted.comment,)
    assert read.revision == posted.written.revision
