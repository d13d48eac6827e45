"""The daemon: builds every object once from Settings, runs them, and stops so that nothing is left half done."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import tempfile
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import structlog

from syncd import clients as intake_clients
from syncd import log as logs
from syncd import marker, registry
from syncd.channels.opened import opened
from syncd.core.mapping import Mapping as Rules
from syncd.core.model import Side
from syncd.engine import clocks, hookwatch, messenger, opening, operate, refused, signals
from syncd.engine.countdown import Countdown, ends, place
from syncd.engine.hookwatch import HookWatch
from syncd.engine.poll import Poller, poll_once
from syncd.engine.pulse import EVERY, Delays, Pulse, beat, here
from syncd.engine.queue.embedded import EmbeddedQueue
from syncd.engine.reconcile import Done
from syncd.engine.site import Site
from syncd.engine.timers import Timers
from syncd.engine.worker import Workers
from syncd.errors import SyncdError
from syncd.registry import Registry
from syncd.sdk.budget import Ledger
from syncd.sdk.connector import Account, Call, Capability, Connector, Observer
from syncd.sdk.errors import ConnectorError, Unauthorized
from syncd.settings import Settings, examine
from syncd.store import engines, meta, pauses
from syncd.store.records import PauseScope
from syncd.store.retention import Ages
from syncd.store.store import Store, utc_now
from syncd.store.vault import StoreVault

log = structlog.get_logger()

ROUNDS = 1000  # of `once`; a fence, never reached by work that ends
FIRST_RETRY, LONGEST_RETRY = 2.0, 60.0  # seconds between tries to reach a vendor at the start
COUNTED = timedelta(minutes=5)  # how often is looked whether a sign-in ends soon
WEB_GRACE = 3  # seconds that an open request has at the end

OnDone = Callable[[Done], None]


@dataclass
class Daemon:
    """Everything one process has. `build` makes it, `run` runs it until SIGTERM, `once` does what there is to do.

    Attributes:
        path: the config file, for a reload; None where there is none.
        delays: of the writes of the last hour.
        hooks: looks whether the vendors still call us.
        accounts: who we act as at each connection that has answered.
        on_done: told of each run that ended well; `observers` of each request to a vendor.
        ready: set once the store is open, and the page is served where there is one.
    """

    settings: Settings
    site: Site
    workers: Workers
    pollers: dict[str, Poller]
    timers: Timers
    hooks: HookWatch
    started: datetime
    path: Path | None = None
    delays: Delays = field(default_factory=Delays)
    countdown: Countdown = field(default_factory=Countdown)
    accounts: dict[str, Account] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    on_done: list[OnDone] = field(default_factory=list)
    observers: list[Observer] = field(default_factory=list)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    listening: str = ""
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _failed: BaseException | None = None
    _reloads: set[asyncio.Task[bool]] = field(default_factory=set)
    _scratch: ExitStack = field(default_factory=ExitStack)

    @property
    def store(self) -> Store:
        return self.site.store

    @property
    def restored(self) -> bool:
        """Whether the store may be older than what it wrote: then nothing is polled, run or written."""
        return self.store.restored is not None

    def pulse(self) -> Pulse:
        """What this process knows of itself now."""
        problems = {name: poller.problem for name, poller in self.pollers.items() if poller.problem}
        return here(
            self.started,
            self.site.now(),
            listen=self.listening,
            delay=self.delays.last_hour(self.site.now()),
            quotas={name: tuple(connector.quotas()) for name, connector in self.site.connectors.items()},
            problems={**self.problems, **problems},
            expires=self._ends(),
            hooks=self.hooks.told(),
            red=self.timers.health.reasons,
        )

    def _ends(self) -> dict[str, datetime]:
        found = {name: ends(connector, self.accounts.get(name)) for name, connector in self.site.connectors.items()}
        return {name: end for name, end in found.items() if end is not None}

    async def count_down(self) -> list[str]:
        """Warn of the sign-ins that end soon, of each once a day."""
        places = {name: place(connector) for name, connector in self.site.connectors.items()}
        return self.countdown.warn(self._ends(), places, self.site.now())

    # -- running

    async def run(self) -> None:
        """Run until SIGTERM, SIGINT or `stop`; then finish what is running, within 30 seconds, and close everything."""
        with self._signals():
            try:
                await self._run()
            finally:
                await self.aclose()

    def stop(self) -> None:
        """End `run` gracefully."""
        self._stopping.set()

    async def _run(self) -> None:
        serving = asyncio.create_task(self._web()())
        await self._beat()
        self.timers.every(EVERY, self._beat)
        self.timers.every(COUNTED, self.count_down)
        if not self.restored:
            self.timers.every(hookwatch.TICK, self._watch_hooks, at_once=True)
        self.timers.start()
        log.info("daemon.started", store=self.store.where, listen=self.listening or None, restored=self.store.restored)
        tending = [] if self.restored else [self._tend(name) for name in self.pollers]
        tasks = [asyncio.create_task(work) for work in tending]
        working = None if self.restored else asyncio.create_task(self.workers.run())
        self.ready.set()
        await self._until_stop(serving, *([working] if working else []), *tasks)
        log.info("daemon.stopping", running=self.workers.busy)
        self.timers.stop()
        for task in tasks:
            task.cancel()  # a poll stores a page with its cursor or not at all
        self.workers.stop()
        await asyncio.gather(*tasks, *([working] if working else []), return_exceptions=True)
        self._stopping.set()
        await asyncio.gather(serving, return_exceptions=True)
        await self._beat(stopped=True)
        log.info("daemon.stopped")
        if self._failed is not None:
            raise self._failed

    async def _until_stop(self, *tasks: asyncio.Task[None]) -> None:
        """Wait for `stop`; a part that ends by itself ends the daemon, with its error."""
        stop = asyncio.create_task(self._stopping.wait())
        try:
            done, _ = await asyncio.wait({stop, *tasks}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stop.cancel()
        for task in done - {stop}:
            if error := task.exception():
                log.error("daemon.failed", exc_info=error)
                self._failed = error

    async def aclose(self) -> None:
        """Close connectors and store. Calling it again does nothing."""
        for connector in self.site.connectors.values():
            with contextlib.suppress(Exception):  # a vendor's connection that breaks while it is closed is closed too
                await connector.aclose()
        for channel in self.site.channels.values():
            await channel.aclose()
        await self.store.aclose()
        self._scratch.close()

    async def _beat(self, *, stopped: bool = False) -> None:
        pulse = self.pulse()
        said = here(self.started, pulse.at, stopped=True) if stopped else pulse
        await self.store.write(lambda c: beat(c, said))

    async def _watch_hooks(self) -> None:
        await self.hooks.turn(self.accounts)

    # -- connections

    async def _tend(self, name: str) -> None:
        """Reach a vendor, however long it takes, then poll it. The others do not wait for it."""
        wait = FIRST_RETRY
        while not await self.reach(name):
            await self._sleep(wait)
            wait = min(wait * 2, LONGEST_RETRY)
        await self.pollers[name].run()

    async def reach(self, name: str) -> bool:
        """Ask a vendor who we are there; False where it cannot be used (yet). A refused credential pauses it."""
        connector = self.site.connectors[name]
        if await self._paused(name):
            return False
        try:
            account = await connector.check()
        except Unauthorized as error:
            await self._pause(name, refused.reason(connector, error))
            return False
        except ConnectorError as error:
            self.problems[name] = str(error)
            log.warning("connection.unreachable", connection=name, reason=str(error))
            return False
        if not await self._known(name, account):
            return False
        self.problems.pop(name, None)
        self.accounts[name] = account
        log.info("connection.reached", connection=name, account=account.name)
        return True

    async def _known(self, name: str, account: Account) -> bool:
        """Whether this account is ours; another one than before is asked about, once (reliability.md, F42)."""
        own = await self.store.read(lambda c: meta.own_accounts(c, name))
        if own and account.id not in own:
            await self._pause(
                name, f"it acts as {account.name} now, which it did not before; `syncd retry` if that is meant"
            )
            await self.store.write(lambda c: operate.ask_account(c, name, account.id))
            return False
        if account.id not in own:
            await self.store.write(lambda c: meta.add_own_accounts(c, name, [account.id]))
        return True

    async def _paused(self, name: str) -> bool:
        return await self.store.read(lambda c: pauses.find(c, PauseScope.CONNECTION, name)) is not None

    async def _pause(self, name: str, reason: str) -> None:
        now = self.site.now()
        self.problems[name] = reason
        await self.store.write(lambda c: pauses.pause(c, PauseScope.CONNECTION, name, reason, now=now))
        log.error("connection.paused", connection=name, reason=reason)

    # -- once

    async def once(self) -> int:
        """Reach and poll every connection, then run all that is due; how many runs. For a cron job, and for `apply`."""
        if self.restored:
            raise SyncdError(f"nothing is written: {self.store.restored}; see `syncd plan`, then `syncd db accept`")
        for name in self.pollers:
            if await self.reach(name):
                await self._poll(name, self.site.connectors[name])
        await opening.work(self.site)
        await clocks.ring(self.site)
        await signals.ask_again(self.site)
        runs = await self.work()
        await messenger.send_due(self.site)
        return runs

    async def work(self) -> int:
        """Run all that is due, and what becomes due by it; how many runs."""
        runs = 0
        for _ in range(ROUNDS):
            ran = await self.workers.once()
            runs += ran
            if not ran:
                break
        return runs

    async def _poll(self, name: str, connector: Connector) -> None:
        try:
            await poll_once(self.site, connector)
        except Unauthorized as error:
            await self._pause(name, refused.reason(connector, error))
        except ConnectorError as error:
            self.problems[name] = str(error)
            log.warning("poll.failed", connection=name, reason=str(error))

    # -- signals

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        """Stop on SIGTERM and SIGINT, read the mappings again on SIGHUP; only where this is the main thread."""
        loop = asyncio.get_running_loop()
        wanted = {signal.SIGTERM: self.stop, signal.SIGINT: self.stop, signal.SIGHUP: self._reload_soon}
        placed = []
        for number, act in wanted.items():
            with contextlib.suppress(ValueError, RuntimeError, NotImplementedError):
                loop.add_signal_handler(number, act)
                placed.append(number)
        try:
            yield
        finally:
            for number in placed:
                loop.remove_signal_handler(number)

    def _reload_soon(self) -> None:
        task = asyncio.create_task(self.reload())
        self._reloads.add(task)
        task.add_done_callback(self._reloads.discard)

    async def reload(self) -> bool:
        """Read the mappings again. Where anything is refused the old ones stay, and that is an alarm (F43).

        Connections, the store and the address are those of the start: a change of them needs a restart.
        """
        if self.path is None:
            return False
        examined = await asyncio.to_thread(examine, self.path)
        if examined.settings is None or examined.refused:
            for complaint in examined.complaints:
                log.error("config.refused", complaint=str(complaint))
            return False
        unknown = {name for rules in examined.mappings for name in rules.connections.both()} - set(self.pollers)
        if unknown:
            log.error("config.refused", complaint=f"connections need a restart: {', '.join(sorted(unknown))}")
            return False
        changed = {rules.name for rules in examined.mappings if self._differs(rules)}
        self.site.mappings = {rules.name: rules for rules in examined.mappings}
        self.site.public_url = (examined.settings.public_url or "").rstrip("/")
        await clocks.wind_up(self.site)
        log.info("config.reloaded", mappings=len(examined.mappings), changed=sorted(changed))
        return True

    def _differs(self, rules: Rules) -> bool:
        known = self.site.mappings.get(rules.name)
        return known is None or known.digest != rules.digest

    async def _sleep(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()

    # -- the page

    def _web(self) -> Callable[[], Coroutine[Any, Any, None]]:
        """Open the address, and return what serves webhooks and the page there until `stop`."""
        import uvicorn  # here, because commands that serve nothing should not pay for these

        from syncd.web.app import create
        from syncd.web.metrics import Metrics

        metrics, password = Metrics(), self.settings.password
        self.on_done.append(metrics.done)
        self.observers.append(metrics.call)
        asked = password.get_secret_value() if password else None
        app = create(self.site, metrics=metrics, pulse=self.pulse, password=asked)
        listener = _listen(self.settings.host, self.settings.port)
        host, port = listener.getsockname()[:2]
        self.listening = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=WEB_GRACE)
        server = uvicorn.Server(config)

        async def serve() -> None:
            running = asyncio.create_task(server._serve([listener]))  # serve() would take our signals
            stop = asyncio.create_task(self._stopping.wait())
            await asyncio.wait({running, stop}, return_when=asyncio.FIRST_COMPLETED)
            app.state.stopping.set()  # pages that wait for news end now
            server.should_exit = True
            stop.cancel()
            await running

        return serve


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise SyncdError(f"cannot listen on {host}:{port}: {reason}; change `listen` in the config") from None


# --- building --------------------------------------------------------------------------------------------------------


async def build(
    settings: Settings,
    mappings: list[Rules],
    *,
    transports: Mapping[str, httpx.AsyncBaseTransport] | None = None,
    connectors: Registry | None = None,
    path: Path | None = None,
    acting: bool = True,
    upgrade: bool = True,
    now: Callable[[], datetime] = utc_now,
) -> Daemon:
    """Open the store and make everything that hangs on it; no vendor is asked for anything yet.

    Args:
        transports: connection -> another way to its vendor than the network: a simulator in this process.
        connectors: where connectors are found; else those that are installed.
        path: the config file, for a reload by SIGHUP.
        acting: as the one daemon of a SQLite store (it takes the lock). Commands that look, or only write rows, pass
            False; they work beside a running daemon.
        upgrade: make or migrate the store. A command that only looks passes False, and where no SQLite store is yet
            it looks at an empty one of its own.

    Raises:
        StoreError: see `Store.open`; another daemon holds the store.
        SyncdError: a connector is missing, or the secret of the marks is.
    """
    found = connectors or registry.installed()
    scratch = ExitStack()
    url = settings.store.get_secret_value()
    file = engines.file_of(url)
    if not upgrade and file and not file.exists():
        url, upgrade = f"sqlite:///{scratch.enter_context(tempfile.TemporaryDirectory(prefix='syncd-'))}/empty.db", True
    store = await Store.open(url, upgrade=upgrade, daemon=acting, now=now, notice=_notice)
    try:
        secret = await marker.secret(settings, store, make=acting)
        logs.remember(secret.decode("utf-8", "replace"))
        lasting = await store.read(lambda c: meta.get(c, marker.DIGEST)) is not None  # else it is of no consequence
        daemon = _assemble(
            settings,
            mappings,
            store,
            secret=secret,
            lasting=lasting,
            found=found,
            transports=transports or {},
            path=path,
            now=now,
        )
        daemon._scratch = scratch
        return daemon
    except BaseException:
        await store.aclose()
        scratch.close()
        raise


def _assemble(
    settings: Settings,
    mappings: list[Rules],
    store: Store,
    *,
    secret: bytes,
    lasting: bool,
    found: Registry,
    transports: Mapping[str, httpx.AsyncBaseTransport],
    path: Path | None,
    now: Callable[[], datetime],
) -> Daemon:
    observers: list[Observer] = []

    def observe(call: Call) -> None:
        for observer in observers:
            observer(call)

    ledger = Ledger()
    connections = {
        name: found.get(config.connector)(
            config,
            connection=name,
            transport=transports.get(name),
            observer=observe,
            vault=StoreVault(store, name, secret=secret) if lasting else None,
            now=now,
            ledger=ledger,
        )
        for name, config in settings.connections.items()
    }
    site = Site(
        store=store,
        queue=EmbeddedQueue(store, now=now),
        connectors=connections,
        mappings={rules.name: rules for rules in mappings},
        secret=secret,
        now=now,
        clients=intake_clients.values(settings.intake),
        public_url=(settings.public_url or "").rstrip("/"),
        channels=opened(settings.channels, secret=secret),
        trusted=settings.trusted,
    )
    started = now()
    delays, told = Delays(), list[OnDone]()

    def done(outcome: Done) -> None:
        delays.add(site.now(), (milliseconds for _, _, milliseconds in outcome.delays))
        for listener in told:
            listener(outcome)

    kept = settings.retention
    return Daemon(
        settings=settings,
        site=site,
        workers=Workers(site, size=settings.workers, on_done=done),
        pollers={name: Poller(site, connections[name]) for name in _used(site)},
        timers=Timers(site, started=started, ages=Ages(kept.deliveries, kept.audit, kept.seen)),
        hooks=HookWatch(site, _called(settings, site)),
        started=started,
        path=path,
        delays=delays,
        on_done=told,
        observers=observers,
    )


def _used(site: Site) -> list[str]:
    """The connections that a mapping speaks of; an account that nobody uses is not polled."""
    used = {rules.connections[side] for rules in site.mappings.values() for side in Side}
    return [name for name in site.connectors if name in used]


def _called(settings: Settings, site: Site) -> dict[str, str]:
    """Connection -> the address that its vendor is to call, where the config expects webhooks."""
    return {
        name: settings.hook_address(name)
        for name in _used(site)
        if settings.public_url
        and settings.connections[name].expects_webhooks
        and Capability.WEBHOOKS in site.connectors[name].capabilities
    }


def _notice(text: str) -> None:
    log.warning("store.notice", text=text)
