"""What only Azure DevOps does: guarded patches, rules, tags, days, custom fields, keys, the recycle bin, moves."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest
from pydantic import ValidationError

from syncd.core.model import Internal, Life, Person, Public, RichText
from syncd.sdk.connector import ONLY_FIELDS, Backlink, Capability, Draft, Message
from syncd.sdk.errors import BadAnswer, Forbidden, NotFound, Rejected, Stale, Unavailable, Unsupported
from syncd.sdk.testing.faults import LostAfter
from syncd.sdk.testing.promises.base import file
from syncd_azuredevops import AzureDevOps
from syncd_azuredevops.simulator import ANA, BEN, SYNCD
from tests.connectors.azuredevops.steps import PLACE, Answering, commented, draft, thread, to, wrote
from tests.connectors.azuredevops.world import AzureDevOpsWorld

LINK = Backlink("https://desk.example/tickets/7?a=1", "Ticket 7: Export fails", "Ticket 7")
EIGHTS, NINES = str(UUID(int=8)), str(UUID(int=9))
TAGS, DUE = "System.Tags", "Microsoft.VSTS.Scheduling.DueDate"


# --- what it costs ---------------------------------------------------------------------------------------------------


@pytest.mark.shows("several fields in one request")
async def test_what_each_deed_costs(boards: AzureDevOps, world: AzureDevOpsWorld) -> None:
    ref = world.made().ref

    async def cost(deed: Any) -> list[str]:
        before = len(world.calls())
        await deed
        short = (("/_apis/wit/", "/"), ("/_apis/", "/"), (f"workitems/{ref}", "W"), (f"workItems/{ref}", "W"))
        calls = world.calls(before)
        for long, brief in short:
            calls = [call.replace(long, brief) for call in calls]
        return [call.replace("Fabrikam/", "P/") for call in calls]

    assert await cost(boards.fetch(ref, parts=ONLY_FIELDS)) == ["GET /W"]
    assert await cost(boards.fetch(ref)) == ["GET /W", "GET /P/W/comments"]
    revision = (await boards.fetch(ref)).revision
    many: dict[str, Any] = {"title": "x", "status": "Active", "tags": frozenset({"a"}), "due_date": date(2026, 3, 1)}
    assert await cost(boards.update(ref, many, expect=revision)) == ["PATCH /W"]
    project = "GET /projects/Fabrikam"
    comment = [project, "PATCH /W", "GET /P/W/comments/NEW"]
    assert numberless(await cost(commented(boards, ref, "internal"))) == comment
    assert numberless(await cost(commented(boards, ref, Public("words")))) == comment[1:]
    files = (file("a.txt", b"x"), file("b.txt", b"y"))
    upload = "POST /P/attachments"
    assert numberless(await cost(commented(boards, ref, "x", *files))) == [project, upload, upload, *comment[1:]]
    assert await cost(boards.link_back(ref, LINK)) == ["GET /W", "PATCH /W"]
    assert await cost(boards.link_back(ref, LINK)) == ["GET /W"]
    assert await cost(boards.close(ref)) == ["GET /W", "PATCH /W"]
    assert await cost(boards.close(ref)) == ["GET /W"]
    assert await cost(boards.create(draft(), key="key-9")) == [project, "POST /P/workitems/$Bug"]
    assert await cost(boards.find("key-9")) == ["POST /wiql", "POST /workitemsbatch"]
    assert await cost(boards.find("key-8")) == ["POST /wiql"]


def numberless(calls: list[str]) -> list[str]:
    """The number of a comment is made anew each time."""
    return [f"{call.rpartition('/')[0]}/NEW" if "/comments/" in call else call for call in calls]


# --- the guard -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 409, 412])
async def test_a_moved_revision_is_stale_however_it_is_said(
    boards: AzureDevOps, world: AzureDevOpsWorld, status: int
) -> None:
    """412 was recorded; the documents leave it open."""
    world.boards.stale = status
    ref = world.made().ref
    seen = await boards.fetch(ref)
    world.change(ref, to(TAGS, "urgent"))
    with pytest.raises(Stale):
        await boards.update(ref, {"title": "By syncd"}, expect=seen.revision)
    assert world.item(ref).fields["System.Title"] == "Export fails"


async def test_a_write_that_changes_nothing_makes_no_revision(boards: AzureDevOps, world: AzureDevOpsWorld) -> None:
    ref = world.made().ref
    written = await boards.update(ref, {"title": "Export fails"}, expect="1")
    assert (written.revision, dict(written.fields)) == ("1", {"title": "Export fails"})


async def test_a_lost_answer_leaves_it_open_whether_it_was_written(
    boards: AzureDevOps, world: AzureDevOpsWorld
) -> None:
    ref = world.made().ref
    world.simulator.faults.on("PATCH *", LostAfter())
    with pytest.raises(Unavailable) as error:
        await boards.update(ref, {"title": "By syncd"}, expect="1")
    assert error.value.sent
    with pytest.raises(Stale):  # the same write again cannot happen twice
        await boards.update(ref, {"title": "By syncd"}, expect="1")


async def test_an_answer_to_a_write_that_cannot_be_read_leaves_it_open(world: AzureDevOpsWorld) -> None:
    connector, ref = world.connector(), world.made().ref
    await connector.check()
    odd = httpx.Response(200, json={"id": 1, "rev": "kestrel", "fields": {}})
    broken = AzureDevOps(world.config, transport=Answering(world.simulator.transport(), f"workitems/{ref}", odd))
    await broken.check()
    with pytest.raises(Unavailable, match=r"written, but not read back: .*rev") as error:
        await broken.update(ref, {"title": "x"}, expect="1")
    assert error.value.sent
    assert "kestrel" not in str(error.value)
    with pytest.raises(BadAnswer, match=r"workitem: rev") as bad:
        await broken.fetch(ref)
    assert "kestrel" not in str(bad.value)


# --- rules -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "culprit"),
    [
        ({"status": "Verified", "title": "x"}, "status"),
        ({"priority": "9", "title": "x"}, "priority"),
        ({"Custom.Tier": "Bronze", "title": "x"}, "Custom.Tier"),
        ({"title": ""}, "title"),
    ],
)
async def test_a_rule_names_its_field_as_a_mapping_does(
    boards: AzureDevOps, world: AzureDevOpsWorld, fields: dict[str, Any], culprit: str
) -> None:
    ref = world.made().ref
    with pytest.raises(Rejected) as refused:
        await boards.update(ref, fields, expect="1")
    assert refused.value.field == culprit
    assert world.item(ref).rev == 1, "a patch is taken whole or not at all"


async def test_a_refusal_shows_its_code_and_no_words_of_a_ticket(world: AzureDevOpsWorld) -> None:
    said = {"message": "TF51535: The value 'kestrel-4711' is not good.", "typeKey": "X", "customProperties": None}
    ref = world.made().ref
    answer = httpx.Response(400, json=said)
    connector = AzureDevOps(world.config, transport=Answering(world.simulator.transport(), f"workitems/{ref}", answer))
    await connector.check()
    with pytest.raises(Rejected, match="TF51535") as refused:
        await connector.update(ref, {"title": "x"}, expect="1")
    assert "kestrel" not in str(refused.value)
    assert refused.value.field == "title", "of one field it is that one"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"null", b'{"customProperties": {"RuleValidationErrors": 3}}'])
async def test_a_refusal_that_cannot_be_read_is_one_all_the_same(world: AzureDevOpsWorld, body: bytes) -> None:
    ref = world.made().ref
    answer = httpx.Response(400, content=body)
    connector = AzureDevOps(world.config, transport=Answering(world.simulator.transport(), f"workitems/{ref}", answer))
    await connector.check()
    with pytest.raises(Rejected):
        await connector.update(ref, {"title": "x", "tags": frozenset({"a"})}, expect="1")


async def test_a_field_that_nobody_has_is_refused_before_anything_is_sent(
    boards: AzureDevOps, world: AzureDevOpsWorld
) -> None:
    ref = world.made().ref
    for name in ("Custom.Nonsense", "author", "System.Title"):
        with pytest.raises(Rejected) as refused:
            await boards.update(ref, {name: "x"}, expect="1")
        assert refused.value.field == name
    assert not [call for call in world.calls() if call.startswith("PATCH")]


async def test_closing_goes_where_the_process_lets_it(boards: AzureDevOps, world: AzureDevOpsWorld) -> None:
    ref, removed = world.made().ref, world.made(type="User Story")
    written = await boards.close(ref)
    assert (world.item(ref).fields["System.State"], dict(written.fields)) == ("Closed", {"status": "Closed"})
    world.change(removed.ref, to("System.State", "Removed"))
    await boards.close(removed.ref)
    assert removed.fields["System.State"] == "Removed", "that is final as well"


# --- values ----------------------------------------------------------------------------------------------------------


async def test_tags_are_replaced_and_not_added(boards: AzureDevOps, world: AzureDevOpsWorld) -> None:
    ref = world.made(to(TAGS, "one; two")).ref
    assert (await wrote(boards, ref, tags=frozenset({"two", "three"})))["tags"] == {"two", "three"}
    assert world.item(ref).fields[TAGS] == "three; two"


@pytest.mark.shows("labels of others stay")
async def test_a_tag_that_somebody_adds_meanwhile_stays(boards: AzureDevOps, world: AzureDevOpsWorld) -> None:
    """An update replaces all tags, so it is the guard that keeps them: syncd reads again and decides anew."""
    ref = world.made(to(TAGS, "old")).ref
    seen = await boards.fetch(ref)
    world.change(ref, {"op": "add", "path": f"/fields/{TAGS}", "value": "old; theirs"})
    with pytest.raises(Stale):
        await boards.update(ref, {"tags": frozenset({"old", "ours"})}, expect=seen.revision)
    assert (await boards.fetch(ref)).fields["tags"] == {"old", "theirs"}


@pytest.mark.parametrize("word", ["a;b", "a,b", " "])
async def test_a_tag_that_would_be_two_is_refused(boards: AzureDevOps, world: AzureDevOpsWorld, word: str) -> None:
    with pytest.raises(Rejected, match="tag"):
        await boards.update(world.made().ref, {"tags": frozenset({word})}, expect="1")


async def test_what_is_empty_is_not_emptied_again(boards: AzureDevOps, world: AzureDevOpsWorld) -> None:
    """To remove what is not there is an error in a JSON Patch."""
    ref = world.made(to(DUE, "2026-03-01T00:00:00Z")).ref
    assert (await wrote(boards, ref, due_date=None, assignee=None))["due_date"] is None
    revision, before = (await boards.fetch(ref)).revision, world.requests
    written = await boards.update(ref, {"due_date": None}, expect=revision)
    assert (dict(written.fields), written.revision) == ({"due_date": None}, revision)
    assert world.calls(before) == [f"GET /_apis/wit/workitems/{ref}"]
    world.change(ref, to(TAGS, "x"))
    with pytest.raises(Stale):
        await boards.update(ref, {"due_date": None}, expect=revision)


async def test_a_day_is_midnight_in_the_connections_zone(world: AzureDevOpsWorld) -> None:
    connector = AzureDevOpsWorld(time_zone="Asia/Kathmandu")
    boards, ref = connector.connector(), connector.made().ref
    assert (await wrote(boards, ref, due_date=date(2026, 3, 29)))["due_date"] == date(2026, 3, 29)
    assert connector.item(ref).fields[DUE] == "2026-03-28T18:15:00Z"


@pytest.mark.parametrize("name", ["Europe/Atlantis", "", "../etc/passwd", "x" * 300])
def test_a_zone_that_nobody_knows_is_told_when_the_config_is_read(name: str) -> None:
    with pytest.raises(ValidationError, match="time zone"):
        AzureDevOpsWorld(time_zone=name)


@pytest.mark.shows("custom fields")
async def test_custom_fields_keep_their_kinds(boards: AzureDevOps, world: AzureDevOpsWorld) -> None:
    ref = world.made(type="User Story").ref
    ana = await boards.person(ANA.email)
    moment = datetime(2026, 1, 5, 9, 30, 15, tzinfo=UTC)
    wanted: dict[str, Any] = {
        "Custom.Tier": "Gold",
        "Custom.Escalated": "true",
        "Custom.Approver": ana,
        "Custom.DeployedAt": moment,
        "Custom.Impact": RichText.of("**all** of EU"),
        "Microsoft.VSTS.Scheduling.StoryPoints": Decimal("2.5"),
        "priority": "1",
    }
    found = await wrote(boards, ref, **wanted)
    assert {name: found[name] for name in wanted if name != "Custom.Impact"} == {
        name: value for name, value in wanted.items() if name != "Custom.Impact"
    }
    assert found["Custom.Impact"].markdown == "**all** of EU"
    assert (world.item(ref).fields["Microsoft.VSTS.Common.Priority"], world.item(ref).fields["Custom.Escalated"]) == (
        1,
        True,
    )
    assert found["Custom.Tier"] == "Gold"
    emptied = await wrote(boards, ref, **dict.fromkeys(wanted))
    assert {name: emptied[name] for name in wanted} == dict.fromkeys(wanted), "empty fields of the type are shown"


async def test_our_own_key_is_no_field_of_a_mapping(boards: AzureDevOps, world: AzureDevOpsWorld) -> None:
    made = await boards.create(draft(), key="key-1")
    assert "key-1" not in str(made.fields)
    names = {info.name for info in (await boards.describe()).fields}
    assert "Custom.SyncdKey" not in names
    assert {"Custom.Tier", "status"} <= names


@pytest.mark.shows("public places noticed")
async def test_a_description_tells_words_projects_and_who_can_read_them(world: AzureDevOpsWorld) -> None:
    connector = world.connector(projects=("Fabrikam", "Open Source"))
    told = await connector.describe()
    fields = {info.name: info.options for info in told.fields}
    assert set(fields["status"]) == {"New", "Active", "Resolved", "Closed", "Verified", "Removed"}
    assert (fields["Custom.Tier"], fields["priority"]) == (("Gold", "Silver"), ("1", "2", "3", "4"))
    assert told.containers == {"Fabrikam": ("Bug", "User Story"), "Open Source": ("Bug", "User Story")}
    assert told.public_containers == {"Open Source"}


# --- people ----------------------------------------------------------------------------------------------------------


async def test_a_person_is_written_by_unique_name_whoever_knows_only_the_id(
    boards: AzureDevOps, world: AzureDevOpsWorld
) -> None:
    """A mapping's table has ids; a field takes names."""
    ref = world.made().ref
    assert (await wrote(boards, ref, assignee=Person(BEN.id)))["assignee"] == Person(BEN.id)
    with pytest.raises(Rejected) as refused:
        await boards.update(ref, {"assignee": Person("nobody")}, expect="2")
    assert refused.value.field == "assignee"


