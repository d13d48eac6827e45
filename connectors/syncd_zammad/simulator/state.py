"""What a simulated Zammad holds: users, states, attributes, tickets with their articles, webhooks and triggers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from syncd.sdk.testing.simulator import Account

BEGAN = datetime(2026, 1, 1, 8, 0, tzinfo=UTC)
ACCOUNT = Account("3", "Sync Bot", "syncd@acme.example", token="zammad-token", scopes=frozenset({"agent", "admin"}))  # noqa: S106
ANA = Account("4", "Ana Agent", "ana@acme.example", token="ana-token", scopes=frozenset({"agent"}))  # noqa: S106
BEN = Account("5", "Ben Berg", "ben@acme.example", scopes=frozenset({"agent"}))
CAROL = Account("6", "Carol Customer", "carol@customer.example", token="carol-token", scopes=frozenset({"customer"}))  # noqa: S106
SYSTEM = Account("1", "-", "")
GROUPS = {1: "Sales", 2: "2nd Level", 3: "Service Desk"}
STATES = {1: ("new", 1), 2: ("open", 2), 3: ("pending reminder", 3), 4: ("closed", 5), 5: ("merged", 6)} | {
    6: ("removed", 7),
    7: ("pending close", 4),
}
"""As a new Zammad has them (ticket-states.rst): id -> name, id of its type."""
PENDING_TYPES = frozenset({3, 4})
PRIORITIES = {1: "1 low", 2: "2 normal", 3: "3 high"}
TYPES = {"email": 1, "sms": 2, "chat": 3, "fax": 4, "phone": 5, "web": 11, "note": 10}
SENDERS = {"Agent": 1, "Customer": 2, "System": 3}
LINK_FIELD = "engineering_issue"


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def maybe_stamp(moment: datetime | None) -> str | None:
    return stamp(moment) if moment else None


@dataclass(slots=True)
class User:
    id: int
    name: str
    email: str
    agent: bool = False
    admin: bool = False
    login: str = ""
    active: bool = True
    created: datetime = BEGAN
    groups: dict[int, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, account: Account) -> User:
        agent = "agent" in account.scopes
        groups = {id: ["full"] for id in GROUPS} if agent else {}
        admin = "admin" in account.scopes
        return cls(int(account.id), account.name, account.email, agent, admin, account.email or "-", groups=groups)


@dataclass(frozen=True, slots=True)
class Attribute:
    """A custom attribute of tickets, as the object manager has it."""

    name: str
    type: str
    options: Any = None


ATTRIBUTES = (
    Attribute(LINK_FIELD, "input"),
    Attribute("severity", "select", {"sev1": "Severity 1", "sev2": "Severity 2", "sev3": "Severity 3"}),
    Attribute("outage_began", "date"),
    Attribute("fix_planned", "datetime"),
    Attribute("affected_users", "integer"),
    Attribute("regression", "boolean", {"false": "no", "true": "yes"}),
    Attribute("regions", "multiselect", {"emea": "EMEA", "apac": "APAC"}),
)


@dataclass(slots=True)
class StoredFile:
    id: int
    name: str
    content: bytes
    preferences: dict[str, Any]


@dataclass(slots=True)
class Article:
    id: int
    ticket_id: int
    type: str
    sender: str
    author: int
    body: str
    content_type: str
    internal: bool
    created: datetime
    sent_from: str = ""
    subject: str | None = None
    origin_by: int | None = None
    preferences: dict[str, Any] = field(default_factory=dict)
    files: list[StoredFile] = field(default_factory=list)


@dataclass(slots=True)
class Event:
    """An entry of the history."""

    id: int
    o_id: int
    object: str
    type: str
    by: int
    at: datetime
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Ticket:
    id: int
    number: str
    values: dict[str, Any]  # as columns: title, group_id, state_id, priority_id, owner_id, customer_id, custom ones
    author: int
    editor: int
    created: datetime
    updated: datetime
    indexed: datetime  # when its last change came to be known to the search index
    preferences: dict[str, Any] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    articles: list[Article] = field(default_factory=list)
    history: list[Event] = field(default_factory=list)


@dataclass(slots=True)
class Row:
    """A webhook or a trigger: whatever columns it has."""

    id: int
    values: dict[str, Any]
    created: datetime


def users_of(accounts: Iterable[Account]) -> dict[int, User]:
    everybody = (SYSTEM, *accounts)
    return {int(account.id): User.of(account) for account in everybody}
