"""Who may read what is said at Intercom, whose mark is believed, and files in both directions."""

from dataclasses import replace
from typing import Any

import pytest

from syncd.core.model import Attachment, Internal, Public, Visibility
from syncd.sdk.connector import Message
from syncd.sdk.errors import NotFound, Rejected, Unavailable, Unsupported
from syncd.sdk.testing.faults import LostAfter
from syncd.sdk.testing.page import Upload
from syncd.sdk.text.mark import marked
from syncd_intercom import Intercom
from syncd_intercom.refs import Ref
from syncd_intercom.simulator import ANA, CAROL, SYNCD
from syncd_intercom.simulator.state import TITLE, Conversation, Ticket
from syncd_intercom.thread import comment, visibility_of
from syncd_intercom.wire import AuthorJson, PartJson
from tests.connectors.intercom.steps import bodies, comments, file, thread
from tests.connectors.intercom.world import IntercomWorld

SECRET = "kestrel-4711"


def opened(world: IntercomWorld, kind: str) -> str:
    return world.simulator.make("Export fails") if kind == "ticket" else world.simulator.begin()


BOTH = pytest.mark.parametrize("kind", ["ticket", "conversation"])


# --- visibility ------------------------------------------------------------------------------------------------------


@BOTH
async def test_an_internal_text_is_sent_as_a_note_and_a_public_one_as_a_comment(
    intercom: Intercom, world: IntercomWorld, kind: str
) -> None:
    ref = opened(world, kind)
    await intercom.comment(ref, Message(Internal(SECRET)), key="key-1", expect="")
    await intercom.comment(ref, Message(Public("It is fixed")), key="key-2", expect="")
    sent = bodies(world, f"POST /{kind}s/{world.item(ref).id}/reply")
    assert [(each["message_type"], each["type"], each["admin_id"]) for each in sent] == [
        ("note", "admin", SYNCD.id),
        ("comment", "admin", SYNCD.id),
    ]
    shown = (await world.look(ref)).public
    assert not any(SECRET in text for text in shown)
    assert any("It is fixed" in text for text in shown)


@pytest.mark.parametrize(
    ("part_type", "author", "shared", "public"),
    [
        ("comment", "admin", True, True),
        ("comment", "user", True, True),
        ("quick_reply", "admin", True, True),
        ("note", "admin", True, False),
        ("note", "user", True, False),
        ("open", "user", True, True),
        ("open", "lead", True, True),
        ("open", "admin", True, False),
        ("close", "admin", True, False),
        ("assignment", "admin", True, False),
        ("note_and_reopen", "admin", True, False),
        ("something new", "bot", True, False),
        ("comment", "admin", False, False),
        ("comment", "user", False, False),
    ],
)
def test_only_what_intercom_sends_to_a_contact_or_a_contact_said_is_public(
    part_type: str, author: str, shared: bool, public: bool
) -> None:
    part = PartJson(id="1", part_type=part_type, body="<p>x</p>", created_at=1, author=AuthorJson(type=author, id="2"))
    assert (visibility_of(part, shared=shared) is Visibility.PUBLIC) == public


def test_a_part_without_an_author_is_internal_unless_it_is_a_comment() -> None:
    part = PartJson(id="1", part_type="open", body="<p>x</p>", created_at=1)
    assert visibility_of(part, shared=True) is Visibility.INTERNAL


async def test_a_comment_on_a_ticket_that_is_not_shared_is_internal(intercom: Intercom, world: IntercomWorld) -> None:
    ref = world.simulator.make("Export fails", kind="72", by=ANA)
    world.simulator.write(ref, "among us", public=True)
    posted = await intercom.comment(ref, Message(Public("by syncd")), key="key-1", expect="")
    assert [each.body for each in await comments(intercom, ref)] == [Internal("among us"), Internal("by syncd")]
    assert posted.comment.body == Internal("by syncd")
    assert (await world.look(ref)).public == ()


async def test_an_answer_that_opens_a_closed_conversation_is_the_customers_words(
    intercom: Intercom, world: IntercomWorld
) -> None:
    """Such a part is of the type `open`, not `comment`."""
    ref = world.simulator.begin()
    await intercom.close(ref)
    world.simulator.write(ref, "It fails again", public=True, by=CAROL)
    found = await intercom.fetch(ref)
    assert found.fields["status"] == "open"
    assert found.thread
    assert [each.body for each in found.thread.comments] == [Public("It fails again")]


