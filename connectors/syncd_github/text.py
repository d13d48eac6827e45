"""GitHub Flavored Markdown, as issues and comments show it, <-> Markdown in neutral form.

GitHub shows each line end of an issue or a comment as a line end, unlike a README; and hides HTML comments, which
issue templates are full of. Pasted pictures are `<img>` tags on lines of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Final

from syncd.core.model import RichText
from syncd.sdk.text.characters import clip, storable
from syncd.sdk.text.compose import compose
from syncd.sdk.text.defuse import Target
from syncd.sdk.text.limit import utf16_length
from syncd.sdk.text.markdown import parse, render
from syncd.sdk.text.tree import Document, Rendered

LIMIT: Final = 64_000
"""Characters. GitHub takes 65,536 (unconfirmed, as is how it counts); the rest is for our marker and links."""
TITLE_LIMIT: Final = 256

TARGET: Final = Target()

_FENCE = re.compile(r"(?:[ >\t]|[-*+](?= )|\d{1,9}[.)](?= ))*(`{3,}|~{3,})")
_IMAGE = re.compile(r"\s*<img\s[^<>]*>\s*", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"\b(src|alt)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)
_CODE = re.compile(r"(?: {4}|\t)")


def read(source: str) -> RichText:
    """A body as GitHub answered it, without our marker, with LF or CRLF."""
    words, lost = storable(source), dict[str, None]()
    shown = "\n".join(_lines(words.split("\n"), lost))
    return RichText(markdown=render(parse(shown)), source=words, lost=tuple(lost))


def write(markdown: str, *, limit_link: str = "") -> Rendered[str]:
    """A body for the API; a text over the limit ends with `limit_link`."""
    return compose(markdown, target=TARGET, write=_gfm, size=utf16_length, limit=LIMIT, link=limit_link)


def title(words: str) -> str:
    """A title that GitHub takes; one that is too long would keep the whole issue from being made."""
    line = " ".join(words.split("\n"))
    return line if len(line) <= TITLE_LIMIT else f"{clip(line, TITLE_LIMIT - 1)}…"


def _gfm(document: Document) -> Rendered[str]:
    return Rendered(render(document))


def _lines(lines: list[str], lost: dict[str, None]) -> Iterator[str]:
    """What a reader sees, each line end kept; code is left as it is."""
    fence, hidden, blank = "", False, True
    for line in lines:
        if fence.startswith(">") and ">" not in line:  # the quote is over, and with it the code in it
            fence = ""
        code = bool(fence) or (blank and bool(_CODE.match(line)))
        if hidden or (not code and line.lstrip().startswith("<!--")):
            lost["hidden comment"] = None
            _, ended, rest = line.partition("-->")
            hidden = not ended
            yield from [f"{rest}  "] if rest.strip() else []
            continue
        opened = _FENCE.match(line)
        if opened and (not fence or _closes(line, fence)):
            fence = "" if fence else (">" if ">" in opened[0] else "") + opened[1]
            code = True
        yield line if code else _line(line)
        blank = not line.strip() or (blank and code)


def _line(line: str) -> str:
    """A line of words, its end kept."""
    if not line.strip() or line.endswith("\\"):
        return line
    return f"{_as_markdown(line) if _IMAGE.fullmatch(line) else line}  "


def _closes(line: str, fence: str) -> bool:
    bare, mark = line.strip(" >\t"), fence.lstrip(">")
    return set(bare) == {mark[0]} and len(bare) >= len(mark)


def _as_markdown(tag: str) -> str:
    found = {name.lower(): unescape(double or single) for name, double, single in _ATTRIBUTE.findall(tag)}
    address = found.get("src", "")
    if not re.fullmatch(r"https?://[^\s<>()]+", address):
        return tag
    words = re.sub(r"([^\w\s])", r"\\\1", found.get("alt", ""))
    return f"![{words}]({address})"
