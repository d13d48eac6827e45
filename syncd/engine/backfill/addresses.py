"""Which tickets of a vendor a text names by their addresses, as people copy them out of a browser.

No vendor's scheme is known here. A key or number in an address is only a candidate; whether it is the ticket that
people would see there is judged by the address that the vendor itself gives the ticket (`shows`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

KEY = re.compile(r"#?([A-Za-z][A-Za-z0-9_]*-\d+|\d+)")
_URL = re.compile(r"https?://[^\s<>()\[\]\"']+")
_LISTS = frozenset({"issues", "work_items"})  # owner/name/issues/7 is called owner/name#7


@dataclass(frozen=True, slots=True)
class Named:
    """A ticket that an address may name.

    Attributes:
        name: what the vendor may take for a ref.
        before: the parts of the path that stand before the name; of one in the query, the whole path.
        exact: the name says by itself in which place the ticket stands ("owner/name#7").
    """

    name: str
    host: str
    before: tuple[str, ...]
    exact: bool = False


def named(text: str, home: str) -> Iterator[tuple[Named, ...]]:
    """For each address of this vendor in a text: what it may name, the likeliest first.

    Args:
        home: the address of the connection; people see the same host, or it without "api." before it.
    """
    for word in _URL.findall(text.replace("\\", "")):  # Markdown escapes an underscore
        try:
            url = urlsplit(word.rstrip(".,;:!*_`|"))
        except ValueError:
            continue
        if _host(url) == _host(urlsplit(home)):
            yield tuple(_candidates(url))


def _candidates(url: SplitResult) -> Iterator[Named]:
    host, parts = _host(url), _parts(url)
    for _, value in parse_qsl(url.query):
        if KEY.fullmatch(value):
            yield Named(value, host, parts)
    for place in reversed(range(len(parts))):
        if found := KEY.fullmatch(parts[place]):
            yield Named(found[1], host, parts[:place])
            yield from _labelled(host, parts, place)


def _labelled(host: str, parts: Sequence[str], place: int) -> Iterator[Named]:
    """Where numbers count within a project: its path and the number."""
    project = [part for part in parts[: place - 1] if part != "-"] if place else []
    if len(project) > 1 and parts[place].isdecimal() and parts[place - 1] in _LISTS:
        yield Named(f"{'/'.join(project)}#{parts[place]}", host, tuple(parts[:place]), exact=True)


def shows(address: str, named: Named) -> bool:
    """Whether the ticket with this address is the one that people see at the address they pasted.

    A number alone counts within its place, so everything before it must be the same. A key counts within a site, or
    within the first part of the path where the vendor's own addresses have more than one (a workspace).
    """
    url = urlsplit(address)
    parts = _parts(url)
    place = next((n for n in reversed(range(len(parts))) if KEY.fullmatch(parts[n])), len(parts))
    ours, theirs = _folded(parts[:place]), _folded(named.before)
    if _host(url) != named.host:
        return False
    if named.exact or ours == theirs:
        return True
    return not named.name.isdecimal() and (len(ours) < 2 or ours[:1] == theirs[:1])


def _host(url: SplitResult) -> str:
    return url.netloc.lower().removeprefix("www.").removeprefix("api.")


def _parts(url: SplitResult) -> tuple[str, ...]:
    return tuple(unquote(part) for part in url.path.split("/") if part)


def _folded(parts: Sequence[str]) -> list[str]:
    return [part.casefold() for part in parts]
