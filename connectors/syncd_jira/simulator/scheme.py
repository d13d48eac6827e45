"""What an admin set up at the simulated site: projects, issue types, fields, screens and the workflow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Project:
    id: str
    key: str
    name: str
    kind: str = "software"  # or "service_desk"

    @property
    def is_desk(self) -> bool:
        """Whether customers have a portal to it."""
        return self.kind == "service_desk"


@dataclass(frozen=True, slots=True)
class Status:
    id: str
    name: str
    category: str  # new, indeterminate, done


@dataclass(frozen=True, slots=True)
class Transition:
    """`screen` are the fields it shows; True for those that it requires."""

    id: str
    name: str
    origin: str
    to: str
    screen: tuple[tuple[str, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class SiteField:
    """A field. `type` and `items` are Jira's; `custom` is the plug-in of a custom one."""

    id: str
    name: str
    type: str
    items: str = ""
    custom: str = ""
    options: tuple[str, ...] = ()
    on_create: bool = True
    on_edit: bool = True
    required: bool = False

    @property
    def shape(self) -> str:
        return self.items or self.type

    @property
    def rich(self) -> bool:
        return self.id in ("description", "environment") or self.custom.endswith(":textarea")


PROJECTS: Final = (
    Project("10031", "CORE", "Core"),
    Project("10032", "TRIAGE", "Triage"),
    Project("10033", "DESK", "Service desk", "service_desk"),
    Project("10034", "HELP", "Help centre", "service_desk"),
)
REQUEST_TYPE: Final = "Report a fault"
ORGANISATION: Final = "Acme"
ISSUE_TYPES: Final = {"10004": "Bug", "10005": "Task"}

STATUSES: Final = (
    Status("10000", "To Do", "new"),
    Status("3", "In Progress", "indeterminate"),
    Status("10001", "In Review", "indeterminate"),
    Status("10002", "Done", "done"),
    Status("10003", "On Hold", "indeterminate"),  # no way leads there
)

TRANSITIONS: Final = (
    Transition("11", "Start work", "To Do", "In Progress"),
    Transition("21", "Put back", "In Progress", "To Do"),
    Transition("31", "Ask for review", "In Progress", "In Review", (("assignee", False),)),
    Transition("41", "Resolve", "In Progress", "Done", (("resolution", True), ("priority", False))),
    Transition("51", "Send back", "In Review", "In Progress"),
    Transition("61", "Approve", "In Review", "Done", (("resolution", True),)),
    Transition("71", "Reopen", "Done", "In Progress"),
)

PRIORITIES: Final = ("Highest", "High", "Medium", "Low", "Lowest")
RESOLUTIONS: Final = ("Done", "Won't Do", "Duplicate")
COMPONENTS: Final = ("Export", "Import", "Billing")
VERSIONS: Final = ("2.3", "2.4")

_PLUGIN: Final = "com.atlassian.jira.plugin.system.customfieldtypes:"
_DESK: Final = "com.atlassian.servicedesk:"

