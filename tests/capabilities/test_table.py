"""The table of capabilities says what is so."""

from __future__ import annotations

import pytest

from syncd.sdk.testing.conformance import ConnectorTests
from tests.capabilities import table
from tests.capabilities.features import FEATURES, Promise
from tests.capabilities.table import COLUMNS, PAGE, cells

EVERY = {column: cells(column, make) for column, make in COLUMNS.items()}


def test_the_page_is_what_the_connectors_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == table.page(), "run `make capabilities`"


def test_there_are_about_forty_rows_each_once() -> None:
    names = [feature.name for feature in FEATURES]
    assert 40 <= len(set(names)) == len(names) <= 48


@pytest.mark.parametrize("promise", [each.proof.name for each in FEATURES if isinstance(each.proof, Promise)])
def test_a_row_names_a_promise_that_is_there(promise: str) -> None:
    assert hasattr(ConnectorTests, promise)


def test_every_row_tells_something_of_somebody() -> None:
    """A row that everybody can or nobody can is there for a reason; one without any proof is a misspelt mark."""
    shown = {name for column in EVERY.values() for name, cell in column.items() if cell is None}
    assert [feature.name for feature in FEATURES if feature.name not in shown] == []


@pytest.mark.parametrize("column", COLUMNS)
def test_every_mark_names_a_row(column: str) -> None:
    names = {feature.name for feature in FEATURES}
    assert [(feature, test) for feature, test in table.marked(column) if feature not in names] == []


def test_at_most_five_cells_say_no() -> None:
    left = [
        (column, name) for column, told in EVERY.items() for name, cell in told.items() if cell and cell.word == "no"
    ]
    assert left[5:] == []
