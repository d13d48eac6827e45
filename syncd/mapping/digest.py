"""A name for the content of a mapping: two files with the same digest do the same.

Made from the resolved value, so that comments, the order of keys and a default that is spelled out do not count. The
order of `values` and of the rules of `escalate` does: it decides what is written.
"""

from __future__ import annotations

import dataclasses
import enum
import hashlib
import json
from collections.abc import Mapping as MappingOf
from typing import Any

from syncd.core.mapping import Mapping

_ORDERED = frozenset({"meanings", "order", "escalate"})


def digest(mapping: Mapping) -> str:
    """Hex SHA-256 of everything but the digest itself, and the escalation policy: it changes no field."""
    value = dataclasses.replace(mapping, digest="", escalation=None)
    return hashlib.sha256(json.dumps(_canonical(value), separators=(",", ":")).encode()).hexdigest()


def _canonical(value: Any, *, ordered: bool = False) -> Any:
    """Lists, strings and numbers only; unordered things sorted by their own canonical form."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        parts = [
            [part.name, _canonical(getattr(value, part.name), ordered=part.name in _ORDERED)]
            for part in dataclasses.fields(value)
        ]
        return [type(value).__name__, parts]
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, MappingOf):
        pairs = [[str(key), _canonical(item)] for key, item in value.items()]
        return pairs if ordered else sorted(pairs)
    if isinstance(value, tuple | frozenset):
        items = [_canonical(item) for item in value]
        return items if ordered else sorted(items, key=json.dumps)
    return value if isinstance(value, str | bool | int | None) else str(value)
