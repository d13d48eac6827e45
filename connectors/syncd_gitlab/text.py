"""GitLab's rich text, CommonMark with extensions, <-> Markdown."""

from __future__ import annotations

import re
from typing import Final

from syncd.core.model import RichText
from syncd.sdk.text.compose import compose
from syncd.sdk.text.defuse import Target
from syncd.sdk.text.markdown import parse, render
from syncd.sdk.text.tree import Document, Rendered
from syncd_gitlab.source import taken_apart

LIMIT: Final = 990_000
"""Characters. GitLab takes 1,000,000 (doc/api/notes.md); the rest is for links to files and our mark."""

TARGET: Final = Target(wiki_links=True)

_LONG_FENCE = re.compile(r"^[ >]*`{4,}", re.MULTILINE)
_COMMAND = re.compile(r"^/(?=[A-Za-z])", re.MULTILINE)


def read(text: str, *, project: int = 0) -> RichText:
    """A description or note as GitLab answered it, without our mark, hidden comments and links to files."""
    parts = taken_apart(text, project=project)
    return RichText(markdown=render(parse(parts.words)), source=parts.words, lost=parts.lost)


def write(markdown: str, *, limit_link: str = "") -> Rendered[str]:
    """A description or note for the API; a text over the limit ends with `limit_link`."""
    return compose(markdown, target=TARGET, write=_silent, size=len, limit=LIMIT, link=limit_link)


def _silent(document: Document) -> Rendered[str]:
    """GitLab looks for quick actions in the unrendered text, and takes three ticks within code for its end."""
    text = render(document)
    if not _LONG_FENCE.search(text):
        return Rendered(text)
    silent = _COMMAND.sub("／", text)
    return Rendered(silent, ("slash at the start of a line of code",) if silent != text else ())
