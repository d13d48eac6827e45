"""Promises about what people do: a ticket done and open again, deleted and restored, moved, merged, given a file; and
what they said, edited and taken back."""

from __future__ import annotations

import pytest

from syncd.core.model import Life, Snapshot, Visibility
from syncd.sdk.connector import ALL_PARTS, ONLY_FIELDS, Capability, Connector, Part
from syncd.sdk.errors import Moved, NotFound
from syncd.sdk.testing.promises.base import (
    ALL_BYTES,
    Promises,
    comments,
    downloaded,
    has,
    now,
    opened,
    poll,
    thread,
    where_people,
    write,
)
from syncd.sdk.testing.world import Deed, World


class LifePromises(Promises):
    async def test_a_done_ticket_is_opened_again(self, connector: Connector, world: World) -> None:
        name, todo, done = has(world.words.done, "final status")
        ref = await opened(world)
        for status, shown in ((done, done), (todo, world.words.reopened or todo), (done, done)):
            assert (await write(connector, ref, {name: status})).fields[name] == shown

    @where_people(Deed.ATTACH)
    @pytest.mark.parametrize("public", [True, False], ids=["public", "internal"])
    async def test_a_persons_file_is_never_read_as_more_visible_than_it_is(
        self, connector: Connector, world: World, done_by_people: object, public: bool
    ) -> None:
        if not public and not world.words.internal_files:
            pytest.skip("here people cannot attach a file that no customer sees")
        if not connector.capabilities & {Capability.FILES, Capability.TICKET_FILES}:
            pytest.skip(f"{connector.name} reads no files")
        ref = await opened(world)
        await world.attach(ref, "bytes.bin", ALL_BYTES, public=public)
        found = await thread(connector, ref)
        [attachment] = [*found.attachments, *(item for comment in found.comments for item in comment.attachments)]
        assert attachment.name == "bytes.bin"
        assert attachment.size in (len(ALL_BYTES), 0), "0: the vendor does not tell"
        assert await downloaded(connector, attachment) == ALL_BYTES
        shown = any("bytes.bin" in text for text in (await world.look(ref)).public)
        assert shown or attachment.visibility is Visibility.INTERNAL, "public is what a customer sees"
        assert public or not shown, "what is for us is not shown to customers"

    @where_people(Deed.DELETE)
    async def test_a_deleted_ticket_is_said_to_be_gone(
        self, connector: Connector, world: World, done_by_people: object
    ) -> None:
        ref = await opened(world)
        assert await life(connector, ref) is Life.ACTIVE
        await world.delete(ref)
        await world.settle()
        assert await life(connector, ref) in (None, Life.DELETED)
        await poll(connector, await now(connector, world))

    @where_people(Deed.RESTORE)
    async def test_a_restored_ticket_is_what_it_was(
        self, connector: Connector, world: World, done_by_people: object
    ) -> None:
        ref = await opened(world)
        before = await connector.fetch(ref)
        await world.delete(ref)
        assert await life(connector, ref) in (None, Life.DELETED)
        await world.restore(ref)
        await world.settle()
        after = await connector.fetch(ref)
        assert (after.ref, after.life, after.fields) == (before.ref, Life.ACTIVE, before.fields)

    @where_people(Deed.MOVE)
    async def test_a_moved_ticket_is_followed(self, connector: Connector, world: World, done_by_people: object) -> None:
        ref = await opened(world)
        before, cursor = await connector.fetch(ref), await now(connector, world)
        await world.move(ref)
        await world.settle()
        hints, _ = await poll(connector, cursor)
        after = await followed(connector, ref)
        assert {hint.ref for hint in hints} & {ref, after.ref}, "a move is told"
        assert after.container != before.container
        assert after.fields[world.words.title] == "Export fails"
        await connector.update(after.ref, {world.words.title: "written after the move"}, expect=after.revision)
        assert (await followed(connector, ref)).fields[world.words.title] == "written after the move"

    @where_people(Deed.MERGE)
    async def test_a_merged_ticket_names_the_one_that_stays(
        self, connector: Connector, world: World, done_by_people: object
    ) -> None:
        loser, winner = await opened(world), await opened(world)
        cursor = await now(connector, world)
        await world.merge(loser, winner)
        await world.settle()
        hints, _ = await poll(connector, cursor)
        assert {hint.ref for hint in hints} & {loser, winner}, "a merge is told"
        for parts in (ALL_PARTS, ONLY_FIELDS):
            assert (await followed(connector, loser, parts)).ref == winner
        assert (await connector.fetch(winner)).merged_into is None

    @where_people(Deed.REWORD)
    async def test_an_edited_comment_is_told_by_the_next_poll(
        self, connector: Connector, world: World, done_by_people: object
    ) -> None:
        ref = await said(connector, world, "frist")
        cursor = await now(connector, world)
        await world.reword(ref, "frist", "first")
        await world.settle()
        hints, _ = await poll(connector, cursor)
        assert ref in {hint.ref for hint in hints}, "an edited comment is a change of its ticket, which a poll tells"
        assert [comment.body.text for comment in await comments(connector, ref)] == ["first"]

    @where_people(Deed.UNSAY)
    async def test_a_deleted_comment_is_read_no_more(
        self, connector: Connector, world: World, done_by_people: object
    ) -> None:
        ref = await said(connector, world, "too much")
        assert len(await comments(connector, ref)) == 1
        await world.unsay(ref, "too much")
        assert await comments(connector, ref) == ()
        await poll(connector, await now(connector, world))


async def said(connector: Connector, world: World, text: str) -> str:
    """A ticket with a comment of a person, internal where there is such a thing."""
    ref = await opened(world)
    await world.say(ref, text, public=Capability.INTERNAL_COMMENTS not in connector.capabilities)
    return ref


async def life(connector: Connector, ref: str) -> Life | None:
    """How a ticket lives; None: the vendor knows of none."""
    try:
        return (await connector.fetch(ref)).life
    except NotFound:
        return None


async def followed(connector: Connector, ref: str, parts: frozenset[Part] = ALL_PARTS) -> Snapshot:
    """The ticket that this one is now."""
    try:
        found = await connector.fetch(ref, parts=parts)
    except Moved as moved:
        return await connector.fetch(moved.ref)
    return await connector.fetch(found.merged_into) if found.merged_into else found
