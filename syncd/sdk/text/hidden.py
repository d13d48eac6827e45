"""A key in an HTML comment at the end of a Markdown text, for vendors that keep such a comment and do not show it.

Whose the mark is, is for the caller to ask: a person who quotes a text copies it too.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

_MARK = re.compile(r"\s*<!-- syncd:(\S+) -->\s*\Z")


def marked(text: str, key: str) -> str:
    return f"{text}\n\n<!-- syncd:{encoded(key)} -->".lstrip()


def split(text: str) -> tuple[str, str | None]:
    """A text without its mark, and the key."""
    found = _MARK.search(text)
    return (text[: found.start()], unquote(found[1])) if found else (text, None)


def encoded(key: str) -> str:
    """Safe within an HTML comment, an address and a filter; two hyphens would end the comment."""
    return quote(key, safe="").replace("-", "%2D")
