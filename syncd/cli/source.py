"""A line of a file as a message may show it: no secret, no control character, no longer than the terminal is wide."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from rich.cells import cell_len

_SECRET_KEY = re.compile(
    r"""(?ix) (?: ^ | [\s{,'"-] )
    ( [\w-]* (?: token | secret | passw(?:or)?d | credential | (?:api|private|access)[_-]?key ) [\w-]* | key )
    ["']? \s* : \s* """
)
_USERINFO = re.compile(r"(?<=://)[^/@\s]+(?=@)")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
HIDDEN = "***"


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A line, and where the mark below it goes, in terminal cells from 0."""

    text: str
    offset: int
    length: int


def lines_of(file: str) -> list[str]:
    """The lines of a file, as many as can be read."""
    try:
        return Path(file).read_bytes()[: 1024 * 1024].decode("utf-8-sig", "replace").splitlines()
    except OSError:
        return []


def excerpt(lines: list[str], line: int, *, column: int, length: int, width: int) -> Excerpt | None:
    """Line `line` (from 1) with a mark at `column` (from 1); None where there is no such line."""
    if not 1 <= line <= len(lines):
        return None
    text, start, end = lines[line - 1], column - 1, column - 1 + length
    for hidden_start, hidden_end in reversed(_secrets(lines, line - 1)):
        grown = len(HIDDEN) - (hidden_end - hidden_start)
        text = text[:hidden_start] + HIDDEN + text[hidden_end:]
        start, end = (
            hidden_start if hidden_start <= at < hidden_end else at + grown if at >= hidden_end else at
            for at in (start, end)
        )
        end = max(end, start + len(HIDDEN) if start == hidden_start else start + 1)
    text = _CONTROL.sub(lambda match: "→" if match.group() == "\t" else "�", text).rstrip()
    start, end = min(start, len(text)), min(max(end, start + 1), max(len(text), start + 1))
    return _windowed(text, start, end, width)


def _windowed(text: str, start: int, end: int, width: int) -> Excerpt:
    """Cut to `width` cells around the mark."""
    width = max(width, 12)
    first = 0
    if cell_len(text[:end]) > width:
        first = max(0, start - width // 3)
    shown = ("…" if first else "") + text[first:]
    while cell_len(shown) > width:
        shown = shown[:-2] + "…"
    before = ("…" if first else "") + text[first:start]
    offset = cell_len(before)
    return Excerpt(shown, offset, max(1, min(cell_len(text[start:end]), width - offset)))


def _secrets(lines: list[str], at: int) -> list[tuple[int, int]]:
    """Where in this line something secret may stand: after a key that sounds like it, or inside of an address."""
    text = lines[at]
    if _below_secret(lines, at):
        return [(0, len(text))] if text.strip() else []
    found = [(match.start(), match.end()) for match in _USERINFO.finditer(text)]
    for match in _SECRET_KEY.finditer(text):
        start = match.end()
        end = start + _length(text[start:], flow="{" in text[: match.start() + 1])
        value = text[start:end].strip().strip("\"'")
        if value and not value.startswith(("${", "file:", "{", "[", "#", "|", ">")):
            found = [span for span in found if span[1] <= start or span[0] >= end]
            found.append((start, end))
    return sorted(found)


def _length(text: str, *, flow: bool) -> int:
    """How far the value goes with which `text` begins: to its closing quote, to a comma in a flow table, or all."""
    if text[:1] in ("'", '"'):
        closing = text.find(text[0], 1)
        return closing + 1 if closing > 0 else len(text)
    stop = re.search(r"[,}]", text) if flow else None
    return stop.start() if stop else len(text)


def _below_secret(lines: list[str], at: int) -> bool:
    """Whether this line continues a text that began under a key which sounds secret."""
    indent = _indent(lines[at])
    for line in reversed(lines[:at]):
        if not line.strip() or _indent(line) >= indent:
            continue
        indent = _indent(line)
        match = _SECRET_KEY.search(line)
        value = line[match.end() :].strip() if match else ""
        if match and (not value or value[0] in "|>\"'"):
            return True
    return False


def _indent(line: str) -> int:
    """Its columns, tabs as wide as a terminal shows them: a tab is wrong here, but still further in."""
    wide = line.expandtabs()
    return len(wide) - len(wide.lstrip())