async def test_what_an_admin_says_while_assigning_is_taken_for_internal(
    intercom: Intercom, world: IntercomWorld
) -> None:
    ref = world.simulator.begin()
    with world.simulator.acting(ANA):
        item = world.item(ref)
        assert isinstance(item, Conversation)
        world.simulator.desk.manage(item, "assignment", assignee=ANA.id, body="please look")
    assert [each.body for each in await comments(intercom, ref)] == [Internal("please look")]


async def test_a_note_that_became_public_is_taken_back_where_it_can_be(
    intercom: Intercom, world: IntercomWorld
) -> None:
    world.simulator.desk.leaks = True
    ref = world.simulator.begin()
    with pytest.raises(Rejected, match="taken back"):
        await intercom.comment(ref, Message(Internal(SECRET)), key="key-1", expect="")
    assert not any(SECRET in text for text in (await world.look(ref)).public)
    with pytest.raises(Rejected, match="delete it"):
        await intercom.comment(world.simulator.make("x"), Message(Internal(SECRET)), key="key-2", expect="")


async def test_events_without_words_are_no_comments(intercom: Intercom, world: IntercomWorld) -> None:
    ref = world.simulator.make("Export fails")
    world.simulator.edit(ref, {"ticket_state_id": "102", "ticket_attributes": {"VIP": True}, "assignee_id": ANA.id})
    assert len(world.item(ref).parts) == 4
    assert await comments(intercom, ref) == ()


@pytest.mark.shows("people's deletion of a comment noticed", "own comment deleted")
async def test_a_redacted_message_is_gone_and_its_files_with_it(world: IntercomWorld) -> None:
    world = IntercomWorld("conversations")
    intercom, ref = world.connector(), world.simulator.begin()
    part = world.simulator.write(ref, "words", public=True, files=[Upload("a.txt", "text/plain", b"x")])
    await intercom.delete_comment(ref, part)
    assert await comments(intercom, ref) == ()
    assert not any("words" in text for text in (await world.look(ref)).public)
    with pytest.raises(NotFound):
        await intercom.delete_comment(ref, "1")
    with pytest.raises(Rejected, match="ticket"):
        await intercom.delete_comment(world.simulator.make("x"), part)


async def test_with_tickets_nothing_can_be_deleted(intercom: Intercom, world: IntercomWorld) -> None:
    ref = world.simulator.begin()
    part = world.simulator.write(ref, "words", public=True)
    with pytest.raises(Unsupported):
        await intercom.delete_comment(ref, part)
    assert len(await comments(intercom, ref)) == 1


# --- the mark --------------------------------------------------------------------------------------------------------


@BOTH
async def test_a_mark_is_believed_where_our_own_account_wrote_it(
    intercom: Intercom, world: IntercomWorld, kind: str
) -> None:
    ref = opened(world, kind)
    await intercom.comment(ref, Message(Public("ours")), key="key-1", expect="")
    copied = marked("<p>copied</p>", "key-1")
    for by in (ANA, CAROL):
        with world.simulator.acting(by):
            world.simulator.desk.reply(world.item(ref), copied, kind="comment")
    found = await comments(intercom, ref)
    assert [(each.body.text, each.key) for each in found] == [("ours", "key-1"), ("copied", None), ("copied", None)]
    assert "\u200b" not in found[1].source


@BOTH
async def test_a_contact_with_the_number_of_our_account_is_not_us(
    intercom: Intercom, world: IntercomWorld, kind: str
) -> None:
    part = PartJson(
        id="1",
        part_type="comment",
        body=marked("<p>x</p>", "key-1"),
        created_at=1,
        author=AuthorJson(type="user", id=SYNCD.id),
    )
    assert comment(part, Ref.parse(f"{kind}:1"), own_id=SYNCD.id, shared=True).key is None


@pytest.mark.shows("unanswered comment found")
async def test_a_comment_whose_answer_was_lost_is_found_by_its_mark(intercom: Intercom, world: IntercomWorld) -> None:
    for ref in (world.simulator.make("Export fails"), world.simulator.begin()):
        world.simulator.faults.on("POST /*/reply", LostAfter())
        with pytest.raises(Unavailable) as caught:
            await intercom.comment(ref, Message(Public("ours")), key="key-1", expect="")
        assert caught.value.sent
        assert [each.key for each in await comments(intercom, ref)] == ["key-1"]


