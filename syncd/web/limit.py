"""How often one address may ask for what is behind signed links, so that guessing and hammering cost us little."""

from __future__ import annotations

import ipaddress
import time
from collections import Counter
from collections.abc import Callable

A_MINUTE = 60.0  # seconds
OFTEN = 60  # requests a minute of one address
ADDRESSES = 10_000  # that are counted one by one in a minute; all others share one count


class Limit:
    """Counts the requests of each minute. Kept in memory: a restart forgets at most one minute."""

    def __init__(self, *, often: int = OFTEN, clock: Callable[[], float] = time.monotonic) -> None:
        self._often = often
        self._clock = clock
        self._asked: Counter[str] = Counter()
        self._began = clock()

    def allows(self, host: str) -> bool:
        """Count one request; whether it may be answered."""
        if self._clock() - self._began >= A_MINUTE:
            self._asked.clear()
            self._began = self._clock()
        place = _place(host)
        if place not in self._asked and len(self._asked) >= ADDRESSES:
            place = ""
        self._asked[place] += 1
        return self._asked[place] <= self._often


def _place(host: str) -> str:
    """An IPv4 address, or the /64 of an IPv6 one: whoever has one address there has all of them (RFC 6177)."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
