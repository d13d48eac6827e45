"""Freshdesk's rich text, HTML, <-> Markdown, and the mark that our own comments carry in it.

A conversation has no place for a key: no external id, no metadata, and attributes of HTML may be cleaned away. So the
key stands behind the last word in characters that nothing shows: they are text, which no cleaning of HTML touches.
"""

from __future__ import annotations

import re
from typing import Final

from syncd.core.model import RichText
from syncd.sdk.text.characters import storable
from syncd.sdk.text.compose import compose
from syncd.sdk.text.defuse import Target
from syncd.sdk.text.html import from_html, to_html
from syncd.sdk.text.markdown import render
from syncd.sdk.text.tree import Document, Rendered

LIMIT: Final = 1_000_000
"""Bytes of UTF-8. The documents name no limit; a mail of more than this is no comment."""

TARGET: Final = Target(placeholders_in_code=True)  # Freshdesk fills `{{ticket.subject}}` into what it mails


def read(source: str) -> RichText:
    """A `body` as Freshdesk answered it, without any mark."""
    bare, _ = split(source)
    converted = from_html(bare)
    return RichText(markdown=render(converted.document), source=storable(bare), lost=converted.lost)


def write(markdown: str, *, limit_link: str = "") -> Rendered[str]:
    """A `body` for the API; a text over the limit ends with `limit_link`."""
    return compose(
        markdown, target=TARGET, write=_html, size=lambda html: len(html.encode()), limit=LIMIT, link=limit_link
    )


def _html(document: Document) -> Rendered[str]:
    return Rendered(to_html(document))


# --- the mark --------------------------------------------------------------------------------------------------------

_DIGITS: Final = "\u200b\u200c\u200d\u2060"  # four characters of no width that text and mails may hold, two bits each


def _hidden(words: str) -> str:
    return "".join(_DIGITS[byte >> shift & 3] for byte in words.encode() for shift in (6, 4, 2, 0))


def _shown(digits: str) -> str:
    bits = [_DIGITS.index(digit) for digit in digits]
    quads = zip(*[iter(bits)] * 4, strict=True)
    return bytes(a << 6 | b << 4 | c << 2 | d for a, b, c, d in quads).decode(errors="replace")


_BEGIN: Final = _hidden("syncd:")
_MARK: Final = re.compile(rf"{_BEGIN}((?:[{_DIGITS}]{{4}})*)")
_ALONE: Final = re.compile(rf"<p>{_BEGIN}(?:[{_DIGITS}]{{4}})*</p>\Z")


def marked(html: str, key: str) -> str:
    """`html` with the key behind its last word, never inside code, which people copy."""
    mark = f"{_BEGIN}{_hidden(key)}"
    return f"{html[:-4]}{mark}</p>" if html.endswith("</p>") else f"{html}<p>{mark}</p>"


def split(html: str) -> tuple[str, str | None]:
    """A body without marks, and the key of the first one: what follows it is at most a quoted thread.

    Whose the mark is, is for the caller to ask: a quoting customer copies it too.
    """
    found = _MARK.search(html)
    if found is None:
        return html, None
    return _MARK.sub("", _ALONE.sub("", html)), _shown(found[1])
