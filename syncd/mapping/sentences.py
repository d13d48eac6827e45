"""Sentences about a wrong shape: what stands there, what was expected, two lines that would do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic.fields import FieldInfo

from syncd.mapping.annotations import is_list, is_secret, is_table
from syncd.mapping.nodes import Items, Node, Scalar, Table
from syncd.mapping.words import Wrong


def sort_of(node: Node) -> str:
    match node:
        case Table():
            return "a table"
        case Items():
            return "a list"
        case Scalar():
            return "nothing" if node.empty else f"the single word `{node.text[:40]}`"


def sort_wanted(annotation: Any) -> str:
    return "a table" if is_table(annotation) else "a list" if is_list(annotation) else "a word"


def mismatch(node: Node, annotation: Any) -> Wrong:
    remedy = "write a word"
    if is_table(annotation):
        remedy = "write its keys below it, two spaces further in"
    elif is_list(annotation):
        remedy = f"write `[{node.text}]`" if isinstance(node, Scalar) and not node.empty else "write `[a, b]`"
    return Wrong(f"{sort_of(node)} stands here", expected=sort_wanted(annotation), remedy=remedy)


def example_lines(parent: str, word: str, known: Mapping[str, FieldInfo]) -> list[str]:
    """Two lines that show where the key goes."""
    line = f"{word}: {example(word, known[word])}"
    if parent:
        return [f"{parent.rsplit('.', 1)[-1]}:", f"  {line}"]
    required = [key for key, info in known.items() if info.is_required()]
    at = max(required.index(word), 1)
    return [f"{key}: {example(key, known[key])}" for key in required[at - 1 : at + 1]]


def example(word: str, info: FieldInfo) -> str:
    """A value as it may stand for this key."""
    if info.examples:
        return str(info.examples[0])
    if is_secret(info.annotation):
        return f"${{{word.upper()}}}"
    return {"url": "https://...", "connector": "zendesk"}.get(word, "...")


_LIMITS = {
    "greater_than_equal": ("is too small", "ge"),
    "greater_than": ("is too small", "gt"),
    "less_than_equal": ("is too large", "le"),
    "less_than": ("is too large", "lt"),
}


def refusal(shown: str, key: str, detail: Any) -> Wrong:
    """A validator's complaint: a limit, or what the author of a model says; anything else without pydantic's words."""
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "value_error" and str(context.get("error", "")):
        return Wrong(str(context["error"]), remedy="change what the sentence names")
    if kind in _LIMITS:
        sentence, limit = _LIMITS[kind]
        number = context.get(limit)
        return Wrong(f"`{shown}` {sentence} for `{key}` (the limit is {number})", remedy=f"write `{number}`")
    return Wrong(f"`{shown}` does not fit `{key}`", remedy="`syncd schema` says what does")
