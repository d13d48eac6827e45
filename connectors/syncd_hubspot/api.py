"""HubSpot's endpoints as methods: addresses, batches, paging. What is in the JSON: `wire`, what a refusal: `limits`.

Source: [H1], the description that is generated from HubSpot's own client, and the guides of each object.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import httpx

from syncd.sdk.answers import Answers
from syncd.sdk.connector import File
from syncd.sdk.errors import BadAnswer, Unavailable
from syncd.sdk.http import Client
from syncd.sdk.multipart import Form
from syncd_hubspot.fields import MODIFIED
from syncd_hubspot.wire import (
    FileJson,
    Json,
    OwnerJson,
    PagingJson,
    PipelineJson,
    PropertyJson,
    RecordJson,
    SignedUrlJson,
    TargetJson,
    milliseconds,
)

OBJECTS = "/crm/v3/objects"
FILES = "/files/v3/files"
TICKETS, NOTES, MAILS, CONTACTS = "tickets", "notes", "emails", "contacts"
BATCH = 100  # records of one request
PAGE = 100  # rows of a search; 200 are said to be allowed, unconfirmed
ASSOCIATED = 500  # of one page
MOST_FOUND = 10_000  # rows of one query, whatever its pages
M = TypeVar("M", bound=Json)


@dataclass(frozen=True, slots=True)
class Rows:
    """One page of a search; `after` is where the next one begins, None at the end."""

    rows: list[RecordJson]
    after: str | None
    at: datetime  # what time it was at HubSpot


class Api:
    """One account's endpoints."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._answers = Answers(client.connection)

    # -- the account

    async def pipelines(self) -> list[PipelineJson]:
        return await self._results(PipelineJson, "/crm/v3/pipelines/tickets")

    async def properties(self, kind: str) -> list[PropertyJson]:
        return await self._results(PropertyJson, f"/crm/v3/properties/{kind}")

    async def owners(self, *, email: str | None = None) -> list[OwnerJson]:
        """Everybody who can be assigned, or those with an address."""
        asked = {"limit": "100"} if email is None else {"email": email}
        return await self._paged(OwnerJson, "/crm/v3/owners/", asked)

    # -- reading records

    async def record(
        self,
        kind: str,
        id: str,
        *,
        properties: Iterable[str],
        history: Iterable[str] = (),
        associations: Iterable[str] = (),
        by: str | None = None,
        archived: bool = False,
    ) -> RecordJson:
        """One record by id, or by the value of a unique property."""
        lists = {"properties": properties, "propertiesWithHistory": history, "associations": associations}
        asked = {name: ",".join(wanted) for name, wanted in lists.items()}
        asked |= {"idProperty": by or "", "archived": "true" if archived else ""}
        given = {name: value for name, value in asked.items() if value}
        path = f"{OBJECTS}/{kind}/{id}"
        answer = await self._client.json("GET", path, params=given)
        return self._answers.read(RecordJson, answer, at=f"{OBJECTS}/{kind}")

    async def records(self, kind: str, ids: Sequence[str], *, properties: Sequence[str]) -> list[RecordJson]:
        """Many records in few requests; those that are gone are left out."""
        found: list[RecordJson] = []
        path = f"{OBJECTS}/{kind}/batch/read"
        for start in range(0, len(ids), BATCH):
            inputs = [{"id": id} for id in ids[start : start + BATCH]]
            asked = {"inputs": inputs, "properties": list(properties), "propertiesWithHistory": []}
            found += self._answers.read_rows(
                RecordJson, await self._client.json("POST", path, json=asked), "results", at=path
            )
        return found

    async def associated(self, id: str, kind: str) -> list[str]:
        """All records of a kind that a ticket is associated with."""
        path, asked = f"/crm/v4/objects/{TICKETS}/{id}/associations/{kind}", {"limit": str(ASSOCIATED)}
        return list(dict.fromkeys(each.to_object_id for each in await self._paged(TargetJson, path, asked)))

    async def changed(self, since: datetime, *, after: str | None = None, limit: int = PAGE) -> Rows:
        """Tickets that changed at or after a millisecond, the longest unchanged first, through an index that lags."""
        path = f"{OBJECTS}/{TICKETS}/search"
        wanted = {"propertyName": MODIFIED, "operator": "GTE", "value": str(milliseconds(since))}
        asked: dict[str, Any] = {
            "filterGroups": [{"filters": [wanted]}],
            "sorts": [MODIFIED],
            "properties": [MODIFIED],
            "limit": limit,
        }
        if after is not None:
            asked["after"] = after
        response = await self._client.request("POST", path, json=asked)
        answer = self._answers.decoded(response.content, at=path)
        return Rows(
            self._answers.read_rows(RecordJson, answer, "results", at=path),
            self._after(answer, path),
            self._answers.dated(response.headers),
        )

    # -- writing records

    async def create(self, kind: str, body: Mapping[str, Any]) -> RecordJson:
        return await self._write("POST", f"{OBJECTS}/{kind}", body)

    async def update(self, kind: str, id: str, properties: Mapping[str, str]) -> RecordJson:
        return await self._write("PATCH", f"{OBJECTS}/{kind}/{id}", {"properties": properties})

    async def associate(self, note: str, ticket: str) -> None:
        """Hang a note on a ticket in HubSpot's own default way; again changes nothing."""
        path = f"/crm/v4/objects/{NOTES}/{note}/associations/default/{TICKETS}/{ticket}"
        await self._client.request("PUT", path)

    async def archive(self, kind: str, id: str) -> None:
        """Into the bin. HubSpot answers 204 for what is not there, too."""
        await self._client.request("DELETE", f"{OBJECTS}/{kind}/{id}")

    # -- files

    async def file(self, id: str) -> FileJson:
        return self._answers.read(FileJson, await self._client.json("GET", f"{FILES}/{id}"), at=FILES)

    async def signed_url(self, id: str) -> str:
        path = f"{FILES}/{id}/signed-url"
        return self._answers.read(SignedUrlJson, await self._client.json("GET", path), at=FILES).url

    async def upload(self, file: File, *, folder: str) -> FileJson:
        """A file that nobody opens without being signed in or given a signed address."""
        values = {"options": json.dumps({"access": "PRIVATE"}), "folderPath": folder}
        form = Form(values, [("file", file)])
        response = await self._client.request("POST", FILES, content=form.body(), headers=form.headers)
        return self._proven(FileJson, response, at=FILES)

    async def remove_file(self, id: str) -> None:
        await self._client.request("DELETE", f"{FILES}/{id}")

    # -- inside

    async def _write(self, method: str, path: str, body: Mapping[str, Any]) -> RecordJson:
        response = await self._client.request(method, path, json=body)
        return self._proven(RecordJson, response, at=path)

    async def _results(self, model: type[M], path: str) -> list[M]:
        return self._answers.read_rows(model, await self._client.json("GET", path), "results", at=path)

    async def _paged(self, model: type[M], path: str, asked: Mapping[str, str]) -> list[M]:
        """All pages of a list; a cursor that comes again would have no end."""
        found: list[M] = []
        seen: set[str | None] = {None}
        after: str | None = None
        while True:
            answer = await self._client.json("GET", path, params={**asked, **({"after": after} if after else {})})
            found += self._answers.read_rows(model, answer, "results", at=path)
            after = self._after(answer, path)
            if after is None:
                return found
            if after in seen:
                raise BadAnswer(f"{self._client.connection}: {path}: paging: the same page again")
            seen.add(after)

    def _after(self, answer: Any, path: str) -> str | None:
        """Where the next page begins."""
        if not isinstance(answer, dict) or answer.get("paging") is None:
            return None
        paging = self._answers.read(PagingJson, answer, "paging", at=path)
        return paging.next.after if paging.next else None

    def _proven(self, model: type[M], response: httpx.Response, *, at: str) -> M:
        """An answer to a write that cannot be read leaves open whether it happened: the caller must look."""
        try:
            return self._answers.read(model, self._answers.decoded(response.content, at=at), at=at)
        except BadAnswer as error:
            raise Unavailable(f"{error} (after a write)", sent=True) from error
