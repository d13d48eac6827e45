"""A YAML file as a tree that remembers where every word stands; what the words should be is in `shape`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from syncd.errors import Complaint

Path: TypeAlias = tuple[str | int, ...]
"""Where in the file: keys of tables and positions in lists, from the top."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in the file. Line and column count from 1; `length` is how much of the line is meant."""

    line: int
    column: int
    length: int = 1


@dataclass(frozen=True, slots=True)
class Scalar:
    """One word or text. `tag` is what YAML 1.1 takes an unquoted word for: str, bool, int, float, null, timestamp."""

    text: str
    mark: Mark
    tag: str = "str"
    block: bool = False  # below `|` or `>`: its first line is the one after its mark

    @property
    def empty(self) -> bool:
        return self.tag == "null"


@dataclass(frozen=True, slots=True)
class Items:
    items: tuple[Node, ...]
    mark: Mark


@dataclass(frozen=True, slots=True)
class Entry:
    key: Scalar
    value: Node


@dataclass(frozen=True, slots=True)
class Table:
    entries: tuple[Entry, ...]
    mark: Mark

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def get(self, key: str) -> Entry | None:
        return next((entry for entry in self.entries if entry.key.text == key), None)


Node: TypeAlias = Scalar | Items | Table


def child(node: Node, step: str | int) -> Node | None:
    match node, step:
        case Table(), str():
            entry = node.get(step)
            return entry.value if entry else None
        case Items(), int():
            return node.items[step] if step < len(node.items) else None
        case _:
            return None


@dataclass(frozen=True, slots=True)
class Document:
    """One file, parsed. `file` is its name as messages show it."""

    file: str
    root: Table

    def node(self, path: Path) -> Node | None:
        node: Node | None = self.root
        for step in path:
            node = child(node, step) if node is not None else None
        return node

    def mark(self, path: Path, *, key: bool = False) -> Mark:
        """Where `path` stands: its value when that is one word, else its key; the nearest thing above it if absent."""
        for end in range(len(path), 0, -1):
            value = self.node(path[:end])
            if value is None:
                continue
            last, parent = path[end - 1], self.node(path[: end - 1])
            entry = parent.get(last) if isinstance(parent, Table) and isinstance(last, str) else None
            if entry and (key or not isinstance(value, Scalar) or end < len(path)):
                return entry.key.mark
            return value.mark
        return self.root.mark

    def dotted(self, path: Path) -> str:
        """The path for a person; an entry of a list goes by its `name` where it has one."""
        words = ""
        for at, step in enumerate(path):
            if isinstance(step, str):
                words += f".{step}"
                continue
            name = self.node((*path[: at + 1], "name"))
            words += f".{name.text}" if isinstance(name, Scalar) and name.text else f"[{step + 1}]"
        return words.lstrip(".")

    def complaint(
        self,
        path: Path,
        problem: str,
        *,
        expected: str = "",
        remedy: str = "",
        key: bool = False,
        notice: bool = False,
    ) -> Complaint:
        """Something wrong with what stands at `path`; with `key`, with its name rather than its value."""
        mark = self.mark(path, key=key)
        return Complaint(
            file=self.file,
            line=mark.line,
            column=mark.column,
            key=self.dotted(path),
            problem=problem,
            expected=expected,
            remedy=remedy,
            length=mark.length,
            notice=notice,
        )
