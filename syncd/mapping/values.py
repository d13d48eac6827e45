"""What a packet's template may say: the names of the values, and which of them are lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from syncd.core.redact import Sort


@dataclass(frozen=True, slots=True)
class ListOf:
    each: Shape


@dataclass(frozen=True, slots=True)
class Word:
    """A text or a number."""


@dataclass(frozen=True, slots=True)
class AnyName:
    """Texts under names that only the ticket knows."""


Shape: TypeAlias = "Mapping[str, Shape] | ListOf | Word | AnyName"

WORD = Word()


def _words(*names: str) -> Shape:
    return dict.fromkeys(names, WORD)


VALUES: Mapping[str, Shape] = {
    "ticket": _words("label", "url", "title", "description", "created", "updated"),
    "customer": _words("name", "email"),
    "severity": _words("name", "rule", "why"),
    "evidence": ListOf(_words("name", "text")),
    "missing": ListOf(_words("name", "ask")),
    "conversation": ListOf({**dict.fromkeys(("who", "when", "visibility", "text"), WORD), "files": ListOf(WORD)}),
    "fields": AnyName(),
    "removed": _words(*map(str, Sort), "total"),
}
"""What a packet's template may say; `core.handoff.values` makes it."""
LOOP = _words("index", "index0", "first", "last", "length")
