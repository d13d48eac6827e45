"""Signed links: for whom, for what, until when. A row holds a digest; the link itself is nowhere in the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from syncd.core.deeds import Purpose
from syncd.store.schema import link, token

LISTED = 1000


@dataclass(frozen=True, slots=True)
class Token:
    """One signed link.

    Attributes:
        digest: of its word; not the word, and no secret.
        who: whom it was made for.
        opened_at: when it was shown last; `done_at` when its deed was done, which it permits once.
    """

    id: int
    link_id: int
    purpose: Purpose
    digest: str
    who: str
    created_at: datetime
    expires_at: datetime
    opened_at: datetime | None = None
    done_at: datetime | None = None
    revoked_at: datetime | None = None


def add(c: Connection, values: Mapping[str, Any]) -> Token:
    """Keep a new one: `link_id`, `purpose`, `digest`, `who`, `created_at`, `expires_at`; as it stands there then."""
    return _record(c.execute(insert(token).values(**values).returning(token)).one())


def find(c: Connection, digest: str) -> Token | None:
    row = c.execute(select(token).where(token.c.digest == digest)).one_or_none()
    return _record(row) if row is not None else None


def of(c: Connection, link_id: int | None = None) -> list[Token]:
    """Those of one link, or of all, the newest first; LISTED at most."""
    wanted = select(token).order_by(token.c.id.desc()).limit(LISTED)
    if link_id is not None:
        wanted = wanted.where(token.c.link_id == link_id)
    return [_record(row) for row in c.execute(wanted)]


def opened(c: Connection, token_id: int, now: datetime) -> None:
    c.execute(update(token).where(token.c.id == token_id).values(opened_at=now))


def use(c: Connection, token_id: int, now: datetime) -> bool:
    """Take the one deed that it permits; False where it was taken, or it was revoked."""
    mine = update(token).where(token.c.id == token_id, token.c.done_at.is_(None), token.c.revoked_at.is_(None))
    return c.execute(mine.values(done_at=now)).rowcount == 1


def hold(c: Connection, link_id: int) -> None:
    """Until the commit nobody else does a deed on this link (on SQLite there is one writer anyway)."""
    c.execute(select(link.c.id).where(link.c.id == link_id).with_for_update())


def revoke(c: Connection, link_id: int, now: datetime, purpose: Purpose | None = None) -> int:
    """Those of a link, or only those for one purpose; how many worked until now."""
    mine = update(token).where(token.c.link_id == link_id, token.c.revoked_at.is_(None), token.c.expires_at > now)
    if purpose is not None:
        mine = mine.where(token.c.purpose == purpose.value)
    return c.execute(mine.values(revoked_at=now)).rowcount


def prune(c: Connection, before: datetime) -> int:
    """Forget those that expired before; how many."""
    return c.execute(delete(token).where(token.c.expires_at < before)).rowcount


def _record(row: Row[Any]) -> Token:
    return Token(
        id=row.id,
        link_id=row.link_id,
        purpose=Purpose(row.purpose),
        digest=row.digest,
        who=row.who,
        created_at=row.created_at,
        expires_at=row.expires_at,
        opened_at=row.opened_at,
        done_at=row.done_at,
        revoked_at=row.revoked_at,
    )
