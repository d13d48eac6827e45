"""The laws of every `text.py`, for whatever format a vendor has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from syncd.core.model import RichText
from syncd.sdk.text.defuse import Target, defuse
from syncd.sdk.text.markdown import parse, render
from syncd.sdk.text.tree import Document, Rendered


@dataclass(frozen=True, slots=True)
class Format:
    """One form of rich text at one vendor."""

    read: Callable[[Any], RichText]
    write: Callable[[str], Rendered[Any]]
    target: Target

    def inert(self, document: Document) -> str:
        """Canonical Markdown that this vendor would be sent as it is."""
        return render(defuse(document, self.target).document)


def comes_back_or_is_named_as_lost(format: Format, document: Document) -> None:
    """What is kept comes back as the same canonical Markdown; what is not, `lost` names."""
    markdown = format.inert(document)
    written = format.write(markdown)
    if not written.lost:
        assert format.read(written.source).markdown == markdown


def comes_back(format: Format, markdown: str) -> None:
    """`markdown` is within what the format can say."""
    assert render(parse(markdown)) == markdown
    written = format.write(markdown)
    assert written.lost == ()
    read = format.read(written.source)
    assert read.markdown == markdown
    assert read.lost == ()
