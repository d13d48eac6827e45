"""The projects of a connection: their numbers, who sees them, what we may do there, and their labels and milestones."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any

from syncd.core.model import Fields
from syncd.sdk.errors import Forbidden, NotFound, Rejected
from syncd_gitlab.api import Api
from syncd_gitlab.config import GitlabConfig
from syncd_gitlab.fields import SCOPED
from syncd_gitlab.memory import PROJECT_AGE, Memory
from syncd_gitlab.wire import MEMBERS_READ_INTERNAL_NOTES, IssueJson, ProjectJson

FIRST_WITH_INTERNAL_NOTES = (15, 0)
FIRST_WITH_DOWNLOADS = (17, 4)


class Projects:
    """What is asked about projects, and remembered for a while."""

    def __init__(self, api: Api, *, config: GitlabConfig, memory: Memory) -> None:
        self.api = api
        self.config = config
        self.memory = memory
        self.version: tuple[int, int] | None = None
        self._ids: dict[str, int] = {}  # as the config and mappings name a project -> its number

    # -- which

    async def learn(self) -> list[ProjectJson]:
        """Ask anew for the version and for all projects of the config."""
        found = re.match(r"(\d+)\.(\d+)", await self.api.version())
        self.version = (int(found[1]), int(found[2])) if found else None
        return [await self._ask(name) for name in self.config.projects]

    async def ids(self) -> list[int]:
        for name in self.config.projects:
            if name not in self._ids:
                await self._ask(name)
        return [self._ids[name] for name in self.config.projects]

    async def named(self, name: str) -> ProjectJson:
        """A project of the config, by path or number. Rejected where it is none of them."""
        ids = await self.ids()
        known = [project for project, _ in self.memory.projects.values() if project.id in ids]
        found = next((each for each in known if name in (each.path_with_namespace, str(each.id))), None)
        if found is None:
            raise Rejected(f"gitlab: `{name}` is none of the connection's `projects`", field="project")
        return found

    async def look(self, id: int, *, anew: bool = False) -> ProjectJson:
        project, until = self.memory.projects.get(id, (None, 0.0))
        if project is None or anew or monotonic() > until:
            return await self._ask(str(id))
        return project

    async def _ask(self, name: str) -> ProjectJson:
        project = await self.api.project(name)
        self._ids[name] = project.id
        self.memory.projects[project.id] = (project, monotonic() + PROJECT_AGE)
        return project

    # -- what must hold before something internal is sent

    async def allow_internal(self, id: int, *, files: bool = False) -> None:
        """Refuse what GitLab would make public without a word: an old one, and any for an account below Reporter.

        An upload is readable by its address for all who can see the project, whatever the note is that links to it.
        """
        if self.version is None:
            await self.learn()
        if self.version is None or self.version < FIRST_WITH_INTERNAL_NOTES:
            raise Rejected("gitlab: this GitLab knows no internal notes, it would publish them (15.0 is needed)")
        project = await self.look(id, anew=files)
        if project.access < MEMBERS_READ_INTERNAL_NOTES:
            raise Rejected(f"gitlab: below the role Reporter, {project.path_with_namespace} would publish the note")
        if files and project.open_to_others and not self.config.files_with_internal_notes:
            raise Rejected(
                f"gitlab: files in {project.path_with_namespace} can be read by all who see the project; "
                "`files_with_internal_notes: true` accepts that",
                field="files",
            )

    def lacks(self, projects: Sequence[ProjectJson]) -> list[str]:
        """What this connector needs and has not."""
        found = []
        for first, what in ((FIRST_WITH_INTERNAL_NOTES, "internal notes"), (FIRST_WITH_DOWNLOADS, "files")):
            if self.version is None or self.version < first:
                found.append(f"GitLab {first[0]}.{first[1]} or newer, for {what}")
        for project in projects:
            if project.access < MEMBERS_READ_INTERNAL_NOTES:
                found.append(f"the role Reporter in {project.path_with_namespace}")
            if project.archived:
                found.append(f"that {project.path_with_namespace} is not archived")
        return found

    # -- words

    async def check_words(self, id: int, fields: Fields) -> None:
        """Refuse a word of a scope that the project has not: GitLab would make a label of any word."""
        for scope in self.config.scopes:
            value = fields.get(scope)
            if value is not None and f"{scope}{SCOPED}{value}" not in await self._labels(id, f"{scope}{SCOPED}{value}"):
                raise Rejected(f"gitlab: the project has no label {scope}{SCOPED}{value}", field=scope)

    async def _labels(self, id: int, wanted: str) -> frozenset[str]:
        """Asked for again when the wanted one is not known: somebody may just have made it."""
        if wanted not in self.memory.labels.get(id, frozenset()):
            self.memory.labels[id] = frozenset(await self.api.labels(id))
        return self.memory.labels[id]

    async def words(self) -> Mapping[str, tuple[str, ...]]:
        """The words of each scope, of all projects together."""
        labels: set[str] = set()
        for id in await self.ids():
            self.memory.labels[id] = frozenset(await self.api.labels(id))
            labels |= self.memory.labels[id]
        own = {scope: f"{scope}{SCOPED}" for scope in self.config.scopes}
        return {
            scope: tuple(sorted(label.removeprefix(start) for label in labels if label.startswith(start)))
            for scope, start in own.items()
        }

    async def milestone(self, id: int, fields: Fields) -> dict[str, Any]:
        """The number behind a milestone's title, as an issue that carries it tells; 0 is none."""
        if "milestone" not in fields:
            return {}
        title = fields["milestone"]
        if title is None:
            return {"milestone_id": 0}
        asked = {"milestone": str(title), "state": "all", "per_page": 1}
        rows, _ = await self.api.issues(f"projects/{id}", asked)
        found = next((row.milestone for row in rows if row.milestone and row.milestone.title == title), None)
        if found is None:
            raise Rejected(
                "gitlab: no issue of the project has this milestone, and only issues tell", field="milestone"
            )
        return {"milestone_id": found.id}

    # -- moves

    async def moved_to(self, issue: IssueJson, bodies: Sequence[str]) -> IssueJson:
        """The issue that this one became. Its number is told to administrators only, so its own note is followed.

        Args:
            bodies: GitLab's own notes on the old issue. "moved to acme/other#7", or "moved to other#7" within one
                group; they are a lead, and the number proves it.
        """
        for project, iid in _leads(bodies, issue.container):
            try:
                found = await self.api.issue_at(project, iid)
            except (NotFound, Forbidden):
                continue
            if found.id == issue.moved_to_id:
                return found
        try:
            return await self.api.issue_by_id(issue.moved_to_id or 0)
        except (NotFound, Forbidden) as error:
            raise Forbidden(f"gitlab: {issue.references.full} was moved to where this account sees nothing") from error


def _leads(bodies: Sequence[str], container: str) -> list[tuple[str, str]]:
    group = container.rpartition("/")[0]
    found = []
    for body in reversed(bodies):
        match = re.match(r"moved to ([\w./\-]{0,500})#(\d{1,18})\Z", body)
        if match:
            path = match[1] or container
            found.append((path if "/" in path else f"{group}/{path}", match[2]))
    return found
