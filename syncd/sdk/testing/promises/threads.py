"""Promises about comments and files: never more visible than asked, in order, byte for byte."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest

from syncd.core.model import Body, Internal, Public, Visibility
from syncd.sdk.connector import Capability, Connector, Message
from syncd.sdk.errors import Rejected, Unsupported
from syncd.sdk.testing.promises.base import (
    ALL_BYTES,
    SCRIPTS,
    Promises,
    comments,
    downloaded,
    file,
    for_all,
    needs,
    opened,
    sayable,
    thread,
)
from syncd.sdk.testing.world import World

MEGABYTE = 2**20
LARGE = bytes(range(256)) * 4096 * 30  # 30 MB
SECRET = "the customer must not read this: kestrel-4711"


class ThreadPromises(Promises):
    # -- visibility

    async def test_a_public_comment_reaches_the_customer(self, connector: Connector, world: World) -> None:
        if Capability.ONLY_INTERNAL_COMMENTS in connector.capabilities:
            pytest.skip(f"{connector.name} has {Capability.ONLY_INTERNAL_COMMENTS}")
        ref = await opened(world)
        posted = await connector.comment(ref, Message(Public("It is fixed.")), key="key-1", expect="")
        [comment] = await comments(connector, ref)
        assert comment.body == posted.comment.body == for_all(world, "It is fixed.")
        assert any("It is fixed." in text for text in (await world.look(ref)).public) == world.words.customers

    @needs(Capability.ONLY_INTERNAL_COMMENTS)
    async def test_where_nothing_can_be_made_public_a_public_comment_is_refused_unsent(
        self, connector: Connector, world: World, able: object
    ) -> None:
        assert Capability.INTERNAL_COMMENTS in connector.capabilities
        ref = await opened(world)
        before = world.requests
        with pytest.raises(Rejected):
            await connector.comment(ref, Message(Public("It is fixed.")), key="key-1", expect="")
        assert world.requests == before
        assert await comments(connector, ref) == ()

    @needs(Capability.INTERNAL_COMMENTS)
    async def test_an_internal_comment_is_internal_and_no_customer_can_read_it(
        self, connector: Connector, world: World, able: object
    ) -> None:
        ref = await opened(world)
        posted = await connector.comment(ref, Message(Internal(SECRET)), key="key-1", expect="")
        [comment] = await comments(connector, ref)
        assert comment.body == posted.comment.body == Internal(SECRET)
        assert not any(SECRET in text for text in (await world.look(ref)).public)

    async def test_where_nothing_is_internal_an_internal_comment_is_not_written(
        self, connector: Connector, world: World
    ) -> None:
        if Capability.INTERNAL_COMMENTS in connector.capabilities:
            pytest.skip(f"{connector.name} has internal comments")
        ref = await opened(world)
        with pytest.raises((Rejected, Unsupported)):
            await connector.comment(ref, Message(Internal(SECRET)), key="key-1", expect="")
        assert await comments(connector, ref) == ()

    async def test_a_persons_comment_is_read_as_visible_as_it_is(self, connector: Connector, world: World) -> None:
        ref = await opened(world)
        await world.say(ref, "for all", public=True)
        expected: list[Body] = [for_all(world, "for all")]
        if Capability.INTERNAL_COMMENTS in connector.capabilities:
            await world.say(ref, "for us", public=False)
            expected.append(Internal("for us"))
        assert [comment.body for comment in await comments(connector, ref)] == expected

    # -- the thread

    async def test_the_answer_to_a_comment_is_what_a_read_shows(self, connector: Connector, world: World) -> None:
        ref = await opened(world)
        posted = await connector.comment(ref, Message(sayable(connector, world, "Hello")), key="key-1", expect="")
        [comment] = await comments(connector, ref)
        assert replace(posted.comment, created=comment.created) == comment
        assert abs(posted.comment.created - comment.created) <= timedelta(seconds=5), "may be the answer's own Date"

    async def test_comments_stay_in_the_order_in_which_they_were_written(
        self, connector: Connector, world: World
    ) -> None:
        ref = await opened(world)
        for number in range(0, 12, 2):
            await connector.comment(
                ref, Message(sayable(connector, world, f"number {number}")), key=f"key-{number}", expect=""
            )
            await world.say(ref, f"number {number + 1}", public=True)
        texts = [comment.body.text for comment in await comments(connector, ref)]
        assert texts == [f"number {number}" for number in range(12)]

    async def test_a_comment_keeps_every_script_and_its_lines(self, connector: Connector, world: World) -> None:
        ref = await opened(world)
        text = f"{SCRIPTS}\n\nSecond paragraph\n\n- one\n- two"
        await connector.comment(ref, Message(sayable(connector, world, text)), key="key-1", expect="")
        [comment] = await comments(connector, ref)
        assert comment.body.text.strip() == text

    async def test_a_long_comment_arrives_whole_or_says_that_it_was_cut(
        self, connector: Connector, world: World
    ) -> None:
        ref = await opened(world)
        text = "\n\n".join(f"Paragraph {number} of a long story: é, 語, 🚀" for number in range(1600))
        assert len(text.encode()) > 70_000
        await connector.comment(ref, Message(sayable(connector, world, text)), key="key-1", expect="")
        [comment] = await comments(connector, ref)
        said = comment.body.text.strip()
        if said != text:
            kept, sign, _ = said.rpartition("[…")
            assert sign
            assert text.startswith(kept.rstrip("\\ \n"))
            assert len(kept) > 1000

    async def test_the_key_is_on_our_comments_and_on_no_others(self, connector: Connector, world: World) -> None:
        ref = await opened(world)
        await world.say(ref, "by a person", public=True)
        await connector.comment(ref, Message(sayable(connector, world, "by syncd")), key="key-1", expect="")
        theirs, ours = await comments(connector, ref)
        assert theirs.key is None
        assert ours.key in ("key-1", None)  # None: the vendor carries none
        assert theirs.author.id != ours.author.id

    @needs(Capability.EDIT_COMMENTS)
    async def test_our_comment_can_be_edited_and_stays_as_visible_as_it_was(
        self, connector: Connector, world: World, able: object
    ) -> None:
        ref = await opened(world)
        posted = await connector.comment(ref, Message(sayable(connector, world, "frist")), key="key-1", expect="")
        edited = await connector.edit_comment(ref, posted.comment, sayable(connector, world, "first"), key="key-2")
        [comment] = await comments(connector, ref)
        assert comment.body == edited.body == sayable(connector, world, "first")
        assert comment.id == posted.comment.id
        assert comment.source != posted.comment.source

    @needs(Capability.DELETE_COMMENTS)
    async def test_our_comment_can_be_deleted(self, connector: Connector, world: World, able: object) -> None:
        ref = await opened(world)
        first = await connector.comment(ref, Message(sayable(connector, world, "one")), key="key-1", expect="")
        await connector.comment(ref, Message(sayable(connector, world, "two")), key="key-2", expect="")
        await connector.delete_comment(ref, first.comment.id)
        assert [comment.body.text for comment in await comments(connector, ref)] == ["two"]

    # -- files

    @needs(Capability.FILES)
    async def test_files_arrive_with_their_comment_byte_for_byte(
        self, connector: Connector, world: World, able: object
    ) -> None:
        ref = await opened(world)
        files = (file("all bytes.bin", ALL_BYTES), file("Bericht für Köln.txt", b"hello\r\n", "text/plain"))
        await connector.comment(ref, Message(sayable(connector, world, "two files"), files), key="key-1", expect="")
        [comment] = await comments(connector, ref)
        got = {item.name: await downloaded(connector, item) for item in comment.attachments}
        assert got == {"all bytes.bin": ALL_BYTES, "Bericht für Köln.txt": b"hello\r\n"}
        assert [item.size for item in comment.attachments] == [len(data) for data in got.values()]

    @needs(Capability.FILES)
    async def test_a_large_file_arrives_piece_by_piece_or_is_refused(
        self, connector: Connector, world: World, able: object
    ) -> None:
        ref = await opened(world)
        large = file("recording.bin", LARGE)
        try:
            await connector.comment(
                ref, Message(sayable(connector, world, "a recording"), (large,)), key="key-1", expect=""
            )
        except Rejected as refused:  # it is larger than this vendor takes
            assert refused.field
            assert await comments(connector, ref) == ()
            return
        [comment] = await comments(connector, ref)
        [attachment] = comment.attachments
        pieces = [piece async for piece in connector.download(attachment)]
        assert hashlib.sha256(b"".join(pieces)).digest() == hashlib.sha256(LARGE).digest()
        assert max(map(len, pieces)) <= MEGABYTE

    @needs(Capability.FILES)
    async def test_a_file_is_never_more_visible_than_its_comment(
        self, connector: Connector, world: World, able: object
    ) -> None:
        if Capability.INTERNAL_COMMENTS not in connector.capabilities:
            pytest.skip(f"{connector.name} has no capability: {Capability.INTERNAL_COMMENTS}")
        ref = await opened(world)
        message = Message(Internal("see the log"), (file("kestrel-4711.log", b"secret"),))
        try:
            await connector.comment(ref, message, key="key-1", expect="")
        except Rejected as refused:  # by a vendor that shows every file to all
            assert (refused.field, await comments(connector, ref)) == ("files", ())
        else:
            [comment] = await comments(connector, ref)
            assert [item.visibility for item in comment.attachments] == [Visibility.INTERNAL]
        assert not any("kestrel-4711" in text for text in (await world.look(ref)).public)

    async def test_where_no_file_can_be_sent_the_words_are_written_and_name_it(
        self, connector: Connector, world: World
    ) -> None:
        if connector.capabilities & {Capability.FILES, Capability.TICKET_FILES}:
            pytest.skip(f"{connector.name} has files")
        ref = await opened(world)
        message = Message(sayable(connector, world, "see the log"), (file("export.log", b"hello"),))
        await connector.comment(ref, message, key="key-1", expect="")
        [comment] = await comments(connector, ref)
        assert "see the log" in comment.body.text
        assert "export.log" in comment.body.text, "a reader is told of the file that stayed where it was"

    @needs(Capability.TICKET_FILES)
    async def test_a_file_hangs_on_the_ticket_byte_for_byte(
        self, connector: Connector, world: World, able: object
    ) -> None:
        ref = await opened(world)
        attached = await connector.attach(ref, file("all bytes.bin", ALL_BYTES))
        found = (await thread(connector, ref)).attachments
        assert [(item.id, item.name, item.size) for item in found] == [(attached.id, "all bytes.bin", len(ALL_BYTES))]
        assert await downloaded(connector, found[0]) == ALL_BYTES
