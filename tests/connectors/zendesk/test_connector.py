"""What only Zendesk does, seen at the simulated vendor; each test's traffic is checked against the description."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from syncd.core.model import Fields, Internal, Life, Public, RichText, Visibility
from syncd.sdk.connector import ONLY_FIELDS, Backlink, Draft, File, Message
from syncd.sdk.errors import (
    BadAnswer,
    Forbidden,
    Locked,
    NotFound,
    RateLimited,
    Rejected,
    Stale,
    Unauthorized,
    Unavailable,
)
from syncd.sdk.testing.faults import LostAfter, Status
from syncd.sdk.testing.page import Upload
from syncd.sdk.testing.simulator import Account, Limit
from syncd_zendesk import Zendesk, ZendeskConfig
from syncd_zendesk.desk import ACCOUNT, ANA, BEN, CAROL, LINK_FIELD
from tests.connectors.zendesk.world import ZendeskWorld

CORE_7 = Backlink(url="https://jira.example/browse/CORE-7", title="CORE-7 Export fails", label="CORE-7")


def file(name: str, data: bytes, *, size: int | None = None) -> File:
    async def read() -> AsyncIterator[bytes]:
        yield data

    return File(name, "text/plain", len(data) if size is None else size, read)


async def read_back(zendesk: Zendesk, ref: str) -> Any:
    found = (await zendesk.fetch(ref)).thread
    assert found
    return found


# --- what it costs ---------------------------------------------------------------------------------------------------


@pytest.mark.shows("several fields in one request")
async def test_what_each_deed_costs(zendesk: Zendesk, world: ZendeskWorld, capsys: pytest.CaptureFixture[str]) -> None:
    ref = world.simulator.make("Export fails")
    world.clock.advance(300)
    cost: dict[str, list[str]] = {}

    async def count(name: str, deed: Any) -> Any:
        before = world.requests
        made = await deed
        cost[name] = world.calls(since=before)
        return made

    async def poll(cursor: str | None) -> str:
        return [page.cursor async for page in zendesk.changes(cursor)][-1]

    seen = await count("read fields", zendesk.fetch(ref, parts=ONLY_FIELDS))
    written = await count("write five fields", zendesk.update(ref, FIVE, expect=seen.revision))
    await count("read with thread", zendesk.fetch(ref))
    await count("comment", zendesk.comment(ref, Message(Internal("x")), key="key-1", expect=written.revision))
    await count("read with thread after our comment", zendesk.fetch(ref))
    await count("link back", zendesk.link_back(ref, CORE_7))
    world.clock.advance(300)
    cursor = await poll(await poll(None))
    await count("idle poll", poll(cursor))
    for name, calls in cost.items():
        print(f"{name}: {len(calls)}  {', '.join(calls)}")
    assert {name: len(calls) for name, calls in cost.items()} == {
        "read fields": 1,
        "write five fields": 1,
        "read with thread": 2,
        "comment": 1,
        "read with thread after our comment": 2,
        "link back": 1,
        "idle poll": 1,
    }


FIVE: Fields = {
    "priority": "urgent",
    "status": "open",
    "subject": "Export fails for all",
    "tags": frozenset({"export"}),
    "Severity": "sev1",
}


# --- the account -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [{"token": "wrong"}, {"email": "nobody@acme.example"}])
async def test_a_wrong_credential_is_seen_although_zendesk_answers_200(
    world: ZendeskWorld, wrong: dict[str, str]
) -> None:
    connector = world.connector(**wrong)
    with pytest.raises(Unauthorized):
        await connector.check()
    await connector.aclose()


@pytest.mark.shows("missing rights told")
async def test_an_agent_who_may_not_poll_is_told_so(world: ZendeskWorld) -> None:
    connector = world.connector(email=ANA.email, token=ANA.token)
    account = await connector.check()
    assert (account.id, account.name) == (ANA.id, "Ana Agent")
    assert any("administrator" in lack for lack in account.lacks)
    with pytest.raises(Forbidden):
        _ = [page async for page in connector.changes("1700000000")]
    await connector.aclose()


async def test_an_oauth_token_signs_in_too(world: ZendeskWorld) -> None:
    connector = world.connector(email=None, token=None, oauth_token=ACCOUNT.token)
    assert (await connector.check()).lacks == ()
    await connector.aclose()


@pytest.mark.parametrize(
    "given",
    [{}, {"email": "a@b"}, {"token": "t"}, {"email": "a@b", "token": "t", "oauth_token": "o"}],
    ids=["none", "no token", "no email", "both"],
)
def test_one_credential_is_needed_and_no_secret_is_shown(given: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as caught:
        ZendeskConfig.model_validate({"connector": "zendesk", "url": "https://acme.zendesk.com", **given})
    assert "oauth_token" in str(caught.value)
    assert "input_value" not in str(caught.value)


async def test_only_somebody_who_can_be_assigned_is_found(zendesk: Zendesk, world: ZendeskWorld) -> None:
    assert (await zendesk.person("BEN@acme.example")) is not None
    assert await zendesk.person(CAROL.email) is None, "customers are not assigned"
    assert await zendesk.person('x" role:admin') is None
    world.simulator.desk.users[int(BEN.id)].suspended = True
    assert await zendesk.person(BEN.email) is None


async def test_the_description_knows_fields_and_groups(zendesk: Zendesk, world: ZendeskWorld) -> None:
    described = await zendesk.describe()
    fields = {info.name: info for info in described.fields}
    assert fields["Severity"].options == ("sev1", "sev2", "sev3", "sev4")
    assert fields["group"].options == ("Support", "Billing")


# --- guards ----------------------------------------------------------------------------------------------------------


async def test_an_edit_in_the_second_of_our_read_is_not_believed_to_be_known(
    zendesk: Zendesk, world: ZendeskWorld
) -> None:
    """Stamps are whole seconds, so Zendesk's guard lets this write pass; its answer then claims nothing."""
    ref = world.simulator.make("Export fails", priority="low")
    seen = await zendesk.fetch(ref)
    world.simulator.edit(ref, status="hold")
    world.clock.advance(1)
    written = await zendesk.update(ref, {"priority": "high"}, expect=seen.revision)
    assert (written.revision, dict(written.fields)) == (None, {})


