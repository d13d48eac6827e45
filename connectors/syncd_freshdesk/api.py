"""Freshdesk's endpoints as methods: addresses, paging, limits, and what a refusal means. What is in the JSON: `wire`.

Source: developers.freshdesk.com/api.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import httpx

from syncd.sdk.connector import File, Quota
from syncd.sdk.errors import BadAnswer, ConnectorError, Rejected, Unavailable
from syncd.sdk.http import Client
from syncd_freshdesk.fields import API_NAMES
from syncd_freshdesk.multipart import conversation
from syncd_freshdesk.wire import (
    AgentJson,
    ContactJson,
    ConversationJson,
    GroupJson,
    Json,
    TicketFieldJson,
    TicketJson,
    read,
    read_list,
)

API = "/api/v2"
PAGE = 100
MOST_PAGES = 300
"""Of one list, which makes 30,000 records; Freshdesk answers no page beyond."""
SEARCH_PAGES = 10  # of thirty tickets; Freshdesk answers no page beyond

M = TypeVar("M", bound=Json)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Rows:
    """One page of the list of tickets."""

    tickets: list[TicketJson]
    more: bool
    at: datetime | None  # what time it was at Freshdesk; None where the answer does not say


class Api:
    """One account's endpoints."""

    def __init__(self, client: Client) -> None:
        self._client = client

    # -- the account

    async def me(self) -> tuple[AgentJson, datetime | None]:
        """Who we are, and what time it is at Freshdesk."""
        response = await self._client.request("GET", f"{API}/agents/me")
        return read(AgentJson, _decoded(response), where="agent"), _date(response)

    async def ticket_fields(self) -> list[TicketFieldJson]:
        return read_list(TicketFieldJson, await self._get("ticket_fields"), where="ticket_fields")

    async def groups(self) -> list[GroupJson]:
        return await self._all(GroupJson, "groups")

    async def agents(self) -> list[AgentJson]:
        return await self._all(AgentJson, "agents")

    async def agents_by_email(self, email: str) -> list[AgentJson]:
        return read_list(AgentJson, await self._get("agents", params={"email": email}), where="agents")

    async def contact(self, id: int) -> ContactJson:
        return read(ContactJson, await self._get(f"contacts/{id}"), where="contact")

    # -- reading tickets

    async def ticket(self, id: int) -> TicketJson:
        return read(TicketJson, await self._get(f"tickets/{id}"), where="ticket")

    async def archived(self, id: int) -> TicketJson:
        """A ticket that was closed for 120 days; nothing can be written to it."""
        return read(TicketJson, await self._get(f"tickets/archived/{id}"), where="ticket")

    async def conversations(self, id: int) -> list[ConversationJson]:
        return await self._all(ConversationJson, f"tickets/{id}/conversations")

    async def updated(self, since: datetime, *, page: int) -> Rows:
        """Tickets that changed at or after a whole second, the longest unchanged first."""
        stamp = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return await self._rows({"updated_since": stamp, "order_by": "updated_at", "order_type": "asc", "page": page})

    async def newest(self) -> list[TicketJson]:
        """The hundred tickets made last, which no index delays."""
        return (await self._rows({"order_by": "created_at", "order_type": "desc"})).tickets

    async def search(self, query: str) -> list[TicketJson]:
        """Tickets by a query, through an index that lags by minutes; at most three hundred of them."""
        found: list[TicketJson] = []
        for page in range(1, SEARCH_PAGES + 1):
            answer = await self._get("search/tickets", params={"query": f'"{query}"', "page": page})
            rows = answer.get("results") if isinstance(answer, dict) else None
            found += read_list(TicketJson, rows, where="results")
            if not rows or len(found) >= int(answer.get("total") or 0):
                break
        return found

    # -- writing

    async def create(self, ticket: Mapping[str, Any]) -> TicketJson:
        return await self._write(TicketJson, "POST", "tickets", ticket)

    async def update(self, id: int, fields: Mapping[str, Any]) -> TicketJson:
        return await self._write(TicketJson, "PUT", f"tickets/{id}", fields)

    async def reply(self, id: int, body: str, files: Sequence[File] = ()) -> ConversationJson:
        """Public, and mailed to the requester and whom the ticket copies in."""
        return await self._say(f"tickets/{id}/reply", {"body": body}, files)

    async def note(self, id: int, body: str, files: Sequence[File] = (), *, private: bool) -> ConversationJson:
        return await self._say(f"tickets/{id}/notes", {"body": body, "private": private}, files)

    async def edit(self, conversation: int, body: str) -> ConversationJson:
        """Notes only."""
        return await self._write(ConversationJson, "PUT", f"conversations/{conversation}", {"body": body})

    async def delete(self, conversation: int) -> None:
        await self._client.request("DELETE", f"{API}/conversations/{conversation}")

    # -- inside

    async def _say(self, path: str, values: Mapping[str, str | bool], files: Sequence[File]) -> ConversationJson:
        if not files:
            return await self._write(ConversationJson, "POST", path, values)
        form = conversation(values, files)
        response = await self._client.request("POST", f"{API}/{path}", content=form.body(), headers=form.headers)
        return _proven(lambda: read(ConversationJson, _decoded(response), where=path))

    async def _get(self, path: str, *, params: Mapping[str, Any] | None = None) -> Any:
        return await self._client.json("GET", f"{API}/{path}", params=params)

    async def _write(self, model: type[M], method: str, path: str, body: Mapping[str, Any]) -> M:
        response = await self._client.request(method, f"{API}/{path}", json=body)
        return _proven(lambda: read(model, _decoded(response), where=path))

    async def _rows(self, params: Mapping[str, Any]) -> Rows:
        response = await self._client.request("GET", f"{API}/tickets", params={"per_page": PAGE, **params})
        tickets = read_list(TicketJson, _decoded(response), where="tickets")
        return Rows(tickets, _more(response), _date(response))

    async def _all(self, model: type[M], path: str) -> list[M]:
        """All pages of a list; the `Link` header says whether another follows."""
        found: list[M] = []
        for page in range(1, MOST_PAGES + 1):
            response = await self._client.request("GET", f"{API}/{path}", params={"per_page": PAGE, "page": page})
            found += read_list(model, _decoded(response), where=path)
            if not _more(response):
                return found
        raise BadAnswer(f"freshdesk: {path}: the list has no end")


