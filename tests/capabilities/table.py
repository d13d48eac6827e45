"""`docs/capabilities.md`: made from what the connectors claim, what their tests show, and the reasons on their pages.

`python -m tests.capabilities.table` writes it anew.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import tests.connectors
from syncd.sdk.connector import Capability
from syncd.sdk.testing.conformance import ConnectorTests
from syncd.sdk.testing.world import Deed
from tests.capabilities.features import FEATURES, GROUPS, Feature, Own, Promise, Word
from tests.pairs.pair import Make, VendorWorld
from tests.pairs.test_pairs import HELPDESKS, TRACKERS

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "capabilities.md"
COLUMNS: dict[str, Make] = {**HELPDESKS, **TRACKERS}
_ITEM = re.compile(r"^- \*\*(?P<what>[^*]+)\*\*(?: \((?P<where>[^)]+)\))?: (?P<why>.+?)(?=\n- |\n\n|\Z)", re.M | re.S)
_LISTS = {"cannot": re.compile(r"^## What \S.* cannot do$"), "no": re.compile(r"^## What is not done yet$")}


@dataclass(frozen=True, slots=True)
class Cell:
    """`yes`, `cannot` (the vendor has no such thing) or `no` (syncd does not do it), these two with the reason."""

    word: str
    why: str = ""


def package(column: str) -> str:
    """The folder of a column's connector: "jira data center" is "jira"."""
    return column.partition(" ")[0]


def cells(column: str, make: Make) -> dict[str, Cell]:
    """The column of one connector.

    Raises:
        LookupError: a feature that is neither shown nor excused on the connector's page, or both.
    """
    world = make()
    able, excuses = set(_shown(column, world)), _excuses(column)
    names = {feature.name for feature in FEATURES}
    if unknown := set(excuses) - names:
        raise LookupError(f"docs/connectors/{package(column)}.md excuses what is no feature: {sorted(unknown)}")
    if both := able & set(excuses):
        raise LookupError(f"docs/connectors/{package(column)}.md excuses what {column} can do: {sorted(both)}")
    if neither := names - able - set(excuses):
        raise LookupError(f"docs/connectors/{package(column)}.md must say why {column} cannot: {sorted(neither)}")
    return {name: Cell("yes") if name in able else excuses[name] for name in names}


def _shown(column: str, world: VendorWorld) -> Iterator[str]:
    connector, words = world.connector(), world.words
    own, left_out = _marked(column), _left_out(column)
    for feature in FEATURES:
        match feature.proof:
            case Capability() as capability if capability in connector.capabilities:
                yield feature.name
            case Deed() as deed if deed in words.deeds:
                yield feature.name
            case Word(name) if getattr(words, name):
                yield feature.name
            case Promise(name) if name not in left_out:
                yield feature.name
            case Own() if feature.name in own:
                yield feature.name


def _modules(column: str) -> Iterator[ModuleType]:
    folder = importlib.import_module(f"{tests.connectors.__name__}.{package(column)}")
    for info in pkgutil.iter_modules(folder.__path__):
        if info.name.startswith("test_"):
            yield importlib.import_module(f"{folder.__name__}.{info.name}")


def _marked(column: str) -> set[str]:
    """What the connector's own tests show, by their marks."""
    found = set[str]()
    for module in _modules(column):
        for _, test in _tests(module):
            for mark in getattr(test, "pytestmark", ()):
                if mark.name == "shows" and mark.kwargs.get("only", column) == column:
                    found |= set(mark.args)
    return found


def _left_out(column: str) -> set[str]:
    """Promises that a connector's own conformance class does not take as they are."""
    kinds = [kind for module in _modules(column) for kind in vars(module).values() if inspect.isclass(kind)]
    suites = [kind for kind in kinds if issubclass(kind, ConnectorTests) and kind is not ConnectorTests]
    return {
        name
        for suite in suites
        for name in dir(ConnectorTests)
        if getattr(suite, name) is not getattr(ConnectorTests, name)
    }


def _tests(module: ModuleType) -> Iterator[tuple[str, object]]:
    for holder in (module, *(kind for kind in vars(module).values() if inspect.isclass(kind))):
        yield from ((name, value) for name, value in vars(holder).items() if name.startswith("test_"))


def _excuses(column: str) -> dict[str, Cell]:
    """The reasons on the connector's page, under its two headings."""
    found: dict[str, Cell] = {}
    page = (ROOT / "docs" / "connectors" / f"{package(column)}.md").read_text(encoding="utf-8")
    for section in re.split(r"(?m)^(?=## )", page):
        heading, _, text = section.partition("\n")
        for word, pattern in _LISTS.items():
            if pattern.match(heading):
                found |= {item["what"]: Cell(word, " ".join(item["why"].split())) for item in _items(text, column)}
    return found


def _items(text: str, column: str) -> Iterator[re.Match[str]]:
    where = column.partition(" ")[2]
    return (item for item in _ITEM.finditer(text) if (item["where"] or where).lower() == where)


def page() -> str:
    """The whole page, reasons numbered below the table."""
    columns = {column: cells(column, make) for column, make in COLUMNS.items()}
    reasons: list[str] = []
    rows = [line for title, group in GROUPS.items() for line in _group(title, group, columns, reasons)]
    head = ["", *(f"[{_called(column)}](connectors/{package(column)}.md)" for column in columns)]
    table = [_row(head), _row(["---"] * len(head)), *rows]
    return "\n".join([_INTRODUCTION, *table, "", "## Why not", "", *reasons, ""])


def _group(title: str, group: list[Feature], columns: dict[str, dict[str, Cell]], reasons: list[str]) -> Iterator[str]:
    yield _row([f"**{title}**", *([""] * len(columns))])
    for feature in group:
        yield _row([feature.name, *(_said(feature, column, columns[column], reasons) for column in columns)])


def _said(feature: Feature, column: str, told: dict[str, Cell], reasons: list[str]) -> str:
    cell = told[feature.name]
    if cell.word == "yes":
        return "yes"
    reasons.append(f"{len(reasons) + 1}. {_called(column)}, {feature.name}: {cell.why}")
    return f"{cell.word} ({len(reasons)})"


def _row(words: list[str]) -> str:
    return f"| {' | '.join(words)} |"


def _called(column: str) -> str:
    """As people write the vendor's name: its page's title."""
    title = (ROOT / "docs" / "connectors" / f"{package(column)}.md").read_text(encoding="utf-8").partition("\n")[0]
    return " ".join([title.removeprefix("# "), *column.title().split()[1:]])


_INTRODUCTION = """# What each connector can do

"yes": a test shows it, over the simulator or the real server. "cannot": the vendor has no such thing. "no": it could
be done, and is not done yet. The numbers lead to the reasons below. This page is made by `make capabilities` from what
the connectors claim, from the marks of their tests, and from the reasons on their pages; `make test` fails when it is
not what they say.
"""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
