"""Reading tickets of one account: what has to be asked for, and what is remembered so that it is asked for once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from time import monotonic
from typing import TypeVar

from syncd.core.model import Life, Person, RichText, Snapshot, Thread
from syncd.sdk.connector import Account
from syncd.sdk.errors import Forbidden, NotFound, Rejected, Unauthorized
from syncd.sdk.http import Client
from syncd_zammad import history, poll, thread
from syncd_zammad.api import Api
from syncd_zammad.config import ZammadConfig
from syncd_zammad.fields import Catalogue, catalogue_of, fields_of
from syncd_zammad.wire import NOBODY, ArticleJson, StateJson, TicketJson, UserJson, number

CATALOGUE_AGE = 3600.0  # seconds after which attributes, states and people are asked for again
REMEMBERED = 10_000
K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Opened:
    """The article that a ticket was opened with. Zammad lets nobody change its text (ticket_articles_controller.rb)."""

    article: int
    text: RichText


class Reader:
    """What one connection reads."""

    def __init__(self, config: ZammadConfig, client: Client) -> None:
        self.config = config
        self.site = config.url.rstrip("/")
        self.client = client
        self.api = Api(client)
        self.me: UserJson | None = None
        self.catalogue = Catalogue()
        self.sees_attributes = True
        self._states: dict[str, StateJson] = {}
        self._known_until = 0.0
        self._people: OrderedDict[int, Person] = OrderedDict()
        self._opened: OrderedDict[int, Opened] = OrderedDict()
        self._images: OrderedDict[int, thread.Image] = OrderedDict()

    # -- the account

    async def check(self) -> Account:
        self.me = me = await self.api.me()
        if not me.active:
            raise Unauthorized("zammad: the account of this token is switched off")
        await self.learn(anew=True)
        lacks = [*self._lacks(me)]
        if not await poll.filters(self.api):
            lacks.append("a search by condition, which polling needs")
        return Account(str(me.id), me.name, me.email or None, lacks=tuple(lacks))

    def _lacks(self, me: UserJson) -> Iterable[str]:
        if not me.groups:
            yield "an agent's access to a group"
        for group, rights in me.groups.items():
            if "full" not in rights and not {"read", "change", "create"} <= set(rights):
                yield f"the rights read, create and change in the group {group}"
        if self.config.closed_state not in self._states:
            yield f"a state `{self.config.closed_state}`: name the one that closes tickets in `closed_state`"
        if not self.sees_attributes and not self.config.attributes:
            yield "the right admin.object, or `attributes` in the config: custom attributes are not seen"

    async def own_id(self) -> int:
        if self.me is None:
            self.me = await self.api.me()
        return self.me.id

    async def learn(self, *, anew: bool = False) -> Catalogue:
        """Custom attributes and states of the account, asked for once an hour."""
        if anew or monotonic() > self._known_until:
            found = await self.api.attributes()
            self.sees_attributes = found is not None
            hidden = self.config.link_field
            self.catalogue = catalogue_of(found or (), self.config.attributes, hidden=hidden)
            self._states = {state.name: state for state in await self.api.states()}
            self._people.clear()
            self._known_until = monotonic() + CATALOGUE_AGE
        return self.catalogue

    async def states(self) -> dict[str, StateJson]:
        await self.learn()
        return self._states

    # -- tickets

    def link(self, id: int) -> str:
        """Where people open a ticket."""
        return f"{self.site}/#ticket/zoom/{id}"

    async def fetch(self, ref: str, *, whole: bool, since: str | None) -> Snapshot:
        """The ticket first: what happens after it is read shows in what is read later, and comes as a hint as well."""
        id, own = number(ref), await self.own_id()
        await self.learn()
        ticket = await self.api.ticket(id)
        told = await self._thread(ticket, own) if whole or not self._remembers(ticket) else None
        found = await self.snapshot(ticket, tags=await self.api.tags(id))
        found = replace(found, thread=told if whole else None, merged_into=await self._merged_into(ticket))
        if since is None:
            return found
        events = await self.api.history(id)
        tags = found.fields["tags"]
        known = tags if isinstance(tags, frozenset) else frozenset()
        edits = history.edits(events, since=since, own_id=own, tags=known, catalogue=self.catalogue)
        return replace(found, history=edits)

    async def made(self, ticket: TicketJson, *, tagged: bool) -> Snapshot:
        """A ticket that was just made, as the answer shows it, with its description as Zammad keeps it."""
        await self._thread(ticket, await self.own_id())
        return await self.snapshot(ticket, tags=await self.api.tags(ticket.id) if tagged else ())

    async def snapshot(self, ticket: TicketJson, *, tags: Iterable[str]) -> Snapshot:
        """A ticket as an answer showed it, without its thread."""
        people = {ticket.customer_id: await self._customer(ticket)}
        if ticket.owner_id != NOBODY:
            people[ticket.owner_id] = await self._person(ticket.owner_id)
        fields = fields_of(ticket, tags=tags, people=people, catalogue=self.catalogue)
        if (opened := self._opened.get(ticket.id)) and not ticket.merged:  # a merge takes the articles away
            fields["description"] = opened.text
        return Snapshot(
            ref=str(ticket.id),
            revision=ticket.updated_at,
            fields=fields,
            label=f"#{ticket.number}",
            url=self.link(ticket.id),
            container=ticket.group,
            life=Life.LOCKED if ticket.merged else Life.ACTIVE,
            requester=people.get(ticket.customer_id),
            created=datetime.fromisoformat(ticket.created_at),
            updated=datetime.fromisoformat(ticket.updated_at),
            tokens=frozenset({poll.token(str(ticket.id), ticket.updated_at)}),
        )

    async def _thread(self, ticket: TicketJson, own: int) -> Thread:
        articles = await self.api.articles(ticket.id)
        images = await self._probed(articles)
        first = thread.first_of(articles, ticket)
        if first is not None:
            opened = Opened(first.id, thread.description(first, images))
            _keep(self._opened, ticket.id, opened)
        else:
            self._opened.pop(ticket.id, None)
        return thread.thread(articles, first, own_id=own, images=images)

    def _remembers(self, ticket: TicketJson) -> bool:
        opened = self._opened.get(ticket.id)
        return ticket.merged or (opened is not None and opened.article in ticket.article_ids)

    async def _merged_into(self, ticket: TicketJson) -> str | None:
        """The parent of a merged ticket; its history where a person has linked it to another parent as well.

        A merge moves all links of the ticket to its target and makes this one (app/models/ticket.rb, `merge_to`).
        """
        if not ticket.merged:
            return None
        links = await self.api.links(ticket.id)
        parents = [each.link_object_value for each in links if (each.link_object, each.link_type) == _PARENT]
        if len(parents) == 1:
            return str(parents[0])
        return next(history.merged_into(await self.api.history(ticket.id)), None)

    # -- people

    async def _customer(self, ticket: TicketJson) -> Person:
        """Zammad makes a customer's address the login; one that is no address is looked up."""
        if "@" in ticket.customer and ticket.customer_id not in self._people:
            return Person(str(ticket.customer_id), ticket.customer, ticket.customer)
        return await self._person(ticket.customer_id)

    async def _person(self, id: int) -> Person:
        """Somebody with the address that Zammad knows. An agent is matched by it, and a login may be anything."""
        if id not in self._people:
            try:
                user = await self.api.user(id)
            except (Forbidden, NotFound):
                return Person(str(id))
            _keep(self._people, id, person(user))
        return self._people[id]

    # -- files

    async def _probed(self, articles: Sequence[ArticleJson]) -> dict[int, thread.Image]:
        """The images in the texts that Zammad lists nowhere: their sizes are found by reading them, once each."""
        missing = thread.missing_images(articles)
        for place in missing:
            if place[2] not in self._images:
                try:
                    _keep(self._images, place[2], await self._probe(place))
                except (Forbidden, NotFound):
                    continue
        return {id: self._images[id] for _, _, id in missing if id in self._images}

    async def _probe(self, place: tuple[int, int, int]) -> thread.Image:
        size, head = 0, b""
        async with self.client.stream(self.api.file(*place)) as chunks:
            async for chunk in chunks:
                head = head or chunk[:16]
                size += len(chunk)
        extension, media_type = _sort_of(head)
        return thread.Image(place[2], f"image-{place[2]}{extension}", size, media_type)

    async def download(self, id: str) -> AsyncIterator[bytes]:
        places = id.split("/")
        if len(places) != 3:
            raise Rejected("zammad: not the id of a file")
        ticket, article, file = map(number, places)
        async with self.client.stream(self.api.file(ticket, article, file)) as chunks:
            async for chunk in chunks:
                yield chunk


def person(user: UserJson) -> Person:
    return Person(str(user.id), user.name, user.email or None)


_PARENT = ("Ticket", "parent")
_SORTS = ((b"\x89PNG", ".png", "image/png"), (b"\xff\xd8\xff", ".jpg", "image/jpeg"), (b"GIF8", ".gif", "image/gif"))


def _sort_of(head: bytes) -> tuple[str, str]:
    """Extension and media type of an image, by its first bytes."""
    for start, extension, media_type in _SORTS:
        if head.startswith(start):
            return extension, media_type
    return ("", "application/octet-stream") if head[8:12] != b"WEBP" else (".webp", "image/webp")


def _keep(remembered: OrderedDict[K, V], key: K, value: V) -> None:
    remembered[key] = value
    remembered.move_to_end(key)
    while len(remembered) > REMEMBERED:
        remembered.popitem(last=False)
