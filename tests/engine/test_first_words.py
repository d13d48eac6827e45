"""Who comments on an issue at once, or an automation that does, is heard.

The webhook comes while the create's answer is on its way: no link knows the issue, so nobody is told. A poll brings the
issue's newest version only, and that may be one of our own.
"""

from __future__ import annotations

import pytest

from syncd import crash
from syncd.sdk.testing import faults
from syncd.sdk.testing.character import BLIND, HELPFUL, TRACKER, Character
from tests.engine.world import World, world

CHARACTERS = pytest.mark.parametrize("engineering", [HELPFUL, BLIND, TRACKER], ids=["helpful", "blind", "tracker"])


@CHARACTERS
async def test_what_is_said_on_an_issue_before_its_create_has_landed_arrives(
    store_url: str, engineering: Character
) -> None:
    async with world(store_url, engineering=engineering) as pair:
        await _escalated_and_answered(pair)
        await _by_webhooks_alone(pair)
        assert _heard(pair) == ["Looking at it"]


@CHARACTERS
async def test_it_arrives_too_where_the_run_ended_before_it_could_look(store_url: str, engineering: Character) -> None:
    async with world(store_url, engineering=engineering) as pair:
        pair.engineering.plan.on("fetch*", faults.LostBefore())
        await _escalated_and_answered(pair)
        pair.clock.advance(3600)
        await _by_webhooks_alone(pair)
        assert _heard(pair) == ["Looking at it"]


async def _escalated_and_answered(pair: World) -> None:
    """One run makes the issue; an engineer comments before that is stored, and the webhook names a ticket unknown."""
    pair.support.open(title="Export fails", priority="urgent")
    await pair.deliver()
    issues: list[str] = []

    def comment(point: str) -> None:
        if point == "H9" and not issues:
            issues.extend(pair.engineering.tickets)
            pair.engineering.say(issues[0], "Looking at it", public=False)
            pair.engineering.take_webhooks()

    with crash.watched(comment):
        await pair.workers.once()
    assert len(issues) == 1


async def _by_webhooks_alone(pair: World) -> None:
    for _ in range(10):
        await pair.deliver()
        if not await pair.workers.once():
            return
    raise AssertionError("does not come to rest")


def _heard(pair: World) -> list[str]:
    (ref,) = pair.support.tickets
    texts = [said.body.text for said in pair.support.ticket(ref).comments]
    return [text.splitlines()[-1] for text in texts if "Looking" in text]
