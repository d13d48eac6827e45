"""Words, columns and texts of a ticket, both ways."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from syncd.core.model import Fields, Person, RichText
from syncd.sdk.errors import (
    Rejected,
)
from syncd_servicenow import ServiceNow
from syncd_servicenow.simulator import ANA, CAROL
from syncd_servicenow.simulator.state import sys_id
from tests.connectors.servicenow.world import ServiceNowWorld

# --- words -----------------------------------------------------------------------------------------------------------


async def test_words_are_labels_of_the_table_itself_unless_two_share_one(
    now: ServiceNow, world: ServiceNowWorld
) -> None:
    described = {info.name: info.options for info in (await now.describe()).fields}
    assert described["status"] == ("New", "In Progress", "On Hold", "Resolved", "Closed", "Canceled")
    assert described["impact"] == ("1 - High", "2 - Medium", "3 - Low")
    assert described["u_severity"] == ("sev1", "sev2", "3", "4")
    assert described["u_regression"] == ("true", "false")
    ref = world.simulator.make("Export fails", u_severity="4", state="77")
    assert {name: (await now.fetch(ref)).fields[name] for name in ("u_severity", "status")} == {
        "u_severity": "4",
        "status": "77",
    }
    await now.update(ref, {"u_severity": "3"}, expect="")
    assert world.ticket(ref)["u_severity"] == "3"


async def test_words_may_be_values_and_labels_of_another_language(world: ServiceNowWorld) -> None:
    values, german = world.connector(choices="value", closed_status="7"), world.connector(language="de")
    ref = world.simulator.make("Export fails", state="2")
    assert (await values.fetch(ref)).fields["status"] == "2"
    assert (await german.fetch(ref)).fields["status"] == "In Progress (de)"
    await values.update(ref, {"urgency": "1"}, expect="")
    assert world.ticket(ref)["urgency"] == "1"
    await values.close(world.simulator.make("Export fails", close_code="No resolution", close_notes="x"))
    await values.aclose()
    await german.aclose()


@pytest.mark.shows("custom fields")
async def test_custom_columns_are_read_and_written_by_their_types(now: ServiceNow, world: ServiceNowWorld) -> None:
    fields: Fields = {
        "u_outage_began": date(2026, 3, 29),
        "u_affected_users": Decimal(12),
        "u_regression": "true",
        "u_engineer": Person(ANA.id),
        "u_issue": "https://e.example/x",
    }
    ref = world.simulator.make("Export fails", u_topology="x")
    written = await now.update(ref, fields, expect="")
    assert dict(written.fields) == fields
    read = (await now.fetch(ref)).fields
    assert {name: read[name] for name in fields} == fields
    assert "u_topology" not in read, "of a type that is not carried"


async def test_columns_may_be_declared_where_the_dictionary_is_hidden(world: ServiceNowWorld) -> None:
    world.simulator.instance.hidden_tables.add("sys_dictionary")
    connector = world.connector(columns={"u_outage_began": "glide_date", "state": "string"})
    ref = world.simulator.make("Export fails", u_outage_began="2026-03-29", u_severity="1")
    fields = (await connector.fetch(ref)).fields
    assert fields["u_outage_began"] == date(2026, 3, 29)
    assert "u_severity" not in fields
    assert fields["status"] == "New", "a column of our own stays what it is"
    await connector.aclose()


async def test_a_value_of_an_unexpected_shape_is_told_as_it_is(now: ServiceNow, world: ServiceNowWorld) -> None:
    ref = world.simulator.make("Export fails", u_affected_users="many", u_outage_began="soon", u_regression="maybe")
    fields = (await now.fetch(ref)).fields
    assert (fields["u_affected_users"], fields["u_outage_began"], fields["u_regression"]) == ("many", "soon", "maybe")


@pytest.mark.shows("description written")
async def test_a_description_is_plain_and_a_cut_text_is_shown_as_it_stands(
    now: ServiceNow, world: ServiceNowWorld
) -> None:
    ref = world.simulator.make("Export fails", description="*not bold*\n<b>")
    value = (await now.fetch(ref)).fields["description"]
    assert isinstance(value, RichText)
    assert (value.source, value.markdown) == ("*not bold*\n<b>", "\\*not bold\\*\\\n\\<b>")
    long = "x" * 200
    assert dict((await now.update(ref, {"short_description": long}, expect="")).fields) == {
        "short_description": "x" * 160
    }
    await now.update(ref, {"description": RichText.of("**bold**\n\n- one\n- two")}, expect="")
    assert world.ticket(ref)["description"] == "bold\n\n- one\n- two"
    await now.update(ref, {"description": RichText.of("word " * 2000)}, expect="")
    stands = world.ticket(ref)["description"]
    assert len(stands) <= 4000
    assert stands.endswith(f"[… the whole text <{now._reader.link(ref)}>]")


async def test_a_group_of_two_or_none_is_refused_and_a_retired_one_too(now: ServiceNow, world: ServiceNowWorld) -> None:
    ref = world.simulator.make("Export fails")
    groups = world.simulator.instance.tables["sys_user_group"]
    groups[sys_id("second")] = {**groups[sys_id("desk")], "sys_id": sys_id("second")}
    for name in ("Service Desk", "Retired", "Nowhere", "x^active=true", ""):
        with pytest.raises(Rejected) as caught:
            await now.update(ref, {"assignment_group": name}, expect="")
        assert caught.value.field == "assignment_group"


@pytest.mark.parametrize(
    "fields",
    [
        {"short_description": "  "},
        {"short_description": None},
        {"priority": "1 - Critical"},
        {"number": "INC1"},
        {"caller": Person(CAROL.id)},
        {"urgency": "9 - Wild"},
        {"urgency": "1"},
        {"assigned_to": Person("")},
        {"assigned_to": Person("../x")},
        {"u_affected_users": Decimal("1.5")},
        {"u_regression": "maybe"},
        {"due_date": "soon"},
        {"nothing like it": "x"},
        {"sys_id": "x"},
        {"comments": "x"},
    ],
    ids=str,
)
async def test_what_cannot_be_written_is_refused_before_anything_is_sent(
    now: ServiceNow, world: ServiceNowWorld, fields: Any
) -> None:
    ref, before = world.simulator.make("Export fails"), world.requests
    with pytest.raises(Rejected) as caught:
        await now.update(ref, fields, expect="")
    assert [caught.value.field] == list(fields)
    assert world.requests == before
