"""Writing: issues by one PUT, comments with their files, and never more visible than asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from syncd.core.model import Body, Comment, Fields, Internal, Value
from syncd.sdk.connector import Backlink, Draft, Message, Written
from syncd.sdk.errors import ConnectorError, Rejected, Unavailable
from syncd_gitlab import text
from syncd_gitlab.api import Api
from syncd_gitlab.config import GitlabConfig
from syncd_gitlab.fields import to_json, values
from syncd_gitlab.memory import Memory
from syncd_gitlab.projects import Projects
from syncd_gitlab.snapshot import link_of, upload_of
from syncd_gitlab.source import link_to, marked
from syncd_gitlab.wire import IssueJson, NoteJson, Place

NEEDS_THE_PRESENT = frozenset({"labels", "description", "assignee"})
"""Fields of which a write replaces more than it is about; what stands there now has to be known."""


class Writer:
    """What one connection writes."""

    def __init__(self, api: Api, *, config: GitlabConfig, memory: Memory, projects: Projects) -> None:
        self.api = api
        self.config = config
        self.memory = memory
        self.projects = projects

    # -- issues

    async def create(self, draft: Draft, *, key: str) -> IssueJson:
        """One request. A status is left for an update: GitLab makes open issues only."""
        project = await self.projects.named(draft.place.get("project", ""))
        fields = {name: value for name, value in draft.fields.items() if name != "status"}
        fields |= {name: draft.place[name] for name in ("issue_type", "confidential") if name in draft.place}
        await self.projects.check_words(project.id, fields)
        body = to_json(fields, now=None, scopes=self.config.scopes, key=key)
        if body.get("due_date") == "":
            del body["due_date"]
        return await self.api.make(project.id, {**body, **await self.projects.milestone(project.id, fields)})

    async def update(self, ref: str, fields: Fields, *, expect: str) -> Written:
        """One PUT for all fields; one GET before it where the ticket was not just read and the field needs it.

        GitLab guards nothing. Its answer shows the whole issue, so an edit of another field that slipped in since
        `expect` is noticed: then nothing is claimed, and the caller reads the issue with its history.
        """
        place = Place.of(ref)
        seen = self.memory.issues.get(ref)
        if seen is not None and seen.revision != expect:
            seen = None
        now = seen
        if now is None and fields.keys() & {*NEEDS_THE_PRESENT, *self.config.scopes}:
            now = await self.api.issue(place)
        await self.projects.check_words(place.project, fields)
        body = to_json(fields, now=now, scopes=self.config.scopes)
        body |= await self.projects.milestone(place.project, fields)
        if not body:  # what is to be written stands there
            return Written(fields=self._proven(now or await self.api.issue(place), fields))
        return self.written(await self.api.write(place, body), fields, before=seen)

    async def close(self, ref: str) -> Written:
        issue = await self.api.issue(Place.of(ref))
        if issue.state == "closed":
            return Written()
        answer = await self.api.write(Place.of(ref), {"state_event": "close"})
        return self.written(answer, {"status": "closed"}, before=issue)

    def written(self, answer: IssueJson, fields: Fields, *, before: IssueJson | None) -> Written:
        """What an answer proves, and under which name the write comes back.

        A poll tells the last change of an issue only. So the write is foretold only where nothing else can hide behind
        it: all that came before was read, comments too, and no comment came in between.
        """
        self.memory.issues.keep(answer.ref, answer)
        shown = values(answer, self.config.scopes)
        if before is not None and self._slipped(shown, before, fields):
            return Written()
        proven = self._proven(answer, fields)
        known = before is not None and self.memory.whole.get(answer.ref) == before.revision
        if not known or before is None or answer.user_notes_count != before.user_notes_count:
            return Written(answer.revision, proven)
        self.memory.whole.keep(answer.ref, answer.revision)
        told = answer.revision != before.revision  # GitLab says nothing of a write that changes nothing
        return Written(answer.revision, proven, frozenset({answer.revision}), ("issue",) if told else ())

    def _proven(self, answer: IssueJson, fields: Fields) -> dict[str, Value]:
        shown = values(answer, self.config.scopes)
        return {name: shown[name] for name in fields if name in shown}

    def _slipped(self, shown: Mapping[str, Any], before: IssueJson, fields: Fields) -> bool:
        was = values(before, self.config.scopes)
        return any(shown[name] != was[name] for name in shown if name not in fields)

    # -- comments

    async def comment(self, ref: str, message: Message, *, key: str) -> NoteJson:
        """Upload the files, then one note with links to them."""
        place, internal = Place.of(ref), isinstance(message.body, Internal)
        if internal:
            await self.projects.allow_internal(place.project, files=bool(message.files))
        if ref not in self.memory.issues:  # no file is left behind for an issue that is not there
            self.memory.issues.keep(ref, await self.api.issue(place))
        links = []
        for file in message.files:
            upload, image = await self.api.upload(place.project, file)
            links.append(link_to(upload, image=image))
        words = text.write(message.body.text).source
        return await self._add(place, marked(words, key=key, files=links), internal=internal)

    async def _add(self, place: Place, body: str, *, internal: bool) -> NoteJson:
        """Take back what came out more visible than asked: our role may have gone since it was looked up."""
        note = await self.api.add_note(place, body, internal=internal)
        if not internal or note.internal is True:
            return note
        try:
            await self.api.delete_note(place, str(note.id))
        except ConnectorError as error:
            raise Unavailable(
                f"gitlab: an internal note came out public and could not be taken back: {error}"
            ) from error
        raise Rejected("gitlab: an internal note came out public; it was taken back")

    async def edit_comment(self, ref: str, comment: Comment, body: Body, *, key: str) -> NoteJson:
        """The words alone; its files stay. GitLab lets nobody change how visible a note is."""
        place, files = Place.of(ref), [link_to(upload_of(each)) for each in comment.attachments]
        if isinstance(body, Internal):
            await self._refuse_public(place, comment)
        words = text.write(body.text).source
        return await self.api.edit_note(place, comment.id, marked(words, key=key, files=files))

    async def _refuse_public(self, place: Place, comment: Comment) -> None:
        """A note is asked about itself: on a confidential issue each reads as internal, until the issue is opened."""
        note = await self.api.note(place, comment.id)
        if not (note.internal or note.confidential):
            raise Rejected("gitlab: a public note cannot become internal")

    # -- the other half

    async def link_back(self, ref: str, backlink: Backlink, *, own: int) -> Written:
        """An internal note of ours, once for each address: GitLab's own links join issues of GitLab only."""
        place = Place.of(ref)
        if any(link_of(note, place.project, own=own) == backlink.url for note in await self.api.notes(place)):
            return Written()
        await self.projects.allow_internal(place.project)
        label = backlink.title.replace("[", "(").replace("]", ")")
        words = text.write(f"Support ticket: [{label}](<{backlink.url}>)").source
        await self._add(place, marked(words, link=backlink.url), internal=True)
        return Written()
