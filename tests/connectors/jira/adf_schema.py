"""What Atlassian's structure page allows in a document, written down from there and apart from the code under test.

developer.atlassian.com/cloud/jira/platform/apis/document/structure and the pages of its nodes and marks.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_BLOCKS = {"paragraph", "heading", "bulletList", "orderedList", "codeBlock", "blockquote", "rule", "table"}
_INLINES = {"text", "hardBreak"}
_CONTENT: dict[str, set[str]] = {
    "doc": _BLOCKS,
    "paragraph": _INLINES,
    "heading": _INLINES,
    "bulletList": {"listItem"},
    "orderedList": {"listItem"},
    "listItem": {"paragraph", "bulletList", "orderedList", "codeBlock"},
    "codeBlock": {"text"},
    "blockquote": {"paragraph", "bulletList", "orderedList", "codeBlock"},
    "table": {"tableRow"},
    "tableRow": {"tableHeader", "tableCell"},
    "tableHeader": {"paragraph"},
    "tableCell": {"paragraph"},
    "rule": set(),
    "text": set(),
    "hardBreak": set(),
}
_NEVER_EMPTY = {"bulletList", "orderedList", "listItem", "blockquote", "table", "tableRow", "tableHeader", "tableCell"}
_MARKS = {"strong", "em", "strike", "code", "link"}


def complaints(document: dict[str, Any]) -> list[str]:
    """What Jira would refuse; empty for a valid document."""
    found = [] if (document.get("type"), document.get("version")) == ("doc", 1) else ["not a doc of version 1"]
    return [*found, *_node(document)]


def _node(node: dict[str, Any]) -> Iterator[str]:
    kind = node["type"]
    if kind not in _CONTENT:
        yield f"unknown node {kind}"
        return
    content = node.get("content", [])
    yield from _attributes(kind, node.get("attrs", {}))
    if kind in _NEVER_EMPTY and not content:
        yield f"empty {kind}"
    if kind == "listItem" and content and content[0]["type"] not in {"paragraph", "codeBlock"}:
        yield f"listItem begins with {content[0]['type']}"
    if kind == "text":
        yield from _text(node)
    for child in content:
        if child["type"] not in _CONTENT[kind]:
            yield f"{child['type']} in {kind}"
        if kind == "codeBlock" and child.get("marks"):
            yield "marks in code"
        yield from _node(child)


def _attributes(kind: str, attributes: dict[str, Any]) -> Iterator[str]:
    allowed = {"heading": {"level"}, "orderedList": {"order"}, "codeBlock": {"language"}}.get(kind, set())
    if set(attributes) - allowed:
        yield f"{kind} with {set(attributes) - allowed}"
    if kind == "heading" and attributes.get("level") not in range(1, 7):
        yield "heading without a level"
    if kind == "orderedList" and not (isinstance(attributes.get("order"), int) and attributes["order"] >= 0):
        yield "orderedList without an order"


def _text(node: dict[str, Any]) -> Iterator[str]:
    if not node.get("text"):
        yield "empty text"
    names = [mark["type"] for mark in node.get("marks", [])]
    if len(set(names)) < len(names) or set(names) - _MARKS:
        yield f"marks {names}"
    if "code" in names and set(names) - {"code", "link"}:
        yield f"code with {names}"
    if any(mark["type"] == "link" and not mark.get("attrs", {}).get("href") for mark in node.get("marks", [])):
        yield "link without an address"