@pytest.mark.shows("edit beneath a write noticed")
async def test_an_edit_that_was_run_over_is_in_the_history(zendesk: Zendesk, world: ZendeskWorld) -> None:
    ref = world.simulator.make("Export fails", priority="low")
    seen = await zendesk.fetch(ref)
    world.simulator.edit(ref, priority="urgent")
    world.clock.advance(1)
    written = await zendesk.update(ref, {"priority": "high"}, expect=seen.revision)
    assert (written.revision, dict(written.fields)) == (None, {})
    history = (await zendesk.fetch(ref, parts=ONLY_FIELDS, since=seen.revision)).history
    assert [(edit.field, edit.old, edit.new, edit.ours) for edit in history] == [
        ("priority", "low", "urgent", False),
        ("priority", "urgent", "high", True),
    ]


@pytest.mark.shows("labels of others stay")
async def test_a_tag_that_somebody_adds_meanwhile_stays(zendesk: Zendesk, world: ZendeskWorld) -> None:
    """An update replaces all tags, so it is the guard that keeps them: syncd reads again and decides anew."""
    ref = world.simulator.make("Export fails", tags=["old"])
    seen = await zendesk.fetch(ref)
    world.clock.advance(1)
    world.simulator.edit(ref, tags=["old", "theirs"])
    with pytest.raises(Stale):
        await zendesk.update(ref, {"tags": frozenset({"old", "ours"})}, expect=seen.revision)
    assert (await zendesk.fetch(ref)).fields["tags"] == {"old", "theirs"}


@pytest.mark.shows("custom fields")
async def test_custom_fields_are_written_read_and_emptied(zendesk: Zendesk, world: ZendeskWorld) -> None:
    ref = world.simulator.make("Export fails")
    given: Fields = {"Severity": "sev1", "Platforms": frozenset({"on_web", "on_ios"}), "VIP": "true"}
    for fields in (given, {**dict.fromkeys(given), "VIP": "false"}):
        await zendesk.update(ref, fields, expect=(await zendesk.fetch(ref)).revision)
        shown = (await zendesk.fetch(ref)).fields
        assert {name: shown[name] or None for name in given} == fields


async def test_a_quiet_ticket_keeps_its_guard_through_many_writes(zendesk: Zendesk, world: ZendeskWorld) -> None:
    ref = world.simulator.make("Export fails")
    revision = (await zendesk.fetch(ref)).revision
    for number in range(5):
        written = await zendesk.update(ref, {"subject": f"write {number}", "Severity": "sev1"}, expect=revision)
        assert written.revision, "nobody else wrote"
        revision = written.revision
        world.clock.advance(1)


