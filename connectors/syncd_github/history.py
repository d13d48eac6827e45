"""The events of an issue as edits of its fields. Pure.

An event tells what it did to one label or one assignee; what the whole field was is told back from what the issue
shows now. GitHub keeps no event of an edited description (see `Writer.update`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from syncd.core.model import Edit, Person, Value
from syncd_github.fields import split_labels, status_of
from syncd_github.revision import stamped
from syncd_github.wire import EventJson, IssueJson


@dataclass(frozen=True, slots=True)
class Start:
    """Where a history begins. Stamps have whole seconds: without `after` the events of that very second belong to it,
    whether or not the read saw them; one that it saw says what the caller knows.
    """

    stamp: str  # empty: the beginning
    after: bool = False

    def precedes(self, event: EventJson) -> bool:
        stamp = stamped(event.created_at)
        return stamp > self.stamp or (stamp == self.stamp and not self.after)


@dataclass(frozen=True, slots=True)
class Sets:
    """What events add to and take from."""

    labels: frozenset[str]
    logins: tuple[str, ...]

    def without(self, event: EventJson) -> Sets:
        """As it was before this event."""
        match event.event, event.label, event.assignee:
            case "labeled", label, _ if label:
                return Sets(self.labels - {label.name}, self.logins)
            case "unlabeled", label, _ if label:
                return Sets(self.labels | {label.name}, self.logins)
            case "assigned", _, who if who:
                return Sets(self.labels, tuple(login for login in self.logins if login != who.login))
            case "unassigned", _, who if who and who.login not in self.logins:
                return Sets(self.labels, (*self.logins, who.login))
            case _:
                return self

    def fields(self, label_fields: Mapping[str, str]) -> dict[str, Value]:
        carried, labels = split_labels(self.labels, label_fields)
        first = Person(self.logins[0], self.logins[0]) if self.logins else None
        return {"labels": labels, "assignees": frozenset(self.logins), "assignee": first, **carried}


def edits(
    issue: IssueJson, events: Sequence[EventJson], *, start: Start, own: int, label_fields: Mapping[str, str]
) -> tuple[Edit, ...]:
    """The edits from there on, oldest first."""
    after = Sets(frozenset(issue.label_names), tuple(user.login for user in issue.assignees))
    found: list[Edit] = []
    for place in range(len(events) - 1, -1, -1):
        event, before = events[place], after.without(events[place])
        if not start.precedes(event):
            break
        ours = event.actor is not None and event.actor.id == own
        values = _changed(before.fields(label_fields), after.fields(label_fields))
        for name, (old, new) in {**values, **_said(event, events[:place])}.items():
            found.append(Edit(name, old, new, ours=ours, at=event.created_at, id=str(event.id)))
        after = before
    return tuple(reversed(found))


def _changed(before: Mapping[str, Value], after: Mapping[str, Value]) -> dict[str, tuple[Value, Value]]:
    return {name: (before[name], value) for name, value in after.items() if before[name] != value}


def _said(event: EventJson, earlier: Sequence[EventJson]) -> dict[str, tuple[Value, Value]]:
    """What an event says of a field by itself."""
    match event.event:
        case "renamed" if event.rename:
            return {"title": (event.rename.get("from"), event.rename.get("to"))}
        case "closed" | "reopened":
            return {"status": (next(_statuses(earlier), "open"), _status(event))}
        case "milestoned" if event.milestone:
            return {"milestone": (None, event.milestone.title)}
        case "demilestoned" if event.milestone:
            return {"milestone": (event.milestone.title, None)}
        case "issue_type_added" | "issue_type_changed" if event.issue_type:
            return {"type": (event.prev_issue_type.name if event.prev_issue_type else None, event.issue_type.name)}
        case "issue_type_removed":
            gone = event.prev_issue_type or event.issue_type
            return {"type": (gone.name if gone else None, None)}
        case _:
            return {}


def _statuses(events: Sequence[EventJson]) -> Iterator[str]:
    """The latest first."""
    return (_status(event) for event in reversed(events) if event.event in ("closed", "reopened"))


def _status(event: EventJson) -> str:
    if event.event == "reopened":
        return "reopened"
    return status_of("closed", event.state_reason)
