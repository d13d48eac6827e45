"""Workers: claim due links, run them side by side, and decide what becomes of a run that failed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import structlog
from sqlalchemy import Connection

from syncd.core.decision import Note
from syncd.core.model import Internal, Side
from syncd.engine import refused, talk
from syncd.engine.brake import Braked, TooManyWrites
from syncd.engine.reconcile import Again, Done, RunFailed, reconcile
from syncd.engine.run import Run
from syncd.engine.site import Site
from syncd.errors import StoreError
from syncd.sdk.errors import (
    ConnectorError,
    Forbidden,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
)
from syncd.store import links, pauses
from syncd.store.records import Lease, LostLease, PauseScope

log = structlog.get_logger()

TRIES = 8
"""Failed runs in a row, other than for a vendor that is down or busy, before a link is parked."""
LONGEST = 300.0  # seconds between tries
WAIT_PAUSED = timedelta(seconds=60)
GRACE = 25.0  # seconds that a stop waits for what is running

Told = Callable[[Done], None]


class Workers:
    """Runs due links, up to `size` at a time, until `stop`.

    Args:
        on_done: told of each run that ended well, for the metrics.
    """

    def __init__(self, site: Site, *, size: int = 16, on_done: Told = lambda done: None) -> None:
        self.site = site
        self.size = size
        self.on_done = on_done
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()
        self.errors = 0

    @property
    def busy(self) -> int:
        return len(self._tasks)

    async def run(self) -> None:
        """Claim and run until `stop`; then finish what is running, and release what does not finish in time."""
        while not self._stopping.is_set():
            try:
                await self._turn()
            except StoreError as error:
                log.error("store.failed", error=str(error))
                await asyncio.sleep(1)
        await self._drain()

    def stop(self) -> None:
        self._stopping.set()
        self.site.queue.wake()

    async def once(self) -> int:
        """Run everything that is due now, and what becomes due by it; the number of runs."""
        runs = 0
        while leases := await self.site.queue.claim(self.size):
            runs += len(leases)
            await asyncio.gather(*(self._run(lease) for lease in leases))
        return runs

    async def _turn(self) -> None:
        free = self.size - len(self._tasks)
        leases = await self.site.queue.claim(free) if free else []
        for lease in leases:
            task = asyncio.create_task(self._run(lease), name=f"link-{lease.link_id}")
            self._tasks.add(task)
            task.add_done_callback(self._ended)
        if not leases:
            await self.site.queue.wait(1.0)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self.site.queue.wake()

    async def _drain(self) -> None:
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=GRACE)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _run(self, lease: Lease) -> None:
        try:
            _, outcome = await reconcile(self.site, lease)
            await self._settle(lease, outcome)
        except asyncio.CancelledError:
            await asyncio.shield(self.site.queue.release(lease))
            raise
        except LostLease:
            log.warning("lease.lost", link=lease.link_id)
        except RunFailed as failed:
            await self._failed(failed.run, failed.__cause__ or failed)
        except StoreError:
            raise
        except Exception as error:
            await self._bug(lease, error, attempts=0)

    async def _settle(self, lease: Lease, outcome: Done | Again) -> None:
        if isinstance(outcome, Done):
            self.on_done(outcome)
            if await self._holds(lease):
                await self.site.queue.done(lease)
            if outcome.writes:
                log.info("link.reconciled", link=lease.link_id, writes=outcome.writes)
            return
        due = outcome.due or self.site.now() + WAIT_PAUSED
        await self.site.queue.later(lease, due, outcome.reason)

    async def _holds(self, lease: Lease) -> bool:
        """Whether the link still has its turn; one that came to rest, or gave way to another, has none."""

        def holds(c: Connection) -> bool:
            link = links.get(c, lease.link_id) if links.exists(c, lease.link_id) else None
            return link is not None and link.epoch == lease.epoch and link.leased_until is not None

        return await self.site.store.read(holds)

    # -- failures

    async def _failed(self, run: Run, error: BaseException) -> None:
        """What becomes of a link by what went wrong (reliability.md, 5.7)."""
        self.errors += 1
        try:
            match error:
                case LostLease():
                    log.warning("lease.lost", link=run.link.id)
                case RateLimited():
                    wait = error.retry_after + random.uniform(0, 1)  # noqa: S311  # jitter is no secret
                    await self._later(run, error, wait)
                case Unauthorized():
                    await self._pause(run, error)
                case Braked():
                    log.error("mapping.braked", mapping=run.mapping.name, reason=str(error))
                    await self._later(run, error, WAIT_PAUSED.total_seconds())
                case Unavailable():
                    await self._later(run, error, self._backoff(run))
                case TooManyWrites() | Forbidden() | Rejected():
                    await self._park(run, error)
                case ConnectorError():
                    await self._retry_or_park(run, error)
                case StoreError():
                    raise error
                case _:
                    await self._bug(run.lease, error, attempts=run.link.attempts, run=run)
        except LostLease:
            log.warning("lease.lost", link=run.link.id)

    async def _later(self, run: Run, error: BaseException, seconds: float) -> None:
        due = self.site.now() + timedelta(seconds=seconds)
        log.info("link.waits", link=run.link.id, seconds=round(seconds, 1), reason=str(error))
        await self.site.queue.later(run.lease, due, str(error))

    async def _pause(self, run: Run, error: Unauthorized) -> None:
        """A refused credential pauses its connection; nothing is tried again until a person resumes it."""
        name, now = run.connection, self.site.now()
        why = refused.reason(self.site.connectors[name], error)
        await self.site.store.write(lambda c: pauses.pause(c, PauseScope.CONNECTION, name, why, now=now))
        log.error("connection.paused", connection=name, reason=why)
        await self._later(run, error, WAIT_PAUSED.total_seconds())

    async def _retry_or_park(self, run: Run, error: BaseException) -> None:
        if run.link.attempts + 1 >= TRIES:
            await self._park(run, error)
        else:
            await self._later(run, error, self._backoff(run))

    async def _park(self, run: Run, error: BaseException) -> None:
        reason = str(error)
        log.warning("link.parked", link=run.link.id, reason=reason)
        await self._tell(run, reason)
        await self.site.store.write(lambda c: links.park(c, run.lease, reason))

    async def _tell(self, run: Run, reason: str) -> None:
        """A private note on the ticket that says why nothing happens any more; failing to write it changes nothing."""
        if run.link.refs.engineering is None:
            return
        text = f"syncd stopped working on this ticket: {reason}.\n\nWhat helps: `syncd why {run.link.id}`."
        try:
            await talk.note(run, Note(Side.SUPPORT, Internal(text), f"parked:link:{reason[:60]}"))
        except (ConnectorError, LostLease) as error:
            log.info("note.failed", link=run.link.id, reason=str(error))

    async def _bug(self, lease: Lease, error: BaseException, *, attempts: int, run: Run | None = None) -> None:
        """An error that should not exist: logged with its traceback and an id, and the link is tried a few times."""
        number = uuid4().hex[:8]
        log.error("bug", id=number, link=lease.link_id, exc_info=error)
        if run is not None and attempts + 1 >= TRIES:
            await self._park(run, RuntimeError(f"a bug of syncd's own ({number}); see the log"))
            return
        seconds = min(LONGEST, 2.0**attempts)
        await self.site.queue.later(lease, self.site.now() + timedelta(seconds=seconds), f"bug {number}")

    def _backoff(self, run: Run) -> float:
        """Seconds until the next try: doubling, with full jitter on the upper half."""
        longest = min(LONGEST, 2.0**run.link.attempts)
        return longest * random.uniform(0.5, 1.0)  # noqa: S311  # jitter is no secret
