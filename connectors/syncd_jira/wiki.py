"""Jira's wiki text -> document (the "Text formatting notation" help page of Jira)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from syncd.sdk.text import links
from syncd.sdk.text.characters import storable
from syncd.sdk.text.normal import Mark, Run, normalise, unflatten
from syncd.sdk.text.phrases import Phrase, PhraseMark, decode, join_phrases, lists, phrase_mark
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
    Mention,
    Paragraph,
    Quote,
    Rule,
    Strike,
    Strong,
    Table,
    Text,
)

_MACRO = re.compile(r"(?<![\\{])\{(code|noformat|quote|panel)(?::([^{}\n]*))?\}(?!\})")
_HEADING = re.compile(r"\s*h([1-6])\.\s+(.*)")
_BLOCK_QUOTE = re.compile(r"\s*bq\.\s+(.*)")
_ITEM = re.compile(r"\s*([*#]+|-)[ \t]+(.*)", re.DOTALL)
_RULE = re.compile(r"\s*-{4,}\s*")
_MARKS: Final[dict[str, tuple[Mark | None, str]]] = {
    "*": (Strong, "strong"),
    "_": (Emphasis, "emphasis"),
    "-": (Strike, "strike"),
    "+": (None, "underline"),
    "^": (None, "superscript"),
    "~": (None, "subscript"),
    "??": (None, "citation"),
}
_TOKEN = re.compile(
    r"""
      (?P<line>\\\\)
    | \\(?P<escaped>[^\w\s]|_)
    | \{\{(?P<code>(?:\\.|(?!\{\{|\}\})[^\n\\])+)\}\}
    | \{(?P<brace>[*_\-+^~]|\?\?)\}
    | \{(?P<macro>(?P<name>[a-z][\w\-]*)(?::[^{}\n]*)?)\}
    | \[(?P<link>(?:\\.|[^\]\[\n\\])+)\]
    | (?<!\w)!(?P<image>[^\s!|][^!|\n]*)(?:\|[^!\n]*)?!(?!\w)
    | (?P<url>(?<!\w)https?://[^\s|\]\[{}]+?)(?=(?:[^\w/=;()]|_){0,8}(?:[\s|\]\[{}]|\Z))
    | (?P<entity>&(?:\#\d{1,7}|\#x[0-9a-fA-F]{1,6}|\w{2,31});)
    | (?P<mark>[*_\-+^~]|\?\?)
    | (?P<newline>\n)
    """,
    re.VERBOSE,
)
_CELL = re.compile(
    r"\\.|\[(?:\\.|[^\]\[\n\\])*\]|\{\{(?:\\.|(?!\{\{|\}\})[^\n\\])*\}\}|(?<!\w)![^\s!|][^!|\n]*\|[^!|\n]*!|\|\|?"
)
_ESCAPE = re.compile(r"\\([^\w\s]|_)")


def from_wiki(wiki: str) -> Converted:
    """The document that wiki text shows; macros and styles that it cannot keep are named in `lost`."""
    reader = _Reader()
    blocks = list(reader.blocks(storable(wiki), depth=0))
    return Converted(normalise(Document(tuple(blocks))), tuple(reader.lost))


class _Reader:
    def __init__(self) -> None:
        self.lost: dict[str, None] = {}

    def blocks(self, text: str, *, depth: int) -> Iterator[Block]:
        """Blocks of some lines, macros that hold blocks first: their ends are where they are, lists or not."""
        start = 0
        while opening := _MACRO.search(text, start):
            name, options = opening[1], opening[2] or ""
            end = text.find(f"{{{name}}}", opening.end())
            if end < 0 or depth > MAX_DEPTH:
                break
            yield from self._lines(text[start : opening.start()])
            yield from self._macro(name, options, text[opening.end() : end], depth)
            start = end + len(name) + 2
        yield from self._lines(text[start:])

    def _macro(self, name: str, options: str, inner: str, depth: int) -> Iterator[Block]:
        match name:
            case "code" | "noformat":
                language = next((option for option in options.split("|") if option and "=" not in option), "")
                yield CodeBlock(inner, language if name == "code" else "")
            case _:
                if name == "panel":
                    self.lost["panel"] = None
                if depth >= MAX_DEPTH:
                    self.lost[TOO_DEEP] = None
                yield Quote(tuple(self.blocks(inner, depth=depth + 1)))

    def _lines(self, text: str) -> Iterator[Block]:
        lines = text.split("\n")
        at = 0
        while at < len(lines):
            end = at + 1
            while end < len(lines) and _kind(lines[end]) == "" and _kind(lines[at]) in {"", "item", "row"}:
                end += 1
            if _kind(lines[at]) in {"item", "row"}:
                while end < len(lines) and _kind(lines[end]) in {_kind(lines[at]), ""}:
                    end += 1
            yield from self._group(_kind(lines[at]), lines[at:end])
            at = end

    def _group(self, kind: str | None, lines: list[str]) -> Iterator[Block]:
        match kind:
            case "heading":
                level, words = lines[0].lstrip()[1:].split(".", 1)
                yield Heading(int(level), self._inlines(words))
            case "quote":
                yield Quote((Paragraph(self._inlines(_BLOCK_QUOTE.sub(r"\1", lines[0]))),))
            case "rule":
                yield Rule()
            case "item":
                items = _grouped(lines, "item")
                yield from lists([(_ITEM.sub(r"\1", item), self._runs(_ITEM.sub(r"\2", item))) for item in items])
            case "row":
                yield from self._table([self._cells(group) for group in _grouped(lines, "row")])
            case "":
                yield Paragraph(self._inlines("\n".join(lines)))

    def _table(self, rows: list[tuple[bool, tuple[Cell, ...]]]) -> Iterator[Table]:
        header = rows.pop(0)[1] if rows[0][0] else ()
        if any(heading for heading, _ in rows):
            self.lost["heading column of a table"] = None
        yield Table(header, tuple(cells for _, cells in rows))

    def _cells(self, row: str) -> tuple[bool, tuple[Cell, ...]]:
        """Whether the first cell of a row is a heading, and its cells."""
        parts: list[str] = []
        start = 0
        row = row.strip()
        for found in _CELL.finditer(row):
            if found[0].startswith("|"):
                parts.append(row[start : found.start()])
                start = found.end()
        if row[start:].strip():
            parts.append(row[start:])
        return row.startswith("||"), tuple(self._inlines(part.strip(" ")) for part in parts[1:])

    # --- inlines ---------------------------------------------------------------------------------------------------

    def _inlines(self, text: str) -> Cell:
        return unflatten(self._runs(text))

    def _runs(self, text: str) -> list[Run]:
        return join_phrases(self._phrases(text), self.lost)

    def _phrases(self, text: str) -> Iterator[Phrase]:
        end = 0
        for found in _TOKEN.finditer(text):
            yield Run(Text(text[end : found.start()]))
            yield self._phrase(found, text)
            end = found.end()
        yield Run(Text(text[end:]))

    def _phrase(self, found: re.Match[str], text: str) -> Phrase:
        value = found[found.lastgroup or 0]
        match found.lastgroup:
            case "line" | "newline":
                return Run(Break())
            case "code":
                return Run(Code(decode(_ESCAPE.sub(r"\1", value))))
            case "brace":
                mark, name = _MARKS[value]
                return PhraseMark(found[0], mark, name, opens=True, closes=True)
            case "macro" | "name":
                return self._inline_macro(found)
            case "link":
                return self._link(value)
            case "image":
                return self._image(value)
            case "url":
                return Run(Text(value))
            case "entity":
                return Run(Text(decode(value)))
            case "mark":
                before, after = text[found.start() - 1 : found.start()], text[found.end() : found.end() + 1]
                return phrase_mark(value, _MARKS, before=before, after=after)
            case _:
                return Run(Text(value))

    def _inline_macro(self, found: re.Match[str]) -> Phrase:
        if found["name"] == "color":
            self.lost["text colour"] = None
            return Run(Text(""))
        self.lost[f"macro {{{found['name']}}}"] = None
        return Run(Text(found[0]))

    def _link(self, inner: str) -> Phrase:
        words, _, address = inner.rpartition("|")
        address = _ESCAPE.sub(r"\1", address.strip())
        if address.startswith("~"):
            name = address.removeprefix("~").removeprefix("accountid:")
            self.lost[f"mention of {name}"] = None
            return Run(Mention(name))
        url = links.clean(decode(address)) if links.absolute(address) else ""
        if not url:
            if address.startswith("^"):
                self.lost[f"attached file {address[1:]}"] = None
            elif links.scheme(address):
                self.lost[f"link with {links.scheme(address)}:"] = None
            return Run(Text(f"[{_ESCAPE.sub(chr(92) + '1', inner)}]"))
        return Run(Text(decode(_ESCAPE.sub(r"\1", words)) or url.removeprefix("mailto:")), url=url)

    def _image(self, address: str) -> Phrase:
        url = links.clean(address)
        if links.absolute(url):
            return Run(Image("", url))
        self.lost[f"attached file {address}"] = None
        return Run(Text(f"[{address}]"))


def _kind(line: str) -> str | None:
    """What a line starts; "" for words, None for an empty line."""
    if not line.strip():
        return None
    if _HEADING.fullmatch(line):
        return "heading"
    if _BLOCK_QUOTE.fullmatch(line):
        return "quote"
    if _RULE.fullmatch(line):
        return "rule"
    if _ITEM.match(line):
        return "item"
    return "row" if line.lstrip().startswith("|") else ""


def _grouped(lines: list[str], kind: str) -> list[str]:
    """Each line of `kind` together with the words that continue it."""
    groups: list[str] = []
    for line in lines:
        if _kind(line) == kind:
            groups.append(line)
        else:
            groups[-1] += "\n" + line
    return groups
