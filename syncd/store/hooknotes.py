"""Which webhooks syncd has registered: what it may make again by itself, and from when on one is renewed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from syncd.store import meta


@dataclass(frozen=True, slots=True)
class HookNote:
    """What is known of the webhook that syncd registered last at a connection. It holds no secret.

    Attributes:
        url: the address that it calls.
        at: when it was registered or renewed.
        chosen: the vendor chose its secret; one made anew would have another.
        again: when it was made anew because it had vanished; None: never.
    """

    url: str
    at: datetime
    chosen: bool = False
    again: datetime | None = None


def get(c: Connection, connection: str) -> HookNote | None:
    text = meta.get(c, _key(connection))
    if text is None:
        return None
    said = json.loads(text)
    again = datetime.fromisoformat(said["again"]) if said["again"] else None
    return HookNote(said["url"], datetime.fromisoformat(said["at"]), said["chosen"], again)


def put(c: Connection, connection: str, note: HookNote) -> None:
    again = note.again.isoformat() if note.again else None
    said = {"url": note.url, "at": note.at.isoformat(), "chosen": note.chosen, "again": again}
    meta.put(c, _key(connection), json.dumps(said))


def drop(c: Connection, connection: str) -> None:
    """A person took it away: it is not to be made again."""
    meta.drop(c, _key(connection))


def _key(connection: str) -> str:
    return f"hook:{connection}"
