"""A key in characters of no width behind the last word of an HTML text, for vendors whose comments hold nothing else.

It is text, which no cleaning of HTML touches, and shows nothing in a portal or a mail. Texts that are carried over
lose such characters on the way (`characters.visible`).
"""

from __future__ import annotations

import re
from typing import Final

_DIGITS: Final = "\u200b\u200c\u200d\u2060"  # four characters of no width that text and mails may hold, two bits each


def _hidden(words: str) -> str:
    return "".join(_DIGITS[byte >> shift & 3] for byte in words.encode() for shift in (6, 4, 2, 0))


def _shown(digits: str) -> str:
    bits = [_DIGITS.index(digit) for digit in digits]
    quads = zip(*[iter(bits)] * 4, strict=True)
    return bytes(a << 6 | b << 4 | c << 2 | d for a, b, c, d in quads).decode(errors="replace")


_BEGIN: Final = _hidden("syncd:")
_MARK: Final = re.compile(rf"{_BEGIN}((?:[{_DIGITS}]{{4}})*)")
_ALONE: Final = re.compile(rf"<p>{_BEGIN}(?:[{_DIGITS}]{{4}})*</p>\Z")


def marked(html: str, key: str) -> str:
    """`html` with the key behind its last word, never inside code, which people copy."""
    mark = f"{_BEGIN}{_hidden(key)}"
    return f"{html[:-4]}{mark}</p>" if html.endswith("</p>") else f"{html}<p>{mark}</p>"


def split(html: str) -> tuple[str, str | None]:
    """A body without marks, and the key of the first one: what follows it is at most a quoted thread.

    Whose the mark is, is for the caller to ask: a quoting customer copies it too.
    """
    found = _MARK.search(html)
    if found is None:
        return html, None
    return _MARK.sub("", _ALONE.sub("", html)), _shown(found[1])
