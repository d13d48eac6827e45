"""What is said on a Freshdesk ticket: who may read it, whose it is, files, and merges."""

import httpx
import pytest

from syncd.core.model import Body, Comment, Internal, Person, Public, Visibility
from syncd.sdk.connector import ONLY_FIELDS, Message
from syncd.sdk.errors import NotFound, RateLimited, Rejected, Unavailable
from syncd.sdk.testing.faults import LostAfter, Meanwhile, Status
from syncd.sdk.testing.page import Upload
from syncd.sdk.testing.simulator import Account
from syncd_freshdesk import Freshdesk, FreshdeskConfig
from syncd_freshdesk.multipart import LARGEST
from syncd_freshdesk.simulator import ACCOUNT, ANA, BEN, CAROL
from syncd_freshdesk.simulator.desk import FORWARD, NOTE, REPLY
from syncd_freshdesk.wire import ConversationJson, visibility_of
from tests.connectors.freshdesk.steps import bodies, comments, file, thread
from tests.connectors.freshdesk.world import FreshdeskWorld


async def said_by(world: FreshdeskWorld, ref: str, html: str, *, by: Account = ANA, source: int = NOTE) -> None:
    with world.simulator.do(by):
        world.simulator.desk.say(world.simulator.desk.ticket(ref), html, source=source, private=source != REPLY)


# --- visibility ------------------------------------------------------------------------------------------------------


async def test_a_reply_is_mailed_and_a_private_note_says_that_it_is_one(
    freshdesk: Freshdesk, world: FreshdeskWorld
) -> None:
    ref = world.simulator.make("Export fails")
    await freshdesk.comment(ref, Message(Internal("for us")), key="key-1", expect="")
    assert [body["private"] for body in bodies(world, f"POST /api/v2/tickets/{ref}/notes")] == [True]
    assert world.simulator.desk.mails == []
    await freshdesk.comment(ref, Message(Public("for you")), key="key-2", expect="")
    assert [address for address, _ in world.simulator.desk.mails] == [CAROL.email]
    assert "for us" not in str(world.simulator.desk.mails)


async def test_public_notes_are_public_and_not_mailed(world: FreshdeskWorld) -> None:
    connector = world.connector(public_comments="note")
    ref = world.simulator.make("Export fails")
    await connector.comment(ref, Message(Public("for you")), key="key-1", expect="")
    [comment] = await comments(connector, ref)
    assert comment.body == Public("for you")
    assert world.simulator.desk.mails == []
    await connector.aclose()


@pytest.mark.parametrize(
    ("private", "source", "visibility"),
    [
        (False, REPLY, Visibility.PUBLIC),
        (False, NOTE, Visibility.PUBLIC),
        (True, REPLY, Visibility.INTERNAL),
        (None, NOTE, Visibility.INTERNAL),
        ("false", NOTE, Visibility.INTERNAL),
        (0, NOTE, Visibility.INTERNAL),
        (False, FORWARD, Visibility.INTERNAL),
        (False, None, Visibility.INTERNAL),
    ],
)
def test_what_is_not_called_public_is_internal(private: object, source: int, visibility: Visibility) -> None:
    given = {"id": 1, "private": private, "source": source, "created_at": "2026-01-05T09:00:00Z"}
    assert visibility_of(ConversationJson.model_validate(given)) is visibility


async def test_a_note_that_became_public_is_taken_back(freshdesk: Freshdesk, world: FreshdeskWorld) -> None:
    ref = world.simulator.make("Export fails")
    world.simulator.leaks = True
    with pytest.raises(Rejected, match="taken back"):
        await freshdesk.comment(ref, Message(Internal("kestrel-4711")), key="key-1", expect="")
    assert world.simulator.desk.ticket(ref).said == []


async def test_a_note_that_cannot_be_taken_back_is_cried_out(freshdesk: Freshdesk, world: FreshdeskWorld) -> None:
    ref = world.simulator.make("Export fails")
    world.simulator.leaks = True
    world.simulator.faults.on("DELETE *", Status(500))
    with pytest.raises(Rejected, match="delete it"):
        await freshdesk.comment(ref, Message(Internal("kestrel-4711")), key="key-1", expect="")


