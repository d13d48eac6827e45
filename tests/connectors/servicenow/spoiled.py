"""An instance that answers otherwise than it should: for tests that look at what a connector believes."""

from typing import Any

import pytest

from syncd_servicenow.simulator.query import Reading
from syncd_servicenow.simulator.routes import Routes
from syncd_servicenow.simulator.state import Row


class Permissive:
    """A description that allows anything, for a column that no description has."""

    def check_request(self, *given: Any) -> list[str]:
        return []

    check_response = check_request

    def operation(self, *given: Any) -> None:
        return None


def ignoring(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """An instance on which these columns of a query mean nothing."""
    right = Reading._test
    monkeypatch.setattr(Reading, "_test", lambda self, part: None if part.startswith(names) else right(self, part))


def answer_with(monkeypatch: pytest.MonkeyPatch, wrong: dict[str, Any]) -> None:
    """What the simulator says of a ticket, with something else in it."""
    right = Routes._shown

    def shown(self: Routes, table: str, row: Row, asked: Any) -> dict[str, Any]:
        return {**right(self, table, row, asked), **(wrong if table == "incident" else {})}

    monkeypatch.setattr(Routes, "_shown", shown)
