"""Hints from the list of transactions: what changed, whose it was and of which ticket, in one request when idle.

The cursor is the number of a transaction that this account has seen; everything from it on is asked for, newest
first. Seeing the cursor's own row again proves that nothing in between was cut off, although RT's pages are cut before
its rights filter. Numbers are given out before the commit, so the cursor stays at the oldest transaction of the last
minute: what commits late is found then, and what comes again is known by its token.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import timedelta
from typing import Any

from syncd.sdk.connector import Changed, Page
from syncd_rt.api import PAGE, TELLS, Api, quoted
from syncd_rt.config import RtConfig
from syncd_rt.hook import BOOKKEEPING, changed
from syncd_rt.wire import Transaction

LOOK_BACK = timedelta(seconds=60)  # longer than RT needs to commit, its mails included
BLIND_PAGES = 10  # how far to look for anything visible when a page shows nothing


async def changes(api: Api, config: RtConfig, cursor: str | None) -> AsyncIterator[Page]:
    """See `Connector.changes`."""
    low = int(cursor or "0")
    newest = await _newest(api, config, low, pages=1 if cursor is None else BLIND_PAGES)
    if cursor is None:
        yield Page((), str(max((row.number for row in newest), default=0)))
    elif not newest:
        yield Page((), cursor)
    elif low == 0 or newest[0].number <= low:
        yield Page(hints(newest, config), _cursor(newest, low))
    else:
        async for page in _from_the_oldest(api, config, low, newest[-1].number):
            yield page


async def _newest(api: Api, config: RtConfig, low: int, *, pages: int) -> list[Transaction]:
    """The newest visible transactions from `low` on, oldest first."""
    for page in range(1, pages + 1):
        rows = await _ask(api, config, f"id >= {low}", order="DESC", page=page)
        if rows:
            return rows
    return []


async def _from_the_oldest(api: Api, config: RtConfig, low: int, top: int) -> AsyncIterator[Page]:
    """A backlog page by page, so that each page's cursor can be kept; what comes meanwhile is the next poll's."""
    seen: list[Transaction] = []
    for page in range(1, (top - low) // PAGE + 2):
        rows = await _ask(api, config, f"id >= {low} AND id <= {top}", order="ASC", page=page)
        seen = [*seen, *rows][-PAGE:]
        done = bool(rows) and rows[-1].number >= top
        if rows:
            yield Page(hints(rows, config), _cursor(seen, low) if done else rows[-1].id)
        if done:
            return


async def _ask(api: Api, config: RtConfig, which: str, *, order: str, page: int) -> list[Transaction]:
    params: dict[str, Any] = {
        "query": f"ObjectType = 'RT::Ticket' AND {which}{_scope(config.queues)}",
        "orderby": "id",
        "order": order,
        "per_page": PAGE,
        "page": page,
        "fields": TELLS,
    }
    return sorted(await api.transactions("/transactions", params), key=lambda row: row.number)


def _scope(queues: Iterable[str]) -> str:
    named = " OR ".join(f"TicketQueue = {quoted(queue)}" for queue in sorted(queues))
    mails = "".join(f" AND Type != {quoted(kind)}" for kind in sorted(BOOKKEEPING))
    return f" AND ({named}){mails}" if named else mails


def hints(rows: Iterable[Transaction], config: RtConfig) -> tuple[Changed, ...]:
    found = (
        changed(
            row.ObjectId, row.id, row.Type, about=row.about, creator=row.Creator.id, own=config.user, at=row.Created
        )
        for row in rows
    )
    return tuple(hint for hint in found if hint)


def _cursor(rows: Sequence[Transaction], low: int) -> str:
    """The oldest transaction that may have company that is not committed yet, by RT's own clock."""
    newest = max((row.Created for row in rows if row.Created), default=None)
    recent = [row for row in rows if newest and row.Created and row.Created >= newest - LOOK_BACK]
    return str(max(low, min(recent or rows[-1:], key=lambda row: row.number).number))
