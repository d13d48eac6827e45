"""The table of capabilities says what is so."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import pytest

from syncd.sdk.connector import Capability
from syncd.sdk.testing.conformance import ConnectorTests
from syncd.sdk.testing.world import Words
from tests.capabilities import table
from tests.capabilities.features import FEATURES, Promise
from tests.capabilities.table import COLUMNS, PAGE, Cell, cells


@cache
def told() -> Mapping[str, Mapping[str, Cell]]:
    return {column: cells(column, make) for column, make in COLUMNS.items()}


def test_the_page_is_what_the_connectors_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == table.page(), "run `make capabilities`"


def test_there_are_about_forty_rows_each_once() -> None:
    names = [feature.name for feature in FEATURES]
    assert 40 <= len(set(names)) == len(names) <= 48


@pytest.mark.parametrize("promise", [each.proof.name for each in FEATURES if isinstance(each.proof, Promise)])
def test_a_row_names_a_promise_that_is_there(promise: str) -> None:
    assert hasattr(ConnectorTests, promise)


def test_a_promise_shows_nothing_where_it_is_skipped_or_left_out() -> None:
    large = Promise("test_a_large_file_arrives_piece_by_piece_or_is_refused")
    able, words = frozenset({Capability.FILES}), Words(place={}, title="title")
    assert table.proved(large, able, words, frozenset())
    assert not table.proved(large, frozenset(), words, frozenset())
    assert not table.proved(large, able, words, frozenset({large.name}))


def test_every_row_is_somebodys() -> None:
    shown = {name for column in told().values() for name, cell in column.items() if cell is None}
    assert [feature.name for feature in FEATURES if feature.name not in shown] == []


@pytest.mark.parametrize("column", COLUMNS)
def test_every_mark_names_a_row(column: str) -> None:
    names = {feature.name for feature in FEATURES}
    assert [(feature, test) for feature, test in table.marked(column) if feature not in names] == []


def test_at_most_five_cells_say_no() -> None:
    left = [
        (column, name) for column, row in told().items() for name, cell in row.items() if cell and cell.word == "no"
    ]
    assert left[5:] == []
