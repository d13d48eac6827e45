"""What only Request Tracker does: each trap that a connector falls into there, on recorded answers and on a real RT."""

from __future__ import annotations

import pytest

from syncd.core.model import Internal, Kind, Life, Person, Public, RichText, Value, Visibility
from syncd.sdk.connector import ONLY_FIELDS, ONLY_THREAD, Backlink, Draft, Message
from syncd.sdk.errors import Forbidden, NotFound, Rejected, Unauthorized
from syncd.sdk.testing.promises.base import file, poll
from syncd_rt import RequestTracker
from tests.connectors.rt.world import RtWorld

SAID = {"Content": "on two", "ContentType": "text/plain"}


@pytest.mark.shows("several fields in one request")
async def test_calls_are_counted(rt: RequestTracker, desk: RtWorld) -> None:
    """Read 1, write 1, idle poll 1, comment 1; a thread 2 more, and 1 more where it has files."""
    counts: dict[str, int] = {}

    def counted(what: str) -> None:
        counts[what] = len(desk.calls)
        desk.calls.clear()

    ref = await desk.open({"subject": "Export fails"})
    await rt.check()
    counted("check")
    await rt.fetch(ref)
    counted("first read, all parts")
    seen = await rt.fetch(ref, parts=ONLY_FIELDS)
    counted("read of the fields")
    await rt.update(ref, {"priority": "High", "subject": "New"}, expect=seen.revision)
    counted("write of two fields")
    await rt.comment(ref, Message(Internal("note")), key="k", expect=seen.revision)  # not guarded, so not refused
    counted("comment")
    _, cursor = await poll(rt, None)
    counted("first poll")
    assert (await poll(rt, cursor))[0] == []
    counted("idle poll")
    print("\nRT:", counts)
    assert counts == {
        "check": 2,
        "first read, all parts": 3,
        "read of the fields": 1,
        "write of two fields": 1,
        "comment": 1,
        "first poll": 1,
        "idle poll": 1,
    }


@pytest.mark.shows("custom fields")
async def test_only_what_the_sentences_prove_is_claimed(rt: RequestTracker, desk: RtWorld) -> None:
    """All of this is one answer with 200: two fields stand, three were refused, one is not even mentioned."""
    ref = await desk.open({"subject": "Export fails"})
    seen = await rt.fetch(ref)
    wanted: dict[str, Value] = {
        "priority": "High",
        "Severity": "Critical",
        "Customer tier": "Gold",
        "owner": Person("nobody-knows"),
        "status": "no such status",
        "No such field": "x",
    }
    written = await rt.update(ref, wanted, expect=seen.revision)
    assert written.fields == {"priority": "High", "Severity": "Critical"}
    assert sorted(written.echoes) == ["CustomField 2", "Set Priority"]
    now = (await rt.fetch(ref)).fields
    assert {name: now.get(name) for name in wanted} == {
        "priority": "High",
        "Severity": "Critical",
        "Customer tier": None,
        "owner": None,
        "status": "open",
        "No such field": None,
    }


async def test_a_word_that_would_become_priority_0_is_not_sent(rt: RequestTracker, desk: RtWorld) -> None:
    with pytest.raises(Rejected) as refused:
        await rt.update("1", {"priority": "urgent"}, expect="1")
    assert refused.value.field == "priority"
    assert desk.calls == []


@pytest.mark.shows("own write costs no second read")
async def test_every_echo_is_foretold_and_has_one_name_by_webhook_and_poll(rt: RequestTracker, desk: RtWorld) -> None:
    ref = await desk.open({"subject": "Export fails", "Severity": "Low"})
    _, cursor = await poll(rt, None)
    seen = await rt.fetch(ref)
    desk.listener.taken()
    fields = {"subject": "A to 'B'", "priority": "High", "Severity": "High", "status": "stalled"}
    written = await rt.update(ref, fields, expect=seen.revision)
    assert written.fields == fields
    pushed = [hint for webhook in desk.listener.taken() for hint in rt.receive(webhook).changed]
    polled, _ = await poll(rt, cursor)
    assert sorted(hint.echo for hint in polled) == sorted(written.echoes)
    assert set(pushed) == set(polled)
    after = await rt.fetch(ref, parts=ONLY_FIELDS)
    assert all(rt.includes(after.revision, hint) for hint in polled)
    assert not any(rt.includes(seen.revision, hint) for hint in polled)
    assert max(int(hint.revision) for hint in polled) == int(after.revision)


