"""What is written: labels beside the hidden mark, creates with a key, web links, files, and what Jira refuses."""

import dataclasses
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from pydantic import SecretStr

from syncd.core.model import Attachment, Internal, Person
from syncd.sdk.connector import Backlink, Draft, File, Message
from syncd.sdk.errors import Forbidden, NotFound, RateLimited, Rejected, Stale, Unauthorized, Unavailable, Unsupported
from syncd.sdk.testing.faults import LostAfter, Status
from syncd.sdk.testing.simulator import Limit
from syncd_jira import Jira
from syncd_jira.simulator import ANA, BEN, scheme
from syncd_jira.wire import label_of
from tests.connectors.jira.steps import by_person, draft, issue, opened, stands, update
from tests.connectors.jira.world import LAG, JiraWorld

# --- labels and the hidden mark -------------------------------------------------------------------------------------


async def test_the_mark_is_never_shown_and_survives_every_write(jira: Jira, world: JiraWorld) -> None:
    made = await jira.create(draft({"labels": frozenset({"a"})}), key="key-1")
    seen = await jira.fetch(made.ref)
    assert made.fields["labels"] == seen.fields["labels"] == frozenset({"a"})
    for wanted in (frozenset({"b"}), frozenset[str](), None):
        assert not ((await update(jira, made.ref, labels=wanted))["labels"] or frozenset()) ^ (wanted or frozenset())  # type: ignore[operator]
        assert label_of("key-1") in stands(world, made.ref)["labels"]
    assert not any("syncd-" in str(edit) for edit in (await jira.fetch(made.ref, since="0")).history)


@pytest.mark.shows("labels of others stay")
async def test_a_label_that_somebody_adds_meanwhile_stays(jira: Jira, world: JiraWorld) -> None:
    ref = await opened(world, labels=frozenset({"a"}))
    seen = await jira.fetch(ref)
    await world.edit(ref, {"labels": frozenset({"a", "by Ana".replace(" ", "-")})})
    await jira.update(ref, {"labels": frozenset({"b"})}, expect=seen.revision)
    assert set(stands(world, ref)["labels"]) == {"b", "by-Ana"}


async def test_labels_are_right_after_a_restart_too(jira: Jira, world: JiraWorld) -> None:
    ref = await opened(world, labels=frozenset({"a", "b"}))
    seen = await jira.fetch(ref)
    again = world.connector()
    await again.update(ref, {"labels": frozenset({"b", "c"})}, expect=seen.revision)
    await again.aclose()
    assert set(stands(world, ref)["labels"]) == {"b", "c"}


async def test_labels_that_were_read_elsewhere_since_are_read_again(jira: Jira, world: JiraWorld) -> None:
    ref = await opened(world, labels=frozenset({"a"}))
    await jira.fetch(ref)
    await world.edit(ref, {"labels": frozenset({"a", "b"})})
    other = world.connector()
    seen = await other.fetch(ref)
    await other.aclose()
    await jira.update(ref, {"labels": frozenset({"a"})}, expect=seen.revision)
    assert stands(world, ref)["labels"] == ["a"]


async def test_a_label_with_a_space_is_refused_by_name(jira: Jira, world: JiraWorld) -> None:
    with pytest.raises(Rejected, match="`two words`") as refused:
        await update(jira, await opened(world), labels=frozenset({"two words"}))
    assert refused.value.field == "labels"


# --- create and find -------------------------------------------------------------------------------------------------


async def test_a_create_sends_only_what_its_screen_shows(jira: Jira, world: JiraWorld) -> None:
    made = await jira.create(draft({"Root Cause": None, "Severity": "S2", "environment": None}), key="key-1")
    assert made.fields["Severity"] == "S2"


