"""The connector of a command that asks a vendor by itself: by the config, with the store only where it must keep."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from syncd import log as logs
from syncd import marker
from syncd.registry import installed
from syncd.sdk.connector import ConnectionConfig, Connector
from syncd.sdk.oauth import OAuthConfig, Vault
from syncd.settings import Settings
from syncd.store.store import Store
from syncd.store.vault import StoreVault


@asynccontextmanager
async def reached(settings: Settings, name: str) -> AsyncIterator[Connector]:
    """The connector of a connection; whoever asks it something calls `check` first.

    Raises:
        StoreError, SyncdError: the store cannot be opened, where this connection needs it.
    """
    config = settings.connections[name]
    async with _vault(settings, name, config) as vault:
        connector: Connector = installed().get(config.connector)(config, connection=name, vault=vault)
        try:
            yield connector
        finally:
            await connector.aclose()


@asynccontextmanager
async def _vault(settings: Settings, name: str, config: ConnectionConfig) -> AsyncIterator[Vault | None]:
    """The connection's part of the store, which is made where none is: a refresh token may be good once.

    None for a connection without one, whose command opens no store.
    """
    oauth = getattr(config, "oauth", None)
    if not isinstance(oauth, OAuthConfig) or oauth.refresh_token is None:
        yield None
        return
    store = await Store.open(settings.store.get_secret_value())
    try:
        secret = await marker.secret(settings, store, make=True)
        logs.remember(secret.decode("utf-8", "replace"))
        yield StoreVault(store, name, secret=secret)
    finally:
        await store.aclose()
