"""Hints from the list of issues by `updated_on`: one request when nothing changed.

The list is read by its stamps, not by its pages: an issue that changes meanwhile moves to the end, and pages counted
from the start would skip what moves up in its place. Only issues of one and the same second are read by offset.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

from syncd.sdk.connector import Changed, Page
from syncd_redmine.api import PAGE, Api
from syncd_redmine.revision import parsed, stamped, token

LOOK_BACK = timedelta(seconds=10)  # for what was stamped, but not yet committed, when a younger row was seen
BEGINNING = "2000-01-01T00:00:00Z"


async def changes(api: Api, cursor: str | None) -> AsyncIterator[Page]:
    """See `Connector.changes`. The cursor is the largest stamp seen."""
    if cursor is None:
        newest, _ = await api.issues({"sort": "updated_on:desc", "limit": 1})
        yield Page((), newest[0]["updated_on"] if newest else BEGINNING)
        return
    start, offset = stamped(parsed(cursor) - LOOK_BACK), 0
    while True:
        asked: dict[str, str | int] = {"updated_on": f">={start}", "sort": "updated_on,id", "offset": offset}
        rows, sent = await api.issues(asked)
        hints = tuple(hint(api, row, sent) for row in rows)
        for row in rows:
            api.clock.learn(parsed(row["updated_on"]), at=api.clock.monotonic())
        last = max((row["updated_on"] for row in rows), default=cursor)
        cursor = max(cursor, last)
        yield Page(hints, cursor)
        if len(rows) < PAGE:
            return
        start, offset = (last, 0) if last > start else (start, offset + PAGE)


def hint(api: Api, row: dict[str, Any], sent: float) -> Changed:
    """What the row says is only that something changed; a list shows no journals, so it may be a note."""
    at = parsed(row["updated_on"])
    return Changed(ref=str(row["id"]), token=token(row, young=not api.clock.over(at, at=sent)), at=at)
