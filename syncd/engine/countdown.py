"""How long each sign-in is good, and the warning of its end: once a day, in its last two weeks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

import structlog

from syncd.sdk.connector import Account, Connector

log = structlog.get_logger()

SOON = timedelta(days=14)


def ends(connector: Connector, account: Account | None) -> datetime | None:
    """When a connection's sign-in ends, unless a person renews it; None where it does not, or the vendor tells none."""
    told = [end for end in (connector.expires(), account.expires if account else None) if end is not None]
    return min(told, default=None)


def days_left(end: datetime, now: datetime) -> int:
    """Whole days; 0 on the last day and after it."""
    return max(0, (end - now) // timedelta(days=1))


def place(connector: Connector) -> str:
    """Where the config has what ends: "connections.acme.token"."""
    return ".".join(part for part in ("connections", connector.connection, connector.config.credential) if part)


def sentence(name: str, end: datetime, now: datetime, *, renew: str) -> str:
    """ "the sign-in of acme ends on 2026-12-31, in 9 days; renew `connections.acme.token`"."""
    if end <= now:
        return f"the sign-in of {name} ended on {end:%Y-%m-%d}; renew `{renew}`"
    left = days_left(end, now)
    return f"the sign-in of {name} ends on {end:%Y-%m-%d}, in {left} day{'' if left == 1 else 's'}; renew `{renew}`"


class Countdown:
    """Warns of each end that is near; of each connection once a day."""

    def __init__(self) -> None:
        self._told: dict[str, date] = {}

    def warn(self, ends: Mapping[str, datetime], places: Mapping[str, str], now: datetime) -> list[str]:
        """The sentences that were logged now."""
        said = []
        for name, end in ends.items():
            if end - now <= SOON and self._told.get(name) != now.date():
                self._told[name] = now.date()
                said.append(sentence(name, end, now, renew=places[name]))
                log.warning("credential.ends", connection=name, days=days_left(end, now), problem=said[-1])
        return said
