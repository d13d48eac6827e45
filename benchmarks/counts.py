"""What the page's numbers, a claim and a start cost with a million links.

python benchmarks/counts.py [LINKS]
"""

# ruff: noqa: T201 # what it prints is what it is for

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, insert

from syncd.store import links
from syncd.store.schema import link
from syncd.store.store import Store


def fill(c: Connection, first: int, count: int) -> None:
    now = datetime.now(UTC)
    c.execute(
        insert(link),
        [
            {
                "mapping": "desk-tracker",
                "support_connection": "desk",
                "engineering_connection": "tracker",
                "support_ref": str(number),
                "engineering_ref": f"I-{number}",
                "state": "linked",
                "created_at": now,
                "due": now if number % 125 == 0 else None,
                "dirty_since": now if number % 125 == 0 else None,
            }
            for number in range(first, first + count)
        ],
    )


async def timed(name: str, work: Callable[[], Awaitable[object]]) -> None:
    began = time.monotonic()
    for _ in range(5):
        await work()
    print(f"{name:8} {(time.monotonic() - began) / 5 * 1000:8.1f} ms")


async def main(folder: Path, count: int) -> None:
    url = f"sqlite:///{folder / 'counts.db'}"
    store = await Store.open(url)
    for first in range(0, count, 50_000):
        await store.write(lambda c, first=first: fill(c, first, min(50_000, count - first)))  # type: ignore[misc]  # a loop variable
    until = timedelta(minutes=2)
    await timed("counts", lambda: store.read(links.counts))
    await timed(
        "claim", lambda: store.write(lambda c: links.claim(c, datetime.now(UTC), datetime.now(UTC) + until, 10))
    )
    await timed("next due", lambda: store.read(links.next_due))
    await store.aclose()
    began = time.monotonic()
    store = await Store.open(url)
    print(f"open     {(time.monotonic() - began) * 1000:8.1f} ms")
    await store.aclose()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(main(Path(name), int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
