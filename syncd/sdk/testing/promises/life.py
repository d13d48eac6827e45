"""Promises about a ticket as a whole: done and open again, deleted and restored, moved, merged, given a file."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from syncd.core.model import Life, Snapshot, Visibility
from syncd.sdk.connector import Capability, Connector
from syncd.sdk.errors import NotFound
from syncd.sdk.testing.promises.base import (
    ALL_BYTES,
    Promises,
    Test,
    downloaded,
    has,
    needs,
    now,
    opened,
    poll,
    thread,
    write,
)
from syncd.sdk.testing.world import Deed, World


def where_people(deed: Deed) -> Callable[[Test], Test]:
    """Run the test where a person can do this; elsewhere it is skipped, and says for want of what."""

    def decorate(test: Test) -> Test:
        parametrised: Test = pytest.mark.parametrize("done_by_people", [deed], ids=str, indirect=True)(test)
        return parametrised

    return decorate


class LifePromises(Promises):
    @pytest.fixture
    def done_by_people(self, request: pytest.FixtureRequest, world: World) -> Deed:
        deed: Deed = request.param
        if deed not in world.words.deeds:
            pytest.skip(f"here people cannot {deed}")
        return deed

    async def test_a_done_ticket_is_opened_again(self, connector: Connector, world: World) -> None:
        name, new, done = has(world.words.done, "final status")
        ref = await opened(world)
        assert (await connector.fetch(ref)).fields[name] == new
        for status in (done, new, done):
            assert (await write(connector, ref, {name: status})).fields[name] == status

    @where_people(Deed.ATTACH)
    @pytest.mark.parametrize("public", [True, False], ids=["public", "internal"])
    @needs(Capability.FILES)
    async def test_a_persons_file_is_read_as_visible_as_it_is(
        self, connector: Connector, world: World, able: object, done_by_people: object, public: bool
    ) -> None:
        if not public and not world.words.internal_files:
            pytest.skip("here people cannot attach a file that no customer sees")
        ref = await opened(world)
        await world.attach(ref, "all bytes.bin", ALL_BYTES, public=public)
        found = await thread(connector, ref)
        [attachment] = [*found.attachments, *(item for comment in found.comments for item in comment.attachments)]
        assert (attachment.name, attachment.size) == ("all bytes.bin", len(ALL_BYTES))
        assert await downloaded(connector, attachment) == ALL_BYTES
        shown = any("all bytes.bin" in text for text in (await world.look(ref)).public)
        assert shown or attachment.visibility is Visibility.INTERNAL, "public is what a customer sees"
        assert shown == (public and world.words.customers)

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
        assert (await followed(connector, loser)).ref == winner
        assert (await connector.fetch(winner)).merged_into is None


async def life(connector: Connector, ref: str) -> Life | None:
    """How a ticket lives; None: the vendor knows of none."""
    try:
        return (await connector.fetch(ref)).life
    except NotFound:
        return None


async def followed(connector: Connector, ref: str) -> Snapshot:
    """The ticket that this one is now."""
    found = await connector.fetch(ref)
    return await connector.fetch(found.merged_into) if found.merged_into else found
