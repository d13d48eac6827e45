"""The projects of a connection: who can read them, and the types and fields of their work items."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic

from syncd.sdk.connector import Description, FieldInfo
from syncd.sdk.errors import Forbidden, Rejected
from syncd_azuredevops.api import Api
from syncd_azuredevops.config import AzureDevOpsConfig
from syncd_azuredevops.fields import Catalogue, catalogue
from syncd_azuredevops.wire import ProjectJson, TypeJson

CATALOGUE_AGE = 3600.0
"""Seconds after which types and fields are asked for again."""


class Projects:
    """What is asked about projects, and remembered for a while."""

    def __init__(self, api: Api, config: AzureDevOpsConfig) -> None:
        self.api = api
        self.config = config
        self._names = {name.lower(): name for name in config.projects}
        self._seen: dict[str, tuple[ProjectJson, float]] = {}
        self._catalogue: tuple[Catalogue, float] | None = None

    # -- which, and who can read them

    def has(self, name: str | None) -> bool:
        return name is not None and name.lower() in self._names

    def allow(self, name: str) -> None:
        """Forbidden for a project that the config does not name: a work item may have been moved there."""
        if not self.has(name):
            raise Forbidden(
                f"azuredevops: the work item is in `{name}`: name that project in `projects` to go on there"
            )

    async def every(self) -> list[ProjectJson]:
        return [await self.fresh(name) for name in self.config.projects]

    async def fresh(self, name: str) -> ProjectJson:
        """The project as it is now."""
        found = await self.api.project(self._names.get(name.lower(), name))
        self._seen[name.lower()] = (found, monotonic() + self.config.visibility_age.total_seconds())
        return found

    async def look(self, name: str) -> ProjectJson:
        """As it was not longer than `visibility_age` ago."""
        found, until = self._seen.get(name.lower(), (None, 0.0))
        return found if found is not None and monotonic() < until else await self.fresh(name)

    async def refuse_strangers(self, name: str) -> None:
        """Before something internal is sent: the project is asked about now, so that one just opened is noticed."""
        if (await self.fresh(name)).public:
            raise Rejected(
                f"azuredevops: strangers can read the project `{name}`, so nothing internal is written there"
            )

    async def allow_words(self, name: str, *, now: bool = False) -> None:
        """Before a ticket's own words are sent. Rejected in a public project, unless the config allows it."""
        if self.config.allow_public:
            return
        if (await self.fresh(name) if now else await self.look(name)).public:
            raise Rejected(
                f"azuredevops: strangers can read `{name}`; `allow_public: true` lets tickets be written there",
                field="project",
            )

    # -- types and fields

    @property
    def catalogue(self) -> Catalogue:
        """What is known so far, without asking."""
        return self._catalogue[0] if self._catalogue else Catalogue()

    async def known(self, *, anew: bool = False) -> Catalogue:
        if anew or self._catalogue is None or monotonic() > self._catalogue[1]:
            self._catalogue = (await self._learn(), monotonic() + CATALOGUE_AGE)
        return self._catalogue[0]

    async def _learn(self) -> Catalogue:
        """One request for the fields, which are the organisation's, and one for the types of each project."""
        definitions = await self.api.definitions(self.config.projects[0])
        types: dict[tuple[str, str], TypeJson] = {}
        for project in self.config.projects:
            for each in await self.api.types(project):
                types[project.lower(), each.name.lower()] = each
        return catalogue(definitions, types, hidden=self.config.key_field)

    async def type_of(self, project: str, name: str) -> TypeJson:
        """Asked for again when it is not known: somebody may just have made it."""
        for anew in (False, True):
            found = (await self.known(anew=anew)).types.get((project.lower(), name.lower()))
            if found is not None:
                return found
        raise Rejected(f"azuredevops: `{project}` has no type of work item `{name}`", field="type")

    async def describe(self) -> Description:
        """Fields with the words that any type of any project takes; one request for each type."""
        known, every = await self.known(anew=True), await self.every()
        words: dict[str, dict[str, None]] = {}
        for (project, _), each in known.types.items():
            words.setdefault("status", {}).update(dict.fromkeys(state.name for state in each.states))
            for row in [] if each.disabled else await self.api.words(project, each.name):
                name = known.name_of(row.ref)
                if name and name != "status":
                    words.setdefault(name, {}).update(dict.fromkeys(str(word) for word in row.allowed or ()))
        return Description(
            fields=tuple(_info(each.info, words) for each in known.by_name.values()),
            containers={each.name: _types(known, each.name) for each in every},
            public_containers=frozenset(each.name for each in every if each.public),
        )

    async def lacks(self) -> list[str]:
        """What this connector needs and has not: its field, on each type."""
        found = []
        known = await self.known(anew=True)
        for project in self.config.projects:
            named = [kind for (place, _), kind in known.types.items() if place == project.lower()]
            without = sorted(
                kind.name for kind in named if not kind.disabled and self.config.key_field not in kind.fields
            )
            if without and len(without) == len(named):
                found.append(f"the field {self.config.key_field} on the work item types of {project}")
        return found


def _types(known: Catalogue, project: str) -> tuple[str, ...]:
    return tuple(
        kind.name for (place, _), kind in known.types.items() if place == project.lower() and not kind.disabled
    )


def _info(info: FieldInfo, words: dict[str, dict[str, None]]) -> FieldInfo:
    """Its own words where the vendor names none."""
    options: Sequence[str] = [word for word in words.get(info.name, {}) if word] or info.options
    return FieldInfo(info.name, info.kind, tuple(options), info.writable, info.required)
