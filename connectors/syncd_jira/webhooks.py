"""Jira's webhooks as an administrator keeps them: by the API of Data Center, by a person on Cloud.

On Cloud an API token may not: dynamic webhooks (`/rest/api/3/webhook`, which end after 30 days) are for Connect and
OAuth apps alone, and the others are an administrator's, which the account of syncd had better not be. What a delivery
says is in `webhook`. Source: Atlassian's description of `/rest/api/3/webhook`. Data Center's resources are in no
description that we have: their paths and fields, before 10 and since, are those of public clients (n8n, jira.js), and
unconfirmed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from syncd.sdk.answers import Answers
from syncd.sdk.connector import Hook
from syncd.sdk.errors import NotFound, Rejected
from syncd.sdk.http import Client
from syncd_jira.webhook import SECRET

EVENTS = (
    *("comment_created", "comment_deleted", "comment_updated"),
    *("jira:issue_created", "jira:issue_deleted", "jira:issue_updated"),
)
"""What `webhook.read` reads."""
SINCE_10, BEFORE_10 = "/rest/jira-webhook/1.0/webhooks", "/rest/webhooks/1.0/webhook"


class WebhookIn(BaseModel):
    """One as either resource shows it: since 10 with an id and `active`, before with `self` and `enabled`."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    id: int | None = None
    address: str = Field(default="", alias="self")
    url: str
    events: list[str] = []
    active: bool = True
    enabled: bool = True
    excludeBody: bool = False  # noqa: N815  Jira's word
    filters: dict[str, Any] = {}

    @property
    def name(self) -> str:
        return str(self.id) if self.id is not None else self.address.rstrip("/").rpartition("/")[2]

    def hook(self, secrets: Sequence[SecretStr]) -> Hook:
        """Without the secret of its address. With a wrong secret or no body it brings nothing to be believed."""
        try:
            parts = urlsplit(self.url)
        except ValueError:  # somebody else's, and no address at all
            parts = urlsplit("")
        query = parse_qsl(parts.query, keep_blank_values=True)
        given = {value for name, value in query if name == SECRET}
        believed = bool(given & {each.get_secret_value() for each in secrets}) and not self.excludeBody
        rest = urlencode([(name, value) for name, value in query if name != SECRET])
        lacks = tuple(each for each in EVENTS if each not in self.events) if believed else EVENTS
        url = parts._replace(query=rest).geturl()
        return Hook(self.name, url, active=self.active and self.enabled, lacks=lacks)


class Webhooks:
    """Those of a Data Center, for its administrators. The first secret goes into the address: nothing is signed."""

    def __init__(self, client: Client, answers: Answers, *, secrets: Sequence[SecretStr]) -> None:
        self._client = client
        self._answers = answers
        self._secrets = secrets

    async def all(self) -> list[Hook]:
        return [each.hook(self._secrets) for each in (await self._listed())[1]]

    async def register(self, url: str) -> Hook:
        """Make one and only then remove those that were not right: what an address calls has no gap."""
        if not self._secrets:
            raise Rejected(f"{self._client.connection}: set `webhook_secret` first: the address carries it")
        path, listed = await self._listed()
        known = [(each, each.hook(self._secrets)) for each in listed]
        ours = [(each, hook) for each, hook in known if hook.url == url]
        if right := next((hook for _, hook in ours if hook.active and not hook.lacks), None):
            return right
        filters = next((each.filters for each, _ in ours if each.filters), {})
        answer = await self._client.json("POST", path, json=self._wanted(url, filters))
        made = self._answers.read(WebhookIn, answer, at=path).hook(self._secrets)
        for _, old in ours:
            await self._remove(path, old.id)
        return made

    async def remove(self, id: str) -> None:
        path, _ = await self._listed()
        await self._remove(path, id)

    async def _remove(self, path: str, id: str) -> None:
        try:
            await self._client.request("DELETE", f"{path}/{quote(id, safe='')}")
        except NotFound:
            return

    async def _listed(self) -> tuple[str, list[WebhookIn]]:
        """All webhooks, and the resource that this version has."""
        try:
            return SINCE_10, await self._get(SINCE_10)
        except NotFound:
            return BEFORE_10, await self._get(BEFORE_10)

    async def _get(self, path: str) -> list[WebhookIn]:
        return self._answers.read_rows(WebhookIn, await self._client.json("GET", path), at=path)

    def _wanted(self, url: str, filters: Mapping[str, Any]) -> dict[str, Any]:
        address = f"{url}?{urlencode({SECRET: self._secrets[0].get_secret_value()})}"
        name = f"syncd: {self._client.connection}"
        return {"name": name, "url": address, "events": list(EVENTS), "filters": filters, "excludeBody": False}


def steps(url: str, *, cloud: bool) -> Sequence[str]:
    """What an administrator clicks; on Cloud nobody else can do it."""
    address = (
        f"Enter {url} as the URL, and the value of `webhook_secret` as the secret."
        if cloud
        else f"Enter {url}?secret=SECRET as the URL, with the value of `webhook_secret` in the place of SECRET."
    )
    return (
        "As a Jira administrator open Administration, System, WebHooks, and choose to create one.",
        address,
        "Tick issue created, updated, deleted, and comment created, updated, deleted; leave `exclude body` unticked.",
        "Create it, and see that it is enabled.",
    )
