"""The account, what each deed costs, and people."""

from typing import Any

import pytest
from pydantic import ValidationError

from syncd.core.model import Fields, Person
from syncd.sdk.connector import ONLY_FIELDS, Capability, Draft
from syncd.sdk.errors import BadAnswer, NotFound, Rejected, Unauthorized
from syncd.sdk.testing.faults import Status
from syncd_servicenow import ServiceNow, ServiceNowConfig
from syncd_servicenow.simulator import ACCOUNT, BEN, CAROL
from syncd_servicenow.simulator.state import sys_id
from tests.connectors.servicenow.steps import CORE_7, file, internal, poll, public
from tests.connectors.servicenow.world import ServiceNowWorld

FIVE: Fields = {
    "short_description": "Export fails for all",
    "urgency": "1 - High",
    "status": "In Progress",
    "u_severity": "sev1",
    "assignment_group": "Network",
}

# --- what it costs ---------------------------------------------------------------------------------------------------


@pytest.mark.shows("several fields in one request")
async def test_what_each_deed_costs(now: ServiceNow, world: ServiceNowWorld) -> None:
    ref = await world.open({"short_description": "Export fails"})
    world.clock.advance(300)
    cost: dict[str, int] = {}

    async def count(name: str, deed: Any) -> Any:
        before = world.requests
        made = await deed
        cost[name] = world.requests - before
        return made

    seen = await count("read a ticket of people never seen", now.fetch(ref, parts=ONLY_FIELDS))
    await count("read fields", now.fetch(ref, parts=ONLY_FIELDS))
    await count("read with thread", now.fetch(ref))
    await count("write five fields", now.update(ref, FIVE, expect=seen.revision))
    await count("write what stands there", now.update(ref, {"urgency": "1 - High"}, expect=""))
    await count("read with history", now.fetch(ref, parts=ONLY_FIELDS, since=seen.revision))
    await count("comment", now.comment(ref, internal("x"), key="key-1", expect=""))
    await count(
        "comment with two files",
        now.comment(ref, public("x", file("a", b"a"), file("b", b"b")), key="key-2", expect=""),
    )
    await count("link back", now.link_back(ref, CORE_7))
    await count("link back again", now.link_back(ref, CORE_7))
    await count("close", now.close(ref))
    await count("create", now.create(Draft({"assignment_group": "Network"}, {"short_description": "x"}), key="key-3"))
    await count("find", now.find("key-4"))
    await count("a person", now.person(BEN.email))
    world.clock.advance(300)
    _, cursor = await poll(now, None)
    await count("idle poll", poll(now, cursor))
    assert cost == {
        "read a ticket of people never seen": 3,
        "read fields": 1,
        "read with thread": 3,
        "write five fields": 4,  # one finds the group by its name, one its name by its sys_id
        "write what stands there": 1,
        "read with history": 2,
        "comment": 3,  # once an hour one names our own account
        "comment with two files": 4,
        "link back": 2,
        "link back again": 1,
        "close": 2,
        "create": 2,
        "find": 1,
        "a person": 1,
        "idle poll": 1,
    }


# --- the account -----------------------------------------------------------------------------------------------------


async def test_a_good_account_lacks_nothing(now: ServiceNow) -> None:
    account = await now.check()
    assert (account.id, account.name, account.email, account.lacks) == (ACCOUNT.id, "Sync Bot", ACCOUNT.email, ())


@pytest.mark.parametrize("given", [{"password": "wrong"}, {"user": "ana.agent"}, {"user": "nobody"}])
async def test_a_wrong_credential_is_refused(world: ServiceNowWorld, given: dict[str, str]) -> None:
    connector = world.connector(**given)
    with pytest.raises(Unauthorized):
        await connector.check()
    await connector.aclose()


