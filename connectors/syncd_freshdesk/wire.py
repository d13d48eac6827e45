"""Freshdesk's JSON as far as it is used, and how a thread is read from it. Pure.

Fields and their values are in `fields`. Source: developers.freshdesk.com/api.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from syncd.core.model import Attachment, Comment, Internal, Person, Public, Thread, Visibility
from syncd.sdk.errors import BadAnswer, Rejected
from syncd.sdk.text.mark import split
from syncd_freshdesk.text import read as read_html

REPLY, NOTE = 0, 2  # a conversation's `source`
CLOSED = 5


class Json(BaseModel):
    """What is used of an object; whatever else Freshdesk sends is left out."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class AttachmentJson(Json):
    id: int
    name: str = ""
    content_type: str | None = None
    size: int = 0
    attachment_url: str = ""
    created_at: datetime | None = None


class TicketJson(Json):
    id: int
    updated_at: str
    created_at: datetime | None = None
    subject: str | None = None
    description: str | None = None
    status: int | None = None
    priority: int | None = None
    type: str | None = None
    requester_id: int | None = None
    responder_id: int | None = None
    group_id: int | None = None
    tags: list[str] | None = None
    custom_fields: dict[str, Any] | None = None
    due_by: datetime | None = None
    spam: bool | None = None
    deleted: bool | None = None
    attachments: list[AttachmentJson] | None = None


class ConversationJson(Json):
    """A reply, a note, or something else that was said on a ticket."""

    id: int
    body: str | None = None
    incoming: bool | None = None
    private: Any = None  # anything but false is internal
    source: int | None = None
    user_id: int | None = None
    attachments: list[AttachmentJson] = Field(default_factory=list)
    created_at: datetime


class ContactJson(Json):
    name: str | None = None
    email: str | None = None
    active: bool | None = None


class AgentJson(Json):
    id: int
    contact: ContactJson = ContactJson()


class GroupJson(Json):
    id: int
    name: str


class TicketFieldJson(Json):
    name: str
    type: str
    label: str = ""
    default: bool = False
    choices: Any = None
    displayed_to_customers: bool | None = None


M = TypeVar("M", bound=Json)


def read(model: type[M], data: Any, *, where: str) -> M:
    """One object of an answer. BadAnswer names the path in it and what was expected, never the value."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        path = ".".join(map(str, first["loc"])) or "the answer"
        raise BadAnswer(f"freshdesk: {where}: {path}: {first['msg']}") from None


def read_list(model: type[M], data: Any, *, where: str) -> list[M]:
    """A whole answer that is a list."""
    if not isinstance(data, list):
        raise BadAnswer(f"freshdesk: {where}: a list was expected")
    return [read(model, each, where=where) for each in data]


def moment(stamp: str) -> datetime:
    """One of Freshdesk's times, always with a zone."""
    try:
        found = datetime.fromisoformat(stamp)
    except ValueError:
        raise BadAnswer("freshdesk: updated_at: a time was expected") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def number(id: str, *, field: str | None = None) -> int:
    """An id that may stand in an address: digits only (reliability.md, T12)."""
    if not re.fullmatch(r"[1-9][0-9]{0,17}", id):
        raise Rejected("freshdesk: not an id: it must be a number", field=field)
    return int(id)


# --- what was said ---------------------------------------------------------------------------------------------------

People = Mapping[int, Person]


def person(id: int | None, people: People) -> Person | None:
    return None if id is None else people.get(id, Person(str(id)))


def visibility_of(given: ConversationJson) -> Visibility:
    """Public is a reply or a note that says so itself; forwards and whatever else there is stay internal."""
    said = given.private is False and given.source in (REPLY, NOTE)
    return Visibility.PUBLIC if said else Visibility.INTERNAL


def comment(given: ConversationJson, *, people: People, own_id: int) -> Comment:
    """One conversation. A key is believed where our own account wrote it."""
    rich = read_html(given.body or "")
    visibility = visibility_of(given)
    author = person(given.user_id, people) or Person("")
    return Comment(
        id=str(given.id),
        body=Public(rich.markdown) if visibility is Visibility.PUBLIC else Internal(rich.markdown),
        author=author,
        created=given.created_at,
        attachments=tuple(attachment(each, visibility, author=author) for each in given.attachments),
        source=rich.source,
        key=split(given.body or "")[1] if given.user_id == own_id else None,
        lost=rich.lost,
    )


def attachment(given: AttachmentJson, visibility: Visibility, *, author: Person | None) -> Attachment:
    return Attachment(
        id=str(given.id),
        name=given.name,
        size=given.size,
        media_type=given.content_type or "application/octet-stream",
        visibility=visibility,
        author=author,
        url=given.attachment_url,
        created=given.created_at,
    )


def thread(ticket: TicketJson, said: Iterable[ConversationJson], *, people: People, own_id: int) -> Thread:
    """All conversations, oldest first, and the files of the description: nothing calls those public."""
    requester = person(ticket.requester_id, people)
    files = [attachment(each, Visibility.INTERNAL, author=requester) for each in ticket.attachments or ()]
    ordered = sorted(said, key=lambda each: (each.created_at, each.id))
    return Thread(tuple(comment(each, people=people, own_id=own_id) for each in ordered), tuple(files))


_MERGED = re.compile(r"\bmerged into (?:the )?ticket\s*(?:with id\s*)?#?(\d{1,18})\b", re.IGNORECASE)


def merged_into(ticket: TicketJson, said: Iterable[ConversationJson]) -> str | None:
    """The ticket that this one was merged into, as the note of the merge tells.

    Freshdesk has no field for it: the merged ticket is closed with a note, "This ticket is closed and merged into
    ticket 20". It counts only as the last word on a closed ticket, as a private note and not as incoming, so that a
    customer's words never move a link.
    """
    last = max(said, key=lambda each: (each.created_at, each.id), default=None)
    if last is None or ticket.status != CLOSED:
        return None
    by_staff = last.source == NOTE and last.private is True and last.incoming is not True
    found = _MERGED.search(read_html(last.body or "").markdown)
    return found[1] if found and by_staff and found[1] != str(ticket.id) else None
