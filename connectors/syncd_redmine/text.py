"""Redmine's rich text, CommonMark or Textile by the server's setting, <-> Markdown.

The API does not tell which of the two a server is set to, so the connection's config does.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from syncd.core.model import RichText
from syncd.sdk.text.characters import storable
from syncd.sdk.text.compose import compose
from syncd.sdk.text.defuse import Target
from syncd.sdk.text.markdown import parse, render
from syncd.sdk.text.tree import Document, Rendered
from syncd_redmine.textile import from_textile
from syncd_redmine.textile_writer import to_textile

Formatting: TypeAlias = Literal["common_mark", "textile"]

LIMIT: Final = 1_000_000
"""Characters. Redmine states none; what is longer would stall the page of the issue."""

TARGET: Final = Target(mentions_in_source=True, wiki_links=True)


def read(source: str, *, formatting: Formatting) -> RichText:
    """A description or note as Redmine answered it, with LF or CRLF."""
    text = storable(source)
    if formatting == "textile":
        converted = from_textile(text)
        return RichText(markdown=render(converted.document), source=text, lost=converted.lost)
    return RichText(markdown=render(parse(text)), source=text)


def write(markdown: str, *, formatting: Formatting, limit_link: str = "") -> Rendered[str]:
    """A description or note for the API, with LF."""
    return compose(
        markdown,
        target=TARGET,
        write=to_textile if formatting == "textile" else _common_mark,
        size=len,
        limit=LIMIT,
        link=limit_link,
    )


def _common_mark(document: Document) -> Rendered[str]:
    return Rendered(render(document))
