"""How a GitHub App signs in: with a token of its installation that lives for an hour.

An App proves itself with a JWT (RS256, at most ten minutes) and gets the token for it (`apps/create-installation-
access-token`). The token is renewed before its hour ends, and once when GitHub refuses it early.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
import jwt
from pydantic import BaseModel, ConfigDict, ValidationError

from syncd.sdk.errors import BadAnswer, ConnectorError, Unauthorized, Unavailable

BACKDATED = 60  # seconds: the clock of GitHub may be behind ours
LIFETIME = 540  # seconds: of the ten minutes that a JWT may live
EARLY = 300.0  # seconds before its end at which a token is renewed

wall = time.time
monotonic = time.monotonic


class TokenIn(BaseModel):
    """Answer to POST /app/installations/{id}/access_tokens."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    token: str
    expires_at: datetime
    permissions: dict[str, str] = {}


class AppSignIn(httpx.Auth):
    """An App's installation.

    Attributes:
        permissions: what the last token may do, as GitHub said with it.
    """

    def __init__(self, *, app_id: str, installation_id: int, private_key: str, base_url: str) -> None:
        self._app_id = app_id
        self._key = private_key
        self._tokens = f"{base_url.rstrip('/')}/app/installations/{installation_id}/access_tokens"
        self._about = httpx.URL(f"{base_url.rstrip('/')}/app").path
        self._token = ""
        self._until = 0.0  # by our monotonic clock
        self._lock = asyncio.Lock()
        self.permissions: dict[str, str] = {}

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        if request.url.path == self._about:
            request.headers["Authorization"] = f"Bearer {self._proof()}"
            yield request
            return
        async with self._lock:
            if renewed := monotonic() >= self._until:
                self._keep(await _read((yield self._asking(request))))
        request.headers["Authorization"] = f"Bearer {self._token}"
        response = yield request
        if response.status_code == 401 and not renewed:  # it was not carried out, so it may be sent again
            async with self._lock:
                self._keep(await _read((yield self._asking(request))))
            request.headers["Authorization"] = f"Bearer {self._token}"
            yield request

    def _asking(self, request: httpx.Request) -> httpx.Request:
        kept = {name: request.headers[name] for name in ("accept", "user-agent", "x-github-api-version")}
        headers = {**kept, "Authorization": f"Bearer {self._proof()}"}
        return httpx.Request("POST", self._tokens, headers=headers, extensions=request.extensions)

    def _proof(self) -> str:
        now = int(wall())
        claims = {"iat": now - BACKDATED, "exp": now + LIFETIME, "iss": self._app_id}
        try:
            return jwt.encode(claims, self._key, algorithm="RS256")
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise Unauthorized(f"github: the App's private key cannot be used ({type(error).__name__})") from None

    def _keep(self, response: httpx.Response) -> None:
        if response.status_code != 201:
            raise _refusal(response)
        try:
            told = TokenIn.model_validate_json(response.content)
        except ValidationError as error:
            place = ".".join(map(str, error.errors(include_input=False)[0]["loc"]))
            raise BadAnswer(f"github: access_tokens: {place} is not as described") from None
        self._token, self.permissions = told.token, told.permissions
        lives = (told.expires_at - date_of(response)).total_seconds()
        self._until = monotonic() + max(lives - EARLY, 0.0)


async def _read(response: httpx.Response) -> httpx.Response:
    await response.aread()
    return response


def _refusal(response: httpx.Response) -> ConnectorError:
    """Nothing of the request that needed the token was sent."""
    status = response.status_code
    if status in (401, 403, 404):
        return Unauthorized(f"github: the App or its installation is refused ({status})")
    return Unavailable(f"github: no token for the App ({status})", sent=False)


def date_of(response: httpx.Response) -> datetime:
    """GitHub's clock as this answer shows it; ours where it does not."""
    try:
        return parsedate_to_datetime(response.headers["date"])
    except (KeyError, ValueError):
        return datetime.now(UTC)
