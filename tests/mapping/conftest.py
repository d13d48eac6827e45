"""The connectors of a third party, found as an installed package's are."""

from __future__ import annotations

import pytest

from syncd import log
from tests.mapping.cases import SECRETS, THIRD_PARTY


@pytest.fixture(autouse=True)
def _third_party(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(THIRD_PARTY))
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(autouse=True)
def _no_secret_is_known() -> None:
    log.forget()
