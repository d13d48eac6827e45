"""The work queue on the store's own rows, for one daemon: leased rows, and a wake-up in the process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from syncd.store import leases
from syncd.store.records import Lease
from syncd.store.store import Store, utc_now

TERM = timedelta(seconds=120)
"""How long a lease lasts: longer than the longest request, so that a living holder has time to renew."""


class EmbeddedQueue:
    """`port.Queue` over one `Store`."""

    def __init__(self, store: Store, *, term: timedelta = TERM, now: Callable[[], datetime] = utc_now) -> None:
        self.store = store
        self.term = term
        self.now = now
        self._woken = asyncio.Event()

    def mark_in(
        self,
        c: Connection,
        link_ids: Iterable[int],
        now: datetime,
        *,
        due: datetime | None = None,
        priority: int | None = None,
        hinted: bool = False,
    ) -> None:
        leases.mark(c, link_ids, now, due=due, priority=priority, hinted=hinted)

    def wake(self) -> None:
        self._woken.set()

    async def mark(
        self, link_ids: Sequence[int], *, due: datetime | None = None, priority: int | None = None, hinted: bool = False
    ) -> None:
        mark = partial(leases.mark, link_ids=link_ids, now=self.now(), due=due, priority=priority, hinted=hinted)
        await self.store.write(mark)
        self.wake()

    async def claim(self, limit: int) -> list[Lease]:
        now = self.now()
        claim = partial(leases.claim, now=now, until=now + self.term, limit=limit)
        return await self.store.write(claim)

    async def renew(self, lease: Lease, until: datetime | None = None) -> Lease:
        return await self.store.write(partial(leases.renew, lease=lease, until=until or self.now() + self.term))

    async def done(self, lease: Lease, *, due: datetime | None = None) -> None:
        await self.store.write(partial(leases.finish, lease=lease, now=self.now(), due=due))
        self.wake()  # a sibling waited for this one, or a change came during the run

    async def later(self, lease: Lease, due: datetime, error: str) -> None:
        await self.store.write(partial(leases.later, lease=lease, due=due, error=error))
        self.wake()

    async def release(self, lease: Lease) -> None:
        await self.store.write(partial(leases.release, lease=lease))
        self.wake()

    async def wait(self, timeout: float) -> None:  # noqa: ASYNC109 # waiting in vain is no error here
        """Wait for a mark, for the next due time, or for `timeout`, whichever is first."""
        if not self._woken.is_set():
            due = await self.store.read(leases.next_due)
            if due is not None:
                timeout = min(timeout, max(0.0, (due - self.now()).total_seconds()))
        try:
            async with asyncio.timeout(timeout):
                await self._woken.wait()
        except TimeoutError:
            return
        finally:
            self._woken.clear()
