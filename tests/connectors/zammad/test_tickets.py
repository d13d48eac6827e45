"""Tickets: fields in Zammad's words, creates, blind writes and their history, tags, links, merges."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from syncd.core.model import Fields, Internal, Life, Person, RichText
from syncd.sdk.connector import ONLY_FIELDS, Draft
from syncd.sdk.errors import Rejected, Unavailable
from syncd.sdk.testing.faults import LostAfter, Meanwhile
from syncd_zammad import Zammad, thread
from syncd_zammad.simulator import ACCOUNT, ANA, BEN, CAROL, LINK_FIELD, search
from tests.connectors.zammad.steps import CORE_7
from tests.connectors.zammad.world import ZammadWorld

SALES = {"group": "Sales"}
CUSTOM: Fields = {
    "severity": "sev2",
    "outage_began": date(2026, 3, 29),
    "fix_planned": datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
    "affected_users": Decimal(42),
    "regression": "true",
    "regions": frozenset({"emea", "apac"}),
}


# --- fields ----------------------------------------------------------------------------------------------------------


@pytest.mark.shows("custom fields")
async def test_custom_attributes_are_written_read_and_emptied(zammad: Zammad, world: ZammadWorld) -> None:
    ref = world.simulator.make("Export fails")
    await zammad.update(ref, CUSTOM, expect="")
    shown = (await zammad.fetch(ref)).fields
    assert {name: shown[name] for name in CUSTOM} == CUSTOM
    await zammad.update(ref, dict.fromkeys(CUSTOM), expect="")
    shown = (await zammad.fetch(ref)).fields
    assert {name: shown[name] for name in CUSTOM} == dict.fromkeys(CUSTOM)


async def test_the_owner_is_somebody_or_nobody(zammad: Zammad, world: ZammadWorld) -> None:
    """Zammad's nobody is user 1, called "-"."""
    ref = world.simulator.make("Export fails")
    assert (await zammad.fetch(ref)).fields["owner"] is None
    await zammad.update(ref, {"owner": Person(BEN.id)}, expect="")
    owner = (await zammad.fetch(ref)).fields["owner"]
    assert isinstance(owner, Person)
    assert (owner.id, owner.name, owner.email) == (BEN.id, "Ben Berg", BEN.email)
    await zammad.update(ref, {"owner": None}, expect="")
    assert world.ticket(ref).values["owner_id"] == 1


async def test_a_customer_whose_login_is_no_address_is_looked_up(zammad: Zammad, world: ZammadWorld) -> None:
    world.simulator.desk.users[int(CAROL.id)].login = "ccustomer"
    customer = (await zammad.fetch(world.simulator.make("Export fails"))).requester
    assert customer is not None
    assert (customer.name, customer.email) == (CAROL.name, CAROL.email)


@pytest.mark.shows("status with the fields that it requires")
async def test_a_pending_state_goes_with_its_time(zammad: Zammad, world: ZammadWorld) -> None:
    ref = world.simulator.make("Export fails")
    with pytest.raises(Rejected) as caught:
        await zammad.update(ref, {"status": "pending reminder"}, expect="")
    assert caught.value.field == "status"
    until = datetime(2026, 2, 1, 8, tzinfo=UTC)
    await zammad.update(ref, {"status": "pending reminder", "pending_time": until}, expect="")
    fields = (await zammad.fetch(ref)).fields
    assert (fields["status"], fields["pending_time"]) == ("pending reminder", until)


async def test_a_ticket_is_known_by_its_id_and_called_by_its_number(zammad: Zammad, world: ZammadWorld) -> None:
    ref = world.simulator.make("Export fails")
    found = await zammad.fetch(ref)
    assert (found.ref, found.label) == (ref, f"#{world.ticket(ref).number}")
    assert found.url == f"https://helpdesk.acme.example/#ticket/zoom/{ref}"
    assert (found.container, found.life) == ("2nd Level", Life.ACTIVE)
    await zammad.update(ref, {"group": "Sales"}, expect="")
    moved = await zammad.fetch(ref)
    assert (moved.ref, moved.label, moved.container) == (found.ref, found.label, "Sales")


async def test_a_closed_state_of_another_name_is_closed_too(zammad: Zammad, world: ZammadWorld) -> None:
    ref = world.simulator.make("Export fails")
    await zammad.close(ref)
    before = world.requests
    await zammad.close(ref)
    assert world.calls(since=before) == [f"GET /api/v1/tickets/{ref}"]


