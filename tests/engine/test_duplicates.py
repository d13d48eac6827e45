"""An issue that was made twice is noticed an hour later, and the one that no link holds is closed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from syncd.core.model import Life
from syncd.engine import duplicates, operate
from syncd.sdk.testing.character import BLIND, HELPFUL, TRACKER, Character
from syncd.sdk.testing.faults import Status
from tests.engine.world import World, mapping, world

HOUR = duplicates.LOOKS[0]


@pytest.fixture(params=[HELPFUL, TRACKER, BLIND], ids=["helpful", "tracker", "blind"])
async def pair(request: pytest.FixtureRequest, store_url: str) -> AsyncIterator[World]:
    character: Character = request.param
    async with world(store_url, engineering=character) as made:
        yield made


async def twice(pair: World) -> tuple[str, str]:
    """The issue of a link, and a second one that carries the same key."""
    _, issue = await pair.linked()
    first = pair.engineering.ticket(issue)
    second = pair.engineering.make("syncd", first.container, {"title": first.fields["title"]}, key=first.key)
    return first.ref, second.ref


async def later(pair: World) -> int:
    pair.clock.advance((HOUR + timedelta(minutes=10)).total_seconds())
    sought = await duplicates.seek(pair.site, back=HOUR)
    await pair.sync()
    return sought


async def test_the_one_that_the_link_holds_stays(pair: World) -> None:
    kept, other = await twice(pair)
    before = pair.engineering.ticket(kept).fields["status"]
    assert await later(pair) == 1
    assert pair.engineering.ticket(other).fields["status"] == pair.engineering.character.final
    assert pair.engineering.ticket(kept).fields["status"] == before
    (note,) = [comment.body.text for comment in pair.engineering.ticket(other).comments]
    assert pair.engineering.ticket(kept).label in note
    assert (await pair.link(next(iter(pair.support.tickets)))).refs.engineering == kept


async def test_each_create_is_looked_after_once(pair: World) -> None:
    await pair.linked()
    assert [await later(pair), await later(pair)] == [1, 0]


async def test_what_a_person_reopened_is_left_alone(pair: World) -> None:
    _, other = await twice(pair)
    await later(pair)
    pair.engineering.edit(other, status="open")
    pair.clock.advance(timedelta(hours=13).total_seconds())
    assert await duplicates.seek(pair.site, back=duplicates.LOOKS[1]) == 1
    await pair.sync()
    assert pair.engineering.ticket(other).fields["status"] == "open"
    assert len(pair.engineering.ticket(other).comments) == 1


async def test_after_a_merge_the_late_one_is_put_away_too(pair: World) -> None:
    """The link went on with the issue that its own was merged into; what came late belongs to nobody all the same."""
    kept, other = await twice(pair)
    into = pair.engineering.open(title="The same")
    pair.engineering.merge(kept, into=into)
    await pair.sync()
    await later(pair)
    assert pair.engineering.ticket(other).fields["status"] == pair.engineering.character.final
    assert pair.engineering.ticket(into).label in pair.engineering.ticket(other).comments[0].body.text
    assert pair.engineering.ticket(into).fields["status"] == "new"


@pytest.mark.parametrize("what", ["linked", "deleted", "locked"])
async def test_what_is_not_ours_any_more_is_left_alone(pair: World, what: str) -> None:
    kept, other = await twice(pair)
    match what:
        case "linked":
            ticket = pair.support.open(title="Another")
            await operate.link(pair.site, mapping(), ticket, other, history=False)
        case "deleted":
            pair.engineering.delete(other)
        case _:
            pair.engineering.lock(other)
    before = pair.engineering.ticket(other)
    stood = (before.fields["status"], len(before.comments))
    await later(pair)
    after = pair.engineering.ticket(other)
    assert (after.fields["status"], len(after.comments)) == stood
    assert pair.engineering.ticket(kept).life is Life.ACTIVE


async def test_one_that_cannot_be_closed_waits_for_a_person(pair: World) -> None:
    _, other = await twice(pair)
    pair.engineering.plan.on("update*", Status(422))
    pair.engineering.plan.on("transition*", Status(422))
    await later(pair)
    (item,) = await pair.parked()
    assert f"{pair.engineering.ticket(other).label} by hand" in item.remedy
    assert "cannot be closed" in item.reason
