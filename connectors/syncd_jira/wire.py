"""Jira's JSON -> snapshots, comments, files and history; pure. Single values are in `fields`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from syncd.core.model import (
    Attachment,
    Comment,
    Edit,
    Internal,
    Kind,
    Life,
    Person,
    Public,
    RichText,
    Snapshot,
    Thread,
    Value,
    Visibility,
)
from syncd.sdk.errors import BadAnswer
from syncd_jira import customers
from syncd_jira.dialect import Dialect
from syncd_jira.fields import MARK, Catalogue, JiraField, milliseconds, moment, read_value

PROPERTY = "syncd"
"""The entity property of issues and comments that carries our key; people do not see it."""


class _In(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class PropertyIn(_In):
    key: str
    value: Any = None


class RestrictionIn(_In):
    type: str = ""


class CommentIn(_In):
    id: str
    body: Any = None
    author: dict[str, Any] | None = None  # absent for anonymous ones
    created: str
    updated: str
    properties: list[PropertyIn] | None = None
    jsdPublic: bool | None = None  # noqa: N815  Jira's word
    visibility: RestrictionIn | None = None

    @property
    def shown(self) -> bool:
        """Whether customers surely see it, if it stands in a service project."""
        return customers.shown(flag=self.jsdPublic, mark=self._mark, restricted=self.visibility is not None)

    @property
    def hidden(self) -> bool:
        """Whether they surely do not. Cloud's own flag counts: a property is shown as it was sent, obeyed or not."""
        return customers.hidden(flag=self.jsdPublic, mark=self._mark)

    @property
    def _mark(self) -> Any:
        return next((each.value for each in self.properties or () if each.key == customers.VISIBILITY), None)


class CommentsIn(_In):
    """A page of comments, also as the field `comment` of an issue."""

    comments: list[CommentIn] = Field(default_factory=list)
    startAt: int = 0  # noqa: N815
    total: int | None = None

    @property
    def rest(self) -> int | None:
        """Where the next page starts; None when this is the last."""
        end = self.startAt + len(self.comments)
        return end if self.comments and self.total is not None and end < self.total else None


class AttachmentIn(_In):
    id: str | int
    filename: str
    size: int
    mimeType: str = "application/octet-stream"  # noqa: N815
    author: dict[str, Any] | None = None
    created: str
    content: str = ""


class ItemIn(_In):
    field: str
    fieldId: str | None = None  # noqa: N815  Data Center gives the name alone
    before: str | None = Field(default=None, alias="from")
    before_text: str | None = Field(default=None, alias="fromString")
    after: str | None = Field(default=None, alias="to")
    after_text: str | None = Field(default=None, alias="toString")


class HistoryIn(_In):
    id: str
    author: dict[str, Any] | None = None
    created: str
    items: list[ItemIn] = Field(default_factory=list)


class ChangelogIn(_In):
    histories: list[HistoryIn] = Field(default_factory=list)
    total: int | None = None