async def test_the_files_of_the_description_are_internal(freshdesk: Freshdesk, world: FreshdeskWorld) -> None:
    ref = world.simulator.make("Export fails")
    with world.simulator.do(CAROL):
        world.simulator.desk.attach(world.simulator.desk.ticket(ref), Upload("log.txt", "text/plain", b"x"))
    [found] = (await thread(freshdesk, ref)).attachments
    assert (found.name, found.visibility, found.author) == ("log.txt", Visibility.INTERNAL, found.author)
    assert found.author is not None
    assert found.author.email == CAROL.email


# --- keys ------------------------------------------------------------------------------------------------------------


@pytest.mark.shows("unanswered comment found")
async def test_a_comment_whose_answer_was_lost_is_known_by_its_key(freshdesk: Freshdesk, world: FreshdeskWorld) -> None:
    ref = world.simulator.make("Export fails")
    world.simulator.faults.on("POST *", LostAfter())
    with pytest.raises(Unavailable) as caught:
        await freshdesk.comment(ref, Message(Public("x")), key="sykey234", expect="")
    assert caught.value.sent
    assert [comment.key for comment in await comments(freshdesk, ref)] == ["sykey234"]


async def test_a_mark_that_somebody_else_wrote_or_quoted_is_no_key(freshdesk: Freshdesk, world: FreshdeskWorld) -> None:
    ref = world.simulator.make("Export fails")
    posted = await freshdesk.comment(ref, Message(Public("It is fixed.")), key="key-1", expect="")
    ours = world.simulator.desk.ticket(ref).said[0].html
    await said_by(world, ref, f"<p>thanks</p><blockquote>{ours}</blockquote>", by=CAROL, source=REPLY)
    await said_by(world, ref, ours, by=ANA)
    found = await comments(freshdesk, ref)
    assert [(comment.id == posted.comment.id, comment.key) for comment in found] == [
        (True, "key-1"),
        (False, None),
        (False, None),
    ]
    assert all("\u200b" not in comment.body.text + comment.source for comment in found), "nor does it travel on"


async def test_a_mark_in_a_text_that_we_carry_over_is_not_written(freshdesk: Freshdesk, world: FreshdeskWorld) -> None:
    ref = world.simulator.make("Export fails")
    await freshdesk.comment(ref, Message(Public("one")), key="key-1", expect="")
    forged = world.simulator.desk.ticket(ref).said[0].html.removeprefix("<div><p>").removesuffix("</p></div>")
    await freshdesk.comment(ref, Message(Public(f"{forged} two")), key="key-2", expect="")
    assert [comment.key for comment in await comments(freshdesk, ref)] == ["key-1", "key-2"]


# --- the thread ------------------------------------------------------------------------------------------------------


async def test_a_long_thread_is_read_to_its_end(freshdesk: Freshdesk, world: FreshdeskWorld) -> None:
    ref = world.simulator.make("Export fails")
    for number in range(230):
        world.simulator.write(ref, f"number {number}", public=number % 2 == 0)
    before = world.requests
    found = await comments(freshdesk, ref)
    assert [comment.body.text for comment in found] == [f"number {number}" for number in range(230)]
    assert [isinstance(comment.body, Public) for comment in found] == [number % 2 == 0 for number in range(230)]
    assert world.calls(since=before).count(f"GET /api/v2/tickets/{ref}/conversations") == 3
    assert {comment.author.email for comment in found} == {ANA.email}


@pytest.mark.shows("own comment edited")
async def test_a_note_of_ours_is_edited_in_its_place(world: FreshdeskWorld) -> None:
    connector = world.connector(public_comments="note")
    ref = world.simulator.make("Export fails")
    posted = await connector.comment(ref, Message(Internal("frist")), key="key-1", expect="")
    edited = await connector.edit_comment(ref, posted.comment, Internal("first"), key="key-2")
    assert (edited.id, edited.body, edited.key) == (posted.comment.id, Internal("first"), "key-2")
    assert await comments(connector, ref) == (edited,)
    await connector.aclose()


