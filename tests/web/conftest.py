"""The application over a store of each kind."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.web.served import Served, served


@pytest.fixture
async def site(store_url: str) -> AsyncIterator[Served]:
    async with served(store_url) as made:
        yield made