async def test_an_oauth_token_signs_in_too(world: ServiceNowWorld) -> None:
    connector = world.connector(user=None, password=None, oauth_token=ACCOUNT.token)
    assert (await connector.check()).lacks == ()
    await connector.aclose()


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"user": "u"},
        {"password": "p"},
        {"user": "u", "password": "p", "oauth_token": "o"},
        {"user": "u", "oauth_token": "o"},
    ],
    ids=str,
)
def test_one_credential_is_needed_and_no_secret_is_shown(given: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as caught:
        ServiceNowConfig.model_validate({"connector": "servicenow", "url": "https://acme.example", **given})
    assert "oauth_token" in str(caught.value)
    assert "input_value" not in str(caught.value)


@pytest.mark.parametrize(
    "given",
    [
        {"columns": {"u_x^active": "string"}},
        {"columns": {"u_x": "nonsense"}},
        {"with_status": {"Resolved": {"close code": "x"}}},
        {"link_field": "a,b"},
        {"internal_files": "u_files"},
        {"internal_files": "../x/" + "0" * 32},
    ],
    ids=str,
)
def test_a_name_that_could_act_in_a_request_is_no_configuration(given: dict[str, Any]) -> None:
    good = {"connector": "servicenow", "url": "https://acme.example", "oauth_token": "o"}
    assert ServiceNowConfig.model_validate({**good, "with_status": {"On Hold": {}, "Done": {"close_code": "x"}}})
    with pytest.raises(ValidationError):
        ServiceNowConfig.model_validate({**good, **given})


@pytest.mark.parametrize("hidden", ["sys_dictionary", "sys_choice", "sys_audit", "sys_journal_field"])
async def test_a_table_that_is_hidden_without_a_word_is_noticed(world: ServiceNowWorld, hidden: str) -> None:
    """An ACL answers 200 and an empty list; the count of the query tells that there is something."""
    ref = world.simulator.make("Export fails")
    world.simulator.edit(ref, urgency="1")
    world.simulator.write(ref, "hello", public=True)
    world.simulator.instance.hidden_tables.add(hidden)
    connector = world.connector()
    [lack] = (await connector.check()).lacks
    assert hidden in lack
    await connector.aclose()


@pytest.mark.parametrize(
    "table", ["sys_dictionary", "sys_choice", "sys_user_group", "sys_audit", "sys_journal_field", "sys_audit_delete"]
)
async def test_a_table_beside_the_tickets_that_is_forbidden_stops_no_ticket(world: ServiceNowWorld, table: str) -> None:
    """Some instances say it by 403, others by an empty list."""
    ref = world.simulator.make("Export fails", assignment_group=sys_id("desk"))
    world.simulator.faults.on(f"GET */table/{table}", Status(403), times=9)
    connector = world.connector()
    await connector.check()
    fields = (await connector.fetch(ref, parts=ONLY_FIELDS)).fields
    assert fields["short_description"] == "Export fails"
    with pytest.raises(NotFound):
        await connector.fetch("0" * 32)
    await connector.aclose()


@pytest.mark.shows("missing rights told")
async def test_what_else_is_missing_is_named(world: ServiceNowWorld) -> None:
    connector = world.connector(closed_status="Done", internal_files=None)
    lacks = " ".join((await connector.check()).lacks)
    assert "`Done`" in lacks
    assert "internal_files" in lacks
    with pytest.raises(Rejected) as refused_:
        await connector.close(world.simulator.make("Export fails"))
    assert refused_.value.field == "status"
    await connector.aclose()


async def test_an_instance_that_runs_no_scripts_in_queries_tells_nobody_for_us(world: ServiceNowWorld) -> None:
    """The condition is ignored then, and everybody is answered."""
    world.simulator.instance.scripts = False
    connector = world.connector()
    with pytest.raises(BadAnswer, match="the one who asks"):
        await connector.check()
    await connector.aclose()


async def test_without_the_audit_nothing_is_called_guarded(world: ServiceNowWorld) -> None:
    connector = world.connector(audit=False)
    assert connector.capabilities == ServiceNow.capabilities - {Capability.GUARDED}
    assert Capability.HISTORY not in ServiceNow.capabilities
    await connector.aclose()


# --- people ----------------------------------------------------------------------------------------------------------


async def test_two_users_of_one_address_are_none(now: ServiceNow, world: ServiceNowWorld) -> None:
    found = await now.person(BEN.email)
    assert found
    assert (found.id, found.name, found.email) == (BEN.id, BEN.name, BEN.email)
    users = world.simulator.instance.tables["sys_user"]
    users[sys_id("twin")] = {**users[BEN.id], "sys_id": sys_id("twin"), "user_name": "ben.two"}
    assert await now.person(BEN.email) is None
    users[sys_id("twin")]["active"] = "false"
    assert await now.person(BEN.email) == found


@pytest.mark.parametrize("address", ["a@b^active=true", "javascript:x@y", "a,b@c", "nobody", "", "a@b\n"])
async def test_an_address_never_becomes_a_condition(now: ServiceNow, world: ServiceNowWorld, address: str) -> None:
    before = world.requests
    assert await now.person(address) is None
    assert world.requests == before


async def test_many_people_are_asked_for_in_batches(now: ServiceNow, world: ServiceNowWorld) -> None:
    ref, users = world.simulator.make("Export fails"), world.simulator.instance.tables["sys_user"]
    for number in range(120):
        world.simulator.write(ref, "me too", public=True)
        id = sys_id(f"author {number}")
        users[id] = {**users[BEN.id], "sys_id": id, "user_name": f"author.{number}", "name": f"Author {number}"}
    for number, row in enumerate(world.simulator.instance.journal(ref)):
        row["sys_created_by"] = f"author.{number}"
    shown = (await now.fetch(ref)).thread
    assert shown
    assert {comment.author.name for comment in shown.comments} == {f"Author {number}" for number in range(120)}


async def test_a_failed_question_about_people_is_asked_again(now: ServiceNow, world: ServiceNowWorld) -> None:
    ref = world.simulator.make("Export fails")
    world.simulator.faults.on("GET */table/sys_user", Status(400))
    with pytest.raises(Rejected):
        await now.fetch(ref, parts=ONLY_FIELDS)
    requester = (await now.fetch(ref, parts=ONLY_FIELDS)).requester
    assert requester
    assert requester.name == CAROL.name


async def test_an_address_that_the_account_may_not_see_is_none(now: ServiceNow, world: ServiceNowWorld) -> None:
    world.simulator.instance.tables["sys_user"][CAROL.id]["email"] = ""
    snapshot = await now.fetch(world.simulator.make("Export fails"))
    assert snapshot.requester == Person(CAROL.id)
    assert snapshot.requester is not None
    assert (snapshot.requester.name, snapshot.requester.email) == (CAROL.name, None)
