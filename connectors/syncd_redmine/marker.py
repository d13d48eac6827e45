"""Our key at the end of a text, which neither CommonMark nor Textile shows (measured on 5.0.4), or of an address."""

from __future__ import annotations

import re
from urllib.parse import unquote

from syncd.sdk.text.hidden import encoded, marked, split

__all__ = ["encoded", "fragment", "marked", "split", "split_fragment"]

_FRAGMENT = re.compile(r"#syncd=(\S+)\Z")


def fragment(address: str, key: str) -> str:
    """An address that carries the key behind a `#`, where no server sees it."""
    return f"{address}#syncd={encoded(key)}"


def split_fragment(address: str) -> tuple[str, str | None]:
    found = _FRAGMENT.search(address)
    return (address[: found.start()], unquote(found[1])) if found else (address, None)
