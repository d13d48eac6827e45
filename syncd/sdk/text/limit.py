"""Cutting a document to what its target takes, between characters and never inside a tag, with a link to the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from syncd.sdk.text.characters import clip
from syncd.sdk.text.normal import Run, flatten, unflatten
from syncd.sdk.text.tree import (
    Block,
    Code,
    CodeBlock,
    Converted,
    Document,
    Heading,
    Inline,
    Link,
    List,
    Paragraph,
    Quote,
    Rule,
    Table,
    Text,
)

_ENDLESS: Final = 10**12
_NEAR: Final = 0.95
"""How much of the limit a cut text has to use: the search ends there, for each step writes the whole text once."""


def shorten(document: Document, *, size: Callable[[Document], int], limit: int, link: str = "") -> Converted:
    """A beginning of `document` that fits, and below it where the whole text is (reliability.md, P8).

    `size` and `limit` count in the target's own units.
    """
    total = size(document)
    if total <= limit:
        return Converted(document)
    low, high = 0, _length(document)
    guess = high * limit // total
    while low < high:
        found = size(_cut(document, guess, link))
        if found <= limit:
            low = guess
            if found >= _NEAR * limit:
                break
        else:
            high = guess - 1
        aimed = int(guess * 0.99 * limit / max(found, 1))
        guess = aimed if low < aimed <= high else (low + high + 1) // 2
    return Converted(_cut(document, low, link), (f"all after {low} characters of the text: it is too long here",))


def _length(document: Document) -> int:
    budget = _Budget(_ENDLESS)
    budget.blocks(document.blocks)
    return _ENDLESS - budget.left


def utf16_length(text: str) -> int:
    """How many characters a vendor on Java or JavaScript counts."""
    return len(text) + sum(char > "\uffff" for char in text)


def _cut(document: Document, length: int, link: str) -> Document:
    whole: Inline = Link((Text("the whole text"),), link) if link else Text("cut: the text is too long here")
    return Document((*_Budget(length).blocks(document.blocks), Paragraph((Text("[… "), whole, Text("]")))))


class _Budget:
    """How many characters may still be copied."""

    def __init__(self, left: int) -> None:
        self.left = left

    def blocks(self, blocks: Iterable[Block]) -> tuple[Block, ...]:
        kept = []
        for block in blocks:
            if self.left <= 0:
                break
            kept.append(self._block(block))
        return tuple(kept)

    def _block(self, block: Block) -> Block:
        match block:
            case Paragraph(children) | Heading(children=children):
                return replace(block, children=self._inlines(children))
            case List(items):
                return replace(block, items=tuple(self.blocks(item) for item in items if self.left > 0))
            case Quote(children):
                return Quote(self.blocks(children))
            case CodeBlock(text):
                return replace(block, text=self._text(text))
            case Table(header, rows):
                return Table(self._row(header), tuple(self._row(row) for row in rows if self.left > 0))
            case Rule():
                self.left -= 1
                return block

    def _row(self, row: tuple[tuple[Inline, ...], ...]) -> tuple[tuple[Inline, ...], ...]:
        return tuple(self._inlines(cell) for cell in row)

    def _inlines(self, children: tuple[Inline, ...]) -> tuple[Inline, ...]:
        kept = []
        for run in flatten(children):
            if self.left <= 0:
                break
            kept.append(self._run(run))
        return unflatten(kept)

    def _run(self, run: Run) -> Run:
        match run.atom:
            case Text(text):
                return replace(run, atom=Text(self._text(text)))
            case Code(text):
                return replace(run, atom=Code(self._text(text)))
            case _:
                self.left -= 1
                return run

    def _text(self, text: str) -> str:
        kept = clip(text, self.left)
        self.left -= max(len(text), 1)
        return kept
