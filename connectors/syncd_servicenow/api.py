"""ServiceNow's endpoints as methods. How pages are read is in `records`, what is in the JSON in `wire`.

The Table API is the vendor's page c_TableAPI.md, files are c_AttachmentAPI.md. Which columns the tables of journals,
audits, choices and the dictionary have is on neither; see connectors/syncd_servicenow/README.md.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TypeVar

from pydantic import BaseModel

from syncd.sdk.connector import File
from syncd.sdk.errors import BadAnswer, Forbidden, NotFound
from syncd.sdk.http import Client
from syncd_servicenow.query import among, both, term
from syncd_servicenow.records import API, PAGE, Records, Rows, if_allowed
from syncd_servicenow.wire import (
    AuditJson,
    ChangedJson,
    ChoiceJson,
    ColumnJson,
    DeletedJson,
    FileJson,
    GroupJson,
    JournalJson,
    TicketJson,
    UserJson,
)

M = TypeVar("M", bound=BaseModel)
BATCH = 50  # values in one question
NEWEST = 20  # entries among which our latest is looked for
JOURNALS = ("comments", "work_notes")
_GROUPS = "sys_user_group"
_JOURNAL = ("sys_id", "element", "element_id", "value", "sys_created_on", "sys_created_by")


class Api(Records):
    """One account's endpoints.

    Args:
        table: where the tickets are.
        columns: what is asked of a ticket.
    """

    def __init__(self, client: Client, *, table: str) -> None:
        super().__init__(client)
        self.table = table
        self.columns: frozenset[str] = frozenset()

    # -- tickets

    async def ticket(self, id: str) -> TicketJson:
        path = f"{API}/table/{self.table}/{id}"
        answer = await self._client.json("GET", path, params=self._fields)
        return self._one(TicketJson, answer, path=path, fits=lambda found: found.sys_id == id)

    async def create(self, columns: Mapping[str, str]) -> TicketJson:
        path = f"{API}/table/{self.table}"
        response = await self._client.request("POST", path, params=self._fields, json=dict(columns))
        return self._proven(lambda: self._read(TicketJson, response, path=path))

    async def update(self, id: str, columns: Mapping[str, str]) -> TicketJson:
        """PATCH, whose answer shows references with their links: it has no parameter to leave them out."""
        path = f"{API}/table/{self.table}/{id}"
        response = await self._client.request("PATCH", path, params=self._fields, json=dict(columns))
        return self._proven(lambda: self._read(TicketJson, response, path=path, fits=lambda found: found.sys_id == id))

    async def by_key(self, key: str, *, user: str) -> list[TicketJson]:
        """The tickets that one account made with this correlation_id, the oldest first."""
        query = both(term("correlation_id", "=", key), term("sys_created_by", "=", user))
        rows = await self._all(
            TicketJson,
            self.table,
            f"{query}^ORDERBYsys_created_on^ORDERBYsys_id",
            fields=self._names,
            fits=lambda row: row.column("correlation_id") == key and row.sys_created_by == user,
        )
        return sorted(rows, key=lambda row: (row.sys_created_on, row.number))

    async def changed(self, query: str, *, offset: int = 0) -> Rows[ChangedJson]:
        """Tickets of a poll. What came back is for the caller to look at."""
        names = ("sys_id", "sys_mod_count", "sys_updated_on")
        return await self._page(ChangedJson, self.table, query, fields=names, offset=offset)

    async def is_deleted(self, id: str) -> bool:
        """Whether the list of deleted records has it; an account that may not read that list sees nothing."""
        query = both(term("tablename", "=", self.table), term("documentkey", "=", id))
        names = ("documentkey", "tablename")
        found = await if_allowed(self._all(DeletedJson, "sys_audit_delete", query, fields=names))
        return any((row.documentkey, row.tablename) == (id, self.table) for row in found)

    # -- journals and changes

    async def journal(self, id: str) -> list[JournalJson]:
        """Entries in the order of their seconds, which is all the order that there is.

        Raises:
            Forbidden: some are hidden from this account, so that the thread would look shorter than it is.
        """
        rows = await self._all(
            JournalJson,
            "sys_journal_field",
            f"{both(term('element_id', '=', id), among('element', JOURNALS))}^ORDERBYsys_created_on^ORDERBYsys_id",
            fields=_JOURNAL,
            fits=lambda row: row.element_id == id and row.element in JOURNALS,
            whole=True,
        )
        return sorted(rows, key=lambda row: (row.sys_created_on, row.sys_id))

    async def newest_entries(self, id: str, element: str, *, user: str) -> list[JournalJson]:
        """What one account lately wrote into one journal of a ticket."""
        terms = (("element_id", id), ("element", element), ("sys_created_by", user))
        query = both(*(term(column, "=", value) for column, value in terms))
        page = await self._page(
            JournalJson, "sys_journal_field", f"{query}^ORDERBYDESCsys_created_on", fields=_JOURNAL, limit=NEWEST
        )
        return [row for row in page.rows if (row.element_id, row.element, row.sys_created_by) == (id, element, user)]

    async def audit(self, id: str, *, after: int) -> list[AuditJson]:
        """What changed in a record since an update of it, the oldest first."""
        terms = (term("tablename", "=", self.table), term("documentkey", "=", id))
        rows = await self._all(
            AuditJson,
            "sys_audit",
            f"{both(*terms, f'record_checkpoint>{after}')}^ORDERBYrecord_checkpoint",
            fields=(
                *("sys_id", "documentkey", "fieldname", "oldvalue", "newvalue", "user"),
                *("record_checkpoint", "sys_created_on"),
            ),
            fits=lambda row: row.documentkey == id,
        )
        return sorted((row for row in rows if row.record_checkpoint > after), key=lambda row: row.record_checkpoint)

    async def hides(self, table: str, query: str) -> bool:
        """Whether a query finds rows of which this account sees none."""
        try:
            found = await self._page(_AnyJson, table, query, fields=("sys_id",), limit=1)
        except Forbidden:
            return True
        return found.total > 0 and not found.rows

    # -- people and groups

    async def me(self) -> UserJson:
        """Who we are, by the script that the vendor's page shows in a query.

        An instance that does not run it ignores the condition, and answers with everybody.
        """
        found = await self._users("sys_id=javascript:gs.getUserID()", limit=2)
        if len(found) != 1:
            raise BadAnswer(f"{self._client.connection}: sys_user: one user was expected, the one who asks")
        return found[0]

    async def users(self, column: str, values: Iterable[str]) -> list[UserJson]:
        """Users by `sys_id` or by `user_name`, as far as this account sees them."""
        return await self._each(column, values, lambda query: self._users(query, limit=BATCH))

    async def users_by_email(self, addresses: Iterable[str]) -> list[UserJson]:
        """Values of a query are case-sensitive (c_TableAPI.md, sysparm_query)."""
        wanted = {address.lower() for address in addresses}
        found = await self._users(among("email", addresses), limit=PAGE)
        return [user for user in found if user.email.lower() in wanted]

    async def groups(self, column: str, values: Iterable[str]) -> list[GroupJson]:
        """Groups by `sys_id` or by `name`."""
        names = ("sys_id", "name", "active")
        return await self._each(column, values, lambda query: self._all(GroupJson, _GROUPS, query, fields=names))

    async def _each(self, column: str, values: Iterable[str], ask: Callable[[str], Awaitable[list[M]]]) -> list[M]:
        """Rows that have one of some values, asked for in batches: an address has an end."""
        wanted, found = sorted(set(values)), list[M]()
        for at in range(0, len(wanted), BATCH):
            batch = wanted[at : at + BATCH]
            found += [row for row in await if_allowed(ask(among(column, batch))) if getattr(row, column) in batch]
        return found

    async def all_groups(self) -> list[GroupJson]:
        return await self._all(
            GroupJson, "sys_user_group", "active=true^ORDERBYname", fields=("sys_id", "name", "active")
        )

    # -- words

    async def choices(self, tables: Iterable[str], columns: Iterable[str], *, language: str) -> list[ChoiceJson]:
        named, wanted = frozenset(tables), frozenset(columns)
        terms = (among("name", named), among("element", wanted), term("language", "=", language), "inactive=false")
        return await self._all(
            ChoiceJson,
            "sys_choice",
            f"{both(*terms)}^ORDERBYsequence",
            fields=("name", "element", "value", "label"),
            fits=lambda row: row.name in named and row.element in wanted,
        )

    async def dictionary(self, tables: Iterable[str], columns: Iterable[str]) -> list[ColumnJson]:
        """Custom columns, and some whose names are given."""
        named, wanted = frozenset(tables), frozenset(columns)
        query = both(among("name", named), f"elementSTARTSWITHu_^OR{among('element', wanted)}")
        return await self._all(
            ColumnJson,
            "sys_dictionary",
            query,
            fields=("name", "element", "internal_type", "reference", "choice"),
            fits=lambda row: row.name in named and (row.element.startswith("u_") or row.element in wanted),
        )

    # -- files

    async def files(self, record: str) -> list[FileJson]:
        """The files of a record, the oldest first."""
        return await self._files(term("table_sys_id", "=", record), fits=lambda row: row.table_sys_id == record)

    async def files_named(self, ids: Iterable[str]) -> list[FileJson]:
        """Files by their sys_ids, wherever they hang."""
        return await self._each("sys_id", ids, self._files)

    async def _files(self, query: str, *, fits: Callable[[FileJson], bool] = lambda row: True) -> list[FileJson]:
        found, offset, path = list[FileJson](), 0, f"{API}/attachment"
        while True:
            params = {"sysparm_query": f"{query}^ORDERBYsys_created_on^ORDERBYsys_id", "sysparm_limit": PAGE}
            response = await self._client.request("GET", path, params={**params, "sysparm_offset": offset})
            page = self._rows(FileJson, response, path=path, limit=PAGE)
            found += page.rows
            offset += PAGE
            if not page.more:
                break
        if not all(map(fits, found)):
            raise self._strangers(path)
        return sorted(found, key=lambda row: (row.sys_created_on, row.sys_id))

    async def upload(self, table: str, record: str, file: File) -> FileJson:
        """One file, streamed."""
        path = f"{API}/attachment/file"
        response = await self._client.request(
            "POST",
            path,
            params={"table_name": table, "table_sys_id": record, "file_name": file.name},
            content=file.read(),
            headers={"content-type": _media_type(file.media_type), "content-length": str(file.size)},
        )
        return self._proven(lambda: self._read(FileJson, response, path=path))

    async def remove_file(self, id: str) -> None:
        try:
            await self._client.request("DELETE", f"{API}/attachment/{id}")
        except NotFound:
            return

    # -- inside

    @property
    def _names(self) -> tuple[str, ...]:
        return tuple(sorted(self.columns))

    @property
    def _fields(self) -> dict[str, str]:
        return {"sysparm_fields": ",".join(self._names)}

    async def _users(self, query: str, *, limit: int) -> list[UserJson]:
        names = ("sys_id", "user_name", "name", "email", "active", "time_zone")
        return list((await self._page(UserJson, "sys_user", query, fields=names, limit=limit)).rows)


class _AnyJson(BaseModel):
    """A row of which only that it is there counts."""


_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+", re.ASCII)


def _media_type(given: str) -> str:
    plain = given.partition(";")[0].strip()
    return plain if _MEDIA_TYPE.fullmatch(plain) else "application/octet-stream"
