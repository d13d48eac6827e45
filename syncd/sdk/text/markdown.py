"""CommonMark with tables and strikethrough <-> document. What is written is canonical: same words, same text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from syncd.sdk.text.markdown_writer import render
from syncd.sdk.text.normal import normalise
from syncd.sdk.text.plain import from_plain
from syncd.sdk.text.tree import (
    Block,
    Break,
    Cell,
    Code,
    CodeBlock,
    Document,
    Emphasis,
    Heading,
    Image,
    Inline,
    Link,
    List,
    Paragraph,
    Quote,
    Rule,
    Strike,
    Strong,
    Table,
    Text,
)

__all__ = ["parse", "render"]

_MAX_LENGTH: Final = 1_000_000  # characters; what is longer is read as plain text
_MAX_NESTING: Final = 100  # of the parser's levels, two for each list; what is deeper is read as plain text
_LINE_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)


def _parser(nesting: int) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True, "maxNesting": nesting}).enable(["table", "strikethrough"])
    parser.disable(
        "html_block"
    )  # HTML is text here; the inline rule finds <br>, the only line end that a cell can have
    parser.normalizeLink = str  # type: ignore[assignment]  # addresses stay as written; `links.clean` judges them
    parser.normalizeLinkText = str  # type: ignore[assignment]
    return parser


_INLINES: Final = _parser(10)  # brackets within brackets, each of which is looked at once for every level


def _parse_inlines(state: StateCore) -> None:
    for token in state.tokens:
        if token.type == "inline":
            token.children = []
            _INLINES.inline.parse(token.content, _INLINES, state.env, token.children)


_PARSER: Final = _parser(_MAX_NESTING)
_PARSER.core.ruler.at("inline", _parse_inlines)


def parse(markdown: str, *, keep_lines: bool = False) -> Document:
    """The document that `markdown` says, in canonical form.

    Raw HTML is text, but for `<br>`. What is too long or too deep to parse in bounded time is read as plain text: no
    word is lost.

    Args:
        keep_lines: a line end within a paragraph is one for the reader too, as at vendors that wrap no lines.
    """
    if len(markdown) > _MAX_LENGTH:
        return normalise(from_plain(markdown))
    try:
        tokens = _PARSER.parse(markdown)
    except RecursionError:  # images within images within images
        return normalise(from_plain(markdown))
    if any(token.level >= _MAX_NESTING - 2 for token in tokens):
        return normalise(from_plain(markdown))
    if keep_lines:
        _harden(tokens)
    return normalise(Document(tuple(_read_blocks(_Tokens(tokens)))))


def _harden(tokens: Sequence[Token]) -> None:
    for token in tokens:
        for child in token.children or ():
            if child.type == "softbreak":
                child.type = "hardbreak"


class _Tokens:
    """The parser's flat list, read once from the front."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def until(self, closing: str) -> Iterator[Token]:
        """Tokens up to the one of type `closing`, which is taken too; the reader takes what a token opens."""
        while self._at < len(self._tokens):
            token = self._tokens[self._at]
            self._at += 1
            if token.type == closing:
                return
            yield token


def _read_blocks(tokens: _Tokens, closing: str = "") -> Iterator[Block]:
    for token in tokens.until(closing):
        match token.type:
            case "paragraph_open":
                yield Paragraph(_read_line(tokens, "paragraph_close"))
            case "heading_open":
                yield Heading(int(token.tag[1:]), _read_line(tokens, "heading_close"))
            case "bullet_list_open":
                yield List(_read_items(tokens, "bullet_list_close"))
            case "ordered_list_open":
                yield List(_read_items(tokens, "ordered_list_close"), int(token.attrs.get("start", 1)))
            case "blockquote_open":
                yield Quote(tuple(_read_blocks(tokens, "blockquote_close")))
            case "fence" | "code_block":
                yield CodeBlock(token.content, (token.info.split() or [""])[0])
            case "table_open":
                header, *rows = _read_rows(tokens)
                yield Table(header, tuple(rows))
            case "hr":
                yield Rule()


def _read_items(tokens: _Tokens, closing: str) -> tuple[tuple[Block, ...], ...]:
    return tuple(tuple(_read_blocks(tokens, "list_item_close")) for _ in tokens.until(closing))


def _read_rows(tokens: _Tokens) -> list[tuple[Cell, ...]]:
    rows: list[list[Cell]] = []
    for token in tokens.until("table_close"):
        if token.type == "tr_open":
            rows.append([])
        elif token.type in {"th_open", "td_open"}:
            rows[-1].append(_read_line(tokens, token.type.replace("open", "close")))
    return [tuple(row) for row in rows]


def _read_line(tokens: _Tokens, closing: str) -> tuple[Inline, ...]:
    return tuple(
        inline
        for token in tokens.until(closing)
        if token.type == "inline"
        for inline in _read_inlines(_Tokens(token.children or []))
    )


def _read_inlines(tokens: _Tokens, closing: str = "") -> Iterator[Inline]:
    for token in tokens.until(closing):
        match token.type:
            case "em_open":
                yield Emphasis(tuple(_read_inlines(tokens, "em_close")))
            case "strong_open":
                yield Strong(tuple(_read_inlines(tokens, "strong_close")))
            case "s_open":
                yield Strike(tuple(_read_inlines(tokens, "s_close")))
            case "link_open":
                yield Link(tuple(_read_inlines(tokens, "link_close")), str(token.attrs["href"]))
            case "image":
                yield Image(_words(token.children or []), str(token.attrs["src"]))
            case "code_inline":
                yield Code(token.content)
            case "softbreak":
                yield Text(" ")
            case "hardbreak":
                yield Break()
            case "html_inline" if _LINE_BREAK.fullmatch(token.content):
                yield Break()
            case _:
                yield Text(token.content)


def _words(tokens: Sequence[Token]) -> str:
    return "".join(_words(token.children) if token.children else token.content or " " for token in tokens)
