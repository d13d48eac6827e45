"""Where a simulated vendor gives access tokens that end (RFC 6749, 4.4 and 6), with refresh tokens that change."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, Response


class TokenEndpoint:
    """Gives tokens to one application; its `give` is the handler of a POST route.

    Attributes:
        life: of an access token.
        grace: how long a refresh token that was used may be used again, for an answer that was lost.
        given: how many tokens it gave.
        failing: a status that it answers instead, while it is set.
    """

    def __init__(self, client_id: str, client_secret: str, *, clock: Callable[[], datetime], refresh: str = "") -> None:
        self._client, self._clock = (client_id, client_secret), clock
        self._refresh: dict[str, datetime | None] = {refresh: None} if refresh else {}  # when each was used
        self._access: dict[str, datetime] = {}  # when each ends
        self.life = timedelta(hours=24)
        self.grace = timedelta(0)
        self.given = 0
        self.failing: int | None = None

    def knows(self, access: str) -> bool:
        ends = self._access.get(access)
        return ends is not None and self._clock() < ends

    def revoke_all(self) -> None:
        """As when somebody takes the application's right away: what was given is good for nothing."""
        self._access.clear()

    async def give(self, request: Request) -> Response:
        form = await request.form()
        said = {name: str(value) for name, value in form.items()}
        if self.failing:
            return JSONResponse({"error": "temporarily_unavailable"}, self.failing, {"retry-after": "7"})
        if (said.get("client_id"), said.get("client_secret")) != self._client:
            return JSONResponse({"error": "invalid_client"}, 401)
        if said.get("grant_type") == "client_credentials" and not self._refresh:
            return self._token()
        if said.get("grant_type") != "refresh_token":
            return JSONResponse({"error": "unauthorized_client"}, 400)
        if not self._usable(said.get("refresh_token", "")):
            return JSONResponse({"error": "invalid_grant"}, 400)
        self._refresh[said["refresh_token"]] = self._refresh[said["refresh_token"]] or self._clock()
        return self._token(refresh=True)

    def _usable(self, refresh: str) -> bool:
        if refresh not in self._refresh:
            return False
        used = self._refresh[refresh]
        return used is None or self._clock() < used + self.grace

    def _token(self, *, refresh: bool = False) -> Response:
        self.given += 1
        access = secrets.token_urlsafe(12)
        self._access[access] = self._clock() + self.life
        body = {"access_token": access, "token_type": "Bearer", "expires_in": int(self.life.total_seconds())}
        if refresh:
            body["refresh_token"] = following = secrets.token_urlsafe(12)
            self._refresh[following] = None
        return JSONResponse(body, headers={"cache-control": "no-store"})
