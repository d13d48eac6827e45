"""Document -> Jira's wiki text. A renderer shows what the document says; what would act as markup is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from syncd.sdk.text.normal import Run, nest, normalise
from syncd.sdk.text.phrases import encode, link_atoms, write_lines, write_list
from syncd.sdk.text.tree import (
    Block,
    Cell,
    Code,
    CodeBlock,
    Document,
    Emphasis,
    Heading,
    Image,
    Inline,
    List,
    Mention,
    Paragraph,
    Quote,
    Rendered,
    Rule,
    Strike,
    Strong,
    Table,
    Text,
)

_LANGUAGES: Final = frozenset({
    "actionscript", "ada", "applescript", "bash", "c", "c#", "c++", "cpp", "css", "erlang", "go", "groovy",
    "haskell", "html", "java", "javascript", "js", "json", "lua", "objc", "perl", "php", "python", "r", "ruby",
    "scala", "sh", "sql", "swift", "visualbasic", "xml", "yaml",
})  # fmt: skip
_MARKS: Final[dict[type[Inline], str]] = {Strong: "*", Emphasis: "_", Strike: "-"}
_SPECIAL = re.compile(
    r"""
      \\(?=[^\W_]) | (?P<backslash>\\)
    | (?P<entity>&(?=\#?\w+;))
    | (?P<always>[{}\[\]|] | \?(?=\?) | (?<=\?)\?)
    | (?P<image>!(?=\S))
    | (?P<mark>[*_+^~\-])
    | (?P<smiley>[:;](?=[()PDp|]) | \((?=(?:[/x!+\-?*iync]|\*?[rgby]|on|off|tm|flag\w*)\)))
    """,
    re.VERBOSE,
)
_LINE_START = re.compile(r"(\s*(?:h[1-6]|bq))\.(?=\s)|(\s*)#(?=#*(?:\s|$))")


def to_wiki(document: Document) -> Rendered[str]:
    """Wiki text with LF line ends; what it cannot say is named in `lost`."""
    writer = _Writer()
    return Rendered("\n\n".join(writer.blocks(normalise(document).blocks)), tuple(writer.lost))


class _Writer:
    def __init__(self) -> None:
        self.lost: dict[str, None] = {}

    def blocks(self, blocks: Iterable[Block], *, quoted: bool = False) -> Iterator[str]:
        for block in blocks:
            match block:
                case Paragraph(children):
                    yield write_lines(children, self._line)
                case Heading(level, children):
                    yield f"h{level}. {write_lines(children, self._line)}"
                case List():
                    written, below = write_list(block, self._line, self.lost)
                    yield written
                    yield from self.blocks(below, quoted=quoted)
                case CodeBlock(text, language):
                    yield self._code_block(text, language)
                case Quote(children) if quoted:
                    self.lost["quote in a quote"] = None
                    yield from self.blocks(children, quoted=True)
                case Quote(children):
                    yield "{quote}\n" + "\n\n".join(self.blocks(children, quoted=True)) + "\n{quote}"
                case Table(header, rows):
                    heading = [self._row(header, "||")] if any(header) else []
                    yield "\n".join([*heading, *(self._row(row, "|") for row in rows)])
                case Rule():
                    yield "----"

    def _code_block(self, text: str, language: str) -> str:
        if language and language.lower() not in _LANGUAGES:
            self.lost[f"language {language} of code"] = None
        if "{noformat}" in text and "{code}" in text:
            self.lost["{code} in code"] = None
            text = text.replace("{code}", "{code }")
        known = language.lower() in _LANGUAGES or "{noformat}" in text
        if not known or "{code}" in text:
            return f"{{noformat}}\n{text}\n{{noformat}}"
        return f"{{code:{language or 'none'}}}\n{text}\n{{code}}"

    def _row(self, row: Sequence[Cell], bar: str) -> str:
        cells = (write_lines(cell, self._line).replace("\n", r"\\") or " " for cell in row)
        return bar + bar.join(cells) + bar

    # --- inlines ---------------------------------------------------------------------------------------------------

    def _line(self, runs: list[Run]) -> str:
        written = self._phrases(nest(list(link_atoms(runs, self.lost))), before="", after="")
        return _LINE_START.sub(_escape_line_start, written, count=1)

    def _phrases(self, children: Sequence[Inline], *, before: str, after: str) -> str:
        """`before` and `after` are the characters around, "" for the end of a line."""
        written = ""
        for at, child in enumerate(children):
            following = children[at + 1] if at + 1 < len(children) else None
            next_char = after if following is None else following.text[0] if isinstance(following, Text) else "*"
            match child:
                case Strong(inner) | Emphasis(inner) | Strike(inner):
                    sign = _MARKS[type(child)]
                    if (written[-1:] or before).isalnum() or next_char.isalnum():
                        sign = f"{{{sign}}}"
                    written += sign + self._phrases(inner, before="*", after="*") + sign
                case Text(text) if text.endswith("!") and following:  # with what follows it could begin an image
                    written += _escape(text[:-1]) + r"\!"
                case _:
                    written += _atom(child)
        return written


def _atom(inline: Inline) -> str:
    match inline:
        case Text(text):
            return _escape(text)
        case Code(text):
            return f"{{{{{_escape(text)}}}}}"
        case Image(alt, url):
            shown = alt != url.removeprefix("mailto:")
            return f"[{_escape(alt)}|{encode(url)}]" if shown else f"[{encode(url)}]"
        case Mention(name):
            return _escape(f"@{name}")
        case _:
            return ""


def _escape(text: str) -> str:
    return _SPECIAL.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    sign, text = found[0], found.string
    match found.lastgroup:
        case "backslash":
            return "&#92;"  # two of them would end the line
        case "entity":
            return "&amp;"
        case "mark":
            before, after = text[found.start() - 1 : found.start()], text[found.end() : found.end() + 1]
            inside = before.isalnum() and after.isalnum()
            alone = before.isspace() and after.isspace()
            return sign if inside or alone else f"\\{sign}"
        case None:
            return sign
        case _:
            return f"\\{sign}"


def _escape_line_start(found: re.Match[str]) -> str:
    return f"{found[1]}\\." if found[1] is not None else f"{found[2]}\\#"