async def test_a_create_that_could_not_be_found_again_is_refused_with_its_remedy(
    jira: Jira, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = (dataclasses.replace(each, on_create=each.id != "labels") for each in scheme.FIELDS)
    monkeypatch.setattr(scheme, "FIELDS", tuple(fields))
    with pytest.raises(Rejected, match="put the field Labels on the create screen of Bug in CORE") as refused:
        await jira.create(draft(), key="key-1")
    assert refused.value.field == "labels"


@pytest.mark.parametrize(
    ("asked", "field"),
    [(draft(project="NOPE"), "project"), (draft(issue_type="Epic"), "issue_type")],
    ids=["project", "issue type"],
)
async def test_a_place_that_is_not_there_is_refused_by_name(jira: Jira, asked: Draft, field: str) -> None:
    with pytest.raises(Rejected) as refused:
        await jira.create(asked, key="key-1")
    assert refused.value.field == field


async def test_a_field_that_nobody_knows_is_refused_by_name(jira: Jira, world: JiraWorld) -> None:
    with pytest.raises(Rejected, match="`Sevrity`") as refused:
        await jira.create(draft({"Sevrity": "S1"}), key="key-1")
    assert refused.value.field == "Sevrity"
    with pytest.raises(Rejected) as refused:
        await update(jira, await opened(world), Severity="S9")
    assert refused.value.field == "Severity", "Jira said customfield_10050"


async def test_a_create_without_an_answer_is_found_once_search_has_it(jira: Jira, world: JiraWorld) -> None:
    world.simulator.faults.on(f"POST {world.dialect.api}/issue", LostAfter())
    with pytest.raises(Unavailable) as lost:
        await jira.create(draft(), key="key-1")
    assert lost.value.sent
    assert not await jira.find("key-1"), "the index lags"
    world.clock.advance(LAG + timedelta(seconds=1))
    (found,) = await jira.find("key-1")
    assert found.fields["summary"] == "Export fails"


async def test_a_create_that_cannot_be_read_back_counts_as_sent(jira: Jira, world: JiraWorld) -> None:
    await jira.create(draft(), key="key-0")  # the screens are read now
    world.simulator.faults.on(f"GET {world.dialect.api}/issue/*", Status(403))
    with pytest.raises(Unavailable) as failed:
        await jira.create(draft(), key="key-1")
    assert failed.value.sent


async def test_a_label_alone_makes_no_issue_ours(jira: Jira, world: JiraWorld) -> None:
    await opened(world, labels=frozenset({label_of("key-1")}))
    await world.settle()
    assert not await jira.find("key-1")


async def test_a_search_that_hides_what_exists_is_not_believed(jira: Jira, world: JiraWorld) -> None:
    old = await opened(world)
    world.clock.advance(LAG + timedelta(seconds=1))
    await world.edit(old, {"summary": "long known"})
    await jira.fetch(old)
    await world.settle()
    assert not await jira.find("key-1"), "search shows the old one, so that none means none"
    entry, hidden = issue(world, old), issue(world, old).index
    entry.index = []
    with pytest.raises(Unavailable, match="search does not find CORE-1") as doubted:
        await jira.find("key-1")
    assert not doubted.value.sent
    entry.index = hidden
    with by_person(world):
        world.simulator.site.delete(entry)
    assert not await jira.find("key-1"), "the old one is gone, which search may say"


async def test_the_issue_that_proves_the_search_can_be_the_one_looked_for(jira: Jira, world: JiraWorld) -> None:
    made = await jira.create(draft(), key="key-1")
    await world.settle()
    await world.edit(made.ref, {"summary": "long known"})
    await jira.fetch(made.ref)
    await world.settle()
    (found,) = await jira.find("key-1")
    assert found.ref == made.ref


# --- files, links, people ---------------------------------------------------------------------------------------------


def file(name: str, data: bytes) -> File:
    async def read() -> AsyncIterator[bytes]:
        yield data

    return File(name, "application/octet-stream", len(data), read)


@pytest.mark.shows("files sent")
async def test_a_file_keeps_its_bytes_and_its_name(jira: Jira, world: JiraWorld) -> None:
    ref, data = await opened(world), bytes(range(256)) * 1000
    names = {"log.bin": "log.bin", "Größe 日本.txt": "Größe 日本.txt", 'a "quoted"\r\nname': "a 'quoted'__name"}
    for name, kept in names.items():
        attached = await jira.attach(ref, file(name, data))
        assert attached.name == kept
        assert b"".join([piece async for piece in jira.download(attached)]) == data
    thread = (await jira.fetch(ref)).thread
    assert thread is not None
    assert [each.size for each in thread.attachments] == [len(data)] * 3


@pytest.mark.shows("large files streamed")
async def test_a_file_is_sent_while_it_is_read_and_loaded_piece_by_piece(
    jira: Jira, world: JiraWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened: list[str] = []
    right = world.transport.handle_async_request

    async def noted(request: httpx.Request) -> httpx.Response:
        happened.append("request")
        return await right(request)

    async def read() -> AsyncIterator[bytes]:
        for _ in range(40):
            happened.append("piece")
            yield b"x" * 100_000

    ref = await opened(world)
    monkeypatch.setattr(world.transport, "handle_async_request", noted)
    attached = await jira.attach(ref, File("recording.bin", "application/octet-stream", 4_000_000, read))
    assert happened == ["request", *["piece"] * 40]
    pieces = [len(piece) async for piece in jira.download(attached)]
    assert (sum(pieces), max(pieces) < 1_000_000) == (4_000_000, True)


async def test_a_file_on_a_comment_is_not_this_connectors_way(jira: Jira, world: JiraWorld) -> None:
    with pytest.raises(Unsupported):
        await jira.comment(await opened(world), Message(Internal("x"), (file("a", b"x"),)), key="k", expect="")


async def test_a_link_back_is_replaced_not_repeated(jira: Jira, world: JiraWorld) -> None:
    ref = await opened(world)
    customer = Person("1", "Carla")
    link = Backlink("https://help.example/tickets/7", "#7 Export fails", "#7", customer=customer)
    for each in (link, link, dataclasses.replace(link, done=True)):
        await jira.link_back(ref, each)
    [shown] = issue(world, ref).links.values()
    assert shown["object"]["title"] == "#7 Export fails (Carla)"
    assert shown["object"]["status"] == {"resolved": True}


async def test_a_link_back_can_be_switched_off(world: JiraWorld) -> None:
    silent = world.connector(link_via="none")
    ref = await opened(world)
    before = world.requests
    await silent.link_back(ref, Backlink("https://help.example/tickets/7", "#7", "#7"))
    assert world.requests == before
    await silent.aclose()


async def test_a_hidden_address_finds_nobody(jira: Jira, world: JiraWorld) -> None:
    assert await jira.person(ANA.email.upper()) == Person(ANA.id)
    assert await jira.person(BEN.email) is None
    assert await jira.person("ana") is None, "a part of a name is no address"


# --- refusals and limits --------------------------------------------------------------------------------------------


async def test_a_wrong_token_is_unauthorized(world: JiraWorld) -> None:
    stranger = world.connector(token=SecretStr("wrong"))
    with pytest.raises(Unauthorized):
        await stranger.check()
    await stranger.aclose()


@pytest.mark.parametrize(("status", "error"), [(403, Forbidden), (409, Stale), (413, Rejected), (503, Unavailable)])
async def test_a_refusal_says_what_to_do(jira: Jira, world: JiraWorld, status: int, error: type[Exception]) -> None:
    ref = await opened(world)
    answer = httpx.MockTransport(lambda request: httpx.Response(status, json={"errorMessages": ["no"], "errors": {}}))
    with pytest.raises(error):
        await Jira(world.config, transport=answer).update(ref, {"summary": "x"}, expect="1")


@pytest.mark.shows("limit obeyed when it is hit")
async def test_a_used_up_limit_pauses_the_credential(jira: Jira, world: JiraWorld) -> None:
    ref = await opened(world)
    world.simulator.limit = Limit(50, timedelta(seconds=30), used=50, opened=world.clock())
    with pytest.raises(RateLimited) as limited:
        await jira.fetch(ref)
    assert limited.value.retry_after == 30
    before = world.requests
    with pytest.raises(RateLimited):
        await jira.fetch(ref)
    assert world.requests == before, "nothing is asked until then"


async def test_one_busy_issue_does_not_stop_the_others(cloud: JiraWorld) -> None:
    jira = cloud.connector()
    await jira.check()
    busy, other = await opened(cloud), await opened(cloud)
    for number in range(20):
        await jira.update(busy, {"summary": f"edit {number}"}, expect="1")
    with pytest.raises(RateLimited) as limited:
        await jira.update(busy, {"summary": "one more"}, expect="1")
    assert limited.value.retry_after == 2
    await jira.update(other, {"summary": "still goes"}, expect="1")
    await jira.aclose()


@pytest.mark.shows("limit seen before it is hit")
async def test_what_is_left_is_known_from_the_headers(jira: Jira, world: JiraWorld) -> None:
    world.simulator.limit = Limit(1000, timedelta(minutes=1))
    await jira.fetch(await opened(world))
    [quota] = jira.quotas()
    assert (quota.limit, quota.remaining) == (1000, 999)
    assert quota.resets is not None
    assert quota.resets.tzinfo is not None


async def test_no_ref_climbs_out_of_its_place(jira: Jira, world: JiraWorld) -> None:
    before = world.requests
    for ref in ("../myself", "1/../../myself", "1?fields=x", "1#x"):
        with pytest.raises(NotFound):
            await jira.fetch(ref)
    assert all(f"{world.dialect.api}/issue/" in call for call in world.simulator.calls(since=before))


# --- who and what ----------------------------------------------------------------------------------------------------


@pytest.mark.shows("missing rights told")
async def test_a_missing_right_is_named(world: JiraWorld) -> None:
    """On Data Center an administrator's rights have a use: webhooks are registered by them."""
    held = world.simulator.permissions - {"TRANSITION_ISSUES"}
    world.simulator.permissions = held | {"ADMINISTER", "SYSTEM_ADMIN"}
    jira = world.connector(projects=("CORE", "TRIAGE"))
    account = await jira.check()
    excess = ("ADMINISTER", "SYSTEM_ADMIN") if world.simulator.cloud else ("SYSTEM_ADMIN",)
    assert (account.lacks, account.excess) == (("TRANSITION_ISSUES",), excess)
    await jira.aclose()


@pytest.mark.shows("public places noticed")
async def test_a_project_that_strangers_can_browse_is_noticed(world: JiraWorld) -> None:
    jira = world.connector(projects=("CORE", "TRIAGE"))
    assert (await jira.describe()).public_containers == frozenset()
    world.simulator.public.add("TRIAGE")
    assert (await jira.describe()).public_containers == {"TRIAGE"}
    await jira.aclose()


async def test_where_no_project_is_named_all_that_strangers_can_browse_are_noticed(cloud: JiraWorld) -> None:
    cloud.simulator.public.add("CORE")
    jira = cloud.connector()
    assert (await jira.describe()).public_containers == {"CORE"}
    await jira.aclose()


async def test_a_description_knows_projects_types_and_words(world: JiraWorld) -> None:
    jira = world.connector(projects=("CORE",))
    found = await jira.describe()
    assert found.containers == {"CORE": ("Bug", "Task")}
    options = {field.name: field.options for field in found.fields}
    assert "Highest" in options["priority"]
    assert "In Review" in options["status"]
    assert "Severity" in options
    await jira.aclose()


def test_a_cloud_account_needs_its_address(cloud: JiraWorld) -> None:
    block = cloud.simulator.connection()
    del block["email"]
    with pytest.raises(ValueError, match="`email` is needed"):
        Jira.Config.model_validate(block)


async def test_done_by_a_person_shows_on_the_page_and_not_as_ours(jira: Jira, world: JiraWorld) -> None:
    ref = await opened(world)
    seen = await jira.fetch(ref)
    with by_person(world):
        world.simulator.set_fields(ref, {"priority": "Highest"})
    [edit] = (await jira.fetch(ref, since=seen.revision)).history
    assert not edit.ours


def test_an_attachment_never_shows_where_it_lies() -> None:
    assert Attachment("1", "x", 1, "text/plain").url == ""
