"""Records of any table as one account sees them: pages, answers that are looked at, and what a refusal means."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import httpx
from pydantic import BaseModel

from syncd.sdk.answers import Answers
from syncd.sdk.errors import BadAnswer, ConnectorError, Forbidden, Rejected, Unavailable
from syncd.sdk.http import Client

API = "/api/now"
PAGE = 100

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")
_NEXT = re.compile(r'rel="?next"?', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rows(Generic[M]):
    """A page of a table.

    Attributes:
        more: there is another page. A short or empty page is not the last: "this limit is applied before ACL
            evaluation" (c_TableAPI.md, sysparm_limit).
        total: how many rows the query finds, hidden ones too; 0 where the instance does not count (X-Total-Count).
    """

    rows: tuple[M, ...]
    more: bool
    total: int


class Records:
    """Reads pages of tables, and believes no row that was not asked for."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._answers = Answers(client.connection)

    async def _page(
        self, model: type[M], table: str, query: str, *, fields: Iterable[str], limit: int = PAGE, offset: int = 0
    ) -> Rows[M]:
        path = f"{API}/table/{table}"
        params = {
            "sysparm_query": query,
            "sysparm_fields": ",".join(fields),
            "sysparm_limit": limit,
            "sysparm_offset": offset,
        }
        return self._rows(model, await self._client.request("GET", path, params=params), path=path, limit=limit)

    async def _all(
        self,
        model: type[M],
        table: str,
        query: str,
        *,
        fields: Iterable[str],
        fits: Callable[[M], bool] = lambda row: True,
        whole: bool = False,
    ) -> list[M]:
        """Every row that a query finds, none of which may be one that was not asked for."""
        found, offset, names, total = list[M](), 0, tuple(fields), 0
        while True:
            page = await self._page(model, table, query, fields=names, offset=offset)
            found += page.rows
            offset, total = offset + PAGE, page.total
            if not page.more:
                break
        if not all(map(fits, found)):
            raise self._strangers(f"{API}/table/{table}")
        if whole and total > len(found):
            raise Forbidden(
                f"servicenow: rows of {table} are hidden from this account: it needs the right to read them"
            )
        return found

    def _rows(self, model: type[M], response: httpx.Response, *, path: str, limit: int) -> Rows[M]:
        answer = self._answers.decoded(response.content, at=path)
        rows = tuple(self._answers.read_rows(model, answer, "result", at=path))
        total = response.headers.get("x-total-count", "")
        more = bool(_NEXT.search(response.headers.get("link", ""))) or len(rows) >= limit
        return Rows(rows, more, int(total) if total.isdecimal() else 0)

    def _read(
        self, model: type[M], response: httpx.Response, *, path: str, fits: Callable[[M], bool] = lambda row: True
    ) -> M:
        return self._one(model, self._answers.decoded(response.content, at=path), path=path, fits=fits)

    def _one(self, model: type[M], answer: Any, *, path: str, fits: Callable[[M], bool]) -> M:
        found = self._answers.read(model, answer, "result", at=path)
        if not fits(found):
            raise self._strangers(path)
        return found

    def _strangers(self, path: str) -> BadAnswer:
        return BadAnswer(f"{self._client.connection}: {path}: records that were not asked for")

    def _proven(self, parse: Callable[[], T]) -> T:
        """An answer to a write that cannot be read leaves open whether it happened: the caller must look."""
        try:
            return parse()
        except BadAnswer as error:
            raise Unavailable(f"{error} (after a write)", sent=True) from error


async def if_allowed(rows: Awaitable[Iterable[M]]) -> list[M]:
    """Rows of a table beside the tickets. What is forbidden is told by 403 or by an empty list: both are nothing."""
    try:
        return list(await rows)
    except Forbidden:
        return []


# --- what a refusal means --------------------------------------------------------------------------------------------

_MANDATORY = re.compile(r"following fields are mandatory: ([\w ,()/-]{1,200})")
REFUSED = "a business rule, a data policy or an ACL of the instance refuses it"


def explain(response: httpx.Response) -> ConnectorError | None:
    """ServiceNow's reasons: `{"error": {"message", "detail"}, "status": "failure"}`.

    A write that a business rule aborts is answered as one that the ACLs forbid, 403 "Operation Failed": it says nothing
    about the account, so that this ticket is parked and not all of them. The detail may quote what was written; only
    the names of columns are taken from it.
    """
    if response.status_code not in (400, 403) or response.request.method in ("GET", "HEAD"):
        return None
    if found := _MANDATORY.search(_detail(response)):
        return Rejected(
            f"servicenow: the instance wants `{found[1].strip()}` as well: see `with_status`", field="status"
        )
    return Rejected(f"servicenow: {REFUSED}")


def _detail(response: httpx.Response) -> str:
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        return ""
    error = body.get("error") if isinstance(body, dict) else None
    detail = error.get("detail") if isinstance(error, dict) else None
    return detail if isinstance(detail, str) else ""
