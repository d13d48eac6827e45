"""The embedded queue keeps the contract, on both databases."""

from __future__ import annotations

import pytest

from syncd.engine.queue.embedded import EmbeddedQueue
from syncd.engine.queue.port import Queue
from syncd.store.store import Store
from tests.engine.queue.contract import TERM, Bench, Clock, QueueContract


class TestEmbedded(QueueContract):
    @pytest.fixture
    def bench(self, store: Store) -> Bench:
        clock = Clock()
        first: Queue = EmbeddedQueue(store, term=TERM, now=clock)
        return Bench(store, first, EmbeddedQueue(store, term=TERM, now=clock), clock)
