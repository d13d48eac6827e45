"""What the lives of two tickets ask for, where the stories of whole pairs (`engine/test_life.py`) do not tell."""

from __future__ import annotations

from dataclasses import replace

import pytest

from syncd.core.decision import Rest
from syncd.core.life import course
from syncd.core.mapping import Lifecycle, OnMoved
from syncd.core.model import Base, Pair, Snapshot

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
