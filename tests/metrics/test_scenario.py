"""Thirty days and four hundred tickets through the real engine: every metric is what the scenario says it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from syncd.core.metrics.compute import By, Group
from syncd.core.metrics.values import Amount, Depth, Share, Spread, Times, Value
from syncd.engine.report import DEFINITIONS, report
from syncd.sdk.testing.clock import Clock
from tests.metrics.expected import Expected
from tests.metrics.generate import FILE
from tests.metrics.generate import scenario as generated
from tests.metrics.play import Player, scenario, start_of
from tests.metrics.stages import InMemory, Simulated, Stage

MINUTE = timedelta(minutes=1)


def told(value: Value, player: Player) -> Any:
    """In plain numbers, as `Expected` has them."""
    match value:
        case Times():
            return value.count, value.open, spread(value.wall), value.timed, spread(value.business)
        case Share():
            return value.part, value.whole
        case Depth():
            start = start_of(player.scenario)
            return [((point.at - start) // MINUTE, point.open, point.waiting) for point in value.points]
        case Amount():
            return value.value.total_seconds(), value.count


def spread(found: Spread | None) -> Any:
    if found is None:
        return None
    return tuple(pytest.approx(time.total_seconds(), abs=0.01) for time in (found.median, found.p90, found.mean))


async def differences(player: Player, expected: Expected, by: By | None) -> list[str]:
    found = await report(player.site, span=timedelta(days=player.scenario["days"]), by=by)
    groups: tuple[Group, ...] = found.groups if by else (found.total,)
    wanted = expected.of(by.value if by else "")
    assert {group.name for group in groups} == set(wanted)
    return [
        f"{by}={group.name} {one.key}: {now} and not {then}"
        for group in groups
        for one in DEFINITIONS
        if (then := wanted[group.name][one.key]) != (now := told(group.values[one.key], player))
    ]


async def play(url: str, tickets: int, make: Callable[[Clock], Stage] = InMemory) -> list[str]:
    player = Player(url, scenario(tickets), make)
    await player.play()
    try:
        expected = Expected(player.scenario)
        return [line for by in (None, *By) for line in await differences(player, expected, by)]
    finally:
        await player.site.store.aclose()


def test_the_scenario_is_the_one_that_its_script_makes() -> None:
    made = generated()
    assert {**made, "tickets": made["tickets"]} == scenario(len(made["tickets"]))
    assert FILE.stat().st_size > 0


def test_the_scenario_has_everything() -> None:
    """Every severity and tier, and each thing that can happen, so that no number is right for want of cases."""
    expected = Expected(scenario(400))
    numbers = expected.of()[""]
    shares = {key: found for key, found in numbers.items() if isinstance(found, tuple) and len(found) == 2}
    assert {key for key, (part, whole) in shares.items() if not 0 < part < whole} == {"hours_saved", "inside_follow_up"}
    times = {key: found for key, found in numbers.items() if isinstance(found, tuple) and len(found) == 5}
    assert {key for key, found in times.items() if not (found[0] and found[1] and found[3])} == {"time_to_escalate"}
    assert set(expected.of("severity")) == {"sev1", "sev2", "sev3", "sev4"}
    assert set(expected.of("tier")) == {"gold", "silver", "bronze", ""}


async def test_the_first_tickets(store_url: str) -> None:
    assert await play(store_url, 12) == []


@pytest.mark.parametrize(
    "tickets", [4, pytest.param(24, marks=pytest.mark.histories), pytest.param(400, marks=pytest.mark.soak)]
)
async def test_between_the_simulators_of_zendesk_and_jira(url: str, tickets: int) -> None:
    assert await play(url, tickets, Simulated) == []


@pytest.mark.histories
async def test_every_ticket(url: str) -> None:
    """On SQLite: with PostgreSQL it takes minutes more, and its SQL is that of the first tickets."""
    assert await play(url, 400) == []
