"""Zendesk's rich text, HTML, <-> Markdown."""

from __future__ import annotations

from typing import Final

from syncd.core.model import RichText
from syncd.sdk.text.characters import storable
from syncd.sdk.text.compose import compose
from syncd.sdk.text.defuse import Target
from syncd.sdk.text.html import from_html, to_html
from syncd.sdk.text.markdown import render
from syncd.sdk.text.tree import Document, Rendered

LIMIT: Final = 64_000
"""Bytes of UTF-8. Zendesk cuts more than "64 kB" silently and does not say which kB (ticket_comments)."""

TARGET: Final = Target(placeholders_in_code=True)  # Liquid is filled in before the HTML is read


def read(source: str) -> RichText:
    """An `html_body` as Zendesk answered it; blanks that it wrapped or collapsed mean nothing."""
    converted = from_html(source)
    return RichText(markdown=render(converted.document), source=storable(source), lost=converted.lost)


def write(markdown: str, *, limit_link: str = "") -> Rendered[str]:
    """An `html_body` for the API; a text over the limit ends with `limit_link`."""
    return compose(
        markdown, target=TARGET, write=_html, size=lambda html: len(html.encode()), limit=LIMIT, link=limit_link
    )


def _html(document: Document) -> Rendered[str]:
    return Rendered(to_html(document))