async def test_a_revision_that_never_was_is_stale(zendesk: Zendesk, world: ZendeskWorld) -> None:
    ref = world.simulator.make("Export fails")
    with pytest.raises(Stale):
        await zendesk.update(ref, {"priority": "high"}, expect="2026-01-05T09:00:00.5Z")


async def test_a_stale_comment_is_not_written(zendesk: Zendesk, world: ZendeskWorld) -> None:
    ref = world.simulator.make("Export fails")
    seen = await zendesk.fetch(ref)
    world.clock.advance(1)
    world.simulator.edit(ref, status="hold")
    with pytest.raises(Stale):
        await zendesk.comment(ref, Message(Public("Fixed")), key="key-1", expect=seen.revision)
    assert (await read_back(zendesk, ref)).comments == ()


async def test_an_unguarded_comment_does_not_say_that_we_know_the_ticket(zendesk: Zendesk, world: ZendeskWorld) -> None:
    ref = world.simulator.make("Export fails")
    posted = await zendesk.comment(ref, Message(Public("Fixed")), key="key-1", expect="")
    assert posted.written.revision is None


# --- create, find, keys ----------------------------------------------------------------------------------------------


async def test_a_made_ticket_mails_nobody_and_carries_its_key_out_of_sight(
    zendesk: Zendesk, world: ZendeskWorld
) -> None:
    draft = Draft({"group": "Support"}, {"subject": "Export fails", "description": RichText.of("**Bold** words")})
    made = await zendesk.create(draft, key="syncd-key-1")
    ticket = world.simulator.desk.ticket(made.ref)
    assert [comment.public for comment in ticket.comments] == [False]
    assert "syncd-key-1" not in "".join(comment.html for comment in ticket.comments)
    assert ticket.values["external_id"] == "syncd-key-1"


async def test_a_create_whose_answer_was_lost_is_the_same_ticket_again(zendesk: Zendesk, world: ZendeskWorld) -> None:
    draft = Draft({"group": "Support"}, {"subject": "Export fails"})
    world.simulator.faults.on("POST /api/v2/tickets", LostAfter())
    with pytest.raises(Unavailable) as caught:
        await zendesk.create(draft, key="key-1")
    assert caught.value.sent
    again = await zendesk.create(draft, key="key-1")
    assert list(world.simulator.desk.tickets) == [int(again.ref)]


async def test_a_key_with_another_body_is_refused(zendesk: Zendesk, world: ZendeskWorld) -> None:
    await zendesk.create(Draft({"group": "Support"}, {"subject": "one"}), key="key-1")
    with pytest.raises(Rejected):
        await zendesk.create(Draft({"group": "Support"}, {"subject": "two"}), key="key-1")


async def test_a_key_is_forgotten_in_time_but_the_ticket_is_found(zendesk: Zendesk, world: ZendeskWorld) -> None:
    made = await zendesk.create(Draft({"group": "Support"}, {"subject": "one"}), key="key-1")
    world.clock.advance(Zendesk.key_lifetime + timedelta(seconds=1))
    (found,) = await zendesk.find("key-1")
    assert found.ref == made.ref


async def test_a_key_that_somebody_typed_finds_nothing(zendesk: Zendesk, world: ZendeskWorld) -> None:
    world.simulator.make("Not ours", external_id="key-1")
    assert not await zendesk.find("key-1")


@pytest.mark.shows("unanswered comment found")
async def test_a_comments_key_is_found_after_a_restart(zendesk: Zendesk, world: ZendeskWorld) -> None:
    ref = world.simulator.make("Export fails")
    world.simulator.faults.on("PUT *", LostAfter())
    with pytest.raises(Unavailable):
        await zendesk.comment(ref, Message(Internal("x")), key="key-1", expect="")
    reborn = world.connector()
    await reborn.check()
    assert [comment.key for comment in (await read_back(reborn, ref)).comments] == ["key-1"]
    before = world.requests
    await read_back(reborn, ref)
    assert len(world.calls(since=before)) == 2, "a key is asked for once"
    await reborn.aclose()


