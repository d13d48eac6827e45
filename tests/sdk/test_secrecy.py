"""A header that may carry a secret is known by its name, whichever vendor thought of it."""

from __future__ import annotations

import pytest

from syncd.sdk.secrecy import is_secret


@pytest.mark.parametrize(
    "name",
    [
        "authorization", "Proxy-Authorization", "PROXY-AUTHENTICATE", "X-Auth", "x-auth-request-user", "cookie",
        "Set-Cookie", "x-api-key", "X-ApiKey", "apikey", "api_key", "Private-Token", "access_token", "accessToken",
        "tokens", "X-Gitlab-Token", "webhook_secret", "clientSecret", "x-hub-signature-256", "HTTPSignature",
        "x-vendor-webhook-signature-timestamp",
    ],
)  # fmt: skip
def test_a_name_that_speaks_of_a_secret_is_hidden(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        "accept", "content-type", "etag", "if-match", "retry-after", "x-request-id", "author", "authors", "x-author-id",
        "connection", "reason", "link", "keyboard", "keyed", "tokenized", "secretary", "",
    ],
)  # fmt: skip
def test_other_names_are_shown(name: str) -> None:
    assert not is_secret(name)
