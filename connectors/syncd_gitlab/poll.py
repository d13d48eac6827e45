"""Polling: issues by `updated_at`, and the edits of comments that it does not tell.

GitLab moves an issue's `updated_at` for a comment at most once a minute (app/models/concerns/throttled_touch.rb). So:
a row's token holds the number of comments as well; and once the minute behind a change is over, the comments of an
issue that was told of before are looked at once, whether one was edited within it.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from syncd.sdk.connector import ONLY_THREAD, Changed, Page
from syncd.sdk.errors import NotFound
from syncd_gitlab.api import PAGE, Api, onward
from syncd_gitlab.wire import IssueJson, Place, newest_first, stamp

THROTTLE = timedelta(seconds=65)
"""A minute, and what the clocks of GitLab's machines may differ."""

Cursor = Mapping[str, float]
"""Feed ("projects/14") -> GitLab's time, in seconds since 1970, up to which it was asked."""


@dataclass(frozen=True, slots=True)
class Poll:
    """The feeds of one connection.

    Attributes:
        projects: numbers of those that count; a group's feed has others as well.
        overlap: how far to look back beyond the minute.
    """

    api: Api
    feeds: Sequence[str]
    projects: frozenset[int]
    overlap: timedelta

    def cursor_at(self, moment: datetime) -> str:
        return json.dumps({feed: moment.timestamp() for feed in self.feeds})

    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        if cursor is None:
            _, now = await self.api.me()
            yield Page((), self.cursor_at(now))
            return
        reached = _read(cursor, self.feeds)
        for feed in self.feeds:
            async for changed, at in self._feed(feed, datetime.fromtimestamp(reached[feed], UTC)):
                reached[feed] = at.timestamp()
                yield Page(changed, json.dumps(reached))

    async def _feed(self, feed: str, before: datetime) -> AsyncIterator[tuple[tuple[Changed, ...], datetime]]:
        since, page = before - THROTTLE - self.overlap, 1
        first: datetime | None = None
        while True:
            rows, answered = await self.api.issues(feed, _asked(since, page))
            now = first = first or answered
            last = rows[-1].updated_at if rows else since
            full = len(rows) >= PAGE
            at = min(now, max(before, last + THROTTLE + self.overlap)) if full else now
            yield await self._hints(rows, before=before, now=now), max(before, at)
            if not full:
                return
            since, page = onward(since, page, last)

    async def _hints(self, rows: Sequence[IssueJson], *, before: datetime, now: datetime) -> tuple[Changed, ...]:
        found: list[Changed] = []
        for row in rows:
            if row.project_id in self.projects:
                found.append(Changed(row.ref, row.revision, revision=row.revision, at=row.updated_at))
                if before - THROTTLE < row.updated_at <= min(before, now - THROTTLE) and row.user_notes_count:
                    found += await self._edited(row)
        return tuple(found)

    async def _edited(self, row: IssueJson) -> Sequence[Changed]:
        """The latest edit of a comment that the stamp of its issue may not tell."""
        try:
            notes = newest_first(await self.api.latest_notes(Place(row.project_id, row.iid)))
        except NotFound:
            return ()
        start = row.updated_at - THROTTLE
        edited = (note for note in notes if not note.system and start < note.updated_at != note.created_at)
        note = next(edited, None)
        return [] if note is None else [Changed(row.ref, note.token, ONLY_THREAD, at=note.updated_at)]


def _asked(since: datetime, page: int) -> dict[str, Any]:
    """`updated_after` means "on or after"; a list without `state` and `scope` would leave out most."""
    return {"updated_after": stamp(since), "state": "all", "order_by": "updated_at", "sort": "asc", "page": page}


def _read(cursor: str, feeds: Sequence[str]) -> dict[str, float]:
    """Where each feed was reached; one that was not asked before begins where the slowest other stands."""
    said = {str(feed): float(at) for feed, at in json.loads(cursor).items()}
    start = min(said.values(), default=0.0)
    return {feed: said.get(feed, start) for feed in feeds}
