"""One shape for all documents that mean the same: the order of marks, spaces at edges, empty parts, bare addresses."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from syncd.sdk.text import links
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

Mark = type[Strong] | type[Emphasis] | type[Strike]
Atom = Text | Code | Image | Break | Mention

_MARKS: tuple[Mark, ...] = (Strong, Emphasis, Strike)  # from the outside in; a link is outside of all
_BLANKS = re.compile(r"[ \n\t]+")
_NEWLINES = re.compile(r"[\n\t]")
_LANGUAGE = re.compile(r"[^A-Za-z0-9+#._\-]")
_MAX_START = 999_999_999


@dataclass(frozen=True, slots=True)
class Run:
    """One atom with all that is around it. Inlines as a flat list of runs are easier to read, cut and change."""

    atom: Atom
    marks: frozenset[Mark] = frozenset()
    url: str = ""

    @property
    def around(self) -> tuple[Mark | str, ...]:
        """The address and the marks, in the order in which they nest where they reach equally far."""
        return (*([self.url] if self.url else ()), *(mark for mark in _MARKS if mark in self.marks))

    def without(self, mark: Mark | str) -> Run:
        return replace(self, url="") if isinstance(mark, str) else replace(self, marks=self.marks - {mark})


def normalise(document: Document) -> Document:
    """The canonical form: two documents that mean the same are equal after this. Idempotent."""
    return document if document.canonical else Document(tuple(_blocks(document.blocks)), canonical=True)


def flatten(children: Iterable[Inline], marks: frozenset[Mark] = frozenset(), url: str = "") -> Iterator[Run]:
    """The runs of some inlines, in order."""
    for child in children:
        match child:
            case Strong() | Emphasis() | Strike():
                yield from flatten(child.children, marks | {type(child)}, url)
            case Link():
                target = links.clean(child.url)
                inner = list(flatten(child.children, marks, target))
                yield from inner if any(map(_shows, inner)) else [*inner, Run(Text(target), marks, target)]
            case _:
                yield Run(child, marks, url)


def _shows(run: Run) -> bool:
    match run.atom:
        case Text(text) | Code(text) | Mention(text):
            return bool(printable(text).strip())
        case Image(alt, url):
            return bool(alt.strip() or links.clean(url))
        case Break():
            return False


def unflatten(runs: Iterable[Run]) -> tuple[Inline, ...]:
    """Inlines of some runs, marked each for itself: what a reader hands to `normalise`."""
    children: list[Inline] = []
    for url, group in groupby(runs, key=lambda run: run.url):
        marked = tuple(_marked(run) for run in group)
        children += [Link(marked, url)] if url else marked
    return tuple(children)


def _marked(run: Run) -> Inline:
    inline: Inline = run.atom
    for mark in run.marks:
        inline = mark((inline,))
    return inline


def nest(runs: Sequence[Run]) -> tuple[Inline, ...]:
    """Inlines of some runs: a link around strong around emphasis around strike."""
    tidy = _tidy(runs)
    return () if all(map(_is_space, tidy)) else _nest(tidy)


def inlines(children: Iterable[Inline]) -> tuple[Inline, ...]:
    """The canonical form of some inlines."""
    return nest(list(flatten(children)))


def without_breaks(children: Iterable[Inline]) -> tuple[Inline, ...]:
    """The canonical form of some inlines that have to stand on one line."""
    return nest([replace(run, atom=Text(" ")) if run.atom == Break() else run for run in flatten(children)])


# --- blocks --------------------------------------------------------------------------------------------------------


def _blocks(blocks: Iterable[Block]) -> Iterator[Block]:
    for block in blocks:
        match block:
            case Paragraph():
                yield from _paragraphs(block)
            case Heading():
                children = without_breaks(block.children)
                if children:
                    yield Heading(min(max(block.level, 1), 6), children)
            case List():
                if block.items:
                    start = None if block.start is None else min(max(block.start, 0), _MAX_START - len(block.items))
                    yield List(tuple(tuple(_blocks(item)) for item in block.items), start)
            case Quote():
                inner = tuple(_blocks(block.children))
                if inner:
                    yield Quote(inner)
            case CodeBlock():
                yield CodeBlock(printable(block.text).strip("\n"), _LANGUAGE.sub("", block.language))
            case Table():
                yield from _table(block)
            case Rule():
                yield block


def _paragraphs(paragraph: Paragraph) -> Iterator[Paragraph]:
    """One for each group of lines: an empty line inside a paragraph ends it."""
    group: list[Run] = []
    for run in (*_tidy(list(flatten(paragraph.children)), breaks=True), Run(Break()), Run(Break())):
        if isinstance(run.atom, Break) and group and isinstance(group[-1].atom, Break):
            if not all(map(_is_space, group)):
                yield Paragraph(_nest(_bridge(_single_breaks(group))))
            group = []
        else:
            group.append(run)


def _table(table: Table) -> Iterator[Table]:
    width = max(map(len, (table.header, *table.rows)), default=0)
    header, *rows = (_row(row, width) for row in (table.header, *table.rows))
    if any(cell for row in (header, *rows) for cell in row):
        yield Table(header, tuple(rows))


def _row(row: tuple[Cell, ...], width: int) -> tuple[Cell, ...]:
    return tuple(inlines(cell) for cell in row) + ((),) * (width - len(row))


# --- inlines -------------------------------------------------------------------------------------------------------


def _tidy(runs: Sequence[Run], *, breaks: bool = False) -> list[Run]:
    """Clean atoms, joined where alike, without spaces beside line ends.

    With `breaks` the line ends at the edges and the double ones stay.
    """
    tidy = _strip_lines(_linkify(_join(map(_clean, runs))))
    return tidy if breaks else _bridge(_single_breaks(tidy))


def _clean(run: Run) -> Run:
    match run.atom:
        case Text(text):
            cleaned = _BLANKS.sub(" ", printable(text))
            return run if cleaned == text else replace(run, atom=Text(cleaned))
        case Break():
            return run
        case Code(text):
            return replace(run, atom=Code(_NEWLINES.sub(" ", printable(text))))
        case Mention(name):
            return replace(run, atom=Text("@" + _BLANKS.sub(" ", printable(name)).strip()))
        case Image(alt, url):
            target = links.clean(url)
            words = _BLANKS.sub(" ", printable(alt)).strip()
            return replace(run, atom=Image(words, target) if target else Text(words))


def _join(runs: Iterable[Run]) -> list[Run]:
    joined: list[Run] = []
    for run in runs:
        atom = run.atom
        if not isinstance(atom, Text | Code):
            joined.append(run)
        elif atom.text:
            last = joined[-1] if joined else None
            # two code spans side by side would be one in Markdown
            together = _together(last.atom, atom) if last and last.marks == run.marks and last.url == run.url else None
            if together:
                joined[-1] = replace(run, atom=together)
            else:
                joined.append(run)
    return joined


def _together(before: Atom, after: Text | Code) -> Text | Code | None:
    match before, after:
        case (Text(first), Text(second)):
            return Text(first + (second.lstrip(" ") if first.endswith(" ") else second))
        case (Code(first), Code(second)):
            return Code(first + second)
        case _:
            return None


def _linkify(runs: Iterable[Run]) -> list[Run]:
    linked: list[Run] = []
    for run in runs:
        if not isinstance(run.atom, Text) or run.url or "://" not in run.atom.text:
            linked.append(run)
            continue
        text, end = run.atom.text, 0
        for start, stop in links.bare_links(text):
            linked.append(replace(run, atom=Text(text[end:start])))
            linked.append(replace(run, atom=Text(text[start:stop]), url=text[start:stop]))
            end = stop
        linked.append(replace(run, atom=Text(text[end:])))
    return linked


def _split_edges(run: Run) -> list[Run]:
    if not run.around or not isinstance(run.atom, Text):
        return [run]
    text, inner = run.atom.text, run.atom.text.strip()
    start = len(text) - len(text.lstrip())
    parts = (text[:start], inner, text[start + len(inner) :]) if inner else (text,)
    return [replace(run, atom=Text(part)) for part in parts if part]


def _is_space(run: Run) -> bool:
    return isinstance(run.atom, Break) or (isinstance(run.atom, Text) and run.atom.text.isspace())


def _strip_lines(runs: Sequence[Run]) -> list[Run]:
    """No blank at the start or end of a line, nor after another; a no-break space is no blank, it indents."""
    forward = _strip_after(runs, str.lstrip, lambda text: text.endswith(" "))
    return _empty_blank_lines(_join(reversed(_strip_after(list(reversed(forward)), str.rstrip, lambda _: False))))


def _empty_blank_lines(runs: Iterable[Run]) -> list[Run]:
    """A line of nothing but no-break spaces looks empty, so it is."""
    kept: list[Run] = []
    line: list[Run] = []
    for run in runs:
        if isinstance(run.atom, Break):
            kept += [] if all(map(_is_space, line)) else line
            kept.append(run)
            line = []
        else:
            line.append(run)
    return kept + ([] if all(map(_is_space, line)) else line)


def _strip_after(runs: Sequence[Run], strip: Callable[[str, str], str], blank: Callable[[str], bool]) -> list[Run]:
    stripped: list[Run] = []
    fresh = True
    for run in runs:
        if not isinstance(run.atom, Text):
            stripped.append(run)
            fresh = isinstance(run.atom, Break)
        elif kept := strip(run.atom.text, " ") if fresh else run.atom.text:
            stripped.append(run if kept == run.atom.text else replace(run, atom=Text(kept)))
            fresh = blank(kept)
    return stripped


def _bridge(runs: list[Run]) -> list[Run]:
    """A line end has the marks that are on both sides of it: whether a mark goes on or starts anew means the same."""
    for at, run in enumerate(runs):
        if isinstance(run.atom, Break):
            before = runs[at - 1] if at else Run(Break())
            after = next((later for later in runs[at + 1 : at + 2]), Run(Break()))
            runs[at] = Run(run.atom, before.marks & after.marks, before.url if _one_link(before, after) else "")
    return runs


def _one_link(before: Run, after: Run) -> bool:
    """Whether a link goes on over a line end; the same address written on two lines is two links."""
    return before.url == after.url and before.atom != Text(before.url)


def _single_breaks(runs: Sequence[Run]) -> list[Run]:
    kept: list[Run] = []
    for run in runs:
        if not isinstance(run.atom, Break) or (kept and not isinstance(kept[-1].atom, Break)):
            kept.append(run)
    while kept and isinstance(kept[-1].atom, Break):
        kept.pop()
    return kept


# --- nesting -------------------------------------------------------------------------------------------------------


def _nest(runs: Sequence[Run]) -> tuple[Inline, ...]:
    """Greedy: the mark that reaches furthest from here is the outer one.

    A mark neither starts nor ends at a space: Markdown could not say it. Those spaces lose it.
    """
    rest = [part for run in runs for part in _split_edges(run)]
    nested: list[Inline] = []
    at = 0
    while at < len(rest):
        if not rest[at].around:
            _append(nested, rest[at].atom)
            at += 1
            continue
        spans = [(mark, _reach(rest, at, mark)) for mark in rest[at].around]
        mark, end = max(spans, key=lambda span: _core(rest, at, span[1])[1])
        start, stop = _core(rest, at, end)
        bare = [run.without(mark) for run in rest[at:end]]
        rest[at:start], rest[stop:end] = bare[: start - at], bare[stop - at :]
        if start == at:
            nested.append(_wrap(mark, _nest(bare[: stop - at])))
            at = stop
    return tuple(nested)


def _append(nested: list[Inline], atom: Atom) -> None:
    match nested[-1] if nested else None, atom:
        case (Text(before), Text(after)):
            nested[-1] = Text(before + after)
        case _:
            nested.append(atom)


def _reach(runs: Sequence[Run], at: int, mark: Mark | str) -> int:
    while at < len(runs) and mark in runs[at].around:
        at += 1
    return at


def _core(runs: Sequence[Run], start: int, stop: int) -> tuple[int, int]:
    """Where the spaces at the start end, and where those at the end start; both `stop` where all is space."""
    while start < stop and _is_space(runs[start]):
        start += 1
    while stop > start and _is_space(runs[stop - 1]):
        stop -= 1
    return start, stop


def _wrap(mark: Mark | str, children: tuple[Inline, ...]) -> Inline:
    return Link(children, mark) if isinstance(mark, str) else mark(children)
