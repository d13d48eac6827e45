"""Atlassian Document Format -> document (developer.atlassian.com/cloud/jira/platform/apis/document/structure)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from syncd.sdk.text import links
from syncd.sdk.text.cells import cell
from syncd.sdk.text.flow import Around, Flow
from syncd.sdk.text.normal import Mark, Run, normalise
from syncd.sdk.text.tree import (
    MAX_DEPTH,
    TOO_DEEP,
    Block,
    Break,
    Cell,
    Code,
    CodeBlock,
    Converted,
    Document,
    Emphasis,
    Heading,
    Image,
    List,
    Mention,
    Paragraph,
    Quote,
    Rule,
    Strike,
    Strong,
    Table,
    Text,
)

Node: TypeAlias = Mapping[str, Any]

_MAX_NODES: Final = 120  # levels of nodes; of what is deeper only the words are read
_MARKS: Final[dict[str, Mark]] = {"strong": Strong, "em": Emphasis, "strike": Strike}
_LOST_MARKS: Final = {
    "textColor": "text colour",
    "backgroundColor": "text colour",
    "underline": "underline",
    "subsup": "subscript or superscript",
    "alignment": "alignment",
    "indentation": "indentation",
    "border": "border",
}
_TRANSPARENT: Final = frozenset({"doc", "listItem", "mediaSingle", "mediaGroup", "caption", "layoutSection"})
_CONTAINERS: Final = frozenset(
    {"bulletList", "orderedList", "taskList", "decisionList", "blockquote", "table", "panel"}
)


def from_adf(document: Node | None) -> Converted:
    """The document that an ADF value shows; an unknown node keeps its text and is named in `lost`."""
    reader = _Reader()
    flow = Flow()
    if document:
        reader.node(document, flow, Around())
    return Converted(normalise(Document(tuple(flow.finish()))), tuple(reader.lost))


class _Reader:
    def __init__(self) -> None:
        self.lost: dict[str, None] = {}

    def node(self, node: Node, flow: Flow, around: Around) -> None:
        inside = replace(around, elements=around.elements + 1)
        kind = str(node.get("type", ""))
        if inside.elements > _MAX_NODES or (inside.depth > MAX_DEPTH and kind in _CONTAINERS):
            self.lost[TOO_DEEP] = None
            flow.block(Paragraph((Text(" ".join(_all_text(node))),)))
        elif not self._inline(kind, node, flow, inside) and not self._block(kind, node, flow, inside):
            if kind not in _TRANSPARENT:
                self.lost[kind or "node without a type"] = None
            flow.new_line()
            flow.text(_string(_attributes(node).get("text")), inside)
            self._content(node, flow, inside)
            flow.new_line()

    def _content(self, node: Node, flow: Flow, around: Around) -> None:
        for child in _children(node):
            self.node(child, flow, around)

    def _blocks(self, node: Node, around: Around) -> list[Block]:
        flow = Flow()
        self._content(node, flow, replace(around, depth=around.depth + 1))
        return flow.finish()

    # --- inlines ---------------------------------------------------------------------------------------------------

    def _inline(self, kind: str, node: Node, flow: Flow, around: Around) -> bool:
        """Whether `node` is an inline; it is in `flow` then."""
        attributes = _attributes(node)
        match kind:
            case "text":
                flow.add(self._text(node))
            case "hardBreak":
                flow.add(Run(Break()))
            case "mention":
                name = _string(attributes.get("text")).lstrip("@") or _string(attributes.get("id"))
                self.lost[f"mention of {name}"] = None
                flow.add(Run(Mention(name)))
            case "emoji":
                flow.text(_string(attributes.get("text")) or _string(attributes.get("shortName")), around)
            case "inlineCard" | "blockCard" | "embedCard":
                url = links.clean(_string(attributes.get("url")))
                flow.add(Run(Text(url), url=url))
            case "date":
                flow.text(_date(attributes.get("timestamp")), around)
            case "status":
                self.lost["status lozenge"] = None
                flow.text(f"[{_string(attributes.get('text'))}]", around)
            case "media" | "mediaInline":
                self._media(attributes, flow)
            case _:
                return False
        return True

    def _text(self, node: Node) -> Run:
        marks: set[Mark] = set()
        url, code = "", False
        for mark in _sequence(node.get("marks")):
            kind = _string(mark.get("type"))
            if kind in _MARKS:
                marks.add(_MARKS[kind])
            elif kind == "link":
                url = self._url(_string(_attributes(mark).get("href")))
            elif kind == "code":
                code = True
            else:
                self.lost[_LOST_MARKS.get(kind, f"mark {kind}")] = None
        text = _string(node.get("text"))
        return Run(Code(text) if code else Text(text), frozenset(marks), url)

    def _url(self, address: str) -> str:
        url = links.clean(address)
        if address.strip() and not url:
            self.lost[f"link with {links.scheme(address)}:"] = None
        return url

    def _media(self, attributes: Node, flow: Flow) -> None:
        alt, url = _string(attributes.get("alt")), self._url(_string(attributes.get("url")))
        if not url:
            self.lost[f"attached file {alt or _string(attributes.get('id'))}".rstrip()] = None
        flow.add(Run(Image(alt, url)))

    # --- blocks ----------------------------------------------------------------------------------------------------

    def _block(self, kind: str, node: Node, flow: Flow, around: Around) -> bool:
        """Whether `node` is a block; it is in `flow` then."""
        attributes = _attributes(node)
        match kind:
            case "paragraph":
                flow.end()
                self._content(node, flow, around)
                flow.end()
            case "heading":
                level = _integer(attributes.get("level"), 1)
                flow.block(*(_headed(block, level) for block in self._blocks(node, around)))
            case "bulletList" | "decisionList" | "taskList":
                flow.block(List(tuple(self._items(node, around))))
            case "orderedList":
                flow.block(List(tuple(self._items(node, around)), _integer(attributes.get("order"), 1)))
            case "codeBlock":
                flow.block(CodeBlock("".join(_all_text(node)), _string(attributes.get("language"))))
            case "blockquote":
                flow.block(Quote(tuple(self._blocks(node, around))))
            case "rule":
                flow.block(Rule())
            case "table":
                flow.block(*self._table(node, around))
            case "panel":
                self.lost[f"{_string(attributes.get('panelType'))} panel".lstrip()] = None
                flow.block(Quote(tuple(self._blocks(node, around))))
            case "expand" | "nestedExpand":
                self.lost["expand"] = None
                flow.block(Paragraph((Strong((Text(_string(attributes.get("title"))),)),)), *self._blocks(node, around))
            case "extension" | "bodiedExtension" | "inlineExtension":
                self.lost[f"macro {{{_string(attributes.get('extensionKey'))}}}"] = None
                flow.text(_string(attributes.get("text")), around)
                flow.block(*self._blocks(node, around)) if _children(node) else None
            case _:
                return False
        return True

    def _items(self, node: Node, around: Around) -> Iterator[tuple[Block, ...]]:
        """Items of a list; a list beside them belongs to the one before."""
        items: list[list[Block]] = []
        for child in _children(node):
            kind = child.get("type")
            if kind in {"taskList", "bulletList", "orderedList"} and items:
                items[-1] += self._blocks({"content": [child]}, around)
                continue
            blocks = self._blocks(child, around)
            if kind == "taskItem":
                done = _attributes(child).get("state") == "DONE"
                self.lost["check box"] = None
                blocks = [Paragraph((Text("[x] " if done else "[ ] "),)), *blocks]
                blocks = _merged(blocks)
            items.append(blocks)
        yield from map(tuple, items)

    def _table(self, node: Node, around: Around) -> Iterator[Table]:
        rows = [_children(row) for row in _children(node)]
        cells = [self._cells(row, around) for row in rows]
        heads = bool(rows) and all(found.get("type") == "tableHeader" for found in rows[0])
        header = cells.pop(0) if heads else ()
        if any(found.get("type") == "tableHeader" for row in rows[heads:] for found in row):
            self.lost["heading column of a table"] = None
        yield Table(header, tuple(cells))

    def _cells(self, row: Sequence[Node], around: Around) -> tuple[Cell, ...]:
        cells: list[Cell] = []
        for found in row:
            content, whole = cell(self._blocks(found, around))
            span = min(max(_integer(_attributes(found).get("colspan"), 1), 1), 50)
            if not whole:
                self.lost["blocks in a table cell"] = None
            if span > 1 or _integer(_attributes(found).get("rowspan"), 1) > 1:
                self.lost["merged cells"] = None
            cells += [content, *([()] * (span - 1))]
        return tuple(cells)


def _headed(block: Block, level: int) -> Block:
    return Heading(level, block.children) if isinstance(block, Paragraph) else block


def _merged(blocks: list[Block]) -> list[Block]:
    match blocks:
        case [Paragraph(box), Paragraph(words), *rest]:
            return [Paragraph((*box, *words)), *rest]
        case _:
            return blocks


def _date(timestamp: object) -> str:
    """Milliseconds since 1970 in UTC, as a number or a string, as a day."""
    try:
        return datetime.fromtimestamp(int(str(timestamp)) / 1000, tz=UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return _string(timestamp)


def _all_text(node: Node) -> list[str]:
    """The words below `node`, however deep."""
    words: list[str] = []
    waiting = [node]
    while waiting:
        current = waiting.pop()
        kind = current.get("type")
        words.append("\n" if kind == "hardBreak" else _string(current.get("text")))
        waiting += reversed(_children(current))
    return [word for word in words if word]


def _children(node: Node) -> Sequence[Node]:
    return _sequence(node.get("content"))


def _sequence(value: object) -> Sequence[Node]:
    return [child for child in value if isinstance(child, Mapping)] if isinstance(value, list | tuple) else []


def _attributes(node: Node) -> Node:
    found = node.get("attrs")
    return found if isinstance(found, Mapping) else {}


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def _integer(value: object, default: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**9 else default
