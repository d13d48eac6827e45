"""Promises about hints: none missed, none mistaken for an echo, webhooks believed only when they are signed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from syncd.sdk.connector import Capability, Changed, Connector, Message, Written
from syncd.sdk.errors import BadBody, BadSignature, Unsupported
from syncd.sdk.testing.promises.base import Promises, needs, now, opened, poll, sayable
from syncd.sdk.testing.world import World


def foretold(hint: Changed, written: Written) -> bool:
    return hint.token in written.tokens if written.tokens else bool(hint.echo) and hint.echo in written.echoes


def backwards(words: Mapping[str, str]) -> dict[str, str]:
    """The same names with other values."""
    return {name: value[::-1] for name, value in words.items()}


class HintPromises(Promises):
    # -- polling

    async def test_a_first_poll_starts_now(self, connector: Connector, world: World) -> None:
        await opened(world)
        pages = [page async for page in connector.changes(None)]
        assert [page.changed for page in pages] == [()]
        assert pages[0].cursor

    async def test_an_idle_poll_is_one_request(self, connector: Connector, world: World) -> None:
        await opened(world)
        cursor = await now(connector, world)
        before = world.requests
        hints, _ = await poll(connector, cursor)
        assert hints == [], "nothing changed since the cursor, after World.settle()"
        assert world.requests - before == 1, "requests of a poll that finds nothing"

    async def test_a_cursor_resumes_without_gaps(self, connector: Connector, world: World) -> None:
        refs = [await opened(world) for _ in range(4)]
        cursor = await now(connector, world)
        unseen: list[str] = []
        for number in range(12):
            ref = refs[number * 3 % 4]
            await world.edit(ref, {world.words.title: f"edit {number}"})
            unseen.append(ref)
            if number % 3 == 2:
                hints, cursor = await poll(connector, cursor)
                unseen = [ref for ref in unseen if ref not in {hint.ref for hint in hints}]
            if number % 4 == 3:
                await world.settle()
        await world.settle()
        hints, _ = await poll(connector, cursor)
        missed = sorted(set(unseen) - {hint.ref for hint in hints})
        assert missed == [], "refs that were edited and that no poll told"

    async def test_an_old_cursor_tells_it_again(self, connector: Connector, world: World) -> None:
        ref = await opened(world)
        cursor = await now(connector, world)
        await world.edit(ref, {world.words.title: "edited"})
        await world.settle()
        first, _ = await poll(connector, cursor)
        again, _ = await poll(connector, cursor)
        assert {hint.ref for hint in first} == {hint.ref for hint in again} == {ref}, "the same cursor, asked twice"

    async def test_a_cursor_in_the_past_tells_what_was_made_since(self, connector: Connector, world: World) -> None:
        refs = {await opened(world) for _ in range(3)}
        made = [(await connector.fetch(ref)).created for ref in refs]
        await world.settle()
        try:
            cursor = await connector.cursor_at(min(at for at in made if at is not None))
        except Unsupported as unsupported:
            pytest.skip(str(unsupported))
        hints, _ = await poll(connector, cursor)
        assert {hint.ref for hint in hints} == refs

    async def test_a_new_ticket_and_a_new_comment_are_told(self, connector: Connector, world: World) -> None:
        old = await opened(world)
        cursor = await now(connector, world)
        new = await opened(world)
        await world.say(old, "hello", public=True)
        await world.settle()
        hints, _ = await poll(connector, cursor)
        assert {old, new} <= {hint.ref for hint in hints}, "one ticket was commented on, the other is new"

    # -- names of changes, and echoes

    async def test_two_changes_never_share_a_name(self, connector: Connector, world: World) -> None:
        ref = await opened(world)
        cursor = await now(connector, world)
        names: list[str] = []
        for title in ("one", "two", "one"):
            await world.edit(ref, {world.words.title: title})
            await world.settle()
            hints, cursor = await poll(connector, cursor)
            names += {hint.token for hint in hints if hint.token}
        assert len(names) == len(set(names))

    async def test_a_read_before_a_change_does_not_claim_to_show_it(self, connector: Connector, world: World) -> None:
        ref = await opened(world)
        cursor = await now(connector, world)
        before = await connector.fetch(ref)
        await world.settle()
        await world.edit(ref, {world.words.title: "edited"})
        await world.settle()
        hints, _ = await poll(connector, cursor)
        told = [hint for hint in hints if hint.ref == ref]
        assert told
        assert not any(hint.token and hint.token in before.tokens for hint in told)
        assert not any(connector.includes(before.revision, hint) for hint in told)

    async def test_our_own_write_comes_back_as_foretold(self, connector: Connector, world: World) -> None:
        ref = await opened(world)
        cursor = await now(connector, world)
        seen = await connector.fetch(ref)
        written = await connector.update(ref, {world.words.title: "By syncd"}, expect=seen.revision)
        if not written.tokens and not written.echoes:
            pytest.skip(f"{connector.name} foretells nothing: its own write costs a read")
        await world.settle()
        hints, _ = await poll(connector, cursor)
        assert hints, "what we wrote changes the ticket, and is told as any change"
        unknown = [hint for hint in hints if not foretold(hint, written)]
        assert unknown == [], "hints about our own write that Written.tokens or Written.echoes did not foretell"

    async def test_our_own_comment_comes_back_as_foretold(self, connector: Connector, world: World) -> None:
        ref = await opened(world)
        cursor = await now(connector, world)
        written = (
            await connector.comment(ref, Message(sayable(connector, world, "Hello")), key="key-1", expect="")
        ).written
        if not written.tokens and not written.echoes:
            pytest.skip(f"{connector.name} foretells nothing: its own comment costs a read")
        await world.settle()
        hints, _ = await poll(connector, cursor)
        assert hints, "what we wrote changes the ticket, and is told as any change"
        unknown = [hint for hint in hints if not foretold(hint, written)]
        assert unknown == [], "hints about our own write that Written.tokens or Written.echoes did not foretell"

    async def test_a_persons_change_is_never_taken_for_ours(self, connector: Connector, world: World) -> None:
        ref = await opened(world)
        seen = await connector.fetch(ref)
        written = await connector.update(ref, {world.words.title: "By syncd"}, expect=seen.revision)
        cursor = await now(connector, world)
        await world.edit(ref, {world.words.title: "By a person"})
        await world.settle()
        hints, _ = await poll(connector, cursor)
        assert [hint for hint in hints if hint.ref == ref]
        assert [hint for hint in hints if hint.echo or foretold(hint, written)] == []

    # -- webhooks

    @needs(Capability.WEBHOOKS)
    async def test_a_webhook_names_the_ticket(self, connector: Connector, world: World, able: object) -> None:
        ref = await opened(world)
        await world.webhooks()
        await world.edit(ref, {world.words.title: "edited"})
        before = world.requests
        told = [hint for webhook in await world.webhooks() for hint in connector.receive(webhook).changed]
        assert {hint.ref for hint in told} == {ref}
        assert world.requests == before

    @needs(Capability.WEBHOOKS)
    async def test_a_change_has_one_name_by_webhook_and_by_poll(
        self, connector: Connector, world: World, able: object
    ) -> None:
        ref = await opened(world)
        cursor = await now(connector, world)
        await world.webhooks()
        await world.edit(ref, {world.words.title: "edited"})
        await world.settle()
        pushed = {hint.token for webhook in await world.webhooks() for hint in connector.receive(webhook).changed}
        polled = {hint.token for hint in (await poll(connector, cursor))[0]}
        assert pushed - {""} <= polled or polled <= {""}

    @needs(Capability.WEBHOOKS)
    async def test_a_delivery_has_one_id_however_often_it_comes(
        self, connector: Connector, world: World, able: object
    ) -> None:
        ref = await opened(world)
        await world.webhooks()
        await world.edit(ref, {world.words.title: "one"})
        [first, *_] = await world.webhooks()
        await world.edit(ref, {world.words.title: "two"})
        [second, *_] = await world.webhooks()
        assert connector.receive(first).id == connector.receive(first).id
        assert connector.receive(first).id != connector.receive(second).id

    @needs(Capability.WEBHOOKS)
    async def test_a_body_that_was_tampered_with_is_not_believed(
        self, connector: Connector, world: World, able: object
    ) -> None:
        await opened(world)
        [webhook, *_] = await world.webhooks()
        connector.receive(webhook)
        forged = [replace(webhook, headers={}, query={}), replace(webhook, body=webhook.body + b" ")]
        if not world.words.signed:
            forged[1] = replace(webhook, headers=backwards(webhook.headers), query=backwards(webhook.query))
        for bad in forged:
            with pytest.raises(BadSignature):
                connector.receive(bad)

    @needs(Capability.WEBHOOKS)
    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"text"', b"\xff\xfe", b'{"a": 1}', b"[" * 2000])
    async def test_signed_nonsense_is_a_bad_body_or_nobodys_business(
        self, connector: Connector, world: World, able: object, body: bytes
    ) -> None:
        try:
            delivery = connector.receive(world.sign(body))
        except BadBody:
            return
        assert delivery.changed == ()
