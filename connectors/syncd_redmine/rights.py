"""What this account may do, by its roles in each project.

It must be known before a private note is written: without the right to it Redmine makes a public note, and answers
that all went well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from syncd.sdk.errors import Forbidden, NotFound
from syncd_redmine.api import Api
from syncd_redmine.wire import User

NEEDED = ("view_issues", "add_issues", "edit_issues", "add_issue_notes", "view_private_notes", "set_notes_private")
USED = frozenset({*NEEDED, "edit_own_issues", "edit_own_issue_notes", "view_issue_watchers"})
PRIVATE_NOTES = "set_notes_private"


@dataclass(frozen=True, slots=True)
class Rights:
    """`projects`: id -> (name, permissions)."""

    admin: bool
    projects: Mapping[str, tuple[str, frozenset[str]]]

    def may(self, permission: str, project: str) -> bool:
        return self.admin or permission in self.projects.get(project, ("", frozenset()))[1]

    @property
    def lacks(self) -> tuple[str, ...]:
        if self.admin:
            return ()
        if not self.projects:
            return ("membership in a project",)
        return tuple(
            f"{right} in {name}" for name, rights in self.projects.values() for right in NEEDED if right not in rights
        )

    @property
    def excess(self) -> tuple[str, ...]:
        if self.admin:
            return ("administrator",)
        return tuple(sorted({right for _, rights in self.projects.values() for right in rights if right not in USED}))


async def rights(api: Api, me: User) -> Rights:
    roles: dict[str, frozenset[str]] = {}
    projects = {}
    for membership in me.memberships:
        for role in membership.roles:
            if role.id not in roles:
                roles[role.id] = await _permissions(api, role.id)
        held = frozenset().union(*(roles[role.id] for role in membership.roles))
        projects[membership.project.id] = (membership.project.name, held)
    return Rights(me.admin, projects)


async def _permissions(api: Api, role: str) -> frozenset[str]:
    """None where the role cannot be looked at: what is not known to be allowed is not done."""
    try:
        return (await api.role(role)).permissions
    except (Forbidden, NotFound):
        return frozenset()
