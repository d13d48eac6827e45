"""`docs/capabilities.md`: made from what the connectors claim, what their tests show, and the reasons on their pages.

`python -m tests.capabilities.table` writes it anew.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from types import ModuleType

import tests.connectors
from syncd.sdk.connector import Capability
from syncd.sdk.testing.conformance import ConnectorTests
from syncd.sdk.testing.world import Deed, Words
from tests.capabilities.features import FEATURES, GROUPS, Feature, Own, Promise, Proof, Word
from tests.connectors.shipped import HELPDESKS, TRACKERS
from tests.pairs.pair import Make, VendorWorld

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "capabilities.md"
COLUMNS: dict[str, Make] = {**HELPDESKS, **TRACKERS}
_ITEM = re.compile(
    r"^- (?P<what>\*\*[^*]+\*\*(?:,\s+\*\*[^*]+\*\*)*)(?: \((?P<where>[^)]+)\))?:\s+(?P<why>.+?)(?=\n- |\n\n|\Z)",
    re.MULTILINE | re.DOTALL,
)
_LISTS = {"cannot": re.compile(r"^## What \S.* cannot do$"), "no": re.compile(r"^## What is not done yet$")}


@dataclass(frozen=True, slots=True)
class Reason:
    """An item of a connector's page: it excuses one feature or several, for all of its columns or for one."""

    page: Path
    word: str  # "cannot": the vendor has no such thing; "no": it could be done, and is not
    features: tuple[str, ...]
    where: str  # the column's own part of its name, or empty
    why: str

    def holds(self, column: str) -> bool:
        return self.where in ("", column.partition(" ")[2])


Cell = Reason | None
"""None is "yes"."""


def package(column: str) -> str:
    """The folder of a column's connector: "jira data center" is "jira"."""
    return column.partition(" ")[0]


def page_of(column: str) -> Path:
    return ROOT / "connectors" / f"syncd_{package(column)}" / "README.md"


def cells(column: str, make: Make) -> dict[str, Cell]:
    """The column of one connector.

    Raises:
        LookupError: a feature that is neither shown nor excused on the connector's page, or both.
    """
    able = set(_shown(column, make()))
    excused = [(name, reason) for reason in reasons(column) if reason.holds(column) for name in reason.features]
    names, excuses = [feature.name for feature in FEATURES], dict(excused)
    where = f"{page_of(column).relative_to(ROOT)}, {column}"
    if wrong := sorted({name for name, _ in excused} - set(names)):
        raise LookupError(f"{where}: no such feature: {wrong}")
    if twice := sorted({name for name, reason in excused if excuses[name] != reason}):
        raise LookupError(f"{where}: excused twice: {twice}")
    if both := sorted(able & excuses.keys()):
        raise LookupError(f"{where}: can be done, and is excused: {both}")
    if neither := [name for name in names if name not in able | excuses.keys()]:
        raise LookupError(f"{where}: neither shown by a test nor excused: {neither}")
    return {name: excuses.get(name) for name in names}


# --- what is shown ---------------------------------------------------------------------------------------------------


def _shown(column: str, world: VendorWorld) -> Iterator[str]:
    own, left_out = {name for name, _ in marked(column)}, _left_out(column)
    able = world.connector().capabilities
    for feature in FEATURES:
        if feature.name in own or proved(feature.proof, able, world.words, left_out):
            yield feature.name


def proved(proof: Proof, able: frozenset[Capability], words: Words, left_out: frozenset[str]) -> bool:
    match proof:
        case Capability():
            return proof in able
        case Deed():
            return proof in words.deeds
        case Word(name, with_, without):
            return bool(getattr(words, name)) and (with_ is None or with_ in able) and without not in able
        case Promise(name):
            return name not in left_out and _needed(name) <= able
        case Own():
            return False


def _needed(promise: str) -> set[Capability]:
    """The capabilities without which a promise is skipped."""
    marks = getattr(getattr(ConnectorTests, promise), "pytestmark", ())
    return {able for mark in marks if mark.name == "parametrize" and mark.args[0] == "able" for able in mark.args[1]}


def marked(column: str) -> Iterator[tuple[str, str]]:
    """What the connector's own tests show by their marks, each with the test."""
    for module in _modules(column):
        for name, test in _tests(module):
            for mark in getattr(test, "pytestmark", ()):
                if mark.name == "shows" and mark.kwargs.get("only", column) == column:
                    yield from ((feature, f"{module.__name__}.{name}") for feature in mark.args)