async def test_where_marks_are_cleaned_away_the_newest_of_ours_is_the_one(
    intercom: Intercom, world: IntercomWorld
) -> None:
    """The answer to a reply in a conversation is the whole of it."""
    world.simulator.desk.forgets_marks = True
    ref = world.simulator.begin()
    for text in ("one", "two"):
        posted = await intercom.comment(ref, Message(Internal(text)), key=text, expect="")
        world.simulator.write(ref, "by a person", public=False)
        assert (posted.comment.body, posted.comment.key) == (Internal(text), None)


# --- many parts ------------------------------------------------------------------------------------------------------


async def test_of_a_long_conversation_the_500_newest_parts_are_read(intercom: Intercom, world: IntercomWorld) -> None:
    ref = world.simulator.begin()
    for number in range(510):
        world.simulator.write(ref, f"number {number}", public=True)
    found = [each.body.text for each in await comments(intercom, ref)]
    assert found == [f"number {number}" for number in range(10, 510)]


# --- files -----------------------------------------------------------------------------------------------------------


@BOTH
async def test_a_persons_file_is_as_visible_as_its_message(intercom: Intercom, world: IntercomWorld, kind: str) -> None:
    ref = opened(world, kind)
    for public in (True, False):
        await world.attach(ref, f"{public}.bin", bytes(range(256)) * 10, public=public)
    files = [each for said in await comments(intercom, ref) for each in said.attachments]
    assert [(each.name, each.visibility) for each in files] == [
        ("True.bin", Visibility.PUBLIC),
        ("False.bin", Visibility.INTERNAL),
    ]
    for each in files:
        assert await content(intercom, each) == bytes(range(256)) * 10
    assert len({each.id for each in files}) == 2


async def content(intercom: Intercom, attachment: Attachment) -> bytes:
    return b"".join([chunk async for chunk in intercom.download(attachment)])


@BOTH
async def test_an_address_that_is_good_no_longer_is_asked_for_anew(
    intercom: Intercom, world: IntercomWorld, kind: str
) -> None:
    ref = opened(world, kind)
    await world.attach(ref, "a.txt", b"words", public=True)
    [attachment] = (await comments(intercom, ref))[0].attachments
    world.clock.advance(3600)
    assert await content(intercom, attachment) == b"words"
    world.item(ref).parts.clear()
    world.clock.advance(3600)
    with pytest.raises(NotFound):
        await content(intercom, attachment)


async def test_a_changing_address_makes_no_edit(intercom: Intercom, world: IntercomWorld) -> None:
    """Images in a text have signed addresses; a comment is what it was although they differ from answer to answer."""
    ref = world.simulator.begin()
    image = '<p>see</p><img src="https://downloads.example/i/o/1/shot.png?expires={}&amp;signature=abc&amp;req=x">'
    with world.simulator.acting(CAROL):
        part = world.simulator.desk.reply(world.item(ref), image.format(1), kind="comment")
    [before] = await comments(intercom, ref)
    part.body = image.format(2)
    [after] = await comments(intercom, ref)
    assert (after.source, after.body) == (before.source, before.body)
    assert "shot.png" in after.body.text
    part.body = image.format(2).replace("see", "look")
    assert (await comments(intercom, ref))[0].source != before.source


async def test_files_of_the_first_message_and_of_attributes_hang_on_the_ticket(
    intercom: Intercom, world: IntercomWorld
) -> None:
    conversation, ref = world.item(world.simulator.begin()), world.simulator.make("Export fails")
    ticket = world.item(ref)
    assert isinstance(conversation, Conversation)
    assert isinstance(ticket, Ticket)
    conversation.source.files.append(world.simulator.desk.keep(Upload("log.txt", "text/plain", b"log")))
    ticket.files["Screenshot"] = [world.simulator.desk.keep(Upload("shot.png", "image/png", b"png"))]
    [log] = (await thread(intercom, conversation.ref)).attachments
    [shot] = (await thread(intercom, ref)).attachments
    assert (log.name, log.visibility) == ("log.txt", Visibility.PUBLIC)
    assert (shot.name, shot.visibility) == ("shot.png", Visibility.INTERNAL), "who sees an attribute is not said"
    assert [await content(intercom, each) for each in (log, shot)] == [b"log", b"png"]