# --- creating --------------------------------------------------------------------------------------------------------


async def test_a_created_ticket_mails_nobody_and_shows_no_customer_anything(zammad: Zammad, world: ZammadWorld) -> None:
    fields: Fields = {"title": "From engineering", "description": RichText.of("**secret**"), "tags": frozenset({"a b"})}
    made = await zammad.create(Draft(SALES, fields, CORE_7), key="key-1")
    ticket = world.ticket(made.ref)
    [article] = ticket.articles
    assert (article.type, article.internal, article.sender) == ("note", True, "Agent")
    assert world.simulator.desk.mails == []
    assert ticket.values["customer_id"] == int(ACCOUNT.id), "our own, so that nobody else sees it"
    assert (ticket.tags, ticket.values[LINK_FIELD]) == (["a b"], CORE_7.url)
    assert made.fields["tags"] == frozenset({"a b"})
    assert made.fields["description"] == (await zammad.fetch(made.ref)).fields["description"]


async def test_a_mapping_may_name_the_customer(zammad: Zammad, world: ZammadWorld) -> None:
    made = await zammad.create(Draft({**SALES, "customer": CAROL.email}, {"title": "For Carol"}), key="key-1")
    assert made.requester == Person(CAROL.id)
    assert not any("For Carol" in text for text in (await world.look(made.ref)).public if text != "For Carol")


async def test_the_key_is_where_people_do_not_see_it(zammad: Zammad, world: ZammadWorld) -> None:
    made = await zammad.create(Draft(SALES, {"title": "Made"}), key="key-4711")
    ticket = world.ticket(made.ref)
    assert ticket.preferences == {"syncd": {"key": "key-4711"}}
    assert "key-4711" not in str([ticket.values, ticket.tags, [article.body for article in ticket.articles]])


async def test_an_unanswered_create_is_found_at_once_whatever_the_index_knows(
    zammad: Zammad, world: ZammadWorld
) -> None:
    """By database: `settle` is zero, and an Elasticsearch that lags for an hour changes nothing."""
    world.simulator.lag = world.clock.now - datetime(2026, 1, 1, tzinfo=UTC)
    world.simulator.faults.on("POST /api/v1/tickets", LostAfter())
    with pytest.raises(Unavailable):
        await zammad.create(Draft(SALES, {"title": "Made"}), key="key-1")
    assert [found.fields["title"] for found in await zammad.find("key-1")] == ["Made"]


async def test_a_key_on_somebody_elses_ticket_is_not_believed(zammad: Zammad, world: ZammadWorld) -> None:
    forged = world.simulator.make("Forged", by=ANA, preferences=thread.marked("key-1"))
    assert await zammad.find("key-1") == []
    made = await zammad.create(Draft(SALES, {"title": "Made"}), key="key-1")
    assert [found.ref for found in await zammad.find("key-1")] == [made.ref] != [forged]


