"""Document -> Redmine's Textile, which has no escape character: what would act becomes a character reference."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from syncd.sdk.text import links
from syncd.sdk.text.normal import Run, flatten, nest, normalise, unflatten
from syncd.sdk.text.phrases import encode, link_atoms, write_lines, write_list
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

_MARKS: Final[dict[type[Inline], tuple[str, str]]] = {
    Strong: ("*", "strong"),
    Emphasis: ("_", "emphasis"),
    Strike: ("-", "strike"),
}
_CLOSES = re.compile(r"(?<![^\W_])[*_\-](?!\s)|(?<!\s)[*_\-](?![^\W_])")
_SIGNS = frozenset("*_-")
_ACTIVE = re.compile(
    r"""
      <
    | &(?=\#?\w+;)
    | (?<![^\W_])(?:[*_\-+^~%](?=\S|\Z)|!(?=\S)|@)
    | \?(?=\?)
    | (?<=[^\W_])(?:\*\*|__|\?\?)                # a second mark of a kind, for what may stand before it
    | =(?==)
    | "(?=:)
    | (?<=\w)\[(?=\d+\])
    | (?<=[A-Z0-9])\(
    | \|
    | %(?=x%)
    """,
    re.VERBOSE,
)
_LINE_START = re.compile(r"[*#>=|{\-_]|(?:h[1-6]|bq|p|fn\d+|table|pre|notextile)[^\s.]*(\.)(?=[\s:])")
_AFTER_LINK = re.compile(r"(?!\?\?)[.,:!?]{0,8}(?:\s|\Z)")
_TAGS_IN_CODE = re.compile(r"<(?=/?(?:code|pre|kbd|notextile)\b)", re.IGNORECASE)
_LANGUAGE = re.compile(r"\w+")


def to_textile(document: Document) -> Rendered[str]:
    """Textile with LF line ends; what it cannot say is named in `lost`."""
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
                case CodeBlock(text) if quoted:
                    self.lost["code block in a quote"] = None
                    yield write_lines(_code_lines(text), self._line)
                case CodeBlock(text, language):
                    yield self._code_block(text, language)
                case Quote(children):
                    inner = "\n\n".join(self.blocks(children, quoted=True))
                    yield "\n".join(f"> {line}" if line else ">" for line in inner.split("\n"))
                case Table(header, rows):
                    heading = [self._row(header, "_. ")] if any(header) else []
                    yield "\n".join([*heading, *(self._row(row, " ") for row in rows)])
                case Rule():
                    yield "---"

    def _code_block(self, text: str, language: str) -> str:
        named = _LANGUAGE.fullmatch(language)
        if language and not named:
            self.lost[f"language {language} of code"] = None
        return (
            f'<pre><code class="{language}">{self._code(text)}</code></pre>'
            if named
            else f"<pre>{self._code(text)}</pre>"
        )

    def _code(self, text: str) -> str:
        inert = _TAGS_IN_CODE.sub("＜", text)
        if inert != text:
            self.lost["tag in code"] = None
        return inert

    def _row(self, row: Sequence[Cell], start: str) -> str:
        return "|" + "".join(f"{start}{write_lines(unflatten(self._cell(cell)), self._line)} |" for cell in row)

    def _cell(self, cell: Cell) -> Iterator[Run]:
        for run in flatten(cell):
            if isinstance(run.atom, Code) and "|" in run.atom.text:
                self.lost["code with | in a table"] = None
                yield replace(run, atom=Text(run.atom.text))
            else:
                yield run

    # --- inlines ---------------------------------------------------------------------------------------------------

    def _line(self, runs: list[Run]) -> str:
        children = nest(list(link_atoms(runs, self.lost)))
        written = self._phrases(children, before="", after="")
        found = _LINE_START.match(written)
        if not found or not isinstance(children[0], Text):
            return written
        at = found.start(1) if found[1] else 0
        return written[:at] + _reference(written[at]) + written[at + 1 :]

    def _phrases(self, children: Sequence[Inline], *, before: str, after: str, last: bool = True) -> str:
        """`before` and `after` are the characters around, "" for the end of a line; `last`: a word ends here."""
        written = ""
        for at, child in enumerate(children):
            previous = written[-1:] or before
            following = children[at + 1] if at + 1 < len(children) else None
            next_char = after if following is None else following.text[0] if isinstance(following, Text) else "*"
            match child:
                case Strong(inner) | Emphasis(inner) | Strike(inner):
                    sign, name = _MARKS[type(child)]
                    ends = _ends_link(following, last=last)
                    if _free("" if before in _SIGNS and not written else previous, next_char):
                        written += sign + self._phrases(inner, before=sign, after=sign, last=ends) + sign
                    else:
                        self.lost[f"{name} inside a word"] = None
                        written += self._phrases(inner, before=previous, after=next_char, last=ends)
                case Image(alt, url):
                    written += self._link(alt, url, gap="" if _ends_link(following, last=last) else " ")
                case Code(text):
                    written += f"<code>{self._code(text)}</code>"
                case Text(text):
                    written += _escape(text, inside=before in _SIGNS, opens=previous in _SIGNS and not written)
                    if following and text.endswith("!"):  # with what follows it could begin an image
                        written = written[:-1] + _reference("!") if written.endswith("!") else written
                case Mention(name):
                    written += _escape(f"@{name}")
                case _:
                    pass
        return written

    def _link(self, alt: str, url: str, *, gap: str) -> str:
        target = encode(_whole_address(url))
        if target != encode(url):
            self.lost["spelling of an address"] = None
        if gap:
            self.lost["no space after a link"] = None
        if alt in {url, ""} and target == url and links.scheme(url) in {"http", "https"}:
            return url + gap
        shown = _escape(alt or url, inside=True).replace('"', "&quot;").replace("(", "&#40;")
        return f'"{_escape_first(shown)}":{target}{gap}'


def _code_lines(text: str) -> Iterator[Inline]:
    for number, line in enumerate(text.split("\n")):
        if number:
            yield Break()
        yield Code(line)


def _free(before: str, after: str) -> bool:
    """Whether Textile sees a mark there."""
    return not after.isalnum() and before in {"", " ", "(", ">"}


def _ends_link(following: Inline | None, *, last: bool) -> bool:
    """Whether Textile sees the end of an address before `following`."""
    match following:
        case None:
            return last
        case Code():
            return True
        case Text(text):
            return bool(_AFTER_LINK.match(text))
        case _:
            return False


def _whole_address(url: str) -> str:
    """An address whose last character is not taken for punctuation of the sentence."""
    if url[-1].isalnum() or url[-1] in "/=":
        return url
    return url[:-1] + "".join(f"%{byte:02X}" for byte in url[-1].encode())


def _escape(text: str, *, inside: bool = False, opens: bool = False) -> str:
    """`inside`: a mark or a link is around, which `text` might end; `opens`: a mark stands right before."""
    escaped = _ACTIVE.sub(lambda found: "".join(map(_reference, found[0])), text)
    if inside:
        escaped = _CLOSES.sub(lambda found: _reference(found[0]), escaped)
    return _escape_first(escaped) if opens else escaped


def _escape_first(text: str) -> str:
    """A bracket after a mark would be a style, and `*=` or `*#` in front of a blank an item of a list."""
    return _reference(text[0]) + text[1:] if text[:1] in set("()[{=<>#*") else text


def _reference(char: str) -> str:
    return f"&#{ord(char)};"