async def test_only_an_active_person_with_this_very_address_is_found(
    boards: AzureDevOps, world: AzureDevOpsWorld
) -> None:
    accounts = world.simulator.accounts
    accounts.append(type(ANA)(EIGHTS, "zoe@engineering.example", "other@engineering.example"))
    assert await boards.person("zoe@engineering.example") is None, "that is a name, not an address"
    for scope in ("inactive", "group"):
        accounts[-1] = type(ANA)(NINES, "Zoe", "zoe@engineering.example", scopes=frozenset({scope}))
        assert await boards.person("zoe@engineering.example") is None
    accounts[-1] = type(ANA)(NINES, "Zoe", "zoe@engineering.example")
    assert await boards.person("ZOE@engineering.example") == Person(NINES)


# --- create and find -------------------------------------------------------------------------------------------------


async def test_a_new_work_item_has_everything_in_one_write(boards: AzureDevOps, world: AzureDevOpsWorld) -> None:
    place = {**PLACE, "area": "Fabrikam"}
    asked = Draft(place, {"title": "x", "status": "Closed", "tags": frozenset({"a"}), "due_date": None}, LINK)
    made = await boards.create(asked, key="key-1")
    item = world.item(made.ref)
    assert (made.fields["status"], made.fields["tags"]) == ("New", frozenset({"a"})), "a status is left for an update"
    assert [(each.url, each.comment) for each in item.relations] == [(LINK.url, LINK.title)]
    assert item.fields["Custom.SyncdKey"] == "key-1"
    assert (made.label, made.url) == (
        f"Bug {made.ref}",
        f"https://dev.azure.com/fabrikam/Fabrikam/_workitems/edit/{made.ref}",
    )


