"""Zendesk's endpoints as methods: addresses, paging, limits, and what a refusal means. What is in the JSON: `wire`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import httpx
from pydantic import Field

from syncd.sdk.answers import Answers
from syncd.sdk.connector import File, Quota
from syncd.sdk.errors import BadAnswer, ConnectorError, Locked, Rejected, Stale, Unavailable
from syncd.sdk.http import Client
from syncd_zendesk.hints import TicketEventJson
from syncd_zendesk.webhooks import SigningSecretJson, WebhookJson
from syncd_zendesk.wire import (
    AuditJson,
    CommentJson,
    Json,
    TicketFieldJson,
    TicketJson,
    UserJson,
)

API = "/api/v2"
PAGE = 100
M = TypeVar("M", bound=Json)
T = TypeVar("T")

MOST_PAGES = 60  # over 5000 comments Zendesk takes no more; a hundred a page


class EventsJson(Json):
    """A page of the incremental export of ticket events."""

    ticket_events: list[TicketEventJson] = Field(default_factory=list)
    end_time: int | None = None
    end_of_stream: bool = True


class StatusJson(Json):
    id: int
    agent_label: str
    active: bool = True


class GroupJson(Json):
    id: int
    name: str
    deleted: bool | None = None


class UploadJson(Json):
    token: str = Field(min_length=1)


class DeletedJson(Json):
    id: int
    deleted_at: str = ""


Users = dict[int, UserJson]


class Api:
    """One account's endpoints."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.answers = Answers(client.connection)

    # -- the account

    async def me(self) -> tuple[UserJson, datetime]:
        """Who we are, and what time it is at Zendesk."""
        response = await self._client.request("GET", f"{API}/users/me")
        data = self.answers.decoded(response.content, at="users/me")
        return self.answers.read(UserJson, data, "user", at="users/me"), _date(response)

    async def ticket_fields(self) -> list[TicketFieldJson]:
        return await self._listed(TicketFieldJson, "ticket_fields")

    async def custom_statuses(self) -> list[StatusJson]:
        return await self._listed(StatusJson, "custom_statuses")

    async def groups(self) -> list[GroupJson]:
        pages = await self._pages("groups", {})
        return [group for page in pages for group in self.answers.read_rows(GroupJson, page, "groups", at="groups")]

    # -- webhooks, for administrators

    async def webhooks(self) -> list[WebhookJson]:
        pages = await self._pages("webhooks", {})
        return [each for page in pages for each in self.answers.read_rows(WebhookJson, page, "webhooks", at="webhooks")]

    async def make_webhook(self, webhook: Mapping[str, Any]) -> WebhookJson:
        data = await self._write("POST", "webhooks", {"webhook": webhook})
        return _proven(lambda: self.answers.read(WebhookJson, data, "webhook", at="webhooks"))

    async def change_webhook(self, id: str, webhook: Mapping[str, Any]) -> None:
        await self._client.request("PATCH", f"{API}/{_webhook(id)}", json={"webhook": webhook})

    async def remove_webhook(self, id: str) -> None:
        await self._client.request("DELETE", f"{API}/{_webhook(id)}")

    async def signing_secret(self, id: str) -> str:
        data = await self._get(f"{_webhook(id)}/signing_secret")
        return self.answers.read(SigningSecretJson, data, "signing_secret", at="webhooks/signing_secret").secret

    async def users_by_email(self, email: str) -> list[UserJson]:
        found = await self._get("users/search", params={"query": f"email:{email}"})
        return self.answers.read_rows(UserJson, found, "users", at="users/search")

    # -- reading a ticket

    async def ticket(self, id: int) -> tuple[TicketJson, Users]:
        data = await self._get(f"tickets/{id}", params={"include": "users"})
        return self.answers.read(TicketJson, data, "ticket", at=f"tickets/{id}"), self._users(data)

    async def by_external_id(self, key: str) -> list[TicketJson]:
        found = await self._get("tickets", params={"external_id": key})
        return self.answers.read_rows(TicketJson, found, "tickets", at="tickets")

    async def comments(self, id: int) -> tuple[list[CommentJson], Users]:
        """All comments, oldest first, with the pictures in their texts as files, and their authors."""
        path = f"tickets/{id}/comments"
        pages = await self._pages(path, {"include": "users", "include_inline_images": "true"})
        users = {key: user for page in pages for key, user in self._users(page).items()}
        found = [each for page in pages for each in self.answers.read_rows(CommentJson, page, "comments", at=path)]
        return found, users

    async def audits(self, id: int) -> list[AuditJson]:
        path = f"tickets/{id}/audits"
        pages = await self._pages(path, {})
        return [audit for page in pages for audit in self.answers.read_rows(AuditJson, page, "audits", at=path)]

    async def deleted(self, id: int) -> DeletedJson | None:
        """The ticket among those deleted last, up to a hundred of them."""
        path = "deleted_tickets"
        data = await self._get(path, params={"sort_by": "deleted_at", "sort_order": "desc"})
        return next((each for each in self.answers.read_rows(DeletedJson, data, path, at=path) if each.id == id), None)

    async def events(self, start: int) -> EventsJson:
        """Audits since a Unix time, which must be a minute old. Administrators only, ten a minute."""
        path = "incremental/ticket_events"
        found = await self._get(path, params={"start_time": start, "include": "comment_events"})
        return self.answers.read(EventsJson, found, at=path)

    # -- writing

    async def create(self, ticket: Mapping[str, Any], *, key: str) -> TicketJson:
        """Make a ticket; within two hours the same key and body answer the ticket that they made."""
        data = await self._write("POST", "tickets", {"ticket": ticket}, headers={"idempotency-key": key})
        return _proven(lambda: self.answers.read(TicketJson, data, "ticket", at="tickets"))

    async def update(self, id: int, ticket: Mapping[str, Any]) -> tuple[TicketJson, AuditJson | None]:
        data = await self._write("PUT", f"tickets/{id}", {"ticket": ticket})
        return _proven(lambda: self._updated(data, f"tickets/{id}"))

    def _updated(self, data: Any, path: str) -> tuple[TicketJson, AuditJson | None]:
        ticket = self.answers.read(TicketJson, data, "ticket", at=path)
        return ticket, self.answers.read(AuditJson, data, "audit", at=path) if data.get("audit") else None

    async def add_tags(self, id: int, tags: list[str]) -> None:
        """Add tags and touch no other."""
        await self._write("PUT", f"tickets/{id}/tags", {"tags": tags})

    async def upload(self, file: File) -> str:
        """Send a file; the token, good for an hour, with which a comment takes it."""
        response = await self._client.request(
            "POST",
            f"{API}/uploads",
            params={"filename": safe_name(file.name)},
            content=file.read(),
            headers={"content-type": file.media_type, "content-length": str(file.size)},
        )
        data = self.answers.decoded(response.content, at="uploads")
        return self.answers.read(UploadJson, data, "upload", at="uploads").token

    # -- inside

    async def _get(self, path: str, *, params: Mapping[str, Any] | None = None) -> Any:
        return await self._client.json("GET", f"{API}/{path}", params=params)

    async def _write(self, method: str, path: str, body: Any, *, headers: Mapping[str, str] | None = None) -> Any:
        response = await self._client.request(method, f"{API}/{path}", json=body, headers=headers)
        return _proven(lambda: self.answers.decoded(response.content, at=path))

    async def _listed(self, model: type[M], name: str) -> list[M]:
        """A list that comes whole, under its own name."""
        return self.answers.read_rows(model, await self._get(name), name, at=name)

    def _users(self, page: Any) -> Users:
        found = page.get("users") if isinstance(page, dict) else None
        users = self.answers.read_rows(UserJson, found or [], at="users")
        return {user.id: user for user in users if user.id is not None}

    async def _pages(self, path: str, params: Mapping[str, Any]) -> list[Any]:
        """All pages of a list, by cursor."""
        asked = {**params, "page[size]": PAGE}
        pages = [await self._get(path, params=asked)]
        while (after := _after(pages[-1])) and len(pages) < MOST_PAGES:
            if after == asked.get("page[after]"):
                raise BadAnswer(f"{self._client.connection}: {path}: a page leads to itself")
            asked["page[after]"] = after
            pages.append(await self._get(path, params=asked))
        return pages


