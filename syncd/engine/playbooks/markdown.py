"""The playbook in Markdown, for a wiki: GitHub's tables, and nothing of the policy's own text that formats."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import assert_never

from syncd.core.playbook import Entry, Letter, Playbook
from syncd.engine.playbooks.sections import Block, Items, Letters, Said, Section, Table, heading, sections, title
from syncd.log import escaped

_SIGNS = re.compile(r"[\\`*_\[\]#|~!@]")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def markdown(playbook: Playbook) -> str:
    """The whole page."""
    parts = [f"# {plain(title(playbook))}"]
    for part in playbook.parts:
        parts.append(f"## {plain(heading(part))}")
        for section in sections(playbook, part):
            parts += _section(section)
    return "\n\n".join(parts) + "\n"


def plain(text: str) -> str:
    """Somebody's words in one line, without anything that formats, is HTML, or hides an address behind another word.

    An address that stands there as itself is a link to itself in most wikis; that is left to them.
    """
    line = escaped(" ".join(text.split()))
    return _SIGNS.sub(r"\\\g<0>", "".join(_ENTITIES.get(letter, letter) for letter in line))


def _section(section: Section) -> Iterator[str]:
    yield f"### {plain(section.title)}"
    for block in section.blocks:
        yield from _block(block)


def _block(block: Block) -> Iterator[str]:
    match block:
        case Said(text, strong):
            yield f"**{plain(text)}**" if strong else plain(text)
        case Table():
            yield _table(block)
        case Items(entries):
            yield "\n".join(f"- {_line(one)}" for one in entries)
        case Letters(letters):
            for letter in letters:
                yield from _letter(letter)
        case _:
            assert_never(block)


def _table(table: Table) -> str:
    head = f"| {' | '.join(map(plain, table.columns))} |"
    rows = (f"| {' | '.join('<br>'.join(map(_line, cell)) for cell in row)} |" for row in table.rows)
    return "\n".join((head, "|" + " --- |" * len(table.columns), *rows))


def _line(one: Entry) -> str:
    return f"**{plain(one.name)}**: {plain(one.text)}" if one.name else plain(one.text)


def _letter(letter: Letter) -> Iterator[str]:
    yield f"**{plain(letter.name)}**: {plain(letter.when)}"
    if letter.text:
        yield fenced(letter.text)


def fenced(text: str) -> str:
    """A text as it is, in a fence that is longer than any in it."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    lines = "\n".join(escaped(line) for line in text.strip("\n").split("\n"))
    return f"{fence}text\n{lines}\n{fence}"
