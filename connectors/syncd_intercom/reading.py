"""Reading one workspace: what has to be asked for, and what is remembered so that it is asked for once."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from time import monotonic

from syncd.core.model import Attachment, Person, Snapshot, Thread
from syncd.sdk.connector import Account
from syncd.sdk.errors import Forbidden, NotFound, Rejected, Unsupported
from syncd.sdk.http import Client
from syncd.sdk.recent import Recent
from syncd_intercom import fields, thread
from syncd_intercom.api import Api
from syncd_intercom.catalogue import Catalogue, TicketType, catalogue, type_of
from syncd_intercom.config import IntercomConfig
from syncd_intercom.refs import CONVERSATION, TICKET, Ref
from syncd_intercom.wire import AdminJson, AuthorJson, ConversationJson, TeamJson, TicketJson, TypeJson, moment

CATALOGUE_AGE = 3600.0  # seconds after which types, states, teams and people are asked for again
REMEMBERED = 10_000
CONVERSATIONS = "conversations"
"""The container of all conversations; a ticket's is its type."""

_CONTACT = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class About:
    """What a write to a ticket must know of it."""

    kind: TicketType
    shared: bool


class Reader:
    """What one connection reads."""

    def __init__(self, config: IntercomConfig, client: Client) -> None:
        self.config = config
        self.client = client
        self.api = Api(client)
        self._me: AdminJson | None = None
        self._catalogue = Catalogue()
        self._until = 0.0
        self._admins: dict[str, Person] = {}
        self._contacts: Recent[str, Person] = Recent(REMEMBERED)
        self._about: Recent[str, About] = Recent(REMEMBERED)
        self._begun: Recent[str, tuple[int, str | None]] = Recent(REMEMBERED)  # conversations: when, and by whom
        self.tags = Recent[str, frozenset[str]](REMEMBERED)  # of conversations: those that our reads and writes know of

    # -- the workspace

    async def check(self) -> Account:
        self._me, _ = await self.api.me()
        known = await self.known(anew=True)
        name = self._me.name or self._me.id
        return Account(self._me.id, name, self._me.email or None, lacks=tuple(self._lacks(known)))

    def _lacks(self, known: Catalogue) -> Iterable[str]:
        """What keeps tickets from being made or linked; a type that lacks nothing is enough."""
        if self.config.objects == "conversations":
            return
        for key in sorted(known.ours):
            complaints = [complaint for kind in known.types.values() if (complaint := _exposed(kind, key))]
            if complaints and len(complaints) == len(known.types):
                yield f"a ticket type with the text attribute `{key}`, hidden from contacts ({complaints[0]})"

    async def me(self) -> AdminJson:
        if self._me is None:
            self._me, _ = await self.api.me()
        return self._me

    async def known(self, *, anew: bool = False) -> Catalogue:
        """Types, states, teams and teammates of the workspace, asked for once an hour."""
        if anew or monotonic() > self._until:
            types, states = await self.api.ticket_types(), await self.api.ticket_states()
            self._catalogue = catalogue(types, states, await self._teams(), self.config)
            await self.admins()
            self._contacts = Recent(REMEMBERED)
            self._until = monotonic() + CATALOGUE_AGE
        return self._catalogue

    async def _teams(self) -> list[TeamJson]:
        """None where this account may not see them: then they are told by their ids."""
        try:
            return await self.api.teams()
        except Forbidden:
            return []

    async def admins(self) -> dict[str, Person]:
        """All teammates as they are now, by id."""
        found = await self.api.admins()
        self._admins = {admin.id: Person(admin.id, admin.name, admin.email or None) for admin in found}
        return self._admins

    # -- tickets and conversations

    async def fetch(self, ref: Ref, *, whole: bool) -> Snapshot:
        """One request, with everything. A conversation that was converted is the ticket that it became."""
        if ref.kind == TICKET:
            return await self.ticket(await self.api.ticket(ref.id), whole=whole)
        try:
            found = await self.api.conversation(ref.id)
        except NotFound:
            return await self.ticket(await self._converted(ref), whole=whole)
        if found.ticket is not None:
            return await self.ticket(await self.api.ticket(found.ticket.id), whole=whole)
        self._begun[found.id] = (found.created_at, found.contact)
        self.tags[found.id] = frozenset(fields.tags_of(found))
        return await self.conversation(found, whole=whole)

    async def _converted(self, ref: Ref) -> TicketJson:
        """The ticket with a conversation's id, where it is for the same contact and began in the same second.

        That a ticket keeps the id is not said, only seen in an example: without proof it may be anybody's.
        """
        if (begun := self._begun.get(ref.id)) is not None:
            ticket = await self.api.ticket(ref.id)
            if (ticket.created_at, ticket.contact) == begun:
                return ticket
        raise NotFound("intercom: there is no such conversation")

    async def about(self, ref: Ref) -> About:
        """A ticket's type and whether its customer sees it, as it was last read; read now where it never was."""
        if (about := self._about.get(ref.id)) is None:
            about = await self.learn(await self.api.ticket(ref.id))
        return about

    async def ticket(self, ticket: TicketJson, *, whole: bool) -> Snapshot:
        """A ticket as an answer showed it."""
        known, kind = await self.known(), (await self.learn(ticket)).kind
        people = await self._people(ticket.contact, [part.author for part in ticket.parts])
        said = thread.ticket_thread(ticket, kind, own_id=(await self.me()).id, known=known) if whole else None
        return Snapshot(
            ref=str(Ref(TICKET, ticket.id)),
            revision=str(ticket.updated_at),
            fields=fields.ticket_fields(ticket, kind, people=people, known=known),
            label=f"#{ticket.ticket_id or ticket.id}",
            url=await self.link(Ref(TICKET, ticket.id)),
            container=kind.name,
            requester=people.get(ticket.contact or ""),
            created=moment(ticket.created_at),
            updated=moment(ticket.updated_at),
            thread=said,
        )

    async def conversation(self, given: ConversationJson, *, whole: bool) -> Snapshot:
        """A conversation as an answer showed it."""
        known, ref = await self.known(), Ref(CONVERSATION, given.id)
        first = given.source.author if given.source else None
        people = await self._people(given.contact, [first, *(part.author for part in given.parts)])
        said = await self._conversation_thread(given) if whole else None
        return Snapshot(
            ref=str(ref),
            revision=str(given.updated_at),
            fields=fields.conversation_fields(given, people=people, known=known),
            label=f"conversation {given.id}",
            url=await self.link(ref),
            container=CONVERSATIONS,
            requester=people.get(given.contact or ""),
            created=moment(given.created_at),
            updated=moment(given.updated_at),
            thread=said,
        )

    async def link(self, ref: Ref) -> str:
        """Where people open it."""
        app = (await self.me()).app
        return self.config.address(workspace=app.id_code if app else "", kind=ref.kind, id=ref.id)

    async def _conversation_thread(self, given: ConversationJson) -> Thread:
        return thread.conversation_thread(given, own_id=(await self.me()).id)

    async def learn(self, ticket: TicketJson) -> About:
        """A type that was made since we asked for all is taken as the ticket itself shows it."""
        known = await self.known()
        shown = ticket.ticket_type or TypeJson(id="0")
        about = About(known.types.get(shown.id) or type_of(shown), ticket.is_shared is True)
        self._about[ticket.id] = about
        return about

    # -- people

    async def _people(self, contact: str | None, authors: Iterable[AuthorJson | None]) -> dict[str, Person]:
        """Teammates, and the contact: as one of the messages shows them, else asked for once an hour."""
        if contact is None:
            return self._admins
        for author in authors:
            if author is not None and author.id == contact and author.email:
                self._contacts[contact] = thread.person(author)
        if (known := self._contacts.get(contact)) is None:
            known = self._contacts[contact] = await self._contact(contact)
        return {**self._admins, contact: known}

    async def _contact(self, id: str) -> Person:
        """A contact that was merged into another is not found by its own id any more."""
        if not _CONTACT.fullmatch(id):
            return Person(id)
        try:
            found = await self.api.contact(id)
        except (NotFound, Forbidden):
            return Person(id)
        return Person(found.id, found.name, found.email or None)

    # -- files

    async def download(self, attachment: Attachment) -> AsyncIterator[bytes]:
        """The bytes; an address that is good no longer is asked for anew, once."""
        if not attachment.url:
            raise Unsupported("intercom: the file has no address")
        try:
            async for chunk in self._stream(attachment.url):
                yield chunk
            return
        except (Forbidden, NotFound):
            fresh = await self._address(attachment)
        async for chunk in self._stream(fresh):
            yield chunk

    async def _stream(self, url: str) -> AsyncIterator[bytes]:
        async with self.client.stream(url) as chunks:
            async for chunk in chunks:
                yield chunk

    async def _address(self, attachment: Attachment) -> str:
        """Where the same file is now."""
        ref = Ref.parse(attachment.id.partition("/")[0])
        said = (await self.fetch(ref, whole=True)).thread or Thread()
        files = [*said.attachments, *(file for comment in said.comments for file in comment.attachments)]
        for file in files:
            if file.id == attachment.id and file.url != attachment.url:
                return file.url
        raise NotFound("intercom: the file is there no more")


def _exposed(kind: TicketType, key: str) -> str:
    """Why an attribute of ours cannot be used at a type; empty where it can."""
    try:
        kind.hidden(key)
    except Rejected as error:
        return str(error).removeprefix("intercom: ")
    return ""
