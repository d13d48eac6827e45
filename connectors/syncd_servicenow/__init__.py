"""ServiceNow as a connector: incidents or cases over the Table API, with a version that can only be compared.

What is read is put together in `reading`, what is written in `writing`; endpoints are in `api`, their JSON in `wire`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import ClassVar, Unpack

from syncd.core.model import Attachment, Fields, Person, Snapshot
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
    Message,
    Page,
    Part,
    Posted,
    Quota,
    Webhook,
    Wiring,
    Written,
)
from syncd.sdk.errors import Forbidden
from syncd_servicenow import hook, poll
from syncd_servicenow.config import ServiceNowConfig
from syncd_servicenow.fields import FIELDS
from syncd_servicenow.query import sayable
from syncd_servicenow.reading import Reader
from syncd_servicenow.records import explain
from syncd_servicenow.writing import Writer

__all__ = ["ServiceNow", "ServiceNowConfig"]


class ServiceNow(Connector):
    """One ServiceNow account. A ref is a record's sys_id, not its number; a revision its `sys_mod_count`."""

    name = "servicenow"
    Config: ClassVar[type[ConnectionConfig]] = ServiceNowConfig
    capabilities = frozenset(
        {
            Capability.WEBHOOKS,
            Capability.GUARDED,
            Capability.FIND,
            Capability.CLOSE,
            Capability.INTERNAL_COMMENTS,
            Capability.FILES,
            Capability.PEOPLE,
            Capability.LINK_BACK,
            Capability.DESCRIBE,
        }
    )
    """GUARDED by comparing, in the request before.

    What slips in between shows in the answer, which then claims nothing, and `fetch(since=)` tells from the audit what
    it was. An account that does not read `sys_audit` is therefore not guarded.
    """
    fields = FIELDS
    place_keys = frozenset({"assignment_group", "category", "subcategory"})
    container = "assignment_group"

    def __init__(self, config: ServiceNowConfig, **wiring: Unpack[Wiring]) -> None:
        super().__init__(config, **wiring)
        self.config: ServiceNowConfig = config
        if not config.audit:
            able = type(self).capabilities - {Capability.GUARDED}
            self.capabilities = able  # type: ignore[misc]  # what a class says of all accounts, said of this one
        self._client = open_client(self, config.site, sign_in=config.sign_in(), explain=explain)
        self._reader = Reader(config, self._client)
        self._writer = Writer(self._reader)

    async def aclose(self) -> None:
        await self._client.aclose()

    def quotas(self) -> Sequence[Quota]:
        """None: an answer tells the limit and when it ends, not what is left of it. A 429 is obeyed."""
        return self._client.quotas()

    # -- the account

    async def check(self) -> Account:
        return await self._reader.check()

    async def describe(self) -> Description:
        """No group is public: strangers see nothing of an instance, and customers their own tickets only."""
        catalogue, groups = await self._reader.described()
        keys = {name: column.key for name, column in catalogue.columns.items()}
        words = {name: tuple(catalogue.words.get(key, {}).values()) for name, key in keys.items()}
        described = [replace(info, options=words.get(info.name) or info.options) for info in FIELDS]
        return Description(fields=(*described, *catalogue.custom), containers=dict.fromkeys(groups, ()))

    async def person(self, email: str) -> Person | None:
        """The one active user with this address; two of them are none, for either could be meant."""
        if not sayable(email) or "," in email or "@" not in email:
            return None
        found = await self._reader.api.users_by_email({email, email.lower()})
        active = [user for user in found if user.active == "true"]
        return active[0].person() if len(active) == 1 else None

    # -- hints

    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        if self._reader.in_utc is False:
            raise Forbidden("servicenow: set the time zone of this account to GMT: polling would miss changes")
        async for page in poll.changes(self._reader.api, cursor):
            yield page

    def receive(self, webhook: Webhook) -> Delivery:
        secrets = (self.config.webhook_secret, self.config.webhook_secret_old)
        return hook.receive(webhook, table=self.config.table, secrets=secrets)

    def includes(self, revision: str, changed: Changed) -> bool:
        """ServiceNow counts the updates of a record one by one: a read shows all up to its own number."""
        shown, told = poll.count_of(revision), poll.count_of(changed.token)
        return shown is not None and told is not None and told <= shown

    def hook_steps(self, url: str) -> Sequence[str]:
        return hook.steps(url, table=self.config.table)

    # -- reading

    async def fetch(self, ref: str, *, parts: frozenset[Part] = ALL_PARTS, since: str | None = None) -> Snapshot:
        """A ticket in one request, its thread in two more, its history in one; people and groups once an hour."""
        return await self._reader.fetch(ref, whole=Part.THREAD in parts, since=since)

    async def find(self, key: str) -> Sequence[Snapshot]:
        """By `correlation_id`, which anybody may set: only what our own account made is believed."""
        await self._reader.learn()
        found = await self._reader.api.by_key(key, user=(await self._reader.me()).user_name)
        return [await self._reader.snapshot(ticket) for ticket in found]

    async def download(self, attachment: Attachment) -> AsyncIterator[bytes]:
        async for chunk in self._reader.download(attachment.id):
            yield chunk

    # -- writing

    async def create(self, draft: Draft, *, key: str) -> Snapshot:
        return await self._writer.create(draft, key=key)

    async def update(self, ref: str, fields: Fields, *, expect: str) -> Written:
        return await self._writer.update(ref, fields, expect=expect)

    async def close(self, ref: str) -> Written:
        return await self._writer.close(ref)

    async def comment(self, ref: str, message: Message, *, key: str, expect: str) -> Posted:
        return await self._writer.comment(ref, message, key=key, expect=expect)

    async def link_back(self, ref: str, backlink: Backlink, *, expect: str = "") -> Written:
        return await self._writer.link_back(ref, backlink, expect=expect)
