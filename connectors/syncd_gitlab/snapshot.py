"""An issue with its comments and files, as one read showed it. Pure."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote

from syncd.core.model import Attachment, Comment, Internal, Person, Public, Snapshot, Thread, Visibility
from syncd_gitlab import fields, text
from syncd_gitlab.config import API
from syncd_gitlab.source import Upload, taken_apart
from syncd_gitlab.wire import IssueJson, NoteJson

_SECRET = re.compile(r"/uploads/[0-9a-f]{32}/")
"""Where a file lies; a move of its issue gives it another place, and is no edit of the comment."""

Sizes = Mapping[str, int | None]
"""Secret of an upload -> its bytes, for uploads whose link does not tell; None for one that is gone."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What turns an issue's notes into a thread.

    Attributes:
        own: our account's number: only what it wrote carries a key.
        confidential: of the issue; then nothing on it is public.
    """

    project: int
    own: int
    confidential: bool
    sizes: Sizes

    @classmethod
    def at(cls, issue: IssueJson, *, own: int, sizes: Sizes) -> Seen:
        return cls(issue.project_id, own, issue.confidential, sizes)

    def comment(self, note: NoteJson) -> Comment:
        """A note of a person, or of ours. What GitLab does not call public is internal."""
        parts = taken_apart(note.body, project=self.project)
        rich = text.read(note.body, project=self.project)
        visible = self.visibility(note)
        return Comment(
            id=str(note.id),
            body=Public(rich.markdown) if visible is Visibility.PUBLIC else Internal(rich.markdown),
            author=note.author.person(),
            created=note.created_at,
            attachments=tuple(self.files(parts.uploads, visible, author=note.author.person())),
            source=_SECRET.sub("/uploads/", note.body),
            key=parts.key if note.author.id == self.own else None,
            lost=rich.lost,
        )

    def visibility(self, note: NoteJson) -> Visibility:
        return Visibility.PUBLIC if note.public and not self.confidential else Visibility.INTERNAL

    def files(self, uploads: Iterable[Upload], visible: Visibility, *, author: Person | None) -> Iterable[Attachment]:
        for upload in uploads:
            size = self.sizes.get(upload.secret) if upload.size is None else upload.size
            if size is not None:
                yield attachment(upload, self.project, size=size, visible=visible, author=author)

    def comments(self, notes: Iterable[NoteJson]) -> tuple[Comment, ...]:
        """GitLab's own notes are no comments, and our link to the ticket is none."""
        people = (note for note in notes if not note.system)
        return tuple(self.comment(note) for note in people if link_of(note, self.project, own=self.own) is None)


def link_of(note: NoteJson, project: int, *, own: int) -> str | None:
    """The address of a ticket that this note of ours shows."""
    if note.system or note.author.id != own:
        return None
    return taken_apart(note.body, project=project).link


def thread(issue: IssueJson, notes: Sequence[NoteJson], *, own: int, sizes: Sizes) -> Thread:
    """Comments, and the files of the description, which are as visible as the issue."""
    seen = Seen.at(issue, own=own, sizes=sizes)
    visible = Visibility.INTERNAL if issue.confidential else Visibility.PUBLIC
    author = issue.author.person() if issue.author else None
    uploads = taken_apart(issue.description, project=issue.project_id).uploads
    return Thread(comments=seen.comments(notes), attachments=tuple(seen.files(uploads, visible, author=author)))


def unsized(issue: IssueJson, notes: Iterable[NoteJson]) -> list[Upload]:
    """The uploads whose link does not tell their size: those that people made."""
    texts = [issue.description, *(note.body for note in notes if not note.system)]
    parts = (taken_apart(each, project=issue.project_id) for each in texts)
    return [upload for each in parts for upload in each.uploads if upload.size is None]


def attachment(
    upload: Upload, project: int, *, size: int, visible: Visibility, author: Person | None = None
) -> Attachment:
    return Attachment(
        id=upload.secret,
        name=upload.name,
        size=size,
        media_type=mimetypes.guess_type(upload.name)[0] or "application/octet-stream",
        visibility=visible,
        author=author,
        url=address(upload, project),
    )


def address(upload: Upload, project: int) -> str:
    """Where the API gives the bytes out, to those who may see the project (GitLab 17.4 and newer)."""
    return f"{API}/projects/{project}/uploads/{upload.secret}/{quote(unquote(upload.file), safe='')}"


def upload_of(attachment: Attachment) -> Upload:
    """The other way round, for a text that is written anew."""
    return Upload(attachment.id, attachment.url.rpartition("/")[2], attachment.name, attachment.size)


def snapshot(
    issue: IssueJson, *, scopes: Sequence[str], thread: Thread | None = None, merged_into: str | None = None
) -> Snapshot:
    return Snapshot(
        ref=issue.ref,
        revision=issue.revision,
        fields=fields.values(issue, scopes),
        label=issue.references.full or f"#{issue.iid}",
        url=issue.web_url,
        container=issue.container,
        merged_into=merged_into,
        requester=issue.author.person() if issue.author else None,
        created=issue.created_at,
        updated=issue.updated_at,
        thread=thread,
        tokens=frozenset({issue.revision}),
    )
