"""The seam between the engine and its work list.

Two adapters stand behind it and pass the same tests (tests/engine/queue/contract.py): `embedded` on the store's own
rows, and a shared one for several daemons. What an adapter promises:

- many marks before a run are one run, a mark during a run is one more run;
- the most urgent link first, among equals the one that waits longest;
- a lease that runs out is given to somebody else with a higher epoch, and its late holder gets `LostLease`;
- a link is never leased twice at a time, and of the links on one engineering issue never two.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from syncd.store.records import Lease


class Queue(Protocol):
    """Which links to reconcile, and when. Times are aware datetimes."""

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
        """Ask for a run of each link inside a transaction of the store, so that hints and marks commit together.

        The arguments are those of `store.leases.mark`. Whoever waits is woken by `wake`, which the caller calls after
        the commit.
        """

    def wake(self) -> None:
        """Tell who waits that something was marked."""

    async def mark(
        self, link_ids: Sequence[int], *, due: datetime | None = None, priority: int | None = None, hinted: bool = False
    ) -> None:
        """`mark_in` in a transaction of its own, and `wake`."""

    async def claim(self, limit: int) -> list[Lease]:
        """Lease up to `limit` links that are due."""

    async def renew(self, lease: Lease, until: datetime | None = None) -> Lease:
        """Hold it until then, or for another term. Raises LostLease."""

    async def done(self, lease: Lease, *, due: datetime | None = None) -> None:
        """End a run that did what there was to do; look again at `due`, if given. Raises LostLease."""

    async def later(self, lease: Lease, due: datetime, error: str) -> None:
        """End a run that failed; it is tried again at `due`. Raises LostLease."""

    async def release(self, lease: Lease) -> None:
        """Give a link back unfinished, as due as it was: a graceful stop. Raises LostLease."""

    async def wait(self, timeout: float) -> None:  # noqa: ASYNC109 # waiting in vain is no error here
        """Return when something may be due, or after `timeout` seconds; at once where it is already."""
