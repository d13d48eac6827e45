"""The webhooks of all repositories of a connection, those of one address taken for one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pydantic import SecretStr

from syncd.sdk.connector import Hook
from syncd.sdk.errors import NotFound, Rejected
from syncd_github.api import Api
from syncd_github.hook import EVENTS
from syncd_github.repositories import Repositories, Repository
from syncd_github.wire import HookJson

_ID = re.compile(r"(\d+)-(\d+)")
ALL = "*"


class Hooks:
    """GitHub keeps a webhook at each repository; a `Hook` here is an address with its webhooks, one a repository."""

    def __init__(self, api: Api, repositories: Repositories, *, secret: SecretStr | None) -> None:
        self._api = api
        self._repositories = repositories
        self._secret = secret

    async def all(self) -> list[Hook]:
        found: dict[str, list[tuple[Repository, HookJson]]] = {}
        every = await self._repositories.all()
        for repository in every:
            for hook in await self._api.hooks(repository.name):
                found.setdefault(hook.config.url, []).append((repository, hook))
        return [_hook(url, mine, every) for url, mine in found.items()]

    async def register(self, url: str) -> Hook:
        """GitHub never shows a secret, so that of a webhook which is there already is set once more."""
        secret = self._secret.get_secret_value() if self._secret else ""
        if not secret:
            raise Rejected("github: set `webhook_secret` first; a webhook without one is not believed")
        config = {"url": url, "content_type": "json", "insecure_ssl": "0", "secret": secret}
        made: list[tuple[Repository, HookJson]] = []
        every = await self._repositories.all()
        for repository in every:
            old = next((each for each in await self._api.hooks(repository.name) if each.config.url == url), None)
            if old is None:
                body = {"name": "web", "active": True, "events": list(EVENTS), "config": config}
                made.append((repository, await self._api.make_hook(repository.name, body)))
            else:
                more = {"add_events": [event for event in EVENTS if event not in old.events and ALL not in old.events]}
                body = {"active": True, "config": config, **(more if more["add_events"] else {})}
                made.append((repository, await self._api.mend_hook(repository.name, old.id, body)))
        return _hook(url, made, every)

    async def remove(self, hook_id: str) -> None:
        by_id = {each.id: each for each in await self._repositories.all()}
        for one in hook_id.split("+"):
            found = _ID.fullmatch(one)
            if found is None or int(found[1]) not in by_id:
                raise NotFound("github: no webhook has such an id")
            await self._api.remove_hook(by_id[int(found[1])].name, int(found[2]))


def _hook(url: str, mine: Sequence[tuple[Repository, HookJson]], every: Sequence[Repository]) -> Hook:
    there = {repository.id for repository, _ in mine}
    lacks = [f"{event} in {each.name}" for each in every if each.id not in there for event in EVENTS]
    for repository, hook in mine:
        if ALL not in hook.events:
            lacks += [f"{event} in {repository.name}" for event in EVENTS if event not in hook.events]
        if hook.config.content_type != "json":
            lacks.append(f"the content type application/json in {repository.name}")
    return Hook(
        id="+".join(f"{repository.id}-{hook.id}" for repository, hook in mine),
        url=url,
        active=all(hook.active for _, hook in mine),
        lacks=tuple(lacks),
    )
