"""Azure DevOps work items (Boards) as a connector.

Its JSON is in `wire`, the fields of a work item in `fields`, its endpoints in `api`, its HTML and ours in `text`; reads
are in `reader`, writes in `writer`, polls in `poll`, webhooks in `hook` and `hooks`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Unpack

from syncd.core.model import Attachment, Body, Comment, Fields, Person, Snapshot
from syncd.sdk.client import open_client
from syncd.sdk.connector import (
    ALL_PARTS,
    Account,
    Backlink,
    Capability,
    Changed,
    ConnectionConfig,
    Connector,
    Delivery,
    Description,
    Draft,
    FieldInfo,
    Hook,
    Message,
    Page,
    Part,
    Posted,
    Quota,
    Webhook,
    Wiring,
    Written,
)
from syncd.sdk.http import Client
from syncd_azuredevops import hook, wire
from syncd_azuredevops.api import Api, happened
from syncd_azuredevops.config import AzureDevOpsConfig
from syncd_azuredevops.fields import OWN
from syncd_azuredevops.hooks import Hooks, steps
from syncd_azuredevops.people import People
from syncd_azuredevops.poll import Cursor, Poll
from syncd_azuredevops.projects import Projects
from syncd_azuredevops.reader import Reader
from syncd_azuredevops.refusals import explain, read_quotas
from syncd_azuredevops.writer import Writer

__all__ = ["AzureDevOps", "AzureDevOpsConfig"]


class AzureDevOps(Connector):
    """One account in one organisation. A ref is a work item's number, which outlives moves and changes of type.

    Writes are guarded by the revision. Work items have no internal comments of their own: all are as visible as their
    project. A connection of public projects alone therefore loses INTERNAL_COMMENTS at `check`.
    """

    name: ClassVar[str] = "azuredevops"
    Config: ClassVar[type[ConnectionConfig]] = AzureDevOpsConfig
    capabilities: ClassVar[frozenset[Capability]] = frozenset(
        {
            Capability.WEBHOOKS,
            Capability.MANAGE_WEBHOOKS,
            Capability.GUARDED,
            Capability.FIND,
            Capability.CLOSE,
            Capability.INTERNAL_COMMENTS,
            Capability.EDIT_COMMENTS,
            Capability.DELETE_COMMENTS,
            Capability.FILES,
            Capability.PEOPLE,
            Capability.LINK_BACK,
            Capability.DESCRIBE,
        }
    )
    fields: ClassVar[tuple[FieldInfo, ...]] = tuple(each.info for each in OWN)
    settle: ClassVar[timedelta] = timedelta(seconds=30)  # no lag of queries is documented; a copy may be behind
    place_keys: ClassVar[frozenset[str]] = frozenset({"project", "type", "area", "iteration"})
    config: AzureDevOpsConfig

    def __init__(self, config: AzureDevOpsConfig, **wiring: Unpack[Wiring]) -> None:
        super().__init__(config, **wiring)
        self._api = Api(self._client(config.site), self._client(config.identities), site=config.site)
        self._people = People(self._api)
        self._projects = Projects(self._api, config)
        self._reader = Reader(self._api, config, self._projects, self._people)
        self._writer = Writer(self._reader)
        self._hooks = Hooks(self._api, self._projects, secret=config.webhook_secret)
        if config.link_via == "none":
            self._lose(Capability.LINK_BACK)

    def _client(self, address: str) -> Client:
        return open_client(self, address, sign_in=self.config.sign_in(), explain=explain, quotas=read_quotas)

    def _lose(self, *capabilities: Capability) -> None:
        vars(self)["capabilities"] = self.capabilities - set(capabilities)

    async def aclose(self) -> None:
        await self._api.aclose()

    def quotas(self) -> Sequence[Quota]:
        return (*self._api.client.quotas(), *self._api.identities.quotas())

    # -- who and what

    async def check(self) -> Account:
        me, _ = await self._api.me()
        self._people.me = me
        projects = await self._projects.every()
        if all(project.public for project in projects):
            self._lose(Capability.INTERNAL_COMMENTS)
        person = me.person()
        return Account(person.id, person.name, person.email, lacks=tuple(await self._projects.lacks()))

    async def describe(self) -> Description:
        return await self._projects.describe()

    async def person(self, email: str) -> Person | None:
        return await self._people.by_email(email)

    # -- hints

    def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        names = self.config.projects
        poll = Poll(self._api, names[0] if len(names) == 1 else None, self._concerns, self.config.overlap)
        return poll.changes(cursor)

    async def cursor_at(self, moment: datetime) -> str:
        return str(Cursor.since(moment))

    def _concerns(self, project: str | None, ref: str) -> bool:
        """One that was read before is told of wherever it was moved."""
        return project is None or self._projects.has(project) or ref in self._reader.seen

    def includes(self, revision: str, changed: Changed) -> bool:
        return wire.shows(revision, changed.token)

    def receive(self, webhook: Webhook) -> Delivery:
        return hook.receive(webhook, secrets=(self.config.webhook_secret, self.config.webhook_secret_old))

    async def hooks(self) -> Sequence[Hook]:
        return await self._hooks.all()

    async def register_hook(self, url: str) -> Hook:
        return await self._hooks.register(url)

    async def remove_hook(self, hook_id: str) -> None:
        await self._hooks.remove(hook_id)

    def hook_steps(self, url: str) -> Sequence[str]:
        return steps(self.config.projects, url)

    # -- reading

    async def fetch(self, ref: str, *, parts: frozenset[Part] = ALL_PARTS, since: str | None = None) -> Snapshot:
        return await self._reader.fetch(ref, parts=parts)

    async def find(self, key: str) -> Sequence[Snapshot]:
        return await self._reader.find(key)

    def download(self, attachment: Attachment) -> AsyncIterator[bytes]:
        return self._api.download(attachment)

    # -- writing

    async def create(self, draft: Draft, *, key: str) -> Snapshot:
        made = await self._writer.create(draft, key=key)
        with happened():
            return await self._reader.shown(made)

    async def update(self, ref: str, fields: Fields, *, expect: str) -> Written:
        return await self._writer.update(ref, fields, expect=expect)

    async def close(self, ref: str) -> Written:
        return await self._writer.close(ref)

    async def comment(self, ref: str, message: Message, *, key: str, expect: str) -> Posted:
        return await self._writer.comment(ref, message, key=key, expect=expect)

    async def edit_comment(self, ref: str, comment: Comment, body: Body, *, key: str) -> Comment:
        return await self._writer.edit_comment(ref, comment, body, key=key)

    async def delete_comment(self, ref: str, comment_id: str) -> None:
        await self._writer.delete_comment(ref, comment_id)

    async def link_back(self, ref: str, backlink: Backlink, *, expect: str = "") -> Written:
        if Capability.LINK_BACK not in self.capabilities:
            return await super().link_back(ref, backlink, expect=expect)
        return await self._writer.link_back(ref, backlink, expect=expect)
