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
    "customer": _words("name", "email", "tier"),
    "severity": _words("name", "rule", "why"),
    "evidence": ListOf(_words("name", "text")),
    "missing": ListOf(_words("name", "ask")),
    "conversation": ListOf({**dict.fromkeys(("who", "when", "visibility", "text"), WORD), "files": ListOf(WORD)}),
    "similar": ListOf(
        _words(
            "label", "url", "title", "likeness", "tickets", "customers", "value", "recent", "rating", "same_customer"
        )
    ),
    "fields": AnyName(),
    "removed": _words(*map(str, Sort), "total"),
}
"""What a packet's template may say; `core.handoff.values` makes it."""
LOOP = _words("index", "index0", "first", "last", "length")

_SEEN = ("label", "url", "title")
MESSAGE: Mapping[str, Shape] = {
    "fact": _words("what", "sentence", "at", "who", "detail"),
    "ticket": _words(*_SEEN),
    "issue": _words(*_SEEN),
    "severity": _words("name", "rule", "why"),
    "customer": _words("name"),
    "owner": WORD,
    "clocks": ListOf(_words("name", "left", "waits")),
    "next_update": WORD,
    "evidence": ListOf(_words("name", "text")),
    "fields": AnyName(),
}
"""What a message to colleagues may say; `core.messages.values` makes it."""
DRAFT: Mapping[str, Shape] = {
    "fact": _words("what", "at"),
    "ticket": _words(*_SEEN),
    "severity": _words("name"),
    "customer": _words("name"),
    "investigated": WORD,
    "next": WORD,
    "next_update": WORD,
}
"""What a draft for the customer may say: nothing that colleagues wrote."""
HANDED_BACK: Mapping[str, Shape] = {
    "ticket": _words("label", "title", "url"),
    "customer": _words("name"),
    "issue": _words("label", "done"),
    "survey": _words("ask"),
}
"""What the draft of a customer update may say when the issue is done; `core.handback.values` makes it."""

OF_TEMPLATES: Mapping[str, Mapping[str, Shape]] = {
    "packet": VALUES,
    "draft": HANDED_BACK,
    "tell_agent": MESSAGE,
    "tell_engineer": MESSAGE,
    "tell_executive": MESSAGE,
    "tell_customer_draft": DRAFT,
}
"""The templates that ship, and what each may say."""
