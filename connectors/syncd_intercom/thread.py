"""Parts of tickets and conversations -> comments and files, each as visible as Intercom says. Pure.

A part is a message or an event. What is public is said in few words by the vendor's description: a `note` is for
admins, a `comment` for the customer; everything else that has a body is taken for internal, unless a contact wrote it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from syncd.core.model import Attachment, Body, Comment, Internal, Person, Public, Thread, Visibility
from syncd.sdk.text.mark import split
from syncd_intercom import text
from syncd_intercom.attributes import FILES
from syncd_intercom.catalogue import Catalogue, TicketType
from syncd_intercom.refs import Ref
from syncd_intercom.wire import (
    AttachmentJson,
    AuthorJson,
    ConversationJson,
    PartJson,
    SourceJson,
    TicketJson,
    moment,
)

COMMENT, NOTE = "comment", "note"
SENT = frozenset({COMMENT, "quick_reply"})
"""What goes to the customer by its own name."""

CONTACTS = frozenset({"user", "lead", "contact"})
ADMIN = "admin"
UNKNOWN_TYPE = "application/octet-stream"


def visibility_of(part: PartJson, *, shared: bool) -> Visibility:
    """Public is what Intercom sends to a contact, or a contact said, where the customer sees the thread at all.

    A contact's answer may come as another event with a body: one that opens a closed conversation is an `open`.
    """
    sent = part.part_type in SENT or (part.part_type != NOTE and by_contact(part.author))
    return Visibility.PUBLIC if shared and sent else Visibility.INTERNAL


def by_contact(author: AuthorJson | None) -> bool:
    return author is not None and author.type in CONTACTS


def is_comment(part: PartJson) -> bool:
    """A message: events have no body, and a redacted one says only that it was deleted."""
    return not part.redacted and (bool(part.body) or bool(part.attachments))


def comments(parts: Iterable[PartJson], ref: Ref, *, own_id: str, shared: bool) -> tuple[Comment, ...]:
    """All messages, oldest first."""
    said = sorted(filter(is_comment, parts), key=lambda part: (part.created_at, len(part.id), part.id))
    return tuple(comment(part, ref, own_id=own_id, shared=shared) for part in said)


def comment(part: PartJson, ref: Ref, *, own_id: str, shared: bool) -> Comment:
    """One message. A key is believed where our own account wrote it."""
    rich = text.read(part.body or "")
    visible = visibility_of(part, shared=shared)
    return Comment(
        id=part.id,
        body=_said(rich.markdown, visible),
        author=person(part.author),
        created=moment(part.created_at),
        attachments=tuple(_files(part.attachments, f"{ref}/{part.id}", visible, part)),
        source=rich.source,
        key=key_of(part, own_id=own_id),
        lost=rich.lost,
    )


def key_of(part: PartJson, *, own_id: str) -> str | None:
    """The key in a part that our own account wrote."""
    ours = part.author is not None and (part.author.type, part.author.id) == (ADMIN, own_id)
    return split(part.body or "")[1] if ours else None


def person(author: AuthorJson | None) -> Person:
    return Person(author.id, author.name, author.email or None) if author else Person("")


def written(parts: Sequence[PartJson], *, own_id: str, key: str) -> PartJson | None:
    """The part that a reply with this key made, in the answer that shows them all."""
    return next((part for part in reversed(parts) if key_of(part, own_id=own_id) == key), None)


def _said(markdown: str, visible: Visibility) -> Body:
    return Public(markdown) if visible is Visibility.PUBLIC else Internal(markdown)


# --- files -----------------------------------------------------------------------------------------------------------


def ticket_thread(ticket: TicketJson, kind: TicketType, *, own_id: str, known: Catalogue) -> Thread:
    """Nobody is shown a ticket that is not shared: there even a comment is internal."""
    ref = Ref("ticket", ticket.id)
    said = comments(ticket.parts, ref, own_id=own_id, shared=ticket.is_shared is True)
    return Thread(said, tuple(_attribute_files(ticket, kind, known)))


def conversation_thread(given: ConversationJson, *, own_id: str) -> Thread:
    """A conversation is with its customer. The message that began it is its description; here are that one's files."""
    ref = Ref("conversation", given.id)
    said = comments(given.parts, ref, own_id=own_id, shared=True)
    source = given.source or SourceJson()
    visible = Visibility.PUBLIC if by_contact(source.author) else Visibility.INTERNAL
    files = () if source.redacted else source.attachments
    return Thread(said, tuple(_files(files, f"{ref}/source", visible, source, created=moment(given.created_at))))


def _attribute_files(ticket: TicketJson, kind: TicketType, known: Catalogue) -> Iterator[Attachment]:
    """Files in attributes, internal: nothing in a ticket says who sees them."""
    for each in known.mapped(kind).values():
        if each.type == FILES:
            found = [AttachmentJson.model_validate(file) for file in _objects(ticket.ticket_attributes.get(each.key))]
            yield from _files(found, f"ticket:{ticket.id}/attribute-{each.id}", Visibility.INTERNAL, None)


def _objects(value: Any) -> list[Mapping[str, Any]]:
    """One file, or a list of them: the description allows both."""
    rows = value if isinstance(value, list) else [value]
    return [row for row in rows if isinstance(row, dict)]


def _files(
    found: Iterable[AttachmentJson] | None,
    place: str,
    visible: Visibility,
    said: PartJson | SourceJson | None,
    *,
    created: datetime | None = None,
) -> Iterator[Attachment]:
    """Files have no ids: a file is the so-many-th of what it came with."""
    for at, file in enumerate(found or ()):
        yield Attachment(
            id=f"{place}/{at}",
            name=file.name,
            size=file.filesize,
            media_type=file.content_type or UNKNOWN_TYPE,
            visibility=visible,
            author=person(said.author) if said and said.author else None,
            url=file.url,
            created=moment(said.created_at) if isinstance(said, PartJson) else created,
        )
