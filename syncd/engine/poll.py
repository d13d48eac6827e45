"""Polling: what a connection's feed says has changed becomes hints, and the cursor moves with them."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from functools import partial

import structlog

from syncd.engine import refused
from syncd.engine.hearing import regular
from syncd.engine.intake import Taken, take
from syncd.engine.site import Site
from syncd.sdk.connector import Connector
from syncd.sdk.errors import ConnectorError, RateLimited, Unauthorized
from syncd.store import cursors, pauses
from syncd.store.records import PauseScope

log = structlog.get_logger()
PAGES = 10_000
"""Pages of one poll after which it is taken for a loop; the cursor stays at the last page that was stored."""


class PageLoop(ConnectorError):
    """A feed does not end."""


async def poll_once(site: Site, connector: Connector) -> Taken:
    """One poll: pages since the cursor, each stored with its cursor in one transaction. An idle one is one request."""
    name, began = connector.connection, site.now()
    cursor, last = await site.store.read(lambda c: (cursors.get(c, name), cursors.last_success(c, name)))
    total, pages = Taken(0, 0, 0), 0
    async for page in connector.changes(cursor):
        pages += 1
        if pages > PAGES:
            raise PageLoop(f"{name}: over {PAGES} pages in one poll")
        put = partial(cursors.put, connection=name, cursor=page.cursor, now=site.now())
        taken = await take(site, name, page.changed, also=put)
        total += taken
    if regular(last, began, connector.config.poll):
        site.hearing.polled(name, total.tickets, site.now())
    return total


class Poller:
    """Polls one connection at its interval, until `stop`; a refused credential pauses the connection.

    `problem` is what the vendor said instead of an answer, the last time; empty after a poll that went well.
    """

    def __init__(self, site: Site, connector: Connector) -> None:
        self.site = site
        self.connector = connector
        self.every: timedelta = connector.config.poll
        self.problem = ""
        self._stop = asyncio.Event()

    def stop(self) -> None:
        self._stop.set()

    async def run(self) -> None:
        while not self._stop.is_set():
            await self._sleep(await self._turn())

    async def _turn(self) -> float:
        """One poll; seconds until the next."""
        usual = self.every.total_seconds() * random.uniform(0.9, 1.0)  # noqa: S311  # so that pollers do not march in step
        name = self.connector.connection
        if await self.site.store.read(lambda c: pauses.find(c, PauseScope.CONNECTION, name)):
            return usual
        try:
            taken = await poll_once(self.site, self.connector)
        except RateLimited as error:
            self.problem = str(error)
            return max(usual, error.retry_after)
        except Unauthorized as error:
            self.problem = str(error)
            await self._pause(error)
        except ConnectorError as error:
            self.problem = str(error)
            log.warning("poll.failed", connection=name, reason=str(error))
        except Exception:
            log.exception("bug", connection=name)
        else:
            self.problem = ""
            if taken.links or taken.echoes:
                log.info("poll.taken", connection=name, links=taken.links, echoes=taken.echoes)
        return usual

    async def _pause(self, error: Unauthorized) -> None:
        name, now, why = self.connector.connection, self.site.now(), refused.reason(self.connector, error)
        await self.site.store.write(lambda c: pauses.pause(c, PauseScope.CONNECTION, name, why, now=now))
        log.error("connection.paused", connection=name, reason=why)

    async def _sleep(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stop.wait()
        except TimeoutError:
            return
