"""What we wrote is ours for good: not even a run that ends before it could look makes it somebody's edit.

A ticket that is changed back meanwhile looks as if nobody had changed it. If nobody remembers either that the issue's
value is ours, the issue alone seems edited, and the person's last word is written over.
"""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from syncd import crash
from syncd.engine import views
from syncd.sdk.testing import faults
from syncd.sdk.testing.character import BLIND, HELPFUL, TRACKER, Character
from tests.engine.world import World, world

TRIMMED = "Long " * 16  # ends with a space, which BLIND and TRACKER cut off


class Died(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("engineering", [BLIND, TRACKER], ids=["blind", "tracker"])
async def test_a_title_changed_back_before_ours_was_read_back_stays(store_url: str, engineering: Character) -> None:
    async with world(store_url, support=HELPFUL, engineering=engineering) as pair:
        ref, issue = await pair.linked()
        pair.support.edit(ref, title=TRIMMED)
        pair.engineering.plan.on("fetch*", faults.LostBefore())
        await pair.deliver()
        await pair.workers.once()
        assert str(pair.issue(issue, "title")).startswith("Long")
        await _changed_back(pair, ref, issue)


@pytest.mark.parametrize("engineering", [HELPFUL, BLIND, TRACKER], ids=["helpful", "blind", "tracker"])
@pytest.mark.parametrize("point", ["H9", "H11"])
async def test_a_title_changed_back_after_the_daemon_died_behind_its_write_stays(
    store_url: str, engineering: Character, point: str
) -> None:
    async with world(store_url, support=HELPFUL, engineering=engineering) as pair:
        ref, issue = await pair.linked()
        pair.support.edit(ref, title=TRIMMED)
        await pair.deliver()

        def die(passed: str) -> None:
            if passed == point:
                raise Died

        with crash.watched(die), pytest.raises(Died):
            await pair.workers.once()
        await asyncio.sleep(0)
        assert str(pair.issue(issue, "title")).startswith("Long")
        await _changed_back(pair, ref, issue)


async def test_why_tells_of_a_write_whose_answer_nobody_heard(store_url: str) -> None:
    async with world(store_url, support=HELPFUL, engineering=HELPFUL) as pair:
        ref, _ = await pair.linked()
        pair.support.edit(ref, title="Export fails on Mondays")
        pair.engineering.plan.on("update*", faults.LostAfter())
        await pair.sync()
        pair.clock.advance(600)
        await pair.sync()
        [row] = [row.entry for row in await pair.audit() if row.entry.kind == "update.recovered"]
        assert (row.rule, row.after) == ("fields.title", {"title": "Export fails on Mondays"})
        [answer] = await views.why(pair.site, ref, "title")
        assert answer.fields[0].set_by.startswith("syncd set it on engineering to `Export fails on Mondays`")


async def test_a_write_is_read_back_though_the_next_one_of_its_plan_came_too_late(store_url: str) -> None:
    """What the helpdesk had refused in silence was decided anew with the rest of the plan, and proven twice: a bug."""
    async with world(store_url, support=BLIND, engineering=HELPFUL) as pair:
        ref, issue = await pair.linked()
        pair.engineering.edit(issue, status="solved")
        pair.support.edit(ref, title="Export fails on Mondays")
        meanwhile = faults.Meanwhile(lambda: pair.engineering.say(issue, "Looking at it", public=False))
        pair.engineering.plan.on("update*", meanwhile)
        await pair.sync()
        assert pair.issue(issue, "title") == "Export fails on Mondays"
        assert [item.item for item in await pair.parked()] == ["status"]
        sent = [row.entry.rule for row in await pair.audit() if row.entry.kind == "update.attempt"]
        assert sent == ["fields.status", "fields.title", "fields.title"]


@pytest.mark.parametrize("arrived", [True, False])
async def test_what_may_be_a_word_over_ours_is_kept_where_nobody_can_tell(store_url: str, arrived: bool) -> None:
    """The answer to our update was lost, the ticket moved on, and its vendor has no history: it looks untouched."""
    async with world(store_url, support=HELPFUL, engineering=HELPFUL) as pair:
        ref, issue = await pair.linked()
        pair.engineering.edit(issue, status="open")
        pair.support.plan.on("update*", faults.LostAfter() if arrived else faults.LostBefore())
        await pair.deliver()
        await pair.workers.once()
        assert pair.ticket(ref, "status") == ("open" if arrived else "new")
        pair.support.edit(ref, status="new", estimate=Decimal(3))
        pair.clock.advance(3600)
        await pair.sync()
        assert pair.ticket(ref, "status") == pair.issue(issue, "status") == "open"
        kept = [(row.field, row.now.support, row.now.engineering) for row in await pair.conflicts()]
        assert ("status", "new", "open") in kept


async def test_nothing_is_kept_where_the_ticket_stands_as_it_was_read(store_url: str) -> None:
    async with world(store_url, support=HELPFUL, engineering=HELPFUL) as pair:
        ref, issue = await pair.linked()
        pair.engineering.edit(issue, status="open")
        pair.support.plan.on("update*", faults.LostBefore())
        await pair.deliver()
        await pair.workers.once()
        pair.clock.advance(3600)
        await pair.sync()
        assert pair.ticket(ref, "status") == "open"
        assert await pair.conflicts() == []


@pytest.mark.parametrize("engineering", [BLIND, TRACKER], ids=["blind", "tracker"])
async def test_an_earlier_write_of_the_same_second_is_not_taken_for_one_that_never_left(
    store_url: str, engineering: Character
) -> None:
    """A history of whole seconds shows our last update beside the revision; the next one died before it was sent."""
    async with world(store_url, support=HELPFUL, engineering=engineering) as pair:
        ref, issue = await pair.linked()
        pair.support.edit(ref, priority="low")
        await pair.sync()
        pair.support.edit(ref, priority="high")
        await pair.deliver()

        def die(passed: str) -> None:
            if passed == "H6":
                raise Died

        with crash.watched(die), pytest.raises(Died):
            await pair.workers.once()
        await asyncio.sleep(0)
        assert pair.issue(issue, "priority") == "low"
        pair.clock.advance(3600)
        await pair.sync()
        assert pair.ticket(ref, "priority") == pair.issue(issue, "priority") == "high"


async def _changed_back(pair: World, ref: str, issue: str) -> None:
    pair.support.edit(ref, title="Export fails")
    pair.clock.advance(3600)
    await pair.sync()
    assert pair.ticket(ref, "title") == "Export fails"
    assert pair.issue(issue, "title") == "Export fails"
    assert await pair.conflicts() == []
