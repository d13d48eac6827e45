"""Redmine's answers -> a snapshot. Pure; names of what only ids tell come as an argument."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal

from syncd.core.model import (
    Attachment,
    Body,
    Comment,
    Edit,
    Internal,
    Person,
    Public,
    RichText,
    Snapshot,
    Thread,
    Value,
    Visibility,
)
from syncd_redmine import marker, text
from syncd_redmine.config import ATTRIBUTES, RedmineConfig, custom_name
from syncd_redmine.revision import Revision, stamped
from syncd_redmine.text import Formatting
from syncd_redmine.wire import CustomField, Detail, Issue, Journal, StoredFile

Word = Callable[[str, str], str]
"""(field, id) -> the word of it."""
_FIELD_OF = {attribute: name for name, attribute in ATTRIBUTES.items()}


def fields(issue: Issue, config: RedmineConfig, people: Mapping[str, Person]) -> dict[str, Value]:
    return {
        **{custom_name(field.name): custom_value(field, config) for field in issue.custom_fields},
        "subject": issue.subject,
        "description": rich(issue.description, config.formatting),
        "status": issue.status.name,
        "priority": issue.priority.name,
        "tracker": issue.tracker.name,
        "category": issue.category.name if issue.category else None,
        "version": issue.fixed_version.name if issue.fixed_version else None,
        "assignee": people.get(issue.assigned_to.id, issue.assigned_to.person()) if issue.assigned_to else None,
        "author": people.get(issue.author.id, issue.author.person()),
        "project": issue.project.name,
        "start_date": issue.start_date,
        "due_date": issue.due_date,
        "done_ratio": None if issue.done_ratio is None else Decimal(issue.done_ratio),
        "estimated_hours": None if issue.estimated_hours is None else Decimal(str(issue.estimated_hours)),
    }


def custom_value(field: CustomField, config: RedmineConfig) -> Value:
    if isinstance(field.value, list):
        return frozenset(str(word) for word in field.value if word)
    value = "" if field.value is None else str(field.value)
    if field.name == config.link_field:
        value, _ = marker.split_fragment(value)
    return value or None


def rich(source: str, formatting: Formatting) -> RichText | None:
    """A text without our marker; its source keeps it, so that the vendor's words stay comparable."""
    if not source:
        return None
    bare, _ = marker.split(source)
    read = text.read(bare, formatting=formatting)
    return RichText(read.markdown, source, read.lost)


def revision(issue: Issue, *, young: bool) -> Revision:
    return Revision(stamped(issue.updated_on), young, max((one.id for one in issue.journals), default=0))


def snapshot(
    issue: Issue,
    *,
    revision: Revision,
    config: RedmineConfig,
    own: str,
    people: Mapping[str, Person],
    history: tuple[Edit, ...] = (),
) -> Snapshot:
    return Snapshot(
        ref=issue.id,
        revision=str(revision),
        fields=fields(issue, config, people),
        label=f"#{issue.id}",
        url=f"{config.url.rstrip('/')}/issues/{issue.id}",
        container=issue.project.name,
        requester=people.get(issue.author.id, issue.author.person()),
        created=issue.created_on,
        updated=issue.updated_on,
        thread=thread(issue, own=own, config=config),
        history=history,
    )


# -- notes and files


def thread(issue: Issue, *, own: str, config: RedmineConfig) -> Thread:
    """Journals with notes are the comments. What is private, or hangs on a private issue, is internal.

    "Public" here is everybody who sees the issue: a tracker has no customers.
    """
    stored = {file.id: file for file in issue.attachments}
    carried = _carried(issue.journals)
    comments = []
    for journal in issue.journals:
        visible = audience(issue, private=journal.private_notes)
        files = [stored.pop(name) for name in carried.get(journal.id, ()) if name in stored]
        if journal.notes:
            attached = tuple(attachment(file, visible) for file in files)
            comments.append(comment(journal, attached, visible, own=own, formatting=config.formatting))
        else:
            stored.update((file.id, file) for file in files)
    loose = tuple(attachment(file, audience(issue)) for file in stored.values())
    return Thread(tuple(comments), loose)


def _carried(journals: Iterable[Journal]) -> dict[int, tuple[str, ...]]:
    """Which files came with which journal.

    Redmine writes a private note with files as two journals, first the files for everybody, then the note. They are
    one message, and its files stay as internal as its words.
    """
    carried: dict[int, tuple[str, ...]] = {}
    before: Journal | None = None
    for journal in journals:
        carried[journal.id] = journal.files
        if before and _split_from(journal, before):
            carried[journal.id] = carried.pop(before.id)
        before = journal
    return carried


def _split_from(note: Journal, before: Journal) -> bool:
    same = note.user.id == before.user.id and note.created_on == before.created_on
    return same and note.private_notes and not note.details and not before.notes and bool(before.files)


def audience(issue: Issue, *, private: bool = False) -> Visibility:
    return Visibility.INTERNAL if private or issue.is_private else Visibility.PUBLIC


def comment(
    journal: Journal, files: tuple[Attachment, ...], visible: Visibility, *, own: str, formatting: Formatting
) -> Comment:
    bare, key = marker.split(journal.notes)
    ours = journal.user.id == own
    read = text.read(bare if ours else journal.notes, formatting=formatting)
    return Comment(
        id=str(journal.id),
        body=said(read.markdown, visible),
        author=journal.user.person(),
        created=journal.created_on,
        attachments=files,
        source=journal.notes,
        key=key if ours else None,
        lost=read.lost,
    )


def said(markdown: str, visibility: Visibility) -> Body:
    return Public(markdown) if visibility is Visibility.PUBLIC else Internal(markdown)


def attachment(file: StoredFile, visibility: Visibility) -> Attachment:
    return Attachment(
        id=file.id,
        name=file.filename,
        size=file.filesize,
        media_type=file.content_type or "application/octet-stream",
        visibility=visibility,
        author=file.author.person() if file.author else None,
        url=f"/attachments/download/{file.id}",
        created=file.created_on,
    )


# -- history


def edits(
    journals: Iterable[Journal], *, own: str, word: Word, custom: Mapping[str, str], formatting: Formatting
) -> Iterator[Edit]:
    """The changes of fields in these journals. `custom` names the custom fields by id."""
    for journal in journals:
        for detail in journal.details:
            name = edited_field(detail, custom)
            if name is not None:
                old, new = (_value(name, value, word, formatting) for value in (detail.old_value, detail.new_value))
                ours = journal.user.id == own
                yield Edit(name, old, new, ours=ours, at=journal.created_on, id=str(journal.id))


def edited_field(detail: Detail, custom: Mapping[str, str]) -> str | None:
    match detail.property:
        case "attr":
            return _FIELD_OF.get(detail.name)
        case "cf" if detail.name in custom:
            return custom_name(custom[detail.name])
        case _:
            return None


def _value(name: str, value: object, word: Word, formatting: Formatting) -> Value:
    if value is None or value == "":
        return None
    match name:
        case "status" | "priority" | "tracker" | "category" | "version":
            return word(name, str(value))
        case "assignee":
            return Person(str(value))
        case "description":
            return rich(str(value), formatting)
        case "start_date" | "due_date":
            return date.fromisoformat(str(value))
        case "done_ratio" | "estimated_hours":
            return Decimal(str(value))
        case _:
            return frozenset(map(str, value)) if isinstance(value, list) else str(value)