def _more(response: httpx.Response) -> bool:
    return "next" in response.links


def _decoded(response: httpx.Response) -> Any:
    try:
        return json.loads(response.content)
    except (ValueError, RecursionError) as error:
        raise BadAnswer("freshdesk: the answer is no JSON") from error


def _proven(parse: Callable[[], T]) -> T:
    """An answer to a write that cannot be read leaves open whether it happened: the caller must look."""
    try:
        return parse()
    except BadAnswer as error:
        raise Unavailable(f"{error} (after a write)", sent=True) from error


def _date(response: httpx.Response) -> datetime | None:
    try:
        return parsedate_to_datetime(response.headers["date"]).astimezone(UTC)
    except (KeyError, ValueError, TypeError):
        return None


# --- what a refusal means, and what is left --------------------------------------------------------------------------

_OURS: Mapping[str, str] = {vendor: ours for ours, vendor in API_NAMES.items()}


def explain(response: httpx.Response) -> ConnectorError | None:
    """Freshdesk's reasons: `{"description", "errors": [{"field", "message", "code"}]}`.

    409 is a duplicate of something unique, not a ticket that moved on: Freshdesk has no guard.
    """
    if response.status_code == 413:
        return Rejected("freshdesk: too large for this account")
    if response.status_code not in (400, 405, 409, 415, 422):
        return None
    try:
        body = json.loads(response.content)
    except ValueError:
        body = None
    errors = body.get("errors") if isinstance(body, dict) else None
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    said = first.get("message") or (body.get("description") if isinstance(body, dict) else None)
    sentence = said[:200] if isinstance(said, str) else f"the request is refused ({response.status_code})"
    return Rejected(f"freshdesk: {sentence}", field=_field(first.get("field")))


def _field(name: Any) -> str | None:
    """Our name of the field that a refusal blames."""
    if not isinstance(name, str) or not name:
        return None
    bare = name.removeprefix("custom_fields.")
    return _OURS.get(bare, bare)


def read_quotas(headers: Mapping[str, str], now: datetime) -> tuple[Quota, ...]:
    """The account's requests a minute. When that minute ends is not said: surely within one from now."""
    try:
        limit, remaining = (int(float(headers[f"x-ratelimit-{name}"])) for name in ("total", "remaining"))
    except (KeyError, ValueError, OverflowError):
        return ()
    return (Quota("requests a minute", limit, remaining, now + timedelta(minutes=1)),)
