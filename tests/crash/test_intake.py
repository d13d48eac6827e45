"""A request of the intake API is neither lost nor doubled, wherever the daemon is killed (SIGKILL) on its way."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

import pytest

from syncd.core.intake import Act
from syncd.core.model import Internal
from syncd.engine import escalations
from syncd.engine.queue.embedded import EmbeddedQueue
from syncd.engine.site import Site
from syncd.store import requests
from syncd.store.records import RequestRow
from syncd.store.store import Store
from tests.crash.child import CLIENT
from tests.crash.lab import Lab, Vendors, to_rest
from tests.crash.test_crash import room, stores
from tests.engine.world import mapping

__all__ = ["room", "stores"]

CASE = {
    "source_id": "call-1",
    "title": "Export fails",
    "fields": {"priority": "p1"},
    "transcript": [{"role": "customer", "text": "It stops at half"}],
}
QUICK = ("I2:1", "I3:1", "H6:1")
OTHERS = ("H5:1", "H9:1", "H7:1", "H8:1", "H7:2", "H8:2", "H7:3", "H8:3")
POINTS = [*QUICK, *(pytest.param(point, marks=pytest.mark.crash) for point in OTHERS)]
"""Inside: before the ticket is sent, before its answer is stored, around the comment. At the vendor: before and after
each of its first three writes: the ticket, the comment, the issue. `make test` kills at the quick ones alone."""


async def tell(url: str, vendors: Vendors) -> escalations.Kept:
    """As the web layer does, before any daemon lives."""
    store, rules = await Store.open(url, now=vendors.clock), mapping()
    queue = EmbeddedQueue(store, now=vendors.clock)
    site = Site(store, queue, {}, {rules.name: rules}, b"x", now=vendors.clock, clients={CLIENT.name: CLIENT})
    try:
        return await escalations.take(site, CLIENT, Act.OPEN, key="k", raw=json.dumps(CASE).encode())
    finally:
        await store.aclose()


async def row(url: str) -> RequestRow:
    store = await Store.open(url)
    try:
        return await store.read(lambda c: requests.get(c, 1))
    finally:
        await store.aclose()


@pytest.mark.parametrize("kind", ["HELPFUL", "BLIND"])
@pytest.mark.parametrize("point", POINTS)
def test_a_killed_daemon_makes_one_ticket_with_one_comment_and_one_issue(
    room: Lab,
    stores: Callable[[str | None], str],
    point: str,
    kind: str,
    record_property: Callable[[str, object], None],
) -> None:
    vendors, url = Vendors.new(kind, "HELPFUL"), stores(None)
    room.live(vendors, url)  # the first poll begins now
    asyncio.run(tell(url, vendors))
    assert room.live(vendors, url, point).shown is None, f"{point} was not passed"
    record_property("kills", 1)
    to_rest(room, vendors, url)
    [ticket] = vendors.support.tickets.values()
    assert ticket.fields["title"] == "Export fails"
    [said] = [comment for comment in ticket.comments if "opened this ticket" in comment.body.text]
    assert isinstance(said.body, Internal)
    [issue] = vendors.engineering.tickets.values()
    assert issue.fields["title"] == "Export fails"
    assert len([one for one in issue.comments if "It stops at half" in one.body.text]) == 1
    assert str(asyncio.run(row(url)).state) == "done"