async def test_somebody_elses_metadata_is_no_key(zendesk: Zendesk, world: ZendeskWorld) -> None:
    ref = world.simulator.make("Export fails")
    other = world.connector(email=ANA.email, token=ANA.token)
    await other.comment(ref, Message(Public("x")), key="key-1", expect="")
    assert [comment.key for comment in (await read_back(zendesk, ref)).comments] == [None]
    await other.aclose()


async def test_a_key_that_somebody_wrote_in_our_name_is_none(zendesk: Zendesk, world: ZendeskWorld) -> None:
    """Whoever may use the API can name another author; the audit says who it was."""
    ref = world.simulator.make("Export fails")
    forged = {"body": "x", "author_id": int(ACCOUNT.id)}
    with world.simulator.do(ANA):
        metadata = {"custom": {"syncd": "key-1"}}
        world.simulator.desk.update(world.simulator.desk.ticket(ref), {"comment": forged, "metadata": metadata})
    assert [(each.author.id, each.key) for each in (await read_back(zendesk, ref)).comments] == [(ACCOUNT.id, None)]


async def test_a_list_that_leads_to_itself_ends(world: ZendeskWorld) -> None:
    def loop(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/users/me"):
            return httpx.Response(200, json={"user": {"id": 1, "name": "x", "role": "admin"}})
        meta = {"has_more": True, "after_cursor": "again"}
        return httpx.Response(200, json={"ticket_fields": [], "groups": [], "meta": meta})

    connector = Zendesk(ZendeskConfig(**world.settings), transport=httpx.MockTransport(loop))
    with pytest.raises(BadAnswer, match="itself"):
        await connector.check()
    await connector.aclose()


async def test_a_comment_without_a_proven_answer_may_have_been_written(zendesk: Zendesk, world: ZendeskWorld) -> None:
    ref = world.simulator.make("Export fails")
    world.simulator.faults.on("PUT *", Status(502))
    with pytest.raises(Unavailable) as caught:
        await zendesk.comment(ref, Message(Public("x")), key="key-1", expect="")
    assert caught.value.sent


# --- threads and files -----------------------------------------------------------------------------------------------


async def test_a_long_thread_is_read_to_its_end(zendesk: Zendesk, world: ZendeskWorld) -> None:
    ref = world.simulator.make("Export fails")
    for number in range(230):
        world.simulator.write(ref, f"number {number}", public=number % 2 == 0)
    before = world.requests
    comments = (await read_back(zendesk, ref)).comments
    assert [comment.body.text for comment in comments] == [f"number {number}" for number in range(230)]
    assert [isinstance(comment.body, Public) for comment in comments] == [number % 2 == 0 for number in range(230)]
    assert len(world.calls(since=before)) == 4
    assert {comment.author.email for comment in comments} == {ANA.email}


async def test_a_comment_that_was_made_private_is_internal(zendesk: Zendesk, world: ZendeskWorld) -> None:
    ref = world.simulator.make("Export fails")
    await zendesk.comment(ref, Message(Public("oops")), key="key-1", expect="")
    ticket = world.simulator.desk.ticket(ref)
    with world.simulator.do():
        world.simulator.desk.make_private(ticket, ticket.comments[1])
    assert [comment.body for comment in (await read_back(zendesk, ref)).comments] == [Internal("oops")]


async def test_a_redacted_comment_is_another_text(zendesk: Zendesk, world: ZendeskWorld) -> None:
    ref = world.simulator.make("Export fails")
    world.simulator.write(ref, "my card is 4711", public=True)
    [before] = (await read_back(zendesk, ref)).comments
    ticket = world.simulator.desk.ticket(ref)
    with world.simulator.do():
        world.simulator.desk.redact(ticket, ticket.comments[1], ["4711"])
    [after] = (await read_back(zendesk, ref)).comments
    assert after.body == Public("my card is ▇▇▇▇")
    assert after.source != before.source


async def test_a_file_over_the_limit_is_refused_before_it_is_sent(world: ZendeskWorld) -> None:
    connector = world.connector(max_file=10)
    await connector.check()
    ref = world.simulator.make("Export fails")
    before = world.requests
    with pytest.raises(Rejected) as caught:
        await connector.comment(ref, Message(Public("x"), (file("a", b"x" * 11),)), key="k", expect="")
    assert caught.value.field == "attachments"
    assert world.requests == before
    await connector.aclose()


async def test_a_file_that_the_account_refuses_is_rejected(zendesk: Zendesk, world: ZendeskWorld) -> None:
    world.simulator.max_file = 10
    ref = world.simulator.make("Export fails")
    with pytest.raises(Rejected):
        await zendesk.comment(ref, Message(Public("x"), (file("a", b"x" * 11),)), key="k", expect="")
    assert (await read_back(zendesk, ref)).comments == ()


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("../../etc/passwd", "passwd"), ("a\r\nb.txt", "ab.txt"), ("a, b; c.txt", "a, b; c.txt"), ("", "file")],
)
async def test_a_files_name_is_only_a_name(zendesk: Zendesk, world: ZendeskWorld, sent: str, kept: str) -> None:
    ref = world.simulator.make("Export fails")
    posted = await zendesk.comment(ref, Message(Public("x"), (file(sent, b"x"),)), key="k", expect="")
    assert [each.name for each in posted.comment.attachments] == [kept]


