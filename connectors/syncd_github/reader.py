"""Reading: one issue, where it went, and the issues that carry a key."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import httpx

from syncd.core.model import Edit, Snapshot
from syncd.sdk.connector import Part
from syncd.sdk.errors import Forbidden, Moved, NotFound
from syncd.sdk.recent import Recent
from syncd_github.api import Api
from syncd_github.auth import date_of
from syncd_github.history import Start, edits
from syncd_github.limits import message_of
from syncd_github.repositories import Repositories, Repository
from syncd_github.revision import Revision, is_young, issue_token
from syncd_github.snapshot import Reading, deleted
from syncd_github.wire import IssueJson, body_of, read

REMEMBERED = 1_000  # issues, with their bodies
LOOK_BACK = timedelta(minutes=2)


class Reader:
    """What one connection reads. `reading` changes when the own account becomes known."""

    def __init__(self, api: Api, repositories: Repositories, *, reading: Reading) -> None:
        self.api = api
        self.repositories = repositories
        self.reading = reading
        self.login = ""
        self._seen = Recent[str, IssueJson](REMEMBERED)
        self._final = Recent[str, str](REMEMBERED)  # the latest revision that was read after its second was over
        self._made: dict[int, Made] = {}

    async def fetch(self, ref: str, *, parts: frozenset[Part], since: str | None) -> Snapshot:
        """One request, one more for each hundred comments, and one or two for the history."""
        repository, number = await self.repositories.locate(ref)
        history = None if since is None else self._start(repository.ref(number), since)
        repository, answer = await self._issue(repository, number)
        if answer.status_code == 410:
            return self._gone(repository, number, answer)
        issue = self.keep(repository, answer)
        repository = await self.repositories.recent_if_public(repository)
        comments = None
        if Part.THREAD in parts:
            comments = await self.api.comments(repository.name, number) if issue.comments else []
        found = self.reading.snapshot(issue, repository, comments=comments)
        return found if history is None else replace(found, history=await self._history(repository, issue, history))

    async def current(self, ref: str) -> tuple[Repository, IssueJson]:
        """The issue itself as it is now, for a write that has to know it. NotFound, Moved."""
        repository, number = await self.repositories.locate(ref)
        repository, answer = await self._issue(repository, number)
        if answer.status_code == 410:
            raise NotFound(f"github: {repository.name}#{number} was deleted")
        return repository, self.keep(repository, answer)

    async def seen(self, ref: str, *, expect: str) -> IssueJson:
        """The issue as it was at that revision; as it is now where nothing of that is remembered."""
        seen = self._seen.get(ref)
        if seen is not None and issue_token(seen) == expect:
            return seen
        return (await self.current(ref))[1]

    def keep(self, repository: Repository, answer: httpx.Response) -> IssueJson:
        """Read an issue out of an answer, and remember it for the write that may follow."""
        issue = read(IssueJson, body_of(answer), where="issue")
        if issue.pull_request is not None:
            raise NotFound(f"github: {repository.name}#{issue.number} is a pull request")
        ref = repository.ref(issue.number)
        self._seen[ref] = issue
        if not is_young(issue.updated_at, now=date_of(answer)):
            self._final[ref] = issue_token(issue)
        return issue

    async def _issue(self, repository: Repository, number: int) -> tuple[Repository, httpx.Response]:
        """Its answer, under the repository's new name if it has one. Moved where the issue was transferred."""
        answer = await self.api.issue(repository.name, number)
        if answer.status_code != 301:
            return repository, answer
        target = await self.api.moved(answer)
        await self.repositories.all(anew=True)
        place = await self.repositories.named(target.repository)
        if place is None:
            raise Forbidden(
                f"github: {repository.name}#{number} was transferred to a repository that `repositories` does not name"
            )
        if place.ref(target.number) != repository.ref(number):
            raise Moved(f"github: transferred to {place.name}#{target.number}", ref=place.ref(target.number))
        return place, await self.api.issue(place.name, number)

    def _gone(self, repository: Repository, number: int, answer: httpx.Response) -> Snapshot:
        """410 says "deleted" of an issue, and "disabled" of all issues of a repository."""
        said = message_of(answer).casefold()
        if "disabled" in said:
            raise Forbidden(f"github: {repository.name} has its issues switched off")
        if "deleted" not in said:
            raise NotFound(f"github: {repository.name}#{number} is gone")
        return deleted(repository, number)

    def _start(self, ref: str, since: str) -> Start:
        """Where a history begins, by what is remembered of the read that it begins with."""
        revision = Revision.parse(since)
        return Start(revision.stamp if revision else "", after=self._final.get(ref) == since)

    async def _history(self, repository: Repository, issue: IssueJson, start: Start) -> tuple[Edit, ...]:
        since = datetime.fromisoformat(start.stamp) if start.stamp else issue.created_at
        events = await self.api.events(repository.name, issue.number, since=since)
        return edits(issue, events, start=start, own=self.reading.own, label_fields=self.reading.label_fields)

    # -- by key

    async def find(self, key: str) -> list[str]:
        """Refs of the issues that carry this key, oldest first.

        GitHub's search lags, so the list of what our account made is read: all of it once in a process, afterwards
        what changed since. What the list does not show, it does not hold.
        """
        found: list[tuple[datetime, str]] = []
        for repository in await self.repositories.all():
            made = self._made.setdefault(repository.id, Made())
            await made.learn(self, repository)
            found += [(at, repository.ref(number)) for number, at in made.numbers.get(key, {}).items()]
        return [ref for _, ref in sorted(found, key=lambda each: (each[0], int(each[1].partition("-")[2])))]


@dataclass(slots=True)
class Made:
    """What our account made in one repository: key -> number -> when."""

    numbers: dict[str, dict[int, datetime]] = field(default_factory=dict)
    reached: datetime | None = None

    async def learn(self, reader: Reader, repository: Repository) -> None:
        since = self.reached - LOOK_BACK if self.reached else None
        newest = self.reached
        async for issue in reader.api.made_by(repository.name, reader.login, since=since):
            newest = max(newest or issue.updated_at, issue.updated_at)
            key = reader.reading.key_of(issue)
            if key is not None and issue.pull_request is None:
                self.numbers.setdefault(key, {})[issue.number] = issue.created_at
        self.reached = newest
