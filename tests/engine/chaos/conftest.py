"""The pair of vendors that most of what histories found once is told with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from syncd.sdk.testing.character import BLIND, TRACKER
from tests.engine.chaos.history import History


@pytest.fixture
def history() -> Iterator[History]:
    made = History(TRACKER, BLIND)
    yield made
    made.close()
