"""Hints from the list of tickets that changed, by Freshdesk's clock, in one request when idle.

The list says of each ticket when it changed last, in whole seconds. A row is named by that second and by what it
shows; while the second may still go on, it is named otherwise, so that it comes again once the second is over: a
comment of that very second changes nothing else in the row.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from syncd.sdk.connector import Changed, Page
from syncd.sdk.errors import BadAnswer, Rejected
from syncd_freshdesk.api import MOST_PAGES, Api, Rows
from syncd_freshdesk.wire import TicketJson, moment

LOOK_BACK = timedelta(seconds=120)  # asked for again at each poll, for what became visible late
OVER = timedelta(seconds=5)  # after its beginning a second is surely over, though two hosts tell the time
YOUNG = "~"
MOST = 5_000  # rows that a cursor names; beyond that some are told twice, which does no harm
_ROW = TicketJson.model_fields.keys() - {"description", "attachments", "updated_at"}


@dataclass(frozen=True, slots=True)
class Cursor:
    """A second of Freshdesk's clock, and the names of the rows told from `LOOK_BACK` before it on."""

    newest: datetime
    seen: frozenset[str] = frozenset()

    @classmethod
    def read(cls, text: str) -> Cursor:
        """From its stored form: the second, then names."""
        try:
            stamp, *seen = text.split()
            return cls(datetime.fromisoformat(stamp).astimezone(UTC), frozenset(seen))
        except ValueError:
            raise Rejected("freshdesk: the stored cursor cannot be read") from None

    def __str__(self) -> str:
        return " ".join([self.newest.isoformat(), *sorted(self.seen)[:MOST]])


def token(ticket: TicketJson, *, at: datetime | None) -> str:
    """The name of the state that a row shows; empty where nobody knows whether its second is over."""
    if at is None:
        return ""
    row = ticket.model_dump(mode="json", include=set(_ROW))
    digest = hashlib.blake2s(json.dumps(row, sort_keys=True).encode(), digest_size=10).hexdigest()
    young = at < moment(ticket.updated_at) + OVER
    return f"{ticket.updated_at}{YOUNG if young else '/'}{digest}"


def stamp_of(token: str) -> str:
    return token.partition(YOUNG)[0].partition("/")[0]


async def changes(api: Api, cursor: str | None) -> AsyncIterator[Page]:
    """See `Connector.changes`."""
    if cursor is None:
        _, now = await api.me()
        yield Page((), str(Cursor(now or datetime.now(UTC) - timedelta(hours=1))))
        return
    here = Cursor.read(cursor)
    since, page, told = here.newest - LOOK_BACK, 1, dict[str, datetime]()
    while True:
        rows = await api.updated(since, page=page)
        yield _page(rows, here, told)
        if not rows.more:
            return
        since, page = _next(rows, since, page)


def _page(rows: Rows, start: Cursor, told: dict[str, datetime]) -> Page:
    """One page's hints, and the cursor once they were told. `told` are all names of this poll, with their seconds."""
    hints = []
    for ticket in rows.tickets:
        stamp, name = moment(ticket.updated_at), token(ticket, at=rows.at)
        mark = _mark(ticket, name)
        if mark not in told and not (name and mark in start.seen):
            hints.append(Changed(str(ticket.id), token=name, revision=ticket.updated_at, at=stamp))
        told[mark] = stamp
    return Page(tuple(hints), str(_after(start, told)))


def _after(start: Cursor, told: dict[str, datetime]) -> Cursor:
    """It never goes back, and keeps the names that the next poll will see again."""
    newest = max([start.newest, *told.values()])
    recent = {mark for mark, stamp in told.items() if stamp >= newest - LOOK_BACK}
    return Cursor(newest, frozenset(recent | (start.seen if newest == start.newest else set())))


def _mark(ticket: TicketJson, name: str) -> str:
    """A row's name as a cursor keeps it. One without a name is told at each poll: nobody knows what it hides."""
    return hashlib.blake2s(f"{ticket.id} {name or ticket.updated_at}".encode(), digest_size=6).hexdigest()


def _next(rows: Rows, since: datetime, page: int) -> tuple[datetime, int]:
    """Where the next page begins: at the last second seen, for page numbers end at 300 and shift while one reads."""
    stamps = [moment(ticket.updated_at) for ticket in rows.tickets]
    if stamps != sorted(stamps):
        raise BadAnswer("freshdesk: tickets: the list is not in the order that was asked for")
    if stamps and stamps[-1] > since:
        return stamps[-1], 1
    if page >= MOST_PAGES:
        raise BadAnswer("freshdesk: tickets: more than 30,000 changed in one second")
    return since, page + 1
