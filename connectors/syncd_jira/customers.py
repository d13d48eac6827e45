"""What customers of Jira Service Management see: which comment, which file, and where; pure.

What is not surely shown to them counts as internal. Sources: Atlassian's descriptions of `jsdPublic`, `accountType` and
of a request's `_links`; the property of a comment is what public clients write and read (python-jira, jira-cli).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

VISIBILITY: Final = "sd.public.comment"
"""The entity property by which Jira Service Management keeps a comment from customers: `{"internal": true}`."""

SERVICE_DESK: Final = "service_desk"
REQUEST_TYPE: Final = "sd-customerrequesttype"
ORGANISATION: Final = "sd-customerorganization"

_FILES: Final = re.compile(r"\[\^([^\]|\n]+)[^\]\n]*\]|!([^!|\n]+)(?:\|[^!\n]*)?!")


def shown(*, flag: bool | None, mark: object, restricted: bool) -> bool:
    """Whether customers surely see a comment: `jsdPublic` or the property says so, and nothing says otherwise.

    Args:
        flag: `jsdPublic`, which Data Center does not have.
        mark: the value of the property `VISIBILITY`, or None.
        restricted: only a group or a role may read it.
    """
    said = [] if flag is None else [flag]
    if mark is not None:
        said.append(isinstance(mark, Mapping) and mark.get("internal") is False)
    return not restricted and bool(said) and all(said)


def hidden(*, flag: bool | None, mark: object) -> bool:
    """Whether customers surely do not see a comment: by `jsdPublic` where there is one, else by the property."""
    return flag is False if flag is not None else isinstance(mark, Mapping) and mark.get("internal") is True


def files_of(body: Any) -> Iterator[str]:
    """Names of the files that a comment shows: `[^log.txt]` and `!screen.png!` in wiki text, media in a document."""
    if isinstance(body, str):
        yield from (file or picture for file, picture in _FILES.findall(body))
    elif isinstance(body, list):
        for each in body:
            yield from files_of(each)
    elif isinstance(body, Mapping):
        attributes = body.get("attrs")
        if body.get("type") in ("media", "mediaInline") and isinstance(attributes, Mapping):
            yield str(attributes.get("alt") or "")
        yield from files_of(body.get("content") or [])


def unique(names: Iterable[str]) -> frozenset[str]:
    """Those that occur once: a comment names a file, and of two with one name it does not say which."""
    every = list(names)
    return frozenset(name for name in every if every.count(name) == 1)


def is_customer(account: Mapping[str, Any] | None) -> bool:
    """An account of the portal alone: what it attaches, its owner sees. Only Cloud says so."""
    return (account or {}).get("accountType") == "customer"


def portal(fields: Iterable[Any], *, site: str) -> str | None:
    """Where a customer opens a request: in the value of its field for the request type, and at this very site."""
    for value in fields:
        links = value.get("_links") if isinstance(value, Mapping) and "requestType" in value else None
        address = links.get("web") if isinstance(links, Mapping) else None
        if isinstance(address, str) and address.startswith(f"{site}/"):
            return address
    return None
