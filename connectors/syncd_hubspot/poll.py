"""Hints from the search for tickets by `hs_lastmodifieddate`, by HubSpot's clock; one request when nothing changed.

The index lags by nobody knows how much [H2], so each poll looks back. A query gives 10,000 rows at most, and its pages
shift while they are read: behind a full page the search begins anew at that page's last millisecond.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from syncd.sdk.connector import Changed, Page
from syncd.sdk.errors import BadAnswer, Rejected
from syncd_hubspot.api import MOST_FOUND, PAGE, Api, Rows
from syncd_hubspot.fields import MODIFIED
from syncd_hubspot.values import moment
from syncd_hubspot.wire import RecordJson, is_stamp, stamp

LOOK_BACK = timedelta(minutes=2)  # asked for again at each poll, for what the index got late
MOST = 5_000  # names that a cursor keeps; beyond that some are told twice, which does no harm


@dataclass(frozen=True, slots=True)
class Cursor:
    """A time by HubSpot's clock, and the names of what was told from `LOOK_BACK` before it on."""

    newest: datetime
    seen: frozenset[str] = frozenset()

    @classmethod
    def read(cls, text: str) -> Cursor:
        """From its stored form: the time, then names."""
        at, *seen = text.split() or [""]
        if not is_stamp(at):
            raise Rejected("hubspot: the stored cursor cannot be read")
        return cls(datetime.fromisoformat(at).astimezone(UTC), frozenset(seen))

    def __str__(self) -> str:
        return " ".join([stamp(self.newest), *sorted(self.seen)[:MOST]])


def token(ref: str, revision: str) -> str:
    """The name of a ticket's state: HubSpot stamps it with milliseconds."""
    return f"{ref}@{revision}"


def stamp_of(token: str) -> str:
    return token.partition("@")[2]


async def changes(api: Api, cursor: str | None) -> AsyncIterator[Page]:
    """See `Connector.changes`."""
    if cursor is None:
        now = (await api.changed(datetime.now(UTC), limit=1)).at
        yield Page((), str(Cursor(now)))
        return
    start = Cursor.read(cursor)
    since, after, told = start.newest - LOOK_BACK, None, dict[str, datetime]()
    while True:
        rows = await api.changed(since, after=after)
        yield _page(rows, start, told)
        if rows.after is None or not rows.rows:
            return
        since, after = _next(rows, since, rows.after)


def _page(rows: Rows, start: Cursor, told: dict[str, datetime]) -> Page:
    """One page's hints, and the cursor once they were told. `told` are all names of this poll, with their times."""
    hints = []
    for record in rows.rows:
        name = token(record.id, stamp(record.updated_at))
        mark = hashlib.blake2s(name.encode(), digest_size=6).hexdigest()
        if mark not in told and mark not in start.seen:
            hints.append(Changed(record.id, token=name, revision=stamp(record.updated_at), at=record.updated_at))
        told[mark] = changed_at(record)
    return Page(tuple(hints), str(_after(start, told)))


def _after(start: Cursor, told: dict[str, datetime]) -> Cursor:
    """It never goes back, and keeps the names that the next poll will see again."""
    newest = max([start.newest, *told.values()])
    recent = {mark for mark, at in told.items() if at >= newest - LOOK_BACK}
    return Cursor(newest, frozenset(recent | (start.seen if newest == start.newest else set())))


def changed_at(record: RecordJson) -> datetime:
    """What the search sorts by; `updatedAt` should say the same."""
    said = record.properties.get(MODIFIED)
    try:
        return moment(said) if said else record.updated_at
    except ValueError:
        raise BadAnswer(f"hubspot: tickets: {MODIFIED}: a time was expected") from None


def _next(rows: Rows, since: datetime, after: str) -> tuple[datetime, str | None]:
    """Where the next page begins: at the last millisecond seen, by number only within one millisecond."""
    times = [changed_at(record) for record in rows.rows]
    if times != sorted(times):
        raise BadAnswer("hubspot: tickets: the search is not in the order that was asked for")
    if times[-1] > since:
        return times[-1], None
    if after.isdecimal() and int(after) + PAGE > MOST_FOUND:
        raise BadAnswer("hubspot: tickets: more than 10,000 changed in one millisecond")
    return since, after
