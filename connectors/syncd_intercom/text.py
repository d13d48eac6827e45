"""Intercom's two texts <-> Markdown: HTML in messages, bare words in a ticket's description.

A message has no place for a key, so ours stands in it as a mark (`sdk.text.mark`).
"""

from __future__ import annotations

import re
from typing import Final

from syncd.core.model import RichText
from syncd.sdk.text.characters import storable
from syncd.sdk.text.compose import compose
from syncd.sdk.text.defuse import Target
from syncd.sdk.text.html import from_html, to_html
from syncd.sdk.text.mark import split
from syncd.sdk.text.markdown import render
from syncd.sdk.text.plain import from_plain, is_plain, to_plain
from syncd.sdk.text.tree import Document, Rendered

LIMIT: Final = 500_000
"""Bytes of UTF-8. The documents name no limit; what is longer is no message."""

TARGET: Final = Target(placeholders_in_code=True)  # Intercom fills `{{first_name}}` into what it sends

_SIGNED = re.compile(r'(<img\b[^>]*?\bsrc="[^"?]*)\?[^"]*\b(?:expires|signature)=[^"]*(?=")', re.IGNORECASE)


def read(source: str) -> RichText:
    """A `body` as Intercom answered it, without any mark.

    Addresses of images in it are signed for a while: what changes from answer to answer is no edit, and is left out.
    """
    bare = _SIGNED.sub(r"\1", split(source)[0])
    converted = from_html(bare)
    return RichText(markdown=render(converted.document), source=storable(bare), lost=converted.lost)


def write(markdown: str, *, limit_link: str = "") -> Rendered[str]:
    """A `body` for the API; a text over the limit ends with `limit_link`."""
    return compose(markdown, target=TARGET, write=_html, size=_bytes, limit=LIMIT, link=limit_link)


def read_plain(source: str) -> RichText:
    """A description: nothing in it is markup."""
    return RichText(markdown=render(from_plain(source)), source=storable(source))


def write_plain(markdown: str) -> Rendered[str]:
    """A description, as people write without formatting; `lost` says so where something was formatted."""
    return compose(markdown, target=TARGET, write=_plain, size=_bytes, limit=LIMIT)


def _html(document: Document) -> Rendered[str]:
    return Rendered(to_html(document))


def _plain(document: Document) -> Rendered[str]:
    return Rendered(to_plain(document), () if is_plain(document) else ("formatting",))


def _bytes(text: str) -> int:
    return len(text.encode())
