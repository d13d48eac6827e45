"""The mail with the numbers of the last seven days, once a week to each address.

When it was due last and was sent is kept for each address: a daemon that stood still sends the newest one alone, and
one that dies between the mail and the note sends it again with the same Message-ID.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from syncd.channels.port import Channel, Outgoing
from syncd.core.facets import Weekly
from syncd.engine import messenger
from syncd.engine.report import policy_of, report
from syncd.engine.reporting.page import Mail, mail
from syncd.engine.site import Site
from syncd.sdk.errors import ConnectorError, Forbidden, NotFound, RateLimited, Unauthorized, Unavailable
from syncd.store import audit, meta
from syncd.store.records import AuditEntry

log = structlog.get_logger()

SPAN = timedelta(days=7)
NOTE = "report.weekly:"  # and the address
"""How the store's notes begin that say until when an address has its mails."""


async def send_due(site: Site) -> int:
    """Send what is due; to how many. What fails is tried again at the next turn, as long as it is the newest."""
    policy = policy_of(site)
    weekly = policy.weekly if policy else None
    channel = site.channels.get(weekly.channel) if weekly else None
    if policy is None or weekly is None or channel is None:
        return 0
    due = weekly.last(site.now(), policy.zone)
    owed = await _owed(site, weekly, due)
    if not owed or await messenger.is_held(site, channel):
        return 0
    made = mail(await report(site, span=SPAN))
    return sum([await _send(site, channel, address, made, due) for address in owed])


async def _owed(site: Site, weekly: Weekly, due: datetime) -> list[str]:
    """Who has not got the mail of that moment. Whoever is new gets the first one that is due from now on."""
    said = {one: await site.store.read(lambda c, key=NOTE + one: meta.get(c, key)) for one in weekly.to}  # type: ignore[misc]
    for address in [one for one, note in said.items() if note is None]:
        await _note(site, address, due)
    return [one for one, note in said.items() if note is not None and datetime.fromisoformat(note) < due]


async def _note(site: Site, address: str, due: datetime) -> None:
    await site.store.write(lambda c: meta.put(c, NOTE + address, due.isoformat()))


async def _send(site: Site, channel: Channel, address: str, made: Mail, due: datetime) -> bool:
    identity = site.key("weekly", address, due.isoformat())
    name = f"escalations-{due:%Y-%m-%d}.html"
    message = Outgoing(
        id=identity, at=due, subject=made.subject, text=made.text, to=address, page=made.html, page_name=name
    )
    refused = ""
    try:
        said = await channel.send(message)
    except (Unauthorized, Forbidden, NotFound) as error:
        await messenger.hold(site, channel, str(error))
        return False
    except (RateLimited, Unavailable) as error:
        log.warning("report.later", channel=channel.name, reason=str(error))
        return False
    except ConnectorError as error:
        said = refused = f"refused: {error}"
        log.error("report.refused", channel=channel.name, reason=str(error))
    entry = AuditEntry(kind="report.sent", link_id=None, item=channel.name, request=identity, outcome=said)
    await site.store.write(lambda c: audit.append(c, entry, site.now()))
    await _note(site, address, due)
    return not refused
