"""Zendesk's JSON as far as it is used, and how a ticket with its people and comments is read from it. Pure.

Fields and their values are in `fields`, which change a hook or a poll tells in `hints`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from html import escape
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from syncd.core.model import (
    Attachment,
    Comment,
    Internal,
    Life,
    Person,
    Public,
    RichText,
    Thread,
    Visibility,
)
from syncd.sdk.errors import BadAnswer, Rejected
from syncd_zendesk.text import read as read_html


class Json(BaseModel):
    """What is used of an object; whatever else Zendesk sends is left out."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class UserJson(Json):
    id: int | None = None  # null for "Anonymous user"
    name: str = ""
    email: str | None = None
    role: str | None = None
    active: bool | None = None
    suspended: bool | None = None


class CustomValueJson(Json):
    id: int
    value: Any = None


class TicketJson(Json):
    id: int
    subject: str | None = None
    description: str | None = None
    status: str | None = None
    custom_status_id: int | None = None
    priority: str | None = None
    type: str | None = None
    tags: list[str] = Field(default_factory=list)
    assignee_id: int | None = None
    group_id: int | None = None
    requester_id: int | None = None
    submitter_id: int | None = None
    organization_id: int | None = None
    brand_id: int | None = None
    ticket_form_id: int | None = None
    external_id: str | None = None
    custom_fields: list[CustomValueJson] = Field(default_factory=list)
    due_at: datetime | None = None
    created_at: datetime | None = None
    updated_at: str | None = None


class AttachmentJson(Json):
    id: int
    file_name: str = ""
    content_type: str | None = None
    content_url: str = ""
    size: int = 0
    malware_scan_result: str | None = None
    malware_access_override: bool | None = None
    deleted: bool | None = None


class CommentJson(Json):
    """A comment as GET comments shows it, or as a Comment event of an audit does."""

    id: int
    author_id: int | None = None
    body: str | None = None
    html_body: str | None = None
    public: Any = None  # anything but true is internal
    attachments: list[AttachmentJson] = Field(default_factory=list)
    audit_id: int | None = None
    created_at: datetime | None = None
    metadata: dict[str, Any] | None = None
    via: dict[str, Any] | None = None


class AuditJson(Json):
    id: int | None = None
    ticket_id: int | None = None
    author_id: int | None = None
    created_at: datetime | None = None
    metadata: dict[str, Any] | None = None
    events: list[dict[str, Any]] = Field(default_factory=list)
    via: dict[str, Any] | None = None


class OptionJson(Json):
    name: str
    value: str


class TicketFieldJson(Json):
    id: int
    title: str
    type: str
    active: bool = True
    custom_field_options: list[OptionJson] | None = None
    removable: bool | None = None  # False: a system field
    required: bool | None = None


# --- small things ----------------------------------------------------------------------------------------------------


def moment(stamp: str) -> datetime:
    """One of Zendesk's times, always with a zone."""
    try:
        found = datetime.fromisoformat(stamp)
    except ValueError:
        raise BadAnswer("zendesk: a time that is none") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def is_stamp(text: str) -> bool:
    """Whether this can be one of Zendesk's times in whole seconds, which are its revisions."""
    return re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)", text) is not None


def number(id: str, *, field: str | None = None) -> int:
    """An id that may stand in an address: digits only (reliability.md, T12)."""
    if not re.fullmatch(r"[1-9][0-9]{0,17}", id):
        raise Rejected("zendesk: not an id: it must be a number", field=field)
    return int(id)


def life_of(status: str | None) -> Life:
    match (status or "").lower():
        case "closed" | "archived":
            return Life.LOCKED
        case "deleted" | "scrubbed":
            return Life.DELETED
        case _:
            return Life.ACTIVE


def person(id: int | None, users: Mapping[int, UserJson]) -> Person | None:
    if id is None:
        return None
    user = users.get(id)
    return Person(str(id), user.name, user.email or None) if user else Person(str(id))


def plain(words: str) -> RichText:
    """Plain text as a rich one: nothing in it is markup."""
    paragraphs = [part for part in re.split(r"\n\s*\n", words.replace("\r\n", "\n")) if part.strip()]
    html = "".join(f"<p>{escape(part).replace(chr(10), '<br>')}</p>" for part in paragraphs)
    rich = read_html(html)
    return RichText(markdown=rich.markdown, source=words, lost=rich.lost)


# --- comments --------------------------------------------------------------------------------------------------------


def comment(given: CommentJson, *, users: Mapping[int, UserJson], key: str | None, at: datetime | None) -> Comment:
    """One comment. What Zendesk does not call public is internal."""
    source = given.html_body if given.html_body is not None else (given.body or "")
    rich = read_html(source) if given.html_body is not None else plain(source)
    visibility = Visibility.PUBLIC if given.public is True else Visibility.INTERNAL
    created = given.created_at or at
    if created is None:
        raise BadAnswer("zendesk: comment.created_at: a time was expected")
    return Comment(
        id=str(given.id),
        body=Public(rich.markdown) if visibility is Visibility.PUBLIC else Internal(rich.markdown),
        author=person(given.author_id, users) or Person(""),
        created=created,
        attachments=tuple(attachments(given, visibility, users=users, at=created)),
        source=source,
        key=key,
        lost=rich.lost,
    )


def attachments(
    given: CommentJson, visibility: Visibility, *, users: Mapping[int, UserJson], at: datetime
) -> Iterable[Attachment]:
    """A comment's files, as visible as the comment. One with malware has no address: it cannot be fetched."""
    for each in given.attachments:
        if each.deleted:
            continue
        infected = each.malware_scan_result == "malware_found" and not each.malware_access_override
        yield Attachment(
            id=str(each.id),
            name=each.file_name,
            size=each.size,
            media_type=each.content_type or "application/octet-stream",
            visibility=visibility,
            author=person(given.author_id, users),
            url="" if infected else each.content_url,
            created=at,
        )


def thread(
    comments: Iterable[CommentJson], *, users: Mapping[int, UserJson], keys: Mapping[int, str], at: datetime
) -> Thread:
    """All comments but the first, which is the description: of that one only the files count, as the ticket's."""
    made = [comment(each, users=users, key=keys.get(each.id), at=at) for each in comments]
    return Thread(comments=tuple(made[1:]), attachments=made[0].attachments if made else ())


_MERGED = re.compile(r"\bmerged into (?:request|ticket|#)[^\n#\d]{0,3}#?(\d{1,18})\b", re.IGNORECASE)
MERGE_TAG = "closed_by_merge"


def merged_into(ticket: TicketJson, comments: Collection[CommentJson], users: Mapping[int, UserJson]) -> str | None:
    """The ticket that this one was merged into, as its closing comment tells.

    Zendesk has no field for it. A merge closes the ticket with a comment that comes from a merge (`via`), or that reads
    "closed and merged into request #7"; the latter counts only in the last comment, from staff, on a ticket that
    carries the tag of a merge, so that a customer's words never move a link.
    """
    if ticket.status != "closed" or not comments:
        return None
    last = list(comments)[-1]
    source = (last.via or {}).get("source") or {}
    target = (source.get("to") or {}).get("ticket_id")
    if source.get("rel") == "merge" and re.fullmatch(r"[1-9]\d{0,17}", str(target)):
        return str(target)
    author = users.get(last.author_id or 0)
    by_staff = author is not None and author.role in ("agent", "admin")
    found = _MERGED.search(last.body or "")
    if found and found[1] != str(ticket.id) and by_staff and MERGE_TAG in ticket.tags:
        return found[1]
    return None
