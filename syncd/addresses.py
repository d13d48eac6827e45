"""Which addresses a config may name: https, or http to this machine; no credentials inside, no private networks
unless they are trusted by name (reliability.md, Y14 and T6)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
from urllib.parse import SplitResult, urlsplit

from syncd.mapping.words import Wrong

_EXPECTED = "https://host, or http:// to this machine"
_ODD_NUMBER = re.compile(r"(0x[0-9a-f]+|\d+)(\.(0x[0-9a-f]+|\d+))*", re.IGNORECASE)


def origin(url: str) -> str:
    """Scheme, host and port, in lower case."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    address = _address(host)
    return address is not None and address.is_loopback


def check(url: str, *, trusted: Collection[str] = ()) -> None:
    """Refuse an address that should not be called.

    Args:
        trusted: origins that the admin allows though they are plain http or in a private network.

    Raises:
        Wrong: which rule it breaks, and how to allow it where that is possible.
    """
    parts = _split(url)
    allow = f"add `trusted: [{origin(url)}]` to the config if you mean it"
    if parts.username or parts.password:
        remedy = "give the account by its own keys, the secret as `${NAME}`"
        raise Wrong("credentials stand inside of the address (***)", expected=_EXPECTED, remedy=remedy)
    if parts.query or parts.fragment:
        raise Wrong(f"`{url}` has a query or a fragment", expected=_EXPECTED, remedy="end it before `?` or `#`")
    host = parts.hostname or ""
    address = _address(host)
    if address is None and _ODD_NUMBER.fullmatch(host):
        raise Wrong(
            f"`{host}` is a disguised IP address", expected=_EXPECTED, remedy="write it as 192.0.2.1, or a name"
        )
    if is_loopback(url) or origin(url) in {known.lower().rstrip("/") for known in trusted}:
        return
    if parts.scheme == "http":
        problem = f"`{origin(url)}` is plain http: everybody on the way can read the credentials"
        raise Wrong(problem, expected=_EXPECTED, remedy=f"write https://, or {allow}")
    if address is not None and (address.is_private or address.is_link_local or address.is_reserved):
        sort = "link-local" if address.is_link_local else "private"
        raise Wrong(f"`{host}` is a {sort} address", expected="an address on the internet", remedy=allow)


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise Wrong(f"`{url}` is no address", expected=_EXPECTED, remedy="write https://host") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Wrong(f"`{url}` is no address", expected=_EXPECTED, remedy="write `https://host`")
    return parts


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address
