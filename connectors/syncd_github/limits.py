"""GitHub's limits: what is left, what a refusal means, and the pause between two writes.

Source: docs.github.com/rest/using-the-rest-api/rate-limits and best-practices. A used-up limit comes as 403 or as 429.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import httpx

from syncd.sdk.budget import LONGEST_WAIT, Budget
from syncd.sdk.connector import Quota
from syncd.sdk.errors import ConnectorError, Forbidden, Locked, RateLimited, Rejected, Stale

CORE = "core"
LEAST = 60.0  # seconds to wait where GitHub does not say how long
MOST_PATIENCE = 20.0  # seconds that a write waits for its turn; more, and it comes back later
FIELDS = {"body": "description", "assignees": "assignee", "state": "status", "state_reason": "status"}


def read_quotas(headers: Mapping[str, str], now: datetime) -> tuple[Quota, ...]:
    """The hourly limit. Search has one of its own, which must not hold back everything else."""
    try:
        if headers.get("x-ratelimit-resource", CORE) != CORE:
            return ()
        limit, remaining = int(headers["x-ratelimit-limit"]), int(headers["x-ratelimit-remaining"])
        return (Quota("requests an hour", limit, remaining, _moment(headers["x-ratelimit-reset"])),)
    except (KeyError, ValueError, OverflowError, OSError):
        return ()


def _moment(seconds: str) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)


class Refusals:
    """Reads refusals. `budget` is the client's, which a used-up limit pauses."""

    def __init__(self) -> None:
        self.budget = Budget("github")
        self._unexplained: list[datetime] = []

    def explain(self, response: httpx.Response) -> ConnectorError | None:
        status, said = response.status_code, message_of(response)
        if status in (403, 429) and (limited := self._limited(response, said)):
            return limited
        match status:
            case 301 | 307 | 308:
                return Stale("github: it stands elsewhere now, nothing was written")
            case 403 if "archived" in said.casefold():
                return Locked(f"github: {said}")
            case 403 if "lock" in said.casefold():
                return Rejected(f"github: {said}")
            case 410 if "disabled" in said.casefold():
                return Forbidden(f"github: {said}")
            case 400 | 422:
                return Rejected(f"github: {said or 'refused'}", field=culprit(response))
            case _:
                return None

    def _limited(self, response: httpx.Response, said: str) -> RateLimited | None:
        headers = response.headers
        if headers.get("x-ratelimit-resource", CORE) != CORE:
            wait = self._wait(headers)
            return RateLimited("github: the limit of the search is used up", retry_after=wait) if wait else None
        wait = self._wait(headers)
        if wait is None and (response.status_code == 429 or "rate limit" in said.casefold() or "abuse" in said):
            wait = self._growing()
        return None if wait is None else self.budget.refused({"retry-after": f"{wait:.0f}"})

    def _wait(self, headers: Mapping[str, str]) -> float | None:
        """As GitHub says: `retry-after`, else the reset where nothing is left."""
        try:
            if "retry-after" in headers:
                return min(float(headers["retry-after"]), LONGEST_WAIT)
            if headers.get("x-ratelimit-remaining") == "0":
                left = (_moment(headers["x-ratelimit-reset"]) - self.budget.now()).total_seconds()
                return min(max(left, 1.0), LONGEST_WAIT)
        except (KeyError, ValueError, OverflowError, OSError):
            pass
        return None

    def _growing(self) -> float:
        """A minute, doubled with each such refusal of the last hour."""
        now = self.budget.now()
        self._unexplained = [at for at in self._unexplained if now - at < timedelta(hours=1)]
        wait = min(LEAST * 2.0 ** len(self._unexplained), LONGEST_WAIT)
        self._unexplained.append(now)
        return wait


def message_of(response: httpx.Response) -> str:
    """GitHub's own sentence, without the body of anything."""
    said = _json(response).get("message")
    return said[:200] if isinstance(said, str) else ""


def culprit(response: httpx.Response) -> str | None:
    """The field that a validation error names, as a mapping calls it."""
    errors = _json(response).get("errors")
    for error in errors if isinstance(errors, list) else ():
        if isinstance(error, dict) and isinstance(name := error.get("field"), str):
            return FIELDS.get(name, name)
    return None


def _json(response: httpx.Response) -> dict[str, object]:
    try:
        said = json.loads(response.content)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


class Pace:
    """One write at a time, and a pause after each.

    GitHub asks for both. The pause also lets the second of the write end, so that the read that follows is final
    (see `revision`).
    """

    def __init__(self, pause: float) -> None:
        self._pause = pause
        self._lock = asyncio.Lock()
        self._waiting = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """RateLimited, before anything is sent, where too many wait already."""
        if (wait := self._waiting * self._pause) > MOST_PATIENCE:
            raise RateLimited("github: too many writes wait for their turn", retry_after=wait)
        self._waiting += 1
        try:
            async with self._lock:
                yield
                await asyncio.sleep(self._pause)
        finally:
            self._waiting -= 1
