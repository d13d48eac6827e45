"""Document -> Atlassian Document Format, within what its schema allows where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from syncd.sdk.text.normal import Mark, flatten, normalise, without_breaks
from syncd.sdk.text.plain import to_plain
from syncd.sdk.text.tree import (
    Block,
    Break,
    Code,
    CodeBlock,
    Document,
    Emphasis,
    Heading,
    Image,
    Inline,
    List,
    Mention,
    Paragraph,
    Quote,
    Rendered,
    Rule,
    Strike,
    Strong,
    Table,
    Text,
)

_MARKS: Final[dict[Mark, str]] = {Emphasis: "em", Strike: "strike", Strong: "strong"}


def to_adf(document: Document) -> Rendered[dict[str, Any]]:
    """A `doc` of version 1. What ADF does not allow inside lists and quotes keeps its words, as paragraphs."""
    writer = _Writer()
    content = list(writer.blocks(normalise(document).blocks, place=""))
    return Rendered({"type": "doc", "version": 1, "content": content}, tuple(writer.lost))


class _Writer:
    def __init__(self) -> None:
        self.lost: dict[str, None] = {}

    def blocks(self, blocks: Iterable[Block], *, place: str) -> Iterator[dict[str, Any]]:
        """Nodes of some blocks; `place` is "list item", "quote" or "" for the document itself."""
        for block in blocks:
            match block:
                case Paragraph(children):
                    yield _node("paragraph", self._inlines(children))
                case CodeBlock(text, language):
                    attributes = {"attrs": {"language": language}} if language else {}
                    yield {**_node("codeBlock", [{"type": "text", "text": text}] if text else []), **attributes}
                case List():
                    yield self._list(block)
                case _ if place:
                    self.lost[f"{_NAMES[type(block)]} in a {place}"] = None
                    yield from self.blocks(_without_frame(block), place=place)
                case _:
                    yield self._frame(block)

    def _frame(self, block: Block) -> dict[str, Any]:
        match block:
            case Heading(level, children):
                return {**_node("heading", self._inlines(children)), "attrs": {"level": level}}
            case Quote(children):
                return _node("blockquote", self.blocks(children, place="quote"))
            case Table():
                return self._table(block)
            case _:
                return {"type": "rule"}

    def _list(self, block: List) -> dict[str, Any]:
        items = [self._item(item) for item in block.items]
        if block.start is None:
            return _node("bulletList", items)
        return {**_node("orderedList", items), "attrs": {"order": block.start}}

    def _item(self, item: tuple[Block, ...]) -> dict[str, Any]:
        """An item; it has to begin with a paragraph or with code."""
        content = list(self.blocks(item, place="list item"))
        if not content or content[0]["type"] not in {"paragraph", "codeBlock"}:
            content.insert(0, _node("paragraph", ()))
        return _node("listItem", content)

    def _table(self, table: Table) -> dict[str, Any]:
        rows = [self._row(row, "tableCell") for row in table.rows]
        if any(table.header) or not rows:
            rows.insert(0, self._row(table.header, "tableHeader"))
        return _node("table", rows)

    def _row(self, row: Iterable[tuple[Inline, ...]], kind: str) -> dict[str, Any]:
        return _node("tableRow", [_node(kind, [_node("paragraph", self._inlines(cell))]) for cell in row])

    def _inlines(self, children: Iterable[Inline]) -> Iterator[dict[str, Any]]:
        for run in flatten(children):
            marks = [{"type": name} for mark, name in _MARKS.items() if mark in run.marks]
            link = [{"type": "link", "attrs": {"href": run.url}}] if run.url else []
            match run.atom:
                case Break():
                    yield {"type": "hardBreak"}
                case Code(text):
                    if marks:
                        self.lost["emphasis of code"] = None
                    yield _text(text, [{"type": "code"}, *link])
                case Text(text):
                    yield _text(text, [*link, *marks])
                case Mention(name):
                    yield _text(f"@{name}", [*link, *marks])
                case Image(alt, url):
                    yield _text(alt or url, link or [{"type": "link", "attrs": {"href": url}}])


_NAMES: Final[dict[type[Block], str]] = {Heading: "heading", Quote: "quote", Table: "table", Rule: "line"}


def _without_frame(block: Block) -> Iterator[Block]:
    """What is left of a block where it may not stand."""
    match block:
        case Heading(_, children):
            yield Paragraph((Strong(without_breaks(children)),))
        case Quote(children):
            yield from children
        case Table():
            yield CodeBlock(to_plain(Document((block,))))
        case _:
            yield Paragraph((Text("—"),))


def _node(kind: str, content: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {"type": kind, "content": list(content)}


def _text(text: str, marks: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "text", "text": text, **({"marks": marks} if marks else {})}
