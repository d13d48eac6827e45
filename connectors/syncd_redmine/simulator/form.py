"""What a write makes of an issue, and what Redmine says against it (issue.rb: safe_attributes=, validate_issue).

What the account may not set, and what Redmine does not know, is left out without a word; so are a status that the
workflow forbids and a project or tracker that is not there. Other wrong values are refused in sentences.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from syncd_redmine.simulator import cast
from syncd_redmine.simulator.rights import Rights
from syncd_redmine.simulator.seed import CUSTOM_FIELDS, PRIORITIES, CustomField
from syncd_redmine.simulator.state import Issue, Project, State

CASTS: Mapping[str, Callable[[object], Any]] = {
    "category_id": cast.integer,
    "priority_id": cast.integer,
    "fixed_version_id": cast.integer,
    "subject": cast.line,
    "description": cast.lines,
    "start_date": cast.day,
    "due_date": cast.day,
    "done_ratio": cast.integer,
    "estimated_hours": cast.hours,
}
SAID = {"estimated_hours": "Estimated time", "start_date": "Start date", "due_date": "Due date"}
MAX_SUBJECT = 255  # characters, the width of the column
NOT_HERE = frozenset({"parent_issue_id", "lock_version", "deleted_attachment_ids"})
"""Attributes of a real Redmine that this one does not have."""


@dataclass(slots=True)
class Form:
    """The values that an issue is to have; `wrong`: attribute -> the sentence against what was given."""

    values: dict[str, Any]
    custom: dict[int, str | None]
    custom_given: bool = False
    wrong: dict[str, str] = field(default_factory=dict)


class Filler:
    def __init__(self, state: State, rights: Rights) -> None:
        self._state = state
        self._rights = rights

    def filled(self, issue: Issue, given: Mapping[str, Any], *, new: bool) -> Form:
        """The form of this issue with what may be set of `given`."""
        if NOT_HERE & given.keys():
            raise NotImplementedError(f"the simulated Redmine has no {', '.join(NOT_HERE & given.keys())}")
        form = Form(dict(issue.values), dict(issue.custom))
        if new or self._rights.edits(issue):
            self._place(form, given, new=new)
            self._status(issue, form, given)
            if given.get("assigned_to_id") is not None:  # null is left out, an empty text is nobody
                form.values["assigned_to_id"] = cast.integer(given["assigned_to_id"])
            self._values(form, given)
            self._custom(form, given)
        if "is_private" in given and self._rights.hides(issue):
            form.values["is_private"] = cast.boolean(given["is_private"])
        form.values["done_ratio"] = form.values["done_ratio"] or 0
        return form

    def _place(self, form: Form, given: Mapping[str, Any], *, new: bool) -> None:
        """Project and tracker come first. A move keeps the category by its name, and no version."""
        target = self._state.project(str(given.get("project_id") or ""))
        if target and target.id != form.values["project_id"] and not new and self._rights.may("add_issues", target):
            self._moved(form, self._state.projects[form.values["project_id"]], target)
        project = self._state.projects[form.values["project_id"]]
        tracker = cast.integer(given.get("tracker_id"))
        if tracker in project.trackers and tracker != form.values["tracker_id"]:
            form.values["tracker_id"] = tracker
            self._reassign(form, new=new)

    def _moved(self, form: Form, old: Project, target: Project) -> None:
        name = old.categories.get(form.values["category_id"] or 0)
        kept = next((number for number, word in target.categories.items() if word == name), None)
        form.values |= {"project_id": target.id, "category_id": kept, "fixed_version_id": None}
        if form.values["tracker_id"] not in target.trackers:
            form.values["tracker_id"] = target.trackers[0]
        self._reassign(form, new=False)

    def _reassign(self, form: Form, *, new: bool) -> None:
        """Another project or tracker has its own custom fields; what was never written becomes an empty text."""
        fields = [each for each in CUSTOM_FIELDS.values() if form.values["tracker_id"] in each.trackers]
        empty = None if new else ""
        form.custom = {each.id: form.custom.get(each.id) or empty for each in fields}

    def _status(self, issue: Issue, form: Form, given: Mapping[str, Any]) -> None:
        wanted = cast.integer(given.get("status_id"))
        if wanted in {status.id for status in self._rights.statuses(issue)}:
            form.values["status_id"] = wanted

    def _values(self, form: Form, given: Mapping[str, Any]) -> None:
        for name in CASTS.keys() & given.keys():
            try:
                form.values[name] = CASTS[name](given[name])
            except cast.Wrong as wrong:
                form.wrong[name] = str(wrong)

    def _custom(self, form: Form, given: Mapping[str, Any]) -> None:
        """A list of {id, value}; an entry without a value, and a field that the tracker has not, are left out."""
        entries = given.get("custom_fields") or ()
        for entry in entries:
            number = cast.integer(entry.get("id"))
            if number in form.custom and "value" in entry:
                if isinstance(entry["value"], list):
                    raise NotImplementedError("the simulated Redmine has no field of several values")
                form.custom[number] = "" if entry["value"] is None else _text(entry["value"])
        form.custom_given = form.custom_given or bool(entries)

    # -- what is said against it

    def complaints(self, issue: Issue, form: Form, *, new: bool) -> list[str]:
        """Sentences in English, in Redmine's order; none when the issue can be saved."""
        said = [*self._against_custom(issue, form, new=new), *self._against_values(issue, form, new=new)]
        return [*said, *self._against_place(issue, form)]

    def _against_custom(self, issue: Issue, form: Form, *, new: bool) -> Iterator[str]:
        if new or form.custom_given:
            for number, value in form.custom.items():
                if value:
                    yield from _against(CUSTOM_FIELDS[number], value, was=issue.custom.get(number))

    def _against_values(self, issue: Issue, form: Form, *, new: bool) -> Iterator[str]:
        values = form.values
        subject = values["subject"] or ""
        if not subject.strip():
            yield "Subject cannot be blank"
        if (new or values["priority_id"] != issue.values["priority_id"]) and values["priority_id"] not in PRIORITIES:
            yield "Priority cannot be blank"
        if len(subject) > MAX_SUBJECT:
            yield f"Subject is too long (maximum is {MAX_SUBJECT} characters)"
        if not 0 <= values["done_ratio"] <= 100:
            yield "% Done is not included in the list"
        yield from (f"{label} {form.wrong[name]}" for name, label in SAID.items() if name in form.wrong)
        start, due = values["start_date"], values["due_date"]
        changed = any(values[name] != issue.values[name] for name in ("start_date", "due_date"))
        if start and due and changed and due < start and not {"start_date", "due_date"} & form.wrong.keys():
            yield "Due date must be greater than start date"

    def _against_place(self, issue: Issue, form: Form) -> Iterator[str]:
        values, project = form.values, self._state.projects[form.values["project_id"]]
        if values["fixed_version_id"] is not None and values["fixed_version_id"] not in project.versions:
            yield "Target version is not included in the list"
        if values["category_id"] is not None and values["category_id"] not in project.categories:
            yield "Category is not included in the list"
        assignee = values["assigned_to_id"]
        able = {*project.members, int(issue.author.id), issue.values["assigned_to_id"], None}
        if assignee not in able:
            yield "Assignee is invalid"


def _against(known: CustomField, value: str, *, was: str | None) -> Iterator[str]:
    if known.options and value not in known.options and value != was:
        yield f"{humanised(known.name)} is not included in the list"
    if known.max_length and len(value) > known.max_length:
        yield f"{humanised(known.name)} is too long (maximum is {known.max_length} characters)"


def humanised(name: str) -> str:
    """How Rails begins a sentence about a custom field: "Support ticket URL" becomes "Support ticket url"."""
    plain = name.replace(".", "_").lstrip("_").removesuffix("_id").replace("_", " ")
    lower = re.sub(r"[A-Za-z0-9]+", lambda found: found[0].lower(), plain)
    return lower[:1].upper() + lower[1:]


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