def _modules(column: str) -> Iterator[ModuleType]:
    folder = importlib.import_module(f"{tests.connectors.__name__}.{package(column)}")
    for info in pkgutil.iter_modules(folder.__path__):
        if info.name.startswith("test_"):
            yield importlib.import_module(f"{folder.__name__}.{info.name}")


def _tests(module: ModuleType) -> Iterator[tuple[str, object]]:
    return ((name, value) for name, value in vars(module).items() if name.startswith("test_"))


def _left_out(column: str) -> frozenset[str]:
    """Promises that a connector's own conformance class does not take as they are."""
    kinds = [kind for module in _modules(column) for kind in vars(module).values() if inspect.isclass(kind)]
    suites = [kind for kind in kinds if issubclass(kind, ConnectorTests) and kind is not ConnectorTests]
    every = dir(ConnectorTests)
    return frozenset(
        name for suite in suites for name in every if getattr(suite, name) is not getattr(ConnectorTests, name)
    )


# --- what is excused -------------------------------------------------------------------------------------------------


def reasons(column: str) -> list[Reason]:
    """All items below the two headings of the connector's page, in their order."""
    found = []
    for section in re.split(r"(?m)^(?=## )", page_of(column).read_text(encoding="utf-8")):
        heading, _, text = section.partition("\n")
        for word, pattern in _LISTS.items():
            if pattern.match(heading):
                found += [_reason(page_of(column), word, item) for item in _ITEM.finditer(text)]
    return found


def _reason(page: Path, word: str, item: re.Match[str]) -> Reason:
    features = tuple(re.findall(r"\*\*([^*]+)\*\*", " ".join(item["what"].split())))
    return Reason(page, word, features, (item["where"] or "").lower(), " ".join(item["why"].split()))


# --- the page --------------------------------------------------------------------------------------------------------


def page() -> str:
    """The whole page: the table, and below it the reasons by connector, numbered throughout."""
    columns = {column: cells(column, make) for column, make in COLUMNS.items()}
    numbers = {reason: number for number, reason in enumerate(_all_reasons(), start=1)}
    head = ["", *(f"[{_called(column)}]({_link(column)})" for column in columns)]
    rows = [line for title, group in GROUPS.items() for line in _group(title, group, columns, numbers)]
    table = [_row(head), _row(["---"] * len(head)), *rows]
    return "\n".join([_INTRODUCTION, *table, "", "## Why not", *_why(numbers), ""])


def _all_reasons() -> Iterator[Reason]:
    """Each once, in the order of the columns and of their pages."""
    pages = {page_of(column): column for column in COLUMNS}
    return (reason for column in pages.values() for reason in reasons(column))


def _group(
    title: str, group: list[Feature], columns: Mapping[str, Mapping[str, Cell]], numbers: Mapping[Reason, int]
) -> Iterator[str]:
    yield _row([f"**{title}**", *([""] * len(columns))])
    for feature in group:
        yield _row([feature.name, *(_said(column[feature.name], numbers) for column in columns.values())])


def _said(cell: Cell, numbers: Mapping[Reason, int]) -> str:
    if cell is None:
        return "yes"
    return f"{'**no**' if cell.word == 'no' else cell.word} ({numbers[cell]})"


def _row(words: list[str]) -> str:
    return f"| {' | '.join(words)} |"


def _link(column: str) -> str:
    return f"../{page_of(column).relative_to(ROOT).as_posix()}"


def _why(numbers: Mapping[Reason, int]) -> Iterator[str]:
    for page, group in groupby(numbers, key=lambda reason: reason.page):
        yield from ("", f"### {title(page)}", "")
        for reason in group:
            where = f" ({reason.where.title()})" if reason.where else ""
            yield f"{numbers[reason]}. *{', '.join(reason.features)}*{where}: {reason.why}"


def title(page: Path) -> str:
    return page.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")


def _called(column: str) -> str:
    """As people write the vendor's name: the title of its page, or the part of it that speaks of this column."""
    whole = title(page_of(column))
    return next((name for name in re.split(r", | and ", whole) if name.lower() == column), whole)


_INTRODUCTION = """# What each connector can do

"yes": a test shows it, over the simulator or the real server; where it takes a setting, the connector's page names it.
"cannot": the vendor has no such thing, or none that could be used safely. "no": it could be done, and is not done yet.
The numbers lead to the reasons below.

`make capabilities` makes this page from what the connectors claim, what their tests show, and the reasons on their
pages. `make test` fails when it says anything else.
"""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