async def test_a_search_that_ignores_its_condition_finds_no_forged_key(
    zammad: Zammad, world: ZammadWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.simulator.make("Forged", by=ANA, preferences=thread.marked("key-1"))
    monkeypatch.setattr(search, "_fulfils", lambda row, condition: True)
    assert await zammad.find("key-1") == []


async def test_a_ticket_is_found_beyond_the_first_page(zammad: Zammad, world: ZammadWorld) -> None:
    for number in range(60):
        world.simulator.make(f"{number}", by=ACCOUNT)
    made = await zammad.create(Draft(SALES, {"title": "Made"}), key="key-1")
    assert [found.ref for found in await zammad.find("key-1")] == [made.ref]


# --- blind writes and history ----------------------------------------------------------------------------------------


async def test_an_edit_that_was_run_over_is_in_the_history(zammad: Zammad, world: ZammadWorld) -> None:
    ref = world.simulator.make("Export fails", priority="1 low")
    seen = await zammad.fetch(ref)
    world.simulator.faults.on("PUT *", Meanwhile(lambda: world.simulator.edit(ref, priority="3 high")))
    written = await zammad.update(ref, {"priority": "2 normal"}, expect=seen.revision)
    assert dict(written.fields) == {}, "nothing is claimed, so the caller looks"
    history = (await zammad.fetch(ref, parts=ONLY_FIELDS, since=seen.revision)).history
    assert [(edit.field, edit.old, edit.new, edit.ours) for edit in history] == [
        ("priority", "1 low", "3 high", False),
        ("priority", "3 high", "2 normal", True),
    ]


async def test_the_history_speaks_of_all_fields_in_the_words_of_a_read(zammad: Zammad, world: ZammadWorld) -> None:
    ref = world.simulator.make("Export fails")
    seen = await zammad.fetch(ref)
    all_fields: Fields = {
        **CUSTOM,
        "title": "T",
        "status": "pending reminder",
        "pending_time": datetime(2026, 2, 1, 8, tzinfo=UTC),
        "group": "Sales",
        "owner": Person(BEN.id),
        "tags": frozenset({"a", "b"}),
    }
    await zammad.update(ref, all_fields, expect="")
    now = await zammad.fetch(ref, since=seen.revision)
    last = {edit.field: edit.new for edit in now.history}
    first = {edit.field: edit.old for edit in reversed(now.history)}
    assert last == {name: now.fields[name] for name in all_fields}
    assert first == {name: seen.fields[name] for name in all_fields}
    assert all(edit.ours and edit.at.tzinfo for edit in now.history)


async def test_what_the_last_read_showed_is_no_history_of_it(zammad: Zammad, world: ZammadWorld) -> None:
    """Its entry has the very stamp that the read showed; told again it would look like an edit that we ran over."""
    ref = world.simulator.make("Export fails", priority="1 low")
    world.simulator.edit(ref, priority="3 high")
    seen = await zammad.fetch(ref)
    assert (await zammad.fetch(ref, since=seen.revision)).history == ()
    everything = (await zammad.fetch(ref, since="")).history
    assert [edit.new for edit in everything] == ["3 high"]


async def test_tags_are_told_as_sets_one_edit_for_each(zammad: Zammad, world: ZammadWorld) -> None:
    ref = world.simulator.make("Export fails", tags="a,syncd-core-7")
    seen = await zammad.fetch(ref)
    with world.simulator.acting(ANA):
        world.simulator.desk.add_tag(int(ref), "b")
        world.simulator.desk.remove_tag(int(ref), "a")
    history = (await zammad.fetch(ref, since=seen.revision)).history
    told = [(edit.old, edit.new, edit.ours) for edit in history]
    assert told == [
        (frozenset({"a"}), frozenset({"a", "b"}), False),
        (frozenset({"a", "b"}), frozenset({"b"}), False),
    ]


async def test_a_write_that_somebody_else_answered_foretells_nothing(
    zammad: Zammad, world: ZammadWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Zammad reads the ticket again before it answers; another's change may have come by then."""
    ref = world.simulator.make("Export fails")
    update = world.simulator.desk.update

    def overtaken(*given: object) -> None:
        update(*given)  # type: ignore[arg-type]
        monkeypatch.undo()
        world.simulator.edit(ref, title="By a person")

    assert (await zammad.update(ref, {"title": "One"}, expect="")).tokens
    monkeypatch.setattr(world.simulator.desk, "update", overtaken)
    assert (await zammad.update(ref, {"title": "Two"}, expect="")).tokens == frozenset()


async def test_a_write_of_the_same_moves_nothing(zammad: Zammad, world: ZammadWorld) -> None:
    ref = world.simulator.make("Export fails", priority="1 low", tags="a")
    seen = await zammad.fetch(ref)
    world.clock.advance(5)
    await zammad.update(ref, {"priority": "1 low", "tags": frozenset({"a"})}, expect="")
    assert (await zammad.fetch(ref)).revision == seen.revision


# --- tags and the link back ------------------------------------------------------------------------------------------


@pytest.mark.shows("labels of others stay")
async def test_tags_that_others_add_meanwhile_survive(zammad: Zammad, world: ZammadWorld) -> None:
    ref = world.simulator.make("Export fails", tags="a,b")

    def tagged() -> None:
        with world.simulator.acting(ANA):
            world.simulator.desk.add_tag(int(ref), "theirs")

    world.simulator.faults.on("POST */tags/add", Meanwhile(tagged))
    await zammad.update(ref, {"tags": frozenset({"b", "c"})}, expect="")
    assert sorted(world.ticket(ref).tags) == ["b", "c", "theirs"]


async def test_without_an_attribute_a_tag_shows_the_issue_and_is_no_label(world: ZammadWorld) -> None:
    zammad = world.connector(link_field=None)
    ref = world.simulator.make("Export fails", tags="export")
    await zammad.link_back(ref, CORE_7)
    seen = await zammad.fetch(ref)
    await zammad.link_back(ref, CORE_7)
    assert world.ticket(ref).tags == ["export", "syncd-core-7"]
    assert seen.fields["tags"] == frozenset({"export"})
    assert (await zammad.fetch(ref)).revision == seen.revision
    await zammad.update(ref, {"tags": frozenset()}, expect="")
    assert world.ticket(ref).tags == ["syncd-core-7"], "a rewriting of the labels does not lose it"
    made = await zammad.create(Draft(SALES, {"title": "Made"}, CORE_7), key="key-1")
    assert world.ticket(made.ref).tags == ["syncd-core-7"]
    await zammad.aclose()


async def test_a_tag_is_never_put_on_what_is_not_there(zammad: Zammad, world: ZammadWorld) -> None:
    """Zammad lists no tags of a ticket that is gone, and says 201 to a new one."""
    before = world.requests
    with pytest.raises(Exception, match="404"):
        await zammad.update("999", {"tags": frozenset({"a"})}, expect="")
    assert not any("tags/add" in call for call in world.calls(since=before))


# --- merges ----------------------------------------------------------------------------------------------------------


def merge(world: ZammadWorld, source: str, into: str) -> None:
    with world.simulator.acting(ANA):
        world.simulator.desk.merge(world.ticket(source), world.ticket(into))


async def test_a_merged_ticket_is_followed(zammad: Zammad, world: ZammadWorld) -> None:
    old, new = world.simulator.make("Export fails", "first words"), world.simulator.make("Again", "second words")
    await zammad.fetch(old)
    merge(world, old, new)
    gone = await zammad.fetch(old)
    assert (gone.merged_into, gone.life) == (new, Life.LOCKED)
    assert "description" not in gone.fields, "its articles went with the merge; that is no edit of a text"
    alone = await zammad.fetch(old, parts=ONLY_FIELDS)
    assert (alone.merged_into, alone.fields) == (gone.merged_into, gone.fields)


async def test_older_articles_that_a_merge_brings_are_comments_and_no_new_description(
    zammad: Zammad, world: ZammadWorld
) -> None:
    old = world.simulator.make("Export fails", "first words")
    world.clock.advance(60)
    new = world.simulator.make("Again", "second words")
    merge(world, old, new)
    found = await zammad.fetch(new)
    assert found.thread
    description = found.fields["description"]
    assert isinstance(description, RichText)
    assert description.markdown == "second words"
    assert [comment.body.text for comment in found.thread.comments] == ["first words"]
    assert found.merged_into is None


async def test_a_merge_of_a_merge_is_followed_to_its_end(zammad: Zammad, world: ZammadWorld) -> None:
    one, two, three = (world.simulator.make(title) for title in ("one", "two", "three"))
    merge(world, one, two)
    merge(world, two, three)
    assert {(await zammad.fetch(ref)).merged_into for ref in (one, two)} == {three}


@pytest.mark.parametrize("newest_first", [False, True])
async def test_another_parent_does_not_mislead_where_the_history_knows(
    zammad: Zammad, world: ZammadWorld, newest_first: bool
) -> None:
    one, two, three = (world.simulator.make(title) for title in ("one", "two", "three"))
    merge(world, one, two)
    with world.simulator.acting(ANA):
        world.simulator.desk.link("parent", int(three), int(one))
    if newest_first:
        world.simulator.desk.links.reverse()
    assert (await zammad.fetch(one)).merged_into == two


async def test_a_mere_link_is_no_merge(zammad: Zammad, world: ZammadWorld) -> None:
    one, two = world.simulator.make("one"), world.simulator.make("two")
    with world.simulator.acting(ANA):
        world.simulator.desk.link("parent", int(two), int(one))
    assert (await zammad.fetch(one)).merged_into is None


@pytest.mark.shows("locked or archived left alone")
async def test_a_merged_ticket_stays_closed(zammad: Zammad, world: ZammadWorld) -> None:
    one, two = world.simulator.make("one"), world.simulator.make("two")
    merge(world, one, two)
    await zammad.close(one)
    assert (await zammad.fetch(one)).fields["status"] == "merged"


async def test_the_internal_first_article_is_read_as_the_description(zammad: Zammad, world: ZammadWorld) -> None:
    ref = world.simulator.make("Export fails", "words")
    comment = Internal("x")
    world.simulator.write(ref, comment.text, public=False)
    found = await zammad.fetch(ref)
    assert found.thread
    assert [each.body for each in found.thread.comments] == [comment]
