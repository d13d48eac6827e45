"""Intercom as a connector: tickets and conversations, which nothing guards and whose notes must stay among admins.

What is read is put together in `reading`, what is written in `writing`; the JSON is in `wire`, endpoints are in `api`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import ClassVar, Unpack

import httpx

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
    FieldInfo,
    Message,
    Page,
    Part,
    Posted,
    Quota,
    Webhook,
    Wiring,
    Written,
)
from syncd.sdk.errors import ConnectorError, RateLimited, Rejected
from syncd_intercom import hook, poll
from syncd_intercom.api import VERSION, explain, read_quotas
from syncd_intercom.catalogue import Catalogue
from syncd_intercom.config import IntercomConfig
from syncd_intercom.fields import FIELDS
from syncd_intercom.reading import CONVERSATIONS, Reader
from syncd_intercom.refs import CONVERSATION, TICKET, Kind, Ref
from syncd_intercom.wire import TicketJson
from syncd_intercom.writing import Writer

__all__ = ["Intercom", "IntercomConfig"]

KINDS: Mapping[str, tuple[Kind, ...]] = {
    "tickets": (TICKET,),
    "conversations": (CONVERSATION,),
    "both": (TICKET, CONVERSATION),
}
ALWAYS = frozenset(
    {
        Capability.WEBHOOKS,
        Capability.CLOSE,
        Capability.INTERNAL_COMMENTS,
        Capability.PEOPLE,
        Capability.LINK_BACK,
        Capability.DESCRIBE,
    }
)
MORE = {
    "tickets": frozenset({Capability.FIND}),
    "conversations": frozenset({Capability.FILES, Capability.DELETE_COMMENTS}),
    "both": frozenset({Capability.FIND}),
}
"""What is true of all that a connection works with: only tickets are made, and only messages of conversations take
files and are redacted."""

MOST_FILTERS = 15  # of one group in a search


class Intercom(Connector):
    """One Intercom workspace. A ref is `ticket:ID` or `conversation:ID`, a revision its `updated_at` in seconds."""

    name = "intercom"
    Config: ClassVar[type[ConnectionConfig]] = IntercomConfig
    capabilities = ALWAYS
    fields = FIELDS["both"]
    settle = timedelta(minutes=10)
    place_keys = frozenset({"ticket_type", "contact"})
    container = "ticket_type"

    def __init__(self, config: IntercomConfig, **wiring: Unpack[Wiring]) -> None:
        super().__init__(config, **wiring)
        self.config: IntercomConfig = config
        # what a class says of all connections, said of this one
        self.capabilities = self.capabilities_of(config)  # type: ignore[misc]
        self.fields = FIELDS[config.objects]  # type: ignore[misc]
        self._client = open_client(
            self,
            config.site,
            sign_in=config.sign_in(),
            headers={"intercom-version": VERSION, "accept": "application/json"},
            explain=self._explain,
            quotas=read_quotas,
            download_hosts=config.download_hosts,
        )
        self._reader = Reader(config, self._client)
        self._writer = Writer(self._reader)

    @classmethod
    def capabilities_of(cls, config: IntercomConfig) -> frozenset[Capability]:
        return ALWAYS | MORE[config.objects]

    async def aclose(self) -> None:
        await self._client.aclose()

    def quotas(self) -> Sequence[Quota]:
        return self._client.quotas()

    # -- the workspace

    async def check(self) -> Account:
        return await self._reader.check()

    async def describe(self) -> Description:
        """No ticket type is public: strangers see nothing, contacts their own."""
        known = await self._reader.known(anew=True)
        words = {"team": tuple(known.teams.values()), "type": tuple(each.name for each in known.types.values())}
        states = dict.fromkeys(state.name for kind in known.types.values() for state in kind.states)
        if self.config.objects != "conversations":
            words["status"] = tuple(dict.fromkeys((*states, *_options(self.fields, "status"))))
        described = [replace(info, options=words.get(info.name, info.options)) for info in self.fields]
        return Description((*described, *self._custom(known)), containers=dict.fromkeys(self._containers(known), ()))

    async def person(self, email: str) -> Person | None:
        """A teammate by address."""
        found = (await self._reader.admins()).values()
        return next((person for person in found if (person.email or "").lower() == email.lower()), None)

    # -- hints

    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        async for page in poll.changes(self._reader.api, cursor, KINDS[self.config.objects]):
            yield page

    def receive(self, webhook: Webhook) -> Delivery:
        secrets = (self.config.webhook_secret, self.config.webhook_secret_old)
        return hook.receive(webhook, secrets=secrets, kinds=KINDS[self.config.objects])

    def hook_steps(self, url: str) -> Sequence[str]:
        return hook.steps(url)

    def includes(self, revision: str, changed: Changed) -> bool:
        """Revisions are whole seconds: only what is a second older is shown for certain."""
        return changed.revision.isdecimal() and revision.isdecimal() and int(changed.revision) < int(revision)

    # -- reading

    async def fetch(self, ref: str, *, parts: frozenset[Part] = ALL_PARTS, since: str | None = None) -> Snapshot:
        """One request, thread included, and one for a contact not yet known. There is no history."""
        return await self._reader.fetch(Ref.parse(ref), whole=Part.THREAD in parts)

    async def find(self, key: str) -> Sequence[Snapshot]:
        """By the attribute that carries it, which each ticket type has under an id of its own; the index may lag."""
        if Capability.FIND not in self.capabilities:
            return await super().find(key)
        known, name = await self._reader.known(), self.config.key_attribute
        attributes = [each.id for kind in known.types.values() if (each := kind.keyed(name))]
        if not attributes:
            raise Rejected(f"intercom: no ticket type has an attribute `{name}` to find a key by", field=name)
        filters = [{"field": f"ticket_attribute.{id}", "operator": "=", "value": key} for id in attributes]
        found: list[TicketJson] = []
        for start in range(0, len(filters), MOST_FILTERS):
            group = {"operator": "OR", "value": filters[start : start + MOST_FILTERS]}
            found += [row for row in await self._reader.api.tickets(group) if row.ticket_attributes.get(name) == key]
        oldest_first = sorted(found, key=lambda row: (row.created_at, len(row.id), row.id))
        return [await self._reader.ticket(row, whole=False) for row in oldest_first]

    async def download(self, attachment: Attachment) -> AsyncIterator[bytes]:
        async for chunk in self._reader.download(attachment):
            yield chunk

    # -- writing

    async def create(self, draft: Draft, *, key: str) -> Snapshot:
        """Make a ticket. A conversation is not made: the API begins one in a contact's name only."""
        if self.config.objects == "conversations":
            raise Rejected("intercom: a conversation can only be begun in the customer's name; make tickets instead")
        return await self._writer.create(draft, key=key)

    async def update(self, ref: str, fields: Fields, *, expect: str) -> Written:
        """Intercom has no guard: `expect` is not looked at."""
        named = Ref.parse(ref)
        if named.kind == TICKET:
            return await self._writer.update_ticket(named, fields)
        return await self._writer.update_conversation(named, fields)

    async def close(self, ref: str) -> Written:
        named = Ref.parse(ref)
        if named.kind == TICKET:
            return await self._writer.close_ticket(named)
        return await self._writer.close_conversation(named)

    async def comment(self, ref: str, message: Message, *, key: str, expect: str) -> Posted:
        """A note or a comment, with its files where it is in a conversation, in one request."""
        return Posted(await self._writer.comment(Ref.parse(ref), message, key=key))

    async def delete_comment(self, ref: str, comment_id: str) -> None:
        """Redact a message: its words go, and that something was deleted stays to be seen."""
        if Capability.DELETE_COMMENTS not in self.capabilities:
            await super().delete_comment(ref, comment_id)
        await self._writer.redact(Ref.parse(ref), comment_id)

    async def link_back(self, ref: str, backlink: Backlink, *, expect: str = "") -> Written:
        return await self._writer.link_back(Ref.parse(ref), backlink)

    # -- inside

    def _explain(self, response: httpx.Response) -> ConnectorError | None:
        """As `api.explain`; a used up limit also pauses what else would be sent, until Intercom renews it."""
        error = explain(response)
        if isinstance(error, RateLimited):
            return self._client.budget.refused({"retry-after": f"{error.retry_after:.0f}"})
        return error

    def _custom(self, known: Catalogue) -> Sequence[FieldInfo]:
        """Custom attributes; one that several ticket types have is described with the words of them all."""
        tickets = [] if self.config.objects == "conversations" else list(known.types.values())
        infos = [each.info for kind in tickets for each in known.mapped(kind).values()]
        if self.config.objects != "tickets":
            infos += [each.info for each in known.conversation.values()]
        made: dict[str, FieldInfo] = {}
        for info in infos:
            words = (*made[info.name].options, *info.options) if info.name in made else info.options
            made[info.name] = replace(info, options=tuple(dict.fromkeys(words)))
        return list(made.values())

    def _containers(self, known: Catalogue) -> Sequence[str]:
        types = [each.name for each in known.types.values()]
        return {"tickets": types, "conversations": [CONVERSATIONS], "both": [*types, CONVERSATIONS]}[
            self.config.objects
        ]


def _options(fields: Sequence[FieldInfo], name: str) -> tuple[str, ...]:
    return next(info.options for info in fields if info.name == name)
