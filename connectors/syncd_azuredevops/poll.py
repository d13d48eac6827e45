"""Polling: the revisions that the reporting API tells, in the vendor's own order.

A continuation token names a place in that order. Transactions may end in another order than they got their places, so
each poll begins at a token that is some time old, and what was told since is dropped by name.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from syncd.sdk.connector import Changed, Page
from syncd.sdk.errors import BadAnswer
from syncd_azuredevops.api import Api
from syncd_azuredevops.wire import BatchJson, RevisionJson, token

FIELDS = "System.Id,System.Rev,System.TeamProject,System.ChangedDate,System.IsDeleted"


@dataclass(slots=True)
class Cursor:
    """Where a poll goes on. All times are the vendor's, in seconds since 1970.

    Attributes:
        start: revisions since then are asked for as long as no token is old enough.
        at: when the last answer came.
        trail: tokens with the time of the answer that told each, the oldest first.
        told: names of what was told, with the time of that answer.
    """

    start: str
    at: float = 0.0
    trail: list[tuple[str, float]] = field(default_factory=list)
    told: dict[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def parse(cls, text: str) -> Cursor:
        said: dict[str, Any] = json.loads(text)
        trail = [(str(name), float(at)) for name, at in said["trail"]]
        told = {str(name): float(at) for name, at in said["told"].items()}
        return cls(str(said["start"]), float(said["at"]), trail, told)

    @classmethod
    def since(cls, moment: datetime) -> Cursor:
        return cls(_stamp(moment), moment.timestamp())

    def begin(self, overlap: timedelta) -> str:
        """The newest token that is old enough, forgetting what lies before it; empty, for `start`, while none is."""
        enough = self.at - overlap.total_seconds()
        old = [place for place, (_, when) in enumerate(self.trail) if when <= enough]
        if not old:
            return ""
        self.trail = self.trail[old[-1] :]
        token, since = self.trail[0]
        self.told = {name: at for name, at in self.told.items() if at >= since}
        return token

    def advance(self, following: str, now: float, *, settled: float) -> None:
        """Remember the token of an answer. `settled` is when it counts as told: its first answer, if it came before."""
        self.at = now
        if following and following not in (name for name, _ in self.trail):
            self.trail.append((following, settled))


@dataclass(frozen=True, slots=True)
class Poll:
    """The revisions of one connection.

    Attributes:
        project: the only one of the connection; None where there are several: then the organisation is asked.
        ours: whether a work item in this project, or one with this ref that was read before, is our business.
    """

    api: Api
    project: str | None
    ours: Callable[[str | None, str], bool]
    overlap: timedelta

    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        if cursor is None:
            _, now = await self.api.me()
            yield Page((), str(Cursor(_stamp(now - self.overlap), now.timestamp())))
            return
        state = Cursor.parse(cursor)
        at, last = state.begin(self.overlap), False
        while not last:
            batch, now = await self.api.revisions(self.project, self._asked(state, at))
            changed = tuple(self._new(batch, state, now.timestamp()))
            last, following = batch.last, _continuation(batch) if batch.values else at
            if not last and following in ("", at):
                raise BadAnswer("azuredevops: workitemrevisions: a batch that is not the last does not go on")
            self._advance(state, following, now.timestamp(), last=last)
            at = following
            yield Page(changed, str(state))

    def _asked(self, state: Cursor, at: str) -> dict[str, str]:
        """Every revision, not the latest alone: behind ours could be a person's."""
        where = {"continuationToken": at} if at else {"startDateTime": state.start}
        return {"fields": FIELDS, "includeDeleted": "true", **where}

    def _new(self, batch: BatchJson, state: Cursor, now: float) -> list[Changed]:
        """What was not told before. A deleted work item is told without a name, so that it is always looked at."""
        found = []
        for row in batch.values:
            name = token(row.id, row.rev)
            mark = f"{name}{'-' if row.fields.deleted else ''}"
            if mark not in state.told and self.ours(row.fields.project, str(row.id)):
                state.told[mark] = now
                found.append(_hint(row, "" if row.fields.deleted else name))
        return found

    def _advance(self, state: Cursor, following: str, now: float, *, last: bool) -> None:
        """Within a backlog there is nothing to look back for; at its end there is."""
        if not last:
            state.trail = []
        state.advance(following, now, settled=now if last else now - self.overlap.total_seconds())


def _hint(row: RevisionJson, name: str) -> Changed:
    return Changed(str(row.id), name, revision=str(row.rev), at=row.fields.changed)


def _continuation(batch: BatchJson) -> str:
    """The description has a member of its own for the token; the examples have it in the next link alone."""
    if batch.continuation:
        return batch.continuation
    return parse_qs(urlsplit(batch.next_link or "").query).get("continuationToken", [""])[0]


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
