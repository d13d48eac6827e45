"""Intercom's endpoints as methods: addresses, paging, what a refusal means, and what is left. The JSON is in `wire`.

Each is in the vendor's description of version 2.15 (developers.intercom.com/docs/references/rest-api/api.intercom.io).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import httpx

from syncd.sdk.answers import Answers
from syncd.sdk.connector import File, Quota
from syncd.sdk.errors import BadAnswer, ConnectorError, Forbidden, RateLimited, Rejected, Unavailable
from syncd.sdk.http import Client
from syncd.sdk.json_files import FileNames, JsonFiles
from syncd_intercom.refs import Kind, Ref
from syncd_intercom.wire import (
    AdminJson,
    ContactJson,
    ConversationJson,
    Json,
    PagesJson,
    PartJson,
    RowJson,
    StateJson,
    TagJson,
    TeamJson,
    TicketJson,
    TypeJson,
)

VERSION = "2.15"
PAGE = 150
"""Rows of a search: the most that `/conversations/search` says it gives."""
MOST_FILES = 10
FILE_NAMES = FileNames(files="attachment_files", name="name", media_type="content_type", data="data")
_LISTS = {"ticket": "tickets", "conversation": "conversations"}
M = TypeVar("M", bound=Json)


@dataclass(frozen=True, slots=True)
class Rows:
    """One page of a search. `at` is what time it was at Intercom; `after` where the next page begins, if any."""

    rows: list[Any]
    at: datetime | None
    after: str | None


class Api:
    """One workspace's endpoints."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._answers = Answers("intercom")

    # -- the workspace

    async def me(self) -> tuple[AdminJson, datetime | None]:
        """Who we are, and what time it is at Intercom."""
        response = await self._client.request("GET", "/me")
        return self._answers.read(AdminJson, self._decoded(response, "me"), at="me"), _date(response)

    async def admins(self) -> list[AdminJson]:
        return self._answers.read_rows(AdminJson, await self._get("/admins"), "admins", at="admins")

    async def teams(self) -> list[TeamJson]:
        return self._answers.read_rows(TeamJson, await self._get("/teams"), "teams", at="teams")

    async def ticket_types(self) -> list[TypeJson]:
        return self._answers.read_rows(TypeJson, await self._get("/ticket_types"), "data", at="ticket_types")

    async def ticket_states(self) -> list[StateJson]:
        return self._answers.read_rows(StateJson, await self._get("/ticket_states"), "data", at="ticket_states")

    async def contact(self, id: str) -> ContactJson:
        return self._answers.read(ContactJson, await self._get(f"/contacts/{id}"), at="contact")

    async def tags(self) -> list[TagJson]:
        return self._answers.read_rows(TagJson, await self._get("/tags"), "data", at="tags")

    # -- reading

    async def ticket(self, id: str) -> TicketJson:
        """A ticket with all its parts, at most 500."""
        return self._answers.read(TicketJson, await self._get(f"/tickets/{id}"), at="ticket")

    async def conversation(self, id: str) -> ConversationJson:
        """A conversation with its 500 newest parts."""
        return self._answers.read(ConversationJson, await self._get(f"/conversations/{id}"), at="conversation")

    async def changed(self, kind: Kind, query: Mapping[str, Any], *, after: str | None) -> Rows:
        """One page of a search, in whatever order Intercom gives it: the description names none."""
        found = await self._search(_LISTS[kind], query, after)
        rows = [self._answers.read(RowJson, row, at=f"{_LISTS[kind]}/search") for row in found.rows]
        return Rows(rows, found.at, found.after)

    async def tickets(self, query: Mapping[str, Any]) -> list[TicketJson]:
        """All tickets that a search finds."""
        found: list[TicketJson] = []
        after: str | None = None
        while True:
            page = await self._search("tickets", query, after)
            found += [self._answers.read(TicketJson, row, at="tickets/search") for row in page.rows]
            if page.after is None:
                return found
            after = page.after

    # -- writing: tickets

    async def create_ticket(self, ticket: Mapping[str, Any]) -> TicketJson:
        return await self._write(TicketJson, "POST", "/tickets", ticket, at="ticket")

    async def update_ticket(self, id: str, ticket: Mapping[str, Any]) -> TicketJson:
        return await self._write(TicketJson, "PUT", f"/tickets/{id}", ticket, at="ticket")

    async def reply_ticket(self, id: str, reply: Mapping[str, Any]) -> PartJson:
        return await self._write(PartJson, "POST", f"/tickets/{id}/reply", reply, at="ticket reply")

    # -- writing: conversations

    async def update_conversation(self, id: str, changes: Mapping[str, Any]) -> ConversationJson:
        return await self._write(ConversationJson, "PUT", f"/conversations/{id}", changes, at="conversation")

    async def manage_conversation(self, id: str, deed: Mapping[str, Any]) -> ConversationJson:
        """Close, open, assign."""
        return await self._write(ConversationJson, "POST", f"/conversations/{id}/parts", deed, at="conversation")

    async def reply_conversation(
        self, id: str, reply: Mapping[str, Any], files: Sequence[File] = ()
    ) -> ConversationJson:
        """A reply with its files in one request; the answer is the whole conversation."""
        path, sent = f"/conversations/{id}/reply", JsonFiles(reply, files, FILE_NAMES)
        response = await self._client.request("POST", path, content=sent.body(), headers=sent.headers)
        return self._proven(ConversationJson, response, at="conversation")

    async def redact(self, conversation: str, part: str) -> None:
        named = {"conversation_id": conversation, "conversation_part_id": part}
        await self._client.request("POST", "/conversations/redact", json={"type": "conversation_part", **named})

    async def create_tag(self, name: str) -> TagJson:
        """A tag of the workspace; one that has this name already is answered as it is."""
        return await self._write(TagJson, "POST", "/tags", {"name": name}, at="tag")

    async def add_tag(self, ref: Ref, tag: str, *, by: str) -> None:
        await self._client.request("POST", f"/{_LISTS[ref.kind]}/{ref.id}/tags", json={"id": tag, "admin_id": by})

    async def remove_tag(self, ref: Ref, tag: str, *, by: str) -> None:
        path = f"/{_LISTS[ref.kind]}/{ref.id}/tags/{tag}"
        await self._client.request("DELETE", path, json={"admin_id": by})

    # -- inside

    async def _get(self, path: str) -> Any:
        return self._decoded(await self._client.request("GET", path), path.strip("/").partition("/")[0])

    async def _search(self, what: str, query: Mapping[str, Any], after: str | None) -> Rows:
        """The rows of one page. A page that ends where it began would be read for ever."""
        pagination: dict[str, Any] = {"per_page": PAGE, **({"starting_after": after} if after else {})}
        asked = {"query": query, "pagination": pagination}
        response = await self._client.request("POST", f"/{what}/search", json=asked)
        answer, at = self._decoded(response, f"{what}/search"), f"{what}/search"
        rows = self._answers.rows(answer, what, at=at)
        pages = self._answers.read(PagesJson, answer.get("pages") or {}, at=f"{at}: pages")
        following = pages.next.starting_after if pages.next else None
        if following is not None and following == after:
            raise BadAnswer(f"intercom: {at}: the next page is the same page")
        return Rows(rows, _date(response), following or None)

    async def _write(self, model: type[M], method: str, path: str, body: Mapping[str, Any], *, at: str) -> M:
        return self._proven(model, await self._client.request(method, path, json=body), at=at)

    def _proven(self, model: type[M], response: httpx.Response, *, at: str) -> M:
        """An answer to a write that cannot be read leaves open whether it happened: the caller must look."""
        try:
            return self._answers.read(model, self._decoded(response, at), at=at)
        except BadAnswer as error:
            raise Unavailable(f"{error} (after a write)", sent=True) from error

    def _decoded(self, response: httpx.Response, at: str) -> Any:
        return self._answers.decoded(response.content, at=at)


