"""What only Freshdesk does with fields, keys and lives; each test's traffic is checked against the description."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from syncd.core.model import Fields, Internal, Life, Person, RichText
from syncd.sdk.connector import ONLY_FIELDS, Capability, Draft, Message
from syncd.sdk.errors import Locked, NotFound, RateLimited, Rejected, Unauthorized, Unavailable
from syncd.sdk.testing.faults import LostAfter, Status
from syncd.sdk.testing.simulator import Limit
from syncd_freshdesk import Freshdesk, FreshdeskConfig
from syncd_freshdesk.fields import statuses_of
from syncd_freshdesk.simulator import ACCOUNT, ANA, BEN, CAROL, KEY_FIELD, LINK_FIELD
from tests.connectors.freshdesk.steps import CORE_7, DRAFT, bodies
from tests.connectors.freshdesk.world import FreshdeskWorld

FIVE: Fields = {
    "priority": "Urgent",
    "status": "Pending",
    "subject": "Export fails for all",
    "tags": frozenset({"export"}),
    "cf_severity": "sev1",
}


# --- what it costs ---------------------------------------------------------------------------------------------------


@pytest.mark.shows("several fields in one request")
async def test_what_each_deed_costs(freshdesk: Freshdesk, world: FreshdeskWorld) -> None:
    ref = world.simulator.make("Export fails")
    world.clock.advance(300)
    cost: dict[str, int] = {}

    async def count(name: str, deed: Any) -> Any:
        before = world.requests
        made = await deed
        cost[name] = world.requests - before
        return made

    async def poll(cursor: str | None) -> str:
        return [page.cursor async for page in freshdesk.changes(cursor)][-1]

    seen = await count("read fields of a new customer's ticket", freshdesk.fetch(ref, parts=ONLY_FIELDS))
    await count("read fields", freshdesk.fetch(ref, parts=ONLY_FIELDS))
    await count("write five fields", freshdesk.update(ref, FIVE, expect=seen.revision))
    await count("comment", freshdesk.comment(ref, Message(Internal("x")), key="key-1", expect=""))
    await count("read with thread", freshdesk.fetch(ref))
    await count("link back", freshdesk.link_back(ref, CORE_7))
    await count("link back again", freshdesk.link_back(ref, CORE_7))
    await count("create", freshdesk.create(DRAFT, key="key-1"))
    await count("find", freshdesk.find("key-1"))
    await count("close", freshdesk.close(ref))
    world.clock.advance(300)
    cursor = await poll(await poll(None))
    await count("idle poll", poll(cursor))
    assert cost == {
        "read fields of a new customer's ticket": 2,
        "read fields": 1,
        "write five fields": 1,
        "comment": 1,
        "read with thread": 2,
        "link back": 2,
        "link back again": 1,
        "create": 1,
        "find": 3,
        "close": 2,
        "idle poll": 1,
    }


async def test_nothing_is_asked_once_something_is_written(freshdesk: Freshdesk, world: FreshdeskWorld) -> None:
    """A limit that is used up right after a write must not look as if nothing had been written."""
    ref = world.simulator.make("Export fails")
    world.simulator.limit = Limit(1)
    assert (await freshdesk.update(ref, {"priority": "High"}, expect="")).fields == {"priority": "High"}
    world.clock.advance(60)
    world.settings["requester"] = "new@customer.example"
    other = world.connector()
    world.simulator.limit = None
    await other.check()
    world.simulator.limit = Limit(1)
    made = await other.create(DRAFT, key="key-1")
    assert made.fields["requester"] == made.requester
    await other.aclose()


# --- the account -----------------------------------------------------------------------------------------------------


async def test_a_wrong_key_is_refused(world: FreshdeskWorld) -> None:
    connector = world.connector(api_key="wrong")
    with pytest.raises(Unauthorized):
        await connector.check()
    await connector.aclose()


@pytest.mark.parametrize("given", [{}, {"api_key": "k", "key_field": "syncd key"}, {"api_key": "k", "requester": "x"}])
def test_a_config_says_what_is_wrong_and_shows_no_secret(given: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as caught:
        FreshdeskConfig.model_validate({"connector": "freshdesk", "url": "https://acme.freshdesk.com", **given})
    assert "input_value" not in str(caught.value)


@pytest.mark.shows("missing rights told")
async def test_who_may_not_list_agents_is_told_so_and_goes_on_with_ids(world: FreshdeskWorld) -> None:
    world.simulator.may_list_agents = False
    connector = world.connector()
    assert any("agents" in lack for lack in (await connector.check()).lacks)
    ref = world.simulator.make("Export fails", responder_id=int(BEN.id))
    assert (await connector.fetch(ref)).fields["assignee"] == Person(BEN.id)
    await connector.aclose()


async def test_only_somebody_who_can_be_assigned_is_found(freshdesk: Freshdesk, world: FreshdeskWorld) -> None:
    assert await freshdesk.person("BEN@acme.example") == Person(BEN.id)
    assert await freshdesk.person(CAROL.email) is None, "customers are not assigned"
    assert await freshdesk.person("no address") is None
    world.simulator.inactive.add(BEN.id)
    assert await freshdesk.person(BEN.email) is None


async def test_people_have_their_addresses_and_are_asked_for_once(freshdesk: Freshdesk, world: FreshdeskWorld) -> None:
    ref = world.simulator.make("Export fails", responder_id=int(BEN.id))
    found = await freshdesk.fetch(ref)
    assert found.requester is not None
    assert found.requester.email == CAROL.email
    assignee = found.fields["assignee"]
    assert isinstance(assignee, Person)
    assert assignee.email == BEN.email
    await freshdesk.fetch(ref)
    assert world.calls().count(f"GET /api/v2/contacts/{CAROL.id}") == 1


async def test_the_description_knows_the_accounts_own_words(freshdesk: Freshdesk) -> None:
    described = await freshdesk.describe()
    fields = {info.name: info for info in described.fields}
    assert fields["status"].options == ("Open", "Pending", "Resolved", "Closed", "Waiting on Engineering")
    assert fields["cf_severity"].options == ("sev1", "sev2", "sev3")
    assert fields["cf_vip"].options == ("true", "false")
    assert {KEY_FIELD, LINK_FIELD}.isdisjoint(fields)
    assert set(described.containers) == {"Support", "Billing"}
    assert described.public_containers == frozenset()


def test_a_mapping_may_say_statuses_that_only_the_account_knows() -> None:
    """Without asking it, no word is wrong: a closed list would refuse "Waiting on Engineering" in each mapping."""
    assert {info.name: info.options for info in Freshdesk.fields}["status"] == ()


def test_what_it_can_do_depends_on_what_public_comments_are(world: FreshdeskWorld) -> None:
    notes, replies = world.connector(public_comments="note"), world.connector()
    assert notes.capabilities - replies.capabilities == {Capability.EDIT_COMMENTS}
    assert Freshdesk.capabilities.isdisjoint({Capability.GUARDED, Capability.HISTORY, Capability.EDIT_COMMENTS})


# --- words and numbers -----------------------------------------------------------------------------------------------


async def test_numbers_are_spoken_as_words_and_only_what_is_given_is_sent(
    freshdesk: Freshdesk, world: FreshdeskWorld
) -> None:
    ref = world.simulator.make("Export fails", type="Incident")
    written = await freshdesk.update(ref, {"status": "Waiting on Engineering", "priority": "High"}, expect="")
    assert bodies(world, f"PUT /api/v2/tickets/{ref}") == [{"status": 6, "priority": 3}]
    assert written.fields == {"status": "Waiting on Engineering", "priority": "High"}
    assert written.revision is None, "a foreign edit in between is in the answer too, and nobody has looked at it"


def test_a_status_without_a_word_of_its_own_is_numbered() -> None:
    told = {"2": ["Open", "x"], "6": ["Waiting", "x"], "7": ["Waiting", "y"], "8": "Plain", "x": ["no number"]}
    assert statuses_of(told) == {2: "Open", 6: "Waiting (6)", 7: "Waiting (7)", 8: "Plain"}
    assert statuses_of(["Open"])[5] == "Closed", "an unexpected list leaves Freshdesk's own four"


async def test_a_status_that_was_made_after_we_asked_is_its_number(freshdesk: Freshdesk, world: FreshdeskWorld) -> None:
    statuses = {**world.simulator.desk.fields["status"].choices, "9": ["New one", "x"]}
    world.simulator.desk.fields["status"] = replace(world.simulator.desk.fields["status"], choices=statuses)
    ref = world.simulator.make("Export fails", status=9)
    assert (await freshdesk.fetch(ref)).fields["status"] == "9"


async def test_tags_are_replaced_as_a_whole(freshdesk: Freshdesk, world: FreshdeskWorld) -> None:
    ref = world.simulator.make("Export fails", tags=["old", "kept"])
    await freshdesk.update(ref, {"tags": frozenset({"kept", "new"})}, expect="")
    assert world.simulator.desk.ticket(ref).values["tags"] == ["kept", "new"]


@pytest.mark.shows("custom fields")
async def test_custom_fields_come_and_go_in_their_kinds(freshdesk: Freshdesk, world: FreshdeskWorld) -> None:
    ref = world.simulator.make("Export fails", custom_fields={"cf_vip": True, "cf_affected": 12})
    fields = (await freshdesk.fetch(ref)).fields
    assert (fields["cf_vip"], str(fields["cf_affected"]), fields["cf_severity"]) == ("true", "12", None)
    await freshdesk.update(ref, {"cf_vip": "false", "cf_affected": fields["cf_affected"]}, expect="")
    sent = bodies(world, f"PUT /api/v2/tickets/{ref}")
    assert sent == [{"custom_fields": {"cf_vip": False, "cf_affected": 12}}]


async def test_assignee_and_group_are_emptied(freshdesk: Freshdesk, world: FreshdeskWorld) -> None:
    ref = world.simulator.make("Export fails", responder_id=int(BEN.id), group_id=5001, type="Incident")
    fields = {"assignee": None, "group": None, "type": None}
    assert (await freshdesk.update(ref, fields, expect="")).fields == fields


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "Solved"),
        ("priority", None),
        ("group", "Nobody"),
        ("cf_severity", "sev9"),
        ("type", "Wish"),
        ("assignee", Person(CAROL.id)),
        ("assignee", Person("../1")),
        ("description", RichText.of("x")),
        ("requester", Person(CAROL.id)),
        ("cf_no_such_field", "x"),
        (KEY_FIELD, "forged"),
        (LINK_FIELD, "https://elsewhere.example"),
    ],
)
async def test_what_cannot_be_written_is_refused_by_name(
    freshdesk: Freshdesk, world: FreshdeskWorld, name: str, value: Any
) -> None:
    ref = world.simulator.make("Export fails")
    before = world.simulator.desk.ticket(ref).values.copy()
    with pytest.raises(Rejected) as caught:
        await freshdesk.update(ref, {name: value, "subject": "New"}, expect="")
    assert caught.value.field == name
    assert world.simulator.desk.ticket(ref).values == before


async def test_409_is_a_duplicate_and_no_stale_write(freshdesk: Freshdesk, world: FreshdeskWorld) -> None:
    ref = world.simulator.make("Export fails")
    world.simulator.faults.on("PUT *", Status(409))
    world.transport.inner = world.simulator.transport()
    world.transport.beside = {"/api/": "this status is in no description"}
    with pytest.raises(Rejected):
        await freshdesk.update(ref, {"subject": "x"}, expect="")


# --- create and find -------------------------------------------------------------------------------------------------


async def test_a_made_ticket_mails_no_customer_and_hides_its_key(freshdesk: Freshdesk, world: FreshdeskWorld) -> None:
    draft = Draft({"group": "Support"}, {"subject": "Export fails", "description": RichText.of("**Bold** words")})
    made = await freshdesk.create(draft, key="syncd-key-1")
    ticket = world.simulator.desk.ticket(made.ref)
    assert ticket.values["requester_id"] == int(ACCOUNT.id)
    assert ticket.html == "<p><strong>Bold</strong> words</p>"
    assert (made.fields["status"], made.fields["priority"], made.fields["group"]) == ("Open", "Low", "Support")
    assert ticket.custom[KEY_FIELD] == "syncd-key-1"
    assert not any("syncd-key-1" in text for text in (await world.look(made.ref)).public)
    assert world.simulator.desk.mails == []
    assert KEY_FIELD not in made.fields


async def test_the_configured_contact_requests_what_is_made(world: FreshdeskWorld) -> None:
    connector = world.connector(requester=CAROL.email)
    await connector.check()
    made = await connector.create(DRAFT, key="key-1")
    assert made.requester == Person(CAROL.id)
    await connector.aclose()


@pytest.mark.parametrize("field", [KEY_FIELD, LINK_FIELD])
@pytest.mark.parametrize("how", ["shown", "gone"])
async def test_a_field_that_customers_see_holds_nothing_of_ours(world: FreshdeskWorld, field: str, how: str) -> None:
    fields = world.simulator.desk.fields
    if how == "shown":
        fields[field] = replace(fields[field], shown=True)
    else:
        del fields[field]
    connector = world.connector()
    assert any(field in lack for lack in (await connector.check()).lacks)
    before = world.requests
    with pytest.raises(Rejected) as caught:
        await connector.create(replace(DRAFT, backlink=CORE_7), key="key-1")
    assert (caught.value.field, world.requests - before) == (field, 0)
    await connector.aclose()


async def test_a_ticket_whose_answer_was_lost_is_found_before_the_index_has_it(
    freshdesk: Freshdesk, world: FreshdeskWorld
) -> None:
    world.simulator.faults.on("POST /api/v2/tickets", LostAfter())
    with pytest.raises(Unavailable) as caught:
        await freshdesk.create(DRAFT, key="key-1")
    assert caught.value.sent
    (found,) = await freshdesk.find("key-1")
    assert found.fields["subject"] == "Export fails"


async def test_a_ticket_is_found_by_the_index_when_it_is_none_of_the_newest(
    freshdesk: Freshdesk, world: FreshdeskWorld
) -> None:
    made = await freshdesk.create(DRAFT, key="key-1")
    for number in range(100):
        world.simulator.make(f"newer {number}")
    assert await freshdesk.find("key-1") == [], "the index lags, and a hundred are newer: hence `settle`"
    await world.settle()
    assert [found.ref for found in await freshdesk.find("key-1")] == [made.ref]


async def test_more_tickets_than_a_page_of_the_search_are_all_found(
    freshdesk: Freshdesk, world: FreshdeskWorld
) -> None:
    refs = [(await freshdesk.create(DRAFT, key="key-1")).ref for _ in range(35)]
    for number in range(100):
        world.simulator.make(f"newer {number}")
    await world.settle()
    assert [found.ref for found in await freshdesk.find("key-1")] == refs


@pytest.mark.parametrize("key", ["it's", 'a"b', "a b", ""])
async def test_a_key_that_would_break_the_query_is_refused(freshdesk: Freshdesk, key: str) -> None:
    with pytest.raises(Rejected):
        await freshdesk.find(key)


async def test_an_unreadable_answer_to_a_write_leaves_it_open(
    freshdesk: Freshdesk, world: FreshdeskWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(world.simulator.desk.json), "ticket", lambda self, ticket: {"id": ticket.id})
    with pytest.raises(Unavailable, match="updated_at") as caught:
        await freshdesk.create(DRAFT, key="key-1")
    assert caught.value.sent


# --- the other half --------------------------------------------------------------------------------------------------


async def test_the_other_half_is_refused_where_customers_would_see_it(
    freshdesk: Freshdesk, world: FreshdeskWorld
) -> None:
    ref = world.simulator.make("Export fails")
    fields = world.simulator.desk.fields
    fields[LINK_FIELD] = replace(fields[LINK_FIELD], shown=True)
    await freshdesk.check()
    with pytest.raises(Rejected, match="customers"):
        await freshdesk.link_back(ref, CORE_7)
    assert world.simulator.desk.ticket(ref).custom[LINK_FIELD] is None


async def test_without_a_field_for_it_the_other_half_is_refused_with_a_remedy(world: FreshdeskWorld) -> None:
    connector = world.connector(link_field=None)
    ref = world.simulator.make("Export fails")
    with pytest.raises(Rejected, match="link_field"):
        await connector.link_back(ref, CORE_7)
    await connector.aclose()


# --- lives -----------------------------------------------------------------------------------------------------------


async def test_a_resolved_ticket_is_not_closed(freshdesk: Freshdesk, world: FreshdeskWorld) -> None:
    ref = world.simulator.make("Export fails", status=4)
    assert await freshdesk.close(ref) == await freshdesk.close(ref)
    assert world.simulator.desk.ticket(ref).values["status"] == 4


async def test_the_trash_is_deletion_until_it_is_restored(freshdesk: Freshdesk, world: FreshdeskWorld) -> None:
    ref = world.simulator.make("Export fails")
    with world.simulator.do():
        world.simulator.desk.throw_away(world.simulator.desk.ticket(ref), deleted=True)
    found = await freshdesk.fetch(ref)
    assert (found.life, found.thread) == (Life.DELETED, None)
    with pytest.raises(NotFound):
        await freshdesk.update(ref, {"subject": "x"}, expect="")
    with world.simulator.do():
        world.simulator.desk.throw_away(world.simulator.desk.ticket(ref, trash=True), deleted=False)
    assert (await freshdesk.fetch(ref)).life is Life.ACTIVE


@pytest.mark.shows("locked or archived left alone")
async def test_spam_is_locked_until_it_is_none(freshdesk: Freshdesk, world: FreshdeskWorld) -> None:
    ref = world.simulator.make("Win a prize")
    for spam, life in ((True, Life.LOCKED), (False, Life.ACTIVE)):
        with world.simulator.do():
            world.simulator.desk.mark_spam(world.simulator.desk.ticket(ref), spam=spam)
        assert (await freshdesk.fetch(ref)).life is life


@pytest.mark.shows("locked or archived left alone")
async def test_an_archived_ticket_is_read_and_locked(freshdesk: Freshdesk, world: FreshdeskWorld) -> None:
    ref = world.simulator.make("Export fails", status=5)
    world.simulator.desk.ticket(ref).archived = True
    found = await freshdesk.fetch(ref)
    assert (found.life, found.fields["subject"], found.thread) == (Life.LOCKED, "Export fails", None)
    with pytest.raises(Locked):
        await freshdesk.update(ref, {"subject": "x"}, expect="")
    with pytest.raises(Locked):
        await freshdesk.comment(ref, Message(Internal("x")), key="key-1", expect="")


async def test_a_ref_that_is_no_number_goes_nowhere(freshdesk: Freshdesk, world: FreshdeskWorld) -> None:
    before = world.requests
    for ref in ("1/../../agents", "", "0", "٣", "-1"):
        with pytest.raises(Rejected):
            await freshdesk.fetch(ref)
    assert world.requests == before


# --- limits ----------------------------------------------------------------------------------------------------------


@pytest.mark.shows("limit seen before it is hit", "limit obeyed when it is hit")
async def test_the_limit_is_read_from_each_answer_and_429_is_waited_for(
    freshdesk: Freshdesk, world: FreshdeskWorld
) -> None:
    ref = world.simulator.make("Export fails")
    world.simulator.limit = Limit(50)
    await freshdesk.fetch(ref, parts=ONLY_FIELDS)
    (quota,) = freshdesk.quotas()
    assert (quota.name, quota.limit, quota.remaining) == ("requests a minute", 50, 48), (
        "one for the ticket, one for Carol"
    )
    world.simulator.limit = Limit(0)
    with pytest.raises(RateLimited) as caught:
        await freshdesk.update(ref, {"subject": "x"}, expect="")
    assert caught.value.retry_after == 60
    assert world.simulator.desk.ticket(ref).values["subject"] == "Export fails"


async def test_a_limit_that_nears_its_end_keeps_a_tenth_for_what_is_urgent(
    freshdesk: Freshdesk, world: FreshdeskWorld
) -> None:
    ref = world.simulator.make("Export fails", by=ANA)
    world.simulator.limit = Limit(50)
    world.simulator.limit.take(world.clock())
    world.simulator.limit.used = 44
    await freshdesk.fetch(ref, parts=ONLY_FIELDS)
    before = world.requests
    with pytest.raises(RateLimited):
        await freshdesk.fetch(ref, parts=ONLY_FIELDS)
    assert world.requests == before, "it was not even sent"