class IssueIn(_In):
    id: str
    key: str
    fields: dict[str, Any]
    changelog: ChangelogIn | None = None
    properties: dict[str, Any] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """How one connection reads: its dialect, its fields, and who we are."""

    dialect: Dialect
    catalogue: Catalogue
    own: frozenset[str] = frozenset()  # our account's ids
    site: str = ""  # where people open an issue, without a slash at its end

    def snapshot(self, issue: IssueIn, thread: Thread | None = None, *, since: str | None = None) -> Snapshot:
        """An issue as read. BadAnswer names the field that is not what Jira promises."""
        shown = issue.fields
        try:
            created, updated = milliseconds(shown["created"]), milliseconds(shown["updated"])
            container = shown["project"]["key"]
        except (KeyError, TypeError, ValueError, BadAnswer) as error:
            raise BadAnswer(f"$.fields of {issue.key}: project, created and updated are expected") from error
        requester = shown.get("reporter")
        return Snapshot(
            ref=issue.id,
            revision=str(updated),
            fields=self.fields(shown),
            label=issue.key,
            url=customers.portal(shown.values(), site=self.site) or f"{self.site}/browse/{issue.key}",
            container=container,
            life=Life.LOCKED if shown.get("archiveddate") else Life.ACTIVE,
            requester=self.dialect.person(requester) if requester else None,
            created=moment(created),
            updated=moment(updated),
            thread=thread,
            history=self.history(issue.changelog, since) if since and issue.changelog else (),
            tokens=frozenset({str(updated)}),
        )

    def fields(self, shown: Mapping[str, Any]) -> dict[str, Value]:
        """What syncd can speak of among an issue's fields; custom ones under id and name."""
        found: dict[str, Value] = {}
        for id, value in shown.items():
            if known := self.catalogue.by_id.get(id):
                read = read_value(known, value, self.dialect)
                found.update(dict.fromkeys(self.catalogue.names(id), read))
        return found

    def is_ours(self, author: Mapping[str, Any] | None) -> bool:
        return any(str((author or {}).get(word)) in self.own for word in ("accountId", "name", "key"))

    # -- thread

    def comment(self, comment: CommentIn, *, desk: bool) -> Comment:
        """`desk`: it stands where customers read; elsewhere everything is internal, whatever Jira's own flag says."""
        text = self.dialect.read(comment.body) if comment.body is not None else RichText("", "")
        public = desk and comment.shown
        return Comment(
            id=comment.id,
            body=Public(text.markdown) if public else Internal(text.markdown),
            author=self._author(comment.author),
            created=moment(milliseconds(comment.created)),
            source=text.source,
            key=self.key_of(comment),
            lost=text.lost,
        )

    def key_of(self, comment: CommentIn) -> str | None:
        """Our key, if our own account wrote the comment; anybody else's property is a forgery."""
        for each in comment.properties or ():
            if each.key == PROPERTY and isinstance(each.value, dict) and self.is_ours(comment.author):
                return str(each.value.get("key")) or None
        return None

    def attachment(self, file: AttachmentIn, *, public: bool = False) -> Attachment:
        """A file of an issue; without a word about it no customer sees it."""
        return Attachment(
            id=str(file.id),
            name=file.filename,
            size=file.size,
            media_type=file.mimeType,
            visibility=Visibility.PUBLIC if public else Visibility.INTERNAL,
            author=self._author(file.author),
            url=file.content,
            created=moment(milliseconds(file.created)),
        )

    def thread(self, comments: Iterable[CommentIn], files: Iterable[AttachmentIn], *, desk: bool) -> Thread:
        """Of the files customers see those that a customer sent, and those that their owner shows in a public comment.

        Somebody else's comment makes no file public: anybody can type a name.
        """
        said, held = tuple(comments), tuple(files)
        named = {(_who(each.author), name) for each in said if each.shown for name in customers.files_of(each.body)}
        unique = customers.unique(each.filename for each in held)

        def public(file: AttachmentIn) -> bool:
            shown = file.filename in unique and (_who(file.author), file.filename) in named
            return desk and (shown or customers.is_customer(file.author))

        attachments = tuple(self.attachment(each, public=public(each)) for each in held)
        return Thread(tuple(self.comment(each, desk=desk) for each in said), attachments)

    def _author(self, author: Mapping[str, Any] | None) -> Person:
        return self.dialect.person(author) if author else Person("", "Anonymous")

    # -- history

    def history(self, changelog: ChangelogIn, since: str) -> tuple[Edit, ...]:
        """Edits later than a revision, oldest first; Jira lists the newest first."""
        entries = sorted(changelog.histories, key=lambda entry: milliseconds(entry.created))
        return tuple(
            Edit(
                field=name,
                old=self._logged(known, item.before, item.before_text),
                new=self._logged(known, item.after, item.after_text),
                ours=self.is_ours(entry.author),
                at=moment(milliseconds(entry.created)),
                id=f"{entry.id}/{name}",
            )
            for entry in entries
            if milliseconds(entry.created) > int(since)
            for item in entry.items
            if (known := self.catalogue.find(item.fieldId or item.field))
            for name in self.catalogue.names(known.id)
        )

    def _logged(self, known: JiraField, id: str | None, said: str | None) -> Value:
        """A value as a change log words it: an id, and what people read."""
        match known.kind:
            case Kind.PERSON:
                return Person(id, said or "") if id else None
            case Kind.LABELS:
                return frozenset(word for word in (said or "").split() if not word.startswith(MARK))
            case Kind.MULTI_CHOICE:
                return frozenset({said}) if said else frozenset()
            case Kind.RICH_TEXT:
                return self.dialect.read(said) if said else None
            case Kind.TEXT | Kind.CHOICE:
                return said or None
            case Kind.NUMBER | Kind.DATE:
                return read_value(known, id or said or None, self.dialect)


def _who(author: Mapping[str, Any] | None) -> object:
    """An account by its id; whoever has none is nobody but himself."""
    known = author or {}
    return known.get("accountId") or known.get("name") or object()


def label_of(key: str) -> str:
    """The label that carries a key's digest, for search: a label may hold no spaces and anybody may read it."""
    return MARK + hashlib.sha256(key.encode()).hexdigest()[:12]


def comment_token(id: str, updated: str) -> str:
    """The name of one state of a comment; an edit makes another."""
    return f"comment:{id}@{milliseconds(updated)}"
