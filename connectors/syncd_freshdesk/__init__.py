"""Freshdesk as a connector. Its JSON is in `wire` and `fields`, its endpoints in `api`, how it is polled in `poll`."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Sequence
from dataclasses import replace
from datetime import timedelta
from time import monotonic
from typing import Any, ClassVar, TypeVar, Unpack

from syncd.core.model import (
    Attachment,
    Body,
    Comment,
    Fields,
    Internal,
    Life,
    Person,
    Public,
    RichText,
    Snapshot,
    Visibility,
)
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
from syncd.sdk.errors import ConnectorError, Locked, NotFound, Rejected
from syncd.sdk.text.mark import marked
from syncd_freshdesk import fields as tickets
from syncd_freshdesk import hook, multipart, poll, wire
from syncd_freshdesk.api import Api, explain, read_quotas
from syncd_freshdesk.config import FreshdeskConfig
from syncd_freshdesk.fields import FIELDS, FINAL, Catalogue
from syncd_freshdesk.people import People, named
from syncd_freshdesk.text import write as write_html
from syncd_freshdesk.wire import CLOSED, NOTE, AgentJson, ConversationJson, TicketJson

T = TypeVar("T")
CATALOGUE_AGE = 3600.0  # seconds after which fields, groups and agents are asked for again
DEFAULT_STATUS, DEFAULT_PRIORITY = "Open", "Low"
_SEARCHABLE = re.compile(r"[A-Za-z0-9_-]{1,200}")


class Freshdesk(Connector):
    """One Freshdesk account."""

    name = "freshdesk"
    Config: ClassVar[type[ConnectionConfig]] = FreshdeskConfig
    capabilities = frozenset(
        {
            Capability.WEBHOOKS,
            Capability.FIND,
            Capability.CLOSE,
            Capability.INTERNAL_COMMENTS,
            Capability.DELETE_COMMENTS,
            Capability.FILES,
            Capability.PEOPLE,
            Capability.LINK_BACK,
            Capability.DESCRIBE,
        }
    )
    """Without EDIT_COMMENTS, which an account has whose public comments are notes: replies cannot be edited."""
    fields = FIELDS
    settle = timedelta(minutes=10)
    place_keys = frozenset({"group", "type"})
    container = "group"

    def __init__(self, config: FreshdeskConfig, **wiring: Unpack[Wiring]) -> None:
        super().__init__(config, **wiring)
        self.config: FreshdeskConfig = config
        if config.public_comments == "note":
            able = type(self).capabilities | {Capability.EDIT_COMMENTS}
            self.capabilities = able  # type: ignore[misc]  # what a class says of all accounts, said of this one
        self._site = config.url.rstrip("/")
        self._client = open_client(
            self,
            config.url,
            sign_in=config.sign_in(),
            explain=explain,
            quotas=read_quotas,
            download_hosts=config.download_hosts,
        )
        self._api = Api(self._client)
        self._me: AgentJson | None = None
        self._people = People(self._api)
        self._catalogue = Catalogue()
        self._catalogue_until = 0.0

    async def aclose(self) -> None:
        await self._client.aclose()

    def quotas(self) -> Sequence[Quota]:
        return self._client.quotas()

    # -- the account

    async def check(self) -> Account:
        self._me, _ = await self._api.me()
        known = await self._known(anew=True)
        lacks = [] if self._people.may_list else ["see the list of agents, which names people"]
        exposed = {name: _exposed(known, name) for name in sorted(known.ours)}
        lacks += [f"write to `{name}`: {complaint}" for name, complaint in exposed.items() if complaint]
        contact = self._me.contact
        return Account(str(self._me.id), contact.name or str(self._me.id), contact.email, lacks=tuple(lacks))

    async def describe(self) -> Description:
        """No ticket is public: strangers see none, customers their own."""
        known = await self._known(anew=True)
        words = {"status": tuple(known.statuses.values()), "type": known.types, "group": tuple(known.groups.values())}
        described = [replace(info, options=words.get(info.name, info.options)) for info in FIELDS]
        custom = [each.info for each in known.custom.values() if each.name not in known.ours]
        return Description((*described, *custom), containers=dict.fromkeys(known.groups.values(), known.types))

    async def person(self, email: str) -> Person | None:
        """An agent by address."""
        if not re.fullmatch(r"[^\s@]+@[^\s@]+", email):
            return None
        for agent in await self._api.agents_by_email(email):
            same = (agent.contact.email or "").lower() == email.lower()
            if same and agent.contact.active is not False:
                return named(agent.id, agent.contact)
        return None

    # -- hints

    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        async for page in poll.changes(self._api, cursor):
            yield page

    def receive(self, webhook: Webhook) -> Delivery:
        return hook.receive(webhook, secrets=(self.config.webhook_secret, self.config.webhook_secret_old))

    def hook_steps(self, url: str) -> Sequence[str]:
        return hook.steps(url)

    def includes(self, revision: str, changed: Changed) -> bool:
        """Revisions are whole seconds: only what is a second older is shown for certain."""
        stamp = poll.stamp_of(changed.token) or changed.revision
        return bool(stamp) and wire.moment(stamp) < wire.moment(revision)

    # -- reading

    async def fetch(self, ref: str, *, parts: frozenset[Part] = ALL_PARTS, since: str | None = None) -> Snapshot:
        """A ticket in one request, its thread in another for each hundred conversations. There is no history.

        The thread of a closed ticket is read in any case: that it was merged, and into which, only a note there tells.
        """
        id = wire.number(ref)
        me, known = await self._myself(), await self._known()
        try:
            ticket = await self._api.ticket(id)
        except NotFound:
            return await self._archived(id, known)
        if ticket.deleted or (Part.THREAD not in parts and ticket.status != CLOSED):
            people = await self._people.of(ticket)
            return tickets.snapshot(ticket, people=people, known=known, site=self._site)
        said = await self._api.conversations(id)
        people = await self._people.of(ticket, said)
        thread = wire.thread(ticket, said, people=people, own_id=me.id) if Part.THREAD in parts else None
        found = tickets.snapshot(ticket, people=people, known=known, site=self._site, thread=thread)
        return replace(found, merged_into=wire.merged_into(ticket, said))

    async def find(self, key: str) -> Sequence[Snapshot]:
        """By the field that carries it: in the search index, and in the newest tickets, which it may not have yet."""
        if not _SEARCHABLE.fullmatch(key):
            raise Rejected("freshdesk: a key with other characters than letters, digits and `-_` cannot be searched")
        field = self._hidden(await self._known(), self.config.key_field)
        rows = [*await self._api.search(f"{field}:'{key}'"), *await self._api.newest()]
        ids = {row.id for row in rows if (row.custom_fields or {}).get(field) == key}
        return [await self.fetch(str(id), parts=frozenset({Part.FIELDS})) for id in sorted(ids)]

    async def download(self, attachment: Attachment) -> AsyncIterator[bytes]:
        if not attachment.url:
            raise Rejected("freshdesk: the file has no address", field="attachments")
        async with self._client.stream(attachment.url) as chunks:
            async for chunk in chunks:
                yield chunk

    # -- writing

    async def create(self, draft: Draft, *, key: str) -> Snapshot:
        """Make a ticket with its key in a field that customers do not see; without such a field it is refused."""
        me, known = await self._myself(), await self._known()
        ours = {self._hidden(known, self.config.key_field): key}
        if draft.backlink and self.config.link_field:
            ours[self._hidden(known, self.config.link_field)] = draft.backlink.url
        given = {"status": DEFAULT_STATUS, "priority": DEFAULT_PRIORITY, **draft.place, **draft.fields}
        first = given.pop("description", None)
        words = first.markdown if isinstance(first, RichText) else str(first or given.get("subject") or "")
        ticket = tickets.to_json({name: value for name, value in given.items() if name != "requester"}, known)
        ticket["custom_fields"] = {**ticket.get("custom_fields", {}), **ours}
        ticket["description"] = write_html(words).source
        ticket |= {"email": self.config.requester} if self.config.requester else {"requester_id": me.id}
        made = await self._api.create(ticket)
        return tickets.snapshot(made, people=self._people.known, known=known, site=self._site)

    async def update(self, ref: str, fields: Fields, *, expect: str) -> Written:
        """Write these fields in one request. Freshdesk has no guard: `expect` is not looked at.

        The answer shows what stands in these fields now. It names no revision: what others changed meanwhile is in it
        too, and would be taken for known.
        """
        id, known = wire.number(ref), await self._known()
        ticket = await self._written(id, tickets.to_json(fields, known))
        shown = tickets.fields_of(ticket, self._people.known, known)
        return Written(fields={name: value for name, value in shown.items() if name in fields})

    async def close(self, ref: str) -> Written:
        """Close it; one that is resolved already stays so."""
        id, known = wire.number(ref), await self._known()
        if (await self._api.ticket(id)).status in FINAL:
            return Written()
        ticket = await self._written(id, {"status": CLOSED})
        shown = tickets.fields_of(ticket, {}, known)
        return Written(fields={"status": shown["status"]})

    async def comment(self, ref: str, message: Message, *, key: str, expect: str) -> Posted:
        """A reply, which Freshdesk mails, or a note; with its files in one request."""
        me, id = await self._myself(), wire.number(ref)
        multipart.check(message.files)
        body = marked(write_html(message.body.text, limit_link=f"{self._site}/a/tickets/{id}").source, key)
        if isinstance(message.body, Public) and self.config.public_comments == "reply":
            said = await self._unlocked(id, self._api.reply(id, body, message.files))
        else:
            private = isinstance(message.body, Internal)
            said = await self._unlocked(id, self._api.note(id, body, message.files, private=private))
        await self._check_private(said, message.body)
        return Posted(wire.comment(said, people=self._own(me), own_id=me.id))

    async def edit_comment(self, ref: str, comment: Comment, body: Body, *, key: str) -> Comment:
        """Rewrite a note of ours that is as visible as the new text may be; only notes can be edited."""
        if Capability.EDIT_COMMENTS not in self.capabilities:
            return await super().edit_comment(ref, comment, body, key=key)
        me, id = await self._myself(), wire.number(ref)
        note = next((each for each in await self._api.conversations(id) if str(each.id) == comment.id), None)
        if note is None:
            raise NotFound("freshdesk: there is no such note on this ticket")
        if note.source != NOTE or note.user_id != me.id:
            raise Rejected("freshdesk: only a note of our own can be edited, no reply that was mailed")
        if wire.visibility_of(note) is not body.visibility:
            raise Rejected("freshdesk: a note stays as visible as it was written")
        link = f"{self._site}/a/tickets/{id}"
        said = await self._api.edit(note.id, marked(write_html(body.text, limit_link=link).source, key))
        return wire.comment(said, people=self._own(me), own_id=me.id)

    async def delete_comment(self, ref: str, comment_id: str) -> None:
        """Take a conversation away; a mail that went out is not called back."""
        await self._api.delete(wire.number(comment_id))

    async def link_back(self, ref: str, backlink: Backlink, *, expect: str = "") -> Written:
        """Show the issue in the configured field; read first, because even a write of the same may move the stamp."""
        if self.config.link_field is None:
            raise Rejected("freshdesk: name a custom field in `link_field` that shows the issue")
        id, field = wire.number(ref), self._hidden(await self._known(), self.config.link_field)
        ticket = await self._api.ticket(id)
        if (ticket.custom_fields or {}).get(field) != backlink.url:
            await self._written(id, {"custom_fields": {field: backlink.url}})
        return Written()

    # -- inside

    async def _known(self, *, anew: bool = False) -> Catalogue:
        """Fields, groups and agents of the account, asked for once an hour."""
        if anew or monotonic() > self._catalogue_until:
            fields = await self._api.ticket_fields()
            groups = {group.id: group.name for group in await self._api.groups()}
            await self._people.refresh()
            ours = frozenset(name for name in (self.config.key_field, self.config.link_field) if name)
            self._catalogue = tickets.catalogue(fields, groups=groups, ours=ours)
            self._catalogue_until = monotonic() + CATALOGUE_AGE
        return self._catalogue

    async def _myself(self) -> AgentJson:
        if self._me is None:
            self._me, _ = await self._api.me()
        return self._me

    def _own(self, me: AgentJson) -> dict[int, Person]:
        return {me.id: named(me.id, me.contact)}

    async def _archived(self, id: int, known: Catalogue) -> Snapshot:
        """A ticket that is only to be read any more; NotFound where there is none. Its thread is left unread."""
        ticket = await self._api.archived(id)
        people = await self._people.of(ticket)
        return replace(tickets.snapshot(ticket, people=people, known=known, site=self._site), life=Life.LOCKED)

    async def _written(self, id: int, body: dict[str, Any]) -> TicketJson:
        return await self._unlocked(id, self._api.update(id, body))

    async def _unlocked(self, id: int, write: Awaitable[T]) -> T:
        """Do a write; where there is no ticket to write to, say whether it is archived."""
        try:
            return await write
        except NotFound:
            await self._api.archived(id)
            raise Locked("freshdesk: the ticket is archived and takes no more changes") from None

    async def _check_private(self, said: ConversationJson, body: Body) -> None:
        """What was to be internal and is not, is taken back."""
        if body.visibility is Visibility.PUBLIC or said.private is True:
            return
        try:
            await self._api.delete(said.id)
        except ConnectorError as error:
            raise Rejected("freshdesk: a private note became public and could not be taken back: delete it") from error
        raise Rejected("freshdesk: Freshdesk made a private note public; it was taken back")

    def _hidden(self, known: Catalogue, name: str) -> str:
        """The name of a field of ours, where Freshdesk says that customers do not see it."""
        if complaint := _exposed(known, name):
            raise Rejected(f"freshdesk: `{name}`: {complaint}", field=name)
        return name


def _exposed(known: Catalogue, name: str) -> str:
    """Why a field may not hold what customers must not read; empty where it may."""
    custom = known.custom.get(name)
    if custom is None:
        return "there is no such custom field; make a text field that customers do not see"
    return "" if custom.hidden else "customers may see it; untick `Displayed to customers` for it"


__all__ = ["Freshdesk", "FreshdeskConfig"]
