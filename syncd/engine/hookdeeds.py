"""Register a webhook or take it away at a vendor, and keep in the store that it was syncd who did it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from syncd.engine.operate import NOBODY, By
from syncd.engine.site import Site
from syncd.sdk.connector import Connector, Hook
from syncd.store import audit, hooknotes
from syncd.store.hooknotes import HookNote
from syncd.store.records import AuditEntry

REGISTERED, REMOVED = "hook.registered", "hook.removed"


async def register(
    site: Site,
    connector: Connector,
    address: str,
    *,
    kind: str = REGISTERED,
    vanished: datetime | None = None,
    by: By = NOBODY,
) -> Hook:
    """Make the vendor call this address; from then on the daemon makes it again should it vanish.

    Args:
        kind: how the audit calls it.
        vanished: when the daemon made it anew last; None where a person asked for it.

    Raises:
        ConnectorError: the vendor refused, or did not answer; nothing is kept then.
    """
    hook = await connector.register_hook(address)
    note = HookNote(address, site.now(), chosen=bool(hook.secret), again=vanished)
    name = connector.connection
    entry = by.entry(kind, None, f"{name} {hook.id}")
    await _keep(site, name, entry, note=lambda c, name: hooknotes.put(c, name, note))
    return hook


async def remove(site: Site, connector: Connector, hook_id: str, *, ours: bool, by: By = NOBODY) -> None:
    """Take a webhook away; one of ours is then not made again."""
    await connector.remove_hook(hook_id)
    name = connector.connection
    await _keep(site, name, by.entry(REMOVED, None, f"{name} {hook_id}"), note=hooknotes.drop if ours else _nothing)


def _nothing(c: Connection, connection: str) -> None:
    """Somebody else's: nothing was noted of it."""


async def _keep(site: Site, connection: str, entry: AuditEntry, *, note: Callable[[Connection, str], None]) -> None:
    def keep(c: Connection) -> None:
        note(c, connection)
        audit.append(c, entry, site.now())

    await site.store.write(keep)
