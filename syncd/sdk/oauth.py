"""Sign-in by OAuth 2: access tokens that end, and are renewed before they do.

Two grants of RFC 6749: client credentials (4.4), for an application that acts as itself, and refresh token (6), for one
that a person has let in. A vendor may give another refresh token with each renewal and refuse the former from then on
(RFC 9700, 4.14.2); so what it gave is kept in the connection's `Vault` before it is used.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncGenerator, Callable, Generator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import httpx
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from syncd.sdk.errors import BadAnswer, ConnectorError, RateLimited, Unauthorized, Unavailable

EARLY = timedelta(minutes=5)  # so much before its end a token is renewed, or after half its life if that is shorter
UNTOLD = timedelta(hours=1)  # the life of a token whose end the vendor does not tell
WAIT = 30.0  # seconds, where a limit does not say how long
SAME = 60.0  # seconds by which two tellings of one end may differ
AT_ONCE = 0.5  # seconds that another process may need to keep what it got


class OAuthConfig(BaseModel):
    """The `oauth` block of a connection."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    client_id: str = Field(description="The application's id at the vendor.")
    client_secret: SecretStr = Field(description="The application's secret.")
    refresh_token: SecretStr | None = Field(
        default=None,
        description="The first refresh token; those that follow are kept encrypted in the store. Without one the "
        "application signs in as itself (client credentials).",
    )
    scope: str | None = Field(default=None, description="What to ask for, where the vendor's default is not enough.")
    token_url: str | None = Field(default=None, description="Where tokens are given, where it is not the usual place.")


class OAuthByPerson(OAuthConfig):
    """The `oauth` block where no application signs in as itself: a person lets it in."""

    refresh_token: SecretStr = Field(
        description="The first refresh token; those that follow are kept encrypted in the store."
    )


class Vault(Protocol):
    """Where a connection keeps what its vendor gave it and would not give again.

    Attributes:
        lasting: whether what is kept is there for the next process; else no refresh token is used, which may be good
            for one use and followed by another one that would be lost.
    """

    lasting: bool

    async def load(self) -> str | None: ...

    async def save(self, text: str) -> None:
        """Keep it; it is safe when this returns."""
        ...


class MemoryVault:
    """Keeps it as long as the process lives."""

    lasting = False

    def __init__(self) -> None:
        self.text: str | None = None

    async def load(self) -> str | None:
        return self.text

    async def save(self, text: str) -> None:
        self.text = text


@dataclass(frozen=True, slots=True)
class _Tokens:
    """What the vendor gave: `root` is a digest of the configured refresh token that this one descends from.

    Times are seconds since 1970.
    """

    root: str
    access: str
    renew: float
    refresh: str | None = None
    told: float | None = None  # when the refresh token ends, where the vendor tells
    ends: float | None = None  # the same, where no renewal moves it


