"""What vendors gave the connections to keep, encrypted in the store (`sdk.oauth.Vault`).

The key is made of the secret that signs the marks (`marker`), which does not live in the store: who has a copy of the
store alone can sign in nowhere.
"""

from __future__ import annotations

import base64

import structlog
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from syncd.store import meta
from syncd.store.store import Store

log = structlog.get_logger(__name__)


class StoreVault:
    """One connection's part of the store."""

    lasting = True

    def __init__(self, store: Store, connection: str, *, secret: bytes) -> None:
        self._store, self._connection = store, connection
        self._key = f"credential:{connection}"
        self._box = Fernet(_derived(secret, connection))

    async def load(self) -> str | None:
        """None too where it was kept under another secret: then the configured credential is tried again."""
        sealed = await self._store.read(lambda c: meta.get(c, self._key))
        if sealed is None:
            return None
        try:
            return self._box.decrypt(sealed.encode()).decode()
        except InvalidToken:
            log.warning("credential.unreadable", connection=self._connection, remedy="put a new one into the config")
            return None

    async def save(self, text: str) -> None:
        sealed = self._box.encrypt(text.encode()).decode()
        await self._store.write(lambda c: meta.put(c, self._key, sealed))


def _derived(secret: bytes, connection: str) -> bytes:
    """A key of this connection's own (RFC 5869), so that no row can be moved to another one."""
    derived = HKDF(SHA256(), length=32, salt=None, info=b"syncd credential\0" + connection.encode()).derive(secret)
    return base64.urlsafe_b64encode(derived)
