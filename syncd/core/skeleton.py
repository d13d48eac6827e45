"""What a reader sees of a Markdown text, and where in the text each character of it stands.

A card number is the same number in bold in its middle, in full-width digits or with invisible characters between its
digits. `core.redact` therefore searches the skeleton and cuts in the text itself.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

OPAQUE = "\ue000"
"""Stands for something that no pattern may match, cross or join: what was removed already."""
BREAK = "\ue001"
"""Stands for markup where that is taken for the end of a word: `**Order 12**4111...` is no longer number."""

_UNSEEN = re.compile(
    r"""
    (?P<opaque> \((?:secret|account-number|id-number|e-mail|phone|word)-removed\) )
    | (?P<markup> (?:\\?\*)+ | (?:\\?~){2} | (?:\\?`)+ | <!--\s*-->
        | </?(?:b|i|u|s|em|strong|code|mark|sub|sup|span|wbr)\s*/?> )
    | \\(?P<escaped> [!-/:-@\[-`{-~] )
    | &\#(?P<decimal> [0-9]{1,7} ); | &\#[xX](?P<hex> [0-9a-fA-F]{1,6} );
    | %(?P<percent> [2-7][0-9a-fA-F] )
    | (?P<foreign> [^\x00-\x7f] )
    """,
    re.VERBOSE,
)
_DASHES = frozenset("‐‑‒–—―−﹣－")
_NO_MARK = frozenset({0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0, *range(0xFE00, 0xFE10)})
"""Not of category Cf, and yet nobody sees them: joiners, fillers and variation selectors."""


@dataclass(frozen=True, slots=True)
class Skeleton:
    """`text` is what is seen; its character `n` stands at `starts[n]` to `ends[n]` of the original.

    `markup` are the places of what formats and is not seen itself: start, end.
    """

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    markup: tuple[tuple[int, int], ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where in the original these characters of the skeleton stand."""
        return self.starts[start], self.ends[end - 1]


def skeleton(text: str, *, markup_as: str = "") -> Skeleton:
    """The skeleton of a Markdown text.

    Args:
        markup_as: what stands for markup: nothing, as it is seen, or BREAK.
    """
    seen: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    markup: list[tuple[int, int]] = []
    for start, end, seen_there, formats in _pieces(text):
        shown = markup_as if formats else seen_there
        if formats:
            markup.append((start, end))
        for at, char in enumerate(shown):
            plain = len(shown) == end - start
            seen.append(char)
            starts.append(start + at if plain else start)
            ends.append(start + at + 1 if plain else end)
    return Skeleton("".join(seen), tuple(starts), tuple(ends), tuple(markup))


def _pieces(text: str) -> Iterator[tuple[int, int, str, bool]]:
    """Start, end, what is seen there, and whether it formats."""
    at = 0
    for found in _UNSEEN.finditer(text):
        if found.start() > at:
            yield at, found.start(), text[at : found.start()], False
        yield found.start(), found.end(), _seen(found), found.lastgroup == "markup"
        at = found.end()
    if at < len(text):
        yield at, len(text), text[at:], False


def _seen(found: re.Match[str]) -> str:
    match found.lastgroup:
        case "opaque":
            return OPAQUE
        case "markup":
            return ""
        case "escaped":
            return found["escaped"]
        case "decimal":
            return _character(int(found["decimal"]))
        case "hex":
            return _character(int(found["hex"], 16))
        case "percent":
            return chr(int(found["percent"], 16))
        case _:
            return _folded(found["foreign"])


def _character(point: int) -> str:
    if not 0 < point <= 0x10FFFF or 0xD800 <= point <= 0xDFFF:
        return "\ufffd"
    return _folded(chr(point))


def _folded(char: str) -> str:
    """A character in its plainest form: every script's digits as 0 to 9, dashes as `-`; nothing for what is unseen."""
    if unicodedata.category(char) == "Cf" or ord(char) in _NO_MARK:
        return ""
    if char in _DASHES:
        return "-"
    digit = unicodedata.digit(char, None)
    return (
        str(digit) if digit is not None and unicodedata.category(char) == "Nd" else unicodedata.normalize("NFKC", char)
    )
