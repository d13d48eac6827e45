"""What a run may spend of a vendor's quota depends on how urgent its turn is."""

from __future__ import annotations

from syncd.core.model import Snapshot
from syncd.engine import intake
from syncd.sdk.budget import BACKFILL, NORMAL, URGENT, priority
from syncd.sdk.connector import ALL_PARTS, Part
from syncd.sdk.testing.memory import MemoryConnector
from tests.engine.world import world


class Asked(MemoryConnector):
    """Notes how urgent each read was."""

    urgencies: list[int]

    async def fetch(self, ref: str, *, parts: frozenset[Part] = ALL_PARTS, since: str | None = None) -> Snapshot:
        self.urgencies.append(priority.get())
        return await super().fetch(ref, parts=parts, since=since)


async def test_a_run_asks_with_the_urgency_of_its_turn(url: str) -> None:
    async with world(url) as pair:
        ref, _ = await pair.linked()
        link = await pair.link(ref)
        asked = Asked(vendor=pair.support, connection="desk")
        asked.urgencies = []
        pair.connectors["desk"] = asked
        for urgency in (URGENT, NORMAL, BACKFILL):
            asked.urgencies.clear()
            await pair.store.write(lambda c, u=urgency: intake.look(pair.site, c, link, priority=u))  # type: ignore[misc]
            await pair.workers.once()
            assert set(asked.urgencies) == {urgency}
