"""HubSpot's two forms of text <-> Markdown: notes and mails are HTML, a ticket's `content` is plain.

A note's text is "limited to 65,536 characters" (the notes guide). For `content` none is documented; it gets the same.
"""

from __future__ import annotations

from typing import Final

from syncd.core.model import RichText
from syncd.sdk.text.characters import storable
from syncd.sdk.text.compose import compose
from syncd.sdk.text.defuse import Target
from syncd.sdk.text.html import from_html, to_html
from syncd.sdk.text.markdown import render
from syncd.sdk.text.normal import normalise
from syncd.sdk.text.plain import from_plain, is_plain, to_plain
from syncd.sdk.text.tree import Document, Rendered

LIMIT: Final = 65_536
"""Characters, counted as UTF-16 counts them: the larger of the two ways to read the guide."""

TARGET: Final = Target()
FORMATTING: Final = "formatting"


def read(source: str) -> RichText:
    """A note or a mail as HubSpot answered it."""
    converted = from_html(source)
    return RichText(markdown=render(converted.document), source=storable(source), lost=converted.lost)


def write(markdown: str, *, limit_link: str = "") -> Rendered[str]:
    """`hs_note_body` for the API; a text over the limit ends with `limit_link`."""
    return compose(markdown, target=TARGET, write=_html, size=units, limit=LIMIT, link=limit_link)


def read_plain(source: str) -> RichText:
    """Plain text, literally: nothing that a customer typed is markup."""
    return RichText(markdown=render(from_plain(source)), source=storable(source))


def write_plain(markdown: str, *, limit_link: str = "") -> Rendered[str]:
    """`content` for the API; what words alone cannot say is named as lost."""
    return compose(markdown, target=TARGET, write=_plain, size=units, limit=LIMIT, link=limit_link)


def units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _html(document: Document) -> Rendered[str]:
    return Rendered(to_html(document))


def _plain(document: Document) -> Rendered[str]:
    canonical = normalise(document)
    return Rendered(to_plain(canonical), () if is_plain(canonical) else (FORMATTING,))
