"""Linear's Markdown <-> ours, and the links to files that stand in it.

Linear derives its Markdown from a document of its own, so a text comes back in other words than it was sent. Files are
links in the text (linear.app/developers/how-to-upload-a-file-to-linear): one that stands alone is taken off, the name
of one within a sentence stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import unquote, urlsplit

from syncd.core.model import RichText
from syncd.sdk.text.characters import storable
from syncd.sdk.text.compose import compose
from syncd.sdk.text.defuse import Target
from syncd.sdk.text.markdown import parse, render
from syncd.sdk.text.tree import (
    Block,
    Break,
    Document,
    Emphasis,
    Heading,
    Image,
    Inline,
    Link,
    List,
    Paragraph,
    Quote,
    Rendered,
    Strike,
    Strong,
    Table,
    Text,
)

LIMIT: Final = 100_000
"""Characters. Linear's schema states none; what is longer would stall the page of the issue."""

TARGET: Final = Target()


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of Linear's own store, as a text names it."""

    url: str  # without a signature
    name: str


@dataclass(frozen=True, slots=True)
class Read:
    text: RichText
    assets: tuple[Asset, ...] = ()


def read(source: str, *, files_url: str = "") -> Read:
    """A description or a comment as Linear answered it, and the files below `files_url` that it links to."""
    document = parse(storable(source), keep_lines=True)
    found = _Files(files_url.rstrip("/") + "/") if files_url else None
    if found:
        document = replace(document, blocks=found.blocks(document.blocks), canonical=False)
    text = RichText(markdown=render(document), source=storable(source))
    return Read(text, tuple(found.assets.values()) if found else ())


def write(markdown: str, *, limit_link: str = "", assets: Sequence[Asset] = ()) -> Rendered[str]:
    """Markdown for the API, with the files as links below it; a text over the limit ends with `limit_link`."""
    written = compose(markdown, target=TARGET, write=_written, size=len, limit=LIMIT, link=limit_link)
    links = [Paragraph((Link((Text(asset.name),), asset.url),)) for asset in assets]
    return replace(written, source="\n\n".join([*filter(None, [written.source]), *_rendered(links)]))


def _written(document: Document) -> Rendered[str]:
    return Rendered(render(document))


def _rendered(blocks: Iterable[Block]) -> list[str]:
    return [render(Document((block,))) for block in blocks]


@dataclass(slots=True)
class _Files:
    """Takes links to files out of a document."""

    prefix: str
    assets: dict[str, Asset]

    def __init__(self, prefix: str) -> None:
        self.prefix, self.assets = prefix, {}

    def blocks(self, blocks: Iterable[Block]) -> tuple[Block, ...]:
        return tuple(kept for block in blocks if (kept := self._block(block)) is not None)

    def _block(self, block: Block) -> Block | None:
        match block:
            case Paragraph(children):
                return None if self._only_files(children) else Paragraph(self._inlines(children))
            case Heading(children=children):
                return replace(block, children=self._inlines(children))
            case List(items):
                kept = tuple(left for item in items if (left := self.blocks(item)) or not item)
                return replace(block, items=kept) if kept else None
            case Quote(children):
                left = self.blocks(children)
                return Quote(left) if left else None
            case Table(header, rows):
                return Table(self._row(header), tuple(map(self._row, rows)))
            case _:
                return block

    def _row(self, row: tuple[tuple[Inline, ...], ...]) -> tuple[tuple[Inline, ...], ...]:
        return tuple(map(self._inlines, row))

    def _only_files(self, children: tuple[Inline, ...]) -> bool:
        """Whether a paragraph is nothing but files; they are noted then."""
        rest = [each for each in children if not isinstance(each, Break) and each != Text(" ")]
        if not rest or not all(self._asset(each) for each in rest):
            return False
        for each in rest:
            self._note(each)
        return True

    def _inlines(self, children: Iterable[Inline]) -> tuple[Inline, ...]:
        return tuple(self._inline(each) for each in children)

    def _inline(self, inline: Inline) -> Inline:
        if asset := self._note(inline):
            return Text(asset.name)
        match inline:
            case Emphasis(children) | Strong(children) | Strike(children) | Link(children):
                return replace(inline, children=self._inlines(children))
            case _:
                return inline

    def _note(self, inline: Inline) -> Asset | None:
        if asset := self._asset(inline):
            self.assets.setdefault(asset.url, asset)
        return asset

    def _asset(self, inline: Inline) -> Asset | None:
        match inline:
            case Link((Image(alt, inner),), _) if inner.startswith(self.prefix):
                return _asset(inner, alt)
            case Image(alt, url) if url.startswith(self.prefix):
                return _asset(url, alt)
            case Link(children, url) if url.startswith(self.prefix):
                return _asset(url, _words(children))
            case _:
                return None


def _asset(url: str, name: str) -> Asset:
    bare = url.partition("?")[0].partition("#")[0]
    last = unquote(urlsplit(bare).path).rpartition("/")[2]
    return Asset(bare, " ".join(name.split()) if name and name != url else last)


def _words(children: Iterable[Inline]) -> str:
    return "".join(
        each.text if isinstance(each, Text) else _words(each.children) if hasattr(each, "children") else ""
        for each in children
    )
