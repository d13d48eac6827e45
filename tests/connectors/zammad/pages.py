"""The examples on Zammad's own pages, and JSON Schemas made of them: there is no machine-readable description."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.specs import spec

FREE = frozenset(
    {"preferences", "group_ids", "groups", "screens", "data_option", "data_option_new", "assets", "condition"}
)
"""Objects whose names are an account's own."""

_REQUEST = re.compile(r"``(GET|POST|PUT|DELETE)``-Request sent:\s+``([^`]+)``")
_BLOCK = re.compile(r"^([ ]*)\.\. code-block:: json\n(?:[ ]*:force:\n)?\n((?:\1[ ]+.*\n|\s*\n)+)", re.MULTILINE)
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@dataclass(frozen=True, slots=True)
class Example:
    """One block of JSON. `operation` is the request above it ("GET /api/v1/tickets"); "" where there is none."""

    operation: str
    answer: bool
    value: Any


@cache
def examples(page: str) -> tuple[Example, ...]:
    """All examples of a page that are JSON once their ellipses are taken out."""
    return tuple(each for each in _blocks(page) if each is not None)


def unreadable(page: str) -> int:
    """How many blocks are no JSON even so."""
    return sum(each is None for each in _blocks(page))


def answers(page: str, operation: str) -> list[Any]:
    """The answers to an operation; a list is its rows."""
    found = [each.value for each in examples(page) if each.operation == operation and each.answer]
    assert found, f"{page} shows no answer to {operation}"
    return [row for value in found for row in (value if isinstance(value, list) else [value])]


def requests(page: str, operation: str) -> list[Any]:
    found = [each.value for each in examples(page) if each.operation == operation and not each.answer]
    assert found, f"{page} shows no request of {operation}"
    return found


def expanded(*names: str) -> list[dict[str, Any]]:
    """The objects on the first page that have all these keys: `expand=true` in its two examples and the search's."""
    rows = [row for each in examples("intro") for row in (each.value if isinstance(each.value, list) else [each.value])]
    return [row for row in rows if isinstance(row, dict) and set(names) <= row.keys()]


def _blocks(page: str) -> Iterator[Example | None]:
    text = spec(f"zammad/docs/{page}.rst").read_text(encoding="utf-8")
    asked = [(match.start(), f"{match[1]} {match[2]}") for match in _REQUEST.finditer(text)]
    for match in _BLOCK.finditer(text):
        operation = next((name for start, name in reversed(asked) if start < match.start()), "")
        block = textwrap.dedent(match[2]).strip()
        answer = block.startswith("# HTTP")
        try:
            value = json.loads(_repaired(block.partition("\n")[2] if answer else block))
        except ValueError:
            yield None
            continue
        yield Example(operation, answer, value)


def _repaired(block: str) -> str:
    """Without what stands for more, and without the commas that are left over then."""
    text = re.sub(r"^\s*(\.\.\.|\[ \.\.\. \])\s*$", "", block, flags=re.MULTILINE)
    text = re.sub(r"(:\s*)\{[a-z ]+\}", r"\g<1>1", text)
    return re.sub(r",(\s*[\]}])", r"\1", text)


# --- schemas ---------------------------------------------------------------------------------------------------------


def schema(values: Sequence[Any], *, name: str = "", strict: bool = True) -> dict[str, Any]:
    """What these values have in common; with `strict` an object needs what each of them has."""
    kept = [value for value in values if value is not None]
    nullable = {"nullable": True} if len(kept) < len(values) else {}
    kinds = {_kind(value) for value in kept}
    if not kept or len(kinds) > 1 or name in FREE:
        return {} if not kept or len(kinds) > 1 else {"type": "object", **nullable}
    match kinds.pop():
        case "object":
            return {**_object(kept, strict=strict), **nullable}
        case "array":
            rows = [row for value in kept for row in value]
            return {"type": "array", "items": schema(rows, strict=strict) if rows else {}, **nullable}
        case "string" if all(_STAMP.fullmatch(value) for value in kept):
            return {"type": "string", "pattern": f"^{_STAMP.pattern}$", **nullable}
        case kind:
            return {"type": kind, **nullable}


def _object(values: Sequence[dict[str, Any]], *, strict: bool) -> dict[str, Any]:
    names = dict.fromkeys(name for value in values for name in value)
    always = [name for name in names if all(name in value for value in values)]
    made: dict[str, Any] = {
        "type": "object",
        "properties": {
            name: schema([value[name] for value in values if name in value], name=name, strict=strict) for name in names
        },
    }
    return {**made, "required": always} if strict else made


def _kind(value: Any) -> str:
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return kinds[type(value)]
