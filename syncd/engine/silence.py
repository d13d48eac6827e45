"""A webhook that stands and from which nothing comes: polls find changes that nobody told of."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection

from syncd.engine.callers import POLLED, Told
from syncd.engine.hearing import ENOUGH
from syncd.engine.site import Site
from syncd.store import deliveries

QUIET = timedelta(days=1)

REFUSED = (
    f"polls found {ENOUGH} changes before any webhook told of them, and what came was not signed with "
    f"`webhook_secret`; {POLLED}"
)
UNHEARD = f"polls found {ENOUGH} changes before any webhook told of them, though the vendor is to call us; {POLLED}"
REACHABLE = "open the address of `syncd webhooks` from outside: DNS, firewall and proxy must let it through to `listen`"


def told(site: Site, c: Connection, connection: str, *, stands: bool | None) -> Told | None:
    """What to tell people of a connection from which nothing comes; None where all is well, or nothing is known.

    Args:
        stands: whether the vendor says that it calls us; None where it shows that to people only. Then only what came
            before, or comes and is not believed, shows that it should.
    """
    heard, now = site.hearing.of(connection), site.now()
    if stands is False or not heard.deaf(now) or deliveries.any_since(c, connection, now - QUIET):
        return None
    if heard.refused is not None:
        return Told(REFUSED, _same_secret(connection, settable=stands is not None))
    if stands or deliveries.any_since(c, connection):
        return Told(UNHEARD, REACHABLE)
    return None


def _same_secret(connection: str, *, settable: bool) -> str:
    if settable:
        return f"syncd webhooks {connection} --register --again"
    return "give the vendor the value of `webhook_secret`, or put the vendor's secret there"
