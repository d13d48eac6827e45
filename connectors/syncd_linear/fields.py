"""The fields of an issue as mappings name them, what a team knows of their words, and their form in a write; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from syncd.core.model import Fields, Kind, Person, RichText, Value
from syncd.sdk.connector import FieldInfo
from syncd.sdk.errors import Rejected
from syncd_linear.text import write as write_text
from syncd_linear.wire import LabelJson, StateJson, TeamJson

PRIORITIES: Final = ("No priority", "Urgent", "High", "Medium", "Low")
"""By number: 0 is none, and of the others the smaller is the more urgent (schema, `Issue.priority`)."""

TYPES: Final = ("triage", "backlog", "unstarted", "started", "completed", "canceled", "duplicate")
FINAL_TYPES: Final = frozenset({"completed", "canceled", "duplicate"})

FIELDS: Final = (
    FieldInfo("title", Kind.TEXT, required=True),
    FieldInfo("description", Kind.RICH_TEXT),
    FieldInfo("priority", Kind.CHOICE, PRIORITIES),
    FieldInfo("status", Kind.CHOICE),
    FieldInfo("labels", Kind.LABELS),
    FieldInfo("assignee", Kind.PERSON),
    FieldInfo("estimate", Kind.NUMBER),
    FieldInfo("dueDate", Kind.DATE),
    FieldInfo("team", Kind.CHOICE),
    FieldInfo("statusType", Kind.CHOICE, TYPES, writable=False),
    FieldInfo("identifier", Kind.TEXT, writable=False),
    FieldInfo("creator", Kind.PERSON, writable=False),
)
WRITABLE: Final = frozenset(info.name for info in FIELDS if info.writable)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Teams, their workflow states and their labels, as last asked for."""

    teams: Mapping[str, TeamJson] = field(default_factory=dict)  # by id
    states: tuple[StateJson, ...] = ()
    labels: tuple[LabelJson, ...] = ()

    def team(self, key: str) -> TeamJson:
        """By its key, in any case. Rejected where this account sees none, or the team takes no issues any more."""
        found = next((team for team in self.teams.values() if team.key.casefold() == key.casefold()), None)
        if found is None or found.retired_at is not None:
            known = ", ".join(sorted(team.key for team in self.teams.values() if team.retired_at is None))
            raise Rejected(f"linear: no team `{key}` that takes issues; there are {known or 'none'}", field="team")
        return found

    def states_of(self, team: str) -> list[StateJson]:
        """In the order of the team's workflow."""
        mine = [state for state in self.states if state.team.id == team]
        return sorted(mine, key=lambda state: (TYPES.index(state.type) if state.type in TYPES else 99, state.position))

    def state(self, word: str, *, team: str) -> StateJson:
        """By name; a word that is no name but a type means the first state of that type."""
        states = self.states_of(team)
        for found in (*(s for s in states if s.name == word), *(s for s in states if s.type == word)):
            return found
        names = ", ".join(f"`{state.name}`" for state in states)
        raise Rejected(f"linear: the team has no status `{word}`, only {names}", field="status")

    def final_state(self, team: str) -> StateJson:
        """Completed, or else canceled. A duplicate would need to name of what."""
        states = self.states_of(team)
        for found in (*(s for s in states if s.type == "completed"), *(s for s in states if s.type == "canceled")):
            return found
        raise Rejected("linear: the team has no status that completes an issue", field="status")

    def label(self, word: str, *, team: str) -> LabelJson | None:
        """The team's own or the workspace's, that can be put on an issue; by name, else by name in another case."""
        mine = [each for each in self.labels if not each.is_group and (each.team is None or each.team.id == team)]
        exact = (each for each in mine if each.name == word)
        return next(exact, next((each for each in mine if each.name.casefold() == word.casefold()), None))


def priority_word(number: float) -> str:
    """The word that Linear shows; a number that it does not have yet is shown as it is."""
    place = int(number)
    return PRIORITIES[place] if place == number and 0 <= place < len(PRIORITIES) else f"{number:g}"


def plain(fields: Fields) -> dict[str, Any]:
    """The part of an `IssueUpdateInput` that needs no ids of the workspace. Rejected names the field."""
    given: dict[str, Any] = {}
    for name, value in fields.items():
        if name not in WRITABLE:
            raise Rejected(f"linear: no field `{name}` that syncd could write", field=name)
        match name:
            case "title":
                given["title"] = _title(value)
            case "description":
                given["description"] = write_text(_markdown(value)).source
            case "priority":
                given["priority"] = _priority(value)
            case "assignee":
                given["assigneeId"] = _person(value)
            case "estimate":
                given["estimate"] = _estimate(value)
            case "dueDate":
                given["dueDate"] = _day(value)
    return given


def words(value: Value) -> frozenset[str]:
    """The words of `labels`."""
    if value is None:
        return frozenset()
    if not isinstance(value, frozenset) or not all(value):
        raise Rejected("linear: labels are words", field="labels")
    return value


def _title(value: Value) -> str:
    if not isinstance(value, str) or not value.strip():
        raise Rejected("linear: an issue always has a title", field="title")
    return value


def _markdown(value: Value) -> str:
    return value.markdown if isinstance(value, RichText) else str(value or "")


def _priority(value: Value) -> int:
    if value is None:
        return 0
    if value not in PRIORITIES:
        raise Rejected(f"linear: priority is one of {', '.join(PRIORITIES)}", field="priority")
    return PRIORITIES.index(str(value))


def _person(value: Value) -> str | None:
    if value is None:
        return None
    if not isinstance(value, Person) or not value.id:
        raise Rejected("linear: an assignee is a member of the workspace", field="assignee")
    return value.id


def _estimate(value: Value) -> int | None:
    """`IssueUpdateInput.estimate` is a whole number, although `Issue.estimate` is not."""
    if value is None:
        return None
    if not isinstance(value, Decimal) or value != value.to_integral_value() or abs(value) >= 2**31:
        raise Rejected("linear: an estimate is a whole number", field="estimate")
    return int(value)


def _day(value: Value) -> str | None:
    if value is None:
        return None
    if not isinstance(value, date):
        raise Rejected("linear: dueDate is a day", field="dueDate")
    return (value.date() if isinstance(value, datetime) else value).isoformat()


def culprit(message: str, given: Iterable[str]) -> str | None:
    """Which of the fields that were written a refusal speaks of, by the words that it has for them."""
    said = message.casefold().replace(" ", "")
    spoken = {
        "title": ("title",),
        "description": ("description",),
        "priority": ("priority",),
        "status": ("workflowstate", "stateid"),
        "labels": ("label",),
        "assignee": ("assignee", "user"),
        "estimate": ("estimate",),
        "dueDate": ("duedate",),
        "team": ("team",),
    }
    found = [name for name in given if any(word in said for word in spoken.get(name, ()))]
    return found[0] if len(found) == 1 else None
