"""RT's answers -> a snapshot. Pure; what has to be asked for is in `api`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from syncd.core.model import (
    Attachment,
    Body,
    Comment,
    Edit,
    Internal,
    Life,
    Person,
    Public,
    RichText,
    Snapshot,
    Thread,
    Value,
    Visibility,
)
from syncd_rt import marker, text
from syncd_rt.config import ATTRIBUTES, RtConfig, custom_name
from syncd_rt.wire import NOBODY, UNSET, CustomField, StoredPart, Ticket, Transaction, moment

MESSAGES = {"Create": Visibility.PUBLIC, "Correspond": Visibility.PUBLIC, "Comment": Visibility.INTERNAL}
_FIELD_OF = {attribute: name for name, attribute in ATTRIBUTES.items()}
_LENGTH = re.compile(r"^Content-Length:\s*(\d+)", re.MULTILINE | re.IGNORECASE)


def fields(ticket: Ticket, config: RtConfig) -> dict[str, Value]:
    """All fields but the description, which is a message of the history."""
    requestors = [person for one in ticket.Requestor if (person := one.person())]
    return {
        **{custom_name(field.name): custom_value(field, config) for field in ticket.CustomFields},
        "subject": ticket.Subject,
        "status": ticket.Status,
        "priority": config.label(ticket.Priority),
        "queue": ticket.Queue.Name or ticket.Queue.id,
        "owner": ticket.Owner.person() if ticket.Owner else None,
        "requestor": requestors[0] if requestors else None,
        "starts": ticket.Starts,
        "due": ticket.Due,
        "started": ticket.Started,
        "resolved": ticket.Resolved,
        "told": ticket.Told,
        "time_estimated": minutes(ticket.TimeEstimated),
        "time_left": minutes(ticket.TimeLeft),
        "time_worked": minutes(ticket.TimeWorked),
    }


def custom_value(field: CustomField, config: RtConfig) -> Value:
    words = [str(value) for value in field.values if isinstance(value, str | int | float)]
    if field.name in config.multiple or len(words) > 1:
        return frozenset(words)
    return (words[0] or None) if words else None


def minutes(number: str) -> Decimal | None:
    return Decimal(number) if number.isdecimal() and number != "0" else None


def snapshot(
    ref: str,
    ticket: Ticket,
    *,
    etag: str,
    config: RtConfig,
    description: RichText | None,
    thread: Thread | None,
    history: tuple[Edit, ...] = (),
) -> Snapshot:
    """`ref` is the number that was asked for; RT answers a merged one with the ticket that it went into."""
    requestors = [person for one in ticket.Requestor if (person := one.person())]
    return Snapshot(
        ref=ref,
        revision=etag,
        fields={**fields(ticket, config), "description": description},
        label=f"#{ticket.id}",
        url=f"{config.base}/Ticket/Display.html?id={ticket.id}",
        container=ticket.Queue.Name or ticket.Queue.id,
        life=Life.DELETED if ticket.Status == "deleted" else Life.ACTIVE,
        merged_into=ticket.id if ticket.id != ref else None,
        requester=requestors[0] if requestors else None,
        created=ticket.Created,
        updated=ticket.LastUpdated,
        thread=thread,
        history=history,
    )


# -- messages


def conversation(
    ticket_id: str, told: Sequence[Transaction], parts: Iterable[StoredPart], *, own: str
) -> tuple[RichText | None, Thread]:
    """The description and the thread. The first message is the description, its files are the ticket's and public.

    The first messages of tickets that were merged into this one are comments.
    """
    by_transaction: dict[str, list[StoredPart]] = {}
    for part in parts:
        by_transaction.setdefault(part.TransactionId, []).append(part)
    description, comments, files = None, list[Comment](), tuple[Attachment, ...]()
    for transaction in told:
        held = by_transaction.get(transaction.id, [])
        if transaction.Type not in MESSAGES or not held:
            continue
        if transaction.Type == "Create" and transaction.ObjectId == ticket_id:
            body = _text_part(held)
            description = text.read(body.Content, body.ContentType) if body else None
            files = tuple(_files(transaction, held))
        elif (comment := _comment(transaction, held, own=own)) is not None:
            comments.append(comment)
    return description, Thread(tuple(comments), files)


def _comment(transaction: Transaction, parts: Sequence[StoredPart], *, own: str) -> Comment | None:
    body = _text_part(parts)
    files = tuple(_files(transaction, parts))
    if body is None and not files:
        return None
    rich = text.read(body.Content, body.ContentType) if body else RichText.of("")
    ours = body is not None and transaction.Creator.id == own
    visible = MESSAGES[transaction.Type]
    return Comment(
        id=transaction.id,
        body=said(rich.markdown, visible),
        author=transaction.Creator.person() or Person(NOBODY),
        created=transaction.Created or UNSET,
        attachments=files,
        source=rich.source,
        key=marker.key_of(body.Headers) if ours and body else None,
        lost=rich.lost,
    )


def said(markdown: str, visibility: Visibility) -> Body:
    return Public(markdown) if visibility is Visibility.PUBLIC else Internal(markdown)


def _text_part(parts: Sequence[StoredPart]) -> StoredPart | None:
    """The text of a message: HTML where there is both, as RT itself shows it."""
    texts = [part for part in parts if not part.Filename and part.ContentType.startswith("text/")]
    return next((part for part in texts if part.ContentType == "text/html"), texts[0] if texts else None)


def _files(transaction: Transaction, parts: Sequence[StoredPart]) -> Iterator[Attachment]:
    for part in parts:
        if is_file(part):
            yield attachment(part, MESSAGES[transaction.Type], transaction.Creator.person())


def is_file(part: StoredPart) -> bool:
    """A part with a name, or bytes without one. A message without a text has an empty part that is called octets."""
    bytes_of_no_name = not part.ContentType.startswith(("text/", "multipart/")) and _size(part) > 0
    return bool(part.Filename) or bytes_of_no_name


def _size(part: StoredPart) -> int:
    length = _LENGTH.search(part.Headers)
    return int(length[1]) if length else 0


def attachment(part: StoredPart, visibility: Visibility, author: Person | None) -> Attachment:
    return Attachment(
        id=part.id,
        name=part.Filename or f"part-{part.id}",
        size=_size(part),
        media_type=part.ContentType,
        visibility=visibility,
        author=author,
        url=f"/attachment/{part.id}",
        created=part.Created,
    )


# -- history


def edits(
    told: Iterable[Transaction], *, since: int, own: str, config: RtConfig, custom: Mapping[str, str],
    people: Mapping[str, str],
) -> tuple[Edit, ...]:  # fmt: skip
    """Changes of fields after a revision. `custom` names the custom fields and `people` the users, by id."""
    found = []
    for one in told:
        name = edited_field(one, custom)
        if one.number <= since or name is None or one.Created is None:
            continue
        old, new = (_old_value(name, value, config=config, people=people) for value in (one.OldValue, one.NewValue))
        found.append(Edit(name, old, new, ours=one.Creator.id == own, at=one.Created, id=one.id))
    return tuple(found)


def edited_field(transaction: Transaction, custom: Mapping[str, str]) -> str | None:
    match transaction.Type:
        case "Set" | "Status":
            return _FIELD_OF.get(transaction.about)
        case "CustomField" if transaction.about in custom:
            return custom_name(custom[transaction.about])
        case _:
            return None


def _old_value(name: str, value: object, *, config: RtConfig, people: Mapping[str, str]) -> Value:
    if not isinstance(value, str) or value in ("", f"{UNSET:%Y-%m-%d %H:%M:%S}"):
        return None
    match name:
        case "priority":
            return config.label(value)
        case "owner":
            known = people.get(value, value)
            return None if known == NOBODY else Person(known)
        case "due" | "starts":
            return moment(value)
        case "time_estimated" | "time_left":
            return minutes(value)
        case _:
            return value