async def test_a_credential_goes_to_no_other_host(world: IntercomWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    world.simulator.files_url = "https://downloads.example"
    intercom = world.connector(download_hosts=["downloads.example"])
    ref = world.simulator.begin()
    await world.attach(ref, "a.txt", b"words", public=True)
    [attachment] = (await comments(intercom, ref))[0].attachments
    assert attachment.url.startswith("https://downloads.example/")
    assert await content(intercom, attachment) == b"words"


async def test_a_file_that_intercom_never_named_has_no_address(intercom: Intercom) -> None:
    with pytest.raises(Unsupported):
        await content(intercom, Attachment("1", "x", 1, "text/plain"))


@pytest.mark.shows("files sent", "file as internal as its comment")
async def test_files_of_a_message_in_a_conversation_go_in_one_request(intercom: Intercom, world: IntercomWorld) -> None:
    ref = world.simulator.begin()
    held = {"a.txt": bytes(range(256)), 'quo"te\\ü.txt': b"x", "empty": b""}
    before = world.requests
    message = Message(Internal("words"), tuple(file(*each) for each in held.items()))
    await intercom.comment(ref, message, key="key-1", expect="")
    assert world.calls(since=before) == [f"POST /conversations/{world.item(ref).id}/reply"]
    assert {each.name: each.content for each in world.item(ref).parts[-1].files} == held
    [note] = await comments(intercom, ref)
    assert {each.visibility for each in note.attachments} == {Visibility.INTERNAL}
    assert not any("a.txt" in text for text in (await world.look(ref)).public)


@pytest.mark.shows("large files streamed")
async def test_a_large_file_of_a_conversation_goes_and_comes_in_pieces(
    intercom: Intercom, world: IntercomWorld
) -> None:
    ref, data = world.simulator.begin(), bytes(range(256)) * 4096 * 5
    await intercom.comment(ref, Message(Internal("words"), (file("large", data),)), key="key-1", expect="")
    [attachment] = (await comments(intercom, ref))[0].attachments
    pieces = [piece async for piece in intercom.download(attachment)]
    assert b"".join(pieces) == data
    assert max(map(len, pieces)) <= 2**20


@pytest.mark.parametrize(
    "files", [tuple(file(str(at), b"x") for at in range(11)), (file("a", b"abc", size=2),)], ids=["eleven", "too long"]
)
async def test_files_that_cannot_be_sent_send_nothing(intercom: Intercom, world: IntercomWorld, files: Any) -> None:
    ref = world.simulator.begin()
    with pytest.raises(Rejected) as caught:
        await intercom.comment(ref, Message(Internal("words"), files), key="key-1", expect="")
    assert caught.value.field == "attachments"
    assert world.item(ref).parts == []


async def test_a_ticket_takes_the_words_and_names_the_files_that_it_cannot_take(
    intercom: Intercom, world: IntercomWorld
) -> None:
    """The description has `attachment_files` for conversations only; a ticket takes pictures from public addresses."""
    ref = world.simulator.make("Export fails")
    message = Message(Internal("see the log"), (file("kestrel.log", b"x"),))
    posted = await intercom.comment(ref, message, key="key-1", expect="")
    assert posted.comment.body == Internal("see the log\n\nFiles that could not be copied here:\n\n- `kestrel.log`")
    assert posted.comment.attachments == ()
    assert not any("kestrel" in text for text in (await world.look(ref)).public)


# --- descriptions ----------------------------------------------------------------------------------------------------


@pytest.mark.shows("description written")
async def test_a_tickets_title_and_description_are_bare_words(intercom: Intercom, world: IntercomWorld) -> None:
    ref = world.simulator.make("<b>no tag</b>", _default_description_="*no* <i>markup</i>")
    found = await intercom.fetch(ref)
    assert found.fields["title"] == "<b>no tag</b>"
    described: Any = found.fields["description"]
    assert described.markdown == "\\*no\\* \\<i>markup\\</i>"
    assert world.item(ref).values[TITLE] == "<b>no tag</b>"


async def test_the_first_message_is_the_description_and_no_comment(intercom: Intercom, world: IntercomWorld) -> None:
    found = await intercom.fetch(world.simulator.begin("The export **fails**"))
    described: Any = found.fields["description"]
    assert described.markdown == "The export \\*\\*fails\\*\\*"
    assert found.thread
    assert found.thread == replace(found.thread, comments=())
