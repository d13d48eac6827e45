"""The service hooks of a connection. The vendor has one for each event and project; one address is one hook here."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import SecretStr

from syncd.sdk.connector import Hook
from syncd.sdk.errors import NotFound, Rejected
from syncd_azuredevops.api import Api
from syncd_azuredevops.hook import EVENTS
from syncd_azuredevops.projects import Projects
from syncd_azuredevops.wire import ProjectJson, SubscriptionJson

USER = "syncd"
CALLED = frozenset({"enabled", "onProbation"})
"""Statuses in which the vendor calls, on probation less often (troubleshoot page)."""


class Hooks:
    def __init__(self, api: Api, projects: Projects, *, secret: SecretStr | None) -> None:
        self.api = api
        self.projects = projects
        self.secret = secret.get_secret_value() if secret else ""

    async def all(self) -> list[Hook]:
        projects = await self.projects.every()
        found: dict[str, list[SubscriptionJson]] = {}
        for each in await self._ours(projects):
            found.setdefault(each.url, []).append(each)
        return [_hook(url, rows, projects) for url, rows in found.items()]

    async def register(self, url: str) -> Hook:
        """One subscription for each event in each project. All are written anew: the vendor shows no password."""
        if not self.secret:
            raise Rejected("azuredevops: a webhook without `webhook_secret` could not be told from anybody's")
        projects = await self.projects.every()
        there = [each for each in await self._ours(projects) if each.url == url]
        made = [await self._put(url, project, event, there) for project in projects for event in EVENTS]
        for twin in there:
            await self.api.unsubscribe(twin.id)
        return _hook(url, made, projects)

    async def _put(self, url: str, project: ProjectJson, event: str, there: list[SubscriptionJson]) -> SubscriptionJson:
        """Make it, or repair the one that is there; what stays in `there` is there twice."""
        same = next((each for each in there if (each.project.lower(), each.event) == (project.id.lower(), event)), None)
        if same is None:
            return await self.api.subscribe(self._body(url, project, event))
        there.remove(same)
        return await self.api.subscribe({"id": same.id, "status": "enabled", **self._body(url, project, event)})

    def _body(self, url: str, project: ProjectJson, event: str) -> Mapping[str, Any]:
        """No messages: they are words of tickets that nobody reads."""
        password = {"basicAuthUsername": USER, "basicAuthPassword": self.secret}
        silent = {"messagesToSend": "none", "detailedMessagesToSend": "none", "resourceDetailsToSend": "all"}
        return {
            "publisherId": "tfs",
            "eventType": event,
            "resourceVersion": "1.0",
            "consumerId": "webHooks",
            "consumerActionId": "httpRequest",
            "publisherInputs": {"projectId": project.id},
            "consumerInputs": {"url": url, **password, **silent},
        }

    async def remove(self, hook_id: str) -> None:
        for each in await self._ours(await self.projects.every()):
            if _id(each.url) == hook_id:
                try:
                    await self.api.unsubscribe(each.id)
                except NotFound:
                    continue

    async def _ours(self, projects: Sequence[ProjectJson]) -> list[SubscriptionJson]:
        """About work items of our projects; others may go to the same address."""
        ids = {project.id.lower() for project in projects}
        return [each for each in await self.api.subscriptions() if each.event in EVENTS and each.project.lower() in ids]


def _hook(url: str, rows: Sequence[SubscriptionJson], projects: Sequence[ProjectJson]) -> Hook:
    told = {(row.project.lower(), row.event) for row in rows if row.status in CALLED}
    wanted = [(project, event) for project in projects for event in EVENTS]
    lacks = tuple(f"{event} in {project.name}" for project, event in wanted if (project.id.lower(), event) not in told)
    return Hook(_id(url), url, active=bool(told), lacks=lacks)


def _id(url: str) -> str:
    """Many subscriptions are one hook: it is called by its address."""
    return hashlib.blake2s(url.encode(), digest_size=8).hexdigest()


def steps(projects: Sequence[str], url: str) -> list[str]:
    return [
        f"In each of {', '.join(projects)}: Project settings > Service hooks > Create subscription > Web Hooks, as a "
        "project administrator.",
        "Make one subscription for each of the events Work item created, updated, commented on, deleted and restored, "
        "with no filters.",
        f"URL: {url}",
        f"Basic authentication username: {USER}; password: the connection's `webhook_secret`. The address must begin "
        "with https.",
        "Resource details to send: All; messages to send and detailed messages to send: None.",
    ]
