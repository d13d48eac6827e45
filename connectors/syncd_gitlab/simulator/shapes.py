"""How the simulated GitLab says its state: the JSON of its API and of its webhooks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from syncd.sdk.testing.simulator import Account
from syncd_gitlab.simulator.state import StoredEvent, StoredHook, StoredIssue, StoredNote, StoredProject, access

LEVELS = {"private": 0, "internal": 10, "public": 20}


class Shapes:
    """JSON as it is shown to `viewer`; addresses begin with `url`."""

    def __init__(self, url: str, viewer: Account | None = None) -> None:
        self.url = url
        self.viewer = viewer

    def user(self, account: Account) -> dict[str, Any]:
        """As notes and issues show people: without an address."""
        name = account.name.lower().replace(" ", ".")
        return {
            "id": int(account.id),
            "username": name,
            "name": account.name,
            "state": "blocked" if "blocked" in account.scopes else "active",
            "avatar_url": None,
            "web_url": f"{self.url}/{name}",
        }

    def profile(self, account: Account) -> dict[str, Any]:
        """The address only of oneself, to administrators, and where somebody made it public."""
        shown = {**self.user(account), "bot": "bot" in account.scopes, "public_email": None}
        if "public mail" in account.scopes:
            shown["public_email"] = account.email
        if self.viewer is not None and (account.id == self.viewer.id or "admin" in self.viewer.scopes):
            shown["email"] = account.email
        return shown

    def project(self, project: StoredProject) -> dict[str, Any]:
        level = {"access_level": access(self.viewer) if self.viewer else 0, "notification_level": 3}
        return {
            "id": project.id,
            "name": project.path.rpartition("/")[2],
            "path_with_namespace": project.path,
            "web_url": f"{self.url}/{project.path}",
            "visibility": project.visibility,
            "issues_enabled": True,
            "issues_access_level": project.issues_access,
            "archived": project.archived,
            "permissions": {"project_access": level, "group_access": None},
        }

    def issue(self, issue: StoredIssue) -> dict[str, Any]:
        assignees = [self.user(each) for each in issue.assignees]
        return {
            "id": issue.id,
            "iid": issue.iid,
            "project_id": issue.project.id,
            "title": issue.title,
            "description": issue.description or None,
            "state": issue.state,
            "created_at": stamp(issue.created),
            "updated_at": stamp(issue.updated),
            "closed_at": None,
            "labels": sorted(issue.labels),
            "milestone": self.milestone(issue.project, issue.milestone),
            "assignees": assignees,
            "assignee": assignees[0] if assignees else None,
            "author": self.user(issue.author),
            "type": issue.type.upper(),
            "issue_type": issue.type,
            "user_notes_count": len(issue.comments),
            "due_date": issue.due.isoformat() if issue.due else None,
            "confidential": issue.confidential,
            "weight": issue.weight,
            "severity": "UNKNOWN",
            "web_url": self.address(issue),
            "references": {
                "short": f"#{issue.iid}",
                "relative": f"#{issue.iid}",
                "full": f"{issue.project.path}#{issue.iid}",
            },
            "moved_to_id": issue.moved_to,
        }

    def address(self, issue: StoredIssue) -> str:
        return f"{self.url}/{issue.project.path}/-/issues/{issue.iid}"

    def milestone(self, project: StoredProject, id: int | None) -> dict[str, Any] | None:
        return None if id is None else {"id": id, "project_id": project.id, "title": project.milestones[id]}

    def note(self, note: StoredNote, issue: StoredIssue) -> dict[str, Any]:
        return {
            "id": note.id,
            "type": None,
            "body": note.body,
            "attachment": None,
            "author": self.user(note.author),
            "created_at": stamp(note.created),
            "updated_at": stamp(note.updated),
            "system": note.system,
            "noteable_id": issue.id,
            "noteable_type": "Issue",
            "noteable_iid": issue.iid,
            "project_id": issue.project.id,
            "resolvable": False,
            "confidential": note.internal,
            "internal": note.internal,
        }

    def event(self, event: StoredEvent, issue: StoredIssue, *, kind: str) -> dict[str, Any]:
        """A resource event of a kind: label, state or milestone."""
        shown = {
            "id": event.id,
            "user": self.user(event.author),
            "created_at": stamp(event.at),
            "resource_type": "Issue",
            "resource_id": issue.id,
        }
        match kind:
            case "label":
                return {**shown, "label": {"id": event.id, "name": event.word}, "action": event.action}
            case "state":
                return {**shown, "state": event.action}
            case _:
                return {**shown, "milestone": {"id": event.id, "title": event.word}, "action": event.action}

    def hook(self, hook: StoredHook, project: StoredProject) -> dict[str, Any]:
        """Never with its token."""
        return {
            "id": hook.id,
            "url": hook.url,
            "project_id": project.id,
            "push_events": "push_events" in hook.events,
            "issues_events": "issues_events" in hook.events,
            "confidential_issues_events": "confidential_issues_events" in hook.events,
            "note_events": "note_events" in hook.events,
            "confidential_note_events": "confidential_note_events" in hook.events,
            "enable_ssl_verification": True,
            "alert_status": hook.status,
            "disabled_until": None,
        }

    # -- webhooks

    def issue_event(self, issue: StoredIssue, *, action: str, actor: Account, changes: Any) -> dict[str, Any]:
        said = {
            "object_kind": "issue",
            "event_type": "confidential_issue" if issue.confidential else "issue",
            **self._around(issue.project, actor),
        }
        attributes = {**self._attributes(issue), "action": action, "type": "Issue"}
        changed = {name: {"previous": str(old), "current": str(new)} for name, (old, new) in changes.items()}
        return {**said, "object_attributes": attributes, "changes": changed}

    def note_event(self, issue: StoredIssue, note: StoredNote, *, action: str, actor: Account) -> dict[str, Any]:
        attributes = {
            "id": note.id,
            "note": note.body,
            "noteable_type": "Issue",
            "author_id": int(note.author.id),
            "created_at": zoned(note.created),
            "updated_at": zoned(note.updated),
            "project_id": issue.project.id,
            "noteable_id": issue.id,
            "system": note.system,
            "action": action,
            "url": f"{self.address(issue)}#note_{note.id}",
        }
        return {
            "object_kind": "note",
            "event_type": "confidential_note" if note.internal or issue.confidential else "note",
            **self._around(issue.project, actor),
            "project_id": issue.project.id,
            "object_attributes": attributes,
            "issue": self._attributes(issue),
        }

    def _around(self, project: StoredProject, actor: Account) -> dict[str, Any]:
        shown = {
            "id": project.id,
            "path_with_namespace": project.path,
            "visibility_level": LEVELS[project.visibility],
            "web_url": f"{self.url}/{project.path}",
        }
        user = {"id": int(actor.id), "name": actor.name, "username": self.user(actor)["username"], "avatar_url": None}
        return {"user": user, "project": shown}

    def _attributes(self, issue: StoredIssue) -> dict[str, Any]:
        return {
            "id": issue.id,
            "iid": issue.iid,
            "project_id": issue.project.id,
            "title": issue.title,
            "description": issue.description,
            "author_id": int(issue.author.id),
            "state": issue.state,
            "confidential": issue.confidential,
            "created_at": zoned(issue.created),
            "updated_at": zoned(issue.updated),
            "moved_to_id": issue.moved_to,
            "url": self.address(issue),
        }


def stamp(moment: datetime) -> str:
    """As the API says a time: milliseconds, cut off."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def zoned(moment: datetime) -> str:
    """As webhooks say a time: whole seconds."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
