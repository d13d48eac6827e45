"""The playbook as lines of text, for a terminal and for a mail."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from itertools import zip_longest
from typing import assert_never

from syncd.core.playbook import Entry, Letter, Playbook
from syncd.engine.playbooks.sections import (
    MATRIX,
    NONE,
    Block,
    Cell,
    Items,
    Letters,
    Said,
    Table,
    heading,
    sections,
    title,
)
from syncd.log import escaped

WIDTH = 110
IN = "  "


def text(playbook: Playbook) -> str:
    """The whole page; what moves a cursor is written out."""
    lines = [title(playbook)]
    for part in playbook.parts:
        lines += ["", heading(part), "=" * len(heading(part))]
        for section in sections(playbook, part):
            lines += ["", section.title]
            for block in section.blocks:
                lines += _block(block, cards=section.title == MATRIX)
    return "\n".join(escaped(line) for line in lines) + "\n"


def _block(block: Block, *, cards: bool) -> Iterator[str]:
    match block:
        case Said(said):
            yield from _wrapped(said)
        case Table():
            yield from _cards(block) if cards else _columns(block)
        case Items(entries):
            for one in entries:
                yield from _wrapped(_line(one))
        case Letters(letters):
            for letter in letters:
                yield from _letter(letter)
        case _:
            assert_never(block)


def _wrapped(said: str, margin: str = IN) -> Iterator[str]:
    yield from textwrap.wrap(said, WIDTH, initial_indent=margin, subsequent_indent=margin + IN, break_on_hyphens=False)


def _cards(table: Table) -> Iterator[str]:
    """A wide table as a card for each row: its first cell, and below it the others that say something."""
    for row in table.rows:
        yield from _wrapped("  ".join(map(_line, row[0])))
        for column, cell in zip(table.columns[1:], row[1:], strict=True):
            if cell != NONE:
                yield from _wrapped(f"{column}: {_joined(cell)}", margin=IN * 2)


def _columns(table: Table) -> Iterator[str]:
    """Each line of a cell below the one before."""
    rows = [table.columns]
    for cells in table.rows:
        rows += zip_longest(*(map(_line, cell) for cell in cells), fillvalue="")
    widths = [max(len(row[at]) for row in rows) for at in range(len(table.columns))]
    for row in rows:
        yield IN + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _line(one: Entry) -> str:
    return f"{one.name}: {one.text}" if one.name else one.text


def _joined(cell: Cell) -> str:
    return "; ".join(map(_line, cell))


def _letter(letter: Letter) -> Iterator[str]:
    yield from _wrapped(f"{letter.name}: {letter.when}")
    yield from (f"{IN}| {line}".rstrip() for line in letter.text.splitlines())
