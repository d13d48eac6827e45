"""Links and instants for the tests of the store."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from syncd.core.model import Pair
from syncd.store import links
from syncd.store.records import Lease, Link, LinkState

NOW = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
TERM = timedelta(seconds=60)
CONNECTIONS = Pair("desk", "tracker")


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def watched(c: Connection, ref: str = "T-1", mapping: str = "desk-tracker") -> Link:
    return links.watch(c, mapping, "digest", CONNECTIONS, ref, NOW)


def linked(c: Connection, ref: str = "T-1", issue: str = "") -> Link:
    """A link of a ticket and its issue, with which nothing is to do."""
    pair = Pair(ref, issue or f"I-{ref}")
    return links.add(c, "desk-tracker", "digest", connections=CONNECTIONS, refs=pair, now=NOW)


def due(c: Connection, *refs: str) -> list[Link]:
    found = [linked(c, ref) for ref in refs]
    links.mark(c, [link.id for link in found], NOW)
    return found


def claim(c: Connection, seconds: float = 0, limit: int = 10) -> list[Lease]:
    return links.claim(c, at(seconds), at(seconds) + TERM, limit)


def save_as(c: Connection, link: Link, lease: Lease, state: LinkState) -> None:
    links.save(c, replace(link, state=state), lease)
