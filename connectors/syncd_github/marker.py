"""Our key, and the tickets of an issue, in a body: HTML comments, which GitHub keeps and does not show.

    The words of the issue.

    <!-- syncd:3f2a%2D9c01 -->
    - [ZD-4711 Export fails](https://acme.zendesk.com/agent/tickets/4711)
    <!-- /syncd -->

A key counts only where our own account wrote the body (`user`); GitHub does not tell who edited it last.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import quote, unquote

_KEY = re.compile(r"\s*<!-- syncd:([^\s>]+) -->[ \t]*(?=\r?\n|\Z)")
_LINE = r"- \[(?:\\.|[^\]\\\r\n])*\]\([^()\s]*\)"
_BLOCK = re.compile(
    rf"\s*<!-- syncd(?::([^\s>]+))? -->[ \t]*\r?\n((?:{_LINE}[ \t]*\r?\n)*)<!-- /syncd -->[ \t]*(?=\r?\n|\Z)"
)
_ADDRESS = re.compile(r"\]\(([^()\s]*)\)$")


@dataclass(frozen=True, slots=True)
class Marked:
    """A body taken apart: the words, our key, and a line for each ticket that the issue shows."""

    words: str
    key: str | None = None
    lines: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.key is None and not self.lines:
            return self.words
        opening = "<!-- syncd -->" if self.key is None else f"<!-- syncd:{encoded(self.key)} -->"
        block = "\n".join([opening, *self.lines, "<!-- /syncd -->"])
        return f"{self.words}\n\n{block}" if self.words else block

    @property
    def addresses(self) -> tuple[str, ...]:
        return tuple(address_of(line) for line in self.lines)

    def showing(self, line: str) -> Marked:
        return replace(self, lines=(*self.lines, line))


def taken_apart(body: str) -> Marked:
    """The block counts wherever it stands: people write below it."""
    found = _BLOCK.search(body)
    if found is None:
        return Marked(body)
    rest = body[found.end() :]
    lines = tuple(line.strip() for line in found[2].splitlines())
    return Marked(body[: found.start()] + rest, unquote(found[1]) if found[1] else None, lines)


def line(label: str, url: str) -> str:
    """One ticket in Markdown; nothing in it acts but the link."""
    words = re.sub(r"([\\`*_\[\]<>~#@|!&])", r"\\\1", " ".join(label.split()))
    address = quote(url, safe=":/?#[]@!$&'*+,;=%-._~")
    return f"- [{words}]({address})"


def address_of(line: str) -> str:
    """Where a line of ours leads."""
    found = _ADDRESS.search(line)
    return found[1] if found else ""


def marked_comment(words: str, key: str) -> str:
    return f"{words}\n\n<!-- syncd:{encoded(key)} -->".lstrip("\n")


def comment_apart(body: str) -> tuple[str, str | None]:
    """A comment's words, and the key at their end."""
    found = list(_KEY.finditer(body))
    if not found:
        return body, None
    last = found[-1]
    return body[: last.start()] + body[last.end() :], unquote(last[1])


def encoded(key: str) -> str:
    """Safe within an HTML comment, which two hyphens would end."""
    return quote(key, safe="").replace("-", "%2D")
