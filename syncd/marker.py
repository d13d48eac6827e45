"""The secret that signs the marks which writes leave at the vendors; it lives beside the store, not in it.

A store that was lost or rolled back asks the vendors for the very same marks and so finds what it made before; with
another secret it would find nothing and make everything twice. So the store keeps a digest, and refuses another one.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

from sqlalchemy import Connection

from syncd.errors import StoreError, SyncdError
from syncd.references import StoreAddress
from syncd.settings import Settings
from syncd.store import engines, meta
from syncd.store.store import Store

DIGEST = "marker_digest"
BYTES = 32


def secret_file(store: StoreAddress) -> Path | None:
    """Where the secret of a SQLite store is kept; None for PostgreSQL, whose file nobody could find again."""
    file = engines.file_of(store.get_secret_value())
    return file.with_name(file.name + ".secret") if file else None


async def secret(settings: Settings, store: Store, *, make: bool) -> bytes:
    """The secret of the config, else of the file beside the store.

    Args:
        make: write a new one where this store never had any, and keep its digest; else take one of no consequence,
            for a command that writes to no vendor.

    Raises:
        SyncdError: there is none and none can be made, or it is not the one that this store's marks were made with.
    """
    known = await store.read(lambda c: meta.get(c, DIGEST))
    given = _given(settings)
    if given is None and (not make or known is not None):
        if known is not None:
            raise _gone(settings)
        return secrets.token_bytes(BYTES)
    value = given or _made(settings)
    if known is not None and known != digest(value):
        raise StoreError(
            "the marks that this store left at the vendors were signed with another secret; "
            f"put the old one back ({_place(settings)})"
        )
    if known is None and make:
        await store.write(lambda c: keep(c, value))
    return value


def digest(value: bytes) -> str:
    return hashlib.sha256(b"syncd marker\0" + value).hexdigest()[:32]


def keep(c: Connection, value: bytes) -> None:
    meta.put(c, DIGEST, digest(value))


def _given(settings: Settings) -> bytes | None:
    if settings.secret is not None:
        return settings.secret.get_secret_value().encode()
    file = secret_file(settings.store)
    if file is None or not file.exists():
        return None
    if file.stat().st_mode & 0o077:
        raise SyncdError(f"others may read {file}: `chmod 600 {file}`")
    value = file.read_text(encoding="utf-8").strip()
    if not value:
        raise SyncdError(f"{file} is empty; put the secret back from a backup")
    return value.encode()


def _made(settings: Settings) -> bytes:
    file = secret_file(settings.store)
    if file is None:
        raise SyncdError(
            "a PostgreSQL store needs `secret: ${SYNCD_SECRET}` in the config, the same for every daemon; "
            "`openssl rand -hex 32` makes one"
        )
    value = secrets.token_hex(BYTES)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        out.write(value + "\n")
        out.flush()
        os.fsync(out.fileno())
    return value.encode()


def _gone(settings: Settings) -> StoreError:
    return StoreError(
        f"the secret that signed this store's marks is gone ({_place(settings)}); put it back from a backup. "
        "With another one every issue would be made anew"
    )


def _place(settings: Settings) -> str:
    return str(secret_file(settings.store) or "`secret` in the config")
