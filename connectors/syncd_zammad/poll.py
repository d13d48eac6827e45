"""Hints from the tickets by `updated_at`, in one request when nothing changed.

Zammad's stamps have milliseconds and are set when a change begins to be written, not when it is committed, so each poll
looks back; what it told within the look-back is named in the cursor and not told again. The list is read by its stamps,
not by its pages: a ticket that changes meanwhile moves to the end, and pages counted from the start would skip what
moves up in its place.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from syncd.sdk.connector import Changed, Page
from syncd.sdk.errors import BadAnswer
from syncd_zammad.api import PAGE, Api
from syncd_zammad.fields import instant
from syncd_zammad.wire import TicketJson, is_stamp

LOOK_BACK = timedelta(seconds=30)
"""Longer than a change needs from its stamp to its commit: Zammad writes it in one transaction of a web request."""

BEGINNING = "2000-01-01T00:00:00.000Z"
FAR = "2999-01-01T00:00:00.000Z"


@dataclass(frozen=True, slots=True)
class Cursor:
    """The largest stamp seen, and the changes that were told within the look-back before it. As text: JSON."""

    stamp: str
    told: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, text: str) -> Cursor:
        stamp, *told = json.loads(text)
        return cls(stamp, frozenset(told))

    def __str__(self) -> str:
        return json.dumps([self.stamp, *sorted(self.told)])

    @property
    def start(self) -> str:
        return earlier(self.stamp, LOOK_BACK)

    def after(self, hints: Iterable[Changed]) -> Cursor:
        told = self.told | {hint.token for hint in hints}
        moved = Cursor(max([self.stamp, *map(stamp_of, told)]))
        return Cursor(moved.stamp, frozenset(token for token in told if stamp_of(token) >= moved.start))


def earlier(stamp: str, by: timedelta) -> str:
    return instant(datetime.fromisoformat(stamp) - by)


def token(ref: str, stamp: str) -> str:
    """The name of a change, the same by poll, by webhook and in the answer to our own write."""
    return f"{ref}@{stamp}"


def stamp_of(token: str) -> str:
    return token.partition("@")[2]


async def changes(api: Api, cursor: str | None) -> AsyncIterator[Page]:
    """See `Connector.changes`."""
    if cursor is None:
        newest = await api.search(since(BEGINNING), order="desc")
        yield Page((), str(Cursor(newest[0].updated_at).after(map(hint, newest)) if newest else Cursor(BEGINNING)))
        return
    known = Cursor.parse(cursor)
    start, page = known.start, 1
    while True:
        rows = await api.search(since(start), page=page)
        _check(rows, start)
        fresh = tuple(one for one in map(hint, rows) if one.token not in known.told)
        known = known.after(fresh)
        yield Page(fresh, str(known))
        if len(rows) < PAGE:
            return
        last = rows[-1].updated_at
        start, page = (last, 1) if last > start else (start, page + 1)


def since(stamp: str) -> dict[str, dict[str, str]]:
    """From a time on, that time included (lib/selector/sql.rb: `>=`)."""
    return {"ticket.updated_at": {"operator": "after (absolute)", "value": stamp}}


def hint(row: TicketJson) -> Changed:
    """A row says that something changed, not what: an article, a tag or a link moves `updated_at` as a field does."""
    at = datetime.fromisoformat(row.updated_at)
    return Changed(str(row.id), token=token(str(row.id), row.updated_at), revision=row.updated_at, at=at)


def _check(rows: list[TicketJson], start: str) -> None:
    """A condition that Zammad cannot read is no condition (lib/selector/sql.rb): then everything would seem new."""
    stamps = [row.updated_at for row in rows]
    if not is_stamp(start) or stamps != sorted(stamps) or (stamps and stamps[0] < start):
        raise BadAnswer("zammad: tickets/search: tickets since a time, in their order, were expected")


async def filters(api: Api) -> bool:
    """Whether this Zammad searches by condition: nothing has changed in the far future."""
    return await api.search(since(FAR)) == []
