"""Hints from the list of issues by `updated_on`: one request when nothing changed.

The list is read by its stamps, not by its pages: an issue that changes meanwhile moves to the end, and pages counted
from the start would skip what moves up in its place. Only issues of one and the same second are read by offset.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from syncd.sdk.connector import Changed, Page
from syncd_redmine.api import PAGE, Api
from syncd_redmine.revision import parsed, stamp_of, stamped, token

LOOK_BACK = timedelta(seconds=10)  # for what was stamped, but not yet committed, when a younger row was seen
BEGINNING = "2000-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Cursor:
    """The largest stamp seen, and the tokens that were told within the look-back before it. As text: JSON."""

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
        return stamped(parsed(self.stamp) - LOOK_BACK)

    def after(self, hints: Iterable[Changed]) -> Cursor:
        told = self.told | {hint.token for hint in hints}
        moved = Cursor(max([self.stamp, *map(stamp_of, told)]))
        return Cursor(moved.stamp, frozenset(token for token in told if stamp_of(token) >= moved.start))


async def changes(api: Api, cursor: str | None) -> AsyncIterator[Page]:
    """See `Connector.changes`."""
    if cursor is None:
        newest, _ = await api.issues({"sort": "updated_on:desc", "limit": 1})
        yield Page((), str(Cursor(newest[0]["updated_on"] if newest else BEGINNING)))
        return
    known = Cursor.parse(cursor)
    start, offset = known.start, 0
    while True:
        asked: dict[str, str | int] = {"updated_on": f">={start}", "sort": "updated_on,id", "offset": offset}
        rows, sent = await api.issues(asked)
        hints = [hint(api, row, sent) for row in rows]
        fresh = tuple(one for one in hints if one.token not in known.told)
        known = known.after(fresh)
        yield Page(fresh, str(known))
        if len(rows) < PAGE:
            return
        last = rows[-1]["updated_on"]
        start, offset = (last, 0) if last > start else (start, offset + PAGE)


def hint(api: Api, row: dict[str, Any], sent: float) -> Changed:
    """What the row says is only that something changed; a list shows no journals, so it may be a note."""
    at = parsed(row["updated_on"])
    return Changed(ref=str(row["id"]), token=token(row, young=not api.clock.over(at, at=sent)), at=at)
