"""A work item with its comments and files, as one read showed it. Pure."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from urllib.parse import quote, unquote

from syncd.core.model import Attachment, Body, Comment, Internal, Life, Public, Snapshot, Thread, Visibility
from syncd_azuredevops import text
from syncd_azuredevops.fields import Catalogue, values
from syncd_azuredevops.text import Upload
from syncd_azuredevops.wire import CommentJson, RelationJson, WorkItemJson

RICH = ("System.Description", "Microsoft.VSTS.TCM.ReproSteps")
"""Fields whose pictures are files of the work item."""

Sizes = Mapping[str, int | None]
"""Number of an upload -> its bytes, for uploads that hang on no work item; None for one that is gone."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What turns a work item's comments and relations into a thread.

    Attributes:
        own: our account's id: only what it wrote carries a key.
        public: strangers can read the project; otherwise nothing in it is public.
    """

    item: WorkItemJson
    own: str
    public: bool
    sizes: Sizes = field(default_factory=dict)

    @property
    def visibility(self) -> Visibility:
        return Visibility.PUBLIC if self.public else Visibility.INTERNAL

    def comment(self, said: CommentJson) -> Comment:
        """A comment of a person, or of ours."""
        parts = text.taken_apart(said.text) if said.created_by.id == self.own else text.Marked(said.text, None)
        rich = text.read(parts.words, said.format)
        body: Body = Public(rich.markdown) if self.public else Internal(rich.markdown)
        return Comment(
            id=str(said.id),
            body=body,
            author=said.created_by.person(),
            created=said.created,
            attachments=tuple(self._of(text.uploads(said.text, said.format))),
            source=rich.source,
            key=parts.key,
            lost=rich.lost,
        )

    def thread(self, said: Sequence[CommentJson]) -> Thread:
        """Comments with the files that they link to; all other files are the work item's own."""
        comments = tuple(self.comment(each) for each in said)
        taken = {each.id for comment in comments for each in comment.attachments}
        own = {each.id: each for each in (*self._related(), *self._of(described(self.item)))}
        return Thread(comments, tuple(each for each in own.values() if each.id not in taken))

    def _related(self) -> Iterator[Attachment]:
        for relation in self.item.relations:
            if found := self._attached(relation):
                yield found

    def _of(self, uploads: Iterable[Upload]) -> Iterator[Attachment]:
        """With what the relations tell of a file, where it has one. One that has none counts if it is a picture."""
        related = {each.id: each for each in self._related()}
        for upload in uploads:
            size = self.sizes.get(upload.id)
            if upload.id in related:
                yield related[upload.id]
            elif size is not None and upload.picture:
                yield self._file(upload, size)

    def _attached(self, relation: RelationJson) -> Attachment | None:
        upload = text.upload_at(relation.url) if relation.rel == "AttachedFile" else None
        if upload is None:
            return None
        told = relation.attributes
        size = self.sizes.get(upload.id) if told.size is None else told.size
        return None if size is None else self._file(Upload(upload.id, told.name or upload.name), size)

    def _file(self, upload: Upload, size: int) -> Attachment:
        return Attachment(
            id=upload.id,
            name=upload.name,
            size=size,
            media_type=mimetypes.guess_type(upload.name)[0] or "application/octet-stream",
            visibility=self.visibility,
        )


def described(item: WorkItemJson) -> list[Upload]:
    """The files that the long texts of a work item show or link to."""
    texts = (item.fields.get(name) for name in RICH)
    return [upload for each in texts if isinstance(each, str) for upload in text.uploads(each)]


def unsized(item: WorkItemJson, said: Iterable[CommentJson]) -> list[Upload]:
    """The uploads of which nothing tells the size: pictures that were pasted, and files of older servers."""
    related = [
        (upload, each.attributes.size)
        for each in item.relations
        if each.rel == "AttachedFile" and (upload := text.upload_at(each.url))
    ]
    told = {upload.id for upload, size in related if size is not None}
    shown = [*described(item), *(upload for each in said for upload in text.uploads(each.text, each.format))]
    loose = [*(upload for upload, _ in related), *(upload for upload in shown if upload.picture)]
    return list({each.id: each for each in loose if each.id not in told}.values())


def hyperlinks(item: WorkItemJson) -> frozenset[str]:
    """The addresses that a work item links to, compared without their escapes: those come back changed."""
    return frozenset(unquote(each.url) for each in item.relations if each.rel == "Hyperlink")


def page(site: str, project: str, id: int) -> str:
    """Where people open a work item."""
    return f"{site}/{quote(project, safe='')}/_workitems/edit/{id}"


def snapshot(
    item: WorkItemJson,
    *,
    known: Catalogue,
    zone: tzinfo,
    site: str,
    thread: Thread | None = None,
    deleted: bool = False,
) -> Snapshot:
    return Snapshot(
        ref=item.ref,
        revision=str(item.rev),
        fields=values(item, known, zone),
        label=f"{item.system.type} {item.id}",
        url=page(site, item.system.project, item.id),
        container=item.system.project,
        life=Life.DELETED if deleted else Life.ACTIVE,
        requester=item.system.created_by.person(),
        created=item.system.created,
        updated=item.system.changed,
        thread=thread,
        tokens=frozenset() if deleted else frozenset({item.token}),
    )
