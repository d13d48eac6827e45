"""Characters that a text may not carry: unstorable ones, control characters, and invisible ones that deceive."""

from __future__ import annotations

import re
import unicodedata

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane | end) for plane in range(0, 0x110000, 0x10000) for end in (0xFFFE, 0xFFFF))
    + "]"
)
_JOINERS = "\u200c\u200d"  # Persian, Indic scripts and emoji need them between two of their characters
_DIRECTION_MARKS = "\u200e\u200f\u061c"  # harmless beside right-to-left letters, where people type them
_PREPENDED = re.compile("[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd]")  # visible, though "format"
_BLANK_LETTERS = re.compile("[\u115f\u1160\u3164\uffa0]")  # Hangul fillers: letters that show nothing
_TAGGED_FLAG = re.compile("\U0001f3f4[\U000e0061-\U000e007a\U000e0030-\U000e0039]{3,6}\U000e007f")
_SUSPECT = re.compile(
    "[\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001345f\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e007f]"
)


def storable(text: str) -> str:
    """`text` without U+0000 and lone surrogates, which neither UTF-8 nor PostgreSQL can hold, and with LF line ends."""
    return _UNSTORABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def printable(text: str) -> str:
    """`text` without control characters and noncharacters; every kind of line end is a LF, tabs stay."""
    return _UNPRINTABLE.sub("", _LINE_ENDS.sub("\n", text))


def visible(text: str) -> str:
    """`text` without invisible characters that reorder, split or smuggle text (reliability.md, P7).

    Joiners stay between characters of scripts that need them, direction marks beside right-to-left letters, and the
    tags of a flag emoji: a name or an emoji is never damaged.
    """
    if not _SUSPECT.search(text):
        return text
    flags = {at for flag in _TAGGED_FLAG.finditer(text) for at in range(*flag.span())}
    return "".join(char for at, char in enumerate(text) if at in flags or _stays(text, at))


def _stays(text: str, at: int) -> bool:
    char = text[at]
    if char in _JOINERS:
        return _joinable(text, at - 1) and _joinable(text, at + 1)
    if char in _DIRECTION_MARKS:
        return _right_to_left(text, at - 1) or _right_to_left(text, at + 1)
    if _BLANK_LETTERS.match(char):
        return False
    return unicodedata.category(char) != "Cf" or bool(_PREPENDED.match(char))


def _joinable(text: str, at: int) -> bool:
    if not 0 <= at < len(text) or _BLANK_LETTERS.match(text[at]):
        return False
    return text[at] > "\x7f" and unicodedata.category(text[at])[0] in "LMS"


def _right_to_left(text: str, at: int) -> bool:
    return (
        0 <= at < len(text)
        and unicodedata.category(text[at]) != "Cf"
        and unicodedata.bidirectional(text[at]) in {"R", "AL"}
    )


def clip(text: str, length: int) -> str:
    """At most the first `length` code points of `text`, never cutting a combining sequence or a joined emoji in two."""
    if len(text) <= length:
        return text
    end = max(length, 0)
    while end and _continues(text, end):
        end -= 1
    return text[:end]


def _continues(text: str, at: int) -> bool:
    char, before = text[at], text[at - 1]
    return (
        unicodedata.category(char)[0] == "M"
        or char in _JOINERS
        or before == "\u200d"
        or "\U0001f3fb" <= char <= "\U0001f3ff"  # skin tones
        or "\U000e0020" <= char <= "\U000e007f"  # tags of a flag
        or ("\U0001f1e6" <= char <= "\U0001f1ff" and _odd_flags(text, at))
    )


def _odd_flags(text: str, at: int) -> bool:
    start = at
    while start and "\U0001f1e6" <= text[start - 1] <= "\U0001f1ff":
        start -= 1
    return (at - start) % 2 == 1