def _webhook(id: str) -> str:
    """The path of a webhook; its id is of letters and digits, and cannot lead elsewhere."""
    if not re.fullmatch(r"[0-9A-Za-z]{1,64}", id):
        raise Rejected("zendesk: not the id of a webhook")
    return f"webhooks/{id}"


def _after(page: Any) -> str | None:
    meta = page.get("meta") if isinstance(page, dict) else None
    if not isinstance(meta, dict) or not meta.get("has_more"):
        return None
    return str(meta.get("after_cursor") or "") or None


def _proven(parse: Callable[[], T]) -> T:
    """An answer to a write that cannot be read leaves open whether it happened: the caller must look."""
    try:
        return parse()
    except BadAnswer as error:
        raise Unavailable(f"{error} (after a write)", sent=True) from error


def _date(response: httpx.Response) -> datetime:
    try:
        return parsedate_to_datetime(response.headers["date"]).astimezone(UTC)
    except (KeyError, ValueError, TypeError):
        return datetime.now(UTC)


def safe_name(name: str) -> str:
    """The last part of a file name, without control characters, at most 200 characters long."""
    last = re.sub(r"[\x00-\x1f\x7f]", "", re.split(r"[/\\]", name)[-1]).strip(" .") or "file"
    stem, dot, extension = last.rpartition(".")
    return last if len(last) <= 200 else f"{(stem or last)[:180]}{dot}{extension[:19]}"


