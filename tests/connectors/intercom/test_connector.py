"""What only Intercom does with fields, keys and lives; each test's traffic is checked against the description."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from syncd.core.model import Fields, Internal, Person, RichText
from syncd.sdk.connector import ONLY_FIELDS, Backlink, Capability, Draft, Message
from syncd.sdk.errors import (
    Rejected,
    Unauthorized,
    Unavailable,
    Unsupported,
)
from syncd.sdk.testing.faults import LostAfter, Status
from syncd_intercom import Intercom, IntercomConfig
from syncd_intercom.simulator import ANA, BEN, CAROL, KEY, LINK, search
from syncd_intercom.simulator.shapes import Shapes
from syncd_intercom.simulator.state import BUG, TASK
from tests.connectors.intercom.steps import CORE_7, DRAFT, bodies, polled, ticket
from tests.connectors.intercom.world import PLACE, IntercomWorld

NOON = datetime(2026, 3, 29, 12, tzinfo=UTC)
FIVE: Fields = {
    "Severity": "High",
    "status": "With engineering",
    "title": "Export fails for all",
    "Affected users": Decimal(12),
    "assignee": Person(BEN.id),
}


# --- what it costs ---------------------------------------------------------------------------------------------------


class Costs:
    """Requests of each deed."""

    def __init__(self, world: IntercomWorld) -> None:
        self.world, self.of = world, dict[str, int]()

    async def count(self, name: str, deed: Any) -> Any:
        before = self.world.requests
        made = await deed
        self.of[name] = self.world.requests - before
        return made


@pytest.mark.shows("several fields in one request")
async def test_what_each_deed_costs_with_tickets() -> None:
    world = IntercomWorld()
    costs, intercom = Costs(world), world.connector()
    await costs.count("check", intercom.check())
    ref = world.simulator.make("Export fails", by=ANA)
    seen = await costs.count("read a new customer's ticket", intercom.fetch(ref))
    await costs.count("read fields", intercom.fetch(ref, parts=ONLY_FIELDS))
    await costs.count("read with thread", intercom.fetch(ref))
    await costs.count("write five fields", intercom.update(ref, FIVE, expect=seen.revision))
    await costs.count("comment", intercom.comment(ref, Message(Internal("x")), key="key-1", expect=""))
    await costs.count("link back", intercom.link_back(ref, CORE_7))
    await costs.count("link back again", intercom.link_back(ref, CORE_7))
    await costs.count("create", intercom.create(DRAFT, key="key-1"))
    await costs.count("create with a status", intercom.create(_with(status="In progress"), key="key-2"))
    await costs.count("close", intercom.close(ref))
    await costs.count("close again", intercom.close(ref))
    await world.settle()
    await costs.count("find", intercom.find("key-1"))
    _, cursor = await polled(intercom, None)
    _, cursor = await polled(intercom, cursor)
    await costs.count("idle poll", polled(intercom, cursor))
    assert costs.of == {
        "check": 5,
        "read a new customer's ticket": 2,
        "read fields": 1,
        "read with thread": 1,
        "write five fields": 1,
        "comment": 1,
        "link back": 2,
        "link back again": 1,
        "create": 1,
        "create with a status": 2,
        "close": 2,
        "close again": 1,
        "find": 1,
        "idle poll": 1,
    }


async def test_what_each_deed_costs_with_conversations() -> None:
    world = IntercomWorld("conversations")
    costs, intercom = Costs(world), world.connector()
    await intercom.check()
    ref = world.simulator.begin()
    await costs.count("read", intercom.fetch(ref))
    await costs.count("write title and attribute", intercom.update(ref, {"title": "x", "Severity": "Low"}, expect=""))
    await costs.count("write a status as well", intercom.update(ref, {"title": "y", "status": "closed"}, expect=""))
    await costs.count("two tags", intercom.update(ref, {"tags": frozenset({"a", "b"})}, expect=""))
    await costs.count("one tag less", intercom.update(ref, {"tags": frozenset({"a"})}, expect=""))
    await costs.count("comment", intercom.comment(ref, Message(Internal("x")), key="key-1", expect=""))
    await costs.count("link back", intercom.link_back(ref, CORE_7))
    await costs.count("close again", intercom.close(ref))
    assert costs.of == {
        "read": 1,
        "write title and attribute": 1,
        "write a status as well": 2,
        "two tags": 5,
        "one tag less": 2,
        "comment": 1,
        "link back": 2,
        "close again": 1,
    }


def _with(**fields: Any) -> Draft:
    return Draft(PLACE, {**DRAFT.fields, **fields})


# --- the workspace ---------------------------------------------------------------------------------------------------


async def test_each_request_names_the_version(intercom: Intercom, world: IntercomWorld) -> None:
    await intercom.fetch(world.simulator.make("Export fails"))
    assert {each.headers["intercom-version"] for each in world.simulator.requests} == {"2.15"}


async def test_a_bad_token_is_told(world: IntercomWorld) -> None:
    with pytest.raises(Unauthorized):
        await world.connector(token="wrong").check()


@pytest.mark.shows("missing rights told")
async def test_the_account_lacks_nothing_where_one_type_can_carry_key_and_link(world: IntercomWorld) -> None:
    assert (await world.connector().check()).lacks == ()
    [lack] = (await world.connector(key_attribute="no such").check()).lacks
    assert "no such" in lack
    world.simulator.desk.exposed = {LINK}
    [lack] = (await world.connector().check()).lacks
    assert "contacts may see it" in lack
    assert (await world.connector(objects="conversations").check()).lacks == ()


async def test_teams_that_may_not_be_seen_are_told_by_id(world: IntercomWorld) -> None:
    ref = world.simulator.make("Export fails")
    ticket(world, ref).team = "5017691"
    assert (await world.connector().fetch(ref)).fields["team"] == "Support"
    world.simulator.may_list_teams = False
    assert (await world.connector().fetch(ref)).fields["team"] == "5017691"


@pytest.mark.parametrize(
    ("objects", "more", "containers"),
    [
        ("tickets", {Capability.FIND}, [BUG.name, TASK.name]),
        ("conversations", {Capability.FILES, Capability.DELETE_COMMENTS}, ["conversations"]),
        ("both", {Capability.FIND}, [BUG.name, TASK.name, "conversations"]),
    ],
)
async def test_what_a_connection_can_depends_on_what_it_works_with(
    objects: str, more: set[Capability], containers: list[str]
) -> None:
    intercom = IntercomWorld(objects).connector()
    assert intercom.capabilities - type(intercom).capabilities == more
    described = await intercom.describe()
    assert [*described.containers] == containers
    assert described.public_containers == frozenset()
    assert len({info.name for info in described.fields}) == len(described.fields)
    await intercom.aclose()


def configured(**more: str) -> IntercomConfig:
    block = {"connector": "intercom", "url": "https://api.intercom.io", "token": "t"}
    return IntercomConfig.model_validate({**block, **more})


@pytest.mark.parametrize("link", ["https://x/{id}{secret}", "https://x/{workspace}", "https://x/"])
def test_a_link_names_what_it_is_made_of(link: str) -> None:
    with pytest.raises(ValidationError):
        configured(link=link)


@pytest.mark.parametrize("region", ["", "eu.", "au."])
async def test_people_open_it_in_the_inbox_of_their_region(region: str) -> None:
    shown = configured(url=f"https://api.{region}intercom.io/").address(workspace="acme", kind="ticket", id="7")
    assert shown == f"https://app.{region}intercom.com/a/inbox/acme/inbox/conversation/7"


async def test_a_deactivated_teammate_is_found_no_more(intercom: Intercom, world: IntercomWorld) -> None:
    assert await intercom.person(BEN.email.upper()) == Person(BEN.id)
    del world.simulator.desk.people[BEN.id]
    assert await intercom.person(BEN.email) is None
    assert await intercom.person(CAROL.email) is None, "a contact cannot be assigned"


# --- tickets ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lists_as", ["word", "id"])
async def test_a_list_is_read_whether_it_shows_the_word_or_the_id(
    intercom: Intercom, world: IntercomWorld, lists_as: str
) -> None:
    world.simulator.desk.lists_as = lists_as
    ref = world.simulator.make("Export fails")
    await intercom.update(ref, {"Severity": "High"}, expect="")
    assert (await intercom.fetch(ref)).fields["Severity"] == "High"
    [sent] = bodies(world, f"PUT /tickets/{world.item(ref).id}")
    assert sent["ticket_attributes"] == {"Severity": "7ca613e2-2462-fa7e"}, "the item's id is written"


@pytest.mark.shows("custom fields")
async def test_every_kind_of_attribute_comes_back(intercom: Intercom, world: IntercomWorld) -> None:
    ref = world.simulator.make("Export fails")
    given: Fields = {
        "Severity": "Low",
        "Affected users": Decimal(3),
        "VIP": "true",
        "Promised until": NOON,
        "attribute:title": "an attribute of the name title",
        "description": RichText.of("words"),
    }
    written = await intercom.update(ref, given, expect="")
    assert {**written.fields, "description": given["description"]} == given
    assert ticket(world, ref).values["title"] == "an attribute of the name title"
    assert ticket(world, ref).values["_default_description_"] == "words"
    await intercom.update(ref, dict.fromkeys(given.keys() - {"description"}), expect="")
    assert not {(await intercom.fetch(ref)).fields[name] for name in given.keys() - {"description"}} - {None}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("title", ""),
        ("title", None),
        ("status", "Gone state"),
        ("status", None),
        ("open", "perhaps"),
        ("assignee", Person("../1")),
        ("Severity", "no such"),
        ("Affected users", Decimal("1.5")),
        ("VIP", "perhaps"),
        ("team", "Support"),
        ("shared", "true"),
        (KEY, "key-2"),
        (LINK, "https://elsewhere.example"),
        ("_default_title_", "x"),
        ("no such", "x"),
    ],
)
async def test_what_cannot_be_written_is_refused_by_name_and_nothing_is_sent(
    intercom: Intercom, world: IntercomWorld, name: str, value: Any
) -> None:
    ref = world.simulator.make("Export fails")
    await intercom.fetch(ref)
    before = world.requests
    with pytest.raises(Rejected) as caught:
        await intercom.update(ref, {"Severity": "Low", name: value}, expect="")
    assert caught.value.field == name
    assert world.requests == before


async def test_a_teammate_who_is_gone_is_no_missing_ticket(intercom: Intercom, world: IntercomWorld) -> None:
    """Intercom says 404 of the assignee; taken for the ticket's it would end the link."""
    ref = world.simulator.make("Export fails")
    with pytest.raises(Rejected) as caught:
        await intercom.update(ref, {"assignee": Person("991999999")}, expect="")
    assert caught.value.field == "assignee"


