"""Hints from the list of issues by `updated_at`: one request a repository when nothing changed, and with its ETag.

The list is read by its stamps, not by its pages alone: an issue that changes meanwhile moves to the end, and pages
counted from the start would skip what moves up in its place. Where something is new, the comments of the repository
are asked for too: they have names of their own, which tell an edited comment from the issue around it.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from syncd.sdk.connector import ALL_PARTS, ONLY_FIELDS, ONLY_THREAD, Changed, Page, Part
from syncd.sdk.errors import BadAnswer
from syncd_github.api import PAGE, Api
from syncd_github.repositories import Repositories, Repository
from syncd_github.revision import comment_token, fields_digest, is_young, issue_token, stamp_of, stamped
from syncd_github.wire import CommentJson, IssueJson

REMEMBERED = 20_000  # issues


@dataclass(frozen=True, slots=True)
class Mark:
    """How far one repository was read.

    Attributes:
        stamp: the newest seen, by GitHub's clock.
        told: names that were told within the look-back. Those of a second that was not over are not here: they come
            again, and with them the comments are asked for again, of which that second may hold more.
    """

    stamp: str
    told: frozenset[str] = frozenset()

    def after(self, hints: Iterable[Changed], *, now: datetime, overlap: timedelta) -> Mark:
        stamps = {hint.token: stamp for hint in hints if (stamp := stamp_of(hint.token))}
        newest = max([self.stamp, *stamps.values()])
        horizon = stamped(moment(newest) - overlap)
        settled = {token for token, stamp in stamps.items() if not is_young(moment(stamp), now=now)}
        told = frozenset(token for token in self.told | settled if (stamp_of(token) or "") >= horizon)
        return Mark(newest, told)


@dataclass(frozen=True, slots=True)
class Known:
    """An issue as the last poll saw it."""

    fields: str
    comments: int

    @classmethod
    def of(cls, row: IssueJson) -> Known:
        return cls(fields_digest(row), row.comments)


@dataclass(slots=True)
class Poll:
    """The polls of one connection. What it remembers of issues counts only for the very cursor that it gave last."""

    api: Api
    repositories: Repositories
    overlap: timedelta
    cursor: str = ""
    known: dict[str, Known] = field(default_factory=dict)

    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        """See `Connector.changes`."""
        marks = _parse(cursor) if cursor else {}
        if cursor != self.cursor:
            self.known = {}
        for repository in await self.repositories.all():
            id = str(repository.id)
            if id not in marks:
                marks[id] = await self._start(repository)
                continue
            async for hints, mark in self._of(repository, marks[id]):
                marks[id] = mark
                self.cursor = _text(marks)
                yield Page(hints, self.cursor)
        self.cursor = _text(marks)
        if cursor is None or not set(_parse(cursor)) >= set(marks):
            yield Page((), self.cursor)

    async def cursor_at(self, when: datetime) -> str:
        return _text({str(each.id): Mark(stamped(when)) for each in await self.repositories.all()})

    async def _start(self, repository: Repository) -> Mark:
        """From now on; what changed last is known."""
        rows, now = await self.api.newest(repository.name)
        for row in rows:
            self._know(repository, row)
        return Mark(stamped(now))

    def _know(self, repository: Repository, row: IssueJson) -> None:
        ref = repository.ref(row.number)
        self.known.pop(ref, None)
        self.known[ref] = Known.of(row)
        while len(self.known) > REMEMBERED:
            del self.known[next(iter(self.known))]

    async def _of(self, repository: Repository, mark: Mark) -> AsyncIterator[tuple[tuple[Changed, ...], Mark]]:
        start, page = moment(mark.stamp) - self.overlap, 1
        rows, now = await self.api.changed(repository.name, since=start, page=page)
        if len(rows) < PAGE:
            comments = await self._comments(repository, rows, mark, since=start)
            yield self._told(repository, rows, comments, mark, now)
            return
        while True:  # catching up: every row is told whole, and no comment is asked for
            hints = [_of_issue(repository, row) for row in rows if row.pull_request is None]
            fresh = tuple(hint for hint in hints if hint.token not in mark.told)
            mark = mark.after(hints, now=now, overlap=self.overlap)
            yield fresh, mark
            if len(rows) < PAGE:
                return
            last = rows[-1].updated_at
            start, page = (last, 1) if last > start else (start, page + 1)
            rows, now = await self.api.changed(repository.name, since=start, page=page)

    async def _comments(
        self, repository: Repository, rows: Sequence[IssueJson], mark: Mark, *, since: datetime
    ) -> list[CommentJson]:
        """Asked for only where something is new."""
        if all(issue_token(row) in mark.told for row in rows):
            return []
        found = await self.api.commented(repository.name, since=since)
        return [comment for comment in found if not comment.on_pull_request]

    def _told(
        self,
        repository: Repository,
        rows: Sequence[IssueJson],
        comments: Sequence[CommentJson],
        mark: Mark,
        now: datetime,
    ) -> tuple[tuple[Changed, ...], Mark]:
        said = [_of_comment(repository, comment) for comment in comments]
        spoken = {hint.ref for hint in said if hint.token not in mark.told}
        every, hints = list(said), list(said)
        for row in rows:
            ref = repository.ref(row.number)
            parts = _parts(self.known.get(ref), Known.of(row), spoken=ref in spoken)
            if not is_young(row.updated_at, now=now):  # of others the cursor does not say that they were told
                self._know(repository, row)
            hint = _of_issue(repository, row, parts)
            every.append(hint)
            if parts and row.pull_request is None:
                hints.append(hint)
        fresh = tuple(hint for hint in hints if hint.token not in mark.told)
        return fresh, mark.after(every, now=now, overlap=self.overlap)


def _parts(before: Known | None, now: Known, *, spoken: bool) -> frozenset[Part]:
    """What of an issue is to be read for the issue's own row; nothing where its comments tell all of it."""
    if before is None:
        return ALL_PARTS
    if spoken and now.comments >= before.comments:
        return frozenset() if now.fields == before.fields else ONLY_FIELDS
    return ONLY_FIELDS if now.comments == before.comments else ALL_PARTS


def _of_issue(repository: Repository, row: IssueJson, parts: frozenset[Part] = ALL_PARTS) -> Changed:
    return Changed(repository.ref(row.number), issue_token(row), parts, at=row.updated_at)


def _of_comment(repository: Repository, comment: CommentJson) -> Changed:
    return Changed(repository.ref(comment.issue_number), comment_token(comment), ONLY_THREAD, at=comment.updated_at)


def moment(stamp: str) -> datetime:
    return datetime.fromisoformat(stamp)


def _parse(cursor: str) -> dict[str, Mark]:
    try:
        rows: Mapping[str, list[str]] = json.loads(cursor)
        return {id: Mark(stamp, frozenset(told)) for id, (stamp, *told) in rows.items()}
    except (ValueError, AttributeError, TypeError):
        raise BadAnswer("github: the cursor is none of ours") from None


def _text(marks: Mapping[str, Mark]) -> str:
    return json.dumps({id: [mark.stamp, *sorted(mark.told)] for id, mark in marks.items()})
