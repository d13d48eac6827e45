"""What a simulated organisation is made of: projects, types of work items with their states, and fields."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

KEY_FIELD: Final = "Custom.SyncdKey"
COMMON: Final = "Microsoft.VSTS.Common"
SCHEDULING: Final = "Microsoft.VSTS.Scheduling"


@dataclass(frozen=True, slots=True)
class FieldType:
    """A field of the organisation. `words` are those that it takes; none: any."""

    ref: str
    name: str
    type: str
    words: tuple[Any, ...] = ()
    read_only: bool = False
    identity: bool = False


@dataclass(frozen=True, slots=True)
class ItemType:
    """A type of work item. `only_from` holds states that are reached from some others alone."""

    name: str
    states: tuple[tuple[str, str], ...]
    fields: frozenset[str]
    only_from: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def may(self, before: str, after: str) -> bool:
        names = {name for name, _ in self.states}
        return before == after or (after in names and before in self.only_from.get(after, names))


@dataclass(slots=True)
class StoredProject:
    name: str
    visibility: str
    types: dict[str, ItemType]

    @property
    def id(self) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"project/{self.name}"))


FIELDS: Final = {
    each.ref: each
    for each in (
        FieldType("System.Id", "ID", "integer", read_only=True),
        FieldType("System.Rev", "Rev", "integer", read_only=True),
        FieldType("System.Title", "Title", "string"),
        FieldType("System.Description", "Description", "html"),
        FieldType("System.State", "State", "string"),
        FieldType("System.Reason", "Reason", "string"),
        FieldType("System.Tags", "Tags", "plainText"),
        FieldType("System.AssignedTo", "Assigned To", "string", identity=True),
        FieldType("System.AreaPath", "Area Path", "treePath"),
        FieldType("System.IterationPath", "Iteration Path", "treePath"),
        FieldType("System.History", "History", "history"),
        FieldType("System.TeamProject", "Team Project", "string", read_only=True),
        FieldType("System.WorkItemType", "Work Item Type", "string", read_only=True),
        FieldType("System.CreatedBy", "Created By", "string", read_only=True, identity=True),
        FieldType("System.CreatedDate", "Created Date", "dateTime", read_only=True),
        FieldType("System.ChangedBy", "Changed By", "string", read_only=True, identity=True),
        FieldType("System.ChangedDate", "Changed Date", "dateTime", read_only=True),
        FieldType("System.CommentCount", "Comment Count", "integer", read_only=True),
        FieldType("Microsoft.VSTS.TCM.ReproSteps", "Repro Steps", "html"),
        FieldType(f"{COMMON}.Priority", "Priority", "integer", (1, 2, 3, 4)),
        FieldType(f"{COMMON}.Severity", "Severity", "string", ("1 - Critical", "2 - High", "3 - Medium", "4 - Low")),
        FieldType(f"{SCHEDULING}.DueDate", "Due Date", "dateTime"),
        FieldType(f"{SCHEDULING}.StartDate", "Start Date", "dateTime"),
        FieldType(f"{SCHEDULING}.TargetDate", "Target Date", "dateTime"),
        FieldType(f"{SCHEDULING}.StoryPoints", "Story Points", "double"),
        FieldType(KEY_FIELD, "syncd key", "string"),
        FieldType("Custom.Tier", "Tier", "string", ("Gold", "Silver")),
        FieldType("Custom.DeployedAt", "Deployed at", "dateTime"),
        FieldType("Custom.Impact", "Impact", "html"),
        FieldType("Custom.Escalated", "Escalated", "boolean"),
        FieldType("Custom.Approver", "Approver", "identity", identity=True),
    )
}

_EVERYWHERE: Final = frozenset(FIELDS) - {"Microsoft.VSTS.TCM.ReproSteps", f"{SCHEDULING}.StoryPoints"}
_STATES: Final = (
    ("New", "Proposed"),
    ("Active", "InProgress"),
    ("Resolved", "Resolved"),
    ("Closed", "Completed"),
)


def process() -> dict[str, ItemType]:
    """Types as in the Agile process. A bug is verified only after it was resolved, by a rule."""
    bug = ItemType(
        "Bug",
        (*_STATES, ("Verified", "Resolved")),
        _EVERYWHERE | {"Microsoft.VSTS.TCM.ReproSteps"},
        {"Verified": frozenset({"Resolved"})},
    )
    story = ItemType("User Story", (*_STATES, ("Removed", "Removed")), _EVERYWHERE | {f"{SCHEDULING}.StoryPoints"})
    return {each.name: each for each in (bug, story)}


def projects() -> dict[str, StoredProject]:
    made = (
        StoredProject("Fabrikam", "private", process()),
        StoredProject("Fabrikam Ops", "private", process()),
        StoredProject("Open Source", "public", process()),
        StoredProject("Open Docs", "public", process()),
    )
    return {each.name: each for each in made}
