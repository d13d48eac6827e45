"""The simulated ServiceNow behaves as the pages say; asked by HTTP, checked against the description."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from syncd.sdk.testing.page import Answer, Upload
from syncd.sdk.testing.simulator import Limit
from syncd_servicenow.simulator import ACCOUNT, ADMIN, ANA, CAROL, ServiceNowSimulator
from syncd_servicenow.simulator.query import Reading
from syncd_servicenow.simulator.state import USER_NAMES
from tests.connectors.servicenow.world import ServiceNowWorld

TABLE = "/api/now/table/incident"


def client(world: ServiceNowWorld, account: Any = ANA) -> httpx.AsyncClient:
    credential = (USER_NAMES[account.id], account.token)
    return httpx.AsyncClient(transport=world.transport, base_url=world.simulator.url, auth=credential)


@pytest.fixture
async def api(world: ServiceNowWorld) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody's own client, checked like ours."""
    async with client(world) as made:
        yield made


async def rows(api: httpx.AsyncClient, query: str, **more: Any) -> list[str]:
    """The titles of the tickets that a query finds."""
    params = {"sysparm_query": query, "sysparm_fields": "sys_id,short_description", **more}
    return [row["short_description"] for row in (await api.get(TABLE, params=params)).json()["result"]]


async def test_who_is_not_signed_in_sees_nothing(world: ServiceNowWorld) -> None:
    async with httpx.AsyncClient(transport=world.transport, base_url=world.simulator.url) as nobody:
        answer = await nobody.get(TABLE)
    assert (answer.status_code, answer.json()["error"]["message"]) == (401, "User Not Authenticated")


async def test_a_query_is_case_sensitive_ordered_and_joined(api: httpx.AsyncClient, world: ServiceNowWorld) -> None:
    for title, urgency in (("a", "1"), ("b", "2"), ("c", "3"), ("B", "1")):
        world.simulator.make(title, urgency=urgency)
    assert await rows(api, "short_description=b") == ["b"]
    assert await rows(api, "urgency=1^ORDERBYshort_description") == ["B", "a"]
    assert await rows(api, "urgency=1^short_description=a") == ["a"]
    assert await rows(api, "urgency=3^ORshort_description=a^ORDERBYDESCshort_description") == ["c", "a"]
    assert await rows(api, "urgencyIN2,3^ORDERBYshort_description") == ["b", "c"]
    assert await rows(api, "short_descriptionSTARTSWITHB") == ["B"]
    assert await rows(api, "urgency!=1^ORDERBYshort_description") == ["b", "c"]


async def test_an_invalid_part_is_ignored_and_the_rest_runs(world: ServiceNowWorld) -> None:
    """c_TableAPI.md, sysparm_query; and the property that turns it."""
    for title in ("a", "b"):
        world.simulator.make(title)
    tickets = list(world.simulator.instance.tables["incident"].values())
    reading = Reading({"sys_id": "GUID", "short_description": "string"}, me="")
    assert len(reading.select(tickets, "nonsense=1")) == 2
    assert len(reading.select(tickets, "nonsense=1^short_description=a")) == 1
    assert len(reading.select(tickets, "sys_id=javascript:gs.getUserID()")) == 2
    strict = Reading({"sys_id": "GUID", "short_description": "string"}, me="", strict=True)
    assert strict.select(tickets, "nonsense=1") == []


async def test_the_limit_is_applied_before_the_acls(api: httpx.AsyncClient, world: ServiceNowWorld) -> None:
    refs = [world.simulator.make(f"{number}") for number in range(5)]
    world.simulator.hidden_rows.update(refs[:2])
    answer = await api.get(TABLE, params={"sysparm_query": "ORDERBYnumber", "sysparm_limit": 2})
    assert (answer.json()["result"], answer.headers["x-total-count"]) == ([], "5")
    assert "next" in answer.links
    last = await api.get(TABLE, params={"sysparm_query": "ORDERBYnumber", "sysparm_limit": 2, "sysparm_offset": 4})
    assert (len(last.json()["result"]), last.links) == (1, {})


async def test_a_time_is_read_in_the_zone_of_the_one_who_asks(api: httpx.AsyncClient, world: ServiceNowWorld) -> None:
    world.simulator.make("at nine")
    assert await rows(api, "sys_updated_on>=2026-01-05 09:00:00") == ["at nine"]
    assert await rows(api, "sys_updated_on>2026-01-05 09:00:00") == []
    world.simulator.instance.zone = timedelta(hours=2)
    assert await rows(api, "sys_updated_on>=2026-01-05 11:00:00") == ["at nine"]
    assert await rows(api, "sys_updated_on>=2026-01-05 11:00:01") == []


async def test_unknown_and_system_columns_are_dropped_and_journals_read_empty(
    world: ServiceNowWorld,
) -> None:
    made = world.simulator.make("a", nonsense="x", sys_mod_count="7", comments="hello")
    row = world.ticket(made)
    assert ("nonsense" in row, row["sys_mod_count"]) == (False, "0")
    async with client(world) as api:
        shown = (await api.get(f"{TABLE}/{made}", params={"sysparm_fields": "comments,sys_id"})).json()["result"]
        assert shown == {"comments": "", "sys_id": made}
    [entry] = world.simulator.instance.journal(made)
    assert (entry["element"], entry["value"], entry["sys_created_by"]) == ("comments", "hello", "carol")


