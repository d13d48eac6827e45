"""Reading: an issue with its thread and history, the issue that it became, and the issues that carry a key."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from syncd.core.model import Edit, Snapshot
from syncd.sdk.connector import Part
from syncd.sdk.errors import Forbidden, NotFound, Rejected
from syncd_gitlab import history, snapshot
from syncd_gitlab.api import PAGE, Api, onward
from syncd_gitlab.config import GitlabConfig
from syncd_gitlab.memory import Made, Memory
from syncd_gitlab.projects import Projects
from syncd_gitlab.snapshot import address
from syncd_gitlab.source import Upload, taken_apart
from syncd_gitlab.wire import IssueJson, NoteJson, Place, stamp

SEEN_LATE = timedelta(minutes=5)
"""How long after its time of birth an issue may appear in a list: until what made it is committed."""


class Reader:
    """What one connection reads."""

    def __init__(self, api: Api, *, config: GitlabConfig, memory: Memory, projects: Projects) -> None:
        self.api = api
        self.config = config
        self.memory = memory
        self.projects = projects

    # -- one issue

    async def fetch(self, ref: str, *, parts: frozenset[Part], since: str | None, own: int) -> Snapshot:
        """One request for the fields, one for each hundred notes, and three to four for a history."""
        place = await self._place(ref)
        issue = await self.api.issue(place)
        if issue.moved_to_id is not None:
            return await self._moved(issue)
        whole = Part.THREAD in parts
        notes = await self.api.notes(place) if whole or since else []
        thread = None
        if whole:
            sizes = await self._sizes(snapshot.unsized(issue, notes), place.project)
            thread = snapshot.thread(issue, notes, own=own, sizes=sizes)
            self.memory.whole.keep(issue.ref, issue.revision)
        self.memory.issues.keep(issue.ref, issue)
        edits = await self._history(issue, notes, since=since, own=own) if since else ()
        return replace(self.shown(issue), thread=thread, history=edits)

    async def _place(self, ref: str) -> Place:
        """Of a ref, or of a label (`group/project#7`)."""
        path, _, number = ref.rpartition("#")
        if not path or not (number.isascii() and number.isdecimal()):
            return Place.of(ref)
        try:
            project = await self.projects.named(path)
        except Rejected as error:
            raise NotFound(str(error)) from None
        return Place(project.id, int(number))

    def shown(self, issue: IssueJson) -> Snapshot:
        return snapshot.snapshot(issue, scopes=self.config.scopes)

    async def _moved(self, issue: IssueJson) -> Snapshot:
        """A moved issue is closed, which must not be read as an end: it goes on as another one."""
        notes = await self.api.notes(Place(issue.project_id, issue.iid))
        target = await self.projects.moved_to(issue, [note.body for note in notes if note.system])
        if target.project_id not in await self.projects.ids():
            raise Forbidden(
                f"gitlab: moved to {target.references.full}: name that project in `projects` to go on there"
            )
        return snapshot.snapshot(issue, scopes=self.config.scopes, merged_into=target.ref)

    async def _history(self, issue: IssueJson, notes: Sequence[NoteJson], *, since: str, own: int) -> tuple[Edit, ...]:
        place = Place(issue.project_id, issue.iid)
        labels = await self.api.label_events(place)
        edits: Iterable[Edit] = (
            *history.of_states(await self.api.state_events(place), own=own),
            *history.of_labels(labels, issue=issue, scopes=self.config.scopes, own=own),
            *history.of_milestones(await self.api.milestone_events(place), own=own),
            *history.of_titles(notes, own=own),
        )
        recent = [edit for edit in edits if history.since(since, edit.at)]
        return tuple(sorted(recent, key=lambda edit: edit.at))

    # -- files

    async def _sizes(self, uploads: Sequence[Upload], project: int) -> dict[str, int | None]:
        """How large the files are that people linked to. GitLab tells it nowhere, so each is counted once."""
        found: dict[str, int | None] = {}
        for upload in uploads:
            if upload.secret not in self.memory.sizes:
                self.memory.sizes.keep(upload.secret, await self._size(upload, project))
            found[upload.secret] = self.memory.sizes[upload.secret]
        return found

    async def _size(self, upload: Upload, project: int) -> int | None:
        try:
            return sum([len(chunk) async for chunk in self.api.download(address(upload, project))])
        except (NotFound, Forbidden):
            return None

    # -- by key

    async def find(self, key: str, *, own: int) -> Sequence[Snapshot]:
        """Among all issues that our account made. Search is not asked: it leaves out what no page shows."""
        refs = [ref for id in await self.projects.ids() for ref in await self._with_key(id, key, own=own)]
        found: list[IssueJson] = []
        for ref in refs:
            try:
                found.append(await self.api.issue(Place.of(ref)))
            except NotFound:
                continue
        targets = {issue.id for issue in found}
        left = [issue for issue in found if issue.moved_to_id not in targets]
        return [await self._found(issue) for issue in sorted(left, key=lambda issue: (issue.created_at, issue.id))]

    async def _found(self, issue: IssueJson) -> Snapshot:
        return self.shown(issue) if issue.moved_to_id is None else await self._moved(issue)

    async def _with_key(self, project: int, key: str, *, own: int) -> list[str]:
        """From where the list was read up to, and a little before: a row may be seen late."""
        made = self.memory.made.setdefault(project, Made())
        asked: dict[str, Any] = {"author_id": own, "state": "all", "order_by": "created_at", "sort": "asc"}
        since, page = max(made.newest - SEEN_LATE, Made().newest), 1
        while True:
            params = {**asked, "created_after": stamp(since), "page": page}
            rows, _ = await self.api.issues(f"projects/{project}", params)
            for row in rows:
                self._note(made, row, own=own)
            if len(rows) < PAGE:
                return [ref for ref, its in made.keys.items() if its == key]
            since, page = onward(since, page, rows[-1].created_at)

    def _note(self, made: Made, row: IssueJson, *, own: int) -> None:
        """Believed only where we are the author: others can copy a mark, and a clone has it too."""
        mark = taken_apart(row.description, project=row.project_id).key
        if mark and row.author is not None and row.author.id == own:
            made.keys[row.ref] = mark
        made.newest = max(made.newest, row.created_at)
