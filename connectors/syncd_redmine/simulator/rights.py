"""Who may do what in the simulated Redmine: roles by project, visible issues, the workflow (app/models/user.rb)."""

from __future__ import annotations

from collections.abc import Callable

from syncd.sdk.testing.simulator import Account
from syncd_redmine.simulator import seed
from syncd_redmine.simulator.seed import STATUSES, Role, Word
from syncd_redmine.simulator.state import Issue, Journal, Project, State


class Rights:
    """Of the account that acts now; an administrator has all of them everywhere."""

    def __init__(self, state: State, *, actor: Callable[[], Account]) -> None:
        self._state = state
        self._actor = actor

    @property
    def me(self) -> int:
        return int(self._actor().id)

    @property
    def admin(self) -> bool:
        return "admin" in self._actor().scopes

    def role(self, project: Project) -> Role | None:
        """A member's, in a public project everybody's; None for a stranger in a private one."""
        if self.me in project.members:
            return self._state.roles[project.members[self.me][1]]
        return self._state.roles[seed.NON_MEMBER] if project.is_public else None

    def may(self, permission: str, project: Project) -> bool:
        role = self.role(project)
        return self.admin or (role is not None and permission in role.permissions)

    def may_somewhere(self, *permissions: str) -> bool:
        """Whether any of their roles has it; the role of strangers is everybody's (user.rb, allowed_to? global)."""
        everybody = set(self._state.roles[seed.NON_MEMBER].permissions)
        projects = self._state.projects.values()
        return any(name in everybody or any(self.may(name, each) for each in projects) for name in permissions)

    def sees(self, issue: Issue) -> bool:
        """A private issue is seen by its author and assignee, and by roles that see all."""
        project = self.project(issue)
        if self.admin:
            return True
        role = self.role(project)
        if role is None or "view_issues" not in role.permissions:
            return False
        own = self.me in (int(issue.author.id), issue.values["assigned_to_id"])
        return role.issues_visibility == "all" or not issue.values["is_private"] or own

    def edits(self, issue: Issue) -> bool:
        own = int(issue.author.id) == self.me and self.may("edit_own_issues", self.project(issue))
        return own or self.may("edit_issues", self.project(issue))

    def hides(self, issue: Issue) -> bool:
        """Whether this account may make the issue private."""
        own = int(issue.author.id) == self.me and self.may("set_own_issues_private", self.project(issue))
        return own or self.may("set_issues_private", self.project(issue))

    def reads(self, journal: Journal, issue: Issue) -> bool:
        own = int(journal.user.id) == self.me
        return not journal.private or own or self.may("view_private_notes", self.project(issue))

    def edits_note(self, journal: Journal, issue: Issue) -> bool:
        own = int(journal.user.id) == self.me and self.may("edit_own_issue_notes", self.project(issue))
        return own or self.may("edit_issue_notes", self.project(issue))

    def project(self, issue: Issue) -> Project:
        return self._state.projects[issue.values["project_id"]]

    def statuses(self, issue: Issue) -> list[Word]:
        """What this account may set now; the present one is among them, unless there is no way out of it at all."""
        old = issue.values["status_id"]
        role = self.role(self.project(issue))
        roles = self._state.roles.values() if self.admin else [role] if role else []
        ways = {new for each in roles for start, new in each.transitions if start == old}
        return [status for status in STATUSES.values() if ways and status.id in ways | {old}]
