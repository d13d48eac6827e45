"""What a simulated Request Tracker holds: users and their rights, queues, custom fields, tickets, transactions, parts.

The seed is that of a fresh RT with one queue for customers: users, rights, ids and words are as a real 5.0.3 has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from syncd.sdk.testing.simulator import Account

UNSET = datetime(1970, 1, 1, tzinfo=UTC)
NOBODY, SYSTEM, ROOT = "Nobody", "RT_System", "root"
ORGANIZATION = "support.test"
MAILS = frozenset({"EmailRecord", "CommentEmailRecord"})

ADMIN = Account(ROOT, "Enoch Root", "root@localhost", token="rt-root-token")  # noqa: S106
BOT = Account("syncbot", "Sync Bot", "syncbot@support.test", token="rt-bot-token")  # noqa: S106
ANNA = Account("anna", "Anna Agent", "anna@support.test", token="rt-anna-token")  # noqa: S106
BEN = Account("ben", "Ben Agent", "ben@support.test", token="rt-ben-token")  # noqa: S106
CAROL = Account("carol@customer.test", "Carol Customer", "carol@customer.test")
DAVE = Account("dave@customer.test", "Dave Customer", "dave@customer.test")
OUTSIDER = Account("outsider", "No Rights", "outsider@support.test", token="rt-outsider-token")  # noqa: S106
PEOPLE = (ADMIN, BOT, ANNA, OUTSIDER, CAROL, DAVE, BEN)

STAFF = frozenset(
    {
        *("SeeQueue", "ShowTicket", "ShowTicketComments", "CreateTicket", "ReplyToTicket", "CommentOnTicket"),
        *("ModifyTicket", "SeeCustomField", "ModifyCustomField", "WatchAsAdminCc", "Watch"),
    }
)
AGENT = STAFF | {"OwnTicket", "TakeTicket", "StealTicket", "ShowOutgoingEmail"}
EVERYONE, REQUESTOR = frozenset({"CreateTicket", "ReplyToTicket"}), frozenset({"ShowTicket"})
"""What everybody may do in a queue for customers, and who asked with the own ticket."""


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The one that RT ships as `default` (RT_Config.pm): every status leads to every other."""

    initial: tuple[str, ...] = ("new",)
    active: tuple[str, ...] = ("open", "stalled")
    inactive: tuple[str, ...] = ("resolved", "rejected", "deleted")
    on_create: tuple[str, ...] = ("new", "open", "resolved")
    actions: tuple[tuple[str, str, str, str], ...] = (
        ("new", "open", "Open It", "Respond"),
        ("new", "resolved", "Resolve", "Comment"),
        ("new", "rejected", "Reject", "Respond"),
        ("new", "deleted", "Delete", ""),
        ("open", "stalled", "Stall", "Comment"),
        ("open", "resolved", "Resolve", "Comment"),
        ("open", "rejected", "Reject", "Respond"),
        ("stalled", "open", "Open It", ""),
        ("resolved", "open", "Re-open", "Comment"),
        ("rejected", "open", "Re-open", "Comment"),
        ("deleted", "open", "Undelete", ""),
    )

    @property
    def all(self) -> tuple[str, ...]:
        return (*self.initial, *self.active, *self.inactive)


LIFECYCLE = Lifecycle()
PRIORITIES: Mapping[str, int] = {"Low": 0, "Medium": 50, "High": 100}
"""%PriorityAsString."""


@dataclass(frozen=True, slots=True)
class User:
    id: int
    name: str
    real_name: str = ""
    email: str = ""
    privileged: bool = False


@dataclass(slots=True)
class Queue:
    """`rights` are those of each user in this queue, by name; `everyone` those of all."""

    id: int
    name: str
    description: str = ""
    address: str = ""  # whom mails come from, before the @
    rights: dict[str, frozenset[str]] = field(default_factory=dict)
    everyone: frozenset[str] = frozenset()
    requestor: frozenset[str] = frozenset()
    fields: tuple[CustomField, ...] = ()


@dataclass(frozen=True, slots=True)
class CustomField:
    """Of tickets. With words it is a selection; `most` 0 is any number of values."""

    id: int
    name: str
    words: tuple[str, ...] = ()
    description: str = ""
    most: int = 1


FIELDS = (
    CustomField(2, "Severity", ("Critical", "High", "Medium", "Low"), "How bad it is for the customer"),
    CustomField(3, "Customer tier", ("Free", "Pro", "Enterprise"), "Contract of the customer"),
    CustomField(4, "Engineering issue", (), "URL of the linked engineering issue"),
)


def queues() -> dict[int, Queue]:
    """RT's own General, which only root sees; Support for customers, and where their tickets may be moved to."""
    staff = {BOT.id: STAFF | {"ReassignTicket"}, ANNA.id: AGENT, BEN.id: AGENT}
    return {
        1: Queue(1, "General"),
        3: Queue(3, "Support", "Customer support", "support", dict(staff), EVERYONE, REQUESTOR, FIELDS),
        4: Queue(4, "Escalations", rights=dict(staff), requestor=REQUESTOR),
    }


@dataclass(slots=True)
class Part:
    """A row of RT's attachments: the text of a message, a file, or the empty container of both."""

    id: int
    transaction: int
    parent: int
    content_type: str
    headers: str
    content: bytes
    filename: str
    creator: str
    created: datetime
    subject: str = ""
    message_id: str = ""


@dataclass(slots=True)
class Transaction:
    id: int
    ticket: int  # the ticket that it was made on; merged ones keep theirs
    type: str
    creator: str
    created: datetime
    about: str = ""  # RT's Field: a column, a role, a kind of link, or a custom field's id
    old: str = ""
    new: str = ""
    parts: list[Part] = field(default_factory=list)
    of_ticket: bool = True  # False: of one of the ticket's groups of people


@dataclass(slots=True)
class Ticket:
    """`values` are RT's columns that a PUT may name; times are datetimes, all else is text as RT keeps it."""

    id: int
    effective: int  # another ticket's id: merged into that one
    queue: int
    creator: str
    editor: str
    created: datetime
    updated: datetime
    values: dict[str, str]
    times: dict[str, datetime]
    owner: str = NOBODY
    watchers: dict[str, list[str]] = field(default_factory=lambda: {"Requestor": [], "Cc": [], "AdminCc": []})
    links: list[str] = field(default_factory=list)  # RefersTo: addresses out
    custom: dict[int, list[str]] = field(default_factory=dict)  # id of the field -> values
    told: datetime | None = None


def stamp(moment: datetime) -> str:
    """RT keeps whole seconds."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def stored(moment: datetime) -> str:
    """A time as the database and the history have it."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def spoken(moment: datetime) -> str:
    """A time in a sentence (RT::Date::DefaultFormat)."""
    return "Not set" if moment == UNSET else f"{moment.astimezone(UTC):%a %b %d %H:%M:%S %Y}"


def priority_word(number: str) -> str:
    """The label with the largest number that is not above this one (RT::Ticket::_PriorityAsString)."""
    below = {at: word for word, at in PRIORITIES.items() if at <= int(number)}
    return below[max(below)] if below else "unknown"
