"""What a table cell can hold of the blocks that stand in it elsewhere: lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from syncd.sdk.text.plain import to_plain
from syncd.sdk.text.tree import Block, Break, Cell, Document, Heading, Inline, Paragraph, Text


def cell(blocks: Iterable[Block]) -> tuple[Cell, bool]:
    """The lines of some blocks, and whether that is all of them: lists and the like keep their words only."""
    content: list[Inline] = []
    whole = True
    for block in blocks:
        if content:
            content.append(Break())
        if isinstance(block, Paragraph | Heading):
            content += block.children
        else:
            content += _lines(block)
        whole = whole and isinstance(block, Paragraph)
    return tuple(content), whole


def _lines(block: Block) -> Iterator[Inline]:
    for number, line in enumerate(to_plain(Document((block,))).split("\n")):
        if number:
            yield Break()
        yield Text(line)
