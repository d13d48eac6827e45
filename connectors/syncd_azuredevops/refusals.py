"""What Azure DevOps means by a refusal, and what its answers tell about limits and time. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from syncd.sdk.budget import retry_after
from syncd.sdk.connector import Quota
from syncd.sdk.errors import BadAnswer, ConnectorError, Rejected, Stale

CHANGED_MEANWHILE = frozenset(
    {"WorkItemRevisionMismatchException", "PatchTestOperationFailedException", "TestPatchOperationFailedException"}
)
CODE = re.compile(r"\b(?:TF|VS)\d{5,6}\b")
MEANWHILE = re.compile(r"TF26071|/rev\b", re.IGNORECASE)


def explain(response: httpx.Response) -> ConnectorError | None:
    """A refusal by its own words. What it says is not shown: it may quote a ticket. Its code and its field are.

    A failed `test /rev` is 412 (recorded: microsoft/azure-devops-mcp#1526); 400 and 409 are taken alike.
    """
    if response.status_code not in (400, 409, 412):
        return None
    said = _refusal(response)
    if response.status_code != 400 or _tells_of_revision(said):
        return Stale("azuredevops: the work item changed meanwhile")
    field = _field(said)
    code = CODE.search(str(said.get("message", "")))
    told = " ".join(part for part in (code[0] if code else "", f"field {field}" if field else "") if part)
    return Rejected(f"azuredevops: refused{f' ({told})' if told else ''}", field=field)


def _refusal(response: httpx.Response) -> dict[str, Any]:
    try:
        said = json.loads(response.content)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _tells_of_revision(said: Mapping[str, Any]) -> bool:
    return said.get("typeKey") in CHANGED_MEANWHILE or bool(MEANWHILE.search(str(said.get("message", ""))))


def _field(said: Mapping[str, Any]) -> str | None:
    """The reference name of the culprit (recorded: RuleValidationException)."""
    more = said.get("customProperties")
    if not isinstance(more, dict):
        return None
    errors = more.get("RuleValidationErrors")
    named = (
        [each.get("fieldReferenceName") for each in errors if isinstance(each, dict)]
        if isinstance(errors, list)
        else []
    )
    return next((name for name in [more.get("FieldReferenceName"), *named] if isinstance(name, str) and name), None)


def read_quotas(headers: Mapping[str, str], now: datetime) -> tuple[Quota, ...]:
    """The usage that is left (rate-limits page). A success may ask for a pause as well, and is obeyed."""
    return tuple(_quotas(headers, now))


def _quotas(headers: Mapping[str, str], now: datetime) -> Iterator[Quota]:
    try:
        limit, left = (int(float(headers[f"x-ratelimit-{name}"])) for name in ("limit", "remaining"))
        resets = datetime.fromtimestamp(float(headers["x-ratelimit-reset"]), UTC)
        yield Quota(headers.get("x-ratelimit-resource", "usage") or "usage", limit, left, resets)
    except (KeyError, ValueError, OverflowError, OSError):
        pass
    if headers.get("retry-after"):
        yield Quota("pause that was asked for", 1, 0, now + timedelta(seconds=retry_after(headers, now)))


def sent_at(response: httpx.Response) -> datetime:
    """The vendor's clock: the `Date` of an answer, in whole seconds."""
    try:
        return parsedate_to_datetime(response.headers["date"]).astimezone(UTC)
    except (KeyError, ValueError, TypeError):
        raise BadAnswer("azuredevops: the answer does not say when it was sent") from None
