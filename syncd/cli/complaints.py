"""Complaints as a good compiler prints them: the line itself, a mark under the word, what was expected, what to try."""

from __future__ import annotations

import dataclasses
import sys
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from syncd.cli.source import excerpt, lines_of
from syncd.errors import Complaint
from syncd.log import escaped


def console(*, stderr: bool = False) -> Console:
    """A terminal, or a pipe; NO_COLOR and COLUMNS are respected."""
    return Console(stderr=stderr, highlight=False, emoji=False, markup=False, soft_wrap=True)


def show(complaints: Sequence[Complaint], *, to: Console | None = None) -> None:
    """Print all of them, in the order of the files, with a count at the end."""
    out = to or console(stderr=True)
    files: dict[str, list[str]] = {}
    for complaint in complaints:
        if complaint.file not in files:
            files[complaint.file] = lines_of(complaint.file)
        for line in rendered(complaint, files[complaint.file], width=out.width):
            out.print(line)
        out.print()
    out.print(Text(summary(complaints), style="bold"))


def rendered(complaint: Complaint, lines: list[str], *, width: int) -> list[Text]:
    """One complaint as lines that fit into `width` cells, as far as words allow."""
    sort, colour = ("note", "cyan") if complaint.notice else ("error", "red")
    margin = len(str(complaint.line)) + 1
    head = Text.assemble((sort, f"bold {colour}"), (f": {escaped(complaint.problem)}", "bold"))
    place = f"{complaint.file}:{complaint.line}:{complaint.column}"
    out = [*_wrapped(head, width), Text.assemble((" " * (margin - 1) + "--> ", "blue"), place, f"  {complaint.key}")]
    shown = excerpt(lines, complaint.line, column=complaint.column, length=complaint.length, width=width - margin - 3)
    if shown:
        bar = " " * margin + "|"
        out.append(Text(bar, style="blue"))
        out.append(Text.assemble((f"{complaint.line} | ", "blue"), shown.text))
        out.append(Text.assemble((bar + " ", "blue"), " " * shown.offset, ("^" * shown.length, f"bold {colour}")))
    for label, text in (("expected", complaint.expected), ("try", complaint.remedy)):
        out.extend(_advice(label, text, margin, width))
    return out


def _advice(label: str, text: str, margin: int, width: int) -> list[Text]:
    if not text:
        return []
    lead = " " * margin + f"= {label}: "
    first, *example = text.split("\n")
    lines = textwrap.wrap(escaped(first), max(width - len(lead), 20), break_long_words=False, break_on_hyphens=False)
    out = [Text.assemble((lead, "blue"), lines[0])]
    out.extend(Text(" " * len(lead) + line) for line in lines[1:])
    out.extend(Text(" " * (margin + 2) + escaped(line)) for line in example)
    return out


def _wrapped(text: Text, width: int) -> list[Text]:
    lines = textwrap.wrap(text.plain, max(width, 20), break_long_words=False, break_on_hyphens=False)
    if len(lines) == 1:
        return [text]
    style = text.spans[0].style if text.spans else ""
    return [Text(line, style=style) for line in lines]


def summary(complaints: Sequence[Complaint]) -> str:
    """ "3 errors and 1 note in 2 files"."""
    notes = sum(complaint.notice for complaint in complaints)
    files = len({complaint.file for complaint in complaints})
    parts = [_counted(len(complaints) - notes, "error"), *([_counted(notes, "note")] if notes else [])]
    return f"{' and '.join(parts)} in {_counted(files, 'file')}"


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def as_json(complaints: Sequence[Complaint]) -> list[Mapping[str, Any]]:
    """For `--json`: the same, as objects."""
    return [dataclasses.asdict(complaint) for complaint in complaints]


def print_json(value: Any) -> None:
    """One JSON document on standard output, with nothing around it."""
    import json

    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")