# --- what a refusal means, and what is left --------------------------------------------------------------------------

_OURS = {"assignee_id": "assignee", "group_id": "group", "custom_status_id": "status", "ticket_form_id": "form"}


def explain(response: httpx.Response) -> ConnectorError | None:
    """Zendesk's reasons: `{"error", "description", "details": {field: [{"description"}]}}`."""
    if response.status_code == 409:
        return Stale("zendesk: the ticket changed since it was read")
    if response.status_code == 413:
        return Rejected("zendesk: too large for this account")
    if response.status_code not in (400, 422):
        return None
    try:
        body = json.loads(response.content)
    except ValueError:
        return None
    details = body.get("details") if isinstance(body, dict) else None
    if not isinstance(details, dict) or not details:
        return Rejected(f"zendesk: {_sentence(body)}")
    name, reasons = next(iter(details.items()))
    reason = _sentence(reasons[0] if isinstance(reasons, list) and reasons else reasons)
    if "closed prevents" in reason.lower():
        return Locked("zendesk: the ticket is closed and takes no more changes")
    return Rejected(f"zendesk: {reason}", field=_OURS.get(str(name), str(name)))


def _sentence(said: Any) -> str:
    if isinstance(said, dict):
        said = said.get("description") or said.get("error") or said.get("title")
    return said[:200] if isinstance(said, str) else "the request is refused"


def read_quotas(headers: Mapping[str, str], now: datetime) -> tuple[Quota, ...]:
    """The account's requests a minute. Limits of single endpoints are left out: they must not hold up the others."""
    limit = headers.get("x-rate-limit") or headers.get("ratelimit-limit")
    remaining = headers.get("x-rate-limit-remaining") or headers.get("ratelimit-remaining")
    try:
        seconds = int(headers.get("ratelimit-reset") or 60)
        return (Quota("requests a minute", int(limit or ""), int(remaining or ""), now + timedelta(seconds=seconds)),)
    except ValueError:
        return ()
