"""An issue's fields: GitLab's JSON -> our values, and values -> the body of a write. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from syncd.core.model import Fields, Person, RichText, Value
from syncd.sdk.errors import Rejected
from syncd_gitlab import text
from syncd_gitlab.config import FIELDS, ISSUE_TYPES, WRITABLE
from syncd_gitlab.source import link_to, marked, taken_apart
from syncd_gitlab.wire import IssueJson

TITLE_LIMIT = 255
SCOPED = "::"
EVENTS = {"opened": "reopen", "closed": "close"}
TRUTH = {"true": True, "false": False}


def values(issue: IssueJson, scopes: Sequence[str]) -> dict[str, Value]:
    """All fields of an issue; a label of a configured scope is a field, and no label."""
    assignee = issue.assignees[0].person() if issue.assignees else None
    return {
        "title": issue.title,
        "description": text.read(issue.description, project=issue.project_id),
        "status": issue.state,
        **labelled(issue.labels, scopes),
        "assignee": assignee,
        "milestone": issue.milestone.title if issue.milestone else None,
        "due_date": issue.due_date,
        "weight": None if issue.weight is None else Decimal(issue.weight),
        "confidential": "true" if issue.confidential else "false",
        "issue_type": issue.issue_type,
        "severity": issue.severity,
        "author": issue.author.person() if issue.author else None,
        "project": issue.container,
    }


def labelled(labels: Iterable[str], scopes: Sequence[str]) -> dict[str, Value]:
    """`labels`, and the fields that are scoped labels. Of two labels of one scope the first in the alphabet counts."""
    free = set(labels)
    found: dict[str, Value] = {}
    for scope in scopes:
        own = sorted(label for label in free if in_scope(label, scope))
        found[scope] = own[0].removeprefix(scope + SCOPED) if own else None
        free -= set(own)
    return {"labels": frozenset(free), **found}


def in_scope(label: str, scope: str) -> bool:
    """Whether a label is `scope::word`; the scope ends at the last pair of colons (doc/user/project/labels.md)."""
    return label.rpartition(SCOPED)[0] == scope


def to_json(fields: Fields, *, now: IssueJson | None, scopes: Sequence[str], key: str = "") -> dict[str, Any]:
    """The body of a write. Milestones, which need a number, are the caller's.

    Args:
        now: the issue as it is known to be; None for one that is to be made.
        key: the mark of a new issue; an old one keeps its own.
    """
    body: dict[str, Any] = {}
    for name, value in fields.items():
        if name in scopes or name == "milestone":
            continue
        if name not in WRITABLE:
            known = any(field.name == name for field in FIELDS)
            raise Rejected(f"gitlab: {name} {'is set by GitLab itself' if known else 'is no field'}", field=name)
        body |= _written(name, value, now)
    labels = wanted_labels(fields, now, scopes)
    if labels is not None:
        have = set(now.labels) if now else set()
        body |= {"add_labels": sorted(labels - have)} if now else {"labels": sorted(labels)}
        body |= {"remove_labels": sorted(have - labels)} if now else {}
    if key or "description" in fields:
        body["description"] = description(fields.get("description"), now=now, key=key)
    return {name: value for name, value in body.items() if value != []}


def wanted_labels(fields: Fields, now: IssueJson | None, scopes: Sequence[str]) -> set[str] | None:
    """The labels that an issue shall have; None when none of them is written."""
    if not {"labels", *scopes} & fields.keys():
        return None
    have = set(now.labels) if now else set()
    if "labels" in fields:
        given = fields["labels"]
        words = given if isinstance(given, frozenset) else frozenset[str]()
        have = {label for label in have if any(in_scope(label, scope) for scope in scopes)} | {
            _label(word, scopes) for word in words
        }
    for scope in scopes:
        if scope in fields:
            have = {label for label in have if not in_scope(label, scope)}
            have |= {_label(f"{scope}{SCOPED}{fields[scope]}", (), field=scope)} if fields[scope] is not None else set()
    return have


def description(value: Value, *, now: IssueJson | None, key: str) -> str:
    """A description with the mark of its issue, and the files that it linked to."""
    words = text.write(value.markdown).source if isinstance(value, RichText) else str(value or "")
    known = taken_apart(now.description, project=now.project_id) if now else None
    kept = [link_to(upload) for upload in known.uploads] if known else []
    mark = key or (known.key if known else None) or ""
    return marked(words, key=mark, files=kept) if mark else "\n\n".join(part for part in (words, *kept) if part)


def _label(word: str, scopes: Sequence[str], *, field: str = "labels") -> str:
    """One label as GitLab takes it: a list of labels is a text with commas there."""
    if not word.strip() or "," in word or word != word.strip():
        raise Rejected("gitlab: a label is a word without comma, and without blanks around it", field=field)
    if any(in_scope(word, scope) for scope in scopes):
        raise Rejected(f"gitlab: `{word.partition(SCOPED)[0]}` is a field of its own, not a label", field=field)
    return word


def _written(name: str, value: Value, now: IssueJson | None) -> dict[str, Any]:
    match name:
        case "title":
            return {"title": _short(str(value or ""))}
        case "status":
            return {"state_event": _of(EVENTS, value, name)}
        case "assignee":
            return {"assignee_ids": _assignees(value, now)}
        case "due_date":
            return {"due_date": _day(value)}
        case "weight":
            return {"weight": _weight(value)}
        case "confidential":
            return {"confidential": _of(TRUTH, value, name)}
        case "issue_type":
            return {"issue_type": _of({word: word for word in ISSUE_TYPES}, value, name)}
        case _:
            return {}


def _of(words: dict[str, Any], value: Value, name: str) -> Any:
    if not isinstance(value, str) or value not in words:
        raise Rejected(f"gitlab: `{name}` is one of {', '.join(words)}", field=name)
    return words[value]


def _short(title: str) -> str:
    """A title that GitLab takes; one that is too long would otherwise keep the whole issue from being made."""
    return title if len(title) <= TITLE_LIMIT else title[: TITLE_LIMIT - 1] + "…"


def _assignees(value: Value, now: IssueJson | None) -> list[int]:
    """The first assignee exchanged; the others, where GitLab has several, stay. 0 is nobody (doc/api/issues.md)."""
    others = [user.id for user in (now.assignees[1:] if now else ())]
    if not isinstance(value, Person):
        return others or [0]
    if not value.id.isdecimal():
        raise Rejected("gitlab: a person is known by a number", field="assignee")
    return list(dict.fromkeys([int(value.id), *others]))


def _day(value: Value) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return value.astimezone(UTC).date().isoformat()
        case date():
            return value.isoformat()
        case _:
            raise Rejected("gitlab: a due date is a day", field="due_date")


def _weight(value: Value) -> int:
    if not isinstance(value, Decimal) or value != int(value) or value < 0:
        raise Rejected("gitlab: a weight is a whole number; GitLab describes no way to take one away", field="weight")
    return int(value)
