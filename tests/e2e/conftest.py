"""The two real servers and the people at them, for one module of tests each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.people import Desk, Tracker
from tests.e2e.servers import Server, started


@pytest.fixture(scope="module")
def rt() -> Iterator[Server]:
    with started("rt") as server:
        server.run("webhook", "off")
        yield server
        server.run("webhook", "off")


@pytest.fixture(scope="module")
def redmine() -> Iterator[Server]:
    with started("redmine") as server:
        yield server


@pytest.fixture(scope="module")
def desk(rt: Server) -> Iterator[Desk]:
    made = Desk(rt.env)
    yield made
    made.close()


@pytest.fixture(scope="module")
def tracker(redmine: Server) -> Iterator[Tracker]:
    made = Tracker(redmine.env)
    yield made
    made.close()


@pytest.fixture(scope="module")
def admin(redmine: Server) -> Iterator[Tracker]:
    made = Tracker(redmine.env, "ADMIN")
    yield made
    made.close()
