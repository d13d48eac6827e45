"""Zammad's endpoints as methods: addresses, paging, and what a refusal means. What is in the JSON: `wire`.

Each is on the vendor's pages (zammad-documentation, api/*.rst) unless its docstring names another source.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, TypeVar

import httpx

from syncd.sdk.connector import File
from syncd.sdk.errors import BadAnswer, ConnectorError, Forbidden, NotFound, Rejected, Unauthorized, Unavailable
from syncd.sdk.http import Client
from syncd.sdk.json_files import FileNames, JsonFiles
from syncd_zammad.wire import (
    ArticleJson,
    AttributeJson,
    EventJson,
    HistoryJson,
    LinkJson,
    LinksJson,
    PriorityJson,
    StateJson,
    TagsJson,
    TicketJson,
    TriggerJson,
    UserJson,
    WebhookJson,
    read,
    read_list,
)

API = "/api/v1"
PAGE = 50
"""Rows of a search. A hard maximum exists and is not named (intro.rst, Pagination); 50 is what Zammad itself takes
where nothing is asked for (tickets_controller.rb), so a page that is shorter is surely the last."""

EXPAND = {"expand": "true"}
FILE_NAMES = FileNames(files="attachments", name="filename", media_type="mime-type", data="data")
"""How an article takes files, and in no other way (ticket-articles.rst, "Article with attached files")."""

T = TypeVar("T")


class Api:
    """One account's endpoints."""

    def __init__(self, client: Client) -> None:
        self._client = client

    # -- the account

    async def me(self) -> UserJson:
        return read(UserJson, await self._get("users/me", EXPAND), where="users/me")

    async def user(self, id: int) -> UserJson:
        return read(UserJson, await self._get(f"users/{id}", EXPAND), where="users")

    async def users(self, words: str) -> list[UserJson]:
        """Users whom a search finds, through Elasticsearch where Zammad has it, which lags."""
        asked = {"query": words, **EXPAND, "page": 1, "per_page": PAGE}
        return read_list(UserJson, await self._get("users/search", asked), where="users/search")

    async def states(self) -> list[StateJson]:
        return read_list(StateJson, await self._get("ticket_states"), where="ticket_states")

    async def priorities(self) -> list[PriorityJson]:
        return read_list(PriorityJson, await self._get("ticket_priorities"), where="ticket_priorities")

    async def attributes(self) -> list[AttributeJson] | None:
        """The attributes of all objects; None without the right `admin.object`."""
        try:
            found = await self._get("object_manager_attributes")
        except Forbidden:
            return None
        return read_list(AttributeJson, found, where="object_manager_attributes")

    # -- reading a ticket

    async def ticket(self, id: int) -> TicketJson:
        return read(TicketJson, await self._get(f"tickets/{id}", EXPAND), where="ticket")

    async def articles(self, id: int) -> list[ArticleJson]:
        """All articles that this account may see, oldest first; the list has no pages."""
        found = await self._get(f"ticket_articles/by_ticket/{id}", EXPAND)
        articles = read_list(ArticleJson, found, where="ticket_articles")
        return sorted(articles, key=lambda article: (article.created_at, article.id))

    async def tags(self, id: int) -> list[str]:
        found = await self._get("tags", {"object": "Ticket", "o_id": id})
        return read(TagsJson, found, where="tags").tags

    async def links(self, id: int) -> list[LinkJson]:
        """The page shows these parameters as a body of the GET; Rails takes them from the address as well."""
        found = await self._get("links", {"link_object": "Ticket", "link_object_value": id})
        return read(LinksJson, found, where="links").links

    async def history(self, id: int) -> list[EventJson]:
        """Who changed what, oldest first (app/controllers/tickets_controller.rb, `ticket_history`)."""
        return read(HistoryJson, await self._get(f"ticket_history/{id}"), where="ticket_history").history

    async def search(
        self, condition: Mapping[str, Any], *, order: str = "asc", by: str = "updated_at", page: int = 1
    ) -> list[TicketJson]:
        """Tickets that fulfil a condition, by database (intro.rst, Condition Based Search): no index, no lag.

        Equal times are put into the order of their ids, or a page could skip one; several columns are taken by
        lib/sql_helper.rb.
        """
        asked = {**EXPAND, "sort_by": f"{by},id", "order_by": f"{order},{order}", "page": page, "per_page": PAGE}
        path = f"{API}/tickets/search"
        found = await self._client.json("POST", path, params=asked, json={"condition": condition})
        return read_list(TicketJson, found, where="tickets/search")

    def file(self, ticket: int, article: int, id: int) -> str:
        """Where a file is fetched."""
        return f"{API}/ticket_attachment/{ticket}/{article}/{id}"

    # -- writing

    async def create(self, ticket: Mapping[str, Any]) -> TicketJson:
        data = await self._write("POST", "tickets", ticket, EXPAND)
        return _proven(lambda: read(TicketJson, data, where="ticket"))

    async def update(self, id: int, ticket: Mapping[str, Any]) -> TicketJson:
        data = await self._write("PUT", f"tickets/{id}", ticket, EXPAND)
        return _proven(lambda: read(TicketJson, data, where="ticket"))

    async def add_article(self, article: Mapping[str, Any], files: Sequence[File]) -> ArticleJson:
        """One request with everything; files are sent as they are read, in base64."""
        sent = JsonFiles(article, files, FILE_NAMES)
        path = f"{API}/ticket_articles"
        response = await self._client.request("POST", path, params=EXPAND, content=sent.body(), headers=sent.headers)
        return _proven(lambda: read(ArticleJson, _decoded(response), where="ticket_articles"))

    async def delete_article(self, id: int) -> None:
        """Allowed for one's own notes for some minutes (app/policies/ticket/article_policy.rb)."""
        await self._client.request("DELETE", f"{API}/ticket_articles/{id}")

    async def add_tag(self, id: int, tag: str) -> None:
        await self._write("POST", "tags/add", {"item": tag, "object": "Ticket", "o_id": id})

    async def remove_tag(self, id: int, tag: str) -> None:
        await self._write("DELETE", "tags/remove", {"item": tag, "object": "Ticket", "o_id": id})

    # -- webhooks: not on the pages; as every object of Zammad (application_controller/renders_models.rb)

    async def webhooks(self) -> list[WebhookJson]:
        return [each async for each in self._all(WebhookJson, "webhooks")]

    async def triggers(self) -> list[TriggerJson]:
        return [each async for each in self._all(TriggerJson, "triggers")]

    async def save_webhook(self, webhook: Mapping[str, Any], *, id: int | None = None) -> WebhookJson:
        return read(WebhookJson, await self._save("webhooks", webhook, id), where="webhook")

    async def save_trigger(self, trigger: Mapping[str, Any], *, id: int | None = None) -> TriggerJson:
        return read(TriggerJson, await self._save("triggers", trigger, id), where="trigger")

    async def delete(self, kind: str, id: int) -> None:
        """Remove a webhook or a trigger; one that is gone already is no error."""
        try:
            await self._client.request("DELETE", f"{API}/{kind}/{id}")
        except NotFound:
            return

    # -- inside

    async def _get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        return await self._client.json("GET", f"{API}/{path}", params=params)

    async def _write(self, method: str, path: str, body: Any, params: Mapping[str, Any] | None = None) -> Any:
        response = await self._client.request(method, f"{API}/{path}", json=body, params=params)
        return _proven(lambda: _decoded(response))

    async def _save(self, kind: str, body: Mapping[str, Any], id: int | None) -> Any:
        return await (self._write("POST", kind, body) if id is None else self._write("PUT", f"{kind}/{id}", body))

    async def _all(self, model: type[Any], kind: str) -> AsyncIterator[Any]:
        """Every object of a kind, page by page until one is empty."""
        for page in range(1, 1000):
            rows = read_list(model, await self._get(kind, {"page": page, "per_page": PAGE}), where=kind)
            for row in rows:
                yield row
            if len(rows) < PAGE:
                return


