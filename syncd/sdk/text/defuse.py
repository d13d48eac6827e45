"""The neutraliser: a document that does nothing at its target but show text (reliability.md, T3).

Mentions, slash commands, references that close issues, placeholders and wiki links are broken by a look-alike
character, so that a reader sees what was written; images become links, so that nothing is fetched for a reader unasked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from syncd.sdk.text import links
from syncd.sdk.text.characters import visible
from syncd.sdk.text.normal import Run, flatten, normalise, unflatten
from syncd.sdk.text.tree import (
    Block,
    Break,
    Code,
    CodeBlock,
    Converted,
    Document,
    Heading,
    Image,
    Inline,
    List,
    Paragraph,
    Quote,
    Rule,
    Table,
    Text,
)


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
    seen = _Walk(lambda runs: _show(runs, lost), lambda text: _seen(text, lost)).document(normalise(document))
    safe = _Walk(lambda runs: _disarm(_as_links(runs, lost), target), _code_rule(seen, target)).document(
        normalise(seen)
    )
    return Converted(normalise(safe), tuple(lost))


def defuse_line(text: str, target: Target) -> str:
    """The same for one line of plain words: a title, a name."""
    return _break_words(visible(text), target)


@dataclass(frozen=True, slots=True)
class _Walk:
    """Applies one function to every line of inlines, and one to the text of every code block."""

    line: Callable[[list[Run]], Iterable[Run]]
    code: Callable[[str], str]

    def document(self, document: Document) -> Document:
        return Document(tuple(map(self._block, document.blocks)))

    def _block(self, block: Block) -> Block:
        match block:
            case Paragraph(children) | Heading(children=children):
                return replace(block, children=self._inlines(children))
            case List(items):
                return replace(block, items=tuple(tuple(map(self._block, item)) for item in items))
            case Quote(children):
                return Quote(tuple(map(self._block, children)))
            case CodeBlock(text):
                return replace(block, text=self.code(text))
            case Table(header, rows):
                return Table(tuple(map(self._inlines, header)), tuple(tuple(map(self._inlines, row)) for row in rows))
            case Rule():
                return block

    def _inlines(self, children: tuple[Inline, ...]) -> tuple[Inline, ...]:
        return unflatten(self.line(list(flatten(children))))


def _show(runs: Iterable[Run], lost: dict[str, None]) -> Iterator[Run]:
    for run in runs:
        match run.atom:
            case Text(text):
                yield replace(run, atom=Text(_seen(text, lost)))
            case Code(text):
                yield replace(run, atom=Code(_seen(text, lost)))
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
                lost[f"image {alt or url}, shown as a link"] = None
                own = run.url if links.absolute(run.url) else url if links.absolute(url) else ""
                yield replace(run, atom=Text(alt or url), url=own)
            case _:
                yield replace(run, url="" if pending else run.url)
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
            case Text() if run.url != run.atom.text:
                yield replace(run, atom=Text(broken[at:end]))
            case Code(text):
                yield replace(run, atom=Code(_break_code(text, target, mentions=target.mentions_in_source)))
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
