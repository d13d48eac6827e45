"""What the lives of two tickets ask for, where the stories of whole pairs (`engine/test_life.py`) do not tell."""

from __future__ import annotations

from dataclasses import replace

import pytest

from syncd.core.decision import Note, Rest, Resting
from syncd.core.life import STOP, Away, Seen, course
from syncd.core.mapping import Lifecycle, OnMoved
from syncd.core.model import Base, Pair, Side, Snapshot

TICKET = Snapshot("T-1", "1", {}, container="Support")


@pytest.mark.parametrize(
    ("before", "after", "moved"),
    [("Support", "Support", False), ("Support", "Billing", True), ("", "Support", False), ("Support", "", False)],
)
def test_a_ticket_has_moved_when_it_stands_elsewhere(before: str, after: str, moved: bool) -> None:
    """One that gets its first group, or loses it, or of which a connector told none so far, has not."""
    base = Base.of(replace(TICKET, container=before))
    way = course(Pair(base, base), Pair(replace(TICKET, container=after), None), Lifecycle(moved=OnMoved.STOP), None)
    assert any(isinstance(decision, Rest) for decision in way.first) == moved
    assert way.goes_on != moved


@pytest.mark.parametrize(
    ("seen", "policy", "told"),
    [
        (Pair(Away("CORE-9"), None), OnMoved.FOLLOW, [Side.ENGINEERING]),
        (Pair(TICKET, Away("HELP-9")), OnMoved.FOLLOW, [Side.SUPPORT]),
        (Pair(Away("CORE-9"), None), OnMoved.STOP, []),
        (Pair(Away("CORE-9"), Away("HELP-9")), OnMoved.FOLLOW, []),
    ],
)
def test_a_ticket_out_of_sight_rests_its_link_and_the_other_side_is_told(
    seen: Pair[Seen], policy: OnMoved, told: list[Side]
) -> None:
    """Unless the mapping wants no word about it, or the other one is out of sight too."""
    base = Base.of(TICKET)
    way = course(Pair(base, base), seen, Lifecycle(moved=policy), None)
    assert [decision.why for decision in way.first if isinstance(decision, Rest)] == [Resting.MOVED]
    assert [decision.side for decision in way.first if isinstance(decision, Note)] == told
    assert not way.goes_on
    assert course(Pair(base, base), seen, Lifecycle(moved=policy), Resting.MOVED) == STOP
