"""Gitea's Markdown <-> Markdown in neutral form, and titles that Gitea takes."""

from __future__ import annotations

from typing import Final

from syncd.core.model import RichText
from syncd.sdk.text.characters import clip, storable
from syncd.sdk.text.compose import compose
from syncd.sdk.text.defuse import Target
from syncd.sdk.text.markdown import parse, render
from syncd.sdk.text.tree import Document, Rendered

LIMIT: Final = 1_000_000
"""Characters: what the SDK reads as Markdown. Gitea documents no limit; the column is a LONGTEXT."""
TITLE_LIMIT: Final = 255
"""Bytes of UTF-8: services/issue/issue.go cuts what is longer (`SplitStringAtByteN`), without a word."""


def read(source: str) -> RichText:
    """A body without our mark. Each line end is one for the reader (`ENABLE_HARD_LINE_BREAK_IN_COMMENTS`)."""
    words = storable(source)
    return RichText(markdown=render(parse(words, keep_lines=True)), source=words)


def write(markdown: str) -> str:
    """A body in which nothing acts: no mention, no reference that closes an issue."""
    return compose(markdown, target=Target(), write=_written, size=len, limit=LIMIT).source


def title(words: str) -> str:
    """One line, cut where we can show that it was."""
    line = " ".join(storable(words).split("\n"))
    if len(line.encode()) <= TITLE_LIMIT:
        return line
    kept = clip(line, TITLE_LIMIT)
    while len(kept.encode()) > TITLE_LIMIT - len("…".encode()):
        kept = clip(kept, len(kept) - 1)
    return f"{kept}…"


def _written(document: Document) -> Rendered[str]:
    return Rendered(render(document))