async def test_each_update_counts_and_is_audited_and_one_that_changes_nothing_is_none(
    world: ServiceNowWorld,
) -> None:
    ref = world.simulator.make("a")
    world.simulator.edit(ref, urgency="1")
    world.simulator.edit(ref, urgency="1")
    world.simulator.write(ref, "words", public=False)
    assert world.ticket(ref)["sys_mod_count"] == "2"
    audited = [
        (row["fieldname"], row["oldvalue"], row["newvalue"], row["record_checkpoint"])
        for row in world.simulator.instance.tables["sys_audit"].values()
    ]
    assert audited == [
        ("priority", "5", "3", "1"),
        ("urgency", "3", "1", "1"),
        ("work_notes", "JOURNAL FIELD ADDITION", "words", "2"),
    ]


async def test_a_customer_sees_the_own_tickets_and_no_journal(world: ServiceNowWorld) -> None:
    mine = world.simulator.make("mine")
    world.simulator.make("another's", caller_id=ANA.id)
    world.simulator.write(mine, "internal", public=False)
    with world.simulator.acting(ANA):
        world.simulator.instance.attach("incident", mine, name="seen", media_type="text/plain", content=b"x")
        world.simulator.instance.attach(
            "u_internal_file", "0" * 32, name="unseen", media_type="text/plain", content=b"x"
        )
    async with client(world, CAROL) as api:
        assert await rows(api, "ORDERBYnumber") == ["mine"]
        assert (await api.get("/api/now/table/sys_journal_field")).json()["result"] == []
        assert [each["file_name"] for each in (await api.get("/api/now/attachment")).json()["result"]] == ["seen"]
        answer = await api.patch(f"{TABLE}/{mine}", json={"urgency": "1"})
        assert answer.status_code == 403


async def test_a_data_policy_names_what_is_missing(api: httpx.AsyncClient, world: ServiceNowWorld) -> None:
    ref = world.simulator.make("a")
    answer = await api.patch(f"{TABLE}/{ref}", json={"state": "3"})
    assert answer.status_code == 403
    assert answer.json()["error"]["detail"].endswith("mandatory: On hold reason")
    assert world.ticket(ref)["state"] == "1"
    assert (await api.patch(f"{TABLE}/{ref}", json={"state": "3", "hold_reason": "1"})).status_code == 200


async def test_a_closed_ticket_is_an_administrators(api: httpx.AsyncClient, world: ServiceNowWorld) -> None:
    ref = world.simulator.make("a", state="8")
    assert (await api.patch(f"{TABLE}/{ref}", json={"urgency": "1"})).status_code == 403
    world.simulator.edit(ref, by=ADMIN, urgency="1", state="2")
    assert world.ticket(ref)["active"] == "true"
    assert (await api.patch(f"{TABLE}/{ref}", json={"urgency": "2"})).status_code == 200


async def test_a_deleted_ticket_is_gone_and_listed(api: httpx.AsyncClient, world: ServiceNowWorld) -> None:
    ref = world.simulator.make("a")
    assert (await api.delete(f"{TABLE}/{ref}")).status_code == 204
    assert (await api.get(f"{TABLE}/{ref}")).status_code == 404
    listed = (await api.get("/api/now/table/sys_audit_delete")).json()["result"]
    assert [(row["tablename"], row["documentkey"]) for row in listed] == [("incident", ref)]


async def test_a_file_needs_a_record_that_is_there(api: httpx.AsyncClient, world: ServiceNowWorld) -> None:
    asked = {"table_name": "incident", "table_sys_id": "0" * 32, "file_name": "a"}
    answer = await api.post(
        "/api/now/attachment/file", params=asked, content=b"x", headers={"content-type": "text/plain"}
    )
    assert answer.status_code == 404


async def test_the_limit_says_when_it_ends_and_not_what_is_left(api: httpx.AsyncClient, world: ServiceNowWorld) -> None:
    world.simulator.limit = Limit(1, window=timedelta(hours=1))
    answer = await api.get(TABLE)
    told = {name for name in answer.headers if name.startswith("x-ratelimit")}
    assert told == {"x-ratelimit-limit", "x-ratelimit-reset", "x-ratelimit-rule"}
    refused = await api.get(TABLE)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "3600")


# --- the page --------------------------------------------------------------------------------------------------------


@pytest.fixture
def simulator(world: ServiceNowWorld) -> ServiceNowSimulator:
    return world.simulator


async def test_a_person_clicks_a_whole_life(simulator: ServiceNowSimulator) -> None:
    upload = Upload("log.txt", "text/plain", b"log")
    with simulator.acting(simulator.person):
        ref = simulator.open("Export fails", Answer("Since Monday", public=True, files=(upload,)))
        simulator.say(ref, Answer("For us", public=False, files=(upload,)))
        simulator.say(ref, Answer("For all", public=True))
        simulator.set_fields(ref, {"urgency": "1", "state": "6"})
        with pytest.raises(ValueError, match="On hold reason"):
            simulator.set_fields(ref, {"state": "3"})
    sheet = simulator.sheet(ref)
    assert sheet
    assert [badge.text for badge in sheet.row.badges] == ["Resolved", "3 - Moderate"]
    assert {(said.html, said.public) for said in sheet.said} == {("For us", False), ("For all", True)}
    found = simulator.file(ref, sheet.files[0].id)
    assert found
    assert (found.name, found.content, len(sheet.files)) == ("log.txt", b"log", 2)
    assert simulator.sheet("nothing") is None
    assert simulator.file(ref, "nothing") is None


async def test_the_page_is_served(simulator: ServiceNowSimulator) -> None:
    ref = simulator.make("Export fails")
    simulator.write(ref, "[code]<b>bold</b>[/code]", public=True, by=ACCOUNT)
    async with httpx.AsyncClient(transport=simulator.transport(), base_url=simulator.url) as browser:
        assert "Export fails" in (await browser.get("/now")).text
        assert "<b>bold</b>" in (await browser.get(f"/now/{ref}")).text
