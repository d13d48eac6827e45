"""Each connector that ships takes part in the tests of all connectors, and can be found in the documentation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from syncd import registry
from tests.connectors.parts import Part
from tests.connectors.shipped import SHIPPED, part
from tests.pairs.pair import VendorWorld

TABLE = Path(__file__).resolve().parents[2] / "docs" / "README.md"
_SUITE = re.compile(r"(?m)^class Test\w*\(ConnectorTests\):")
_ROW = re.compile(r"(?m)^\| \[[^\]]+\]\(\.\./connectors/syncd_(\w+)/README\.md\) \| ([^|]+) \|")
ROWS = _ROW.findall(TABLE.read_text(encoding="utf-8"))
"""The table of connectors: each with what it is said to be."""

each_connector = pytest.mark.parametrize("name", SHIPPED)


@each_connector
def test_it_says_its_part(name: str) -> None:
    said = part(name)
    assert said.helpdesks or said.trackers, f"{name}: `PART` has neither `helpdesks` nor `trackers`: it is in no pair"
    assert said.texts, f"{name}: `PART` has no `texts`: nothing shows that a hostile text is harmless there"
    names = [*said.helpdesks, *said.trackers, *said.texts]
    strange = [each for each in names if each != name and not each.startswith(f"{name} ")]
    assert strange == [], f"{name}: what `PART` names has to be called {name!r}, or {name!r} with a space and more"


def worlds(said: Part) -> Iterator[VendorWorld]:
    return (make() for columns in (said.helpdesks, said.trackers) for make in columns.values())


@each_connector
def test_its_worlds_are_of_this_connector(name: str) -> None:
    kind = registry.installed().get(name)
    for world in worlds(part(name)):
        assert isinstance(world.connector(), kind), f"{name}: {type(world).__name__} makes another connector"


@each_connector
def test_it_says_how_applications_sign_in_where_they_can(name: str) -> None:
    can = "oauth" in registry.installed().get(name).Config.model_fields
    assert bool(part(name).sign_in) == can, f"{name}: `sign_in` of `PART` goes with the key `oauth` of its config"


@each_connector
def test_it_has_a_class_for_the_promises(name: str) -> None:
    files = (Path(__file__).parent / name).glob("test_*.py")
    found = [file for file in files if _SUITE.search(file.read_text(encoding="utf-8"))]
    assert found, f"{name}: no `class Test...(ConnectorTests)` in tests/connectors/{name}/test_*.py"


@each_connector
def test_it_has_one_row_in_the_documentation(name: str) -> None:
    said = part(name)
    sides = [side for side, there in (("helpdesk", said.helpdesks), ("tracker", said.trackers)) if there]
    row = f"| [Its name](../connectors/syncd_{name}/README.md) | {', '.join(sides)} | what it was tried with |"
    assert [sides for other, sides in ROWS if other == name] == [", ".join(sides)], f"docs/README.md lacks `{row}`"


def test_the_documentation_lists_none_that_does_not_ship() -> None:
    assert sorted(name for name, _ in ROWS) == list(SHIPPED)


def test_who_says_nothing_is_told_what_to_write_and_where() -> None:
    with pytest.raises(LookupError, match=r"`nobody` says no part.*write tests/connectors/nobody/part\.py with"):
        part("nobody")
