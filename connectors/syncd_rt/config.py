"""The block of a Request Tracker connection, and the names of RT's own fields."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, SecretStr

from syncd.core.model import Kind
from syncd.sdk.client import Header, SignIn
from syncd.sdk.connector import ConnectionConfig, FieldInfo
from syncd.sdk.names import CustomNames

REST = "/REST/2.0"
SUBJECT_BYTES = 200
"""RT's column for a subject. It drops the rest, and half of a character too."""


class RtConfig(ConnectionConfig):
    """Where RT is, and as whom we act there."""

    credentials: ClassVar = (("token",),)

    token: SecretStr = Field(description="An authentication token of the account, made at Settings > Auth Tokens.")
    user: str = Field(description="The account's name in RT; RT's API does not tell whose a token is.")
    queues: frozenset[str] = Field(default=frozenset(), description="Only these queues; empty: all that are visible.")
    priorities: dict[str, int] = Field(
        default_factory=dict,
        description="RT's %PriorityAsString (High: 100). With it `priority` speaks these words, without it numbers.",
    )
    multiple: frozenset[str] = Field(
        default=frozenset(), description="Custom fields that hold several values; they are read as a set of words."
    )
    link_field: str | None = Field(
        default=None, description="A custom field that also shows the other ticket's address (Engineering issue)."
    )
    requestor: str | None = Field(default=None, description="E-mail address of who asks for tickets made by syncd.")
    final_status: str = Field(
        default="rejected",
        description="What a ticket made twice by accident is set to; RT mails nobody for `rejected`.",
    )

    @property
    def base(self) -> str:
        """The address without the path of the API."""
        return self.url.rstrip("/").removesuffix(REST)

    def label(self, number: str) -> str:
        """A priority as RT shows it: the label with the largest number that is not above it; else the number."""
        below = {at: word for word, at in self.priorities.items() if number.isdecimal() and at <= int(number)}
        return below[max(below)] if below else number

    def number(self, word: str) -> str | None:
        """A priority as RT stores it; None for a word that RT would silently take as 0."""
        if word in self.priorities:
            return str(self.priorities[word])
        return word if word.isascii() and word.isdecimal() else None

    def sign_in(self) -> SignIn:
        return Header(self.token, "token {}")


FIELDS = (
    FieldInfo("subject", Kind.TEXT, required=True),
    FieldInfo("description", Kind.RICH_TEXT, writable=False),
    FieldInfo("status", Kind.CHOICE),
    FieldInfo("priority", Kind.CHOICE),
    FieldInfo("queue", Kind.CHOICE, writable=False),
    FieldInfo("owner", Kind.PERSON),
    FieldInfo("requestor", Kind.PERSON, writable=False),
    FieldInfo("starts", Kind.DATE),
    FieldInfo("due", Kind.DATE),
    FieldInfo("started", Kind.DATE, writable=False),
    FieldInfo("resolved", Kind.DATE, writable=False),
    FieldInfo("told", Kind.DATE, writable=False),
    FieldInfo("time_estimated", Kind.NUMBER),
    FieldInfo("time_left", Kind.NUMBER),
    FieldInfo("time_worked", Kind.NUMBER, writable=False),
)
OWN = frozenset(field.name for field in FIELDS)
WRITABLE = frozenset(field.name for field in FIELDS if field.writable)

ATTRIBUTES = {
    "subject": "Subject",
    "status": "Status",
    "priority": "Priority",
    "owner": "Owner",
    "starts": "Starts",
    "due": "Due",
    "time_estimated": "TimeEstimated",
    "time_left": "TimeLeft",
}
"""Our name of a writable field -> RT's attribute."""

NAMES = CustomNames(OWN, prefix="CF.")
custom_name, vendor_name = NAMES.shown, NAMES.at_vendor
