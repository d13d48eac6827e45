"""Promises about the account, people, the other half of the link, and what a connector says it cannot do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest

from syncd.core.model import Attachment, Comment, Person, Public
from syncd.sdk.connector import Capability, Connector, Draft, Webhook
from syncd.sdk.errors import Unsupported
from syncd.sdk.testing.promises.base import BACKLINK, Promises, draft, file, has, needs, opened, write
from syncd.sdk.testing.world import World

ANYBODY = Person("1")
COMMENT = Comment("1", Public("x"), ANYBODY, datetime(2026, 1, 5, tzinfo=UTC))
ATTACHMENT = Attachment("1", "x", 1, "text/plain")


async def drained(connector: Connector) -> None:
    async for _ in connector.download(ATTACHMENT):
        pass


async def received(connector: Connector) -> None:
    connector.receive(Webhook({}, b"", datetime(2026, 1, 5, tzinfo=UTC)))


OPTIONAL: dict[Capability, Callable[[Connector], Awaitable[object]]] = {
    Capability.WEBHOOKS: received,
    Capability.MANAGE_WEBHOOKS: lambda connector: connector.hooks(),
    Capability.FIND: lambda connector: connector.find("key-1"),
    Capability.CLOSE: lambda connector: connector.close("1"),
    Capability.EDIT_COMMENTS: lambda connector: connector.edit_comment("1", COMMENT, Public("y"), key="key-1"),
    Capability.DELETE_COMMENTS: lambda connector: connector.delete_comment("1", "1"),
    Capability.TICKET_FILES: lambda connector: connector.attach("1", file("x", b"x")),
    Capability.PEOPLE: lambda connector: connector.person("ana@example.com"),
    Capability.LINK_BACK: lambda connector: connector.link_back("1", BACKLINK),
    Capability.DESCRIBE: lambda connector: connector.describe(),
}


class PeoplePromises(Promises):
    async def test_an_account_says_who_it_is(self, connector: Connector, world: World) -> None:
        account = await connector.check()
        assert account.id
        assert account.name

    async def test_no_secret_is_shown(self, connector: Connector, world: World) -> None:
        shown = f"{connector!r} {connector.config!r} {connector.config}"
        for name, value in connector.config:
            if hasattr(value, "get_secret_value"):
                assert value.get_secret_value() not in shown, f"{name} is shown"

    @pytest.mark.parametrize("capability", OPTIONAL, ids=str)
    async def test_what_it_cannot_do_it_says(self, connector: Connector, world: World, capability: Capability) -> None:
        if capability in connector.capabilities:
            pytest.skip(f"{connector.name} has it")
        with pytest.raises(Unsupported):
            await OPTIONAL[capability](connector)

    async def test_files_cannot_be_loaded_where_there_are_none(self, connector: Connector, world: World) -> None:
        if connector.capabilities & {Capability.FILES, Capability.TICKET_FILES}:
            pytest.skip(f"{connector.name} has files")
        with pytest.raises(Unsupported):
            await drained(connector)

    @needs(Capability.PEOPLE)
    async def test_somebody_is_found_by_address_in_any_case_and_can_be_assigned(
        self, connector: Connector, world: World, able: object
    ) -> None:
        email = has(world.words.email, "addresses")
        person = await connector.person(email.upper())
        assert person is not None
        field = has(world.words.person, "field for a person")
        assert (await write(connector, await opened(world), {field: person})).fields[field] == person

    @needs(Capability.PEOPLE)
    async def test_a_stranger_is_nobody(self, connector: Connector, world: World, able: object) -> None:
        assert await connector.person("stranger@nowhere.example") is None

    @needs(Capability.LINK_BACK)
    async def test_the_other_half_is_shown_once_however_often_it_is_said(
        self, connector: Connector, world: World, able: object
    ) -> None:
        ref = await opened(world)
        await connector.link_back(ref, BACKLINK)
        before = await connector.fetch(ref)
        await world.settle()
        await connector.link_back(ref, BACKLINK)
        after = await connector.fetch(ref)
        assert (await world.look(ref)).backlinks.count(BACKLINK.url) == 1
        assert (after.revision, after.fields) == (before.revision, before.fields)

    @needs(Capability.LINK_BACK)
    async def test_a_ticket_can_be_made_with_its_other_half(
        self, connector: Connector, world: World, able: object
    ) -> None:
        asked = draft(world)
        made = await connector.create(Draft(asked.place, asked.fields, BACKLINK), key="key-1")
        assert (await world.look(made.ref)).backlinks.count(BACKLINK.url) <= 1
        await connector.link_back(made.ref, BACKLINK)
        assert (await world.look(made.ref)).backlinks.count(BACKLINK.url) == 1

    @needs(Capability.DESCRIBE)
    async def test_a_description_knows_the_fields_and_their_words(
        self, connector: Connector, world: World, able: object
    ) -> None:
        described = {info.name: info for info in (await connector.describe()).fields}
        assert world.words.title in described
        assert {info.name for info in connector.fields} <= described.keys()
        name, *words = has(world.words.choice, "choice")
        assert set(words) <= set(described[name].options)
