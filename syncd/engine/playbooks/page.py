"""The playbook as one HTML file: no script, nothing from the network; light, dark, on a phone and on a sheet of A4."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import assert_never

from syncd.core.playbook import Entry, Letter, Part, Playbook
from syncd.engine.playbooks.drawing import drawn
from syncd.engine.playbooks.happened import STEPS
from syncd.engine.playbooks.sections import (
    CLOCKS,
    HAPPENED,
    MATRIX,
    NONE,
    Block,
    Cell,
    Items,
    Letters,
    Said,
    Section,
    Table,
    heading,
    sections,
    title,
)
from syncd.engine.playbooks.style import STYLE

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
FIRST_CLOCK = 3  # the column
_WHOLE = re.compile(r"\d[\d:]*(?:-\d[\d:]*)+|\d+ (?:d|h|min|s)\b")
"""What a line must not break: "30 min", "09:00-17:00", "2026-12-25"."""


def page(playbook: Playbook) -> str:
    """The whole file."""
    named = escape(title(playbook))
    window = f"What happened: {playbook.since:%Y-%m-%d} until {playbook.until:%Y-%m-%d %H:%M} ({playbook.zone})"
    parts = "".join(_part(playbook, part) for part in playbook.parts)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{named}</title><style>{STYLE}</style></head><body><main>"
        f"<header><h1>{named}</h1><p>{escape(window)}</p></header>{parts}</main></body></html>\n"
    )


def _part(playbook: Playbook, part: Part) -> str:
    found = list(sections(playbook, part))
    wide = "".join(_wide(part, one) for one in found if one.title in (MATRIX, HAPPENED))
    flow = "".join(_card(one) for one in found if one.title not in (MATRIX, HAPPENED))
    flowing = f'<div class="flow">{flow}</div>' if flow else ""
    return f'<div class="mapping"><h2>{escape(heading(part))}</h2>{wide}{flowing}</div>'


def _wide(part: Part, section: Section) -> str:
    if section.title != HAPPENED or part.path is None or part.configured is None:
        return _card(section)
    blocks = "".join(_block(one) for one in section.blocks)
    return (
        f'<section class="card happened"><h3>{HAPPENED}</h3><div>{drawn(part.path, part.configured.rows)}</div>'
        f"<div>{blocks}</div></section>"
    )


def _card(section: Section) -> str:
    wide = section.title == MATRIX
    blocks = "".join(_matrix(one) if wide and isinstance(one, Table) else _block(one) for one in section.blocks)
    return f'<section class="card"><h3>{escape(section.title)}</h3>{blocks}</section>'


def _block(block: Block) -> str:
    match block:
        case Said(text, strong):
            return f"<p{_called('strong' if strong else '')}>{escape(text)}</p>"
        case Table(columns):
            return _table(block, "steps" if columns == STEPS else "stages")
        case Items():
            return _items(block)
        case Letters(letters):
            return "".join(map(_letter, letters))
        case _:
            assert_never(block)


def _items(items: Items) -> str:
    names = (f"<code>{escape(one.name)}</code>" if items.words else escape(one.name) for one in items.entries)
    each = (
        f"<div><dt>{name}</dt><dd>{_glued(one.text)}</dd></div>" for name, one in zip(names, items.entries, strict=True)
    )
    return f"<dl{_called('words' if items.words else '')}>{''.join(each)}</dl>"


def _letter(letter: Letter) -> str:
    text = f"<pre>{escape(letter.text)}</pre>" if letter.text else ""
    return f"<p><b>{escape(letter.name)}</b>: {escape(letter.when)}</p>{text}"


# --- tables -----------------------------------------------------------------------------------------------------------


def _table(table: Table, name: str) -> str:
    head = "".join(f"<th>{escape(column)}</th>" for column in table.columns)
    rows = "".join(f"<tr>{''.join(map(_lines, row))}</tr>" for row in table.rows)
    return f'<div class="scroll {name}"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _lines(cell: Cell) -> str:
    first, *more = map(_line, cell)
    below = "".join(f'<div class="sub">{line}</div>' for line in more)
    return f"<td><div>{first}</div>{below}</td>"


def _line(one: Entry) -> str:
    return f"<b>{escape(one.name)}</b>: {_glued(one.text)}" if one.name else _glued(one.text)


def _glued(text: str) -> str:
    return _WHOLE.sub(r'<span class="nowrap">\g<0></span>', escape(text))


def _matrix(table: Table) -> str:
    """The severities, whose rows become cards where the screen is narrow."""
    head = "".join(f"<th{_number(at)}>{escape(column)}</th>" for at, column in enumerate(table.columns))
    rows = "".join(f"<tr>{''.join(_cells(table, row))}</tr>" for row in table.rows)
    return f'<table class="matrix"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


def _cells(table: Table, row: tuple[Cell, ...]) -> Iterator[str]:
    (severity, *hours), *others = row
    sub = "".join(f'<div class="sub">{_line(one)}</div>' for one in hours)
    yield f'<td><div class="sev {escape(severity.text, quote=True)}">{_line(severity)}</div>{sub}</td>'
    for at, cell in enumerate(others, start=1):
        label = escape(table.columns[at], quote=True)
        lines = "".join(f"<div>{_line(one)}</div>" for one in cell)
        yield f'<td{_number(at, empty=cell == NONE)} data-label="{label}">{lines}</td>'


def _number(at: int, *, empty: bool = False) -> str:
    clock = FIRST_CLOCK <= at < FIRST_CLOCK + len(CLOCKS)
    names = " ".join(name for name, holds in (("nowrap", clock), ("empty", empty)) if holds)
    return _called(names)


def _called(names: str) -> str:
    return f' class="{names}"' if names else ""
