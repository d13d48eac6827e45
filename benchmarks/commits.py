"""How much grouped commits gain: the same small writes by one caller at a time, and by many at once.

    python benchmarks/commits.py [DIRECTORY]

Prints writes a second of each and their ratio. The directory should lie on the disk that the store will lie on: on a
disk without real flushes (a tmpfs, some containers) there is less to gain.
"""

# ruff: noqa: T201 # what it prints is what it is for

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection

from syncd.core.model import Pair, Side
from syncd.store import deliveries, hints, links
from syncd.store.store import Store

SECONDS = 3.0
CALLERS = 64


def webhook(c: Connection, number: int) -> None:
    """What the intake of one webhook writes: the raw delivery, a hint, and the mark of a link."""
    now = datetime.now(UTC)
    ticket = str(number % 1000)
    deliveries.add(c, connection="desk", delivery_id=str(number), headers={}, body=b"x" * 500, now=now)
    link = links.watch(c, "desk-tracker", "", Pair("desk", "tracker"), ticket, now)
    hints.add(c, [link.id], connection="desk", ref=ticket, side=Side.SUPPORT, token=str(number), now=now)
    links.mark(c, [link.id], now, hinted=True)


async def rate(store: Store, *, callers: int, first: int) -> tuple[float, int]:
    """Writes a second by so many callers at once, each waiting for its commit before the next."""
    number = first
    end = time.monotonic() + SECONDS

    async def caller() -> None:
        nonlocal number
        while time.monotonic() < end:
            number += 1
            await store.write(lambda c, mine=number: webhook(c, mine))  # type: ignore[misc]  # a loop variable

    began = time.monotonic()
    await asyncio.gather(*(caller() for _ in range(callers)))
    return (number - first) / (time.monotonic() - began), number


async def main(folder: Path) -> None:
    store = await Store.open(f"sqlite:///{folder / 'commits.db'}")
    single, last = await rate(store, callers=1, first=0)
    grouped, _ = await rate(store, callers=CALLERS, first=last)
    await store.aclose()
    print(f"a commit each: {single:8.0f} webhooks/s")
    print(f"grouped:       {grouped:8.0f} webhooks/s ({CALLERS} callers)")
    print(f"ratio:         {grouped / single:8.1f}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as name:
        asyncio.run(main(Path(name)))
