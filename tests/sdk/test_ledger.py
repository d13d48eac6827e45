"""Connections that sign in with one credential share what is left of its limits; others never do."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from syncd.sdk.budget import Ledger, digest_of
from syncd.sdk.connector import ConnectionConfig
from syncd.sdk.errors import RateLimited
from syncd_jira import Jira, JiraConfig

TOKEN = "a-token-of-24-characters"
OAUTH = {"client_id": "app", "client_secret": "x", "refresh_token": "first"}


def config(**more: Any) -> JiraConfig:
    block = {"connector": "jira", "url": "https://acme.atlassian.net", "email": "a@acme.example", "token": TOKEN}
    given = {**block, **more}
    return JiraConfig.model_validate({key: value for key, value in given.items() if value is not None})


class Site:
    """Answers each request, or that it was one too many."""

    def __init__(self) -> None:
        self.status = 200
        self.asked = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        left = {"x-ratelimit-limit": "100", "x-ratelimit-remaining": "50", "x-ratelimit-reset": "2999-01-01T00:00:00Z"}
        return httpx.Response(self.status, json={}, headers={**left, "retry-after": "30"})


def connected(site: Site, ledger: Ledger, **more: Any) -> Jira:
    return Jira(config(**more), connection="jira", transport=httpx.MockTransport(site), ledger=ledger)


async def test_one_that_is_told_to_wait_makes_the_other_one_wait() -> None:
    site, ledger = Site(), Ledger()
    desk, core = (connected(site, ledger, projects=[key]) for key in ("HELP", "CORE"))
    other = connected(site, ledger, token="another-token-of-24-char")
    await desk._client.request("GET", "/x")
    assert core.quotas() == desk.quotas() != ()
    assert other.quotas() == ()
    site.status = 429
    with pytest.raises(RateLimited):
        await desk._client.request("GET", "/x")
    before, site.status = site.asked, 200
    with pytest.raises(RateLimited):
        await core._client.request("GET", "/x")
    assert site.asked == before, "nothing was sent"
    await other._client.request("GET", "/x")
    await core._nobody.request("GET", "/x")  # who asks as a stranger spends nothing of it
    for each in (desk, core, other):
        await each.aclose()


def test_a_credential_is_known_by_all_that_it_is_made_of() -> None:
    same, cloud = config(projects=["CORE"]), {"email": None, "token": None, "cloud_id": "1"}
    assert digest_of(same) == digest_of(config())
    others = [
        config(token="another-token-of-24-char"),
        config(**cloud, oauth=OAUTH),
        config(**cloud, oauth={**OAUTH, "refresh_token": "second"}),
        config(**cloud, oauth={**OAUTH, "client_id": "other"}),
    ]
    assert len({digest_of(each) for each in [same, *others]}) == 5
    assert TOKEN not in digest_of(same)
    assert digest_of(ConnectionConfig(connector="x", url="https://x.example")) == ""
