"""What wiki dialects share: phrases in mark characters, and lists by the marks at the start of a line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from html import unescape
from itertools import groupby
from typing import TypeAlias

from syncd.sdk.text.normal import Mark, Run, flatten, unflatten
from syncd.sdk.text.plain import words
from syncd.sdk.text.tree import MAX_DEPTH, Block, Break, Code, Image, Inline, List, Paragraph, Text

_EMPTY_ITEM = "&nbsp;"  # marks with nothing behind them are words
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]\w{1,31});")


def decode(text: str) -> str:
    """`text` with its character references resolved; only whole ones, for an address may hold `&copy=1`."""
    return _ENTITY.sub(lambda found: unescape(found[0]), text)


def encode(text: str) -> str:
    """`text` such that `decode` gives it back."""
    return _ENTITY.sub(lambda found: "&amp;" + found[0][1:], text)


@dataclass(frozen=True, slots=True)
class PhraseMark:
    """Characters that may start or end a phrase; they are words where their partner is missing.

    `mark` is None for a phrase that the tree cannot say; `name` is what is lost then.
    """

    words: str
    mark: Mark | None
    name: str
    opens: bool
    closes: bool


Phrase: TypeAlias = Run | PhraseMark


def phrase_mark(words: str, kinds: dict[str, tuple[Mark | None, str]], *, before: str, after: str) -> PhraseMark:
    """A mark as wiki dialects take it: it opens before a word and closes after one, never inside."""
    mark, name = kinds[words]
    opens = not before.isalnum() and bool(after) and not after.isspace()
    closes = not after.isalnum() and bool(before) and not before.isspace()
    return PhraseMark(words, mark, name, opens, closes)


def join_phrases(phrases: Iterable[Phrase], lost: dict[str, None]) -> list[Run]:
    """Runs of some phrases: closing marks find the nearest opening one of their kind on the same line."""
    runs: list[Run] = []
    opened: list[tuple[int, PhraseMark]] = []
    for phrase in phrases:
        if isinstance(phrase, Run):
            if isinstance(phrase.atom, Break):
                opened.clear()
            runs.append(phrase)
            continue
        partner = next((at for at, (_, mark) in enumerate(opened) if mark.name == phrase.name), None)
        if phrase.closes and partner is not None and opened[partner][0] < len(runs) - 1:
            _close(runs, opened[partner][0], phrase, lost)
            del opened[partner:]
            continue
        if phrase.opens and partner is None:
            opened.append((len(runs), phrase))
        runs.append(Run(Text(phrase.words)))
    return runs


def _close(runs: list[Run], start: int, phrase: PhraseMark, lost: dict[str, None]) -> None:
    runs[start] = Run(Text(""))
    if phrase.mark is None:
        lost[phrase.name] = None
        return
    for at in range(start + 1, len(runs)):
        runs[at] = replace(runs[at], marks=runs[at].marks | {phrase.mark})


def lists(entries: Sequence[tuple[str, Sequence[Run]]], *, depth: int = 0) -> list[Block]:
    """Lists of some lines: each with its marks, one for each level (`#` a number, else a bullet), and its words."""
    found: list[tuple[bool, list[list[tuple[str, Sequence[Run]]]]]] = []
    for entry in entries:
        marks = entry[0]
        if found and len(marks) > depth + 1 and depth < MAX_DEPTH:
            found[-1][1][-1].append(entry)
            continue
        numbered = marks[min(depth, len(marks) - 1)] == "#"
        if not found or found[-1][0] != numbered:
            found.append((numbered, []))
        found[-1][1].append([entry])
    return [List(tuple(_item(item, depth) for item in items), 1 if numbered else None) for numbered, items in found]


def _item(entries: list[tuple[str, Sequence[Run]]], depth: int) -> tuple[Block, ...]:
    (marks, words), *below = entries
    if len(marks) > depth + 1 and depth < MAX_DEPTH:  # a level was left out
        return tuple(lists(entries, depth=depth + 1))
    return (Paragraph(unflatten(words)), *(lists(below, depth=depth + 1) if below else ()))


# --- for writers ---------------------------------------------------------------------------------------------------


WriteLine: TypeAlias = Callable[[list[Run]], str]
"""A dialect's way to write the runs of one line."""


def write_list(block: List, line: WriteLine, lost: dict[str, None]) -> tuple[str, list[Block]]:
    """The list, each item behind its marks (the reverse of `lists`), and the blocks that must stand below it."""
    below: list[Block] = []
    return "\n".join(_write_items(block, "", line=line, lost=lost, below=below)), below


def _write_items(
    block: List, marks: str, *, line: WriteLine, lost: dict[str, None], below: list[Block]
) -> Iterator[str]:
    marks += "*" if block.start is None else "#"
    if block.start not in {None, 1}:
        lost["first number of a list"] = None
    for item in block.items:
        paragraphs = [part for part in item if isinstance(part, Paragraph)]
        if len(paragraphs) > 1:
            lost["paragraphs in a list item"] = None
        if paragraphs and not isinstance(item[0], Paragraph):
            lost["paragraph below a list in its item, now above it"] = None
        yield f"{marks} " + ("\n".join(write_lines(part.children, line) for part in paragraphs) or _EMPTY_ITEM)
        for part in item:
            if isinstance(part, List):
                yield from _write_items(part, marks, line=line, lost=lost, below=below)
            elif not isinstance(part, Paragraph):
                lost[f"{type(part).__name__.lower()} in a list item, now below it"] = None
                below.append(part)


def write_lines(children: Iterable[Inline], line: WriteLine) -> str:
    """Phrases, each line written by itself: a mark over several lines is written on each."""
    return "\n".join(map(line, _lines(children)))


def _lines(children: Iterable[Inline]) -> list[list[Run]]:
    found: list[list[Run]] = [[]]
    for run in flatten(children):
        if isinstance(run.atom, Break):
            found.append([])
        else:
            found[-1].append(run)
    return found


def link_atoms(runs: Iterable[Run], lost: dict[str, None]) -> Iterator[Run]:
    """Each link as an image of its words, one atom: a link holds nothing but words, and marks stand around it."""
    for url, group in groupby(runs, key=lambda run: run.url):
        parts = list(group)
        if not url:
            yield from parts
            continue
        marks = frozenset.intersection(*(part.marks for part in parts))
        if any(part.marks != marks or isinstance(part.atom, Code) for part in parts):
            lost["emphasis in a link"] = None
        yield Run(Image(words(unflatten(replace(part, url="") for part in parts)), url), marks)
