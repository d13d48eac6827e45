"""The JSON of the simulated Redmine, key by key in the order of its views (app/views/**/*.api.rsb)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from syncd.sdk.testing.simulator import Account
from syncd_redmine.simulator import seed
from syncd_redmine.simulator.rights import Rights
from syncd_redmine.simulator.seed import PRIORITIES, SEEDED, STATUSES, TRACKERS, CustomField, Role, Word
from syncd_redmine.simulator.state import Issue, Journal, Project, State, StoredFile

STANDARD_FIELDS = [
    "assigned_to_id",
    "category_id",
    "fixed_version_id",
    "parent_issue_id",
    "start_date",
    "due_date",
    "estimated_hours",
    "done_ratio",
    "description",
]


def stamp(at: datetime | None) -> str | None:
    """In whole seconds, cut off."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if at else None


SEED = stamp(SEEDED)


def login(account: Account) -> str:
    return account.email.partition("@")[0]


def named(account: Account) -> dict[str, Any]:
    return {"id": int(account.id), "name": account.name}


def word(found: Word) -> dict[str, Any]:
    return {"id": found.id, "name": found.name}


def status(found: Word) -> dict[str, Any]:
    return {**word(found), "is_closed": found.is_closed}


class Shapes:
    """As the actor of `rights` sees it."""

    def __init__(self, state: State, rights: Rights, url: str) -> None:
        self._state = state
        self._rights = rights
        self._url = url

    # -- issues

    def issue(self, issue: Issue, include: Collection[str] = ()) -> dict[str, Any]:
        shown = {**self._head(issue), **self._values(issue)}
        shown["custom_fields"] = [
            {"id": each.id, "name": each.name, "value": issue.custom.get(each.id)} for each in issue.fields
        ]
        stamps = {"created_on": issue.created, "updated_on": issue.updated, "closed_on": issue.closed}
        shown |= {name: stamp(at) for name, at in stamps.items()}
        if "attachments" in include:
            shown["attachments"] = [self.file(file) for file in self._state.files_of(issue)]
        if "journals" in include:
            shown["journals"] = [self._journal(each) for each in issue.journals if self._rights.reads(each, issue)]
        if "watchers" in include and self._rights.may("view_issue_watchers", self._rights.project(issue)):
            shown["watchers"] = [self._person(number) for number in sorted(issue.watchers)]
        if "allowed_statuses" in include:
            shown["allowed_statuses"] = [status(each) for each in self._rights.statuses(issue)]
        return shown

    def _head(self, issue: Issue) -> dict[str, Any]:
        """What is nothing has no key here."""
        values, project = issue.values, self._rights.project(issue)
        shown = {
            "id": issue.id,
            "project": {"id": project.id, "name": project.name},
            "tracker": word(TRACKERS[values["tracker_id"]]),
            "status": status(STATUSES[values["status_id"]]),
            "priority": word(PRIORITIES[values["priority_id"]]),
            "author": named(issue.author),
        }
        if values["assigned_to_id"] is not None:
            shown["assigned_to"] = self._person(values["assigned_to_id"])
        for key, name, words in (
            ("category", "category_id", project.categories),
            ("fixed_version", "fixed_version_id", project.versions),
        ):
            if values[name] is not None:
                shown[key] = {"id": values[name], "name": words[values[name]]}
        return shown

    def _values(self, issue: Issue) -> dict[str, Any]:
        values = issue.values
        days = {name: values[name].isoformat() if values[name] else None for name in ("start_date", "due_date")}
        return {
            "subject": values["subject"],
            "description": values["description"],
            **days,
            "done_ratio": values["done_ratio"],
            "is_private": values["is_private"],
            "estimated_hours": values["estimated_hours"],
            "total_estimated_hours": values["estimated_hours"],
        }

    def _person(self, number: int) -> dict[str, Any]:
        account = self._state.account(number)
        assert account is not None  # noqa: S101  only people who are there are set
        return named(account)

    def _journal(self, journal: Journal) -> dict[str, Any]:
        details = [
            {"property": each.property, "name": each.name, "old_value": each.old, "new_value": each.new}
            for each in journal.details
        ]
        return {
            "id": journal.id,
            "user": named(journal.user),
            "notes": journal.notes,
            "created_on": stamp(journal.created),
            "private_notes": journal.private,
            "details": details,
        }

    def file(self, file: StoredFile) -> dict[str, Any]:
        return {
            "id": file.id,
            "filename": file.name,
            "filesize": len(file.content),
            "content_type": file.media_type,
            "description": file.description,
            "content_url": f"{self._url}/attachments/download/{file.id}/{quote(file.name)}",
            "author": named(file.author),
            "created_on": stamp(file.created),
        }

    # -- people

    def user(self, account: Account, *, include: Collection[str] = (), row: bool = False) -> dict[str, Any]:
        """Addresses are for administrators: everybody hides theirs, as Redmine sets it for new users."""
        admin, own = self._rights.admin, int(account.id) == self._rights.me
        first, _, last = account.name.partition(" ")
        shown: dict[str, Any] = {"id": int(account.id), "login": login(account)}
        if admin or own:
            shown["admin"] = "admin" in account.scopes
        shown |= {"firstname": first, "lastname": last}
        if admin:
            shown["mail"] = account.email
        shown |= {"created_on": SEED, "updated_on": SEED, "last_login_on": None, "passwd_changed_on": SEED}
        if admin or own:
            shown["twofa_scheme"] = None
            shown |= {} if row else {"api_key": account.token}
        if admin and not row:
            shown["status"] = 1
        if "memberships" in include:
            shown["memberships"] = list(self._memberships(int(account.id)))
        return shown

    def _memberships(self, user: int) -> Iterable[dict[str, Any]]:
        for project in self._state.projects.values():
            if user in project.members and (self._rights.admin or self._rights.role(project)):
                number, role = project.members[user]
                roles = [{"id": role, "name": self._state.roles[role].name}]
                yield {"id": number, "project": {"id": project.id, "name": project.name}, "roles": roles}

    def role(self, role: Role) -> dict[str, Any]:
        return {
            "id": role.id,
            "name": role.name,
            "assignable": True,
            "issues_visibility": role.issues_visibility,
            "time_entries_visibility": "all",
            "users_visibility": "all",
            "permissions": list(role.permissions),
        }

    # -- what is set up

    def project(self, project: Project, *, include: Collection[str], row: bool = False) -> dict[str, Any]:
        shown: dict[str, Any] = {"id": project.id, "name": project.name, "identifier": project.identifier}
        shown["description"] = project.description
        shown |= {} if row else {"homepage": ""}
        shown |= {"status": 1, "is_public": project.is_public, "inherit_members": False}
        if "trackers" in include:
            shown["trackers"] = [word(TRACKERS[number]) for number in project.trackers]
        if "issue_categories" in include:
            shown["issue_categories"] = [{"id": number, "name": name} for number, name in project.categories.items()]
        return {**shown, "created_on": SEED, "updated_on": SEED}

    def version(self, number: int, name: str, project: Project) -> dict[str, Any]:
        return {
            "id": number,
            "project": {"id": project.id, "name": project.name},
            "name": name,
            "description": "",
            "status": "open",
            "due_date": None,
            "sharing": "none",
            "wiki_page_title": None,
            "created_on": SEED,
            "updated_on": SEED,
        }

    def tracker(self, tracker: Word) -> dict[str, Any]:
        default = word(STATUSES[seed.NEW])
        more = {"description": None, "enabled_standard_fields": STANDARD_FIELDS}
        return {**word(tracker), "default_status": default, **more}

    def priority(self, priority: Word) -> dict[str, Any]:
        return {**word(priority), "is_default": priority.id == seed.NORMAL, "active": True}

    def custom_field(self, known: CustomField) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "id": known.id,
            "name": known.name,
            "customized_type": "issue",
            "field_format": "list" if known.options else "string",
            "regexp": "",
            "min_length": None,
            "max_length": known.max_length,
            "is_required": False,
            "is_filter": known.is_filter,
            "searchable": known.id == 1,
            "multiple": False,
            "default_value": None,
            "visible": True,
        }
        if known.options:
            shown["possible_values"] = [{"value": option, "label": option} for option in known.options]
        return {**shown, "trackers": [word(TRACKERS[number]) for number in known.trackers], "roles": []}
