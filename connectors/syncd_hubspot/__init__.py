"""HubSpot's CRM tickets as a connector: reading is in `reading`, writing in `writing`, endpoints in `api`.

Nobody guards a write here, but each property has a history that tells afterwards who changed it. No text can be sent to
a customer; what customers wrote and were sent is read from the mails on the ticket.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
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
    Message,
    Page,
    Part,
    Posted,
    Quota,
    Webhook,
    Wiring,
    Written,
)
from syncd.sdk.errors import NotFound, Rejected
from syncd_hubspot import fields as tickets
from syncd_hubspot import hook, poll
from syncd_hubspot.api import NOTES, TICKETS, Api
from syncd_hubspot.config import HubspotConfig
from syncd_hubspot.fields import API_NAMES, FIELDS
from syncd_hubspot.limits import Refusals, read_quotas
from syncd_hubspot.pipelines import STATUS
from syncd_hubspot.reading import Reader, person
from syncd_hubspot.wire import is_stamp, number, stamp
from syncd_hubspot.writing import Writer

__all__ = ["Hubspot", "HubspotConfig"]

COMMITTED = timedelta(seconds=10)  # after which a change that a read did not show would have been committed


class Hubspot(Connector):
    """One HubSpot account. A ref is a ticket's id; a revision its `updatedAt` in milliseconds."""

    name = "hubspot"
    Config: ClassVar[type[ConnectionConfig]] = HubspotConfig
    capabilities = frozenset(
        {
            Capability.WEBHOOKS,
            Capability.HISTORY,
            Capability.REPEATABLE_CREATE,
            Capability.FIND,
            Capability.CLOSE,
            Capability.INTERNAL_COMMENTS,
            Capability.ONLY_INTERNAL_COMMENTS,
            Capability.EDIT_COMMENTS,
            Capability.DELETE_COMMENTS,
            Capability.FILES,
            Capability.PEOPLE,
            Capability.LINK_BACK,
            Capability.DESCRIBE,
        }
    )
    fields = FIELDS
    key_lifetime = timedelta(days=3650)
    place_keys = frozenset({"pipeline"})
    container = "pipeline"

    def __init__(self, config: HubspotConfig, **wiring: Unpack[Wiring]) -> None:
        super().__init__(config, **wiring)
        self.config: HubspotConfig = config
        refusals = Refusals()
        self._client = open_client(
            self,
            config.url,
            sign_in=config.sign_in(),
            explain=refusals.explain,
            quotas=read_quotas,
            download_hosts=config.download_hosts,
        )
        refusals.budget = self._client.budget
        self._api = Api(self._client)
        self._reader = Reader(config, self._api)
        self._writer = Writer(self._reader, self._api)

    async def aclose(self) -> None:
        await self._client.aclose()

    def quotas(self) -> Sequence[Quota]:
        return self._client.quotas()

    # -- the account

    async def check(self) -> Account:
        """The app as it is configured: HubSpot tells nobody whose a token is. What was asked proves the token."""
        known = await self._reader.learn(anew=True)
        name = f"app {self.config.app_id} of account {self.config.portal_id}"
        return Account(self.config.app_id, name, lacks=known.lacks)

    async def describe(self) -> Description:
        """No ticket is public: strangers see none."""
        known = await self._reader.learn(anew=True)
        containers: dict[str, tuple[str, ...]] = {each.word: () for each in known.pipelines.values()}
        return Description(tickets.described(known), containers=containers)

    async def person(self, email: str) -> Person | None:
        """A user by address."""
        if not re.fullmatch(r"[^\s@]+@[^\s@]+", email):
            return None
        for owner in await self._api.owners(email=email):
            same = (owner.email or "").lower() == email.lower()
            if same and owner.type == "PERSON" and not owner.archived:
                return person(owner)
        return None

    # -- hints

    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        async for page in poll.changes(self._api, cursor):
            yield page

    def receive(self, webhook: Webhook) -> Delivery:
        secrets = (self.config.webhook_secret, self.config.webhook_secret_old)
        return hook.receive(webhook, secrets=secrets, address=self.config.webhook_url, portal_id=self.config.portal_id)

    def hook_steps(self, url: str) -> Sequence[str]:
        return hook.steps(url)

    def includes(self, revision: str, changed: Changed) -> bool:
        """The very change, or one so much older that it was committed when this was read."""
        if not is_stamp(revision):
            return False
        told = poll.stamp_of(changed.token)
        if told == revision:
            return True
        at = changed.at
        return at is not None and stamp(at + COMMITTED) < revision

    # -- reading

    async def fetch(self, ref: str, *, parts: frozenset[Part] = ALL_PARTS, since: str | None = None) -> Snapshot:
        """A ticket with its history in one request; its thread in one more for notes and one for mails, per hundred.

        Contacts and files that are not known yet cost one more, and one each.
        """
        return await self._reader.fetch(ref, whole=Part.THREAD in parts, since=since)

    async def find(self, key: str) -> Sequence[Snapshot]:
        """By the unique property, which no index delays; else in the bin. There is never more than one."""
        for archived in (False, True):
            if found := await self._writer.by_key(TICKETS, key, archived=archived):
                return [await self._reader.fetch(found.id, whole=False, since="")]
        return []

    async def download(self, attachment: Attachment) -> AsyncIterator[bytes]:
        """The address of a private file is made for the occasion and holds for some minutes."""
        url = await self._api.signed_url(number(attachment.id, field="attachments"))
        async with self._client.stream(url) as chunks:
            async for chunk in chunks:
                yield chunk

    # -- writing

    async def create(self, draft: Draft, *, key: str) -> Snapshot:
        return await self._writer.create(draft, key=key)

    async def update(self, ref: str, fields: Fields, *, expect: str) -> Written:
        """Write these fields in one request. Nothing is guarded: `expect` is not looked at.

        The answer shows what stands in these fields now. It names no revision and foretells nothing: the stamp covers
        what others did meanwhile, a note for one, and that would be taken for known.
        """
        shown = await self._writer.update(number(ref), fields)
        now = tickets.fields_of(shown.properties, await self._reader.learn())
        return Written(fields={name: value for name, value in now.items() if name in fields})

    async def close(self, ref: str) -> Written:
        """To the pipeline's first stage that counts as closed; a ticket in any such stage stays there."""
        id, known = number(ref), await self._reader.learn()
        ticket = await self._api.record(TICKETS, id, properties=(API_NAMES["pipeline"], API_NAMES[STATUS]))
        stage = known.stage(ticket.properties.get(API_NAMES[STATUS]) or "")
        if stage and stage.closed:
            return Written()
        pipeline = known.pipelines.get(ticket.properties.get(API_NAMES["pipeline"]) or "")
        if pipeline is None:
            raise Rejected("hubspot: the ticket is in a pipeline that is not known yet", field=STATUS)
        final = pipeline.first(closed=True)
        await self._writer.write(id, {API_NAMES[STATUS]: final.id})
        return Written(fields={STATUS: final.word})

    async def comment(self, ref: str, message: Message, *, key: str, expect: str) -> Posted:
        """A note, which only the people of the account read; Rejected for a public text, before anything is sent."""
        return Posted(await self._writer.comment(number(ref), message, key=key))

    async def edit_comment(self, ref: str, comment: Comment, body: Body, *, key: str) -> Comment:
        return await self._writer.edit(number(ref), comment.id, body, key=key)

    async def delete_comment(self, ref: str, comment_id: str) -> None:
        """Into the bin, where HubSpot keeps it for a time; one that is gone already is no error."""
        try:
            note = await self._writer.own_note(number(ref), comment_id)
        except NotFound:
            return
        await self._api.archive(NOTES, note.id)

    async def link_back(self, ref: str, backlink: Backlink, *, expect: str = "") -> Written:
        """Show the issue in the configured property; read first, because a write of the same may move the stamp."""
        name, id = self.config.link_property, number(ref)
        if name is None:
            raise Rejected("hubspot: name a property in `link_property` that shows the issue")
        ticket = await self._api.record(TICKETS, id, properties=(name,))
        if ticket.properties.get(name) != backlink.url:
            await self._writer.write(id, {name: backlink.url})
        return Written()
