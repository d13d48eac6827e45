"""How a simulated workspace says what it keeps: objects of its GraphQL, fields with arguments as functions of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from syncd_linear.fields import PRIORITIES
from syncd_linear.simulator.state import Entry, Issue, Label, Link, State, StoredComment, StoredHook, Team, User
from syncd_linear.simulator.workspace import Trouble, Workspace, stamp

T = TypeVar("T")
Said = dict[str, Any]
LARGEST_PAGE = 250


class Shapes:
    """The objects of one workspace, as one request sees them.

    Args:
        sign: makes the addresses of files in a text such as can be read without a credential; or leaves them.
    """

    def __init__(self, workspace: Workspace, *, url: str, sign: Callable[[str], str] = str) -> None:
        self.workspace = workspace
        self.url = url
        self.sign = sign

    # -- people and teams

    def user(self, user: User | None) -> Said | None:
        if user is None:
            return None
        return {
            "id": user.id,
            "name": user.name,
            "displayName": user.name.split()[0].lower(),
            "email": user.email,
            "admin": user.admin,
            "app": user.app,
            "guest": user.guest,
            "active": user.active,
            "isAssignable": not user.app,
            "url": f"{self.url}/profiles/{user.name.split()[0].lower()}",
            "organization": {"id": self.workspace.id("workspace"), "name": "Acme", "urlKey": "acme"},
        }

    def person(self, user: User | None) -> Said | None:
        """An application that writes as itself is no user."""
        return None if user is None or user.app else self.user(user)

    def bot(self, user: User | None) -> Said | None:
        if user is None or not user.app:
            return None
        return {"id": self.workspace.id("client", user.id), "name": user.name, "type": "oauthClient"}

    def team(self, team: Team) -> Said:
        return {
            "id": team.id,
            "key": team.key,
            "name": team.name,
            "private": team.private,
            "retiredAt": stamp(team.retired),
        }

    def state(self, state: State, team: Team) -> Said:
        known = {"id": state.id, "name": state.name, "type": state.type, "position": state.position}
        return {**known, "color": "#f2c94c", "team": self.team(team)}

    def label(self, label: Label) -> Said:
        team = self.team(self.workspace.teams[label.team]) if label.team else None
        known = {"id": label.id, "name": label.name, "isGroup": label.is_group}
        return {**known, "color": "#eb5757", "team": team}

    # -- issues

    def issue(self, issue: Issue) -> Said:
        return {
            "id": issue.id,
            "identifier": issue.identifier,
            "number": issue.number,
            "previousIdentifiers": list(issue.former),
            "url": f"{self.url}/issue/{issue.identifier}",
            "title": issue.title,
            "description": None if issue.description is None else self.sign(issue.description),
            "priority": float(issue.priority),
            "priorityLabel": PRIORITIES[issue.priority],
            "estimate": None if issue.estimate is None else float(issue.estimate),
            "dueDate": None if issue.due is None else issue.due.isoformat(),
            "createdAt": stamp(issue.created),
            "updatedAt": stamp(issue.updated),
            "archivedAt": stamp(issue.archived),
            "trashed": issue.trashed,
            "team": self.team(issue.team),
            "state": self.state(issue.state, issue.team),
            "assignee": self.user(issue.assignee),
            "creator": self.person(issue.creator),
            "botActor": self.bot(issue.creator),
            "syncedWith": [{"id": f"{issue.id}-{each}", "service": each} for each in issue.synced_with],
            "labels": lambda given: self.page(issue.labels, self.label, given),
            "relations": lambda given: self.page(_relations(issue), self._relation, given),
            "attachments": lambda given: self.page(issue.links, self.link, given),
            "comments": lambda given: self.page(issue.comments, self.comment_of(issue), given, by=_created),
            "history": lambda given: self.page(issue.entries, self.entry, given, by=_created),
        }

    def _relation(self, issue: Issue) -> Said:
        return {"type": "duplicate", "relatedIssue": {"id": issue.id}}

    def comment_of(self, issue: Issue) -> Callable[[StoredComment], Said]:
        return lambda comment: self.comment(issue, comment)

    def comment(self, issue: Issue, comment: StoredComment) -> Said:
        return {
            "id": comment.id,
            "body": self.sign(comment.body),
            "createdAt": stamp(comment.created),
            "updatedAt": stamp(comment.updated),
            "user": self.person(comment.author),
            "botActor": self.bot(comment.author),
            "externalUser": None,
            "issue": self.issue(issue),
        }

    def link(self, link: Link) -> Said:
        return {"id": link.id, "url": link.url, "title": link.title, "subtitle": link.subtitle}

    def entry(self, entry: Entry) -> Said:
        """From and to of what changed, null for the rest. A description's words are not kept."""
        before = {name: old for name, (old, _) in entry.changes.items()}
        after = {name: new for name, (_, new) in entry.changes.items()}
        labels = [set(values.get("labels") or ()) for values in (before, after)]
        return {
            "id": entry.id,
            "createdAt": stamp(entry.created),
            "updatedAt": stamp(entry.created),
            "actorId": None if entry.actor.app else entry.actor.id,
            "botActor": self.bot(entry.actor),
            "updatedDescription": "description" in entry.changes,
            "addedLabels": self._labels(labels[1] - labels[0]),
            "removedLabels": self._labels(labels[0] - labels[1]),
            **self._sides("from", before),
            **self._sides("to", after),
        }

    def _sides(self, way: str, values: Mapping[str, Any]) -> Said:
        due, state, team = values.get("due"), values.get("state"), values.get("team")
        return {
            f"{way}Title": values.get("title"),
            f"{way}Priority": values.get("priority"),
            f"{way}Estimate": values.get("estimate"),
            f"{way}DueDate": due.isoformat() if due else None,
            f"{way}State": {"id": state.id, "name": state.name} if state else None,
            f"{way}Team": self.team(team) if team else None,
            f"{way}Assignee": self.user(values.get("assignee")),
        }

    def _labels(self, labels: Iterable[Label]) -> list[Said] | None:
        return [self.label(each) for each in sorted(labels, key=lambda each: each.name)] or None

    def hook(self, hook: StoredHook) -> Said:
        return {
            "id": hook.id,
            "url": hook.url,
            "enabled": hook.enabled,
            "label": hook.label,
            "resourceTypes": list(hook.resources),
            "allPublicTeams": hook.all_public_teams,
        }

    # -- lists

    def page(
        self,
        rows: Sequence[T],
        shape: Callable[[T], Said],
        given: Mapping[str, Any],
        *,
        by: Callable[[T], datetime] | None = None,
    ) -> Said:
        """One page of a connection: 50 unless asked otherwise, by a cursor that names the row before."""
        first = given.get("first") or 50
        if not 1 <= first <= LARGEST_PAGE:
            raise Trouble(f"Argument Validation Error: first must not be greater than {LARGEST_PAGE}")
        ordered = sorted(rows, key=by, reverse=self.workspace.newest_first) if by else list(rows)
        names = [str(getattr(row, "id", place)) for place, row in enumerate(ordered)]
        after = given.get("after")
        if after and after not in names:
            raise Trouble("Argument Validation Error: after is no cursor of this list")
        start = names.index(after) + 1 if after else 0
        end = start + first
        info = {
            "hasNextPage": len(ordered) > end,
            "hasPreviousPage": start > 0,
            "startCursor": names[start] if names[start:] else None,
            "endCursor": names[min(end, len(names)) - 1] if names[start:] else None,
        }
        return {"nodes": [shape(row) for row in ordered[start:end]], "pageInfo": info}


def _relations(issue: Issue) -> list[Issue]:
    return [issue.duplicate_of] if issue.duplicate_of else []


def _created(row: StoredComment | Entry) -> datetime:
    return row.created
