"""Redmine's Textile -> document: the dialect of its own RedCloth (wiki_formatting/textile/redcloth3.rb of 5.0)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from syncd.sdk.text import links
from syncd.sdk.text.normal import Mark, Run, normalise, unflatten
from syncd.sdk.text.phrases import Phrase, decode, join_phrases, lists, phrase_mark
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
    Paragraph,
    Quote,
    Rule,
    Strike,
    Strong,
    Table,
    Text,
)

_PRE = re.compile(r"<pre\b[^<>\n]*>", re.IGNORECASE)
_PRE_END = re.compile(r"</pre>", re.IGNORECASE)
_CODE = re.compile(r"\s*<code(?:\s+class=\"([^\"<>]*)\")?\s*>(.*?)(?:</code>\s*)?", re.DOTALL | re.IGNORECASE)
_ATTRIBUTES = r"(?>\([^()\n]*\)|\{[^{}\n]*\}|\[[a-z\-_]+\]|[<>=()])*+"
_PREFIX = re.compile(rf"(h[1-6]|bq|p|fn\d+)({_ATTRIBUTES})\.(?::\S+)? (.*)", re.S)
_ITEM = re.compile(rf"([*#]+){_ATTRIBUTES} +(.*)", re.S)
_RULE = re.compile(r" ?(?:- ?){3,}| ?(?:\* ?){3,}| ?(?:_ ?){3,}")
_ROW = re.compile(rf"(?:{_ATTRIBUTES}\. )?\|")
_CELL = re.compile(rf"(_)?(?:[\\/]\d+)*{_ATTRIBUTES}[\^~\-]?\. ?", re.S)
_SPLIT_CELLS = re.compile(r"\[\[[^\]\n]*\]\]|\|")
_QUOTED = re.compile(r">[> ]*")
_MARKS: Final[dict[str, tuple[Mark | None, str]]] = {
    "**": (Strong, "strong"),
    "*": (Strong, "strong"),
    "__": (Emphasis, "emphasis"),
    "_": (Emphasis, "emphasis"),
    "-": (Strike, "strike"),
    "+": (None, "underline"),
    "^": (None, "superscript"),
    "~": (None, "subscript"),
    "??": (None, "citation"),
    "%": (None, "style"),
}
_TOKEN = re.compile(
    r"""
      <(?P<tag>code|kbd|pre)\b[^<>]*>(?P<inner>.{0,2000}?)</(?P=tag)>
    | <notextile>(?P<raw>.{0,2000}?)</notextile>
    | (?<!\S)==(?P<verbatim>[^=\n][^\n]{0,300}?)==(?!\S)
    | (?<!\w)@(?:\|\w+\|)?(?P<code>[^\n@]+?)@(?!\w)
    | "(?P<words>[^"\n]+?)":(?P<url>(?:/|[a-zA-Z]+://|www\.|mailto:)[\w/][^\s<|"]*?)
        (?=(?:[^\w/=;()]|_){0,8}(?:[\s<|]|\Z))
    | (?<![^\s>|])!(?P<image>[<>=]?[^\s(!|]+)\s?(?:\((?P<alt>[^()\n]*)\))?!(?::(?P<target>[^\s<|]+))?
    | (?P<address>(?<!\w)https?://[^\s|<>\[\]{}"]+?)(?=(?:[^\w/=;()]|_){0,8}(?:[\s|<>\[\]{}"]|\Z))
    | (?P<macro>\{\{\w+(?:\([^{}\n]*\))?\}\})
    | (?P<entity>&(?:\#\d{1,7}|\#x[0-9a-fA-F]{1,6}|\w{2,31});)
    | (?P<mark>\*\*|__|\?\?|[*_\-+^~%])
    | (?P<newline>\n)
    """,
    re.VERBOSE | re.DOTALL,
)


def from_textile(textile: str) -> Converted:
    """The document that Redmine would show; styles and macros that it cannot keep are named in `lost`."""
    reader = _Reader()
    blocks = list(reader.blocks(textile, depth=0))
    return Converted(normalise(Document(tuple(blocks))), tuple(reader.lost))


class _Reader:
    def __init__(self) -> None:
        self.lost: dict[str, None] = {}

    def blocks(self, text: str, *, depth: int) -> Iterator[Block]:
        """Blocks of some lines; preformatted text first, which may hold empty lines."""
        start = 0
        for opening in _PRE.finditer(text):
            before = text[start : opening.start()]
            if opening.start() < start or (before and not before.endswith("\n")):
                continue  # within the code before, or preformatted words within a line
            closing = _PRE_END.search(text, opening.end())
            if not closing:
                break
            yield from self._groups(before, depth)
            yield _code_block(text[opening.end() : closing.start()])
            start = closing.end()
        yield from self._groups(text[start:], depth)

    def _groups(self, text: str, depth: int) -> Iterator[Block]:
        """Groups of lines between empty ones; a quote is a group too."""
        group: list[str] = []
        for line in (*text.split("\n"), ""):
            ends = not line.strip() or (group and line.startswith(">") != group[0].startswith(">"))
            if ends and group:
                yield from self._group(group, depth)
                group = []
            if line.strip():
                group.append(line)

    def _group(self, lines: list[str], depth: int) -> Iterator[Block]:
        first = lines[0]
        if first.startswith(">"):
            if depth >= MAX_DEPTH:
                self.lost[TOO_DEEP] = None
                yield Paragraph(self._inlines("\n".join(_QUOTED.sub("", line) for line in lines)))
            else:
                inner = "\n".join(line[1:].removeprefix(" ") for line in lines)
                yield Quote(tuple(self.blocks(inner, depth=depth + 1)))
        elif _ITEM.match(first):
            entries = [_parts(group) for group in _grouped(lines, _ITEM)]
            yield from lists([(marks, self._runs(words)) for marks, words in entries])
        elif _ROW.match(first):
            yield self._table(_grouped(lines, _ROW))
        elif found := _PREFIX.match("\n".join(lines)):
            yield from self._prefixed(found[1], found[2], found[3])
        else:
            yield from self._paragraph(lines)

    def _paragraph(self, lines: list[str]) -> Iterator[Block]:
        """Words, in which lists, tables and rules may start without an empty line."""
        words: list[str] = []
        for at, line in enumerate(lines):
            if _RULE.fullmatch(line):
                yield Paragraph(self._inlines("\n".join(words)))
                yield Rule()
                words = []
            elif _ITEM.match(line) or _ROW.match(line):
                yield Paragraph(self._inlines("\n".join(words)))
                yield from self._group(lines[at:], MAX_DEPTH)
                return
            else:
                words.append(line)
        yield Paragraph(self._inlines("\n".join(words)))

    def _prefixed(self, kind: str, attributes: str, words: str) -> Iterator[Block]:
        if attributes:
            self.lost["style"] = None
        children = self._inlines(words)
        if kind.startswith("h"):
            yield Heading(int(kind[1]), children)
        elif kind == "bq":
            yield Quote((Paragraph(children),))
        elif kind.startswith("fn"):
            self.lost["footnote"] = None
            yield Paragraph((Text(f"[{kind[2:]}] "), *children))
        else:
            yield Paragraph(children)

    def _table(self, rows: list[str]) -> Table:
        cells = [self._cells(row) for row in rows]
        header = tuple(words for _, words in cells.pop(0)) if cells[0] and all(head for head, _ in cells[0]) else ()
        if any(head for row in cells for head, _ in row):
            self.lost["heading column of a table"] = None
        return Table(header, tuple(tuple(words for _, words in row) for row in cells))

    def _cells(self, row: str) -> list[tuple[bool, Cell]]:
        """Each cell: whether it is a heading, and its words."""
        bars = [found.start() for found in _SPLIT_CELLS.finditer(row) if found[0] == "|"]
        parts = [row[start + 1 : end] for start, end in pairwise(bars)]
        return [self._cell(part) for part in parts]

    def _cell(self, part: str) -> tuple[bool, Cell]:
        found = _CELL.match(part)
        if not found:
            return False, self._inlines(part.strip(" "))
        if found[0].strip(" _."):
            self.lost["style"] = None
        return bool(found[1]), self._inlines(part[found.end() :].strip(" "))

    # --- inlines ---------------------------------------------------------------------------------------------------

    def _inlines(self, text: str) -> Cell:
        return unflatten(self._runs(text))

    def _runs(self, text: str) -> list[Run]:
        return join_phrases(self._phrases(text), self.lost)

    def _phrases(self, text: str) -> Iterator[Phrase]:
        end = 0
        for found in _TOKEN.finditer(text):
            yield Run(Text(text[end : found.start()]))
            yield from self._phrase(found, text)
            end = found.end()
        yield Run(Text(text[end:]))

    def _phrase(self, found: re.Match[str], text: str) -> Iterator[Phrase]:
        match found:
            case _ if found["mark"]:
                before, after = text[found.start() - 1 : found.start()], text[found.end() : found.end() + 1]
                yield phrase_mark(found["mark"], _MARKS, before=before, after=after)
            case _ if found["newline"]:
                yield Run(Break())
            case _ if found["url"]:
                yield from self._link(found["words"], found["url"])
            case _ if found["address"]:
                yield Run(Text(found["address"]))
            case _ if found["image"]:
                yield self._image(found)
            case _ if found["entity"]:
                yield Run(Text(decode(found["entity"])))
            case _ if found["tag"] or found["code"]:
                yield Run(Code(found["inner"] if found["tag"] else decode(found["code"])))
            case _ if found["macro"]:
                self.lost[f"macro {found['macro']}"] = None
                yield Run(Text(found["macro"]))
            case _:
                yield Run(Text(found["raw"] or found["verbatim"] or ""))

    def _link(self, words: str, address: str) -> Iterator[Run]:
        end = len(address)
        while address[:end].endswith(")") and address[:end].count(")") > address[:end].count("("):
            end -= 1
        url = links.clean(decode(address[:end]))
        if url.startswith("www."):
            url = f"http://{url}"
        titled = re.fullmatch(r"(.+?)\s?\(([^()]+)\)", words)
        yield Run(Text(decode(titled[1] if titled else words)), url=url)
        yield Run(Text(address[end:]))

    def _image(self, found: re.Match[str]) -> Run:
        url = links.clean(found["image"].lstrip("<>="))
        alt = decode(found["alt"] or "")
        if links.absolute(url):
            return Run(Image(alt, url), url=links.clean(found["target"] or ""))
        self.lost[f"attached file {url}"] = None
        return Run(Text(f"[{alt or url}]"))


def _code_block(inner: str) -> CodeBlock:
    found = _CODE.fullmatch(inner)
    if not found:
        return CodeBlock(inner)
    return CodeBlock(found[2], (found[1] or "").removeprefix("language-").split(" ")[0])


def _parts(group: str) -> tuple[str, str]:
    return group[: len(group) - len(group.lstrip("*#"))], _ITEM.sub(r"\2", group)


def _grouped(lines: list[str], start: re.Pattern[str]) -> list[str]:
    """Each line that matches `start` together with the lines that continue it."""
    groups: list[str] = []
    for line in lines:
        if start.match(line) or not groups:
            groups.append(line)
        else:
            groups[-1] += "\n" + line
    return groups
