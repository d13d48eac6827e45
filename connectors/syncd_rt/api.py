"""RT's endpoints (REST 2.0), and how its lists are read to a proven end.

Lists of transactions and attachments tell no total, and their pages are cut before the rights are looked at: a page
may be short or empty and more may follow. So each list is read until something is seen that must be in it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import httpx

from syncd.sdk.answers import Answers
from syncd.sdk.client import open_client
from syncd.sdk.connector import Connector
from syncd.sdk.errors import BadAnswer, ConnectorError, NotFound, Rejected
from syncd_rt.config import REST, RtConfig
from syncd_rt.wire import Listing, StoredPart, Ticket, Transaction, User

PAGE = 100  # RT's maximum
MOST_PAGES = 200
MOST_EMPTY = 3  # pages on which nothing new is seen
TELLS = "Type,Creator,Created,Field,OldValue,NewValue,ObjectId,ObjectType"
PERSON = "EmailAddress,RealName"
NO_FILE = {"field": "Filename", "operator": "IS", "value": "NULL"}
A_FILE = {"field": "Filename", "operator": "IS NOT", "value": "NULL"}
KEPT = "ContentType,Filename,TransactionId,Headers,Created"


class Api:
    """Requests to one RT with one token."""

    def __init__(self, connector: Connector) -> None:
        config: RtConfig = connector.config
        self.connection = connector.connection
        self.answers = Answers(self.connection)
        self.client = open_client(
            connector,
            config.base + REST,
            sign_in=config.sign_in(),
            headers={"accept-language": "en"},  # RT's sentences are proof only in English
            explain=self._explain,
        )

    def _explain(self, response: httpx.Response) -> ConnectorError | None:
        if response.status_code != 400:
            return None
        try:
            said = str(json.loads(response.content)["message"])
        except (ValueError, TypeError, KeyError):
            return None
        return Rejected(f"{self.connection}: RT says: {said.partition(' at /')[0][:200]}")

    # -- tickets

    async def ticket(self, ref: str) -> tuple[Ticket, str]:
        """A ticket and its ETag: the number of its last transaction that this account sees."""
        path = f"/ticket/{number(ref)}"
        params = {"fields[Owner]": PERSON, "fields[Queue]": "Name"}
        response = await self.client.request("GET", path, params=params)
        etag = response.headers.get("etag", "").strip('"')
        if not etag.isdecimal():
            raise BadAnswer(f"{self.connection}: {path} came without an ETag that is a transaction's number")
        return self.answers.read(Ticket, self.answers.decoded(response.content, at=path), at=path), etag

    async def write(self, ref: str, values: Mapping[str, Any], *, expect: str) -> list[str]:
        """Change a ticket; returns RT's sentences, which are the only sign of what was done."""
        headers = {"if-match": f'"{expect}"'} if expect else {}
        said = await self.client.json("PUT", f"/ticket/{number(ref)}", json=values, headers=headers)
        return [str(sentence) for sentence in said] if isinstance(said, list) else []

    async def make(self, values: Mapping[str, Any]) -> str:
        answer = await self.client.json("POST", "/ticket", json=values)
        made = answer.get("id") if isinstance(answer, dict) else None
        if made is None:
            raise BadAnswer(f"{self.connection}: /ticket answered without an id")
        return str(made)

    async def search(self, query: str, **params: Any) -> list[dict[str, Any]]:
        """Tickets by TicketSQL, oldest first; the first page of them."""
        asked = {"query": query, "orderby": "id", "per_page": PAGE, **params}
        return await self._rows("/tickets", asked)

    # -- messages

    async def say(self, ref: str, way: str, values: Mapping[str, Any]) -> tuple[str, datetime | None]:
        """Add a message by `correspond` or `comment`: the number of its transaction, and RT's time.

        Without If-Match: RT 5.0.3 gives this resource no ETag, and so answers 412 to every one (measured).
        """
        try:
            response = await self.client.request("POST", f"/ticket/{number(ref)}/{way}", json=values)
        except Rejected:
            await self.ticket(ref)  # on a ticket that does not exist RT denies the permission; a read raises NotFound
            raise
        made = response.headers.get("location", "").rpartition("/")[2]
        if not made.isdecimal():
            raise BadAnswer(f"{self.connection}: /{way} answered without the transaction it made")
        return made, server_time(response)

    async def history(self, ref: str, *, until: str) -> list[Transaction]:
        """All transactions of a ticket with the parts they have, oldest first; the one named `until` is the last."""
        found: dict[str, Transaction] = {}
        params = {"fields": f"{TELLS},_hyperlinks", "fields[Creator]": PERSON, "orderby": "id", "per_page": PAGE}
        for page in range(1, MOST_PAGES):
            rows = await self.transactions(f"/ticket/{number(ref)}/history", {**params, "page": page})
            found.update((row.id, row) for row in rows)
            if any(row.number >= int(until) for row in rows):
                break
        return sorted(found.values(), key=lambda row: row.number)

    async def parts(self, ref: str, wanted: Iterable[str]) -> list[StoredPart]:
        """The stored parts of messages by id: texts with their content, files without; one call where no file is."""
        path, missing = f"/ticket/{number(ref)}/attachments", set(wanted)
        found: dict[str, StoredPart] = {}
        page, empty = 0, 0
        while missing and empty < MOST_EMPTY:
            page, before = page + 1, len(missing)
            for kind, what in ((NO_FILE, f"{KEPT},Content"), (A_FILE, KEPT)):
                if missing:
                    rows = await self._parts(path, {"fields": what, "page": page, "query": json.dumps([kind])})
                    found.update((row.id, row) for row in rows)
                    missing -= found.keys()
            empty = empty + 1 if len(missing) == before else 0
        return sorted(found.values(), key=lambda part: int(part.id))

    async def _parts(self, path: str, params: Mapping[str, Any]) -> list[StoredPart]:
        rows = await self._rows(path, {"orderby": "id", "per_page": PAGE, **params})
        return [self.answers.read(StoredPart, row, at=path) for row in rows]

    async def files_of(self, transaction: str) -> list[StoredPart]:
        """The stored files of one message."""
        return await self._parts(f"/transaction/{number(transaction)}/attachments", {"fields": KEPT})

    async def content(self, path: str) -> bytes:
        """The bytes of a file; RT sends them as base64 within JSON."""
        answer = await self.client.json("GET", path)
        try:
            return base64.b64decode(answer["Content"])
        except (TypeError, KeyError, ValueError) as error:
            raise BadAnswer(f"{self.connection}: a file came without its content") from error

    # -- everything else

    async def transactions(self, path: str, params: Mapping[str, Any]) -> list[Transaction]:
        return [self.answers.read(Transaction, row, at=path) for row in await self._rows(path, params)]

    async def transactions_of(self, ref: str, *, after: str) -> list[Transaction]:
        """The transactions of a ticket after one of them; more than a page means that much was written since."""
        query = f"ObjectType = 'RT::Ticket' AND ObjectId = {number(ref)} AND id > {number(after)}"
        return await self.transactions(
            "/transactions", {"query": query, "orderby": "id", "per_page": PAGE, "fields": TELLS}
        )

    async def user(self, name: str) -> User:
        path = f"/user/{quote(name, safe='@')}"
        return self.answers.read(User, await self.client.json("GET", path), at="/user")

    async def users(self, email: str) -> list[str]:
        """Names of the accounts with this address."""
        by_mail = json.dumps([{"field": "EmailAddress", "operator": "=", "value": email}])
        return [str(row.get("id")) for row in await self._rows("/users", {"query": by_mail})]

    async def _rows(self, path: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        answer = await self.client.json("GET", path, params=dict(params))
        return self.answers.read(Listing, answer, at=path).items


def number(ref: str) -> str:
    """A ref as part of a path; anything but a number is no ticket of RT."""
    if not (ref.isascii() and ref.isdecimal()):
        raise NotFound("Request Tracker numbers its tickets")
    return ref


def server_time(response: httpx.Response) -> datetime | None:
    try:
        return parsedate_to_datetime(response.headers["date"])
    except (KeyError, ValueError):
        return None


def quoted(word: str) -> str:
    """A word within TicketSQL."""
    escaped = word.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
