"""Plain text <-> document: literally in, as people write it in a mail out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from syncd.sdk.text.characters import printable
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

_INDENT = re.compile(r"(?<!\S)\xa0+|\xa0+(?!\S)")  # one between two words means what it says
_SPACES = re.compile(r"^ +| {2,}", re.MULTILINE)
_TAB = 4


def from_plain(text: str) -> Document:
    """A document that shows `text` as it is: nothing in it is markup; line ends, indents and runs of spaces stay."""
    lines = [line.expandtabs(_TAB).rstrip() for line in printable(text).split("\n")]
    return Document(tuple(_paragraphs(lines)))


def _paragraphs(lines: Iterable[str]) -> Iterator[Paragraph]:
    group: list[Inline] = []
    for line in (*lines, ""):
        if line:
            group += (
                [Break(), Text(_SPACES.sub(_unbreakable, line))] if group else [Text(_SPACES.sub(_unbreakable, line))]
            )
        elif group:
            yield Paragraph(tuple(group))
            group = []


def _unbreakable(spaces: re.Match[str]) -> str:
    """Spaces that neither Markdown nor HTML swallows; the last of a run between words may still end a line."""
    count = len(spaces[0])
    return "\xa0" * count if spaces.start() == 0 else "\xa0" * (count - 1) + " "


def to_plain(document: Document) -> str:
    """`document` for a reader without formatting: bullets, numbers, `> ` before quotes, addresses in brackets."""
    texts = ("\n".join(_lines(block)) for block in document.blocks)
    return _INDENT.sub(lambda found: " " * len(found[0]), "\n\n".join(text for text in texts if text))


def _lines(block: Block) -> Iterator[str]:
    match block:
        case Paragraph(children) | Heading(_, children):
            yield from words(children).split("\n")
        case List(items, start):
            for number, item in enumerate(items, start or 0):
                yield from _item(item, "- " if start is None else f"{number}. ")
        case CodeBlock(text):
            yield from text.split("\n")
        case Quote(children):
            yield from (f"> {line}".rstrip() for line in to_plain(Document(children)).split("\n"))
        case Table(header, rows):
            yield from (_row(row) for row in (header, *rows) if any(row))
        case Rule():
            yield "-" * 20


def _item(item: tuple[Block, ...], marker: str) -> Iterator[str]:
    lines = [line for block in item for line in _lines(block)] or [""]
    yield (marker + lines[0]).rstrip()
    yield from ((" " * len(marker) + line).rstrip() for line in lines[1:])


def _row(row: tuple[Cell, ...]) -> str:
    return " | ".join(words(cell).replace("\n", " ") for cell in row).rstrip()


def words(children: Iterable[Inline]) -> str:
    """Some inlines as plain words; a link's address follows it in angle brackets where it says more than the words."""
    return "".join(map(_word, children))


def _word(inline: Inline) -> str:
    match inline:
        case Text(text) | Code(text):
            return text
        case Strong(children) | Emphasis(children) | Strike(children):
            return words(children)
        case Link(children, url):
            shown = words(children)
            return shown if url in {shown, f"mailto:{shown}"} else f"{shown} <{url}>"
        case Image(alt, url):
            return f"{alt} <{url}>".strip()
        case Mention(name):
            return f"@{name}"
        case Break():
            return "\n"


def is_plain(document: Document) -> bool:
    """Whether plain text says all of `document`: paragraphs without marks, links only where they show their address."""
    return all(isinstance(block, Paragraph) and all(map(_unmarked, block.children)) for block in document.blocks)


def _unmarked(inline: Inline) -> bool:
    match inline:
        case Text() | Break():
            return True
        case Link(children, url):
            return children == (Text(url),)
        case _:
            return False
