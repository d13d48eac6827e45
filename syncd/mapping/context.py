"""What every check of one mapping shares: the file, what is known of both vendors, and the complaints so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from syncd.core.model import Pair, Side
from syncd.errors import Complaint
from syncd.mapping.nodes import Document, Items, Path
from syncd.mapping.vendor import Vendor, VendorField
from syncd.mapping.words import nearest


@dataclass
class Context:
    """`broken` are the paths that were complained about already: what depends on them is not checked again.

    `signals` are the names under which a condition may ask for what is no field of the helpdesk; where the words of one
    are known, they stand beside it.

    `graded` where tickets have a severity by rule, which conditions may ask for.
    """

    document: Document
    vendors: Pair[Vendor | None]
    broken: frozenset[Path] = frozenset()
    complaints: list[Complaint] = field(default_factory=list)
    graded: bool = False
    signals: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def complain(self, path: Path, problem: str, **more: Any) -> None:
        self.complaints.append(self.document.complaint(path, problem, **more))

    def notice(self, path: Path, problem: str, **more: Any) -> None:
        self.complain(path, problem, notice=True, **more)

    def is_broken(self, path: Path) -> bool:
        """Whether `path`, anything below it or anything around it could not be read."""
        return any(broken[: len(path)] == path[: len(broken)] for broken in self.broken)

    def positions(self, path: Path, count: int) -> list[int]:
        """Where those entries of the list at `path` stand that could be read; `count` of them were."""
        node = self.document.node(path)
        total = len(node.items) if isinstance(node, Items) else 0
        good = [at for at in range(total) if (*path, at) not in self.broken]
        return good if len(good) == count else list(range(count))

    def named_once(self, entries: Iterable[tuple[Path, str]], what: str = "a rule") -> None:
        """Complain of each entry, by its place and its name, that is called as an earlier one is."""
        names: dict[str, Path] = {}
        for path, name in entries:
            first = names.setdefault(name, path)
            if first != path:
                line = self.document.mark((*first, "name")).line
                problem = f"{what} called `{name}` stands in line {line} already"
                self.complain((*path, "name"), problem, expected="a name of its own", remedy="rename one of them")

    def vendor(self, side: Side) -> str:
        """How a person calls that side: the connector's name where it is known."""
        vendor = self.vendors[side]
        return vendor.connector if vendor else side.value

    def known(self, side: Side, name: str) -> VendorField | None:
        vendor = self.vendors[side]
        return vendor.field(name) if vendor else None

    def misspelt(self, side: Side, name: str) -> str:
        """The vendor's own field that this unknown name all but spells, or ""."""
        vendor = self.vendors[side]
        if vendor is None or vendor.field(name):
            return ""
        return nearest(name, (field.name for field in vendor.fields), cutoff=0.85)
