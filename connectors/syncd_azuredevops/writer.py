"""Writing: JSON patches that say which revision they are about, comments with their files, and the link back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from urllib.parse import unquote

from syncd.core.model import Body, Comment, Fields, Internal, Person, Value
from syncd.sdk.connector import Backlink, Draft, File, Message, Posted, Written
from syncd.sdk.errors import Rejected, Stale, Unavailable
from syncd_azuredevops import text
from syncd_azuredevops.api import Patch, happened
from syncd_azuredevops.fields import Field, is_empty, operation, values
from syncd_azuredevops.reader import Reader
from syncd_azuredevops.snapshot import hyperlinks, page
from syncd_azuredevops.wire import CommentJson, TypeJson, WorkItemJson, number

TRIES = 3
"""How often something is added that fits any revision, while others write."""

FINAL = frozenset({"Completed", "Removed"})
PLACES = ("area", "iteration")


class Writer:
    """What one connection writes, with what its reader knows."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.api = reader.api
        self.config = reader.config
        self.projects = reader.projects
        self.people = reader.people

    # -- create

    async def create(self, draft: Draft, *, key: str) -> WorkItemJson:
        """One write. A status is left for an update: a new work item begins where its type says."""
        project, kind = draft.place.get("project", ""), draft.place.get("type", "")
        if not self.projects.has(project):
            raise Rejected(f"azuredevops: `{project}` is none of the connection's `projects`", field="project")
        await self.projects.allow_words(project, now=True)
        type = await self.projects.type_of(project, kind)
        if self.config.key_field not in type.fields:
            why = f"the type {type.name} in `{project}` has no field {self.config.key_field}, by which syncd finds it"
            raise Rejected(f"azuredevops: {why}", field="type")
        given: dict[str, Value] = {name: draft.place[name] for name in PLACES if name in draft.place}
        given |= {name: value for name, value in draft.fields.items() if name != "status" and not is_empty(value)}
        patch = await self._operations(given)
        patch.append({"op": "add", "path": f"/fields/{self.config.key_field}", "value": key})
        if draft.backlink and self.config.link_via != "none":
            patch.append(await self._link(project, draft.backlink))
        with self._named(given):
            return self.reader.keep(await self.api.create(project, type.name, patch))

    # -- fields

    async def update(self, ref: str, fields: Fields, *, expect: str) -> Written:
        """One PATCH for all fields, which fails as a whole where the work item moved on since `expect`."""
        id, seen = number(ref), self._seen(ref, expect)
        seen = await self._words_allowed(ref, seen)
        patch = await self._operations(fields, seen=seen)
        if not patch:  # what is to be empty is empty
            return await self._proven(await self._unmoved(ref, expect=expect), fields)
        with self._named(fields):
            written = await self._write(id, patch, expect=expect)
        with happened():
            return await self._proven(written, fields)

    def _seen(self, ref: str, revision: str) -> WorkItemJson | None:
        """The work item as it was read, if that is the revision that is spoken of."""
        seen = self.reader.seen.get(ref)
        return seen if seen is not None and str(seen.rev) == revision else None

    async def _words_allowed(self, ref: str, seen: WorkItemJson | None) -> WorkItemJson | None:
        """One read where it is not known in which project the work item stands and one of them is public."""
        if self.config.allow_public:
            return seen
        if seen is None and any([(await self.projects.look(name)).public for name in self.config.projects]):
            seen = await self.reader.item(ref)
        if seen is not None:
            await self.projects.allow_words(seen.system.project)
        return seen

    async def _unmoved(self, ref: str, *, expect: str) -> WorkItemJson:
        """The work item as it is now. Stale where it is not what the caller speaks of."""
        item = await self.reader.item(ref)
        if expect and str(item.rev) != expect:
            raise Stale("azuredevops: the work item changed meanwhile")
        return item

    async def _operations(self, fields: Fields, *, seen: WorkItemJson | None = None) -> Patch:
        """Without what is to be emptied and is empty: there is nothing to remove."""
        found: Patch = []
        for name, value in fields.items():
            known = await self._field(name)
            if is_empty(value) and seen is not None and known.ref not in seen.fields:
                continue
            person = await self.people.unique_name(value, field=name) if isinstance(value, Person) else ""
            found.append(operation(known, value, zone=self.reader.zone, unique_name=person))
        return found

    async def _field(self, name: str) -> Field:
        """Asked for again when it is not known: somebody may just have made it."""
        found = (await self.projects.known()).find(name) or (await self.projects.known(anew=True)).find(name)
        if found is None or not found.info.writable:
            raise Rejected(f"azuredevops: no field `{name}` that syncd could write", field=name)
        return found

    async def _write(self, id: int, patch: Patch, *, expect: str) -> WorkItemJson:
        guard: Patch = [{"op": "test", "path": "/rev", "value": int(expect)}] if expect.isdecimal() else []
        return self.reader.keep(await self.api.write(id, [*guard, *patch]))

    async def _proven(self, item: WorkItemJson, fields: Fields) -> Written:
        """What the answer shows of the fields that were written."""
        shown = values(item, await self.projects.known(), self.reader.zone)
        proven = {name: shown[name] for name in fields if name in shown}
        return Written(str(item.rev), proven, frozenset({item.token}))

    @contextmanager
    def _named(self, fields: Mapping[str, Value]) -> Iterator[None]:
        """The vendor names a culprit by its reference name, or not at all; of one field it is that one."""
        try:
            yield
        except Rejected as error:
            name = self.projects.catalogue.name_of(error.field)
            if name is None and len(fields) == 1:
                [name] = fields
            error.field = name or error.field
            raise

    # -- status

    async def close(self, ref: str) -> Written:
        """To the first completed state that the process lets it reach from where it stands."""
        item = await self.reader.item(ref)
        kind = await self.projects.type_of(item.system.project, item.system.type)
        categories = {state.name: state.category for state in kind.states}
        if categories.get(item.system.state) in FINAL:
            return Written()
        return await self.update(ref, {"status": _completed(kind, item.system.state)}, expect=str(item.rev))

    # -- comments

    async def comment(self, ref: str, message: Message, *, key: str, expect: str) -> Posted:
        """One PATCH with the words and the files, so that all of it arrives or nothing; then the comment is read.

        The patch is about the revision whose project was looked at: a work item that was moved into a public project
        meanwhile is noticed.
        """
        number(ref)
        internal = isinstance(message.body, Internal)
        words = text.write(message.body.text).source
        files: list[tuple[str, str]] = []

        async def said(item: WorkItemJson) -> Patch:
            if internal:
                await self.projects.refuse_strangers(item.system.project)
            if len(files) < len(message.files):
                files[:] = await self._uploaded(item, message.files)
            address = page(self.config.site, item.system.project, item.id)
            return _comment(text.marked(words, item=address, key=key, files=files), files)

        item = self.reader.seen.get(ref) or await self.reader.item(ref)
        written = await self._added(item, said)
        with happened():
            return await self._posted(written or item, key=key, expect=expect)

    async def _uploaded(self, item: WorkItemJson, files: Sequence[File]) -> list[tuple[str, str]]:
        """Address and name of each. An upload that no patch takes is seen by nobody."""
        try:
            return [((await self.api.upload(item.system.project, file)).url, file.name) for file in files]
        except Rejected as error:  # larger than this organisation takes
            error.field = "files"
            raise

    async def _added(
        self, item: WorkItemJson, build: Callable[[WorkItemJson], Awaitable[Patch]], *, tries: int = TRIES
    ) -> WorkItemJson | None:
        """Write what `build` makes of the work item as it is, which it may see anew; None where that is nothing."""
        while patch := await build(item):
            tries -= 1
            try:
                return await self._write(item.id, patch, expect=str(item.rev))
            except Stale:
                if not tries:
                    raise
            item = await self.reader.item(item.ref)
        return None

    async def _posted(self, item: WorkItemJson, *, key: str, expect: str) -> Posted:
        """The comment as the vendor keeps it. A revision is told only where nobody wrote since `expect`."""
        project = item.system.project
        if item.comment is not None:
            answer = await self.api.comment(project, item.id, item.comment.id)
        else:
            answer = await self._newest(item, key)
        shown = (await self.reader.about(item, [answer])).comment(answer)
        alone = expect.isdecimal() and item.rev == int(expect) + 1
        return Posted(shown, Written(str(item.rev) if alone else None, tokens=frozenset({item.token})))

    async def _newest(self, item: WorkItemJson, key: str) -> CommentJson:
        """Where the answer to a patch does not name the comment that it made."""
        said = await self.api.comments(item.system.project, item.id)
        ours = [each for each in said if text.taken_apart(each.text).key == key]
        if not ours:
            raise Unavailable("azuredevops: the comment is not shown yet")
        return ours[-1]

    async def edit_comment(self, ref: str, comment: Comment, body: Body, *, key: str) -> Comment:
        """The words alone; its files stay. Nothing guards this, so project and visibility are asked right before."""
        item = await self.reader.item(ref)
        if isinstance(body, Internal):
            await self.projects.refuse_strangers(item.system.project)
        address = page(self.config.site, item.system.project, item.id)
        files = [(self.api.file_address(each.id, each.name), each.name) for each in comment.attachments]
        words = text.marked(text.write(body.text).source, item=address, key=key, files=files)
        answer = await self.api.edit_comment(item.system.project, item.id, comment.id, words)
        with happened():
            return (await self.reader.about(item, [answer])).comment(answer)

    async def delete_comment(self, ref: str, comment_id: str) -> None:
        item = await self.reader.item(ref)
        await self.api.delete_comment(item.system.project, item.id, comment_id)

    # -- the other half

    async def link_back(self, ref: str, backlink: Backlink, *, expect: str) -> Written:
        """A hyperlink, once for each address."""

        async def linked(item: WorkItemJson) -> Patch:
            if unquote(backlink.url) in hyperlinks(item):
                return []
            return [await self._link(item.system.project, backlink)]

        item = self._seen(ref, expect) or await self._unmoved(ref, expect=expect)
        written = await self._added(item, linked, tries=1 if expect else TRIES)
        if written is None:
            return Written()
        return Written(str(written.rev) if expect else None, tokens=frozenset({written.token}))

    async def _link(self, project: str, backlink: Backlink) -> dict[str, object]:
        """Strangers are shown the ticket's number and address, and never its title."""
        shown = backlink.label if (await self.projects.look(project)).public else backlink.title
        value = {"rel": "Hyperlink", "url": backlink.url, "attributes": {"comment": shown[:255]}}
        return {"op": "add", "path": "/relations/-", "value": value}


def _comment(words: str, files: Sequence[tuple[str, str]]) -> Patch:
    """A comment goes as the field `System.History`, which is HTML, and so in one patch with its files."""
    patch: Patch = [{"op": "add", "path": "/fields/System.History", "value": words}]
    return patch + [
        {"op": "add", "path": "/relations/-", "value": {"rel": "AttachedFile", "url": url}} for url, _ in files
    ]


def _completed(kind: TypeJson, state: str) -> str:
    completed = [each.name for each in kind.states if each.category == "Completed"]
    if not completed:
        raise Rejected(f"azuredevops: the type {kind.name} has no completed state", field="status")
    if kind.transitions is None:
        return completed[0]
    reachable = {each.to for each in kind.transitions.get(state, ())}
    return next((name for name in completed if name in reachable), completed[0])
