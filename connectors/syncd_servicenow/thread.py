"""Journal entries and files as a thread of comments: what is public, and which comment is ours. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from syncd.core.model import Attachment, Body, Comment, Internal, Person, Public, Thread, Visibility
from syncd_servicenow import mark, text
from syncd_servicenow.mark import Mark
from syncd_servicenow.wire import FileJson, JournalJson

PUBLIC = "comments"
INTERNAL = "work_notes"


def element_of(body: Body) -> str:
    """The journal that an entry goes into: only what is typed as public becomes customer-visible."""
    return PUBLIC if isinstance(body, Public) else INTERNAL


def own_mark(row: JournalJson, *, own: str) -> Mark | None:
    """The mark of an entry, believed only when our own account wrote it."""
    return mark.split(row.value)[1] if row.sys_created_by == own else None


def marked_files(rows: Iterable[JournalJson], *, own: str) -> list[str]:
    found = (own_mark(row, own=own) for row in rows)
    return [id for each in found if each for id in each.files]


def thread(
    rows: Sequence[JournalJson], files: Sequence[FileJson], *, ticket: str, own: str, people: Mapping[str, Person],
    rich: bool,
) -> Thread:  # fmt: skip
    """All comments, and the files that people put on the ticket.

    Such a file counts as internal: ServiceNow does not say that it is public, although the portal shows it. A file of
    our own account that no comment names is left over from a write that broke off.
    """
    loose = [each for each in files if each.table_sys_id == ticket and each.sys_created_by != own]
    return Thread(
        comments=tuple(comment(row, files, own=own, people=people, rich=rich) for row in rows),
        attachments=tuple(attachment(each, Visibility.INTERNAL, people) for each in loose),
    )


def comment(
    row: JournalJson, files: Sequence[FileJson], *, own: str, people: Mapping[str, Person], rich: bool
) -> Comment:
    """An entry. Everything but the journal `comments` is internal."""
    said, read = own_mark(row, own=own), text.read(row.value, rich=rich)
    body: Body = Public(read.markdown) if row.element == PUBLIC else Internal(read.markdown)
    known = {each.sys_id: each for each in files}
    listed = [known[id] for id in (said.files if said else ()) if id in known]
    return Comment(
        id=row.sys_id,
        body=body,
        author=people.get(row.sys_created_by, Person(row.sys_created_by)),
        created=row.sys_created_on,
        attachments=tuple(attachment(each, body.visibility, people) for each in listed),
        source=read.source,
        key=said.key if said else None,
        lost=read.lost,
    )


def attachment(file: FileJson, visibility: Visibility, people: Mapping[str, Person]) -> Attachment:
    return Attachment(
        id=file.sys_id,
        name=file.file_name,
        size=file.size_bytes,
        media_type=file.content_type or "application/octet-stream",
        visibility=visibility,
        author=people.get(file.sys_created_by),
        created=file.sys_created_on,
    )
