"""Our key in a text, as an HTML comment at its end: neither CommonMark nor Textile shows it (measured on 5.0.4)."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

_MARKER = re.compile(r"\s*<!-- syncd:(\S+) -->\s*\Z")
_FRAGMENT = re.compile(r"#syncd=(\S+)\Z")


def marked(text: str, key: str) -> str:
    return f"{text}\n\n<!-- syncd:{encoded(key)} -->".lstrip()


def split(text: str) -> tuple[str, str | None]:
    """A text without its marker, and the key."""
    found = _MARKER.search(text)
    return (text[: found.start()], unquote(found[1])) if found else (text, None)


def fragment(address: str, key: str) -> str:
    """An address that carries the key behind a `#`, where no server sees it."""
    return f"{address}#syncd={encoded(key)}"


def split_fragment(address: str) -> tuple[str, str | None]:
    found = _FRAGMENT.search(address)
    return (address[: found.start()], unquote(found[1])) if found else (address, None)


def encoded(key: str) -> str:
    """Safe within an HTML comment, an address and a filter; two hyphens would end the comment."""
    return quote(key, safe="").replace("-", "%2D")