async def test_nobody_is_the_assignee_zero(intercom: Intercom, world: IntercomWorld) -> None:
    ref = world.simulator.make("Export fails")
    assert (await intercom.fetch(ref)).fields["assignee"] is None
    for wanted in (Person(BEN.id), None):
        written = await intercom.update(ref, {"assignee": wanted}, expect="")
        assert written.fields == {"assignee": wanted}
    assert (await intercom.fetch(ref)).fields["assignee"] is None


async def test_open_is_apart_from_the_state(intercom: Intercom, world: IntercomWorld) -> None:
    ref = world.simulator.make("Export fails")
    written = await intercom.update(ref, {"open": "false"}, expect="")
    assert written.fields == {"open": "false"}
    assert (await intercom.fetch(ref)).fields["status"] == "Submitted"
    closed = await intercom.close(world.simulator.make("Another"))
    assert closed.fields == {"status": "Resolved"}


async def test_a_type_without_a_resolved_state_cannot_be_closed(
    intercom: Intercom, world: IntercomWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = Shapes.listed_state
    monkeypatch.setattr(Shapes, "listed_state", lambda self, each: {**right(self, each), "archived": each.id == "105"})
    await intercom.check()
    with pytest.raises(Rejected, match="resolved"):
        await intercom.close(world.simulator.make("Export fails"))


async def test_a_type_made_since_is_read_as_its_ticket_shows_it(
    intercom: Intercom, world: IntercomWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.simulator.desk, "types", {"72": TASK})
    await intercom.check()
    world.simulator.desk.types["71"] = BUG
    ref = world.simulator.make("Export fails", Severity="7ca613e2-2462-fa7e")
    found = await intercom.fetch(ref)
    assert (found.container, found.fields["Severity"], found.fields["status"]) == (BUG.name, "High", "Submitted")


async def test_the_address_of_an_unknown_contact_is_asked_for_once(intercom: Intercom, world: IntercomWorld) -> None:
    ref = world.simulator.make("Export fails", by=ANA)
    for _ in range(2):
        found = await intercom.fetch(ref)
        assert found.requester
        assert found.requester.email == CAROL.email
    assert [call for call in world.calls() if "/contacts/" in call] == [f"GET /contacts/{CAROL.id}"]


async def test_a_contact_that_was_merged_away_is_still_told_by_id(intercom: Intercom, world: IntercomWorld) -> None:
    ref = world.simulator.make("Export fails", by=ANA)
    del world.simulator.desk.people[CAROL.id]
    assert (await intercom.fetch(ref)).requester == Person(CAROL.id)


# --- making tickets --------------------------------------------------------------------------------------------------


async def test_a_new_ticket_carries_key_and_link_where_contacts_do_not_see_them(
    intercom: Intercom, world: IntercomWorld
) -> None:
    fields: Fields = {"title": "Export fails", "assignee": Person(BEN.id), "status": "In progress"}
    made = await intercom.create(Draft(PLACE, fields, CORE_7), key="key-1")
    values = ticket(world, made.ref).values
    assert (values[KEY], values[LINK]) == ("key-1", CORE_7.url)
    assert (made.fields["assignee"], made.fields["status"]) == (Person(BEN.id), "In progress")
    assert not any(word in text for text in (await world.look(made.ref)).public for word in ("key-1", CORE_7.url))
    [sent] = bodies(world, "POST /tickets")
    assert sent["skip_notifications"] is True
    assert KEY not in made.fields


@pytest.mark.parametrize("attribute", [KEY, LINK])
async def test_where_contacts_would_see_key_or_link_no_ticket_is_made(world: IntercomWorld, attribute: str) -> None:
    world.simulator.desk.exposed = {attribute}
    intercom = world.connector()
    with pytest.raises(Rejected) as caught:
        await intercom.create(Draft(PLACE, DRAFT.fields, CORE_7), key="key-1")
    assert caught.value.field == attribute
    assert not bodies(world, "POST /tickets")


async def test_where_contacts_would_see_the_link_it_is_not_shown(world: IntercomWorld) -> None:
    world.simulator.desk.exposed = {LINK}
    ref = world.simulator.make("Export fails")
    with pytest.raises(Rejected) as caught:
        await world.connector().link_back(ref, CORE_7)
    assert caught.value.field == LINK
    assert (await world.look(ref)).backlinks == ()


@pytest.mark.parametrize("place", [{}, {"ticket_type": "no such"}, {"ticket_type": BUG.name}])
async def test_a_place_without_type_or_contact_is_refused(intercom: Intercom, place: dict[str, str]) -> None:
    with pytest.raises(Rejected):
        await intercom.create(Draft(place, DRAFT.fields), key="key-1")


async def test_a_type_may_be_named_by_id_and_the_contact_in_the_config(world: IntercomWorld) -> None:
    intercom = world.connector(requester="new@customer.example")
    made = await intercom.create(Draft({"ticket_type": "72"}, DRAFT.fields), key="key-1")
    assert (made.container, made.fields["shared"]) == (TASK.name, "false")
    assert made.requester
    assert made.requester.email == "new@customer.example"


async def test_a_key_in_a_ticket_of_any_type_is_found_all_of_them_the_oldest_first(
    intercom: Intercom, world: IntercomWorld
) -> None:
    refs = []
    for kind in ("72", BUG.name, "72"):
        place = {"ticket_type": kind, "contact": CAROL.email}
        refs.append((await intercom.create(Draft(place, DRAFT.fields), key="key-1")).ref)
        world.clock.advance(2)
    assert await intercom.find("key-1") == [], "the index lags"
    await world.settle()
    assert [found.ref for found in await intercom.find("key-1")] == refs


async def test_a_search_that_finds_more_than_it_was_asked_for_is_not_believed(
    intercom: Intercom, world: IntercomWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await intercom.create(DRAFT, key="key-1")
    await intercom.create(DRAFT, key="key-10")
    await world.settle()
    monkeypatch.setattr(search, "matches", lambda *args, **more: True)
    assert [found.ref for found in await intercom.find("key-1")] == [made.ref]


async def test_a_key_cannot_be_looked_for_where_no_type_has_the_attribute(world: IntercomWorld) -> None:
    with pytest.raises(Rejected, match="no ticket type"):
        await world.connector(key_attribute="no such").find("key-1")


async def test_a_create_whose_answer_was_lost_can_be_found(intercom: Intercom, world: IntercomWorld) -> None:
    world.simulator.faults.on("POST /tickets", LostAfter())
    with pytest.raises(Unavailable) as caught:
        await intercom.create(DRAFT, key="key-1")
    assert caught.value.sent
    await world.settle()
    assert len(await intercom.find("key-1")) == 1


async def test_a_status_that_fails_after_the_create_is_no_create_that_did_not_happen(
    intercom: Intercom, world: IntercomWorld
) -> None:
    world.simulator.faults.on("PUT /tickets/*", Status(403))
    with pytest.raises(Unavailable) as caught:
        await intercom.create(_with(status="In progress"), key="key-1")
    assert caught.value.sent
    assert len(world.simulator.desk.tickets) == 1


async def test_a_conversation_is_never_begun_in_a_customers_name() -> None:
    world = IntercomWorld("conversations")
    intercom = world.connector()
    with pytest.raises(Rejected, match="customer's name"):
        await intercom.create(DRAFT, key="key-1")
    with pytest.raises(Unsupported):
        await intercom.find("key-1")
    assert world.requests == 0


# --- the link ---------------------------------------------------------------------------------------------------------


async def test_the_link_is_shown_on_both_and_on_no_public_place(intercom: Intercom, world: IntercomWorld) -> None:
    for ref in (world.simulator.make("Export fails"), world.simulator.begin()):
        await intercom.link_back(ref, CORE_7)
        assert (await world.look(ref)).backlinks == (CORE_7.url,)
        assert not any(CORE_7.url in text for text in (await world.look(ref)).public)
        await intercom.link_back(ref, Backlink("https://jira.example/browse/CORE-8", "CORE-8", "CORE-8"))
        assert (await world.look(ref)).backlinks == ("https://jira.example/browse/CORE-8",)


async def test_without_a_place_for_the_link_it_is_refused(world: IntercomWorld) -> None:
    with pytest.raises(Rejected, match="link_attribute"):
        await world.connector(link_attribute=None).link_back(world.simulator.make("x"), CORE_7)