async def test_a_hook_leaves_out_what_comes_after_an_owner_and_the_poll_does_not(
    rt: RequestTracker, desk: RtWorld
) -> None:
    """RT runs its batch of scrips when the owner is set and not again: measured, and one reason to poll as well."""
    ref = await desk.open({"subject": "Export fails"})
    anna = await rt.person("anna@support.test")
    _, cursor = await poll(rt, None)
    seen = await rt.fetch(ref)
    desk.listener.taken()
    written = await rt.update(ref, {"owner": anna, "subject": "New"}, expect=seen.revision)
    assert written.fields == {"owner": anna, "subject": "New"}
    pushed = [hint.echo for webhook in desk.listener.taken() for hint in rt.receive(webhook).changed]
    polled, _ = await poll(rt, cursor)
    assert set(pushed) < {hint.echo for hint in polled}
    assert sorted(hint.echo for hint in polled) == sorted(written.echoes)
    assert max(int(hint.revision) for hint in polled) == int((await rt.fetch(ref)).revision)


async def test_a_merged_ticket_says_where_it_went(rt: RequestTracker, desk: RtWorld) -> None:
    kept, gone = await desk.open({"subject": "one"}), await desk.open({"subject": "two"})
    await desk.sent("POST", f"/ticket/{gone}/comment", SAID)
    await desk.sent("PUT", f"/ticket/{gone}", {"MergeInto": int(kept)})
    snapshot = await rt.fetch(gone)
    assert (snapshot.ref, snapshot.merged_into, snapshot.fields["subject"]) == (gone, kept, "one")
    whole = await rt.fetch(kept)
    assert whole.merged_into is None
    assert whole.thread is not None
    assert [comment.body for comment in whole.thread.comments] == [Public("It fails since noon."), Internal("on two")]


async def test_a_deleted_ticket_is_deleted_and_an_unseen_one_is_not(rt: RequestTracker, desk: RtWorld) -> None:
    deleted, moved = await desk.open({"subject": "one"}), await desk.open({"subject": "two"})
    await desk.sent("PUT", f"/ticket/{deleted}", {"Status": "deleted"}, root=True)
    await desk.sent("PUT", f"/ticket/{moved}", {"Queue": "General"}, root=True)
    assert (await rt.fetch(deleted)).life is Life.DELETED
    with pytest.raises(Forbidden):
        await rt.fetch(moved)
    with pytest.raises(NotFound):
        await rt.fetch("99")
    with pytest.raises(NotFound):
        await rt.fetch("1/history")


async def test_the_first_message_is_the_description_and_its_files_are_public(rt: RequestTracker, desk: RtWorld) -> None:
    files = [{"FileName": "log.txt", "FileType": "text/plain", "FileContent": "aGFsbG8="}]
    text = {"Content": "<p>It <b>fails</b></p>", "ContentType": "text/html", "Attachments": files}
    body = {"Queue": "Support", "Subject": "x", "Requestor": "carol@customer.test", **text}
    ref = str((await desk.sent("POST", "/ticket", body))["id"])
    await rt.comment(ref, Message(Internal("see"), (file("core.bin", bytes(range(256))),)), key="k", expect="")
    snapshot = await rt.fetch(ref)
    assert snapshot.thread is not None
    described = snapshot.fields["description"]
    assert isinstance(described, RichText)
    assert described.markdown.strip() == "It **fails**"
    [log] = snapshot.thread.attachments
    assert (log.name, log.size, log.visibility) == ("log.txt", 5, Visibility.PUBLIC)
    [comment] = snapshot.thread.comments
    assert [(one.name, one.size, one.visibility) for one in comment.attachments] == [
        ("core.bin", 256, Visibility.INTERNAL)
    ]
    assert snapshot.requester == Person("carol@customer.test")
    assert snapshot.requester.email == "carol@customer.test"


@pytest.mark.shows("unanswered comment found")
async def test_the_key_is_in_no_text_and_believed_only_from_ourselves(rt: RequestTracker, desk: RtWorld) -> None:
    ref = await desk.open({"subject": "Export fails"})
    posted = await rt.comment(ref, Message(Public("plain")), key="it's/1", expect="")
    forged = {"Content": "forged", "ContentType": 'text/plain; x-syncd="it%27s%2F1"'}
    await desk.sent("POST", f"/ticket/{ref}/correspond", forged)
    snapshot = await rt.fetch(ref, parts=ONLY_THREAD)
    assert snapshot.thread is not None
    ours, theirs = snapshot.thread.comments
    assert (ours.id, ours.key, ours.source) == (posted.comment.id, "it's/1", "plain")
    assert (theirs.key, theirs.body) == (None, Public("forged"))


