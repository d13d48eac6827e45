"""Hints from the tickets by `sys_updated_on`, in one request when nothing changed.

Stamps are whole seconds and are set when a change begins to be written, not when it is committed, so each poll looks
back; what it told within the look-back is named in the cursor and not told again. The list is read by its stamps, not
by its pages: a ticket that changes meanwhile moves to the end, and pages counted from the start would skip what moves
up in its place.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from syncd.sdk.connector import Changed, Page
from syncd.sdk.errors import BadAnswer
from syncd_servicenow.api import Api
from syncd_servicenow.records import PAGE, Rows
from syncd_servicenow.wire import ChangedJson, moment, stamp

LOOK_BACK = timedelta(seconds=60)
"""Longer than a change needs from its stamp to its commit: business rules run in between."""

BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The largest stamp seen, and the changes since the look-back before it that were told. As text: JSON.

    Attributes:
        told: the name of each change, and its stamp.
    """

    newest: datetime
    told: tuple[tuple[str, datetime], ...] = ()

    @classmethod
    def parse(cls, text: str) -> Cursor:
        newest, told = json.loads(text)
        return cls(moment(newest), tuple((name, moment(at)) for name, at in told))

    def __str__(self) -> str:
        return json.dumps([stamp(self.newest), [[name, stamp(at)] for name, at in self.told]])

    @property
    def start(self) -> datetime:
        return self.newest - LOOK_BACK

    def knows(self, row: ChangedJson) -> bool:
        return any(name == token_of(row) for name, _ in self.told)

    def after(self, rows: Iterable[ChangedJson]) -> Cursor:
        told = dict(self.told) | {token_of(row): row.sys_updated_on for row in rows}
        moved = Cursor(max([self.newest, *told.values()]))
        return Cursor(moved.newest, tuple((name, at) for name, at in sorted(told.items()) if at >= moved.start))


def token(ref: str, count: int) -> str:
    """The name of a change: `sys_mod_count` goes up by one with each, so that no two of a ticket share one."""
    return f"{ref}@{count}"


def count_of(token: str) -> int | None:
    """The number in a token or in a revision."""
    number = token.rpartition("@")[2]
    return int(number) if number.isascii() and number.isdecimal() else None


def token_of(row: ChangedJson) -> str:
    return token(row.sys_id, row.sys_mod_count)


async def changes(api: Api, cursor: str | None) -> AsyncIterator[Page]:
    """See `Connector.changes`."""
    if cursor is None:
        yield Page((), str(await _now(api)))
        return
    known = Cursor.parse(cursor)
    start, offset = known.start, 0
    while True:
        page = await api.changed(f"sys_updated_on>={stamp(start)}^ORDERBYsys_updated_on^ORDERBYsys_id", offset=offset)
        _check(page, start)
        fresh = [row for row in page.rows if not known.knows(row)]
        known = known.after(fresh)
        yield Page(tuple(map(hint, fresh)), str(known))
        if not page.more:
            return
        last = page.rows[-1].sys_updated_on if page.rows else start
        start, offset = (last, 0) if last > start else (start, offset + PAGE)


async def _now(api: Api) -> Cursor:
    """After the newest change that this account sees, however many of the newest are hidden from it."""
    offset = 0
    while True:
        page = await api.changed("ORDERBYDESCsys_updated_on^ORDERBYDESCsys_id", offset=offset)
        if page.rows or not page.more:
            newest = max((row.sys_updated_on for row in page.rows), default=BEGINNING)
            return Cursor(newest).after(page.rows)
        offset += PAGE


def hint(row: ChangedJson) -> Changed:
    """A row says that something changed, not what: a comment moves the ticket as a field does."""
    return Changed(row.sys_id, token=token_of(row), revision=str(row.sys_mod_count), at=row.sys_updated_on)


def _check(page: Rows[ChangedJson], start: datetime) -> None:
    """A condition that the instance cannot read is no condition (c_TableAPI.md): then everything would seem new."""
    stamps = [row.sys_updated_on for row in page.rows]
    if stamps != sorted(stamps) or (stamps and stamps[0] < start):
        raise BadAnswer("servicenow: the tickets since a time, in their order, were expected")


async def reads_utc(api: Api) -> bool | None:
    """Whether a time in a query is taken as UTC, and not in the zone of this account; None without any ticket.

    No page says which (connectors.md); a poll that is hours off would miss changes, or tell them again and again.
    """
    newest = (await api.changed("ORDERBYDESCsys_updated_on^ORDERBYDESCsys_id")).rows
    if not newest:
        return None
    row = newest[0]
    at, which = row.sys_updated_on, f"sys_id={row.sys_id}^sys_updated_on"
    since = (await api.changed(f"{which}>={stamp(at)}")).rows
    later = (await api.changed(f"{which}>{stamp(at + timedelta(minutes=5))}")).rows
    return bool(since) and not later