def _decoded(response: httpx.Response) -> Any:
    try:
        return json.loads(response.content)
    except (ValueError, RecursionError) as error:
        raise BadAnswer("zammad: the answer is no JSON") from error


def _proven(parse: Callable[[], T]) -> T:
    """An answer to a write that cannot be read leaves open whether it happened: the caller must look."""
    try:
        return parse()
    except BadAnswer as error:
        raise Unavailable(f"{error} (after a write)", sent=True) from error


# --- what a refusal means --------------------------------------------------------------------------------------------

_OURS = {"state": "status", "owner_id": "owner", "customer_id": "customer", "group_id": "group"}
_CULPRIT = re.compile(r"(?:for (?:field )?|Attribute )'([A-Za-z][A-Za-z0-9_]*)'")
_VALUE = re.compile(r"(?<=value) '.*'(?= for field)|(?<=email) '.*'|(?<='): \".*", re.DOTALL)


def explain(response: httpx.Response) -> ConnectorError | None:
    """Zammad's reasons: `{"error": sentence, "error_human": sentence}` (application_controller/handles_errors.rb).

    A value in the sentence is cut off: what was written is nobody's business in a log.
    """
    said = _sentence(response)
    match response.status_code:
        case 403 if "access disabled" in said:  # "API token access disabled!"
            return Unauthorized(f"zammad: {said}")
        case 403 if "Maintenance mode" in said:
            return Unavailable("zammad: maintenance mode is on", sent=False)
        case 413:
            return Rejected("zammad: too large for this server")
        case 400 | 422:
            name = found[1] if (found := _CULPRIT.search(said)) else None
            return Rejected(f"zammad: {said}", field=_OURS.get(name, name) if name else None)
        case _:
            return None


def _sentence(response: httpx.Response) -> str:
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        return "the request is refused"
    said = (body.get("error_human") or body.get("error")) if isinstance(body, dict) else None
    return _VALUE.sub("", said)[:200] if isinstance(said, str) and said else "the request is refused"
