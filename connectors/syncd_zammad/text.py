"""Zammad's two content types, text/html and text/plain, <-> Markdown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from typing import Final

from syncd.core.model import RichText
from syncd.sdk.text.characters import storable
from syncd.sdk.text.compose import compose
from syncd.sdk.text.defuse import Target
from syncd.sdk.text.html import from_html, to_html
from syncd.sdk.text.markdown import render
from syncd.sdk.text.plain import from_plain
from syncd.sdk.text.tree import Document, Rendered

HTML: Final = "text/html"
LIMIT: Final = 1_000_000
"""Characters of HTML. Zammad takes 1,500,000 (app/models/ticket/article.rb) and lengthens each link by itself."""

TARGET: Final = Target()
"""Nothing in an article acts: mentions need an attribute that is never written, and `#{...}` is for triggers."""

_INLINE = re.compile(
    r'<img\b[^>]*?\bsrc="[^"]*?/api/v1/ticket_attachment/(\d{1,18})/(\d{1,18})/(\d{1,18})(?:\?[^"]*)?"[^>]*>',
    re.IGNORECASE,
)


def read(body: str, content_type: str, names: Mapping[int, str] | None = None) -> RichText:
    """A body as Zammad keeps it. Plain text comes through literally: nothing that a customer typed is markup.

    An image in the text that lies at Zammad (ticket-articles.rst, "inline images") is a file of the article; in its
    place stands the name of that file, by `names`, because the address means nothing elsewhere.
    """
    if content_type.partition(";")[0].strip().lower() != HTML:
        return RichText(markdown=render(from_plain(body)), source=storable(body))
    known = names or {}
    shown: list[str] = []

    def named(found: re.Match[str]) -> str:
        shown.append(known.get(int(found[3]), f"image {found[3]}"))
        return escape(f"[{shown[-1]}]")

    converted = from_html(_INLINE.sub(named, body))
    lost = (*converted.lost, *(f"place of the image {name}, which is a file beside the text" for name in shown))
    return RichText(markdown=render(converted.document), source=storable(body), lost=tuple(dict.fromkeys(lost)))


def inline_images(body: str, content_type: str) -> list[tuple[int, int, int]]:
    """(ticket, article, file) of the images in a text that lie at Zammad, each once."""
    if content_type.partition(";")[0].strip().lower() != HTML:
        return []
    found = [(int(match[1]), int(match[2]), int(match[3])) for match in _INLINE.finditer(body)]
    return list(dict.fromkeys(found))


def write(markdown: str, *, limit_link: str = "") -> Rendered[str]:
    """The body of an article, text/html; a text over the limit ends with `limit_link`."""
    return compose(markdown, target=TARGET, write=_html, size=len, limit=LIMIT, link=limit_link)


def _html(document: Document) -> Rendered[str]:
    return Rendered(to_html(document))
