"""Jira Service Management: what customers see of a request, and what they never see."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from syncd.core.model import Attachment, Comment, Internal, Public, Visibility
from syncd.sdk.connector import Message
from syncd.sdk.errors import Rejected, Unavailable, Unsupported
from syncd.sdk.testing.faults import Status
from syncd_jira import Jira, customers
from syncd_jira.simulator import ANA, CLEO
from tests.connectors.jira.desk import DeskWorld
from tests.connectors.jira.steps import by_person, comments, issue

SECRET = "for agents: kestrel-4711"


@pytest.fixture(params=["cloud", "data_center"])
def world(request: pytest.FixtureRequest) -> DeskWorld:
    return DeskWorld(request.param)


@pytest_asyncio.fixture
async def jira(world: DeskWorld) -> AsyncIterator[Jira]:
    connector = world.connector()
    await connector.check()
    yield connector
    await connector.aclose()


async def asked(world: DeskWorld) -> str:
    """A request of a customer."""
    return await world.open({"summary": "Export fails"})


async def say(jira: Jira, ref: str, body: Public | Internal, *, key: str = "key-1") -> Comment:
    return (await jira.comment(ref, Message(body), key=key, expect="")).comment


# --- comments ---------------------------------------------------------------------------------------------------------


@pytest.mark.shows("public comments")
async def test_a_public_comment_reaches_the_customer(jira: Jira, world: DeskWorld) -> None:
    ref = await asked(world)
    assert (await say(jira, ref, Public("It is fixed."))).body == Public("It is fixed.")
    assert ["It is fixed." in text for text in (await world.look(ref)).public] == [True]


async def test_an_internal_comment_has_its_key_and_its_readers_in_one_request(jira: Jira, world: DeskWorld) -> None:
    """So that no crash leaves one without its key, and at no moment it is public."""
    ref = await asked(world)
    await jira.fetch(ref)
    before = world.requests
    assert (await say(jira, ref, Internal(SECRET))).body == Internal(SECRET)
    assert [call.partition(" ")[0] for call in world.simulator.calls(since=before)] == ["POST"]
    told = [entry.body["visibility"] for entry in world.simulator.journal if entry.operation == "comment"]
    assert told == ["internal"]
    assert (await world.look(ref)).public == ()
    assert [(each.key, each.body) for each in await comments(jira, ref)] == [("key-1", Internal(SECRET))]


async def test_an_issue_that_no_customer_asked_for_takes_an_internal_comment_too(jira: Jira, world: DeskWorld) -> None:
    """It has no request type, and the Service Desk API does not know it."""
    with by_person(world):
        ref = world.simulator.site.create("DESK", "10004", {"summary": "Export fails"}, {}).id
    assert (await say(jira, ref, Internal(SECRET))).body == Internal(SECRET)


@pytest_asyncio.fixture
async def exposing() -> AsyncIterator[tuple[DeskWorld, Jira, str]]:
    """A site that does not obey the property, and a request there. On Data Center no answer would tell."""
    world = DeskWorld("cloud")
    world.simulator.exposes = True
    connector, ref = world.connector(), await asked(world)
    await connector.fetch(ref)
    yield world, connector, ref
    await connector.aclose()


async def test_what_jira_shows_all_the_same_is_removed_at_once_and_never_tried_again(
    exposing: tuple[DeskWorld, Jira, str],
) -> None:
    world, jira, ref = exposing
    with pytest.raises(Rejected, match="removed at once"):
        await say(jira, ref, Internal(SECRET))
    assert issue(world, ref).comments == []
    before = world.requests
    with pytest.raises(Rejected, match="not sent"):
        await say(jira, ref, Internal(SECRET))
    assert world.requests == before
    assert (await say(jira, ref, Public("It is fixed."))).body == Public("It is fixed.")


async def test_what_may_still_be_there_is_not_told_as_undone(exposing: tuple[DeskWorld, Jira, str]) -> None:
    world, jira, ref = exposing
    world.simulator.faults.on("DELETE *", Status(503), times=9)
    with pytest.raises(Unavailable, match="may be public"):
        await say(jira, ref, Internal(SECRET))


def known(posted: Comment, body: Public | Internal) -> Comment:
    """A comment as the engine names it for an edit: by its id, with the text to come and without its key."""
    return Comment(posted.id, body, posted.author, posted.created)


async def test_an_edit_that_jira_shows_all_the_same_is_removed_too(exposing: tuple[DeskWorld, Jira, str]) -> None:
    world, jira, ref = exposing
    world.simulator.exposes = False
    posted = await say(jira, ref, Internal("for agents"))
    world.simulator.exposes = True
    with pytest.raises(Rejected, match="removed at once"):
        await jira.edit_comment(ref, known(posted, Internal(SECRET)), Internal(SECRET), key="key-2")
    assert issue(world, ref).comments == []


@pytest.mark.parametrize("forgets", [True, False])
async def test_an_edit_of_an_internal_comment_leaves_it_internal(jira: Jira, world: DeskWorld, forgets: bool) -> None:
    world.simulator.forgets = forgets
    ref = await asked(world)
    posted = await say(jira, ref, Internal("for agents"))
    edited = await jira.edit_comment(ref, known(posted, Internal(SECRET)), Internal(SECRET), key="key-2")
    assert (edited.body, edited.key) == (Internal(SECRET), "key-1")
    assert (await world.look(ref)).public == ()
    again = world.connector()
    await again.check()
    assert [(each.key, each.body) for each in await comments(again, ref)] == [("key-1", Internal(SECRET))]
    await again.aclose()


async def test_a_public_comment_cannot_take_an_internal_text(jira: Jira, world: DeskWorld) -> None:
    """Whatever the caller believes it to be."""
    ref = await asked(world)
    posted = await say(jira, ref, Public("x"))
    for believed in (posted, known(posted, Internal(SECRET))):
        with pytest.raises(Unsupported):
            await jira.edit_comment(ref, believed, Internal(SECRET), key="key-2")
    assert not any(SECRET in text for text in (await world.look(ref)).public)


async def test_a_public_comment_takes_a_public_text_and_stays_public(jira: Jira, world: DeskWorld) -> None:
    ref = await asked(world)
    posted = await say(jira, ref, Public("It is fxied."))
    edited = await jira.edit_comment(ref, known(posted, Public("x")), Public("It is fixed."), key="key-2")
    assert (edited.body, edited.key) == (Public("It is fixed."), "key-1")
    assert ["It is fixed." in text for text in (await world.look(ref)).public] == [True]


@pytest.mark.parametrize("deployment", ["cloud", "data_center"])
async def test_a_tracker_in_a_service_project_tells_customers_nothing(deployment: str) -> None:
    """Nobody said that there are customers (`service_project`); there are."""
    world = DeskWorld(deployment)
    jira, ref = world.connector(service_project=False), await asked(world)
    await say(jira, ref, Internal(SECRET))
    await jira.fetch(ref)
    await say(jira, ref, Internal(SECRET), key="key-2")
    assert (await world.look(ref)).public == ()
    await jira.aclose()


async def test_what_an_issue_brings_along_into_a_service_project_stays_internal(jira: Jira, world: DeskWorld) -> None:
    with by_person(world):
        ref = world.simulator.site.create("CORE", "10004", {"summary": "Export fails"}, {}).id
    await say(jira, ref, Internal(SECRET))
    with by_person(world):
        world.simulator.site.move(issue(world, ref), "DESK")
    assert (await world.look(ref)).public == ()
    assert [each.body for each in await comments(jira, ref)] == [Internal(SECRET)]


async def test_a_comment_that_is_not_surely_public_counts_as_internal(jira: Jira, world: DeskWorld) -> None:
    """Data Center tells by the property alone: without one nobody knows. Cloud has a flag of its own."""
    ref = await asked(world)
    with by_person(world):
        site, held = world.simulator.site, issue(world, ref)
        for text, properties in (("typed", None), ("unmarked", {}), ("odd", {"sd.public.comment": "no"})):
            site.say(held, world._typed(text), public=True, properties=properties)
        site.say(held, world._typed("restricted"), public=True).restricted = {"type": "role", "value": "Agents"}
        site.say(held, world._typed("for agents"), public=False)
    public = [each.body.text for each in await comments(jira, ref) if isinstance(each.body, Public)]
    assert public == (["typed", "unmarked", "odd"] if world.simulator.cloud else ["typed"])


@pytest.mark.parametrize(
    ("flag", "mark", "restricted", "public"),
    [
        (None, None, False, False),
        (True, None, False, True),
        (False, None, False, False),
        (True, {"internal": False}, False, True),
        (True, {"internal": True}, False, False),
        (False, {"internal": False}, False, False),
        (None, {"internal": False}, False, True),
        (None, {"internal": "false"}, False, False),
        (None, {}, False, False),
        (True, {"internal": False}, True, False),
    ],
)
def test_one_word_against_it_is_enough_and_none_for_it_is_none(
    flag: bool | None, mark: object, restricted: bool, public: bool
) -> None:
    assert customers.shown(flag=flag, mark=mark, restricted=restricted) is public


# --- projects ---------------------------------------------------------------------------------------------------------


async def test_a_project_that_is_no_service_desk_has_no_public_comments(jira: Jira, world: DeskWorld) -> None:
    ref = await asked(world)
    await world.say(ref, "in public", public=True)
    with by_person(world):
        world.simulator.site.move(issue(world, ref), "CORE")
    assert [each.body for each in await comments(jira, ref)] == [Internal("in public")]
    before = world.requests
    with pytest.raises(Rejected, match="no service project"):
        await say(jira, ref, Public("It is fixed."))
    assert world.requests == before


async def test_a_site_without_service_management_has_no_customers(world: DeskWorld) -> None:
    world.simulator.has_desks = False
    jira = world.connector(projects=("DESK", "CORE"))
    account = await jira.check()
    assert [lack.partition("`")[2].partition("`")[0] for lack in account.lacks] == ["DESK", "CORE"]
    await jira.aclose()


async def test_an_account_without_a_seat_reads_on_and_takes_nothing_for_public(world: DeskWorld) -> None:
    world.simulator.faults.on("GET /rest/servicedeskapi/servicedesk", Status(403), times=9)
    jira, ref = world.connector(projects=("DESK",)), await asked(world)
    await world.say(ref, "in public", public=True)
    (lack,) = (await jira.check()).lacks
    assert "`DESK`" in lack
    told = Public if world.simulator.cloud else Internal  # Cloud says it with the issue
    assert [each.body for each in await comments(jira, ref)] == [told("in public")]
    await jira.aclose()


async def test_a_named_project_that_is_no_service_desk_is_told(world: DeskWorld) -> None:
    jira = world.connector(projects=("DESK", "CORE"))
    (lack,) = (await jira.check()).lacks
    assert "`CORE`" in lack
    await jira.aclose()


# --- requests ---------------------------------------------------------------------------------------------------------


async def test_a_request_has_its_type_its_organisation_and_its_place_in_the_portal(
    jira: Jira, world: DeskWorld
) -> None:
    snapshot = await jira.fetch(ref := await asked(world))
    assert snapshot.fields["Request Type"] == "Report a fault"
    assert snapshot.fields["Organizations"] == frozenset({"Acme"})
    assert snapshot.url == f"{world.config.url}/servicedesk/customer/portal/10033/{snapshot.label}"
    assert "Time to resolution" not in snapshot.fields
    before = world.requests
    for name, value in (("Request Type", "Ask"), ("Organizations", frozenset({"Evil"}))):
        with pytest.raises(Rejected) as refused:
            await jira.update(ref, {name: value}, expect=snapshot.revision)
        assert refused.value.field == name
    assert world.requests == before, "what Jira keeps by rules of its own is not even tried"


async def test_an_issue_without_a_request_type_is_opened_by_its_key(jira: Jira, world: DeskWorld) -> None:
    with by_person(world):
        ref = world.simulator.site.create("DESK", "10004", {"summary": "Export fails"}, {}).id
    snapshot = await jira.fetch(ref)
    assert snapshot.fields["Request Type"] is None
    assert snapshot.url == f"{world.config.url}/browse/{snapshot.label}"


async def test_a_customer_without_an_address_is_the_requester(jira: Jira, world: DeskWorld) -> None:
    requester = (await jira.fetch(await asked(world))).requester
    assert requester is not None
    assert (requester.id, requester.name, requester.email) == (CLEO.id, CLEO.name, None)


# --- files ------------------------------------------------------------------------------------------------------------


async def files(jira: Jira, ref: str) -> list[tuple[str, Visibility]]:
    thread = (await jira.fetch(ref)).thread
    assert thread is not None
    found: tuple[Attachment, ...] = thread.attachments
    return [(each.name, each.visibility) for each in found]


async def test_a_customers_file_is_public_and_an_agents_is_not(jira: Jira, world: DeskWorld) -> None:
    ref = await asked(world)
    await world.attach(ref, "screen.png", b"PNG", public=True)
    await world.attach(ref, "dump.bin", b"core", public=False)
    assert await files(jira, ref) == [("screen.png", Visibility.PUBLIC), ("dump.bin", Visibility.INTERNAL)]


async def test_a_file_that_came_with_the_form_is_public_where_its_owner_is_surely_a_customer(
    jira: Jira, world: DeskWorld
) -> None:
    """No comment shows it. Data Center does not say what an account is."""
    ref = await asked(world)
    with world.simulator.acting(CLEO):
        site = world.simulator.site
        site.attach(issue(world, ref), name="form.png", media_type="image/png", content=b"PNG", public=True)
    shown = Visibility.PUBLIC if world.simulator.cloud else Visibility.INTERNAL
    assert await files(jira, ref) == [("form.png", shown)]


async def test_where_nobody_reckons_with_customers_no_file_is_public(world: DeskWorld) -> None:
    ref = await asked(world)
    await world.attach(ref, "screen.png", b"PNG", public=True)
    jira = world.connector(service_project=False)
    assert await files(jira, ref) == [("screen.png", Visibility.INTERNAL)]
    await jira.aclose()


async def test_a_name_that_two_files_have_makes_neither_public(jira: Jira, world: DeskWorld) -> None:
    ref = await asked(world)
    with by_person(world):
        held = issue(world, ref)
        for content in (b"core", b"PNG"):
            world.simulator.site.attach(held, name="a.png", media_type="image/png", content=content)
        world.simulator.site.say(held, world._showing("a.png"), public=True)
    assert await files(jira, ref) == [("a.png", Visibility.INTERNAL)] * 2


async def test_a_customer_who_names_an_agents_file_does_not_make_it_public(jira: Jira, world: DeskWorld) -> None:
    ref = await asked(world)
    await world.attach(ref, "dump.bin", b"core", public=False)
    with world.simulator.acting(CLEO):
        world.simulator.site.say(issue(world, ref), world._showing("dump.bin"), public=True)
    assert await files(jira, ref) == [("dump.bin", Visibility.INTERNAL)]


async def test_a_file_of_ours_is_shown_to_no_customer(jira: Jira, world: DeskWorld) -> None:
    ref = await asked(world)
    with world.simulator.acting(ANA):
        world.simulator.site.attach(issue(world, ref), name="ours.bin", media_type="text/plain", content=b"x")
    assert await files(jira, ref) == [("ours.bin", Visibility.INTERNAL)]


def test_accounts_of_customers_are_no_people_to_assign(world: DeskWorld) -> None:
    with world.simulator.acting(ANA):
        held = world.simulator.site.create("DESK", "10004", {"summary": "Export fails"}, {})
    sheet = world.simulator.sheet(held.id)
    assert sheet is not None
    [people] = [each.options for each in sheet.inputs if each.name == "assignee"]
    assert CLEO.id not in dict(people)
