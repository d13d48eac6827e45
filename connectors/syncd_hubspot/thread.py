"""What was said on a ticket: notes, which are internal, and mails, of which some are the customer's. Pure.

HubSpot has no comments on tickets and calls nothing public. A note is for the people of the account. A mail is public
where the customer has it: sent by an address of the ticket's contacts, or sent to one of them. Everything else, a
forwarded mail, one that failed, one between colleagues, stays internal. Source: the notes and the emails guide.
"""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from syncd.core.model import Attachment, Comment, Internal, Person, Public, Thread, Visibility
from syncd_hubspot import text
from syncd_hubspot.fields import SOURCE, SOURCE_ID, Catalogue
from syncd_hubspot.history import INTEGRATION
from syncd_hubspot.wire import FileJson, RecordJson

NOTE, MAIL = "note:", "mail:"
"""How the ids of comments begin: nothing says that a note and a mail never share a number."""
BODY, ATTACHMENTS, AT, OWNER, CREATOR = (
    "hs_note_body",
    "hs_attachment_ids",
    "hs_timestamp",
    "hubspot_owner_id",
    "hs_created_by_user_id",
)
NOTES = (BODY, ATTACHMENTS, AT, OWNER, CREATOR, SOURCE, SOURCE_ID)
MAILS = (
    "hs_email_direction",
    "hs_email_status",
    "hs_email_html",
    "hs_email_text",
    "hs_email_headers",
    *(ATTACHMENTS, AT, OWNER, CREATOR),
)

Files = Mapping[str, FileJson]


@dataclass(frozen=True, slots=True)
class Contacts:
    """The ticket's contacts: the first as its requester, and everybody by address in lower case."""

    first: Person | None = None
    by_address: Mapping[str, Person] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """What is needed to understand records."""

    app_id: str
    key_property: str
    known: Catalogue
    files: Files = field(default_factory=dict)

    @property
    def ourselves(self) -> Person:
        return Person(f"app:{self.app_id}", "syncd")


def attached(record: RecordJson) -> tuple[str, ...]:
    """Ids of a record's files, "separated by a semi-colon"."""
    ids = (part.strip() for part in (record.properties.get(ATTACHMENTS) or "").split(";"))
    return tuple(dict.fromkeys(id for id in ids if id.isdecimal()))


def is_ours(record: RecordJson, *, app_id: str) -> bool:
    """Whether our app made it, as HubSpot itself says; nobody can write these two."""
    made = record.properties.get(SOURCE), record.properties.get(SOURCE_ID)
    return made == (INTEGRATION, app_id)


def thread(notes: Iterable[RecordJson], mails: Iterable[RecordJson], *, contacts: Contacts, by: Reading) -> Thread:
    """Oldest first by HubSpot's own clock: `hs_timestamp` is whatever its writer said."""
    said = [
        *((record, note(record, by=by)) for record in notes if not record.archived),
        *((record, mail(record, contacts=contacts, by=by)) for record in mails if not record.archived),
    ]
    ordered = sorted(said, key=lambda each: (each[0].created_at, int(each[0].id)))
    return Thread(tuple(comment for _, comment in ordered))


def note(record: RecordJson, *, by: Reading) -> Comment:
    """A note. Its key is believed where our own app made it."""
    rich = text.read(record.properties.get(BODY) or "")
    ours = is_ours(record, app_id=by.app_id)
    author = by.ourselves if ours else _colleague(record, by)
    return Comment(
        id=f"{NOTE}{record.id}",
        body=Internal(rich.markdown),
        author=author,
        created=record.created_at,
        attachments=tuple(_attachments(record, Visibility.INTERNAL, author, by)),
        source=rich.source,
        key=(record.properties.get(by.key_property) or None) if ours else None,
        lost=rich.lost,
    )


def mail(record: RecordJson, *, contacts: Contacts, by: Reading) -> Comment:
    headers = Headers.of(record)
    said = record.properties.get("hs_email_html")
    rich = text.read(said) if said else text.read_plain(record.properties.get("hs_email_text") or "")
    visibility = visibility_of(record, headers, contacts.by_address)
    author = contacts.by_address.get(headers.sender) or _colleague(record, by, otherwise=headers.sender)
    return Comment(
        id=f"{MAIL}{record.id}",
        body=Public(rich.markdown) if visibility is Visibility.PUBLIC else Internal(rich.markdown),
        author=author,
        created=record.created_at,
        attachments=tuple(_attachments(record, visibility, author, by)),
        source=rich.source,
        lost=rich.lost,
    )


def visibility_of(record: RecordJson, headers: Headers, customers: Mapping[str, Person]) -> Visibility:
    """Public is what a contact of the ticket wrote, and what was surely sent to one, not in secret."""
    match record.properties.get("hs_email_direction"), record.properties.get("hs_email_status"):
        case "INCOMING_EMAIL", _:
            shown = headers.sender in customers
        case "EMAIL", "SENT":
            shown = not customers.keys().isdisjoint(headers.receivers)
        case _:
            shown = False
    return Visibility.PUBLIC if shown else Visibility.INTERNAL


@dataclass(frozen=True, slots=True)
class Headers:
    """Addresses of a mail in lower case; "" and none where HubSpot does not say."""

    sender: str = ""
    receivers: frozenset[str] = frozenset()

    @classmethod
    def of(cls, record: RecordJson) -> Headers:
        """From `hs_email_headers`, JSON in a text: {"from": {"email"}, "to": [{"email"}], "cc": [...]}."""
        try:
            told = json.loads(record.properties.get("hs_email_headers") or "{}")
        except (ValueError, RecursionError):
            return cls()
        if not isinstance(told, dict):
            return cls()
        receivers = [each for name in ("to", "cc") for each in _listed(told.get(name))]
        return cls(_address(told.get("from")), frozenset(filter(None, map(_address, receivers))))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _address(value: Any) -> str:
    found = value.get("email") if isinstance(value, dict) else None
    return found.strip().lower() if isinstance(found, str) else ""


def _colleague(record: RecordJson, by: Reading, *, otherwise: str = "") -> Person:
    """Whom the record names as its owner, else who made it, else nobody that is known."""
    owner, user = record.properties.get(OWNER), record.properties.get(CREATOR)
    lookups: tuple[tuple[str | None, Callable[[str], Person | None]], ...] = (
        (owner, by.known.owners.get),
        (user, by.known.users.get),
    )
    for id, find in lookups:
        if id and (found := find(id)):
            return found
    return Person(f"user:{user}") if user else Person(otherwise, email=otherwise or None)


def _attachments(record: RecordJson, visibility: Visibility, author: Person, by: Reading) -> Iterator[Attachment]:
    for id in attached(record):
        if file := by.files.get(id):
            yield Attachment(
                id=id,
                name=file.full_name,
                size=file.size or 0,
                media_type=mimetypes.guess_type(file.full_name)[0] or "application/octet-stream",
                visibility=visibility,
                author=author,
                created=file.created_at,
            )
