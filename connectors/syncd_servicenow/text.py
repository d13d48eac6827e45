"""ServiceNow's texts <-> Markdown: journal entries, which may hold HTML in `[code]` tags, and plain columns.

"Journal fields render text wrapped in code tags as HTML" (c_JournalFields.html). A tag that a person typed must
therefore never reach a journal as it stands: in HTML its bracket is written as a character reference, in plain text it
is exchanged for one that looks like it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from syncd.core.model import RichText
from syncd.sdk.text.characters import storable
from syncd.sdk.text.compose import compose
from syncd.sdk.text.defuse import Target
from syncd.sdk.text.html import from_html, to_html
from syncd.sdk.text.markdown import render
from syncd.sdk.text.normal import normalise
from syncd.sdk.text.plain import from_plain, is_plain, to_plain
from syncd.sdk.text.tree import Converted, Document, Rendered
from syncd_servicenow import mark

TARGET: Final = Target()
PLAIN_TARGET: Final = Target(placeholders_in_code=True, mentions_in_source=True)
"""Plain text has no code: what would be inert in it stands there like any other words."""

FORMATTING: Final = "formatting: this text is plain at ServiceNow"

_TAGGED = re.compile(r"\[code\](.*?)\[/code\]", re.IGNORECASE | re.DOTALL)
_MENTION = re.compile(r"(?<![^\W_])@(?=[\w.@\-])")  # of code blocks, the only ones that are left
_TAG = re.compile(r"\[(?=/?code\])", re.IGNORECASE)


def read(value: str, *, rich: bool = True) -> RichText:
    """A journal entry as the instance keeps it, without our mark."""
    bare = storable(mark.split(value)[0])
    parts = list(_parts(bare)) if rich else [Converted(from_plain(bare))]
    blocks = tuple(block for part in parts for block in part.document.blocks)
    lost = tuple(dict.fromkeys(word for part in parts for word in part.lost))
    return RichText(markdown=render(Document(blocks)), source=bare, lost=lost)


def _parts(text: str) -> Iterator[Converted]:
    """Plain words and pieces of HTML in turn; nothing that a customer typed outside of the tags is markup."""
    pieces = _TAGGED.split(text)
    for at, piece in enumerate(pieces):
        if at % 2:
            yield from_html(piece)
            continue
        words = piece.lstrip(" ") if at else piece  # blanks beside a tag are no indent
        yield Converted(from_plain(words.rstrip(" ") if at < len(pieces) - 1 else words))


def write(markdown: str, *, rich: bool, limit: int, limit_link: str = "") -> Rendered[str]:
    """A journal entry: HTML in a `[code]` tag where there is formatting, else plain words."""
    if not rich:
        return write_column(markdown, limit=limit, limit_link=limit_link)
    return compose(markdown, target=TARGET, write=_rich, size=len, limit=limit, link=limit_link)


def _rich(document: Document) -> Rendered[str]:
    canonical = normalise(document)
    plain = to_plain(canonical)
    if is_plain(canonical) and not _TAG.search(plain):
        return Rendered(plain)
    return Rendered(f"[code]{_TAG.sub('&#91;', to_html(canonical))}[/code]")


def _plain(document: Document) -> Rendered[str]:
    canonical = normalise(document)
    written = _MENTION.sub("＠", _TAG.sub("［", to_plain(canonical)))
    return Rendered(written, () if is_plain(canonical) else (FORMATTING,))


def read_column(value: str) -> RichText:
    """A column of plain text (`description`), literally."""
    return RichText(markdown=render(from_plain(value)), source=storable(value))


def write_column(markdown: str, *, limit: int, limit_link: str = "") -> Rendered[str]:
    """Plain text, and what it does not say."""
    return compose(markdown, target=PLAIN_TARGET, write=_plain, size=len, limit=limit, link=limit_link)
