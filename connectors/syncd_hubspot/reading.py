"""A ticket read and put together: itself, its contacts, its notes and mails, its files. What each means: `thread`.

What changes seldom is remembered: the account's properties, pipelines and owners for an hour, contacts and files as
long as there is room.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from time import monotonic

from syncd.core.model import Life, Person, Snapshot, Thread
from syncd.sdk.errors import Forbidden, NotFound
from syncd.sdk.recent import Recent
from syncd_hubspot import fields as tickets
from syncd_hubspot import thread
from syncd_hubspot.api import CONTACTS, MAILS, NOTES, TICKETS, Api
from syncd_hubspot.config import HubspotConfig
from syncd_hubspot.fields import Catalogue
from syncd_hubspot.history import edits
from syncd_hubspot.pipelines import pipelines_of
from syncd_hubspot.poll import token
from syncd_hubspot.thread import Contacts, Reading
from syncd_hubspot.wire import FileJson, OwnerJson, PropertyJson, RecordJson, number, stamp

CATALOGUE_AGE = 3600.0  # seconds after which properties, pipelines and owners are asked for again
REMEMBERED = 10_000  # contacts, and files
CONTACT = ("email", "firstname", "lastname", "hs_additional_emails")


class Reader:
    """What one connection reads."""

    def __init__(self, config: HubspotConfig, api: Api) -> None:
        self.config = config
        self.api = api
        self._catalogue = Catalogue()
        self._until = 0.0
        self._contacts: Recent[str, RecordJson] = Recent(REMEMBERED)
        self._files: Recent[str, FileJson] = Recent(REMEMBERED)

    # -- the account

    async def learn(self, *, anew: bool = False) -> Catalogue:
        """What the account has, asked for once an hour."""
        if anew or monotonic() > self._until:
            of_tickets, of_notes = await self.api.properties(TICKETS), await self._properties_of_notes()
            pipelines = pipelines_of(await self.api.pipelines())
            owners, lacks = await self._owners()
            priority = next((each for each in of_tickets if each.name == tickets.API_NAMES["priority"]), None)
            self._catalogue = Catalogue(
                pipelines=pipelines,
                properties=tickets.custom(of_tickets, ours=self._ours),
                priorities=tuple(each.value for each in priority.options) if priority else tickets.PRIORITIES,
                owners={each.id: person(each) for each in owners},
                users={str(each.user_id): person(each) for each in owners if each.user_id is not None},
                lacks=(*lacks, *self._lacks(of_tickets, of_notes)),
            )
            self._until = monotonic() + CATALOGUE_AGE
        return self._catalogue

    @property
    def _ours(self) -> frozenset[str]:
        return frozenset(name for name in (self.config.key_property, self.config.link_property) if name)

    async def _properties_of_notes(self) -> list[PropertyJson]:
        """None where the app may not ask: then nothing is known of the key's property, which `lacks` says."""
        try:
            return await self.api.properties(NOTES)
        except Forbidden:
            return []

    async def _owners(self) -> tuple[list[OwnerJson], list[str]]:
        try:
            return await self.api.owners(), []
        except Forbidden:
            return [], ["read owners (crm.objects.owners.read), which names people"]

    def _lacks(self, of_tickets: Sequence[PropertyJson], of_notes: Sequence[PropertyJson]) -> list[str]:
        found = [*_key_lacks("tickets", self.config.key_property, of_tickets)]
        found += _key_lacks("notes", self.config.key_property, of_notes)
        link = self.config.link_property
        if link and not any(each.name == link for each in of_tickets):
            found.append(f"a property `{link}` on tickets, to show the engineering issue")
        return found

    def by(self, known: Catalogue, files: Mapping[str, FileJson] | None = None) -> Reading:
        return Reading(self.config.app_id, self.config.key_property, known, files or {})

    # -- a ticket

    async def fetch(self, ref: str, *, whole: bool, since: str | None = None) -> Snapshot:
        """A ticket; with its thread when `whole`, with what changed since a revision when one is given."""
        id, known = number(ref), await self.learn()
        kinds = (CONTACTS, NOTES, MAILS) if whole else (CONTACTS,)
        record = await self._record(id, known, kinds=kinds, history=since is not None)
        contacts = await self._contacts_of(record, anew=whole)
        said = await self._thread(record, contacts, known) if whole and not record.archived else None
        found = self._snapshot(record, contacts, known, said)
        if since is not None:
            found = replace(found, history=edits(record, since=since, app_id=self.config.app_id, known=known))
        return found if record.id == id else replace(found, ref=id, merged_into=record.id)

    async def _record(self, id: str, known: Catalogue, *, kinds: Iterable[str], history: bool) -> RecordJson:
        """Also from the bin; NotFound where it is not there either."""
        past = known.asked if history else ()
        try:
            return await self.api.record(TICKETS, id, properties=known.asked, history=past, associations=kinds)
        except NotFound:
            return await self.api.record(TICKETS, id, properties=known.asked, history=past, archived=True)

    def _snapshot(self, record: RecordJson, contacts: Contacts, known: Catalogue, said: Thread | None) -> Snapshot:
        shown = tickets.fields_of(record.properties, known)
        revision, container = stamp(record.updated_at), shown.get("pipeline")
        return Snapshot(
            ref=record.id,
            revision=revision,
            fields={**shown, "requester": contacts.first},
            label=f"#{record.id}",
            url=self.link(record.id),
            container=container if isinstance(container, str) else "",
            life=Life.DELETED if record.archived else Life.ACTIVE,
            requester=contacts.first,
            created=record.created_at,
            updated=record.updated_at,
            thread=said,
            tokens=frozenset({token(record.id, revision)}),
        )

    def link(self, id: str) -> str:
        """Where people open a ticket."""
        return f"{self.config.app_url.rstrip('/')}/contacts/{self.config.portal_id}/ticket/{id}"

    async def _contacts_of(self, record: RecordJson, *, anew: bool) -> Contacts:
        """The ticket's contacts with all their addresses; one that cannot be read stays an id.

        With a thread they are asked for anew: what is public hangs on these addresses.
        """
        ids = record.associated(CONTACTS)
        unknown = [id for id in ids if anew or id not in self._contacts]
        fresh = {each.id: each for each in await self.api.records(CONTACTS, unknown, properties=CONTACT)}
        known = {id: each for id in ids if id not in unknown and (each := self._contacts.get(id))}
        for id, contact in fresh.items():
            self._contacts[id] = contact
        found = {id: each for id in ids if (each := fresh.get(id) or known.get(id))}
        people = {id: _contact(each) for id, each in found.items()}
        by_address = {address: people[id] for id, each in found.items() for address in _addresses(each)}
        return Contacts(people.get(ids[0], Person(ids[0])) if ids else None, by_address)

    # -- what was said

    async def _thread(self, record: RecordJson, contacts: Contacts, known: Catalogue) -> Thread:
        names = (*thread.NOTES, self.config.key_property)
        notes = await self._said(record, NOTES, names)
        mails = await self._said(record, MAILS, thread.MAILS)
        files = await self.files(id for each in (*notes, *mails) for id in thread.attached(each))
        return thread.thread(notes, mails, contacts=contacts, by=self.by(known, files))

    async def _said(self, ticket: RecordJson, kind: str, names: Sequence[str]) -> list[RecordJson]:
        more = ticket.more_of(kind)
        ids = await self.api.associated(ticket.id, kind) if more else list(ticket.associated(kind))
        return await self.api.records(kind, ids, properties=names)

    async def note(self, ref: str, id: str) -> RecordJson:
        """A note of this ticket; NotFound where it hangs on another one."""
        names = (*thread.NOTES, self.config.key_property)
        found = await self.api.record(NOTES, number(id), properties=names, associations=(TICKETS,))
        on_it = ref in found.associated(TICKETS)
        if not on_it and not (found.more_of(TICKETS) and id in await self.api.associated(ref, NOTES)):
            raise NotFound("hubspot: there is no such note on this ticket")
        return found

    async def files(self, ids: Iterable[str]) -> dict[str, FileJson]:
        """What is known of files; one that is gone is left out, one that we may not see has no name but its id.

        Whoever wants that one is refused by name, instead of never hearing of it.
        """
        found: dict[str, FileJson] = {}
        for id in dict.fromkeys(ids):
            try:
                found[id] = self._files.get(id) or await self.api.file(id)
                self._files[id] = found[id]
            except NotFound:
                continue
            except Forbidden:
                found[id] = FileJson(id=id)
        return found

    def remember(self, file: FileJson) -> None:
        self._files[file.id] = file


def person(owner: OwnerJson) -> Person:
    name = " ".join(part for part in (owner.first_name, owner.last_name) if part)
    return Person(owner.id, name or owner.email or "", owner.email or None)


def _contact(record: RecordJson) -> Person:
    told = record.properties
    name = " ".join(part for part in (told.get("firstname"), told.get("lastname")) if part)
    return Person(record.id, name or told.get("email") or "", told.get("email") or None)


def _addresses(record: RecordJson) -> list[str]:
    """In lower case; a contact may have several."""
    told = [record.properties.get("email") or "", *(record.properties.get("hs_additional_emails") or "").split(";")]
    return [address.strip().lower() for address in told if address.strip()]


def _key_lacks(kind: str, name: str, properties: Iterable[PropertyJson]) -> list[str]:
    """Why the key would not be safe there."""
    found = next((each for each in properties if each.name == name), None)
    if found is None:
        return [f"a property `{name}` on {kind}, to carry syncd's key"]
    lacks = [] if found.has_unique_value else [f"unique values for the property `{name}` of {kind}"]
    return lacks if found.hidden else [*lacks, f"to have the property `{name}` of {kind} hidden"]
