"""The description is what is checked against: a misspelt name is noticed, on the way there and on the way back."""

import json
from typing import Any

import httpx
import pytest

from syncd.sdk.testing.openapi import Violation
from syncd_servicenow import ServiceNow, api
from syncd_servicenow.simulator import ACCOUNT
from syncd_servicenow.simulator.routes import Routes
from syncd_servicenow.simulator.state import USER_NAMES, Row
from syncd_servicenow.wire import FileJson, TicketJson
from tests.connectors.servicenow.description import FILE, GENERIC, GENERIC_ONE, SHOWN, TICKETS, corrections, description
from tests.connectors.servicenow.world import ServiceNowWorld
from tests.specs import spec

# as c_TableAPI.md (PATCH) and c_AttachmentAPI.md (POST /now/attachment/file) show them, cut to what is read
TICKET = {
    "impact": "1",
    "urgency": "1",
    "correlation_id": "",
    "description": "",
    "priority": "1",
    "sys_mod_count": "7",
    "closed_at": "",
    "sys_updated_on": "2016-01-22 14:12:37",
    "number": "INC0000050",
    "category": "hardware",
    "correlation_display": "",
    "active": "true",
    "due_date": "",
    "assignment_group": {
        "link": "https://instance.servicenow.com/api/now/table/sys_user_group/8a5055c9c61122780043563ef53438e3",
        "value": "8a5055c9c61122780043563ef53438e3",
    },
    "caller_id": {
        "link": "https://instance.servicenow.com/api/now/table/sys_user/5b7c200d0a640069006b3845b5d0fa7c",
        "value": "5b7c200d0a640069006b3845b5d0fa7c",
    },
    "state": "2",
    "sys_created_on": "2015-11-02 18:05:40",
    "opened_at": "2015-11-02 21:58:24",
    "short_description": "Can't access Exchange server - is it down?",
    "sys_updated_by": "admin",
    "sys_id": "ef43c6d40a0a0b5700c77f9bf387afe3",
    "sys_created_by": "glide.maint",
    "resolved_at": "",
    "subcategory": "",
    "comments": "",
}
UPLOADED = {
    "table_sys_id": "d71f7935c0a8016700802b64c67c11c6",
    "size_bytes": "36597",
    "download_link": "https://instance.servicenow.com/api/now/attachment/6ea10fe64f411200adf9f8e18110c739/file",
    "sys_updated_on": "2016-01-22 15:14:07",
    "sys_id": "6ea10fe64f411200adf9f8e18110c739",
    "image_height": "",
    "sys_created_on": "2016-01-22 15:14:07",
    "file_name": "Issue_screenshot",
    "sys_created_by": "admin",
    "compressed": "true",
    "average_image_color": "",
    "sys_updated_by": "admin",
    "sys_tags": "",
    "table_name": "incident",
    "image_width": "",
    "sys_mod_count": "0",
    "content_type": "image/jpeg",
    "size_compressed": "25130",
}


async def test_a_misspelt_column_of_a_write_is_noticed(
    now: ServiceNow, world: ServiceNowWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = world.simulator.make("Export fails")
    right = api.Api.update

    async def misspelt(self: api.Api, id: str, columns: Any) -> Any:
        return await right(self, id, {"urgencyy": columns["urgency"]})

    monkeypatch.setattr(api.Api, "update", misspelt)
    with pytest.raises(Violation, match="urgencyy"):
        await now.update(ref, {"urgency": "1 - High"}, expect="")


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("sysparm_fields", "sys_id,urgencyy"),
        ("sysparm_query", "urgencyy=1"),
        ("sysparm_query", "urgency=1^ORDERBYupdated_on"),
        ("sysparm_query", "urgency==1^sys_updatedon>=2026-01-05 09:00:00"),
        ("sysparm_querry", "urgency=1"),
    ],
)
async def test_a_misspelt_column_or_parameter_of_a_question_is_noticed(
    world: ServiceNowWorld, parameter: str, value: str
) -> None:
    """An instance ignores it without a word, and answers something else."""
    async with httpx.AsyncClient(transport=world.transport, base_url=world.simulator.url) as client:
        with pytest.raises(Violation, match=parameter):
            await client.get("/api/now/table/incident", params={parameter: value})


