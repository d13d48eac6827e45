"""The simulated HubSpot behaves as the documents say; asked by HTTP, checked against the description."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from syncd.sdk.testing.page import Answer, Upload
from syncd.sdk.testing.simulator import Limit
from syncd_hubspot.simulator import ACCOUNT, CAROL, KEY
from syncd_hubspot.simulator.account import BILLING
from tests.connectors.hubspot.steps import NOTES, TICKETS
from tests.connectors.hubspot.world import HubspotWorld

TICKET = {"subject": "x", "hs_pipeline_stage": "1"}


@pytest.fixture
async def api(world: HubspotWorld) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"authorization": f"Bearer {ACCOUNT.token}"}
    async with httpx.AsyncClient(transport=world.transport, base_url=world.simulator.url, headers=headers) as client:
        yield client


async def made(api: httpx.AsyncClient, path: str = TICKETS, **properties: str) -> Any:
    answer = await api.post(path, json={"properties": {**(TICKET if path == TICKETS else {}), **properties}})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_stranger_is_nobody(world: HubspotWorld) -> None:
    async with httpx.AsyncClient(transport=world.transport, base_url=world.simulator.url) as client:
        assert (await client.get("/crm/v3/owners/")).status_code == 401


async def test_a_read_shows_little_unless_it_asks(api: httpx.AsyncClient) -> None:
    id = (await made(api, severity="sev1"))["id"]
    assert "severity" not in (await api.get(f"{TICKETS}/{id}")).json()["properties"]
    asked = await api.get(f"{TICKETS}/{id}", params={"properties": "severity,nothing"})
    assert {name: asked.json()["properties"][name] for name in ("severity", "nothing")} == {
        "severity": "sev1",
        "nothing": None,
    }


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"subject": ""}, "subject"),
        ({"hs_pipeline_stage": "902"}, "hs_pipeline_stage"),
        ({"hs_pipeline": "9"}, "hs_pipeline"),
        ({"nothing": "x"}, "nothing"),
        ({"severity": "sev9"}, "severity"),
        ({"affected": "many"}, "affected"),
        ({"began": "soon"}, "began"),
        ({"score": "1"}, "score"),
        ({"hubspot_owner_id": "1"}, "hubspot_owner_id"),
        ({"content": "x" * 65_537}, "content"),
    ],
)
async def test_a_value_that_does_not_fit_is_refused_by_name(
    api: httpx.AsyncClient, wrong: dict[str, str], name: str
) -> None:
    answer = await api.post(TICKETS, json={"properties": {**TICKET, **wrong}})
    assert (answer.status_code, answer.json()["errors"][0]["context"]) == (400, {"propertyName": [name]})


async def test_a_unique_value_is_given_once_and_read_by_it(api: httpx.AsyncClient) -> None:
    id = (await made(api, **{KEY: "key-1"}))["id"]
    assert (await api.post(TICKETS, json={"properties": {**TICKET, KEY: "key-1"}})).status_code == 400
    found = await api.get(f"{TICKETS}/key-1", params={"idProperty": KEY})
    assert found.json()["id"] == id
    assert (await api.get(f"{TICKETS}/x", params={"idProperty": "subject"})).status_code == 400


async def test_an_empty_text_clears_and_history_keeps_who_did_what(api: httpx.AsyncClient, world: HubspotWorld) -> None:
    id = (await made(api, severity="sev1"))["id"]
    world.simulator.edit(id, severity="sev2")
    await api.patch(f"{TICKETS}/{id}", json={"properties": {"severity": ""}})
    past = (await api.get(f"{TICKETS}/{id}", params={"propertiesWithHistory": "severity"})).json()
    assert past["properties"]["severity"] is None
    told = [(each["value"], each["sourceType"], each["sourceId"]) for each in past["propertiesWithHistory"]["severity"]]
    assert told == [
        ("", "INTEGRATION", "98765"),
        ("sev2", "CRM_UI", "userId:12345"),
        ("sev1", "INTEGRATION", "98765"),
    ]


async def test_the_bin_is_read_on_demand_and_an_unknown_id_is_deleted_too(api: httpx.AsyncClient) -> None:
    id = (await made(api))["id"]
    assert (await api.delete(f"{TICKETS}/{id}")).status_code == 204
    assert (await api.get(f"{TICKETS}/{id}")).status_code == 404
    assert (await api.get(f"{TICKETS}/{id}", params={"archived": "true"})).json()["archived"] is True
    assert (await api.patch(f"{TICKETS}/{id}", json={"properties": {"subject": "y"}})).status_code == 404
    assert (await api.delete(f"{TICKETS}/999999")).status_code == 204


async def test_a_merge_moves_what_was_said_and_its_id_leads_on(api: httpx.AsyncClient, world: HubspotWorld) -> None:
    goes, stays = (await made(api))["id"], (await made(api))["id"]
    note = str(world.simulator.note(goes, "hello").id)
    answer = await api.post(f"{TICKETS}/merge", json={"primaryObjectId": stays, "objectIdToMerge": goes})
    assert answer.json()["id"] == stays
    shown = (await api.get(f"{TICKETS}/{goes}", params={"associations": "notes"})).json()
    assert (shown["id"], [each["id"] for each in shown["associations"]["notes"]["results"]]) == (stays, [note])


async def test_a_note_is_on_no_ticket_until_it_is_associated(api: httpx.AsyncClient) -> None:
    id = (await made(api))["id"]
    note = (await made(api, NOTES, hs_note_body="<p>a</p>", hs_timestamp="2026-01-05T09:00:00Z"))["id"]
    path = f"/crm/v4/objects/tickets/{id}/associations/notes"
    assert (await api.get(path)).json()["results"] == []
    for _ in range(2):
        assert (await api.put(f"/crm/v4/objects/notes/{note}/associations/default/tickets/{id}")).status_code == 200
    assert [each["toObjectId"] for each in (await api.get(path)).json()["results"]] == [note]
    missing = await api.put(f"/crm/v4/objects/notes/{note}/associations/default/tickets/999999")
    assert missing.status_code == 404


async def test_a_batch_says_what_is_not_there(api: httpx.AsyncClient) -> None:
    id = (await made(api))["id"]
    asked = {"inputs": [{"id": id}, {"id": "999999"}], "properties": ["subject"], "propertiesWithHistory": []}
    answer = await api.post(f"{TICKETS}/batch/read", json=asked)
    assert (answer.status_code, answer.json()["numErrors"]) == (207, 1)
    assert [each["id"] for each in answer.json()["results"]] == [id]
    many = {**asked, "inputs": [{"id": id}] * 101}
    assert (await api.post(f"{TICKETS}/batch/read", json=many)).status_code == 400


async def test_a_search_lags_and_ends_at_ten_thousand(api: httpx.AsyncClient, world: HubspotWorld) -> None:
    await made(api, severity="sev1")
    asked: dict[str, Any] = {
        "filterGroups": [{"filters": [{"propertyName": "severity", "operator": "EQ", "value": "sev1"}]}]
    }
    assert (await api.post(f"{TICKETS}/search", json=asked)).json()["total"] == 0
    await world.settle()
    assert (await api.post(f"{TICKETS}/search", json=asked)).json()["total"] == 1
    wrongs: list[dict[str, Any]] = [
        {"limit": 201},
        {"limit": 100, "after": "9950"},
        {"filterGroups": [{"filters": []}] * 6},
    ]
    for wrong in wrongs:
        assert (await api.post(f"{TICKETS}/search", json={**asked, **wrong})).status_code == 400


async def test_limits_are_told_in_headers_and_named_in_refusals(api: httpx.AsyncClient, world: HubspotWorld) -> None:
    world.simulator.limit = Limit(2, timedelta(seconds=10))
    first, _, third = [await api.get("/crm/v3/owners/") for _ in range(3)]
    told = {
        name: first.headers[f"x-hubspot-ratelimit-{name}"] for name in ("max", "remaining", "interval-milliseconds")
    }
    assert told == {"max": "2", "remaining": "1", "interval-milliseconds": "10000"}
    assert (third.status_code, third.json()["policyName"]) == (429, "TEN_SECONDLY_ROLLING")
    world.simulator.limit, world.simulator.day = None, 0
    assert (await api.get("/crm/v3/owners/")).json()["policyName"] == "DAILY"


async def test_a_file_says_who_may_see_it_and_where_it_goes(api: httpx.AsyncClient) -> None:
    files, where = {"file": ("a.txt", b"hello", "text/plain")}, {"folderPath": "/x"}
    for wrong in ({}, {**where, "options": "{}"}, {"options": '{"access": "PRIVATE"}'}):
        assert (await api.post("/files/v3/files", files=files, data=wrong)).status_code == 400
    kept = (await api.post("/files/v3/files", files=files, data={**where, "options": '{"access": "PRIVATE"}'})).json()
    assert (kept["name"], kept["extension"], kept["size"]) == ("a", "txt", 5)
    signed = (await api.get(f"/files/v3/files/{kept['id']}/signed-url")).json()["url"]
    assert (await api.get(signed)).content == b"hello"
    assert (await api.delete(f"/files/v3/files/{kept['id']}")).status_code == 204
    assert (await api.get(f"/files/v3/files/{kept['id']}")).status_code == 404


async def test_a_person_works_on_its_page(world: HubspotWorld) -> None:
    simulator = world.simulator
    async with httpx.AsyncClient(transport=simulator.transport(), base_url=simulator.url) as browser:
        ref = simulator.open(
            "Export fails", Answer("Please help", public=True, files=(Upload("log.txt", "text/plain", b"hi"),))
        )
        shown = await browser.get(f"/contacts/{ref}")
        assert all(
            word in shown.text for word in ("Export fails", "Waiting on us", "log.txt", "Please help", CAROL.email)
        )
        await browser.post(f"/contacts/{ref}/fields", data={"hs_pipeline_stage": "3", "severity": "sev1"})
        await browser.post(f"/contacts/{ref}/answers", data={"text": "On it", "public": "yes"})
        await browser.post(f"/contacts/{ref}/answers", data={"text": "among us", "public": "no"})
        ticket = simulator.crm.record("tickets", ref)
        assert (ticket.get("hs_pipeline_stage"), ticket.get("severity")) == ("3", "sev1")
        assert (len(ticket.linked("emails")), len(ticket.linked("notes"))) == (1, 2)
        refused = await browser.post(f"/contacts/{ref}/fields", data={"subject": " " * 65_537}, follow_redirects=True)
        assert "not valid" in refused.text
        assert "among us" in (await browser.get(f"/contacts/{ref}")).text
        assert (await browser.get("/contacts/999999")).status_code == 404
        [file] = simulator.crm.files
        assert (await browser.get(f"/contacts/{ref}/files/{file}")).content == b"hi"


async def test_a_ticket_of_another_pipeline_shows_its_own_stages(world: HubspotWorld) -> None:
    ref = world.simulator.make("x", hs_pipeline=BILLING, hs_pipeline_stage="902")
    async with httpx.AsyncClient(transport=world.simulator.transport(), base_url=world.simulator.url) as browser:
        shown = (await browser.get(f"/contacts/{ref}")).text
    assert "In review" in shown
    assert "Waiting on us" not in shown
