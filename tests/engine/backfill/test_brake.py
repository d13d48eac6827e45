"""A backfill links more in an hour than the brake lets through otherwise, and stops nobody's work."""

from __future__ import annotations

from syncd.core.mapping import Brake
from syncd.engine.backfill import How, backfill, given
from syncd.store import pauses
from tests.engine.world import mapping, world


async def test_many_links_that_a_person_asked_for_pull_no_brake(url: str) -> None:
    rules = mapping(brake=Brake(links=2))
    async with world(url, rules=rules) as pair:
        other, _ = await pair.linked()
        made = {pair.support.open(title="Ours", priority="low"): pair.engineering.open(title="Theirs") for _ in "1234"}
        for ticket in made:
            pair.support.say(ticket, "an old story")
        await backfill(pair.site, rules, find=given(made), tickets=list(made), how=How(history=True))
        pair.workers.size = 1  # one after the other, so that each sees the writes before it
        await pair.sync()
        assert await pair.store.read(pauses.list_pauses) == []
        assert all(len(pair.engineering.ticket(issue).comments) == 1 for issue in made.values())
        pair.clock.advance(7200)
        pair.support.edit(other, title="goes on")
        for ticket in made:
            pair.support.edit(ticket, title="too many at once")
        await pair.sync()
        assert [pause.name for pause in await pair.store.read(pauses.list_pauses)] == ["desk-tracker"]