FIELDS: Final = (
    SiteField("project", "Project", "project", on_edit=False, required=True),
    SiteField("issuetype", "Issue Type", "issuetype", required=True),
    SiteField("summary", "Summary", "string", required=True),
    SiteField("description", "Description", "string"),
    SiteField("environment", "Environment", "string", on_create=False),
    SiteField("priority", "Priority", "priority", options=PRIORITIES),
    SiteField("status", "Status", "status", on_create=False, on_edit=False),
    SiteField("resolution", "Resolution", "resolution", options=RESOLUTIONS, on_create=False, on_edit=False),
    SiteField("labels", "Labels", "array", "string"),
    SiteField("assignee", "Assignee", "user"),
    SiteField("reporter", "Reporter", "user"),
    SiteField("components", "Components", "array", "component", options=COMPONENTS),
    SiteField("fixVersions", "Fix versions", "array", "version", options=VERSIONS),
    SiteField("versions", "Affects versions", "array", "version", options=VERSIONS),
    SiteField("duedate", "Due date", "date"),
    SiteField("created", "Created", "datetime", on_create=False, on_edit=False),
    SiteField("updated", "Updated", "datetime", on_create=False, on_edit=False),
    SiteField("creator", "Creator", "user", on_create=False, on_edit=False),
    SiteField("comment", "Comment", "comments-page", on_create=False, on_edit=False),
    SiteField("attachment", "Attachment", "array", "attachment", on_create=False, on_edit=False),
    SiteField("customfield_10050", "Severity", "option", custom=_PLUGIN + "select", options=("S1", "S2", "S3")),
    SiteField("customfield_10051", "Story Points", "number", custom=_PLUGIN + "float"),
    SiteField("customfield_10052", "Root Cause", "string", custom=_PLUGIN + "textarea", on_create=False),
    SiteField("customfield_10053", "Deployed", "datetime", custom=_PLUGIN + "datetime"),
    SiteField("customfield_10054", "Teams", "array", "option", _PLUGIN + "multiselect", options=("Red", "Blue")),
    SiteField(
        "customfield_10055", "Area", "option-with-child", custom=_PLUGIN + "cascadingselect", options=("UI", "UI/Web")
    ),
    SiteField("customfield_10056", "Contact", "user", custom=_PLUGIN + "userpicker"),
    SiteField("customfield_10057", "Customer Ticket", "string", custom=_PLUGIN + "textfield"),
    SiteField(
        "customfield_10010",
        "Request Type",
        "sd-customerrequesttype",
        custom=_DESK + "vp-origin",
        on_create=False,
        on_edit=False,
    ),
    SiteField(
        "customfield_10002",
        "Organizations",
        "array",
        "sd-customerorganization",
        _DESK + "sd-customer-organizations",
        on_create=False,
        on_edit=False,
    ),
    SiteField(
        "customfield_10060",
        "Time to resolution",
        "sd-servicelevelagreement",
        custom=_DESK + "sd-sla-field",
        on_create=False,
        on_edit=False,
    ),
    SiteField("customfield_10058", "Sprint", "array", "json", "com.pyxis.greenhopper.jira:gh-sprint", on_edit=False),
)
BY_ID: Final = {each.id: each for each in FIELDS}


def status_named(name: str) -> Status:
    return next(each for each in STATUSES if each.name == name)


def option_id(known: SiteField, word: str) -> str:
    """A stable id for an option, by its place in the list."""
    return str(list(known.options).index(word) + 1) if word in known.options else "0"


def accepted(known: SiteField, value: Any) -> str | None:
    """Why a value cannot be set; None when it can. The wording is Jira's."""
    if value is None:
        return f"{known.name} is required." if known.required else None
    if known.id == "summary" and not str(value).strip():
        return "You must specify a summary of the issue."
    each_ok: dict[str, Any] = {"string": str, "number": (int, float), "date": str, "datetime": str}
    if known.shape in each_ok and known.type != "array":
        if known.rich:
            return None if isinstance(value, (str, dict)) else "Operation value must be text"
        return None if isinstance(value, each_ok[known.shape]) else f"Operation value must be a {known.shape}"
    words = value if isinstance(value, list) else [value]
    if known.id == "labels":
        bad = [word for word in words if not isinstance(word, str) or " " in word]
        return f"The label '{bad[0]}' contains spaces which is invalid." if bad else None
    if known.options:
        unknown = [word for word in map(word_of, words) if word not in known.options]
        return f"Option value '{unknown[0]}' is not valid" if unknown else None
    return None


def word_of(value: Any) -> str:
    """The word that a written option, priority or component stands for."""
    if not isinstance(value, dict):
        return str(value)
    word = str(value.get("value") or value.get("name") or "")
    return f"{word}/{word_of(value['child'])}" if value.get("child") else word