async def test_what_is_no_note_of_ours_or_becomes_more_visible_is_not_edited(world: FreshdeskWorld) -> None:
    connector = world.connector(public_comments="note")
    ref = world.simulator.make("Export fails")
    note = (await connector.comment(ref, Message(Internal("kestrel-4711")), key="key-1", expect="")).comment
    shown = (await connector.comment(ref, Message(Public("hello")), key="key-2", expect="")).comment
    reply = (await world.connector().comment(ref, Message(Public("mailed")), key="key-3", expect="")).comment
    world.simulator.write(ref, "by Ana", public=False)
    theirs = (await comments(connector, ref))[-1]
    before = [each.html for each in world.simulator.desk.ticket(ref).said]
    edits: list[tuple[Comment, Body]] = [
        (note, Public("x")),
        (shown, Internal("kestrel-4711")),
        (reply, Public("x")),
        (theirs, Internal("x")),
    ]
    for comment, body in edits:
        with pytest.raises(Rejected):
            await connector.edit_comment(ref, comment, body, key="key-4")
    await connector.delete_comment(ref, note.id)
    with pytest.raises(NotFound):
        await connector.edit_comment(ref, note, Internal("x"), key="key-4")
    assert [each.html for each in world.simulator.desk.ticket(ref).said] == before[1:]
    await connector.aclose()


# --- files -----------------------------------------------------------------------------------------------------------


