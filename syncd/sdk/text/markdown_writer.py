"""Document -> canonical CommonMark. Reading it again gives the same document: what would act as markup is escaped."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from syncd.sdk.text.normal import normalise
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
    Mention,
    Paragraph,
    Quote,
    Rule,
    Strike,
    Strong,
    Table,
    Text,
)

_SYMBOLS = frozenset("$+<=>^`|~")  # punctuation for CommonMark, though not for Unicode
_ESCAPE = re.compile(r"[\\`*\[\]<~|]|&(?=#?\w+;)|(?<![^\W_])_|_(?![^\W_])")
_LINE_STARTS = (
    re.compile(r"(-)(?=[\s\-]|$)"),
    re.compile(r"(\+)(?=\s|$)"),
    re.compile(r"(#)(?=#{0,5}(?:\s|$))"),
    re.compile(r"(=)(?==*\s*$)"),
    re.compile(r"(:)(?=-)"),
    re.compile(r"(>)"),
)
_NUMBER = re.compile(r"(\d{1,9})([.)])(?=\s|$)")
_CLOSING_HASHES = re.compile(r"(?:^|(?<= ))#(?=#*$)")
_ENTITY = re.compile(r"&(?=#?\w+;)")
_FENCE = re.compile(r"`{3,}")
_TICKS = re.compile(r"`+")
_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_{|}~\-]+@[A-Za-z0-9](?:[A-Za-z0-9.\-]*[A-Za-z0-9])?")
_DELIMITERS: dict[type[Inline], str] = {Strong: "**", Emphasis: "_", Strike: "~~"}


def render(document: Document) -> str:
    """Canonical Markdown with LF line ends and none at the end.

    `parse(render(d)) == normalise(d)`, so rendering once more changes nothing.
    """
    return "\n".join(_blocks(normalise(document).blocks))


# --- blocks --------------------------------------------------------------------------------------------------------


def _blocks(blocks: Sequence[Block], *, tight: bool = False, inside: str = "") -> Iterator[str]:
    """Lines of some blocks; `inside` is the mark of the list item whose content they are."""
    marks = _Marks(inside)
    for at, block in enumerate(blocks):
        if at and not tight:
            yield ""
        if isinstance(block, List):
            marks = marks.after(blocks[at - 1] if at else None, block)
        yield from _block(block, marks)


@dataclass(frozen=True, slots=True)
class _Marks:
    """How the next list marks its items: unlike the list right before it, which it would continue otherwise.

    Nor like the item that it opens: `- - -` is a rule.
    """

    inside: str
    bullet: str = ""
    point: str = "."

    def after(self, before: Block | None, block: List) -> _Marks:
        again = isinstance(before, List) and (before.start is None) == (block.start is None)
        first = "*" if before is None and self.inside == "-" else "-"
        bullet = ("*" if self.bullet == "-" else "-") if again else first
        return replace(self, bullet=bullet, point=(")" if self.point == "." else ".") if again else ".")


def _block(block: Block, marks: _Marks) -> Iterator[str]:
    match block:
        case Paragraph(children):
            yield from _inlines(children).split("\n")
        case Heading(level, children):
            yield f"{'#' * level} {_CLOSING_HASHES.sub(chr(92) + '#', _inlines(children))}"
        case List():
            yield from _list(block, marks)
        case CodeBlock(text, language):
            fence = "`" * max(3, 1 + max(map(len, _FENCE.findall(text)), default=0))
            yield fence + language
            yield from text.split("\n") if text else ()
            yield fence
        case Quote(children):
            yield from (f"> {line}" if line else ">" for line in _blocks(children))
        case Table(header, rows):
            yield _row(header)
            yield f"|{' --- |' * len(header)}"
            yield from map(_row, rows)
        case Rule():
            yield "___"  # the only one that stands in a list item without being taken for its mark


def _list(block: List, marks: _Marks) -> Iterator[str]:
    tight = _is_tight(block)
    for at, item in enumerate(block.items):
        if at and not tight:
            yield ""
        marker = marks.bullet if block.start is None else f"{block.start + at}{marks.point}"
        indent = " " * (len(marker) + 1)
        lines = list(_blocks(item, tight=tight, inside=marker)) or [""]
        yield f"{marker} {lines[0]}" if lines[0] else marker
        yield from (indent + line if line else "" for line in lines[1:])


def _is_tight(block: List) -> bool:
    """Whether every item is one paragraph and perhaps a list below it, so that no empty line is needed.

    A number other than 1 right below a paragraph would be taken for a part of its text.
    """
    for item in block.items:
        match item:
            case (Paragraph(),):
                pass
            case (Paragraph(), List(start=None | 1) as inner) if _is_tight(inner):
                pass
            case _:
                return False
    return True


def _row(row: tuple[Cell, ...]) -> str:
    return "|" + "".join(f" {_inlines(cell, cell=True)} |" for cell in row)


# --- inlines -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of a line: words still to be escaped, or markup that is ready. A delimiter may need help to act."""

    markup: str = ""
    words: str = ""
    delimiter: str = ""  # "open" or "close"


