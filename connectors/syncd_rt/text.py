"""Request Tracker's two content types, text/plain and text/html, <-> Markdown."""

from __future__ import annotations

from dataclasses import dataclass
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

PLAIN: Final = "text/plain"
HTML: Final = "text/html"
LIMIT: Final = 1_000_000
"""Characters. RT states none for a message; what is longer would stall the page of the ticket."""

TARGET: Final = Target()


@dataclass(frozen=True, slots=True)
class Content:
    """What `Content` and `ContentType` of a request are set to."""

    content: str
    content_type: str


def read(content: str, content_type: str) -> RichText:
    """A message as RT keeps it. Plain text comes through literally: nothing that a customer typed is markup."""
    if content_type.partition(";")[0].strip().lower() == HTML:
        converted = from_html(content)
        return RichText(markdown=render(converted.document), source=storable(content), lost=converted.lost)
    return RichText(markdown=render(from_plain(content)), source=storable(content))


def write(markdown: str, *, limit_link: str = "") -> tuple[str, str]:
    """Content and content type for the API: text/html where there is formatting, else text/plain."""
    content = rendered(markdown, limit_link=limit_link).source
    return content.content, content.content_type


def rendered(markdown: str, *, limit_link: str = "") -> Rendered[Content]:
    """The same with what could not be carried."""
    return compose(
        markdown,
        target=TARGET,
        write=_content,
        size=lambda written: len(written.content),
        limit=LIMIT,
        link=limit_link,
    )


def _content(document: Document) -> Rendered[Content]:
    canonical = normalise(document)
    if is_plain(canonical):
        return Rendered(Content(to_plain(canonical), PLAIN))
    return Rendered(Content(to_html(canonical), HTML))
