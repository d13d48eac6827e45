"""The repositories of a connection: their numbers, which outlive names, and whether strangers can read them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic

from syncd.core.model import Body, Internal, Public
from syncd.sdk.errors import Forbidden, NotFound, Rejected
from syncd_github.api import Api
from syncd_github.wire import RepositoryJson

_REF = re.compile(r"([1-9]\d{0,17})-([1-9]\d{0,9})")
_LABEL = re.compile(r"([\w.-]+/[\w.-]+)#([1-9]\d{0,9})")


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository as last read.

    Attributes:
        public: GitHub says so in both of its ways; whatever else it says, it is not.
    """

    id: int
    name: str  # owner/name, as it is called now
    public: bool
    archived: bool = False
    rights: frozenset[str] | None = None  # None where GitHub does not say

    @classmethod
    def of(cls, given: RepositoryJson) -> Repository:
        rights = None if given.permissions is None else frozenset(n for n, held in given.permissions.items() if held)
        public = given.private is False and given.visibility == "public"
        return cls(given.id, given.full_name, public, given.archived, rights)

    def ref(self, number: int) -> str:
        """Of an issue: both numbers are for ever, and together they are its address."""
        return f"{self.id}-{number}"

    def said(self, text: str) -> Body:
        """What is written here, as visible as the repository."""
        return Public(text) if self.public else Internal(text)


class Repositories:
    """Those that the config names, and no others. Names are learnt once; visibility is read again and again."""

    def __init__(self, api: Api, names: Sequence[str], *, age: timedelta) -> None:
        self._api = api
        self._names = names
        self._age = age.total_seconds()
        self._known: dict[int, Repository] = {}
        self._read_at: dict[int, float] = {}

    def knows(self, id: int, name: str) -> bool:
        """Whether this is one of ours, by what was learnt or by the config. No request."""
        return id in self._known or name.casefold() in map(str.casefold, self._names)

    async def all(self, *, anew: bool = False) -> tuple[Repository, ...]:
        if anew or not self._known:
            for name in self._names:
                self._keep(await self._api.repository(name))
        return tuple(self._known.values())

    async def named(self, name: str) -> Repository | None:
        """By its present name, or by the one that the config has."""
        every = await self.all()
        configured = dict(zip(map(str.casefold, self._names), every, strict=False))
        by_name = {each.name.casefold(): each for each in every}
        return by_name.get(name.casefold()) or configured.get(name.casefold())

    async def locate(self, ref: str) -> tuple[Repository, int]:
        """The place that a ref, or a label (`owner/name#7`), names. NotFound, Forbidden."""
        if found := _LABEL.fullmatch(ref):
            repository = await self.named(found[1])
        elif found := _REF.fullmatch(ref):
            await self.all()
            repository = self._known.get(int(found[1]))
        else:
            raise NotFound("github: an issue is called REPOSITORY-NUMBER, both in digits, or owner/name#number")
        if repository is None:
            raise Forbidden("github: the issue is in a repository that `repositories` does not name")
        return repository, int(found[2])

    async def fresh(self, repository: Repository) -> Repository:
        """As it is now, by one request."""
        return self._keep(await self._api.repository(repository.name))

    async def recent(self, repository: Repository) -> Repository:
        """As it was a moment ago; a request where that is longer ago than `visibility_age`."""
        if monotonic() - self._read_at[repository.id] < self._age:
            return self._known[repository.id]
        return await self.fresh(repository)

    async def recent_if_public(self, repository: Repository) -> Repository:
        """For reading: a private one that became public is no secret told; a public one that closed would be."""
        return await self.recent(repository) if repository.public else repository

    def _keep(self, given: RepositoryJson) -> Repository:
        repository = Repository.of(given)
        self._known[repository.id] = repository
        self._read_at[repository.id] = monotonic()
        return repository


def refuse_leak(repository: Repository, body: Body) -> None:
    """Rejected, before anything is sent, where strangers would read what is internal."""
    if repository.public and isinstance(body, Internal):
        raise Rejected(f"github: everybody can read {repository.name}; an internal text is not written there")


def refuse_public(repository: Repository, *, allowed: bool, field: str | None) -> None:
    """Rejected where a ticket's words would be published and nobody said that they may be."""
    if repository.public and not allowed:
        raise Rejected(
            f"github: everybody can read {repository.name}; `allow_public: true` of the connection accepts that",
            field=field,
        )
