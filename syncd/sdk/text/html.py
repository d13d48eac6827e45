"""HTML -> document: what a helpdesk, a mail program or a rich text field wrote, without what acts or only styles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from typing import Final

from lxml import etree

from syncd.sdk.text import links
from syncd.sdk.text.cells import cell
from syncd.sdk.text.characters import storable
from syncd.sdk.text.flow import Around, Flow
from syncd.sdk.text.html_writer import to_html
from syncd.sdk.text.normal import Mark, Run, normalise
from syncd.sdk.text.plain import from_plain
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
    Paragraph,
    Quote,
    Rule,
    Strike,
    Strong,
    Table,
)

__all__ = ["from_html", "to_html"]

_MAX_ELEMENTS: Final = 120  # levels of elements; of what is deeper only the words are read
_MARKS: Final[dict[str, Mark]] = {
    "b": Strong, "strong": Strong, "i": Emphasis, "em": Emphasis, "cite": Emphasis, "dfn": Emphasis, "var": Emphasis,
    "s": Strike, "del": Strike, "strike": Strike,
}  # fmt: skip
_CODE: Final = frozenset({"code", "tt", "kbd", "samp"})
_LINES: Final = frozenset({
    "address", "article", "aside", "body", "center", "dd", "details", "div", "dl", "dt", "fieldset", "figcaption",
    "figure", "footer", "form", "header", "html", "legend", "li", "main", "nav", "section", "summary", "tr",
})  # fmt: skip
_ACTIVE: Final = frozenset({
    "applet", "audio", "base", "button", "canvas", "datalist", "embed", "frame", "frameset", "iframe", "link",
    "math", "meta", "noembed", "noframes", "object", "option", "param", "script", "select", "source", "style",
    "svg", "template", "textarea", "title", "track", "video", "xml", "xmp",
})  # fmt: skip
_SILENT: Final = frozenset({"base", "link", "meta", "param", "source", "style", "title", "track", "xml"})
_STYLED: Final = {"u": "underline", "ins": "underline", "sub": "subscript", "sup": "superscript", "mark": "highlight"}
_COLOUR = re.compile(r"(?:^|[;\s])(?:background-)?color\s*:", re.IGNORECASE)
_LANGUAGE = re.compile(r"(?:^|\s)(?:language|lang|brush:|highlight-source)-?\s*([\w+#.\-]+)")
_TAG = re.compile(r"<[^>]*>")
_NEST: Final = "|".join(f".//{tag}" for tag in ("table", "ul", "ol", "pre", "blockquote", "h1", "h2", "h3", "h4"))


def from_html(html: str) -> Converted:
    """The document that `html` shows. Nothing in it acts; `lost` names styles and parts that it could not keep.

    Lines of `<div>` and `<br>`, as mail programs write them, become lines of a paragraph; two line ends in a row end
    it. Tables without headings that only lay out a page are read as the blocks in them.
    """
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
    root = etree.fromstring(f"<div>{storable(html)}</div>".encode(), parser)
    if any("depth" in error.message for error in parser.error_log):  # the parser dropped what is deeper than it can go
        return Converted(normalise(from_plain(unescape(_TAG.sub("", storable(html))))), (TOO_DEEP,))
    reader = _Reader()
    blocks = reader.blocks(root, Around())
    return Converted(normalise(Document(tuple(blocks))), tuple(reader.lost))


class _Reader:
    def __init__(self) -> None:
        self.lost: dict[str, None] = {}

    def blocks(self, element: etree._Element, around: Around) -> list[Block]:
        flow = Flow()
        self._children(element, flow, around)
        return flow.finish()

    def _children(self, element: etree._Element, flow: Flow, around: Around) -> None:
        inside = replace(around, elements=around.elements + 1)
        if inside.elements > _MAX_ELEMENTS:
            self.lost[TOO_DEEP] = None
            flow.text(_all_text(element), around)
            return
        flow.text(element.text, around)
        for child in element:
            self._element(child, flow, inside)
            flow.text(child.tail, around)

    def _element(self, element: etree._Element, flow: Flow, around: Around) -> None:
        tag = element.tag
        if _COLOUR.search(element.get("style", "")) or element.get("color"):
            self.lost["text colour"] = None
        if tag in _ACTIVE:
            if tag not in _SILENT:
                self.lost[f"<{tag}>"] = None
        elif tag in _MARKS:
            self._children(element, flow, replace(around, marks=around.marks | {_MARKS[tag]}))
        elif tag in _CODE:
            flow.add(Run(Code(_all_text(element)), around.marks, around.url))
        elif tag in _LINES:
            flow.new_line()
            self._children(element, flow, around)
            flow.new_line()
        elif not self._block(tag, element, flow, around):
            self._inline(tag, element, flow, around)

    def _inline(self, tag: str, element: etree._Element, flow: Flow, around: Around) -> None:
        match tag:
            case "br":
                flow.add(Run(Break()))
            case "img":
                self._image(element, flow, around)
            case "a":
                self._children(element, flow, replace(around, url=self._url(element.get("href", "")) or around.url))
            case "input":
                if element.get("type") == "checkbox":
                    flow.text("[x] " if element.get("checked") is not None else "[ ] ", around)
            case _:
                if tag in _STYLED:
                    self.lost[_STYLED[tag]] = None
                self._children(element, flow, around)

    def _url(self, address: str) -> str:
        url = links.clean(address)
        if address.strip() and not url:
            self.lost[f"link with {links.scheme(address)}:"] = None
        return url

    def _image(self, element: etree._Element, flow: Flow, around: Around) -> None:
        alt, url = element.get("alt", ""), self._url(element.get("src", ""))
        flow.add(Run(Image(alt, url), around.marks, around.url))

    # --- blocks ----------------------------------------------------------------------------------------------------

    def _block(self, tag: str, element: etree._Element, flow: Flow, around: Around) -> bool:
        """Whether `element` is a block; it is in `flow` then."""
        deeper = replace(around, depth=around.depth + 1)
        match tag:
            case "p":
                flow.end()
                self._children(element, flow, around)
                flow.end()
            case "h1" | "h2" | "h3" | "h4" | "h5" | "h6":
                flow.block(*_headings(int(tag[1]), self.blocks(element, around)))
            case "hr":
                flow.block(Rule())
            case "pre" | "listing" | "plaintext":
                flow.block(CodeBlock(_all_text(element), _language(element)))
            case "ul" | "ol" | "menu" | "dir" | "blockquote" | "table" if deeper.depth > MAX_DEPTH:
                self.lost[TOO_DEEP] = None
                flow.new_line()
                self._children(element, flow, around)
            case "ul" | "ol" | "menu" | "dir":
                start = _number(element.get("start")) if tag == "ol" else None
                flow.block(List(tuple(map(tuple, self._items(element, deeper))), start))
            case "blockquote":
                flow.block(Quote(tuple(self.blocks(element, deeper))))
            case "table":
                flow.block(*self._table(element, deeper))
            case _:
                return False
        return True

    def _items(self, element: etree._Element, around: Around) -> list[list[Block]]:
        """Items of a list; what stands beside them belongs to the one before."""
        items: list[list[Block]] = []
        for child in element:
            if child.tag == "li":
                items.append(self.blocks(child, around))
            elif isinstance(child.tag, str):
                flow = Flow()
                self._element(child, flow, around)
                items = items or [[]]
                items[-1] += flow.finish()
        return items

    def _table(self, table: etree._Element, around: Around) -> Iterator[Block]:
        rows = [list(row.iterchildren("td", "th")) for row in _rows(table)]
        heads = any(found.tag == "th" for row in rows for found in row)
        nested = any(found.xpath(_NEST) for row in rows for found in row)
        if not heads and (nested or max(map(len, rows), default=0) < 2):
            for row in rows:
                for found in row:
                    yield from self.blocks(found, around)
            return
        cells = [self._cells(row, around) for row in rows]
        header = cells.pop(0) if all(found.tag == "th" for found in rows[0]) else ()
        yield Table(header, tuple(cells))

    def _cells(self, row: list[etree._Element], around: Around) -> tuple[Cell, ...]:
        cells: list[Cell] = []
        for found in row:
            content, whole = cell(self.blocks(found, around))
            span = min(_number(found.get("colspan")), 50)
            if not whole:
                self.lost["blocks in a table cell"] = None
            if span > 1 or _number(found.get("rowspan")) > 1:
                self.lost["merged cells"] = None
            cells += [content, *([()] * (span - 1))]
        return tuple(cells)


def _headings(level: int, blocks: list[Block]) -> Iterator[Block]:
    for block in blocks:
        yield Heading(level, block.children) if isinstance(block, Paragraph) else block


def _rows(table: etree._Element) -> Iterator[etree._Element]:
    for child in table:
        if child.tag == "tr":
            yield child
        elif child.tag in {"thead", "tbody", "tfoot"}:
            yield from child.iterchildren("tr")


def _number(value: str | None) -> int:
    return int(value) if value and value.isascii() and value.isdigit() and len(value) < 10 else 1


def _language(element: etree._Element) -> str:
    for found in (element, *element.iterchildren("code")):
        named = _LANGUAGE.search(found.get("class", ""))
        if named:
            return named[1]
    return ""


def _all_text(element: etree._Element) -> str:
    parts: list[str] = []
    for event, found in etree.iterwalk(element, events=("start", "end")):
        if event == "start":
            parts.append("\n" if found.tag == "br" else found.text or "")
        elif found is not element:
            parts.append(found.tail or "")
    return "".join(parts)
