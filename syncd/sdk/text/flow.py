"""Blocks as a reader finds them in a stream of words: for formats in which words may stand anywhere."""

from __future__ import annotations

from dataclasses import dataclass

from syncd.sdk.text.normal import Mark, Run, unflatten
from syncd.sdk.text.tree import Block, Break, Paragraph, Text


@dataclass(frozen=True, slots=True)
class Around:
    """What encloses a word, and how deep."""

    marks: frozenset[Mark] = frozenset()
    url: str = ""
    depth: int = 0  # blocks
    elements: int = 0


class Flow:
    """Collects words and blocks in order; words between blocks become paragraphs."""

    def __init__(self) -> None:
        self._blocks: list[Block] = []
        self._runs: list[Run] = []

    def add(self, run: Run) -> None:
        self._runs.append(run)

    def text(self, text: str | None, around: Around) -> None:
        if text:
            self._runs.append(Run(Text(text), around.marks, around.url))

    def new_line(self) -> None:
        """The next word starts a line, unless it does so anyway."""
        last = next((run for run in reversed(self._runs) if not _is_blank(run)), None)
        if last and last.atom != Break():
            self._runs.append(Run(Break()))

    def block(self, *blocks: Block) -> None:
        self.end()
        self._blocks += blocks

    def end(self) -> None:
        """The next word starts a paragraph."""
        if self._runs:
            self._blocks.append(Paragraph(unflatten(self._runs)))
            self._runs = []

    def finish(self) -> list[Block]:
        self.end()
        return self._blocks


def _is_blank(run: Run) -> bool:
    return isinstance(run.atom, Text) and not run.atom.text.strip(" \t\n\r\f")
