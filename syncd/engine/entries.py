"""What other systems told of a ticket, written on it: one internal comment for each request, with its files.

Each is a note of the link, with an intent as any other, so a crash neither loses nor doubles it. But it is not syncd
that speaks there: for rules, packet and mirroring it counts as a comment of a person (`Run.as_said`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import structlog
from sqlalchemy import Connection

from syncd.core.intake import Act, Entry, Whole, entry
from syncd.core.model import Internal, Side, Visibility
from syncd.engine import incoming
from syncd.engine.run import ENTRY, Run, entries_of
from syncd.engine.send import Order, announce
from syncd.engine.sides import read
from syncd.sdk.connector import Capability, File, Message
from syncd.sdk.errors import Forbidden, Rejected, Unsupported
from syncd.store import audit, requests
from syncd.store.records import AuditEntry, IntentKind, IntentState, RequestRow, RequestState

log = structlog.get_logger()

REFUSED = (Rejected, Unsupported, Forbidden)


async def write(run: Run) -> None:
    """Write what was told and does not stand on the ticket yet, in the order in which it came."""
    for row in run.requests:
        if row.state in (RequestState.RECEIVED, RequestState.OPENED):
            await _write(run, row)
    if any(row.state is not RequestState.DONE for row in run.requests):
        run.entries = await run.site.store.read(lambda c: entries_of(c, run.link.id, run.requests))
        run.copies = run.copies.put(Side.SUPPORT, run.copies.support - run.entries)
        ticket = run.snapshot(Side.SUPPORT)
        if ticket is not None and ticket.thread is not None:  # recovery read it before the entry stood there
            await read(run, Side.SUPPORT)


async def _write(run: Run, row: RequestRow) -> None:
    item = f"{ENTRY}{row.id}"
    if item not in run.told:
        try:
            await _post(run, item, _made(run, row))
        except _Impossible as error:
            await _park(run, row, str(error))
            return
        except REFUSED as error:
            await _park(run, row, f"{run.mapping.connections.support} refuses the comment: {error}")
            return
    await run.site.store.write(lambda c: requests.done(c, row, run.site.now()))


class _Impossible(Exception):
    """The request cannot be read any more; says why."""


def _made(run: Run, row: RequestRow) -> Entry:
    client = run.site.clients.get(row.client)
    if client is None:
        raise _Impossible(f"client `{row.client}` is not in the configuration any more; bring it back, then retry")
    try:
        told = incoming.read(row.body, row.act, client, run.mapping)
    except incoming.Invalid:
        raise _Impossible("it does not fit the configuration any more") from None
    files = Capability.FILES in run.connectors.support.capabilities
    return entry(told, run.mapping, client, row.act, refused=row.refused if row.act is Act.OPEN else {}, files=files)


async def _post(run: Run, item: str, said: Entry) -> None:
    order = Order(IntentKind.NOTE, Side.SUPPORT, item, rule="intake", visibility=Visibility.INTERNAL)
    sending = await announce(run, order)
    if sending.intent.state in (IntentState.LANDED, IntentState.PARKED):
        return
    connector, message = run.connectors.support, Message(Internal(said.text), tuple(map(_file, said.files)))
    await sending.send(
        lambda key: connector.comment(run.ref(Side.SUPPORT), message, key=key, expect=run.revision(Side.SUPPORT)),
        land=lambda c, posted: posted.comment.id,
        written=lambda posted: posted.written,
    )
    run.notes.discard(item)
    run.told.add(item)


def _file(whole: Whole) -> File:
    data = whole.text.encode("utf-8", "replace")

    async def read() -> AsyncIterator[bytes]:
        yield data

    return File(whole.name, whole.media_type, len(data), read)


async def _park(run: Run, row: RequestRow, reason: str) -> None:
    """It alone waits for a person; the ticket goes on."""

    def store(c: Connection) -> None:
        requests.park(c, row, reason)
        entry = AuditEntry(kind="request.parked", link_id=run.link.id, run=run.id, item=str(row.id), outcome=reason)
        audit.append(c, entry, run.site.now())

    await run.site.store.write(store)
    log.warning("request.parked", request=row.id, reason=reason)
