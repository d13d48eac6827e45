"""Our key in a comment, and which files came with it, in characters that nothing shows. Pure.

A journal entry is a text and nothing else: no property, no external id. So key and files stand behind the last word in
characters without width, which neither the activity stream nor a mail shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_DIGITS: Final = "\u200b\u200c\u200d\u2060"  # two bits each; a joiner stands between other invisible ones only
_MAGIC: Final = b"syncd1"
_FILE = 16  # bytes of a sys_id


@dataclass(frozen=True, slots=True)
class Mark:
    """Whose it is, is for the caller to ask: who quotes our comment copies it too."""

    key: str
    files: tuple[str, ...] = ()  # sys_ids


def marked(text: str, key: str, files: Iterable[str] = ()) -> str:
    said = key.encode()
    payload = _MAGIC + bytes([len(said)]) + said + b"".join(map(bytes.fromhex, files))
    return text + "".join(_DIGITS[byte >> shift & 3] for byte in payload for shift in (6, 4, 2, 0))


def length(key: str, files: int) -> int:
    """Characters of a mark, so that text and mark together stay below a limit."""
    return 4 * (len(_MAGIC) + 1 + len(key.encode()) + _FILE * files)


_BEGIN: Final = marked("", "")[: 4 * len(_MAGIC)]
_MARK: Final = re.compile(rf"{_BEGIN}((?:[{_DIGITS}]{{4}})*)")


def split(text: str) -> tuple[str, Mark | None]:
    """A text without marks, and the last one in it."""
    found = list(_MARK.finditer(text))
    return (_MARK.sub("", text), _read(found[-1][1])) if found else (text, None)


def _read(digits: str) -> Mark | None:
    bits = [_DIGITS.index(digit) for digit in digits]
    payload = bytes(a << 6 | b << 4 | c << 2 | d for a, b, c, d in zip(*[iter(bits)] * 4, strict=True))
    if not payload or len(payload) < 1 + payload[0]:
        return None
    key, files = payload[1 : 1 + payload[0]], payload[1 + payload[0] :]
    if len(files) % _FILE:
        return None
    listed = tuple(files[at : at + _FILE].hex() for at in range(0, len(files), _FILE))
    return Mark(key.decode(errors="replace"), listed)
