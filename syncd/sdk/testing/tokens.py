"""Where a simulated vendor gives access tokens that end (RFC 6749, 4.4 and 6), with refresh tokens as it has them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

CLIENT_ID, CLIENT_SECRET = "syncd", "client-secret-of-syncd"


class TokenEndpoint:
    """Gives tokens to one application; its `give` is the handler of a POST route.

    Attributes:
        itself: whether the application may sign in as itself; else by a refresh token alone.
        life: of an access token.
        grace: how long a refresh token that was used may be used again, for an answer that was lost.
        rotates: whether each renewal gives another refresh token; else the first one stays good.
        alone: whether a renewal ends the access tokens that were given before.
        json: whether it is asked in JSON; else in a form.
        refresh_life: of a refresh token, which is told then.
        refresh_ends: when all of them end, however often they are renewed, which is told then.
        refused: the status of a refusal of a refresh token.
        given, asked: how many tokens it gave, and how many requests came.
        failing: a status that it answers instead, while it is set.
    """

    def __init__(
        self,
        client_id: str = CLIENT_ID,
        client_secret: str = CLIENT_SECRET,
        *,
        clock: Callable[[], datetime],
        refresh: str = "",
        itself: bool = True,
        rotates: bool = True,
        alone: bool = False,
        json: bool = False,
        refused: int = 400,
    ) -> None:
        self._client, self._clock = (client_id, client_secret), clock
        self._used: dict[str, datetime | None] = {refresh: None} if refresh else {}  # when each was used
        self._ends: dict[str, datetime] = {}  # of those refresh tokens that do
        self._access: dict[str, datetime] = {}  # when each ends
        self.itself, self.rotates, self.alone, self.json, self.refused = itself, rotates, alone, json, refused
        self.life = timedelta(hours=24)
        self.grace = timedelta(0)
        self.refresh_life: timedelta | None = None
        self.refresh_ends: datetime | None = None
        self.given = 0
        self.asked = 0
        self.failing: int | None = None

    def route(self, path: str) -> Route:
        return Route(path, self.give, methods=["POST"])

    def knows(self, access: str) -> bool:
        ends = self._access.get(access)
        return ends is not None and self._clock() < ends

    def revoke_all(self) -> None:
        """As when somebody takes the application's right away: what was given is good for nothing."""
        self._access.clear()

    async def give(self, request: Request) -> Response:
        self.asked += 1
        if self.failing:
            return JSONResponse({"error": "temporarily_unavailable"}, self.failing, {"retry-after": "7"})
        said = await self._said(request)
        if said is None:
            return JSONResponse({"error": "invalid_request"}, 400)
        if (said.get("client_id"), said.get("client_secret")) != self._client:
            return JSONResponse({"error": "invalid_client"}, 401)
        if said.get("grant_type") == "client_credentials" and self.itself:
            return self._token()
        if said.get("grant_type") != "refresh_token":
            return JSONResponse({"error": "unauthorized_client"}, 400)
        return self._renewal(said.get("refresh_token", ""))

    async def _said(self, request: Request) -> Mapping[str, str] | None:
        """None for a body of the other kind."""
        if request.headers.get("content-type", "").startswith("application/json") != self.json:
            return None
        said = await request.json() if self.json else await request.form()
        return {name: str(value) for name, value in said.items()}

    def _renewal(self, refresh: str) -> Response:
        if not self._usable(refresh):
            return JSONResponse({"error": "invalid_grant"}, self.refused)
        if self.alone:
            self._access.clear()
        if not self.rotates:
            return self._token()
        self._used[refresh] = self._used[refresh] or self._clock()
        return self._token(refresh=secrets.token_urlsafe(12))

    def _usable(self, refresh: str) -> bool:
        now = self._clock()
        if refresh not in self._used or (refresh in self._ends and self._ends[refresh] <= now):
            return False
        used = self._used[refresh]
        return used is None or now < used + self.grace

    def _token(self, *, refresh: str = "") -> Response:
        self.given += 1
        access = secrets.token_urlsafe(12)
        self._access[access] = self._clock() + self.life
        body = {"access_token": access, "token_type": "Bearer", "expires_in": int(self.life.total_seconds())}
        if refresh:
            self._used[refresh] = None
            body["refresh_token"] = refresh
        left = self.refresh_ends - self._clock() if self.refresh_ends else self.refresh_life
        if refresh and left:
            self._ends[refresh] = self._clock() + left
            body["refresh_token_expires_in"] = int(left.total_seconds())
        return JSONResponse(body, headers={"cache-control": "no-store"})
