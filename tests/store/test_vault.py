"""What a vendor gave is kept encrypted, each connection's for itself."""

from __future__ import annotations

from structlog.testing import capture_logs

from syncd.store import meta
from syncd.store.store import Store
from syncd.store.vault import StoreVault

SECRET = b"the secret that signs the marks"


async def test_what_was_kept_is_there_for_the_next_process(store: Store) -> None:
    vault = StoreVault(store, "acme", secret=SECRET)
    assert await vault.load() is None
    await vault.save("first")
    await vault.save("refresh token 4711")
    assert await StoreVault(store, "acme", secret=SECRET).load() == "refresh token 4711"


async def test_the_store_alone_opens_nothing(store: Store) -> None:
    await StoreVault(store, "acme", secret=SECRET).save("refresh token 4711")
    sealed = await store.read(lambda c: meta.get(c, "credential:acme"))
    assert sealed
    assert "4711" not in sealed
    with capture_logs() as logged:
        assert await StoreVault(store, "acme", secret=b"another").load() is None
    assert [(line["event"], line["connection"]) for line in logged] == [("credential.unreadable", "acme")]


async def test_a_row_cannot_be_moved_to_another_connection(store: Store) -> None:
    await StoreVault(store, "acme", secret=SECRET).save("refresh token 4711")
    sealed = await store.read(lambda c: meta.get(c, "credential:acme"))
    assert sealed
    await store.write(lambda c: meta.put(c, "credential:other", sealed))
    assert await StoreVault(store, "other", secret=SECRET).load() is None
