"""What a simulated ServiceNow is made of: people, groups, columns, choices."""

from __future__ import annotations

import hashlib
from datetime import datetime

from syncd.sdk.testing.simulator import Account
from syncd_servicenow.wire import stamp

Row = dict[str, str]
"""A record: every value is text, "" for empty, a reference is a sys_id."""


def sys_id(number: int | str) -> str:
    """Ids in no order, as ServiceNow makes them."""
    return hashlib.md5(f"servicenow {number}".encode(), usedforsecurity=False).hexdigest()


ACCOUNT = Account(sys_id("bot"), "Sync Bot", "syncd@acme.example", token="now-password", scopes=frozenset({"itil"}))  # noqa: S106
ANA = Account(sys_id("ana"), "Ana Agent", "ana@acme.example", token="ana-password", scopes=frozenset({"itil"}))  # noqa: S106
BEN = Account(sys_id("ben"), "Ben Berg", "ben@acme.example", scopes=frozenset({"itil"}))
CAROL = Account(sys_id("carol"), "Carol Customer", "carol@customer.example", token="carol-password")  # noqa: S106
ADMIN = Account(sys_id("admin"), "System Administrator", "admin@acme.example", scopes=frozenset({"itil", "admin"}))
USER_NAMES = {ACCOUNT.id: "syncd.bot", ANA.id: "ana.agent", BEN.id: "ben.berg", CAROL.id: "carol"} | {
    ADMIN.id: "admin",
}
GROUPS = {sys_id("desk"): "Service Desk", sys_id("network"): "Network", sys_id("gone"): "Retired"}
RETIRED = sys_id("gone")

PRIVATE = ("u_internal_file", sys_id("private record"))
"""A record of a table that no customer may read, where files of internal notes can hang."""

SYSTEM = {
    "sys_id": "GUID",
    "sys_created_on": "glide_date_time",
    "sys_created_by": "string",
    "sys_updated_on": "glide_date_time",
    "sys_updated_by": "string",
    "sys_mod_count": "integer",
}
TASK = {
    **dict.fromkeys(("number", "short_description", "description", "correlation_id"), "string"),
    **dict.fromkeys(("correlation_display", "close_notes"), "string"),
    **dict.fromkeys(("state", "impact", "urgency", "priority", "category", "subcategory"), "choice"),
    **dict.fromkeys(("close_code", "hold_reason"), "choice"),
    **dict.fromkeys(("assigned_to", "opened_by"), "sys_user"),
    "assignment_group": "sys_user_group",
    **dict.fromkeys(("due_date", "opened_at", "resolved_at", "closed_at"), "glide_date_time"),
    "active": "boolean",
    **dict.fromkeys(("comments", "work_notes"), "journal_input"),
}
CUSTOM = {
    "u_severity": "choice",
    "u_outage_began": "glide_date",
    "u_fix_planned": "glide_date_time",
    "u_affected_users": "integer",
    "u_regression": "boolean",
    "u_engineer": "sys_user",
    "u_issue": "url",
    "u_topology": "document_id",  # of a type that nobody carries
}
CUSTOMER = {"incident": "caller_id", "sn_customerservice_case": "contact"}
PREFIX = {"incident": "INC", "sn_customerservice_case": "CS"}
OTHERS: dict[str, dict[str, str]] = {
    "sys_user": dict.fromkeys(("user_name", "name", "email", "active", "time_zone"), "string"),
    "sys_user_group": dict.fromkeys(("name", "active"), "string"),
    "sys_journal_field": dict.fromkeys(("name", "element", "element_id", "value"), "string"),
    "sys_audit": {
        **dict.fromkeys(("tablename", "documentkey", "fieldname", "oldvalue", "newvalue", "user"), "string"),
        "record_checkpoint": "integer",
    },
    "sys_audit_delete": dict.fromkeys(("tablename", "documentkey"), "string"),
    "sys_choice": {
        **dict.fromkeys(("name", "element", "value", "label", "language", "inactive"), "string"),
        "sequence": "integer",
    },
    "sys_dictionary": dict.fromkeys(("name", "element", "internal_type", "reference", "choice"), "string"),
    "sys_attachment": {
        **dict.fromkeys(("table_name", "table_sys_id", "file_name", "content_type", "sys_tags"), "string"),
        **dict.fromkeys(("compressed", "size_compressed", "average_image_color"), "string"),
        **dict.fromkeys(("image_width", "image_height", "download_link"), "string"),
        "size_bytes": "integer",
    },
}
LENGTHS = {"short_description": 160, "correlation_id": 100, "correlation_display": 100, "description": 4000} | {
    "comments": 4000,
    "work_notes": 4000,
}
"""Characters that a column keeps."""

STATES = {"1": "New", "2": "In Progress", "3": "On Hold", "6": "Resolved", "7": "Closed", "8": "Canceled"}
SCALE = {"1": "1 - High", "2": "2 - Medium", "3": "3 - Low"}
PRIORITIES = {"1": "1 - Critical", "2": "2 - High", "3": "3 - Moderate", "4": "4 - Low", "5": "5 - Planning"}
CHOICES: dict[tuple[str, str], dict[str, str]] = {
    ("task", "state"): {"-5": "Pending", "1": "Open", "2": "Work in Progress", "3": "Closed Complete"},
    ("incident", "state"): STATES,
    ("sn_customerservice_case", "state"): {"1": "New", "10": "Open", "6": "Resolved", "3": "Closed", "7": "Cancelled"},
    ("task", "impact"): SCALE,
    ("task", "urgency"): SCALE,
    ("task", "priority"): PRIORITIES,
    ("incident", "category"): {"inquiry": "Inquiry / Help", "software": "Software", "network": "Network"},
    ("incident", "hold_reason"): {"1": "Awaiting Caller", "3": "Awaiting Problem"},
    ("incident", "close_code"): {"Solution provided": "Solution provided", "No resolution": "No resolution"},
    ("incident", "u_severity"): {"1": "sev1", "2": "sev2", "3": "same", "4": "same"},
}
FINAL = {"incident": frozenset({"7", "8"}), "sn_customerservice_case": frozenset({"3", "7"})}
DONE = {"incident": frozenset({"6", "7"}), "sn_customerservice_case": frozenset[str]()}
"""States that need a code and notes."""


def priority(impact: str, urgency: str) -> str:
    """From 1 where both are high to 5 where both are low."""
    return str(max(1, min(5, int(impact or 3) + int(urgency or 3) - 1)))


def columns(table: str) -> dict[str, str]:
    """The columns of a table with their types; empty for a table that is not there."""
    if table in CUSTOMER:
        return {**SYSTEM, **TASK, CUSTOMER[table]: "sys_user", **CUSTOM}
    return {**SYSTEM, **OTHERS[table]} if table in OTHERS else {}


def system_row(id: str, *, at: datetime, by: str) -> Row:
    return {
        "sys_id": id,
        "sys_created_on": stamp(at),
        "sys_created_by": by,
        "sys_updated_on": stamp(at),
        "sys_updated_by": by,
        "sys_mod_count": "0",
    }
