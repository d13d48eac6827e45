"""The tree between all text formats: a document of blocks and inlines, as small as CommonMark with tables allows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeAlias, TypeVar

Source = TypeVar("Source")

MAX_DEPTH = 32
"""How deep blocks nest in what a reader makes; deeper ones become paragraphs of the last level, listed in `lost`."""

TOO_DEEP = f"nesting deeper than {MAX_DEPTH} levels"


@dataclass(frozen=True, slots=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class Code:
    text: str


@dataclass(frozen=True, slots=True)
class Emphasis:
    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Strong:
    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Strike:
    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Link:
    children: tuple[Inline, ...]
    url: str


@dataclass(frozen=True, slots=True)
class Image:
    alt: str
    url: str


@dataclass(frozen=True, slots=True)
class Break:
    """A line end within a paragraph."""


@dataclass(frozen=True, slots=True)
class Mention:
    """Somebody called by name at the vendor that the text came from; elsewhere only the name is left of it."""

    name: str


Inline: TypeAlias = Text | Code | Emphasis | Strong | Strike | Link | Image | Break | Mention


@dataclass(frozen=True, slots=True)
class Paragraph:
    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    level: int  # 1 to 6
    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class List:
    """Items of blocks; numbered from `start`, or bullets where it is None."""

    items: tuple[tuple[Block, ...], ...]
    start: int | None = None


@dataclass(frozen=True, slots=True)
class CodeBlock:
    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    children: tuple[Block, ...]


Cell: TypeAlias = tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table without headings has empty cells for a header; every row is as long as the header."""

    header: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across the page."""


Block: TypeAlias = Paragraph | Heading | List | CodeBlock | Quote | Table | Rule


@dataclass(frozen=True, slots=True)
class Document:
    """What a text says. `canonical` is set by `normal.normalise` alone, which need not do its work twice."""

    blocks: tuple[Block, ...]
    canonical: bool = field(default=False, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Converted:
    """A document, and in words what it could not carry of the text that it was made from."""

    document: Document
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rendered(Generic[Source]):
    """A text as a vendor's API takes it, and in words what that form could not carry."""

    source: Source
    lost: tuple[str, ...] = ()
