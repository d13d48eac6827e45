"""The table of capabilities says what is so."""

from __future__ import annotations

import pytest

from syncd.sdk.testing.conformance import ConnectorTests
from tests.capabilities import table
from tests.capabilities.features import FEATURES, Promise
from tests.capabilities.table import COLUMNS, PAGE, cells


def test_the_page_is_what_the_connectors_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == table.page(), "run `make capabilities`"


def test_there_are_about_forty_rows_each_once() -> None:
    names = [feature.name for feature in FEATURES]
    assert len(set(names)) == len(names) >= 40


@pytest.mark.parametrize("promise", [each.proof.name for each in FEATURES if isinstance(each.proof, Promise)])
def test_a_row_names_a_promise_that_is_there(promise: str) -> None:
    assert hasattr(ConnectorTests, promise)


def test_at_most_five_cells_say_no() -> None:
    every = [
        (column, name, cell.word) for column, make in COLUMNS.items() for name, cell in cells(column, make).items()
    ]
    assert [(column, name) for column, name, word in every if word == "no"][5:] == []
