"""The way of every text to a vendor: parse, neutralise, cut to the vendor's limit, write."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from syncd.sdk.connector import File
from syncd.sdk.text.defuse import Target, defuse
from syncd.sdk.text.limit import shorten
from syncd.sdk.text.markdown import parse, render
from syncd.sdk.text.tree import Document, Paragraph, Rendered, Source, Text


def compose(
    markdown: str,
    *,
    target: Target,
    write: Callable[[Document], Rendered[Source]],
    size: Callable[[Source], int],
    limit: int,
    link: str = "",
) -> Rendered[Source]:
    """`markdown` as the vendor takes it, inert there and no longer than `limit` in the vendor's units.

    `link` is where the whole text can be read; a cut text ends with it.
    """
    safe = defuse(parse(markdown), target)
    cut = shorten(safe.document, size=lambda part: size(write(part).source), limit=limit, link=link)
    written = write(cut.document)
    return Rendered(written.source, tuple(dict.fromkeys((*safe.lost, *cut.lost, *written.lost))))


def naming_files(markdown: str, files: Iterable[File]) -> str:
    """`markdown`, and below it a line for each file: what a vendor that takes none shows in their place."""
    return "\n\n".join([markdown, *map(_left_behind, files)])


def _left_behind(file: File) -> str:
    return render(Document((Paragraph((Text(f"[{file.name}, {file.size} bytes, stays where it was]"),)),)))
