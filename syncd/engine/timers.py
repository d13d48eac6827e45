"""Housekeeping by the clock: retention, the second look at links, the store's generation, and the proof of life."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler  # type: ignore[import-untyped]  # it has no types

from syncd.engine import clocks, duplicates, messenger, opening, operate, signals, weekly
from syncd.engine.health import LATE, Health, examine
from syncd.engine.site import Site
from syncd.errors import StoreError
from syncd.store import audit
from syncd.store.retention import Ages, prune

log = structlog.get_logger()

SWEEP_EVERY = timedelta(hours=2)
SWEEP_BACK = timedelta(hours=13)
SEEK_EVERY = timedelta(hours=1)
PRUNE_EVERY = timedelta(hours=1)
RING_EVERY = timedelta(seconds=5)
OPEN_EVERY = timedelta(seconds=2)
SEND_EVERY = timedelta(seconds=5)
WEEKLY_EVERY = timedelta(minutes=10)
ASK_EVERY = timedelta(seconds=30)
GENERATION_EVERY = timedelta(minutes=5)
PROBE_EVERY = timedelta(seconds=30)
HEAD_EVERY = timedelta(hours=24)
AGES = Ages()

Job = Callable[[], Awaitable[object]]


class Timers:
    """The jobs of one daemon, between `start` and `stop`. A job that fails is logged and runs again at its time.

    Attributes:
        health: what the last probe found.
    """

    def __init__(
        self,
        site: Site,
        *,
        started: datetime,
        ages: Ages = AGES,
        late: timedelta = LATE,
    ) -> None:
        self.site = site
        self.started = started
        self.ages = ages
        self.late = late
        self.health = Health()
        self._scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )

    def start(self) -> None:
        self.every(PROBE_EVERY, self.probe)
        self.every(GENERATION_EVERY, self.site.store.count_generation)
        if not self.site.store.restored:
            self.every(PRUNE_EVERY, self.prune, at_once=True)
            self.every(SWEEP_EVERY, self.sweep, at_once=True)
            self.every(SEEK_EVERY, self.seek, at_once=True)
            self.every(RING_EVERY, self.ring)
            self.every(OPEN_EVERY, self.open_cases)
            self.every(SEND_EVERY, self.send)
            self.every(WEEKLY_EVERY, self.send_weekly, at_once=True)
            self.every(ASK_EVERY, self.ask_again)
            self._scheduler.add_job(_guarded(self.wind_up), "date", name="wind_up")
        self.every(HEAD_EVERY, self.head, at_once=True)
        self._scheduler.start()

    def stop(self) -> None:
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def every(self, span: timedelta, job: Job, *, at_once: bool = False) -> None:
        """Run a job at this interval, the first time now or after one interval."""
        more = {"next_run_time": datetime.now(UTC)} if at_once else {}
        self._scheduler.add_job(_guarded(job), "interval", seconds=span.total_seconds(), name=_name(job), **more)

    # -- the jobs

    async def probe(self) -> Health:
        """Look whether the work is done; a change of health is one line in the log."""
        found = await self.site.store.read(lambda c: examine(self.site, c, started=self.started, late=self.late))
        if found != self.health:
            if found.ok:
                log.info("health.green")
            else:
                log.error("health.red", reasons=list(found.reasons))
        self.health = found
        return found

    async def prune(self) -> dict[str, int]:
        """Delete what is older than its age; the audit goes in slices, so that no write waits long."""
        gone: dict[str, int] = {}
        while True:
            slice_ = await self.site.store.write(lambda c: prune(c, self.site.now(), self.ages))
            gone = {name: gone.get(name, 0) + count for name, count in slice_.items()}
            if not slice_["audit"]:
                break
        if any(gone.values()):
            log.info("store.pruned", **gone)
        return gone

    async def sweep(self) -> int:
        """A second look at what was written 13 hours ago: a vendor's index may have hidden an edit until now (F24)."""
        looked = await operate.sweep(self.site, back=SWEEP_BACK)
        if looked:
            log.info("links.swept", links=looked)
        return looked

    async def seek(self) -> int:
        """Look whether the issues that were made some time ago were made once."""
        sought = sum([await duplicates.seek(self.site, back=back) for back in duplicates.LOOKS])
        if sought:
            log.info("duplicates.sought", links=sought)
        for back in duplicates.LOOKS:
            await opening.seek(self.site, back=back)
        return sought

    async def wind_up(self) -> None:
        """Look at every clock once: the contract may have changed while nobody ran."""
        await clocks.wind_up(self.site)

    async def ring(self) -> int:
        """Have those links looked at whose clocks ran out, or are about to."""
        return await clocks.ring(self.site)

    async def open_cases(self) -> int:
        """Make the tickets that other systems asked for; also those of a client that is not in the config any more."""
        return await opening.work(self.site)

    async def send(self) -> int:
        """Tell people outside of the two tickets what they are to be told."""
        return await messenger.send_due(self.site)

    async def send_weekly(self) -> int:
        """Send the mail with the numbers of the week."""
        return await weekly.send_due(self.site)

    async def ask_again(self) -> int:
        """Ask other systems what they did not answer."""
        return await signals.ask_again(self.site)

    async def head(self) -> None:
        """The end of the audit's chain, where the store's owner cannot change it any more."""
        number, hash_ = await self.site.store.read(audit.head)
        log.info("audit.head", id=number, hash=hash_)


def _name(job: Job) -> str:
    return getattr(job, "__name__", "job")


def _guarded(job: Job) -> Job:
    async def run() -> None:
        try:
            await job()
        except StoreError as error:
            log.error("timer.failed", job=_name(job), error=str(error))
        except Exception as error:
            log.error("bug", id=uuid4().hex[:8], job=_name(job), exc_info=error)

    return run