@pytest.mark.parametrize(
    ("place", "culprit"),
    [({"project": "Elsewhere", "type": "Bug"}, "project"), ({"project": "Fabrikam", "type": "Chore"}, "type")],
)
async def test_a_place_that_is_not_there_is_refused(
    boards: AzureDevOps, world: AzureDevOpsWorld, place: dict[str, str], culprit: str
) -> None:
    with pytest.raises(Rejected) as refused:
        await boards.create(Draft(place, {"title": "x"}), key="key-1")
    assert refused.value.field == culprit
    assert not world.boards.items


@pytest.mark.shows("missing rights told")
async def test_without_the_key_field_nothing_is_made(world: AzureDevOpsWorld) -> None:
    connector = world.connector(key_field="Custom.Missing")
    lacks = (await connector.check()).lacks
    assert lacks == tuple(
        f"the field Custom.Missing on the work item types of {name}" for name in world.config.projects
    )
    with pytest.raises(Rejected, match="Missing"):
        await connector.create(draft(), key="key-1")
    with pytest.raises(Rejected):  # and a search by it never says "there is none"
        await connector.find("key-1")


async def test_a_key_is_believed_on_our_own_work_items_alone(boards: AzureDevOps, world: AzureDevOpsWorld) -> None:
    world.made(to("Custom.SyncdKey", "key-1"))
    assert await boards.find("key-1") == []
    made = await boards.create(draft(), key="key-1")
    world.made(to("Custom.SyncdKey", "KEY-1"))
    assert [found.ref for found in await boards.find("key-1")] == [made.ref]


