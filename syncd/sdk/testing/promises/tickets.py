"""Promises about tickets: made once, written as asked, read as written."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from syncd.core.model import Fields, RichText
from syncd.sdk.connector import ONLY_FIELDS, Capability, Connector, Message, Written
from syncd.sdk.errors import NotFound, Rejected, Stale
from syncd.sdk.testing.promises.base import (
    BACKLINK,
    NOWHERE,
    SCRIPTS,
    Promises,
    draft,
    has,
    needs,
    opened,
    poll,
    sayable,
    write,
)
from syncd.sdk.testing.world import World

KATHMANDU = timezone(timedelta(hours=5, minutes=45))


async def edited_since_it_was_read(connector: Connector, world: World) -> tuple[str, str]:
    """A ticket, and the revision at which it was read before a person edited it."""
    ref = await opened(world)
    seen = await connector.fetch(ref)
    await world.settle()
    await world.edit(ref, {world.words.title: "By a person"})
    return ref, seen.revision


class TicketPromises(Promises):
    # -- creating

    async def test_a_create_returns_what_a_read_returns(self, connector: Connector, world: World) -> None:
        made = await connector.create(draft(world), key="key-1")
        read = await connector.fetch(made.ref)
        assert made.fields == read.fields
        assert (made.label, made.url, made.container, made.life) == (read.label, read.url, read.container, read.life)
        assert made.revision == read.revision

    @needs(Capability.REPEATABLE_CREATE)
    async def test_the_same_key_twice_makes_one_ticket(self, connector: Connector, world: World, able: object) -> None:
        made = await connector.create(draft(world), key="key-1")
        assert (await connector.create(draft(world), key="key-1")).ref == made.ref

    async def test_another_key_makes_another_ticket(self, connector: Connector, world: World) -> None:
        made = await connector.create(draft(world), key="key-1")
        assert (await connector.create(draft(world), key="key-2")).ref != made.ref

    @needs(Capability.FIND)
    async def test_a_ticket_is_found_by_its_key_once_the_index_has_it(
        self, connector: Connector, world: World, able: object
    ) -> None:
        made = await connector.create(draft(world), key="key-1")
        await connector.create(draft(world), key="key-2")
        await world.settle()
        found = await connector.find("key-1")
        assert [one.ref for one in found] == [made.ref], "find() gives what create() made with this key"
        assert found[0].fields[world.words.title] == made.fields[world.words.title]

    @needs(Capability.FIND)
    async def test_an_unknown_key_finds_nothing(self, connector: Connector, world: World, able: object) -> None:
        await connector.create(draft(world), key="key-1")
        await world.settle()
        assert not await connector.find("key-2")

    @needs(Capability.FIND)
    async def test_all_tickets_of_a_key_are_found_the_oldest_first(
        self, connector: Connector, world: World, able: object
    ) -> None:
        made = [(await connector.create(draft(world), key="key-1")).ref for _ in range(2)]
        await world.settle()
        assert [found.ref for found in await connector.find("key-1")] == [*dict.fromkeys(made)]

    @needs(Capability.CLOSE)
    async def test_closing_is_final_and_the_second_time_changes_nothing(
        self, connector: Connector, world: World, able: object
    ) -> None:
        name = has(world.words.done or world.words.status, "status")[0]
        ref = await opened(world)
        before = (await connector.fetch(ref)).fields[name]
        await connector.close(ref)
        closed = await connector.fetch(ref)
        assert closed.fields[name] != before
        await connector.close(ref)
        assert (await connector.fetch(ref)).revision == closed.revision

    # -- writing

    async def test_a_write_is_read_back_and_the_answer_says_no_more_than_the_read(
        self, connector: Connector, world: World
    ) -> None:
        ref = await opened(world)
        before = await connector.fetch(ref)
        written = await connector.update(ref, {world.words.title: "Import fails"}, expect=before.revision)
        after = await connector.fetch(ref)
        assert after.fields[world.words.title] == "Import fails"
        assert dict(written.fields).items() <= dict(after.fields).items()
        assert written.revision in (None, after.revision)

    async def test_a_write_makes_another_revision_once_the_clock_moved_on(
        self, connector: Connector, world: World
    ) -> None:
        ref = await opened(world)
        before = await connector.fetch(ref)
        await world.settle()
        assert (await write(connector, ref, {world.words.title: "Import fails"})).revision != before.revision

    async def test_only_the_given_fields_are_written(self, connector: Connector, world: World) -> None:
        name, old, new = has(world.words.choice, "choice")
        ref = await opened(world, **{name: old})
        seen = await connector.fetch(ref)
        await world.settle()
        await world.edit(ref, {name: new})
        try:
            await connector.update(ref, {world.words.title: "Import fails"}, expect=seen.revision)
        except Stale:
            await write(connector, ref, {world.words.title: "Import fails"})
        after = (await connector.fetch(ref)).fields
        assert after[name] == new
        changed = {field for field, value in after.items() if value != seen.fields.get(field)}
        assert {name, world.words.title} <= changed
        person_writes = {name, world.words.title}
        assert {field for field in changed - person_writes if field in writable(connector)} == set()

    @needs(Capability.GUARDED)
    async def test_a_stale_write_is_refused_and_writes_nothing(
        self, connector: Connector, world: World, able: object
    ) -> None:
        ref, expect = await edited_since_it_was_read(connector, world)
        with pytest.raises(Stale):
            await connector.update(ref, {world.words.title: "By syncd"}, expect=expect)
        assert (await connector.fetch(ref)).fields[world.words.title] == "By a person"

    @needs(Capability.GUARDED)
    async def test_the_answer_to_a_guarded_write_is_good_for_the_next(
        self, connector: Connector, world: World, able: object
    ) -> None:
        """By the revision in the answer, or by that in the echo which the answer foretold."""
        made = await connector.create(draft(world), key="key-1")
        _, cursor = await poll(connector, None)
        written = await connector.update(made.ref, {world.words.title: "Second"}, expect=made.revision)
        assert dict(written.fields) == {world.words.title: "Second"}
        revision = written.revision or await foretold_revision(connector, cursor, written)
        await connector.update(made.ref, {world.words.title: "Third"}, expect=revision)
        assert (await connector.fetch(made.ref)).fields[world.words.title] == "Third"

    async def test_a_comment_does_not_vouch_for_what_came_before_it(self, connector: Connector, world: World) -> None:
        """The revision in its answer would have the next guarded write run over an edit that nobody has read."""
        ref, expect = await edited_since_it_was_read(connector, world)
        message = Message(sayable(connector, world, "Hello"))
        try:
            posted = await connector.comment(ref, message, key="key-1", expect=expect)
        except Stale:
            posted = await connector.comment(ref, message, key="key-1", expect="")
        assert posted.written.revision is None

    @needs(Capability.LINK_BACK)
    async def test_a_link_back_does_not_vouch_for_what_came_before_it(
        self, connector: Connector, world: World, able: object
    ) -> None:
        ref, expect = await edited_since_it_was_read(connector, world)
        try:
            written = await connector.link_back(ref, BACKLINK, expect=expect)
        except Stale:
            written = await connector.link_back(ref, BACKLINK)
        assert written.revision is None

    async def test_a_status_goes_the_vendors_way(self, connector: Connector, world: World) -> None:
        name, wanted = has(world.words.status, "status that can be written")
        ref = await opened(world)
        assert (await write(connector, ref, {name: wanted})).fields[name] == wanted

    async def test_a_status_and_a_field_in_one_update_both_arrive(self, connector: Connector, world: World) -> None:
        name, wanted = has(world.words.status, "status that can be written")
        ref = await opened(world)
        after = await write(connector, ref, {name: wanted, world.words.title: "Import fails"})
        assert (after.fields[name], after.fields[world.words.title]) == (wanted, "Import fails")

    async def test_an_impossible_status_is_refused_by_name_or_seen_not_to_be_there(
        self, connector: Connector, world: World
    ) -> None:
        name, _ = has(world.words.status, "status that can be written")
        impossible = has(world.words.impossible, "status that cannot be reached")
        await self.refused_or_not_there(connector, world, {name: impossible})

    async def test_an_unknown_word_is_refused_by_name_or_seen_not_to_be_there(
        self, connector: Connector, world: World
    ) -> None:
        name, _, _ = has(world.words.choice, "choice")
        await self.refused_or_not_there(connector, world, {name: "no such word"})

    async def refused_or_not_there(self, connector: Connector, world: World, fields: Fields) -> None:
        [(name, wanted)] = fields.items()
        ref = await opened(world)
        before = await connector.fetch(ref)
        try:
            written = await connector.update(ref, fields, expect=before.revision)
        except Rejected as refused:
            assert refused.field == name
        else:
            assert written.fields.get(name) != wanted
        assert (await connector.fetch(ref)).fields[name] == before.fields[name]

    # -- values

    async def test_a_title_keeps_every_script(self, connector: Connector, world: World) -> None:
        ref = await opened(world)
        short = SCRIPTS[:50]
        assert (await write(connector, ref, {world.words.title: short})).fields[world.words.title] == short
        tail = SCRIPTS[50:]
        assert (await write(connector, ref, {world.words.title: tail})).fields[world.words.title] == tail

    async def test_a_description_keeps_every_script_and_its_lines(self, connector: Connector, world: World) -> None:
        name = has(world.words.description, "description that can be rewritten")
        text = f"{SCRIPTS}\n\nSecond paragraph\n\n- one\n- two"
        ref = await opened(world)
        value = (await write(connector, ref, {name: RichText.of(text)})).fields[name]
        assert isinstance(value, RichText)
        assert value.markdown.strip() == text

    @pytest.mark.parametrize("text", ["ends with blanks   ", "   starts with them", "two  in   the middle", "a\tb"])
    async def test_a_text_that_the_vendor_changes_on_arrival_is_shown_as_it_stands(
        self, connector: Connector, world: World, text: str
    ) -> None:
        ref = await opened(world)
        seen = await connector.fetch(ref)
        written = await connector.update(ref, {world.words.title: text}, expect=seen.revision)
        stands = (await connector.fetch(ref)).fields[world.words.title]
        assert isinstance(stands, str)
        assert stands.split() == text.split()
        assert written.fields.get(world.words.title, stands) == stands
        again = await write(connector, ref, {world.words.title: stands})
        assert again.fields[world.words.title] == stands

    async def test_labels_are_set_and_emptied(self, connector: Connector, world: World) -> None:
        name = has(world.words.labels, "labels")
        ref = await opened(world)
        words = frozenset({"escalate", "export"})
        assert (await write(connector, ref, {name: words})).fields[name] == words
        assert not (await write(connector, ref, {name: frozenset()})).fields[name]

    async def test_a_day_is_the_same_day_everywhere(self, connector: Connector, world: World) -> None:
        name = has(world.words.day, "date")
        ref = await opened(world)
        assert (await write(connector, ref, {name: date(2026, 3, 29)})).fields[name] == date(2026, 3, 29)
        assert (await write(connector, ref, {name: None})).fields[name] is None

    async def test_a_moment_keeps_its_zone(self, connector: Connector, world: World) -> None:
        name = has(world.words.moment, "date with a time")
        moment = datetime(2026, 3, 29, 1, 30, tzinfo=KATHMANDU)
        ref = await opened(world)
        stands = (await write(connector, ref, {name: moment})).fields[name]
        assert isinstance(stands, datetime)
        assert stands.astimezone(UTC) == moment.astimezone(UTC)

    # -- reading

    async def test_a_read_of_the_fields_alone_shows_the_same_fields(self, connector: Connector, world: World) -> None:
        ref = await opened(world)
        await connector.fetch(ref)  # people and fields seen for the first time may cost more
        before = world.requests
        alone = await connector.fetch(ref, parts=ONLY_FIELDS)
        between = world.requests
        whole = await connector.fetch(ref)
        assert (alone.fields, alone.revision) == (whole.fields, whole.revision)
        assert between - before <= world.requests - between

    async def test_a_read_says_when_and_who_with_a_zone(self, connector: Connector, world: World) -> None:
        snapshot = await connector.fetch(await opened(world))
        for moment in (snapshot.created, snapshot.updated):
            assert moment is None or moment.tzinfo is not None

    async def test_an_unknown_ref_is_not_found(self, connector: Connector, world: World) -> None:
        with pytest.raises(NotFound):
            await connector.fetch(NOWHERE)
        with pytest.raises(NotFound):
            await connector.update(NOWHERE, {world.words.title: "x"}, expect="1")
        with pytest.raises(NotFound):
            await connector.comment(NOWHERE, Message(sayable(connector, world, "x")), key="key-1", expect="1")

    @needs(Capability.HISTORY)
    async def test_the_history_tells_a_persons_edit_from_ours(
        self, connector: Connector, world: World, able: object
    ) -> None:
        ref = await opened(world)
        seen = await connector.fetch(ref)
        await world.settle()
        await world.edit(ref, {world.words.title: "By a person"})
        await world.settle()
        if Capability.GUARDED in connector.capabilities:
            with pytest.raises(Stale):
                await connector.update(ref, {world.words.title: "By syncd"}, expect=seen.revision)
            await write(connector, ref, {world.words.title: "By syncd"})
        else:
            await connector.update(ref, {world.words.title: "By syncd"}, expect=seen.revision)
        history = (await connector.fetch(ref, since=seen.revision)).history
        edits = [(edit.old, edit.new, edit.ours) for edit in history if edit.field == world.words.title]
        assert edits == [("Export fails", "By a person", False), ("By a person", "By syncd", True)]

    @needs(Capability.HISTORY)
    async def test_a_ticket_found_by_its_key_tells_what_people_changed_since(
        self, connector: Connector, world: World, able: object
    ) -> None:
        if Capability.FIND not in connector.capabilities:
            pytest.skip(f"{connector.name} has no capability: {Capability.FIND}")
        made = await connector.create(draft(world), key="key-1")
        await world.settle()
        await world.edit(made.ref, {world.words.title: "By a person"})
        await world.settle()
        [found] = await connector.find("key-1")
        edits = [(edit.old, edit.new) for edit in found.history if edit.field == world.words.title and not edit.ours]
        assert edits == [("Export fails", "By a person")]


async def foretold_revision(connector: Connector, cursor: str, written: Written) -> str:
    """The version after our own write, as its echo tells it."""
    [echo] = [hint for hint in (await poll(connector, cursor))[0] if hint.echo]
    assert (echo.echo,) == written.echoes
    return echo.revision


def writable(connector: Connector) -> set[str]:
    return {info.name for info in connector.fields if info.writable}