async def test_a_file_on_another_host_is_fetched_without_credentials(world: ZendeskWorld) -> None:
    world.simulator.files_url = "https://files.zendesk.example"
    connector = world.connector(download_hosts=["files.zendesk.example"])
    await connector.check()
    ref = world.simulator.make("Export fails")
    world.simulator.write(ref, "see file", public=True, files=[Upload("log.txt", "text/plain", b"line")])
    [comment] = (await read_back(connector, ref)).comments
    assert b"".join([chunk async for chunk in connector.download(comment.attachments[0])]) == b"line"
    await connector.aclose()


@pytest.mark.shows("inline images")
async def test_a_picture_in_a_text_is_a_file_of_its_comment(zendesk: Zendesk, world: ZendeskWorld) -> None:
    ref = world.simulator.make("Export fails")
    world.simulator.write(ref, "see", public=False, files=[Upload("chart.png", "image/png", b"PNG")])
    world.simulator.desk.ticket(ref).comments[-1].files[0].inline = True
    [comment] = (await read_back(zendesk, ref)).comments
    [image] = comment.attachments
    assert (image.name, image.media_type, image.visibility) == ("chart.png", "image/png", Visibility.INTERNAL)
    assert b"".join([piece async for piece in zendesk.download(image)]) == b"PNG"


async def test_malware_is_not_fetched(zendesk: Zendesk, world: ZendeskWorld) -> None:
    ref = world.simulator.make("Export fails")
    world.simulator.write(ref, "see file", public=True, files=[Upload("x.exe", "application/x", b"EICAR")])
    [comment] = (await read_back(zendesk, ref)).comments
    with pytest.raises(Rejected, match="malware"):
        _ = [chunk async for chunk in zendesk.download(comment.attachments[0])]


# --- the other half --------------------------------------------------------------------------------------------------


async def test_the_field_shows_the_issue_and_the_same_again_is_no_change(zendesk: Zendesk, world: ZendeskWorld) -> None:
    ref = world.simulator.make("Export fails")
    await zendesk.link_back(ref, CORE_7)
    stands = world.simulator.desk.ticket(ref)
    audits = len(stands.audits)
    await zendesk.link_back(ref, CORE_7)
    assert stands.custom[LINK_FIELD] == CORE_7.url
    assert len(stands.audits) == audits


@pytest.mark.parametrize("read_before", [True, False])
async def test_without_a_field_a_tag_shows_the_issue_and_is_no_label(read_before: bool) -> None:
    world = ZendeskWorld(link_field=None)
    connector = world.connector()
    await connector.check()
    ref = world.simulator.make("Export fails", tags=["vip"])
    if read_before:
        await connector.fetch(ref)
    world.clock.advance(1)
    world.simulator.edit(ref, tags=["vip", "later"])
    await connector.link_back(ref, CORE_7)
    assert world.simulator.desk.ticket(ref).values["tags"] == {"vip", "later", "syncd-core-7"}
    seen = await connector.fetch(ref)
    assert seen.fields["tags"] == frozenset({"vip", "later"})
    await connector.update(ref, {"tags": frozenset({"other"})}, expect=seen.revision)
    assert world.simulator.desk.ticket(ref).values["tags"] == {"other", "syncd-core-7"}
    await connector.aclose()


# --- life ------------------------------------------------------------------------------------------------------------


@pytest.mark.shows("locked or archived left alone")
async def test_a_closed_ticket_is_locked(zendesk: Zendesk, world: ZendeskWorld) -> None:
    ref = world.simulator.make("Export fails")
    world.simulator.edit(ref, status="closed")
    seen = await zendesk.fetch(ref)
    assert seen.life is Life.LOCKED
    with pytest.raises(Locked):
        await zendesk.update(ref, {"priority": "high"}, expect=seen.revision)
    with pytest.raises(Locked):
        await zendesk.comment(ref, Message(Public("x")), key="k", expect="")


