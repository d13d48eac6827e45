"""The daemon's own look at its webhooks: what vanished, sleeps, ends or does not reach us is mended or told.

Mended by itself is only what takes no decision: one that ends is renewed, one that syncd registered and that vanished
is registered again, once a day at most. Polling goes on meanwhile, so nothing here is urgent and nothing is lost.
"""

from __future__ import annotations

import enum
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from syncd.engine import hookdeeds, silence
from syncd.engine.callers import SOON, Told, told, view
from syncd.engine.operate import By
from syncd.engine.site import Site
from syncd.sdk.budget import BACKFILL, priority
from syncd.sdk.connector import Capability, Connector, Hook
from syncd.sdk.errors import ConnectorError, Forbidden, NotFound
from syncd.store import hooknotes, pauses
from syncd.store.hooknotes import HookNote
from syncd.store.records import PauseScope

log = structlog.get_logger()

TICK = timedelta(minutes=1)
EVERY = timedelta(hours=1)
"""How often a vendor is asked for its webhooks: one request, where it lists them in one."""
AGAIN = timedelta(days=1)
"""One that vanishes again within so long is somebody's wish: it is told, and not fought for."""


class Mend(enum.Enum):
    """What the daemon does about a webhook without asking."""

    RENEW = "hook.renewed"
    REGISTER = "hook.registered_again"


@dataclass(slots=True)
class Watched:
    """One connection that is to be called.

    Attributes:
        due: when its vendor is asked next; None: as soon as it is reached.
        stood: whether the last look found our address called.
        seen: what that look says to people; None before the first, and where the vendor does not tell.
        unseen: why it does not tell.
        told: what people are told: that, or that nothing arrives.
    """

    address: str
    due: datetime | None = None
    stood: bool = False
    seen: Told | None = None
    unseen: str = ""
    told: Told | None = None


class HookWatch:
    """Looks at the webhooks of one daemon's connections. `turn` is to be called every `TICK`.

    Args:
        addresses: connection -> where its vendor is to call us.
    """

    def __init__(self, site: Site, addresses: Mapping[str, str]) -> None:
        self.site = site
        self._watched = {name: Watched(address) for name, address in addresses.items()}

    def told(self) -> dict[str, Told]:
        """What is known of each connection's webhooks; nothing of those whose vendor does not tell."""
        return {name: watched.told for name, watched in self._watched.items() if watched.told is not None}

    async def turn(self, reached: Container[str]) -> None:
        """Ask the vendors whose time has come, of those that are reached; then tell what is wrong, once."""
        for name, watched in self._watched.items():
            if name in reached and self._lists(name) and (watched.due is None or watched.due <= self.site.now()):
                watched.due = self.site.now() + EVERY
                await self._look(name, watched)
            silent = await self._silent(name, watched)
            self._tell(name, watched, silent or watched.seen)

    def _lists(self, name: str) -> bool:
        return Capability.MANAGE_WEBHOOKS in self.site.connectors[name].capabilities

    # -- looking

    async def _look(self, name: str, watched: Watched) -> None:
        """One look. That it fails is no fault of the connection: what was known stays."""
        if await self.site.store.read(lambda c: pauses.find(c, PauseScope.CONNECTION, name)):
            return
        token = priority.set(BACKFILL)
        try:
            hooks, soon = await self._hooks(name, watched.address)
        except ConnectorError as error:
            self._unseen(name, watched, error)
            return
        finally:
            priority.reset(token)
        self._judge(name, watched, hooks, soon)

    async def _hooks(self, name: str, address: str) -> tuple[Sequence[Hook], timedelta]:
        """What the vendor has, after it was mended, and how long before its end one is to be told of: not mended."""
        connector, now = self.site.connectors[name], self.site.now()
        hooks = await connector.hooks()
        note = await self.site.store.read(lambda c: hooknotes.get(c, name))
        mend = to_mend([hook for hook in hooks if hook.url == address], note, address, now=now)
        made = await self._mend(connector, address, mend, note) if mend else None
        if made is None:
            return hooks, SOON if mend else timedelta(0)
        return [made, *(hook for hook in hooks if hook.id != made.id)], timedelta(0)

    def _unseen(self, name: str, watched: Watched, error: ConnectorError) -> None:
        if isinstance(error, (Forbidden, NotFound)):  # this account may not see them: not known is not wrong
            watched.seen, watched.stood = None, False
        if watched.unseen != str(error):
            log.info("hooks.unseen", connection=name, reason=str(error))
        watched.unseen = str(error)

    def _judge(self, name: str, watched: Watched, hooks: Iterable[Hook], soon: timedelta) -> None:
        views = [view(hook, watched.address) for hook in hooks]
        stands = any(hook.ours and hook.active for hook in views)
        if not (stands and watched.stood):
            self.site.hearing.forget(name)  # until now nothing could have come
        watched.stood, watched.unseen = stands, ""
        watched.seen = told(name, views, now=self.site.now(), soon=soon)

    # -- mending

    async def _mend(self, connector: Connector, address: str, mend: Mend, note: HookNote | None) -> Hook | None:
        name, now = connector.connection, self.site.now()
        vanished = now if mend is Mend.REGISTER else note.again if note else None
        try:
            made = await hookdeeds.register(
                self.site, connector, address, kind=mend.value, vanished=vanished, by=By("syncd")
            )
        except ConnectorError as error:
            log.warning("hook.not_mended", connection=name, wanted=mend.value, reason=str(error))
            return None
        log.info(mend.value, connection=name, id=made.id, ends=made.expires.isoformat() if made.expires else None)
        return made

    # -- telling

    async def _silent(self, name: str, watched: Watched) -> Told | None:
        """That nothing arrives; only where something should, and where nothing else is wrong."""
        if watched.seen and watched.seen.problem:
            return None
        stands = watched.stood if watched.seen else None
        return await self.site.store.read(lambda c: silence.told(self.site, c, name, stands=stands))

    def _tell(self, name: str, watched: Watched, now: Told | None) -> None:
        """A change of what is wrong is one line in the log."""
        before = watched.told.problem if watched.told else ""
        if now and now.problem and now.problem != before:
            log.warning("hook.wrong", connection=name, problem=now.problem, remedy=now.remedy)
        elif before and not (now and now.problem):
            log.info("hook.right", connection=name)
        watched.told = now


def to_mend(ours: Sequence[Hook], note: HookNote | None, address: str, *, now: datetime) -> Mend | None:
    """What to do about the webhooks that call an address, without asking anybody.

    One that sleeps is left: somebody, or the vendor with a reason, has put it to sleep.
    """
    if not ours:
        vanished = note is not None and note.url == address and not note.chosen
        rested = note is not None and (note.again is None or note.again <= now - AGAIN)
        return Mend.REGISTER if vanished and rested else None
    ends = [hook.expires for hook in ours if hook.active and hook.expires is not None]
    return Mend.RENEW if any(end < now + _soon(end, note) for end in ends) else None


def _soon(end: datetime, note: HookNote | None) -> timedelta:
    """A week before the end; of one that lives less than two, at half of its life."""
    return min(SOON, (end - note.at) / 2) if note is not None and end > note.at else SOON
