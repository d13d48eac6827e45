"""Reading issues: fields, thread, history and where the polls go; no writes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from syncd.core.model import Comment, Life, Snapshot, Thread
from syncd.sdk.connector import Changed, Page, Part
from syncd.sdk.errors import Elsewhere, NotFound, Rejected, Unavailable
from syncd_jira.answers import Rows
from syncd_jira.api import Api
from syncd_jira.config import JiraConfig
from syncd_jira.customers import SERVICE_DESK
from syncd_jira.fields import Catalogue, milliseconds, moment
from syncd_jira.memory import Memory, Seen
from syncd_jira.wire import (
    PROPERTY,
    AttachmentIn,
    ChangelogIn,
    CommentIn,
    CommentsIn,
    HistoryIn,
    IssueIn,
    Reading,
    comment_token,
    label_of,
)

FIELDS = "*all,-worklog,-comment,-attachment"
EVERYTHING = "*all,-worklog"
POLL_PAGE = 500


class Reader:
    """What one connection reads. `reading` changes when the catalogue or the own account becomes known."""

    def __init__(self, api: Api, *, reading: Reading, config: JiraConfig, memory: Memory) -> None:
        self.api = api
        self.reading = reading
        self.config = config
        self.memory = memory
        self._desks: dict[str, bool] = {}  # by key, where an issue does not say what its project is
        self._by_minutes = False  # this Jira does not take milliseconds in JQL

    @property
    def cloud(self) -> bool:
        return self.config.deployment == "cloud"

    async def learn_fields(self) -> Catalogue:
        self.reading = replace(self.reading, catalogue=Catalogue.of(await self.api.fields()))
        return self.reading.catalogue

    # -- one issue

    async def fetch(self, ref: str, *, parts: frozenset[Part], since: str | None) -> Snapshot:
        """One request; more only for what Jira cut off, and for own comments that this process has not seen yet.

        Raises:
            Elsewhere: it stands in none of the connection's `projects`.
        """
        snapshot = await self.fetch_anywhere(ref, parts=parts, since=since)
        if not self.config.looks_at(snapshot.container):
            why = f"jira: {snapshot.label} stands in none of the connection's `projects`"
            raise Elsewhere(why, label=snapshot.label)
        return snapshot

    async def fetch_anywhere(self, ref: str, *, parts: frozenset[Part], since: str | None) -> Snapshot:
        """`fetch` in whatever project the issue stands."""
        full = Part.THREAD in parts
        issue = await self.api.issue(ref, fields=EVERYTHING if full else FIELDS, changelog=since is not None)
        if since and issue.changelog:
            issue = issue.model_copy(update={"changelog": await self._whole_changelog(issue, issue.changelog, since)})
        desk = await self._is_desk(issue.fields.get("project") or {})
        thread, tokens = await self._thread(issue, desk=desk) if full else (None, frozenset[str]())
        snapshot = self.reading.snapshot(issue, thread, since=since)
        self._remember(issue, snapshot, desk=desk)
        return replace(snapshot, tokens=snapshot.tokens | tokens)

    async def seen(self, ref: str, *, revision: str) -> Seen:
        """What a write to this revision needs to know; a request only if it was not just read."""
        found = self.memory.issues.get(ref)
        if found is None or found.revision != revision:
            await self.fetch(ref, parts=frozenset({Part.FIELDS}), since=None)
            found = self.memory.issues.get(ref)
        if found is None:
            raise NotFound(f"jira: no issue {ref}")
        return found

    def _remember(self, issue: IssueIn, snapshot: Snapshot, *, desk: bool) -> None:
        if snapshot.created and snapshot.updated and snapshot.updated - snapshot.created > self.config.index_lag:
            self.memory.probe = issue.id
        labels, status = snapshot.fields.get("labels"), snapshot.fields.get("status")
        self.memory.issues[issue.id] = Seen(
            revision=snapshot.revision,
            container=snapshot.container,
            issue_type=str(snapshot.fields.get("issuetype") or ""),
            status=str(status or ""),
            labels=labels if isinstance(labels, frozenset) else frozenset(),
            desk=desk,
        )

    async def desks(self) -> frozenset[str]:
        """Keys of the service projects, asked anew."""
        found = await self.api.service_desks()
        self._desks |= dict.fromkeys(found, True)
        return found

    async def _is_desk(self, project: Mapping[str, Any]) -> bool:
        """Cloud says it with each issue; elsewhere the list of service projects does, asked once for each key."""
        if kind := project.get("projectTypeKey"):
            return bool(kind == SERVICE_DESK)
        key = str(project.get("key"))
        if self.config.service_project and key not in self._desks:
            self._desks[key] = key in await self.desks()
        return self._desks.get(key, False)

    def customers_read(self, *, desk: bool) -> bool:
        """Whether customers see comments there, as far as this connection is to know of customers."""
        return desk and self.config.service_project

    async def _whole_changelog(self, issue: IssueIn, given: ChangelogIn, since: str) -> ChangelogIn:
        """Cloud gives the newest entries only; ask for the older ones if the revision lies before them."""
        oldest = min((milliseconds(each.created) for each in given.histories), default=0)
        if given.total is None or given.total <= len(given.histories) or oldest <= int(since):
            return given
        found: dict[str, HistoryIn] = {}
        while len(found) < given.total:
            page = await self.api.changelog_page(issue.id, start=len(found))
            found.update({each.id: each for each in page.values})
            if not page.values or page.isLast:
                break
        return ChangelogIn(histories=list(found.values()))

    # -- the thread

    async def _thread(self, issue: IssueIn, *, desk: bool) -> tuple[Thread, frozenset[str]]:
        shown = self.customers_read(desk=desk)
        came = self.api.answers.read(CommentsIn, issue.fields.get("comment") or {}, at="fields.comment")
        comments = await self._whole_thread(issue.id, came, shown=shown)
        files = self.api.answers.read_rows(AttachmentIn, issue.fields.get("attachment") or [], at="fields.attachment")
        thread = self.reading.thread(comments, files, desk=shown)
        keyed = tuple(self._with_key(comment) for comment in thread.comments)
        return replace(thread, comments=keyed), frozenset(comment_token(each.id, each.updated) for each in comments)

    async def _whole_thread(self, ref: str, came: CommentsIn, *, shown: bool) -> list[CommentIn]:
        if self._needs_properties(came.comments, shown=shown):
            came = await self.api.comments(ref)
        found = {each.id: each for each in came.comments}
        while (rest := came.rest) is not None:
            came = await self.api.comments(ref, start=rest)
            found.update({each.id: each for each in came.comments})
        for each in found.values():
            if each.properties is not None:
                self.memory.keys[each.id] = self.reading.key_of(each)
        return sorted(found.values(), key=lambda each: (milliseconds(each.created), each.id))

    def _needs_properties(self, comments: Sequence[CommentIn], *, shown: bool) -> bool:
        """An issue shows comments without their properties: our keys, and Data Center's mark of an internal one."""
        bare = [each for each in comments if each.properties is None]
        if shown and not self.cloud:
            return bool(bare)
        return any(self.reading.is_ours(each.author) and each.id not in self.memory.keys for each in bare)

    def _with_key(self, comment: Comment) -> Comment:
        return comment if comment.key else replace(comment, key=self.memory.keys.get(comment.id))

    # -- search

    async def find(self, key: str) -> Sequence[str]:
        """The issues that carry this key in their property, wherever they stand. The label only leads there.

        A clone may have both: of several only the oldest, which is no clone, and what our own account made.

        The same search asks for an issue that is known to exist; without it, "none" would prove nothing.
        """
        probe = self.memory.probe
        jql = f'labels = "{label_of(key)}"' + (f" OR id = {probe}" if probe else "") + " ORDER BY created ASC"
        if self.cloud:
            rows = (await self.api.search_cloud(jql, fields=["creator"], properties=[PROPERTY])).issues
            carried = [(row, row.properties.get(PROPERTY)) for row in rows]
        else:
            rows = (await self.api.search_data_center(jql, fields=["labels", "creator"])).issues
            marked = [row for row in rows if label_of(key) in (row.fields.get("labels") or ())]
            carried = [(row, await self._property(row.id)) for row in marked]
        matching = [row for row, value in carried if isinstance(value, dict) and value.get("key") == key]
        if not matching and probe and probe not in {row.id for row in rows}:
            await self._doubt_search(probe)
        found = sorted(matching, key=lambda row: int(row.id))
        return [row.id for row in found if row is found[0] or self.reading.is_ours(row.fields.get("creator"))]

    async def _doubt_search(self, probe: str) -> None:
        """Search does not show the probe: either that issue is gone, or nothing that search says can be believed."""
        try:
            snapshot = await self.fetch_anywhere(probe, parts=frozenset({Part.FIELDS}), since=None)
        except NotFound:
            snapshot = None
        if snapshot is not None and snapshot.life is Life.ACTIVE:
            raise Unavailable(f"jira: search does not find {snapshot.label}, which exists", sent=False)
        self.memory.probe = ""

    async def _property(self, ref: str) -> object:
        try:
            return await self.api.property(ref)
        except NotFound:
            return None

    async def one_in_status(self, *, container: str, issue_type: str, status: str) -> str | None:
        """Any issue of the same kind that stands in a status."""
        words = {"project": container, "issuetype": issue_type, "status": status}
        jql = " AND ".join(f"{name} = {quoted(word)}" for name, word in words.items()) + " ORDER BY updated DESC"
        rows = await self._rows(jql, size=1)
        return rows.issues[0].id if rows.issues else None

    # -- polling

    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        """Issues by `updated`, from a little before the cursor; a row seen before has the token it had then."""
        if cursor is None:
            yield Page((), str(milliseconds(await self.api.now())))
            return
        reached = int(cursor)
        start = max(reached - self.config.overlap // timedelta(milliseconds=1), 0)
        token: str | None = None
        offset = 0
        while True:
            rows = await self._changed_since(start, token=token, offset=offset)
            stamps = [milliseconds(row.fields["updated"]) for row in rows.issues]
            reached = max([reached, *stamps])
            yield Page(tuple(map(_hint, rows.issues, stamps)), str(reached))
            token = rows.nextPageToken
            if not stamps or (token is None and (self.cloud or len(stamps) < POLL_PAGE)):
                return
            if self._by_minutes or stamps[-1] == start:
                offset += len(stamps)
            else:  # an edit takes an issue off its page and moves the others up: go on by time, count within one stamp
                start, token, offset = stamps[-1], None, 0

    async def _changed_since(self, start: int, *, token: str | None, offset: int) -> Rows:
        try:
            return await self._rows(self._jql(start), token=token, offset=offset, size=POLL_PAGE)
        except Rejected:
            if self._by_minutes:
                raise
            self._by_minutes = True
            return await self._rows(self._jql(start), token=token, offset=offset, size=POLL_PAGE)

    def _jql(self, start: int) -> str:
        """An unquoted number is epoch milliseconds; a quoted time would be in minutes and in the user's own zone."""
        since = str(start)
        if self._by_minutes:
            age = datetime.now().astimezone() - moment(start)
            since = f"-{age // timedelta(minutes=1) + 2}m"
        within = f"project in ({', '.join(map(quoted, self.config.projects))}) AND " if self.config.projects else ""
        return f"{within}updated >= {since} ORDER BY updated ASC, id ASC"

    async def _rows(self, jql: str, *, token: str | None = None, offset: int = 0, size: int) -> Rows:
        if self.cloud:
            return await self.api.search_cloud(jql, fields=["updated"], token=token, size=size)
        return await self.api.search_data_center(jql, fields=["updated"], start=offset, size=size)


def _hint(row: IssueIn, stamp: int) -> Changed:
    return Changed(row.id, token=str(stamp), revision=str(stamp), at=moment(stamp))


def quoted(word: str) -> str:
    """A word for JQL, in which it cannot become anything else."""
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'
