"""Hints from the list of transactions: what changed, whose it was and of which ticket, in one request when idle.

The cursor names a transaction that this account has seen; everything from it on is asked for, newest first. Seeing
that row again proves that nothing in between was cut off, although RT cuts its pages before its rights filter. Numbers
are given out before the commit, so the cursor stays at the oldest transaction of the last minute and names those since
that were told: what commits late is found, and nothing is told twice.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any

from syncd.sdk.connector import Changed, Page
from syncd_rt.api import PAGE, TELLS, Api, quoted
from syncd_rt.config import RtConfig
from syncd_rt.hook import BOOKKEEPING, changed
from syncd_rt.wire import Transaction

LOOK_BACK = timedelta(seconds=60)  # longer than RT needs to commit, its mails included
BLIND_PAGES = 10  # how far to look for anything visible when a page shows nothing


@dataclass(frozen=True, slots=True)
class Cursor:
    """`low` is the transaction to ask from, 0 where none was ever seen; `told` are those from it on that were told.

    As text: "48:48-52,54".
    """

    low: int
    told: frozenset[int] = frozenset()

    @classmethod
    def parse(cls, text: str) -> Cursor:
        low, _, spans = text.partition(":")
        ends = [tuple(map(int, span.split("-"))) for span in spans.split(",") if span]
        return cls(int(low), frozenset(number for end in ends for number in range(end[0], end[-1] + 1)))

    def __str__(self) -> str:
        numbers = sorted(self.told)
        breaks = [at for at, (one, next_one) in enumerate(pairwise(numbers), 1) if next_one > one + 1]
        spans = [numbers[start:end] for start, end in pairwise([0, *breaks, len(numbers)])] if numbers else []
        return f"{self.low}:{','.join(f'{span[0]}-{span[-1]}' for span in spans)}"

    def after(self, rows: Sequence[Transaction]) -> Cursor:
        """The cursor once these rows were told: at the oldest that may have company which is not committed yet."""
        if not rows:
            return self
        newest = max((row.Created for row in rows if row.Created), default=None)
        recent = [row.number for row in rows if newest and row.Created and row.Created >= newest - LOOK_BACK]
        low = max(self.low, min(recent, default=rows[-1].number))
        told = self.told | {row.number for row in rows}
        return Cursor(low, frozenset(number for number in told if number >= low))


async def changes(api: Api, config: RtConfig, cursor: str | None) -> AsyncIterator[Page]:
    """See `Connector.changes`."""
    start = Cursor.parse(cursor) if cursor else Cursor(0)
    newest = await _newest(api, config, start.low, pages=BLIND_PAGES if cursor else 1)
    if cursor is None:
        yield Page((), str(start.after(newest)))
    elif not newest or start.low == 0 or newest[0].number <= start.low:
        yield Page(hints(newest, config, start), str(start.after(newest)))
    else:
        async for page in _from_the_oldest(api, config, start, newest[-1].number):
            yield page


async def _newest(api: Api, config: RtConfig, low: int, *, pages: int) -> list[Transaction]:
    """The newest visible transactions from `low` on, oldest first."""
    for page in range(1, pages + 1):
        rows = await _ask(api, config, f"id >= {low}", order="DESC", page=page)
        if rows:
            return rows
    return []


async def _from_the_oldest(api: Api, config: RtConfig, cursor: Cursor, top: int) -> AsyncIterator[Page]:
    """A backlog page by page, so that each page's cursor can be kept; what comes meanwhile is the next poll's."""
    low = cursor.low
    for page in range(1, (top - low) // PAGE + 2):
        rows = await _ask(api, config, f"id >= {low} AND id <= {top}", order="ASC", page=page)
        if not rows:
            continue  # all of them hidden from this account
        told, cursor = hints(rows, config, cursor), cursor.after(rows)
        yield Page(told, str(cursor))
        if rows[-1].number >= top:
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


def hints(rows: Iterable[Transaction], config: RtConfig, cursor: Cursor) -> tuple[Changed, ...]:
    """What these rows tell that the cursor does not know."""
    found = (
        changed(
            row.ObjectId, row.id, row.Type, about=row.about, creator=row.Creator.id, own=config.user, at=row.Created
        )
        for row in rows
        if row.number not in cursor.told
    )
    return tuple(hint for hint in found if hint)