class OAuth(httpx.Auth):
    """Puts an access token on each request, and renews it in time: one renewal at a time, never again after a refusal.

    Args:
        token_url: the vendor's usual place of tokens.
        json: whether it is asked in JSON; else in a form.
        vault: the connection's.

    Raises, from the request that needed the token:
        Unauthorized: the vendor refuses the application or its refresh token.
        Unavailable, RateLimited, BadAnswer: it gave none now.
    """

    def __init__(
        self,
        config: OAuthConfig,
        *,
        token_url: str,
        connection: str,
        json: bool = False,
        vault: Vault,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._config, self._url, self._connection = config, config.token_url or token_url, connection
        self._vault, self._now, self._json = vault, now, json
        self._tokens: _Tokens | None = None
        self._refused = ""
        self._turn = asyncio.Lock()
        self._failed: ConnectorError | None = None  # why the last request for a token gave none
        self._failures = 0

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        raise RuntimeError("a connector speaks asynchronously")

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        before = self._failures
        async with self._turn:
            if not self._good():
                await self._look()
            if not self._good():
                if self._failed and self._failures != before:
                    raise self._failed  # who waited meanwhile need not ask the same again
                answer = yield self._asking()
                await answer.aread()
                await self._learn_or_look(answer)
        access = self._tokens.access if self._tokens else ""
        request.headers["authorization"] = f"Bearer {access}"
        response = yield request
        if response.status_code == httpx.codes.UNAUTHORIZED:
            self._refused = access  # taken back before its end: the next request asks for another one
            if await self._renewed_elsewhere() and isinstance(request.stream, httpx.ByteStream):
                request.headers["authorization"] = f"Bearer {self._tokens.access if self._tokens else ''}"
                yield request  # it was not carried out, and its body can be sent again

    async def _renewed_elsewhere(self) -> bool:
        """Whether another process renewed it meanwhile: some vendors take the former token back with each renewal."""
        async with self._turn:
            await self._look()
            return self._good()

    def _good(self) -> bool:
        held = self._tokens
        return bool(held and held.access != self._refused and self._now().timestamp() < held.renew)

    async def _look(self) -> None:
        """What the vault has: another process may have renewed it, or this one before it was started anew."""
        kept = _read(await self._vault.load())
        if kept and kept.root == self._root:
            self._tokens = kept

    @property
    def ends(self) -> datetime | None:
        """When the sign-in ends, however often it is renewed; None where the vendor tells none, or renewals move it."""
        fixed = self._tokens and self._tokens.ends
        return datetime.fromtimestamp(fixed, UTC) if fixed else None

    @property
    def _root(self) -> str:
        first = self._config.refresh_token
        return hashlib.sha256((first.get_secret_value() if first else self._config.client_id).encode()).hexdigest()

    def _asking(self) -> httpx.Request:
        first = self._config.refresh_token
        refresh = (self._tokens and self._tokens.refresh) or (first and first.get_secret_value())
        if refresh and not self._vault.lasting:
            raise Unauthorized(
                f"{self._connection}: no store is there yet to keep the next refresh token; "
                "`syncd check --online` makes one"
            )
        asked = {
            "grant_type": "refresh_token" if refresh else "client_credentials",
            "client_id": self._config.client_id,
            "client_secret": self._config.client_secret.get_secret_value(),
            **({"refresh_token": refresh} if refresh else {}),
            **({"scope": self._config.scope} if self._config.scope else {}),
        }
        body: dict[str, Any] = {"json": asked} if self._json else {"data": asked}
        return httpx.Request("POST", self._url, headers={"accept": "application/json"}, **body)

    async def _learn_or_look(self, answer: httpx.Response) -> None:
        """Two processes may use one refresh token at once: then one is refused, and finds what the other one got."""
        try:
            await self._learn(answer)
        except ConnectorError as error:
            if isinstance(error, Unauthorized) and self._vault.lasting:
                await asyncio.sleep(AT_ONCE)
                await self._look()
            if not self._good():
                self._failed, self._failures = error, self._failures + 1
                raise

    async def _learn(self, answer: httpx.Response) -> None:
        """Keep what was given, first in the vault."""
        given = _given(answer, self._connection)
        now, life = self._now(), _life(given)
        refresh, left = given.get("refresh_token"), _seconds(given.get("refresh_token_expires_in"))
        before = self._tokens.told if self._tokens else None
        told = (now + left).timestamp() if left else None if refresh else before
        made = _Tokens(
            root=self._root,
            access=given["access_token"],
            renew=(now + max(life - EARLY, life / 2)).timestamp(),
            refresh=refresh or (self._tokens.refresh if self._tokens else None),
            told=told,
            ends=told if told and (not refresh or (before and told < before + SAME)) else None,
        )
        await self._vault.save(json.dumps(asdict(made)))
        self._tokens = made


def _read(text: str | None) -> _Tokens | None:
    return _Tokens(**json.loads(text)) if text else None


def _life(given: dict[str, Any]) -> timedelta:
    return _seconds(given.get("expires_in")) or UNTOLD


def _seconds(said: object) -> timedelta | None:
    return timedelta(seconds=float(said)) if isinstance(said, int | float) and said > 0 else None


def _given(answer: httpx.Response, connection: str) -> dict[str, Any]:
    """The vendor's answer to a request for a token (RFC 6749, 5); no error shows anything of it but its code."""
    if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        raise RateLimited(f"{connection}: too many requests for tokens", retry_after=_wait(answer))
    if answer.is_server_error:
        raise Unavailable(f"{connection}: no token was given ({answer.status_code})", sent=False)
    try:
        found = answer.json()
    except ValueError:
        found = None
    if answer.is_success and isinstance(found, dict) and isinstance(found.get("access_token"), str):
        return found
    if answer.is_client_error:
        raise Unauthorized(f"{connection}: no token was given: {_refusal(found)} (`connections.{connection}.oauth`)")
    raise BadAnswer(f"{connection}: the answer to a request for a token has none ({answer.status_code})")


_REFUSALS = {
    "invalid_client": "the vendor does not know this application; correct `client_id` and `client_secret`",
    "invalid_grant": "the refresh token has ended or was used elsewhere; let the application in again, and put the new "
    "one into `refresh_token`",
    "invalid_scope": "the application may not have this scope; correct `scope`",
    "unauthorized_client": "the application may not sign in in this way; allow it at the vendor",
}
"""RFC 6749, 5.2; any other code is a word of the vendor's that is not repeated."""


def _refusal(found: object) -> str:
    code = found.get("error") if isinstance(found, dict) else None
    return _REFUSALS.get(str(code), "the vendor refused the request; see what it says of the application")


def _wait(answer: httpx.Response) -> float:
    said = answer.headers.get("retry-after", "")
    return float(said) if said.isdecimal() else WAIT
