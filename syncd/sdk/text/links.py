"""Addresses in a text: which may be a link, how they are written, and where they stand in plain words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

SCHEMES = frozenset({"http", "https", "mailto", "tel", "ftp"})

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):")
_UNSEEN = r"\x00-\x20\x7f-\xa0\xad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
_INVISIBLE = re.compile(f"[{_UNSEEN}]")
_IGNORED = re.compile(f"(?![ \xa0])[{_UNSEEN}]")  # what browsers leave out of an address
_UNSAFE_CHARACTERS = re.compile(r"[\s\x00-\x1f\x7f-\x9f<>\"`\\{}|^\[\]]")
_BARE = re.compile(
    rf"(?<!\w)https?://\w[^\s<>\"'`|\\^{{}}\[\]{_UNSEEN}\u3000-\u303f\uff00-\uffef]*",  # CJK stops end it too
    re.IGNORECASE,
)


def scheme(url: str) -> str:
    """The scheme of `url` in lower case as a browser would see it, "" for a relative address."""
    found = _SCHEME.match(_INVISIBLE.sub("", url))
    return found[1].lower() if found else ""


def clean(url: str) -> str:
    """`url` with the characters that no address has written as percent escapes, or "" where it is not safe to follow.

    Relative addresses pass: they are of no use elsewhere, but do no harm. Idempotent.
    """
    bare = _IGNORED.sub("", url.strip()) if scheme(url) else url.strip()
    if scheme(bare) not in SCHEMES | {""}:
        return ""
    return _UNSAFE_CHARACTERS.sub(lambda found: quote(found[0], safe=""), bare)


def absolute(url: str) -> bool:
    """Whether `url` means the same everywhere."""
    return scheme(url) in SCHEMES


def bare_links(text: str) -> Iterator[tuple[int, int]]:
    """Where http addresses stand in plain words, without the punctuation of the sentence around them."""
    for found in _BARE.finditer(text):
        url = found[0].rstrip(".,:;!?*_~'")
        while url.endswith(")") and url.count(")") > url.count("("):
            url = url[:-1].rstrip(".,:;!?*_~'")
        if not url.endswith("://"):
            yield found.start(), found.start() + len(url)
