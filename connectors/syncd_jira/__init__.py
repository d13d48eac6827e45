"""Jira Cloud (REST v3) and Jira Data Center (REST v2) as a connector.

What an issue looks like is in `wire` and `fields`, where requests go in `api`, reads in `reading`, writes in `writing`,
comments in `talking`, what customers of a service project see in `customers`, webhooks in `webhook`. Sources:
developer.atlassian.com/cloud/jira/platform and .../server/jira/platform.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import ClassVar, Unpack

from syncd.core.model import Attachment, Body, Comment, Fields, Kind, Person, Snapshot
from syncd.sdk.client import open_client
from syncd.sdk.connector import (
    ALL_PARTS,
    Account,
    Backlink,
    Capability,
    Changed,
    Connector,
    Delivery,
    Description,
    Draft,
    FieldInfo,
    File,
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
from syncd.sdk.errors import ConnectorError, Unavailable, Unsupported
from syncd_jira.answers import ProjectIn
from syncd_jira.api import Api, explain, read_quotas, seen
from syncd_jira.config import JiraConfig
from syncd_jira.dialect import CLOUD, DATA_CENTER
from syncd_jira.fields import SYSTEM, Catalogue, milliseconds
from syncd_jira.memory import Memory
from syncd_jira.reading import Reader
from syncd_jira.rights import NEEDED, NEVER_USED, NEVER_USED_ON_DATA_CENTER
from syncd_jira.talking import Talker
from syncd_jira.webhook import read as read_webhook
from syncd_jira.webhook import secrets_of, verify_query, verify_signature
from syncd_jira.webhooks import Webhooks, steps
from syncd_jira.wire import Reading
from syncd_jira.writing import Writer

__all__ = ["Jira", "JiraConfig"]


BEGINNING = "0"
"""The revision before all others: what a history since then holds is everything."""


class Jira(Connector):
    """One account at a Jira site. A ref is an issue's id, which outlives moves; its key is the label.

    Jira guards no write, so `update` proves nothing: the caller reads with `since` and finds what others did meanwhile.
    """

    name: ClassVar[str] = "jira"
    Config = JiraConfig
    capabilities = frozenset(
        {
            Capability.WEBHOOKS,
            Capability.HISTORY,
            Capability.FIND,
            Capability.CLOSE,
            Capability.INTERNAL_COMMENTS,
            Capability.EDIT_COMMENTS,
            Capability.DELETE_COMMENTS,
            Capability.TICKET_FILES,
            Capability.PEOPLE,
            Capability.LINK_BACK,
            Capability.DESCRIBE,
        }
    )
    fields = tuple(each.info for each in SYSTEM)
    settle: ClassVar[timedelta] = timedelta(minutes=15)
    place_keys = frozenset({"project", "issue_type"})

    config: JiraConfig

    def __init__(self, config: JiraConfig, **wiring: Unpack[Wiring]) -> None:
        super().__init__(config, **wiring)
        vars(self)["settle"] = config.index_lag  # this site's own; the class has the usual one
        cloud = config.deployment == "cloud"
        self._client = open_client(self, config.api, sign_in=config.sign_in(), explain=explain, quotas=read_quotas)
        dialect = CLOUD if cloud else DATA_CENTER
        self._api = Api(self._client, base=dialect.api)
        self._nobody = open_client(self, config.url)
        self._stranger = Api(self._nobody, base=dialect.api)
        reading = Reading(dialect, Catalogue(), site=config.url.rstrip("/"))
        self._reader = Reader(self._api, reading=reading, config=config, memory=Memory())
        self._writer = Writer(self._reader)
        self._talker = Talker(self._reader)
        self._secrets = secrets_of(config.webhook_secret, config.webhook_secret_old)
        self._hooks = None if cloud else Webhooks(self._client, self._api.answers, secrets=self._secrets)
        if self._hooks:  # of this deployment only: the class says what both can
            vars(self)["capabilities"] = self.capabilities | {Capability.MANAGE_WEBHOOKS}

    @property
    def _cloud(self) -> bool:
        return self.config.deployment == "cloud"

    # -- who and what

    async def check(self) -> Account:
        me = await self._api.myself()
        person = self._reader.reading.dialect.person(me)
        own = frozenset(str(me[word]) for word in ("accountId", "name", "key") if me.get(word))
        self._reader.reading = replace(self._reader.reading, own=own)
        await self._reader.learn_fields()
        lacks, excess = await self._rights()
        lacks += await self._no_desks()
        return Account(person.id, person.name, person.email, lacks=lacks, excess=excess)

    async def _rights(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What is missing in any of the projects, and what is held and never used."""
        lacks: set[str] = set()
        held: frozenset[str] = frozenset()
        never_used = NEVER_USED if self._cloud else NEVER_USED_ON_DATA_CENTER
        for project in self.config.projects or (None,):
            held = await self._api.permissions([*NEEDED, *never_used], project=project)
            lacks |= set(NEEDED) - held
        return tuple(sorted(lacks)), tuple(sorted(held & set(never_used)))

    async def _no_desks(self) -> tuple[str, ...]:
        """Named projects whose customers syncd would wait for in vain."""
        desks = await self._reader.desks() if self.config.service_project else frozenset(self.config.projects)
        lost = [key for key in self.config.projects if key not in desks]
        return tuple(f"a service project `{key}` (`service_project`), as which Jira does not list it" for key in lost)

    async def describe(self) -> Description:
        catalogue = await self._reader.learn_fields()
        words = {"priority": await self._api.words("priority"), "status": await self._api.words("status")}
        fields = (self._info(each.info, words) for each in catalogue.by_id.values())
        containers = {each.key: tuple(kind.name for kind in each.issueTypes) for each in await self._projects()}
        return Description(fields=tuple(fields), containers=containers, public_containers=await self._public())

    async def _projects(self) -> list[ProjectIn]:
        if self.config.projects or not self._cloud:
            return [await self._api.project(key) for key in self.config.projects]
        return await self._api.projects()

    async def _public(self) -> frozenset[str]:
        """Projects that Jira shows to who names no account: the only way to know that needs no administrator."""
        if self.config.projects or not self._cloud:
            shown = [key for key in self.config.projects if await seen(self._stranger.project(key))]
            return frozenset(shown)
        return frozenset(each.key for each in await seen(self._stranger.projects()) or ())

    def _info(self, info: FieldInfo, words: dict[str, tuple[str, ...]]) -> FieldInfo:
        return replace(info, options=words[info.name]) if info.kind is Kind.CHOICE and info.name in words else info

    async def person(self, email: str) -> Person | None:
        """Found by an address that the account shows; a hidden one is never guessed."""
        query = {"query": email} if self._cloud else {"username": email}
        people = (self._reader.reading.dialect.person(each) for each in await self._api.users(query))
        return next((each for each in people if (each.email or "").casefold() == email.casefold()), None)

    # -- reading

    def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        return self._reader.changes(cursor)

    async def cursor_at(self, moment: datetime) -> str:
        return str(milliseconds(moment))

    async def fetch(self, ref: str, *, parts: frozenset[Part] = ALL_PARTS, since: str | None = None) -> Snapshot:
        return await self._reader.fetch(ref, parts=parts, since=since)

    async def find(self, key: str) -> Sequence[Snapshot]:
        """Wherever they stand: one that was moved out of sight meanwhile is made all the same."""
        found = await self._reader.find(key)
        return [await self._reader.fetch_anywhere(ref, parts=ALL_PARTS, since=BEGINNING) for ref in found]

    async def download(self, attachment: Attachment) -> AsyncIterator[bytes]:
        url = f"{self._api.base}/attachment/content/{attachment.id}" if self._cloud else attachment.url
        async with self._client.stream(url) as chunks:
            async for chunk in chunks:
                yield chunk

    # -- writing

    async def create(self, draft: Draft, *, key: str) -> Snapshot:
        ref = await self._writer.create(draft, key=key)
        try:
            return await self.fetch(ref, since=BEGINNING)
        except ConnectorError as error:
            raise Unavailable(f"{self.connection}: created, but not read back: {error}") from error

    async def update(self, ref: str, fields: Fields, *, expect: str) -> Written:
        await self._writer.update(ref, fields, expect=expect)
        return Written()  # a 204 proves nothing: Jira ignores what it will not write

    async def close(self, ref: str) -> Written:
        await self._writer.close(ref)
        return Written()

    async def comment(self, ref: str, message: Message, *, key: str, expect: str) -> Posted:
        if message.files:
            raise Unsupported(f"{self.name}: files hang on the issue (attach), not on a comment")
        return await self._talker.comment(ref, message.body, key=key)

    async def edit_comment(self, ref: str, comment: Comment, body: Body, *, key: str) -> Comment:
        """The text alone: who sees a comment does not change, so an internal text never goes into a public one."""
        return await self._talker.edit(ref, comment, body)

    async def delete_comment(self, ref: str, comment_id: str) -> None:
        await self._api.delete_comment(ref, comment_id)

    async def attach(self, ref: str, file: File) -> Attachment:
        """A quote or a control character in a name, which a form would carry escaped, is replaced."""
        name = "".join("'" if char == '"' else char if char.isprintable() else "_" for char in file.name)
        answer = await self._api.attach(ref, replace(file, name=name))
        return self._reader.reading.attachment(answer)

    async def link_back(self, ref: str, backlink: Backlink, *, expect: str = "") -> Written:
        """A web link; its global id, made of the ticket's URL, lets a repetition replace it."""
        if self.config.link_via == "none":
            return Written()
        customer = f" ({backlink.customer.name})" if backlink.customer and backlink.customer.name else ""
        shown = {
            "url": backlink.url,
            "title": f"{backlink.title}{customer}"[:255],
            "status": {"resolved": backlink.done},
        }
        global_id = f"syncd={hashlib.sha256(backlink.url.encode()).hexdigest()}"
        await self._api.remote_link(ref, {"globalId": global_id, "relationship": "support ticket", "object": shown})
        return Written()

    # -- hints

    def receive(self, webhook: Webhook) -> Delivery:
        verify = verify_signature if self._cloud else verify_query
        verify(webhook, self._secrets)
        return read_webhook(webhook, self.config.looks_at)

    async def hooks(self) -> Sequence[Hook]:
        """Data Center's, for its administrators."""
        return await (self._hooks.all() if self._hooks else super().hooks())

    async def register_hook(self, url: str) -> Hook:
        return await (self._hooks.register(url) if self._hooks else super().register_hook(url))

    async def remove_hook(self, hook_id: str) -> None:
        await (self._hooks.remove(hook_id) if self._hooks else super().remove_hook(hook_id))

    def hook_steps(self, url: str) -> Sequence[str]:
        return steps(url, cloud=self._cloud)

    def includes(self, revision: str, changed: Changed) -> bool:
        """By time: an issue's token is when it was updated, a comment's ends in it. A deleted comment tells none."""
        stamp = changed.token.rpartition("@")[2]
        return stamp.isdecimal() and revision.isdecimal() and int(stamp) <= int(revision)

    def quotas(self) -> Sequence[Quota]:
        return self._client.quotas()

    async def aclose(self) -> None:
        await self._client.aclose()
        await self._nobody.aclose()
