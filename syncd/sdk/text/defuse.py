"""The neutraliser: a document that does nothing at its target but show text (reliability.md, T3).

Mentions, slash commands, references that close issues, placeholders and wiki links are broken by a look-alike
character, so that a reader sees what was written; images become links, so that nothing is fetched for a reader unasked.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

from syncd.sdk.text import links
from syncd.sdk.text.characters import visible
from syncd.sdk.text.normal import Run, flatten, normalise, unflatten
from syncd.sdk.text.tree import (
    Block,
    Break,
    Cell,
    Code,
    CodeBlock,
    Converted,
    Document,
    Heading,
    Image,
    List,
    Paragraph,
    Quote,
    Rule,
    Table,
    Text,
)

Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class Target:
    """What acts at a vendor beyond the words of a text: each is broken there only, to leave code readable elsewhere."""

    placeholders_in_code: bool = False  # templates are filled in before the text is rendered
    mentions_in_source: bool = False  # mentions are looked for in the unrendered text, code and addresses included
    wiki_links: bool = False  # [[Page]]


_HIDDEN = "\ufffc"  # stands for code, breaks apart and addresses while patterns look at a whole line
_MENTION = re.compile(r"(?<![^\W_])@(?=[\w.@\-])")
_REFERENCE = re.compile(r"#(?=\d)")
_GH_REFERENCE = re.compile(r"(?<=\bGH)-(?=\d)", re.IGNORECASE)
_COMMAND = re.compile(r"(?:(?<=\n)|\A)([ \xa0]*)/(?=[A-Za-z][\w\-]*(?![\w/\-]))")
_PLACEHOLDER = re.compile(r"\{(?=[{%])|(?<=\{)\{")
_WIKI_LINK = re.compile(r"\[(?=\[)")
_FENCE = re.compile(r"```|~~~")


def defuse(document: Document, target: Target) -> Converted:
    """`document` without anything that acts at `target`; `lost` names what a reader might miss.

    Idempotent; a canonical document with nothing active comes back as it is.
    """
    lost: dict[str, None] = {}
    linked = normalise(_Walk(lambda runs: _as_links(runs, lost), str).document(normalise(document)))
    linked = normalise(_Walk(lambda runs: _as_links(runs, lost), str).document(normalise(document)))
    seen = normalise(_Walk(lambda runs: _show(runs, lost), lambda text: _seen(text, lost)).document(linked))
    safe = _Walk(lambda runs: _disarm(runs, target), _code_rule(seen, target)).document(seen)
    return Converted(normalise(safe), tuple(lost))


def defuse_line(text: str, target: Target) -> str:
    """The same for one line of plain words: a title, a name."""
    return _break_words(visible(text), target)


@dataclass(frozen=True, slots=True)
class _Walk:
    """Applies one function to every line of inlines, and one to the text of every code block.

    What they leave as it is stays the same object: most texts have nothing active, and cost nothing.
    """

    line: Callable[[list[Run]], Iterable[Run]]
    code: Callable[[str], str]

    def document(self, document: Document) -> Document:
        blocks = self._blocks(document.blocks)
        return document if blocks is document.blocks else Document(blocks)

    def _blocks(self, blocks: tuple[Block, ...]) -> tuple[Block, ...]:
        return _same(blocks, tuple(map(self._block, blocks)))

    def _block(self, block: Block) -> Block:
        match block:
            case Paragraph(children) | Heading(children=children):
                inlines = self._inlines(children)
                return block if inlines is children else replace(block, children=inlines)
            case List(items):
                changed = _same(items, tuple(map(self._blocks, items)))
                return block if changed is items else replace(block, items=changed)
            case Quote(children):
                blocks = self._blocks(children)
                return block if blocks is children else Quote(blocks)
            case CodeBlock(text):
                code = self.code(text)
                return block if code == text else replace(block, text=code)
            case Table(header, rows):
                cells = _same((header, *rows), tuple(map(self._row, (header, *rows))))
                return block if all(map(operator.is_, cells, (header, *rows))) else Table(cells[0], cells[1:])
            case Rule():
                return block

    def _row(self, row: tuple[Cell, ...]) -> tuple[Cell, ...]:
        return _same(row, tuple(map(self._inlines, row)))

    def _inlines(self, children: Cell) -> Cell:
        runs = list(flatten(children))
        changed = list(self.line(runs))
        return children if changed == runs else unflatten(changed)


def _same(before: tuple[Part, ...], after: tuple[Part, ...]) -> tuple[Part, ...]:
    return before if all(map(operator.is_, before, after)) else after


def _show(runs: Iterable[Run], lost: dict[str, None]) -> Iterator[Run]:
    for run in runs:
        match run.atom:
            case Text(text) | Code(text) if (shown := _seen(text, lost)) != text:
                yield replace(run, atom=type(run.atom)(shown))
            case _:
                yield run


def _seen(text: str, lost: dict[str, None]) -> str:
    shown = visible(text)
    if shown != text:
        lost["invisible characters"] = None
    return shown


def _as_links(runs: Iterable[Run], lost: dict[str, None]) -> Iterator[Run]:
    """Images as links to them, and links that mean nothing elsewhere as words with their address."""
    pending = ""
    for run in runs:
        if pending and run.url != pending:
            yield Run(Text(f" ({pending})"))
        pending = run.url if run.url and not links.absolute(run.url) else ""
        if pending:
            lost["link to a relative address"] = None
        match run.atom:
            case Image(alt, url):
                lost[f"image {visible(alt) or url}, shown as a link"] = None
                own = run.url if links.absolute(run.url) else url if links.absolute(url) else ""
                yield replace(run, atom=Text(alt or url), url=own)
            case _:
                yield replace(run, url="") if pending else run
    if pending:
        yield Run(Text(f" ({pending})"))


def _disarm(runs: Iterable[Run], target: Target) -> Iterator[Run]:
    """Breaks what acts, also where it runs over several runs: a mark in the middle does not save it."""
    line = [_disarmed_url(run, target) for run in runs]
    broken = _break_words("".join(map(_facing, line)), target)
    at = 0
    for run in line:
        end = at + len(_facing(run))
        match run.atom:
            case Text(text) if run.url != text and broken[at:end] != text:
                yield replace(run, atom=Text(broken[at:end]))
            case Code(text) if (inert := _break_code(text, target, mentions=target.mentions_in_source)) != text:
                yield replace(run, atom=Code(inert))
            case _:
                yield run
        at = end


def _facing(run: Run) -> str:
    match run.atom:
        case Text(text):
            return _HIDDEN if run.url == text else text
        case Break():
            return "\n"
        case _:
            return _HIDDEN


def _disarmed_url(run: Run, target: Target) -> Run:
    if not target.mentions_in_source or "@" not in run.url:
        return run
    url = _MENTION.sub("%40", run.url)
    return replace(run, url=url, atom=Text(url) if run.atom == Text(run.url) else run.atom)


def _break_words(text: str, target: Target) -> str:
    """Each pattern takes one character and puts one in its place, so that places in the text stay the same."""
    text = _MENTION.sub("＠", text)
    text = _GH_REFERENCE.sub("\u2011", _REFERENCE.sub("＃", text))
    text = _COMMAND.sub(r"\1／", text)
    text = _PLACEHOLDER.sub("｛", text)
    return _WIKI_LINK.sub("［", text) if target.wiki_links else text


def _break_code(text: str, target: Target, *, mentions: bool) -> str:
    text = _PLACEHOLDER.sub("｛", text) if target.placeholders_in_code else text
    return _MENTION.sub("＠", text) if mentions else text


def _code_rule(document: Document, target: Target) -> Callable[[str], str]:
    """Code blocks are safe from mentions unless code itself holds a fence, which misleads who looks for their ends."""
    code: list[str] = []
    _Walk(lambda runs: _collect(runs, code), lambda text: _kept(text, code)).document(document)
    mentions = target.mentions_in_source and any(map(_FENCE.search, code))
    return lambda text: _break_code(text, target, mentions=mentions)


def _collect(runs: Iterable[Run], code: list[str]) -> Iterator[Run]:
    for run in runs:
        if isinstance(run.atom, Code):
            code.append(run.atom.text)
        yield run


def _kept(text: str, code: list[str]) -> str:
    code.append(text)
    return text
