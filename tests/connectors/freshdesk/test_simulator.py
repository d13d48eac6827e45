"""The simulated Freshdesk behaves as the documents say; asked by HTTP, checked against the description."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from syncd.sdk.testing.page import Answer, Upload
from syncd.sdk.testing.simulator import Limit
from syncd_freshdesk.simulator import ANA, CAROL
from syncd_freshdesk.simulator.desk import MOST_BYTES, Desk
from tests.connectors.freshdesk.world import FreshdeskWorld


@pytest.fixture
async def api(world: FreshdeskWorld) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody's own client, checked like ours."""
    base = f"{world.simulator.url}/api/v2/"
    async with httpx.AsyncClient(transport=world.transport, base_url=base, auth=(ANA.token, "X")) as client:
        yield client


@pytest.fixture
def desk(world: FreshdeskWorld) -> Desk:
    return world.simulator.desk


NEW: dict[str, Any] = {"subject": "x", "description": "<p>y</p>", "status": 2, "priority": 1, "email": CAROL.email}


@pytest.mark.parametrize("name", ["subject", "description", "status", "priority", "email"])
async def test_a_create_needs_its_fields(api: httpx.AsyncClient, name: str) -> None:
    answer = await api.post("tickets", json={key: value for key, value in NEW.items() if key != name})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "missing_field"


async def test_a_create_makes_a_contact_of_a_new_address(api: httpx.AsyncClient) -> None:
    made = (await api.post("tickets", json={**NEW, "email": "new@customer.example"})).json()
    contact = (await api.get(f"contacts/{made['requester_id']}")).json()
    assert contact["email"] == "new@customer.example"


async def test_blank_fields_are_null_and_lists_have_no_description(
    api: httpx.AsyncClient, world: FreshdeskWorld
) -> None:
    ref = world.simulator.make("x")
    [row] = (await api.get("tickets")).json()
    assert (row["type"], row["responder_id"], "description" in row) == (None, None, False)
    assert "description" in (await api.get(f"tickets/{ref}")).json()


async def test_lists_end_after_thirty_days_unless_asked_since_when(
    api: httpx.AsyncClient, world: FreshdeskWorld
) -> None:
    world.simulator.make("old")
    world.clock.advance(timedelta(days=31))
    assert (await api.get("tickets")).json() == []
    assert len((await api.get("tickets", params={"updated_since": "2026-01-01T00:00:00Z"})).json()) == 1


async def test_pages_are_thirty_or_a_hundred_and_name_the_next(api: httpx.AsyncClient, world: FreshdeskWorld) -> None:
    for number in range(31):
        world.simulator.make(str(number))
    first = await api.get("tickets")
    assert len(first.json()) == 30
    second = await api.get(first.links["next"]["url"])
    assert (len(second.json()), second.links) == (1, {})
    with pytest.raises(AssertionError, match="per_page"):
        await api.get("tickets", params={"per_page": 101})
    assert (await api.get("tickets", params={"page": 301})).status_code == 400


async def test_the_search_lags_and_takes_what_is_quoted(api: httpx.AsyncClient, world: FreshdeskWorld) -> None:
    world.simulator.make("x", custom_fields={"cf_severity": "sev1"})
    query = "\"cf_severity:'sev1'\""
    assert (await api.get("search/tickets", params={"query": query})).json() == {"total": 0, "results": []}
    world.clock.advance(world.simulator.lag)
    assert (await api.get("search/tickets", params={"query": query})).json()["total"] == 1
    for wrong in (query.strip('"'), "\"cf_nothing:'x'\"", f"\"cf_severity:'{'x' * 512}'\""):
        assert (await api.get("search/tickets", params={"query": wrong})).status_code == 400


async def test_a_note_is_private_unless_it_says_otherwise_and_alone_can_be_edited(
    api: httpx.AsyncClient, world: FreshdeskWorld
) -> None:
    ref = world.simulator.make("x")
    note = (await api.post(f"tickets/{ref}/notes", json={"body": "<p>a</p>"})).json()
    reply = (await api.post(f"tickets/{ref}/reply", json={"body": "<p>b</p>"})).json()
    assert [(each["private"], each["source"]) for each in (note, reply)] == [(True, 2), (False, 0)]
    assert (await api.put(f"conversations/{note['id']}", json={"body": "<p>c</p>"})).json()["body_text"] == "c"
    assert (await api.put(f"conversations/{reply['id']}", json={"body": "<p>c</p>"})).status_code == 400
    assert (await api.delete(f"conversations/{reply['id']}")).status_code == 204


async def test_files_over_twenty_megabytes_are_refused(api: httpx.AsyncClient, world: FreshdeskWorld) -> None:
    ref = world.simulator.make("x")
    files = {"attachments[]": ("a.bin", b"x" * (MOST_BYTES + 1))}
    answer = await api.post(f"tickets/{ref}/reply", data={"body": "y"}, files=files)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "attachments")


async def test_the_trash_can_be_read_and_restored_and_is_listed_by_its_filter(
    api: httpx.AsyncClient, world: FreshdeskWorld
) -> None:
    ref = world.simulator.make("x")
    assert (await api.delete(f"tickets/{ref}")).status_code == 204
    assert (await api.get(f"tickets/{ref}")).json()["deleted"] is True
    assert (await api.get("tickets")).json() == []
    assert len((await api.get("tickets", params={"filter": "deleted"})).json()) == 1
    assert (await api.put(f"tickets/{ref}/restore")).status_code == 204
    assert "deleted" not in (await api.get(f"tickets/{ref}")).json()


async def test_the_limit_is_told_in_headers_and_refused_requests_count(
    api: httpx.AsyncClient, world: FreshdeskWorld
) -> None:
    world.simulator.limit = Limit(2)
    first, second, third = [await api.get("groups") for _ in range(3)]
    assert [each.headers["x-ratelimit-remaining"] for each in (first, second)] == ["1", "0"]
    assert (first.headers["x-ratelimit-total"], first.headers["x-ratelimit-used-currentrequest"]) == ("2", "1")
    assert (third.status_code, third.headers["retry-after"]) == (429, "60")


async def test_a_person_works_on_its_page(world: FreshdeskWorld, desk: Desk) -> None:
    async with httpx.AsyncClient(transport=world.simulator.transport(), base_url=world.simulator.url) as browser:
        with world.simulator.do(CAROL):
            files = (Upload("log.txt", "text/plain", b"hello"),)
            ref = world.simulator.open("Export fails", Answer("Please help", public=True, files=files))
        shown = await browser.get(f"/a/tickets/{ref}")
        assert all(word in shown.text for word in ("Export fails", "Waiting on Engineering", "log.txt", "Please help"))
        await browser.post(f"/a/tickets/{ref}/fields", data={"status": "6", "cf_severity": "sev1", "tags": "a, b"})
        await browser.post(f"/a/tickets/{ref}/answers", data={"text": "On it", "public": "yes"})
        await browser.post(f"/a/tickets/{ref}/answers", data={"text": "among us", "public": "no"})
        ticket = desk.ticket(ref)
        assert (ticket.values["status"], ticket.values["tags"], ticket.custom["cf_severity"]) == (6, ["a", "b"], "sev1")
        assert [(said.private, said.user_id) for said in ticket.said] == [(False, int(ANA.id)), (True, int(ANA.id))]
        refused = await browser.post(f"/a/tickets/{ref}/fields", data={"responder_id": CAROL.id}, follow_redirects=True)
        assert "no agent matching" in refused.text
        assert (await browser.get(f"/a/tickets/{ref}/files/{ticket.files[0].id}")).content == b"hello"