async def test_a_key_with_a_quote_finds_its_work_item_and_no_other(
    boards: AzureDevOps, world: AzureDevOpsWorld
) -> None:
    made = await boards.create(draft(), key="it's 'so'")
    await boards.create(draft(), key="its so")
    assert [found.ref for found in await boards.find("it's 'so'")] == [made.ref]
    assert await boards.find("' OR [System.Id] > '0") == []


# --- the whole work item ---------------------------------------------------------------------------------------------


async def test_what_is_in_the_recycle_bin_is_deleted_and_what_is_nowhere_is_not_found(
    boards: AzureDevOps, world: AzureDevOpsWorld
) -> None:
    item = world.made(to("System.AssignedTo", BEN.email))
    await world.delete(item.ref)
    gone = await boards.fetch(item.ref)
    assert (gone.life, gone.tokens, gone.thread) == (Life.DELETED, frozenset(), None)
    assert gone.fields["assignee"] == Person(BEN.email), "people are texts there: a name and a mail"
    with pytest.raises(NotFound):
        await boards.update(item.ref, {"title": "x"}, expect="1")
    world.boards.destroy(item)
    with pytest.raises(NotFound):
        await boards.fetch(item.ref)


@pytest.mark.parametrize("ref", ["", "0", "x", "1/../2", "12345678901", "2147483648", "١"])
async def test_what_is_no_number_is_not_found_without_asking(
    boards: AzureDevOps, world: AzureDevOpsWorld, ref: str
) -> None:
    before = world.requests
    for deed in (
        boards.fetch(ref),
        boards.update(ref, {"title": "x"}, expect="1"),
        boards.comment(ref, Message(Internal("x")), key="k", expect=""),
    ):
        with pytest.raises(NotFound):
            await deed
    assert world.requests == before