def _date(response: httpx.Response) -> datetime | None:
    """What time it was at Intercom, in whole seconds; None where the answer does not say."""
    try:
        return parsedate_to_datetime(response.headers["date"]).astimezone(UTC)
    except (KeyError, ValueError, TypeError):
        return None


# --- what a refusal means, and what is left --------------------------------------------------------------------------

_CULPRITS = {
    "ticket_state_id_invalid": "status",
    "assignee_not_found": "assignee",
    "admin_not_found": "assignee",
    "attachment_too_large": "attachments",
}
"""Codes that name one field of ours; two of them come as 404, though the ticket is there."""

_FIELDS = {"ticket_state_id": "status", "assignee_id": "assignee", "_default_title_": "title"}


def explain(response: httpx.Response) -> ConnectorError | None:
    """Intercom's reasons: `{"type": "error.list", "errors": [{"code", "message", "field"}]}`.

    Only code and field are told: a message may quote what was sent.
    """
    first = _first(response)
    code, field = str(first.get("code") or "")[:60], first.get("field")
    said = f"intercom: {code or 'the request is refused'} ({response.status_code})"
    match response.status_code:
        case 429:
            return RateLimited("intercom: the limit is used up", retry_after=_until_reset(response))
        case 404 if code in _CULPRITS:
            return Rejected(said, field=_CULPRITS[code])
        case 400 | 409 | 413 | 422:  # 409 is a duplicate: nothing is guarded, so nothing is stale
            return Rejected(said, field=_CULPRITS.get(code) or _ours(field))
        case 402:
            return Forbidden(said)
    return None


def _first(response: httpx.Response) -> Mapping[str, Any]:
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        return {}
    errors = body.get("errors") if isinstance(body, dict) else None
    first = errors[0] if isinstance(errors, list) and errors else None
    return first if isinstance(first, dict) else {}


def _ours(name: object) -> str | None:
    if not isinstance(name, str) or not name:
        return None
    bare = name.removeprefix("ticket_attributes.").removeprefix("custom_attributes.")
    return _FIELDS.get(bare, bare)


SLICE = timedelta(seconds=10)
"""The limit of a minute is metered in slices of this (errors/rate-limiting); where no answer says more, one passes."""


def _until_reset(response: httpx.Response) -> float:
    """Seconds until the limit is renewed, all by Intercom's clock."""
    now, resets = _date(response), _reset(response.headers)
    left = (resets - now).total_seconds() if now and resets else SLICE.total_seconds()
    return min(max(left, 1.0), 3600.0)


def _reset(headers: Mapping[str, str]) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(headers["x-ratelimit-reset"]), UTC)
    except (KeyError, ValueError, OverflowError, OSError):
        return None


def read_quotas(headers: Mapping[str, str], now: datetime) -> tuple[Quota, ...]:
    """The app's requests in the present slice (errors/rate-limiting)."""
    try:
        limit, remaining = (int(headers[f"x-ratelimit-{name}"]) for name in ("limit", "remaining"))
    except (KeyError, ValueError):
        return ()
    return (Quota("requests", limit, remaining, _reset(headers) or now + SLICE),)
