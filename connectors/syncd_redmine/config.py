"""The block of a Redmine connection, and the names of Redmine's own fields."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, SecretStr

from syncd.core.model import Kind
from syncd.sdk.client import Header, SignIn
from syncd.sdk.connector import ConnectionConfig, FieldInfo
from syncd.sdk.names import CustomNames
from syncd_redmine.text import Formatting

SUBJECT_LIMIT = 255  # characters


class RedmineConfig(ConnectionConfig):
    """Where Redmine is, and as whom we act there."""

    credentials: ClassVar = (("api_key",),)

    api_key: SecretStr = Field(description="The account's API access key, from My account.")
    formatting: Formatting = Field(
        default="common_mark", description="Administration > Settings > Text formatting; Redmine's API does not tell."
    )
    link_field: str | None = Field(
        default=None,
        description="A custom field, used as a filter, that shows the other ticket's address (Support ticket URL).",
    )
    custom_fields: dict[str, int] = Field(
        default_factory=dict, description="Numbers of custom fields that syncd cannot learn from the issues it sees."
    )
    files_with_private_notes: bool = Field(
        default=False,
        description="Redmine shows a file to all who see the issue, even beside a private note. True accepts that.",
    )

    def sign_in(self) -> SignIn:
        return Header(self.api_key, "{}", name="x-redmine-api-key")


FIELDS = (
    FieldInfo("subject", Kind.TEXT, required=True),
    FieldInfo("description", Kind.RICH_TEXT),
    FieldInfo("status", Kind.CHOICE),
    FieldInfo("priority", Kind.CHOICE),
    FieldInfo("tracker", Kind.CHOICE),
    FieldInfo("category", Kind.CHOICE),
    FieldInfo("version", Kind.CHOICE),
    FieldInfo("assignee", Kind.PERSON),
    FieldInfo("author", Kind.PERSON, writable=False),
    FieldInfo("project", Kind.CHOICE, writable=False),
    FieldInfo("start_date", Kind.DATE),
    FieldInfo("due_date", Kind.DATE),
    FieldInfo("done_ratio", Kind.NUMBER),
    FieldInfo("estimated_hours", Kind.NUMBER),
)
OWN = frozenset(field.name for field in FIELDS)

ATTRIBUTES = {
    "subject": "subject",
    "description": "description",
    "status": "status_id",
    "priority": "priority_id",
    "tracker": "tracker_id",
    "category": "category_id",
    "version": "fixed_version_id",
    "assignee": "assigned_to_id",
    "start_date": "start_date",
    "due_date": "due_date",
    "done_ratio": "done_ratio",
    "estimated_hours": "estimated_hours",
}
"""Our name of a writable field -> Redmine's attribute."""

LABELS = {
    "project": "Project",
    "subject": "Subject",
    "status": "Status",
    "priority": "Priority",
    "tracker": "Tracker",
    "category": "Category",
    "version": "Target version",
    "assignee": "Assignee",
    "start_date": "Start date",
    "due_date": "Due date",
    "done_ratio": "% Done",
    "estimated_hours": "Estimated time",
}
"""How Redmine's refusals begin, in English ("Due date is not a valid date")."""

NAMES = CustomNames(OWN, prefix="cf.")
custom_name, vendor_name = NAMES.shown, NAMES.at_vendor
