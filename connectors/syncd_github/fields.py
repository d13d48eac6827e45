"""An issue's fields in GitHub's words, and fields to be written as what GitHub takes. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from syncd.core.model import Fields, Person, RichText, Value
from syncd.sdk.errors import Rejected
from syncd_github import text
from syncd_github.config import OPEN, OWN_FIELDS, STATUSES
from syncd_github.marker import taken_apart
from syncd_github.wire import IssueJson

READ_ONLY = frozenset(info.name for info in OWN_FIELDS if not info.writable)
ON_LABELS = "labels"


def fields_of(issue: IssueJson, label_fields: Mapping[str, str]) -> dict[str, Value]:
    carried, labels = split_labels(issue.label_names, label_fields)
    return {
        "title": issue.title,
        "description": rich(issue.body),
        "status": status_of(issue.state, issue.state_reason),
        "labels": labels,
        "assignee": issue.assignees[0].person() if issue.assignees else None,
        "assignees": frozenset(user.login for user in issue.assignees),
        "milestone": issue.milestone.title if issue.milestone else None,
        "type": issue.type.name if issue.type else None,
        "author": issue.user.person() if issue.user else None,
        "created_at": issue.created_at,
        "closed_at": issue.closed_at,
        **carried,
    }


def rich(body: str | None) -> RichText | None:
    """A body without what we put there."""
    read = text.read(taken_apart(body or "").words.rstrip())
    return read if read.source else None


def status_of(state: str, reason: str | None) -> str:
    """Closed without a reason is completed: that is what GitHub did before there were reasons."""
    if state == "open":
        return "reopened" if reason == "reopened" else "open"
    return reason or "completed"


def split_labels(
    labels: Collection[str], label_fields: Mapping[str, str]
) -> tuple[dict[str, str | None], frozenset[str]]:
    """What labels say of the fields that they carry, and the labels that carry none."""
    carried: dict[str, str | None] = dict.fromkeys(label_fields)
    rest = set(labels)
    for name, prefix in label_fields.items():
        mine = sorted(label for label in labels if has_prefix(label, prefix))
        rest -= set(mine)
        carried[name] = mine[0][len(prefix) :] if mine else None
    return carried, frozenset(rest)


def has_prefix(label: str, prefix: str) -> bool:
    return label.casefold().startswith(prefix.casefold()) and len(label) > len(prefix)


# --- writing -------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Change:
    """What GitHub is to be asked, one after the other: labels first, so that the last answer shows the end of it.

    Attributes:
        body: of a PATCH, or of a create.
        before: of a PATCH that has to go first: GitHub ignores another reason while an issue stays closed.
    """

    body: dict[str, Any] = field(default_factory=dict)
    before: dict[str, Any] = field(default_factory=dict)
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


def plain_body(fields: Fields) -> dict[str, Any]:
    """The fields that need to know nothing of the issue; description, status and labels go their own ways."""
    body: dict[str, Any] = {}
    for name, value in fields.items():
        match name:
            case "title":
                body["title"] = _title(value)
            case "assignee":
                body["assignees"] = [_login(value)] if value is not None else []
            case "assignees":
                body["assignees"] = sorted(_words(name, value))
            case "type":
                body["type"] = value
            case _ if name in READ_ONLY:
                raise Rejected(f"github: `{name}` is set by GitHub itself", field=name)
    return body


def status_steps(wanted: Value, *, state: str, reason: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """The PATCH to a status, and one that has to go before it; both empty where it has that status already."""
    if wanted not in STATUSES:
        raise Rejected(f"github: an issue is {', '.join(STATUSES)}, not `{wanted}`", field="status")
    if status_of(state, reason) == wanted or (state == "open" and wanted == "open"):
        return {}, {}
    if wanted in OPEN:
        if state == "open":
            raise Rejected("github: only a closed issue can be reopened", field="status")
        return {}, {"state": "open", "state_reason": "reopened"}
    return {"state": "open"} if state == "closed" else {}, {"state": "closed", "state_reason": wanted}


def label_changes(
    fields: Fields, have: Collection[str], label_fields: Mapping[str, str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Labels to add and to remove, one by one, so that those that others add meanwhile stay."""
    carried, free = split_labels(have, label_fields)
    want = set(have)
    if ON_LABELS in fields:
        want = (want - free) | _words(ON_LABELS, fields[ON_LABELS])
    for name, prefix in label_fields.items():
        if name in fields and fields[name] != carried[name]:
            want = {label for label in want if not has_prefix(label, prefix)}
            want |= {f"{prefix}{fields[name]}"} if fields[name] else set()
    return tuple(sorted(want - set(have))), tuple(sorted(set(have) - want))


def _title(value: Value) -> str:
    if not isinstance(value, str) or not value.strip():
        raise Rejected("github: an issue always has a title", field="title")
    return text.title(value)


def _login(value: Value) -> str:
    if not isinstance(value, Person) or not value.id:
        raise Rejected("github: nobody with a login to assign", field="assignee")
    return value.id


def _words(name: str, value: Value) -> frozenset[str]:
    if value is None:
        return frozenset()
    if not isinstance(value, frozenset):
        raise Rejected(f"github: `{name}` takes words", field=name)
    return value
