"""How many requests a change costs; the numbers of product.md, counted and printed."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from syncd.sdk.testing.memory import BLIND, HELPFUL, TRACKER, Character, Hints
from tests.engine.world import World, world

READS_AND_WRITES = frozenset({"fetch", "update", "comment", "create", "find", "link back", "person", "attach"})


def calls(pair: World) -> tuple[int, int]:
    """Requests for tickets so far on each side; polls are counted apart."""
    return tuple(  # type: ignore[return-value]
        sum(entry.operation in READS_AND_WRITES for entry in vendor.requests)
        for vendor in (pair.support, pair.engineering)
    )


def nameless(pair: World) -> int:
    return NAMELESS if pair.engineering.character.hints is Hints.BARE else 0


async def cost(pair: World) -> int:
    before = sum(calls(pair))
    await pair.deliver()
    await pair.workers.once()
    await pair.sync()
    return sum(calls(pair)) - before


NAMELESS = 1
"""What a vendor costs more whose hints have no names (BARE): its own write coming back is one read."""


@pytest.fixture(params=[BLIND, TRACKER], ids=["blind", "tracker"])
async def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    character: Character = request.param
    url = f"sqlite:///{tmp_path_factory.mktemp('calls') / 'syncd.db'}"
    async with world(url, support=HELPFUL, engineering=character) as made:
        yield made


async def test_a_field_change_costs_two_requests_to_a_guarded_vendor(pair: World) -> None:
    ref, issue = await pair.linked()
    pair.clock.advance(120)
    await pair.sync()
    pair.engineering.edit(issue, priority="high")
    spent = await cost(pair)
    print(f"engineering -> guarded support: {spent} requests")
    assert pair.ticket(ref, "priority") == "high"
    assert spent == 2 + nameless(pair)


async def test_a_field_change_costs_three_requests_to_an_unguarded_vendor(pair: World) -> None:
    ref, issue = await pair.linked()
    pair.clock.advance(120)
    await pair.sync()
    pair.support.edit(ref, priority="high")
    spent = await cost(pair)
    print(f"support -> unguarded engineering: {spent} requests")
    assert pair.issue(issue, "priority") == "high"
    assert spent == 3 + nameless(pair)


async def test_an_echo_and_a_doubled_delivery_cost_nothing(pair: World) -> None:
    ref, _ = await pair.linked()
    pair.support.edit(ref, priority="high")
    await pair.sync()
    before = calls(pair)
    pair.clock.advance(120)
    await pair.sync()
    assert calls(pair) == before