async def test_a_deleted_ticket_says_so_and_can_come_back(zendesk: Zendesk, world: ZendeskWorld) -> None:
    ref = world.simulator.make("Export fails")
    with world.simulator.do():
        world.simulator.desk.delete(world.simulator.desk.ticket(ref))
    assert (await zendesk.fetch(ref)).life is Life.DELETED
    with world.simulator.do():
        world.simulator.desk.restore(int(ref))
    assert (await zendesk.fetch(ref)).life is Life.ACTIVE


async def test_a_ticket_that_never_was_is_only_not_found(zendesk: Zendesk, world: ZendeskWorld) -> None:
    with pytest.raises(NotFound):
        await zendesk.fetch("4711")


async def test_a_merged_ticket_names_the_one_that_is_left(zendesk: Zendesk, world: ZendeskWorld) -> None:
    source, into = world.simulator.make("Export fails"), world.simulator.make("Exports fail")
    with world.simulator.do():
        world.simulator.desk.merge(world.simulator.desk.ticket(source), world.simulator.desk.ticket(into))
    seen = await zendesk.fetch(source, parts=ONLY_FIELDS)
    assert (seen.life, seen.merged_into) == (Life.LOCKED, into)
    assert (await zendesk.fetch(into)).merged_into is None


async def test_custom_statuses_are_read_and_written_by_their_labels() -> None:
    world = ZendeskWorld(custom_statuses=True)
    connector = world.connector(custom_statuses=True)
    await connector.check()
    ref = world.simulator.make("Export fails")
    seen = await connector.fetch(ref)
    assert seen.fields["status"] == "New"
    await world.webhooks()
    written = await connector.update(ref, {"status": "With engineering"}, expect=seen.revision)
    assert dict(written.fields) == {"status": "With engineering"}
    assert world.simulator.desk.ticket(ref).status == "open"
    told = [hint.token for webhook in await world.webhooks() for hint in connector.receive(webhook).changed]
    assert told
    assert set(told) <= written.tokens, "category and custom status are one write of ours"
    await connector.aclose()


# --- limits and refusals ---------------------------------------------------------------------------------------------


@pytest.mark.shows("limit seen before it is hit")
async def test_the_limit_is_read_from_the_headers_and_kept(zendesk: Zendesk, world: ZendeskWorld) -> None:
    ref = world.simulator.make("Export fails")
    world.simulator.limit = Limit(50)
    await zendesk.fetch(ref, parts=ONLY_FIELDS)
    [quota] = zendesk.quotas()
    assert (quota.limit, quota.remaining) == (50, 49)


@pytest.mark.shows("limit obeyed when it is hit")
async def test_a_429_names_its_wait_and_nothing_is_sent_meanwhile(zendesk: Zendesk, world: ZendeskWorld) -> None:
    ref = world.simulator.make("Export fails")
    world.simulator.faults.on("PUT *", Status(429, retry_after=93))
    with pytest.raises(RateLimited) as caught:
        await zendesk.update(ref, {"priority": "high"}, expect="")
    assert caught.value.retry_after == 93
    before = world.requests
    with pytest.raises(RateLimited):
        await zendesk.fetch(ref)
    assert world.requests == before


async def test_a_refusal_names_the_field_in_our_words(zendesk: Zendesk, world: ZendeskWorld) -> None:
    ref = world.simulator.make("Export fails")
    world.simulator.desk.users[int(BEN.id)].role = "end-user"
    person = (await zendesk.fetch(ref)).requester
    with pytest.raises(Rejected) as caught:
        await zendesk.update(ref, {"assignee": person}, expect="")
    assert caught.value.field == "assignee"


async def test_the_vendor_may_be_another_account_than_ours(zendesk: Zendesk, world: ZendeskWorld) -> None:
    """A person who shares our account writes by the page: no key, so it is theirs to carry over."""
    ref = world.simulator.make("Export fails")
    shared = Account(ACCOUNT.id, ACCOUNT.name)
    world.simulator.write(ref, "by hand", public=True, by=shared)
    assert [comment.key for comment in (await read_back(zendesk, ref)).comments] == [None]