async def test_files_over_twenty_megabytes_together_are_refused_before_a_byte_is_sent(
    freshdesk: Freshdesk, world: FreshdeskWorld
) -> None:
    ref = world.simulator.make("Export fails")
    half = file("half.bin", b"", size=LARGEST // 2 + 1)
    before = world.requests
    with pytest.raises(Rejected) as caught:
        await freshdesk.comment(ref, Message(Internal("x"), (half, half)), key="key-1", expect="")
    assert (caught.value.field, world.requests) == ("attachments", before)


async def test_a_private_note_with_files_says_so_in_the_form(freshdesk: Freshdesk, world: FreshdeskWorld) -> None:
    ref = world.simulator.make("Export fails")
    message = Message(Internal("see"), (file("a.txt", b"x" * 5000), file("b.txt", b"")))
    await freshdesk.comment(ref, message, key="key-1", expect="")
    [sent] = [each for each in world.simulator.requests if each.path.endswith("/notes")]
    assert sent.headers["content-length"] == str(len(sent.body))
    assert b'name="private"\r\n\r\ntrue\r\n' in sent.body
    [said] = world.simulator.desk.ticket(ref).said
    assert (said.private, [(each.name, len(each.content)) for each in said.files]) == (
        True,
        [("a.txt", 5000), ("b.txt", 0)],
    )


@pytest.mark.parametrize(
    ("name", "kept"),
    [('a"; name="private', "a%22; name=%22private"), ("a\r\nX: y.txt", "aX: y.txt"), ("../../etc/passwd", "passwd")],
)
async def test_a_file_name_cannot_break_out_of_the_form(
    freshdesk: Freshdesk, world: FreshdeskWorld, name: str, kept: str
) -> None:
    ref = world.simulator.make("Export fails")
    message = Message(Internal("see"), (file(name, b"x", media_type='text/plain\r\nX-Evil: "1"'),))
    await freshdesk.comment(ref, message, key="key-1", expect="")
    [said] = world.simulator.desk.ticket(ref).said
    assert [(each.name, each.media_type) for each in said.files] == [(kept, "application/octet-stream")]


async def test_files_elsewhere_are_fetched_without_our_key(world: FreshdeskWorld) -> None:
    world.simulator.files_url = "https://files.freshdesk.example"
    connector = world.connector(download_hosts=["files.freshdesk.example"])
    ref = world.simulator.make("Export fails")
    world.simulator.write(ref, "see", public=True, files=[Upload("log.txt", "text/plain", b"hello")])
    [comment] = await comments(connector, ref)
    [attachment] = comment.attachments
    assert attachment.url.startswith("https://files.freshdesk.example/")
    assert b"".join([chunk async for chunk in connector.download(attachment)]) == b"hello"
    await connector.aclose()


# --- merges ----------------------------------------------------------------------------------------------------------


async def test_a_merged_ticket_names_where_it_went(freshdesk: Freshdesk, world: FreshdeskWorld) -> None:
    first, second = world.simulator.make("Export fails"), world.simulator.make("Export fails too")
    async with httpx.AsyncClient(
        transport=world.transport, base_url=world.simulator.url, auth=(ANA.token, "X")
    ) as client:
        await client.put("/api/v2/tickets/merge", json={"primary_id": int(first), "ticket_ids": [int(second)]})
    assert (await freshdesk.fetch(second)).merged_into == first
    told = await freshdesk.fetch(second, parts=ONLY_FIELDS)
    assert (told.merged_into, told.thread) == (first, None)
    assert (await freshdesk.fetch(first)).merged_into is None


@pytest.mark.parametrize("how", ["a customer says so", "a reply", "the ticket is open", "not the last word", "itself"])
async def test_words_alone_never_move_a_link(freshdesk: Freshdesk, world: FreshdeskWorld, how: str) -> None:
    target, ref = world.simulator.make("one"), world.simulator.make("two", status=5)
    words = f"<p>This ticket is closed and merged into ticket {ref if how == 'itself' else target}</p>"
    by, source = (CAROL if how == "a customer says so" else ANA), (REPLY if how == "a reply" else NOTE)
    await said_by(world, ref, words, by=by, source=REPLY if by is CAROL else source)
    if how == "the ticket is open":
        world.simulator.edit(ref, status=2)
    if how == "not the last word":
        world.simulator.write(ref, "no, it was not", public=False)
    assert (await freshdesk.fetch(ref)).merged_into is None


async def test_a_merge_note_by_staff_is_followed(freshdesk: Freshdesk, world: FreshdeskWorld) -> None:
    """The counterpart of the test above: nothing else differs."""
    target, ref = world.simulator.make("one"), world.simulator.make("two", status=5)
    await said_by(world, ref, f"<p>This ticket is closed and merged into ticket {target}</p>")
    assert (await freshdesk.fetch(ref)).merged_into == target


# --- who is asked ----------------------------------------------------------------------------------------------------


async def test_a_customer_who_cannot_be_read_stays_an_id(freshdesk: Freshdesk, world: FreshdeskWorld) -> None:
    ref = world.simulator.make("Export fails")
    world.simulator.faults.on("GET /api/v2/contacts/*", Status(404))
    found = (await freshdesk.fetch(ref)).requester
    assert found is not None
    assert (found.id, found.email) == (CAROL.id, None)


async def test_people_who_are_forgotten_during_a_read_are_still_named(
    freshdesk: Freshdesk, world: FreshdeskWorld
) -> None:
    """Reads run side by side: the hourly refresh of one falls into the other's question for a customer."""
    ref = world.simulator.make("Export fails", responder_id=int(BEN.id))
    known = freshdesk._people.known
    world.simulator.faults.on("GET /api/v2/contacts/*", Meanwhile(known.clear))
    found = await freshdesk.fetch(ref)
    assert (found.requester, found.fields["assignee"]) == (Person(CAROL.id), Person(BEN.id))


async def test_a_limit_while_people_are_asked_for_ends_the_read(freshdesk: Freshdesk, world: FreshdeskWorld) -> None:
    ref = world.simulator.make("Export fails")
    world.simulator.faults.on("GET /api/v2/contacts/*", Status(429, retry_after=7))
    with pytest.raises(RateLimited) as caught:
        await freshdesk.fetch(ref)
    assert caught.value.retry_after == 7


async def test_no_secret_goes_to_another_host(world: FreshdeskWorld) -> None:
    """A third party's address in an answer gets no credential, and none at a private address is asked at all."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, content=b"x")

    config = FreshdeskConfig(**world.settings)
    connector = Freshdesk(config, transport=httpx.MockTransport(answer))
    ref = world.simulator.make("Export fails")
    world.simulator.files_url = "https://127.0.0.1"
    world.simulator.write(ref, "see", public=True, files=[Upload("log.txt", "text/plain", b"hello")])
    honest = world.connector()
    [comment] = await comments(honest, ref)
    with pytest.raises(Rejected, match="private address"):
        _ = [chunk async for chunk in connector.download(comment.attachments[0])]
    assert asked == []
    assert ACCOUNT.token not in repr(config)
    await connector.aclose()
    await honest.aclose()
