"""HubSpot's limits and refusals: what is left, and what a refusal means.

Source: [H2]: a private app has so many requests in ten seconds and a day, told by `X-HubSpot-RateLimit-*`; search has
a limit of its own each second, which no header tells. A 429 names its limit as `policyName` in the body.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx

from syncd.sdk.budget import LONGEST_WAIT, Budget
from syncd.sdk.connector import Quota
from syncd.sdk.errors import ConnectorError, RateLimited, Rejected
from syncd_hubspot.fields import API_NAMES, NAMES

SECONDLY = "SECONDLY"
_WAITS = {SECONDLY: 1.0, "TEN_SECONDLY_ROLLING": 10.0}
"""Seconds by the policy that refused."""
_DAY = timedelta(hours=1)
"""When a day ends is not told: what is left of it is believed for an hour."""
_OURS = {vendors: ours for ours, vendors in API_NAMES.items()}


def read_quotas(headers: Mapping[str, str], now: datetime) -> tuple[Quota, ...]:
    """What an answer says is left; those to a search say nothing."""
    span = _number(headers, "interval-milliseconds") or 10_000
    short = _quota(f"requests in {span // 1000} s", headers, "max", "remaining", now + timedelta(milliseconds=span))
    day = _quota("requests a day", headers, "daily", "daily-remaining", now + _DAY)
    return tuple(quota for quota in (short, day) if quota)


def _quota(name: str, headers: Mapping[str, str], limit: str, left: str, resets: datetime) -> Quota | None:
    most, remaining = _number(headers, limit), _number(headers, left)
    return None if most is None or remaining is None else Quota(name, most, remaining, resets)


def _number(headers: Mapping[str, str], name: str) -> int | None:
    said = headers.get(f"x-hubspot-ratelimit-{name}", "")
    return int(said) if said.isdecimal() and len(said) < 12 else None


class Refusals:
    """Reads refusals. `budget` is the client's, which a used-up limit pauses."""

    def __init__(self) -> None:
        self.budget = Budget("hubspot")

    def explain(self, response: httpx.Response) -> ConnectorError | None:
        """By the body of an error: {category, message, errors: [{in, context}]}; its words may quote a value."""
        body = _json(response)
        match response.status_code:
            case 429:
                return self._limited(response, str(body.get("policyName") or "").upper())
            case 400 | 409 | 413 | 415 | 422:
                category = str(body.get("category") or "refused")[:40]
                field = culprit(body)
                about = f" `{field}`" if field else ""
                return Rejected(f"hubspot refuses{about} ({response.status_code}, {category})", field=field)
            case _:
                return None

    def _limited(self, response: httpx.Response, policy: str) -> RateLimited | None:
        """None leaves it to the sdk: `Retry-After`, else a minute."""
        if policy == SECONDLY:  # one kind of request, for a second: nothing else waits for it
            return RateLimited("hubspot: the limit of one second is used up", retry_after=_WAITS[policy])
        wait = LONGEST_WAIT if "DAILY" in policy else _WAITS.get(policy)
        if wait is None or "retry-after" in response.headers:
            return None
        return self.budget.refused({"retry-after": f"{wait:.0f}"})


def culprit(body: Mapping[str, Any]) -> str | None:
    """Our name of the field that a refusal blames, where it names one."""
    errors = body.get("errors")
    for error in errors if isinstance(errors, list) else ():
        if not isinstance(error, dict):
            continue
        context = error.get("context")
        named = context.get("propertyName") if isinstance(context, dict) else None
        name = named[0] if isinstance(named, list) and named else error.get("in")
        if isinstance(name, str) and name:
            return _OURS.get(name) or NAMES.shown(name)
    return None


def _json(response: httpx.Response) -> dict[str, Any]:
    try:
        said = json.loads(response.content)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
