"""Promises about webhooks as the vendor keeps them: listed, registered once, renewed, woken, removed."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from syncd.sdk.connector import Capability, Connector
from syncd.sdk.testing.promises.base import Promises, needs, where_people
from syncd.sdk.testing.world import Deed, World

ADDRESS = "https://syncd.example/hooks/desk"


@contextmanager
def logged() -> Iterator[list[str]]:
    """Every line that is logged inside, of each level and of every library."""
    lines: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    root, kept = logging.getLogger(), Kept()
    level = root.level
    root.addHandler(kept)
    root.setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        root.removeHandler(kept)
        root.setLevel(level)


class HookPromises(Promises):
    @needs(Capability.MANAGE_WEBHOOKS)
    async def test_an_address_is_registered_once_and_listed(
        self, connector: Connector, world: World, able: object
    ) -> None:
        first = await connector.register_hook(ADDRESS)
        again = await connector.register_hook(ADDRESS)
        assert (first.url, first.active, first.lacks) == (ADDRESS, True, ())
        assert [hook.id for hook in await connector.hooks() if hook.url == ADDRESS] == [again.id]

    @needs(Capability.MANAGE_WEBHOOKS)
    async def test_a_removed_address_is_not_listed_and_may_be_removed_again(
        self, connector: Connector, world: World, able: object
    ) -> None:
        other = await connector.register_hook(f"{ADDRESS}-2")
        hook = await connector.register_hook(ADDRESS)
        await connector.remove_hook(hook.id)
        await connector.remove_hook(hook.id)
        found = [each for each in await connector.hooks() if each.url.startswith(ADDRESS)]
        assert [(each.id, each.url) for each in found] == [(other.id, other.url)]

    @needs(Capability.MANAGE_WEBHOOKS)
    async def test_somebody_elses_webhook_is_listed_and_left_alone(
        self, connector: Connector, world: World, able: object
    ) -> None:
        other = await connector.register_hook(f"{ADDRESS}-2")
        await connector.register_hook(ADDRESS)
        await connector.register_hook(ADDRESS)
        assert [hook for hook in await connector.hooks() if hook.url == other.url] == [replace(other, secret="")]

    @needs(Capability.MANAGE_WEBHOOKS)
    @where_people(Deed.SWITCH_OFF)
    async def test_one_that_was_switched_off_is_listed_as_such_and_woken_by_registering(
        self, connector: Connector, world: World, able: object, done_by_people: object
    ) -> None:
        await connector.register_hook(ADDRESS)
        await world.switch_off(ADDRESS)
        assert [hook.active for hook in await connector.hooks() if hook.url == ADDRESS] == [False]
        assert (await connector.register_hook(ADDRESS)).active
        assert [hook.active for hook in await connector.hooks() if hook.url == ADDRESS] == [True]

    @needs(Capability.MANAGE_WEBHOOKS)
    async def test_registering_again_moves_the_end(self, connector: Connector, world: World, able: object) -> None:
        first = await connector.register_hook(ADDRESS)
        if first.expires is None:
            pytest.skip(f"the webhooks of {connector.name} do not end")
        await world.settle()
        again = await connector.register_hook(ADDRESS)
        assert again.expires is not None
        assert again.expires > first.expires
        assert [hook.expires for hook in await connector.hooks() if hook.url == ADDRESS] == [again.expires]

    @needs(Capability.MANAGE_WEBHOOKS)
    async def test_registering_and_listing_show_and_log_no_secret(
        self, connector: Connector, world: World, able: object
    ) -> None:
        with logged() as lines:
            made = await connector.register_hook(ADDRESS)
            await connector.register_hook(ADDRESS)
            shown = [repr(made), repr(await connector.hooks())]
        configured = connector.config.webhook_secret
        secrets = {made.secret, configured.get_secret_value() if configured else ""} - {""}
        assert [secret for secret in secrets for text in (*shown, *lines) if secret in text] == []