async def test_a_work_item_that_leaves_the_connections_projects_is_left_alone(world: AzureDevOpsWorld) -> None:
    connector = world.connector(projects=("Fabrikam",))
    ref = world.made().ref
    await connector.fetch(ref)
    await world.move(ref)
    with pytest.raises(Forbidden, match="Fabrikam Ops"):
        await connector.fetch(ref)
    with pytest.raises(Forbidden):
        await commented(connector, ref, "internal")
    await world.delete(ref)
    with pytest.raises(Forbidden):
        await connector.fetch(ref)


async def test_after_a_move_comments_are_written_edited_and_deleted(
    boards: AzureDevOps, world: AzureDevOpsWorld
) -> None:
    """Comments are asked for below a project, and the one that was read is not the one where it stands now."""
    ref = world.made().ref
    said = await commented(boards, ref, "before")
    await world.move(ref)
    await commented(boards, ref, "after", key="key-2")
    await boards.edit_comment(ref, said, Internal("edited"), key="key-3")
    assert [comment.body.text for comment in (await thread(boards, ref)).comments] == ["edited", "after"]
    await world.move(ref)
    await boards.delete_comment(ref, said.id)
    assert [comment.body.text for comment in (await thread(boards, ref)).comments] == ["after"]


# --- the link back ---------------------------------------------------------------------------------------------------


async def test_a_link_is_guarded_where_a_revision_is_given(boards: AzureDevOps, world: AzureDevOpsWorld) -> None:
    ref = world.made().ref
    written = await boards.link_back(ref, LINK, expect="1")
    assert (written.revision, written.tokens) == ("2", frozenset({f"{ref}@2"}))
    world.change(ref, to(TAGS, "x"))
    other = Backlink("https://desk.example/tickets/8", "Ticket 8", "Ticket 8")
    with pytest.raises(Stale):
        await boards.link_back(ref, other, expect="2")
    assert (await boards.link_back(ref, other)).revision is None
    assert len(world.item(ref).relations) == 2


async def test_an_address_that_comes_back_unescaped_is_the_same(boards: AzureDevOps, world: AzureDevOpsWorld) -> None:
    ref = world.made().ref
    await boards.link_back(ref, Backlink("https://desk.example/t?q=a%20b", "x", "x"))
    world.item(ref).relations[0].url = "https://desk.example/t?q=a b"
    await boards.link_back(ref, Backlink("https://desk.example/t?q=a%20b", "x", "x"))
    assert len(world.item(ref).relations) == 1


async def test_without_links_the_connector_says_so(world: AzureDevOpsWorld) -> None:
    connector = AzureDevOpsWorld(link_via="none").connector()
    assert Capability.LINK_BACK not in connector.capabilities
    with pytest.raises(Unsupported):
        await connector.link_back("1", LINK)


async def test_our_account_is_known_without_a_check(world: AzureDevOpsWorld) -> None:
    connector, ref = world.connector(), world.made().ref
    said = await commented(connector, ref, "x")
    assert (said.key, said.author.id) == ("key-1", SYNCD.id)
