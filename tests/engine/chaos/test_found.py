"""What a history found once, told as a test of its own with its cause."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from syncd.core.model import Side
from syncd.sdk.testing.character import BLIND, TRACKER
from tests.engine.chaos.history import History


@pytest.fixture
def history() -> Iterator[History]:
    made = History(TRACKER, BLIND)
    yield made
    made.close()


def test_a_link_that_followed_a_merge_is_looked_at_at_once(history: History) -> None:
    """The run ended with the follow and took its hints along, so that nobody read the ticket that it now is about:
    the pair differed in silence until something else happened to it."""
    desk = history.vendors[Side.SUPPORT]
    first = desk.open(title="Import fails", priority="urgent")
    history.live()
    second = desk.open(title="Export fails", priority="low")
    history.live()
    history.merge(Side.SUPPORT, first, into=second)
    assert history.verdict() == []
