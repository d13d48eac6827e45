"""How a connector opens its client: by what it signs in, and the rest out of its config and its wiring."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass

import httpx
from pydantic import SecretStr

from syncd.sdk.budget import ReadQuotas
from syncd.sdk.connector import Connector
from syncd.sdk.http import Client, Explain
from syncd.sdk.oauth import OAuth, OAuthConfig


class Header(httpx.Auth):
    """A credential that goes with each request as it is.

    Args:
        credential: None only where the config has refused that before; then it is empty.
        form: the header's value, with `{}` where the credential stands.
    """

    def __init__(self, credential: SecretStr | None, form: str = "Bearer {}", *, name: str = "authorization") -> None:
        self._name, self._value = name, form.format(_plain(credential))

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers[self._name] = self._value
        yield request


class Basic(httpx.BasicAuth):
    """A user and a password (RFC 7617)."""

    def __init__(self, user: str | None, password: SecretStr | None) -> None:
        super().__init__(user or "", _plain(password))


@dataclass(frozen=True, slots=True)
class Tokens:
    """Access tokens that end and are renewed.

    Attributes:
        url: the vendor's usual place of tokens.
        json: whether it is asked in JSON, where the vendor's documents show nothing else; else in a form (RFC 6749).
    """

    config: OAuthConfig
    url: str
    json: bool = False


SignIn = httpx.Auth | Tokens


def open_client(
    connector: Connector,
    base_url: str,
    *,
    sign_in: SignIn | None = None,
    headers: Mapping[str, str] | None = None,
    explain: Explain | None = None,
    quotas: ReadQuotas | None = None,
    download_hosts: frozenset[str] = frozenset(),
) -> Client:
    """A client of this connector; the arguments are those of `Client`, and without `sign_in` it asks as a stranger."""
    address = base_url.rstrip("/")
    return Client(
        address,
        connection=connector.connection,
        timeout=connector.config.timeout,
        headers=headers,
        auth=_auth(connector, sign_in),
        transport=connector.transport,
        observer=connector.observer,
        explain=explain,
        quotas=quotas,
        limits=connector.ledger.limits(connector.config, address) if connector.ledger and sign_in else None,
        download_hosts=download_hosts,
    )


def _auth(connector: Connector, sign_in: SignIn | None) -> httpx.Auth | None:
    """One renewal for all clients of a connector."""
    if not isinstance(sign_in, Tokens):
        return sign_in
    connector.renewed = connector.renewed or OAuth(
        sign_in.config,
        token_url=sign_in.url,
        json=sign_in.json,
        connection=connector.connection,
        vault=connector.vault,
        now=connector.now,
    )
    return connector.renewed


def _plain(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
