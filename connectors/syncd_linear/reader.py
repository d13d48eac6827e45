"""Reading issues: fields, thread and history in one request, and more only for what does not fit on its first page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

from syncd.core.model import Attachment, Comment, Snapshot
from syncd.sdk.errors import BadAnswer, NotFound
from syncd_linear.api import Api, chunks
from syncd_linear.memory import Memory, Seen
from syncd_linear.reading import COMMENT, Reading, comment_token, place_of
from syncd_linear.wire import CommentJson, Connection, EntryJson, IssueJson, milliseconds

MOST_PAGES = 200


class Reader:
    """What one connection reads. `reading` changes when the own account becomes known."""

    def __init__(self, api: Api, *, reading: Reading, memory: Memory) -> None:
        self.api = api
        self.reading = reading
        self.memory = memory

    async def issue(self, ref: str, *, thread: bool = False, history: bool = False) -> IssueJson:
        issue = await self.api.issue(ref, thread=thread, history=history)
        self.remember(issue)
        return issue

    def remember(self, issue: IssueJson) -> None:
        self.memory.issues[issue.id] = Seen.of(issue, self.reading.fields(issue))

    async def read(self, ref: str, *, thread: bool = False, since: str | None = None) -> Snapshot:
        issue = await self.issue(ref, thread=thread, history=since is not None)
        entries = await self._entries(issue, since) if since is not None else []
        snapshot = self.reading.snapshot(issue, entries=entries, since=since)
        if not thread:
            return snapshot
        said = await self._comments(issue)
        shown = self.reading.thread(issue, map(self.comment, said))
        tokens = frozenset(comment_token(each) for each in said)
        return replace(
            snapshot,
            thread=replace(shown, attachments=tuple(map(self._sized, shown.attachments))),
            tokens=snapshot.tokens | tokens,
        )

    def comment(self, said: CommentJson) -> Comment:
        comment = self.reading.comment(said, key=self.memory.keys.get(said.id))
        return replace(comment, attachments=tuple(map(self._sized, comment.attachments)))

    def _sized(self, file: Attachment) -> Attachment:
        """With the size that we know of what we sent ourselves."""
        return replace(file, size=self.memory.sizes.get(place_of(file)[0]) or 0)

    async def find(self, id: str, *, since: str) -> list[Snapshot]:
        """The issue of this id, if our own account made it."""
        try:
            issue = await self.issue(id, history=True)
        except NotFound:
            return []
        if not self.reading.made_by_us(issue.creator, issue.bot_actor):
            return []
        return [self.reading.snapshot(issue, entries=await self._entries(issue, since), since=since)]

    async def download(self, file: Attachment) -> AsyncIterator[bytes]:
        """Through an address that Linear signs for a minute: our credential goes to the API alone."""
        url, kind, id = place_of(file)
        text = await self.api.signed_text(**{"comment" if kind == COMMENT else "issue": id})
        start = text.find(f"{url}?")
        if start < 0:
            raise NotFound("linear: the text does not link to this file any more")
        end = next((at for at in range(start, len(text)) if text[at] in ")>]\"' \n\t"), len(text))
        async for piece in chunks(self.api.client, text[start:end].replace("&amp;", "&")):
            yield piece

    # -- what does not fit on one page

    async def _comments(self, issue: IssueJson) -> list[CommentJson]:
        """All of them, oldest first; the order of the pages is not documented."""
        page: Connection[CommentJson] | None = issue.comments
        if page is None:
            raise BadAnswer("linear: issue.comments: a list was expected")
        found = {each.id: each for each in page.nodes}
        for _ in range(MOST_PAGES):
            if page.rest is None:
                return sorted(found.values(), key=lambda each: each.created_at)
            page = await self.api.more_comments(issue.id, page.rest)
            found.update({each.id: each for each in page.nodes})
        raise BadAnswer("linear: issue.comments: the list has no end")

    async def _entries(self, issue: IssueJson, since: str) -> list[EntryJson]:
        """Back to a revision where the newest come first, else all."""
        page: Connection[EntryJson] | None = issue.history
        if page is None:
            raise BadAnswer("linear: issue.history: a list was expected")
        found = {each.id: each for each in page.nodes}
        for _ in range(MOST_PAGES):
            if page.rest is None or _reaches(page.nodes, since):
                return list(found.values())
            page = await self.api.more_history(issue.id, page.rest)
            found.update({each.id: each for each in page.nodes})
        raise BadAnswer("linear: issue.history: the list has no end")


def _reaches(entries: list[EntryJson], since: str) -> bool:
    """Whether a page goes from new to old and ends before a revision."""
    stamps = [milliseconds(each.created_at) for each in entries]
    return len(stamps) > 1 and stamps[0] > stamps[-1] and stamps[-1] < int(since)