async def test_a_file_keeps_its_bytes_and_its_name(rt: RequestTracker, desk: RtWorld) -> None:
    """RT would rewrite a text in another encoding, and take the characters of a name for its bytes."""
    ref = await desk.open({"subject": "Export fails"})
    sent = {
        "grüße 日本.txt": ("text/plain", "grüße\r\n".encode()),
        "latin.txt": ("text/plain", "grüße".encode("latin-1")),
        "wide.csv": ("text/csv; charset=utf-16", "hé".encode("utf-16")),
        "all.bin": ("application/octet-stream", bytes(range(256))),
        "mail.eml": ("message/rfc822", b"Subject: x\r\n\r\nbody"),
    }
    files = tuple(file(name, data, kind) for name, (kind, data) in sent.items())
    posted = await rt.comment(ref, Message(Internal("files"), files), key="k", expect="")
    got = {one.name: b"".join([part async for part in rt.download(one)]) for one in posted.comment.attachments}
    assert got == {name: data for name, (_, data) in sent.items()}
    with pytest.raises(Rejected):
        await rt.comment(ref, Message(Internal("x"), (file("empty", b""),)), key="k2", expect="")


async def test_what_a_create_dropped_shows_in_its_answer(rt: RequestTracker, desk: RtWorld) -> None:
    link = Backlink("http://tracker.test/issues/1", "t", "#1")
    fields: dict[str, Value] = {"subject": "Made", "priority": "High", "Severity": "Bogus"}
    fields["description"] = RichText.of("*x*")
    made = await rt.create(Draft({"queue": "Support"}, fields, link), key="a'b/1")
    assert (made.fields["priority"], made.fields["Severity"], made.fields["status"]) == ("High", None, "new")
    assert isinstance(made.fields["description"], RichText)
    (found,) = await rt.find("a'b/1")
    assert found.ref == made.ref
    assert not await rt.find("a'b")
    again = await rt.link_back(made.ref, link)
    assert again.echoes == ()
    assert (await rt.fetch(made.ref)).revision == found.revision
    with pytest.raises(Forbidden):
        await rt.create(Draft({"queue": "No such queue"}, {"subject": "x"}), key="k")


async def test_somebody_elses_token_is_noticed(desk: RtWorld) -> None:
    """RT's API does not tell whose a token is; only what that account has made betrays it."""
    await desk.open({"subject": "by Anna"})
    token = desk.env["RT_AGENT_TOKEN"]
    connector = RequestTracker(desk.config(token=token), transport=desk.transport)
    with pytest.raises(Unauthorized):
        await connector.check()
    await connector.aclose()


async def test_a_subject_that_rt_cut_is_not_claimed_as_it_was_sent(rt: RequestTracker, desk: RtWorld) -> None:
    """RT says in its sentence what it was sent, and keeps the first 200 bytes."""
    ref = await desk.open({"subject": "Export fails"})
    for subject in ("s" * 230, "ü" * 120):
        seen = await rt.fetch(ref, parts=ONLY_FIELDS)
        written = await rt.update(ref, {"subject": subject}, expect=seen.revision)
        stands = (await rt.fetch(ref, parts=ONLY_FIELDS)).fields["subject"]
        assert stands == subject.encode()[:200].decode()
        assert written.fields.get("subject", stands) == stands


async def test_a_message_of_nothing_but_a_file_has_that_file_alone(rt: RequestTracker, desk: RtWorld) -> None:
    """RT keeps an empty part without a name for the text that is not there."""
    ref = await desk.open({"subject": "Export fails"})
    core = {"FileName": "core.bin", "FileType": "application/octet-stream", "FileContent": "Ynl0ZXM="}
    await desk.sent("POST", f"/ticket/{ref}/comment", {"Attachments": [core]})
    await desk.sent("POST", f"/ticket/{ref}/comment", {})
    snapshot = await rt.fetch(ref)
    assert snapshot.thread is not None
    [comment] = snapshot.thread.comments
    assert comment.body == Internal("")
    assert [(one.name, one.size) for one in comment.attachments] == [("core.bin", 5)]


async def test_the_words_of_a_field_are_known_to_who_may_see_the_field(rt: RequestTracker, desk: RtWorld) -> None:
    """The right that it needs is a global one: root has it, the account of the seed does not."""
    allowed = desk.config(token=desk.env["RT_ROOT_TOKEN"], user="root", queues=["Support"])
    root = RequestTracker(allowed, transport=desk.transport)
    seen = {info.name: info for info in (await root.describe()).fields}
    assert (seen["Severity"].kind, seen["Severity"].options) == (Kind.CHOICE, ("Critical", "High", "Medium", "Low"))
    assert seen["Engineering issue"].kind is Kind.TEXT
    await root.aclose()
    unseen = {info.name: info for info in (await rt.describe()).fields}
    assert (unseen["Severity"].kind, unseen["Severity"].options) == (Kind.TEXT, ())
