"""Freshdesk's rich text, HTML, <-> Markdown, without the mark that our own comments carry in it.

A conversation has no place for a key: no external id, no metadata, and attributes of HTML may be cleaned away. So the
key is a mark in its text (`sdk.text.mark`).
"""

from __future__ import annotations

from typing import Final

from syncd.core.model import RichText
from syncd.sdk.text.characters import storable
from syncd.sdk.text.compose import compose
from syncd.sdk.text.defuse import Target
from syncd.sdk.text.html import from_html, to_html
from syncd.sdk.text.mark import split
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
