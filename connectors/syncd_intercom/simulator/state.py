"""What a simulated Intercom keeps. How it says it in JSON is in `shapes`, what may be done with it in `desk`."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from syncd.sdk.testing.simulator import Account

SYNCD = Account("991000001", "syncd", "syncd@acme.example", "intercom-token", frozenset({"admin"}))
ANA = Account("991000002", "Ana Agent", "ana@acme.example", "ana-token", frozenset({"admin"}))
BEN = Account("991000003", "Ben Agent", "ben@acme.example", "ben-token", frozenset({"admin"}))
CAROL = Account("6762f2d81bb69f9f2193bc54", "Carol Customer", "carol@customer.example", scopes=frozenset({"contact"}))
FIN = Account("991000009", "Fin", "operator+acme@intercom.io", scopes=frozenset({"bot"}))

KEY, LINK = "syncd_key", "Engineering issue"
SEVERITY, PROMISED = "Severity", "Promised until"
TITLE, DESCRIPTION = "_default_title_", "_default_description_"


@dataclass(frozen=True, slots=True)
class Attribute:
    id: str
    name: str
    type: str
    options: dict[str, str] = field(default_factory=dict)  # id -> word
    shown: bool = False  # to contacts


@dataclass(frozen=True, slots=True)
class TicketType:
    id: str
    name: str
    category: str
    attributes: tuple[Attribute, ...]


@dataclass(frozen=True, slots=True)
class State:
    id: str
    category: str
    label: str
    types: tuple[str, ...]
    archived: bool = False


def _basic(first: int) -> tuple[Attribute, ...]:
    return (
        Attribute(str(first), TITLE, "string", shown=True),
        Attribute(str(first + 1), DESCRIPTION, "string", shown=True),
        Attribute(str(first + 2), KEY, "string"),
        Attribute(str(first + 3), LINK, "string"),
    )


BUG = TicketType(
    "71",
    "Bug report",
    "Customer",
    (
        *_basic(201),
        Attribute("205", SEVERITY, "list", {"de1825a0-0164-4070": "Low", "7ca613e2-2462-fa7e": "High"}, shown=True),
        Attribute("206", "Affected users", "integer"),
        Attribute("207", "VIP", "boolean"),
        Attribute("208", PROMISED, "datetime"),
        Attribute("209", "Screenshot", "files", shown=True),
        Attribute("210", "title", "string"),  # called as a field of Intercom's own is in mappings
    ),
)
TASK = TicketType("72", "Internal task", "Back-office", _basic(301))
STATES = (
    State("101", "submitted", "Submitted", ("71", "72")),
    State("102", "in_progress", "In progress", ("71", "72")),
    State("103", "in_progress", "With engineering", ("71",)),
    State("104", "waiting_on_customer", "Waiting on customer", ("71",)),
    State("105", "resolved", "Resolved", ("71",)),
    State("106", "resolved", "Done by hand", ("72",)),
    State("107", "in_progress", "Gone state", ("71",), archived=True),
)
CONVERSATION_ATTRIBUTES = {
    LINK: "string",
    SEVERITY: "list",
    "Affected users": "integer",
    PROMISED: "datetime",
}
SEVERITIES = ("Low", "High")
TEAMS = {"5017691": "Support", "5017692": "Billing"}


@dataclass(slots=True)
class StoredFile:
    id: str
    name: str
    media_type: str
    content: bytes


@dataclass(slots=True)
class Part:
    """A message or an event. `details` is what only its kind of event shows."""

    id: str
    type: str
    author: Account
    created: datetime
    updated: datetime
    body: str | None = None
    files: list[StoredFile] = field(default_factory=list)
    redacted: bool = False
    by_api: bool = False
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Ticket:
    id: str
    number: str
    kind: TicketType
    contact: str
    created: datetime
    updated: datetime
    values: dict[str, Any]
    state: str = "101"
    open: bool = True
    shared: bool = False
    admin: str = "0"
    team: str = "0"
    parts: list[Part] = field(default_factory=list)
    files: dict[str, list[StoredFile]] = field(default_factory=dict)  # by the attribute that holds them
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def ref(self) -> str:
        return f"ticket:{self.id}"


@dataclass(slots=True)
class Conversation:
    id: str
    contact: str
    source: Part
    created: datetime
    updated: datetime
    title: str | None = None
    state: str = "open"
    priority: str = "not_priority"
    admin: str | None = None
    team: str | None = None
    values: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)  # id -> name
    parts: list[Part] = field(default_factory=list)
    ticket: Ticket | None = None  # what it was converted to

    @property
    def ref(self) -> str:
        return f"conversation:{self.id}"


Item = Ticket | Conversation


def cleaned(body: str) -> str:
    """A body as Intercom keeps it: without what acts, without a document's tags, and never bare."""
    kept = re.sub(r"<(script|style)\b.*?</\1>|<!--.*?-->|</?(?:html|body|div|span)\b[^>]*>", "", body, flags=re.DOTALL)
    kept = re.sub(r"\s(?:class|style|on\w+|data-[\w-]+)=\"[^\"]*\"", "", kept).strip()
    return kept if kept.startswith("<") else f"<p>{kept}</p>"


def typed(text: str) -> str:
    """What a person types into the box."""
    parts = [html.escape(part).replace("\n", "<br>") for part in text.split("\n\n")]
    return "".join(f"<p>{part}</p>" for part in parts)


def plain(body: str | None) -> str | None:
    """A body's words without their markup, as webhooks say them from 2.15 on."""
    if body is None:
        return None
    text = re.sub(r"<br\s*/?>|</(?:p|li|tr|h\d|pre|blockquote)>", "\n", body)
    return html.unescape(re.sub(r"<[^>]+>", "", text)).strip()
