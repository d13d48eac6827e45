"""Reading tickets of one account: what has to be asked for, and what is remembered so that it is asked for once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from time import monotonic

from syncd.core.model import Edit, Fields, Life, Person, Snapshot, Thread
from syncd.sdk.connector import Account
from syncd.sdk.errors import NotFound, Rejected, Unauthorized
from syncd.sdk.http import Client
from syncd.sdk.recent import Recent
from syncd_servicenow import poll, thread
from syncd_servicenow.api import Api
from syncd_servicenow.config import ServiceNowConfig
from syncd_servicenow.fields import Catalogue, Names, catalogue_of, fields_of, value_of
from syncd_servicenow.query import sayable, term
from syncd_servicenow.records import API, if_allowed
from syncd_servicenow.wire import JournalJson, TicketJson, UserJson, is_id, ref_of

CATALOGUE_AGE = 3600.0  # seconds after which columns, choices and names are asked for again
REMEMBERED = 5_000
PARENT = "task"
"""The table that incidents and cases extend; columns and choices that they share stand there."""

CONTROL = ("short_description", "state")
"""Columns that each instance has: where the dictionary does not show them, it is hidden from this account."""

_ALWAYS = frozenset(
    {"sys_id", "number", "sys_mod_count", "sys_created_on", "sys_created_by", "sys_updated_on", "sys_updated_by"}
    | {"active", "correlation_id"}
)


class Reader:
    """What one connection reads."""

    def __init__(self, config: ServiceNowConfig, client: Client) -> None:
        self.config = config
        self.client = client
        self.api = Api(client, table=config.table)
        self.catalogue = Catalogue()
        self.in_utc: bool | None = None
        self._me: UserJson | None = None
        self._until = 0.0
        self._people: Recent[str, Person] = Recent(REMEMBERED)  # by sys_id, and by user name
        self._groups: Recent[str, str] = Recent(REMEMBERED)
        self._shown: Recent[str, tuple[int, str]] = Recent(REMEMBERED)

    # -- the account

    async def check(self) -> Account:
        self._me = None
        me = await self.me()
        await self.learn(anew=True)
        self.in_utc = await poll.reads_utc(self.api)
        lacks = tuple([each async for each in self._lacks()])
        return Account(me.sys_id, me.name or me.user_name, me.email or None, lacks=lacks)

    async def me(self) -> UserJson:
        if self._me is None:
            me = await self.api.me()
            if me.active != "true" or self.config.user not in (None, me.user_name):
                raise Unauthorized("servicenow: the credential is not that of the active user that the config names")
            self._me = me
        return self._me

    async def _lacks(self) -> AsyncIterator[str]:
        if self.in_utc is False:
            yield "the time zone GMT: without it the times in a poll mean others, and polling is refused"
        if not self.catalogue.seen:
            yield "the right to read sys_dictionary, or `columns` in the config: custom columns are not seen"
        status = self.catalogue.words.get("state", {})
        if not status:
            yield "the right to read sys_choice: choices are called by their values, and none is checked"
        elif self.config.closed_status not in status.values():
            yield f"a status `{self.config.closed_status}`: name the one that closes tickets in `closed_status`"
        if self.config.audit and await self.api.hides("sys_audit", term("tablename", "=", self.config.table)):
            yield "the right to read sys_audit, or `audit: false` in the config"
        if await self.api.hides("sys_journal_field", term("name", "=", self.config.table)):
            yield "the right to read sys_journal_field, where comments and work notes are"
        if self.config.internal_files is None:
            yield "a record for the files of internal notes (`internal_files`): notes with files are refused"

    async def learn(self, *, anew: bool = False) -> Catalogue:
        """Columns and choices of the table, asked for once an hour."""
        if anew or monotonic() > self._until:
            config, tables = self.config, (self.config.table, PARENT)
            dictionary = await if_allowed(self.api.dictionary(tables, CONTROL))
            columns = catalogue_of(config, dictionary=dictionary, choices=(), seen=True).columns.values()
            named = {each.key for each in columns if each.type == "choice"}
            choices = await if_allowed(self.api.choices(tables, named, language=config.language))
            seen = any(each.element in CONTROL for each in dictionary)
            self.catalogue = catalogue_of(config, dictionary=dictionary, choices=choices, seen=seen)
            self.api.columns = _ALWAYS | self.catalogue.keys() | {config.link_field}
            self._people, self._groups = Recent(REMEMBERED), Recent(REMEMBERED)
            self._until = monotonic() + CATALOGUE_AGE
        return self.catalogue

    # -- tickets

    def link(self, id: str) -> str:
        """Where people open a ticket."""
        return f"{self.config.site}/{self.config.table}.do?sys_id={id}"

    async def fetch(self, ref: str, *, whole: bool, since: str | None) -> Snapshot:
        """The ticket first: what happens after it is read shows in what is read later, and comes as a hint as well."""
        id = ref_of(ref)
        await self.learn()
        try:
            ticket = await self.api.ticket(id)
        except NotFound:
            if await self.api.is_deleted(id):
                return Snapshot(ref=id, revision="", fields={}, life=Life.DELETED)
            raise
        said = await self._thread(id) if whole else None
        history = await self._history(ticket, since) if since is not None else ()
        return await self.snapshot(ticket, said=said, history=history)

    async def snapshot(
        self, ticket: TicketJson, *, said: Thread | None = None, history: tuple[Edit, ...] = ()
    ) -> Snapshot:
        """A ticket as an answer showed it."""
        catalogue = await self.learn()
        names = await self.names(ticket)
        fields = fields_of(ticket, catalogue, names)
        customer = fields.get("caller")
        group = fields.get("assignment_group")
        self.remember(ticket)
        return Snapshot(
            ref=ticket.sys_id,
            revision=ticket.revision,
            fields=fields,
            label=ticket.number,
            url=self.link(ticket.sys_id),
            container=group if isinstance(group, str) else "",
            requester=customer if isinstance(customer, Person) else None,
            created=ticket.sys_created_on,
            updated=ticket.sys_updated_on,
            thread=said,
            history=history,
            tokens=frozenset({poll.token(ticket.sys_id, ticket.sys_mod_count)}),
        )

    async def _thread(self, id: str) -> Thread:
        own = (await self.me()).user_name
        rows = await self.api.journal(id)
        files = await self.api.files(id)
        elsewhere = set(thread.marked_files(rows, own=own)) - {file.sys_id for file in files}
        files += await self.api.files_named(elsewhere)
        authors = {*(row.sys_created_by for row in rows), *(file.sys_created_by for file in files)}
        people = await self.people(by_name=authors)
        return thread.thread(rows, files, ticket=id, own=own, people=people, rich=self.config.rich_text)

    async def entry(self, id: str, element: str, key: str) -> JournalJson | None:
        """The entry of our own that carries a key."""
        own = (await self.me()).user_name
        for row in await self.api.newest_entries(id, element, user=own):
            if (said := thread.own_mark(row, own=own)) and said.key == key:
                return row
        return None

    async def _history(self, ticket: TicketJson, since: str) -> tuple[Edit, ...]:
        """Edits after a revision, which is a sys_mod_count; `sys_audit` numbers them by it."""
        own, after = (await self.me()).user_name, poll.count_of(since)
        rows = await self.api.audit(ticket.sys_id, after=-1 if after is None else after)
        known = [(self.catalogue.by_key(row.fieldname), row) for row in rows]
        raws = {row.oldvalue for _, row in known} | {row.newvalue for _, row in known}
        names = Names(groups=await self.groups(raws)) if any(row.fieldname == _GROUP for row in rows) else Names()
        return tuple(
            Edit(
                field=column.name,
                old=value_of(column, row.oldvalue, catalogue=self.catalogue, names=names),
                new=value_of(column, row.newvalue, catalogue=self.catalogue, names=names),
                ours=row.user == own,
                at=row.sys_created_on,
                id=row.sys_id,
            )
            for column, row in known
            if column is not None
        )

    # -- what a ticket last looked like

    def remember(self, ticket: TicketJson) -> None:
        self._shown[ticket.sys_id] = (ticket.sys_mod_count, digest(ticket))

    def only_spoken(self, ticket: TicketJson) -> bool:
        """Whether nothing but a journal changed since the version before, which this process saw."""
        return self._shown.get(ticket.sys_id) == (ticket.sys_mod_count - 1, digest(ticket))

    # -- people and groups

    async def names(self, ticket: TicketJson) -> Names:
        """Whom and what the columns of a ticket name."""
        columns = self.catalogue.columns.values()
        ids = {each.type: set[str]() for each in columns}
        for each in columns:
            ids[each.type].add(ticket.column(each.key) or "")
        return Names(await self.people(ids.get("sys_user", ())), await self.groups(ids.get("sys_user_group", ())))

    async def people(self, ids: Iterable[str] = (), *, by_name: Iterable[str] = ()) -> dict[str, Person]:
        """Users by sys_id and by user name. Whom this account does not see is known by that alone."""
        wanted = {id for id in ids if is_id(id)}
        named = {name for name in by_name if sayable(name) and "," not in name}
        found = await self.api.users("sys_id", {id for id in wanted if id not in self._people})
        found += await self.api.users("user_name", {name for name in named if name not in self._people})
        for user in found:
            self._people[user.sys_id] = self._people[user.user_name] = user.person()
        for each in (wanted | named) - {name for user in found for name in (user.sys_id, user.user_name)}:
            self._people[each] = self._people.get(each) or Person(each)
        return {each: self._people.get(each) or Person(each) for each in wanted | named}

    async def groups(self, ids: Iterable[str]) -> dict[str, str]:
        wanted = {id for id in ids if is_id(id)}
        unknown = {id for id in wanted if id not in self._groups}
        for group in await self.api.groups("sys_id", unknown):
            self._groups[group.sys_id] = group.name
        return {id: self._groups.get(id) or id for id in wanted}

    async def groups_named(self, fields: Fields) -> dict[str, str]:
        """The sys_id of the group that fields name; two active groups of one name are none."""
        name = fields.get(_GROUP)
        if not isinstance(name, str) or not sayable(name) or "," in name:
            return {}
        found = [each for each in await self.api.groups("name", [name]) if each.active == "true"]
        return {name: found[0].sys_id} if len(found) == 1 else {}

    # -- files

    async def download(self, id: str) -> AsyncIterator[bytes]:
        if not is_id(id):
            raise Rejected("servicenow: not the sys_id of a file", field="attachments")
        async with self.client.stream(f"{API}/attachment/{id}/file") as chunks:
            async for chunk in chunks:
                yield chunk

    # -- what there is

    async def described(self) -> tuple[Catalogue, Sequence[str]]:
        return await self.learn(anew=True), [group.name for group in await self.api.all_groups()]


_GROUP = "assignment_group"


def digest(ticket: TicketJson) -> str:
    """A name of all that a ticket shows, its version aside."""
    shown = json.dumps(ticket.model_extra, sort_keys=True, default=str)
    return hashlib.blake2s(shown.encode(), digest_size=16).hexdigest()