_NEWLINE = _Piece("\\\n")
_CELL_BREAK = _Piece("<br>")


def _inlines(children: Iterable[Inline], *, cell: bool = False) -> str:
    pieces = list(_pieces(children, cell=cell))
    return "".join(_written(pieces, at) for at in range(len(pieces)))


def _pieces(children: Iterable[Inline], *, cell: bool) -> Iterator[_Piece]:
    for child in children:
        match child:
            case Text(text):
                yield _Piece(words=text)
            case Mention(name):
                yield _Piece(words=f"@{name}")
            case Code(text):
                yield _Piece(_code(text).replace("|", "\\|") if cell else _code(text))
            case Break():
                yield _CELL_BREAK if cell else _NEWLINE
            case Image(alt, url):
                yield _Piece(f"![{_escape(alt)}]({_target(url)})")
            case Link(inner, url):
                yield from _link(inner, url, cell=cell)
            case Strong(inner) | Emphasis(inner) | Strike(inner):
                mark = _DELIMITERS[type(child)]
                yield _Piece(mark, delimiter="open")
                yield from _pieces(inner, cell=cell)
                yield _Piece(mark, delimiter="close")


def _link(children: tuple[Inline, ...], url: str, *, cell: bool) -> Iterator[_Piece]:
    match children:
        case (Text(text),) if _is_autolink(text, url):
            yield _Piece(f"<{text}>")
        case _:
            yield _Piece("[")
            yield from _pieces(children, cell=cell)
            yield _Piece(f"]({_target(url)})")


def _is_autolink(text: str, url: str) -> bool:
    if url == f"mailto:{text}":
        return bool(_MAIL.fullmatch(text))
    return text == url and "://" in url and not _ENTITY.search(url)


def _target(url: str) -> str:
    escaped = _ENTITY.sub("&amp;", url)
    return f"<{escaped}>" if "(" in url or ")" in url else escaped


def _code(text: str) -> str:
    runs = set(map(len, _TICKS.findall(text)))
    fence = "`" * next(length for length in range(1, len(runs) + 2) if length not in runs)
    padded = text[0] == "`" or text[-1] == "`" or (text[0] == text[-1] == " " and not text.isspace())
    return f"{fence} {text} {fence}" if padded else fence + text + fence


def _written(pieces: Sequence[_Piece], at: int) -> str:
    piece = pieces[at]
    if not piece.words:
        return piece.markup
    before = pieces[at - 1] if at else _NEWLINE
    after = pieces[at + 1] if at + 1 < len(pieces) else _NEWLINE
    first, last = _needs_reference(pieces, at, -1), _needs_reference(pieces, at, 1)
    words = piece.words
    head = _reference(words[0]) if first or (_ends_line(before) and words[0].isspace()) else ""
    tail = _reference(words[-1]) if last or (_ends_line(after) and words[-1].isspace()) else ""
    if len(words) == 1 and (head or tail):
        return head or tail
    middle = _escape(words[len(head) > 0 : len(words) - (len(tail) > 0)])
    if not head and _ends_line(before):
        middle = _escape_line_start(middle)
    if after is not _NEWLINE and not tail and middle.endswith("!"):  # what follows may be a bracket
        middle = middle[:-1] + "\\!"
    return head + middle + tail


def _ends_line(piece: _Piece) -> bool:
    return piece in (_NEWLINE, _CELL_BREAK)


def _needs_reference(pieces: Sequence[_Piece], at: int, step: int) -> bool:
    """Whether the last (step 1) or first (step -1) character must be written as `&#n;` for a delimiter there to act.

    A delimiter acts beside a letter only if a letter is on its other side too, and `_` not even then; a reference
    starts and ends with punctuation, which always lets it (CommonMark 0.31, 6.2).
    """
    neighbour, beyond = at + step, at + 2 * step
    if not 0 <= neighbour < len(pieces) or pieces[neighbour].delimiter != ("open" if step > 0 else "close"):
        return False
    char = pieces[at].words[-1 if step > 0 else 0]
    if char.isspace() or char in _SYMBOLS or unicodedata.category(char)[0] == "P":
        return False
    inside = pieces[beyond].words[:1] if step > 0 else pieces[beyond].words[-1:]
    alone = len(pieces[beyond].words) == 1 and pieces[beyond + step].delimiter == pieces[neighbour].delimiter
    return pieces[neighbour].markup == "_" or alone or not inside.isalnum()


def _escape(text: str) -> str:
    return _ESCAPE.sub(lambda found: "\\" + found[0], text)


def _escape_line_start(text: str) -> str:
    for pattern in _LINE_STARTS:
        if pattern.match(text):
            return "\\" + text
    return _NUMBER.sub(r"\1\\\2", text, count=1) if _NUMBER.match(text) else text


def _reference(char: str) -> str:
    return f"&#{ord(char)};"