@pytest.mark.parametrize("path", ["/api/now/table/incidents", "/api/now/table/sys_properties", "/api/now/attachments"])
async def test_an_unknown_address_is_noticed(world: ServiceNowWorld, path: str) -> None:
    async with httpx.AsyncClient(transport=world.transport, base_url=world.simulator.url) as client:
        with pytest.raises(Violation, match="no such operation"):
            await client.get(path)


@pytest.mark.parametrize(
    "wrong",
    [{"urgencyy": "1"}, {"sys_updated_on": "2026-01-05T09:00:00Z"}, {"sys_mod_count": 1}, {"assigned_to": {"id": "x"}}],
)
async def test_a_wrong_column_of_an_answer_is_noticed(
    now: ServiceNow, world: ServiceNowWorld, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, Any]
) -> None:
    ref = world.simulator.make("Export fails")
    right = Routes._shown

    def shown(self: Routes, table: str, row: Row, asked: Any) -> dict[str, Any]:
        return {**right(self, table, row, asked), **(wrong if table == "incident" else {})}

    monkeypatch.setattr(Routes, "_shown", shown)
    with pytest.raises(Violation, match=next(iter(wrong))):
        await now.fetch(ref)


async def test_a_wrong_name_in_the_metadata_of_a_file_is_noticed(
    now: ServiceNow, world: ServiceNowWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = world.simulator.make("Export fails")
    with world.simulator.acting(ACCOUNT):
        world.simulator.instance.attach("incident", ref, name="a", media_type="text/plain", content=b"a")
    right = Routes._file
    monkeypatch.setattr(Routes, "_file", lambda self, row: {**right(self, row), "filename": "a"})
    with pytest.raises(Violation, match="filename"):
        await now.fetch(ref)


def test_every_correction_says_why() -> None:
    assert description()
    document = json.loads(spec("servicenow/table-api.unofficial.openapi.json").read_text(encoding="utf-8"))
    made = corrections(document)
    assert all(len(correction.why) > 20 for correction in made)
    assert {GENERIC, GENERIC_ONE} <= document["paths"].keys()
    assert description().operation("GET", f"https://x/api/now/table/{TICKETS[0]}")
    assert description().operation("GET", "https://x/api/now/table/problem") is None


def test_the_vendors_own_examples_are_read_as_what_they_are() -> None:
    ticket = TicketJson.model_validate(TICKET)
    assert (ticket.sys_mod_count, ticket.column("assignment_group")) == (7, "8a5055c9c61122780043563ef53438e3")
    assert f"{ticket.sys_updated_on:%Y-%m-%d %H:%M:%S %Z}" == "2016-01-22 14:12:37 UTC"
    assert ticket.column("due_date") == ""
    assert ticket.column("hold_reason") is None
    file = FileJson.model_validate(UPLOADED)
    assert (file.file_name, file.size_bytes, file.content_type) == ("Issue_screenshot", 36597, "image/jpeg")


def test_the_description_knows_the_columns_of_the_examples() -> None:
    assert TICKET.keys() <= SHOWN.keys()
    assert UPLOADED.keys() == FILE.keys()
    assert (
        description().check_response(
            "PATCH",
            f"https://x/api/now/table/incident/{TICKET['sys_id']}",
            200,
            {"content-type": "application/json"},
            json.dumps({"result": TICKET}).encode(),
        )
        == []
    )


async def test_the_simulator_answers_name_by_name_as_the_examples_do(world: ServiceNowWorld) -> None:
    ref = world.simulator.make("Export fails", assigned_to=ACCOUNT.id)
    with world.simulator.acting(ACCOUNT):
        world.simulator.instance.attach("incident", ref, name="a", media_type="text/plain", content=b"a")
    signed_in = (USER_NAMES[ACCOUNT.id], ACCOUNT.token)
    async with httpx.AsyncClient(
        transport=world.simulator.transport(), base_url=world.simulator.url, auth=signed_in
    ) as client:
        shown = (await client.get(f"/api/now/table/incident/{ref}")).json()["result"]
        assert TICKET.keys() - {"comments"} <= shown.keys()
        assert shown["assigned_to"].keys() == {"link", "value"}
        assert all(
            isinstance(value, str)
            for name, value in shown.items()
            if name not in ("assigned_to", "caller_id", "opened_by")
        )
        [file] = (await client.get("/api/now/attachment")).json()["result"]
        assert file.keys() == UPLOADED.keys()
        plain = await client.get(f"/api/now/table/incident/{ref}", params={"sysparm_exclude_reference_link": "true"})
        assert plain.json()["result"]["assigned_to"] == ACCOUNT.id
