"""Reading: a work item with its thread, one in the recycle bin, and the work items that carry a key."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from syncd.core.model import Snapshot, Thread
from syncd.sdk.connector import Part
from syncd.sdk.errors import Forbidden, NotFound
from syncd.sdk.recent import Recent
from syncd_azuredevops import snapshot
from syncd_azuredevops.api import PAGE, Api
from syncd_azuredevops.config import AzureDevOpsConfig
from syncd_azuredevops.people import People
from syncd_azuredevops.projects import Projects
from syncd_azuredevops.snapshot import Seen
from syncd_azuredevops.text import Upload
from syncd_azuredevops.wire import CommentJson, WorkItemJson, number


class Reader:
    """What one connection reads, and the work items that it read lately."""

    def __init__(self, api: Api, config: AzureDevOpsConfig, projects: Projects, people: People) -> None:
        self.api = api
        self.config = config
        self.projects = projects
        self.people = people
        self.zone = config.zone
        self.seen: Recent[str, WorkItemJson] = Recent(4096)
        self._sizes: Recent[str, int] = Recent(16384)

    # -- one work item

    async def fetch(self, ref: str, *, parts: frozenset[Part]) -> Snapshot:
        """One request for the fields, and one for each two hundred comments."""
        try:
            item = await self.item(ref)
        except NotFound:
            return await self._deleted(ref)
        thread = await self._thread(item) if Part.THREAD in parts else None
        return await self.shown(item, thread=thread)

    async def item(self, ref: str) -> WorkItemJson:
        """As it is now. Forbidden where it was moved out of the connection's projects."""
        item = await self.api.item(number(ref))
        self.projects.allow(item.system.project)
        return self.keep(item)

    def keep(self, item: WorkItemJson) -> WorkItemJson:
        """Remember it: the next write may be about this revision."""
        self.seen[item.ref] = item
        return item

    async def shown(self, item: WorkItemJson, *, thread: Thread | None = None, deleted: bool = False) -> Snapshot:
        known = await self.projects.known()
        return snapshot.snapshot(
            item, known=known, zone=self.zone, site=self.config.site, thread=thread, deleted=deleted
        )

    async def _deleted(self, ref: str) -> Snapshot:
        """What is in the recycle bin is deleted; what is nowhere is merely not found."""
        item = await self.api.deleted(number(ref))
        self.projects.allow(item.system.project)
        return await self.shown(item, deleted=True)

    async def _thread(self, item: WorkItemJson) -> Thread:
        said = await self.api.comments(item.system.project, item.id)
        return (await self.about(item, said)).thread(said)

    async def about(self, item: WorkItemJson, said: Iterable[CommentJson]) -> Seen:
        """What is needed to show comments: who we are, who can read the project, and how large loose files are."""
        project = await self.projects.look(item.system.project)
        sizes = await self._measured(snapshot.unsized(item, said))
        return Seen(item, await self.people.own(), project.public, sizes)

    async def _measured(self, uploads: Sequence[Upload]) -> dict[str, int | None]:
        """How large files are that hang on no work item. Nothing tells it, so each is counted once."""
        found: dict[str, int | None] = {}
        for upload in uploads:
            size = self._sizes.get(upload.id)
            found[upload.id] = await self._measure(upload) if size is None else size
        return found

    async def _measure(self, upload: Upload) -> int | None:
        try:
            size = await self.api.measure(upload.id, upload.name)
        except (NotFound, Forbidden):
            return None
        self._sizes[upload.id] = size
        return size

    # -- by key

    async def find(self, key: str) -> Sequence[Snapshot]:
        """By the field that holds the key. Believed only where our own account made the work item."""
        own = await self.people.own()
        name = self.config.key_field
        ids = await self.api.query(_with(name, key))
        items = await self.api.items(sorted(ids)[:PAGE]) if ids else []
        ours = [
            item
            for item in items
            if item.system.created_by.id == own
            and item.fields.get(name) == key
            and self.projects.has(item.system.project)
        ]
        return [
            await self.shown(self.keep(item)) for item in sorted(ours, key=lambda item: (item.system.created, item.id))
        ]


def _with(field: str, value: str) -> str:
    """The work items whose field is this very text. WIQL has no parameters: a quote is written twice."""
    quoted = value.replace("'", "''")
    return f"SELECT [System.Id] FROM WorkItems WHERE [{field}] = '{quoted}'"  # noqa: S608  no SQL
