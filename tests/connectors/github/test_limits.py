"""GitHub's limits and its ways to sign in."""

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import ValidationError

from syncd.core.model import Internal
from syncd.sdk.budget import Budget
from syncd.sdk.connector import Message
from syncd.sdk.errors import Forbidden, RateLimited, Unauthorized, Unavailable
from syncd.sdk.testing.faults import Status
from syncd.sdk.testing.simulator import Account, Limit
from syncd_github import GitHub, GitHubConfig, auth
from syncd_github.limits import Pace, Refusals, read_quotas
from syncd_github.simulator.apps import App
from syncd_github.simulator.shapes import BOT
from tests.connectors.github.world import GitHubWorld

TITLE = {"title": "Export fails"}
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
RESET = str(int(NOW.timestamp()) + 600)


def refused(status: int, message: str = "", **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = httpx.Request("GET", "https://api.github.example/x")
    return httpx.Response(status, headers=named, json={"message": message}, request=request)


@pytest.fixture
def refusals() -> Refusals:
    made = Refusals()
    made.budget = Budget("acme", now=lambda: NOW)
    return made


# -- limits


@pytest.mark.parametrize("status", [403, 429])
@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry_after": "17"}, 17),
        ({"x_ratelimit_remaining": "0", "x_ratelimit_reset": RESET}, 600),
        ({"retry_after": "17", "x_ratelimit_remaining": "0", "x_ratelimit_reset": RESET}, 17),
        ({"x_ratelimit_remaining": "12", "x_ratelimit_reset": RESET}, 60),
        ({"retry_after": "99999"}, 3600),
        ({"retry_after": "soon"}, 60),
    ],
)
def test_a_used_up_limit_is_waited_for(refusals: Refusals, status: int, headers: dict[str, str], wait: float) -> None:
    error = refusals.explain(refused(status, "You have exceeded a secondary rate limit.", **headers))
    assert isinstance(error, RateLimited)
    assert error.retry_after == wait
    with pytest.raises(RateLimited):
        refusals.budget.spend()


def test_an_unexplained_limit_is_waited_for_longer_each_time(refusals: Refusals) -> None:
    waits = []
    for _ in range(8):
        error = refusals.explain(refused(403, "You have exceeded a secondary rate limit."))
        assert isinstance(error, RateLimited)
        waits.append(error.retry_after)
    assert waits == [60, 120, 240, 480, 960, 1920, 3600, 3600]


def test_a_right_that_is_missing_is_no_limit(refusals: Refusals) -> None:
    assert refusals.explain(refused(403, "Resource not accessible by personal access token")) is None


def test_the_limit_of_the_search_holds_nothing_else_back(refusals: Refusals) -> None:
    headers = {"x_ratelimit_remaining": "0", "x_ratelimit_reset": RESET, "x_ratelimit_resource": "search"}
    assert isinstance(refusals.explain(refused(403, "API rate limit exceeded", **headers)), RateLimited)
    refusals.budget.spend()
    assert read_quotas({name.replace("_", "-"): value for name, value in headers.items()}, NOW) == ()


@pytest.mark.parametrize(
    "bad", [{"x-ratelimit-reset": "soon"}, {"x-ratelimit-limit": ""}, {"x-ratelimit-remaining": "x"}]
)
def test_strange_limits_are_no_limits(bad: dict[str, str]) -> None:
    good = {"x-ratelimit-limit": "5000", "x-ratelimit-remaining": "9", "x-ratelimit-reset": RESET}
    [quota] = read_quotas(good, NOW)
    assert (quota.limit, quota.remaining, quota.resets) == (5000, 9, NOW + timedelta(minutes=10))
    assert read_quotas({**good, **bad}, NOW) == ()


@pytest.mark.shows("limit seen before it is hit")
async def test_the_hourly_limit_is_seen_before_it_is_hit(world: GitHubWorld) -> None:
    world.clock.now = datetime.now(UTC)  # the budget goes by the real one
    world.simulator.hourly = Limit(20, window=timedelta(hours=1))
    connector = world.connector()
    await connector.check()
    ref = await world.open(TITLE)
    [quota] = connector.quotas()
    assert (quota.limit, quota.remaining) == (20, 18)
    for _ in range(16):
        await connector.fetch(ref)
    with pytest.raises(RateLimited):
        await connector.fetch(ref)
    assert world.simulator.hourly.remaining == 2  # a tenth is kept for what is more urgent


@pytest.mark.shows("limit obeyed when it is hit")
async def test_the_hourly_limit_used_up_by_others_is_a_403_with_nothing_left(world: GitHubWorld) -> None:
    world.clock.now = datetime.now(UTC)
    connector = world.connector()
    await connector.check()
    ref = await world.open(TITLE)
    world.simulator.hourly = Limit(5, window=timedelta(hours=1), used=5, opened=world.clock())
    with pytest.raises(RateLimited) as limited:
        await connector.fetch(ref)
    assert 3500 < limited.value.retry_after <= 3600
    with pytest.raises(RateLimited):
        await connector.fetch(ref)
    assert [call.status for call in world.simulator.requests if call.status == 403] == [403]  # asked once


async def test_too_much_content_in_a_minute_is_a_secondary_limit(github: GitHub, world: GitHubWorld) -> None:
    ref = await world.open(TITLE)
    for number in range(80):
        await github.comment(ref, Message(Internal(f"{number}")), key=f"k{number}", expect="")
        world.clock.now -= timedelta(seconds=1.05)  # as if no pause were made
    with pytest.raises(RateLimited) as limited:
        await github.comment(ref, Message(Internal("one more")), key="k", expect="")
    assert limited.value.retry_after == 60
    assert len(world.issue(ref).comments) == 80


async def test_an_unknown_refusal_is_a_missing_right(github: GitHub, world: GitHubWorld) -> None:
    ref = await world.open(TITLE)
    world.repository.visibility, world.repository.push = "public", set()
    with pytest.raises(Forbidden):
        await github.update(ref, {"status": "completed"}, expect="")


async def test_one_write_at_a_time_with_a_pause_after_each() -> None:
    pace, log = Pace(0.05), list[float]()

    async def write() -> None:
        async with pace.turn():
            log.append(time.monotonic())

    await asyncio.gather(*(write() for _ in range(3)))
    assert all(later - earlier >= 0.05 for earlier, later in pairwise(log))


async def test_who_would_wait_too_long_comes_back_later() -> None:
    pace = Pace(21.0)
    pace._waiting = 1
    with pytest.raises(RateLimited) as limited:
        async with pace.turn():
            raise AssertionError("nothing is sent")
    assert limited.value.retry_after == 21
    assert pace._waiting == 1


# -- an App


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key: rsa.RSAPrivateKey) -> str:
    raw = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return key.private_bytes(*raw).decode()


@pytest.fixture
def world_of_app(key: rsa.RSAPrivateKey, monkeypatch: pytest.MonkeyPatch) -> GitHubWorld:
    """A world with an App installed, in which our clocks are the vendor's."""
    world = GitHubWorld(app_id="12345", installation_id=77, private_key=pem(key))
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    bot = Account("8080", "syncd-of-acme[bot]", scopes=frozenset({BOT}))
    world.simulator.app = App(12345, "syncd-of-acme", 77, public.decode(), bot)
    world.repository.push.add(bot.id)
    monkeypatch.setattr(auth, "wall", lambda: world.clock().timestamp())
    monkeypatch.setattr(auth, "monotonic", lambda: world.clock().timestamp())
    return world


def renewals(world: GitHubWorld) -> int:
    return sum(call.endswith("/access_tokens") for call in world.calls())


async def test_an_app_acts_as_its_bot_and_knows_its_own_words(world_of_app: GitHubWorld) -> None:
    world = world_of_app
    connector = world.connector()
    account = await connector.check()
    assert (account.id, account.name, account.lacks) == ("8080", "syncd of Acme", ())
    ref = await world.open(TITLE)
    posted = await connector.comment(ref, Message(Internal("Hello")), key="key-1", expect="")
    assert (posted.comment.author.id, posted.comment.key) == ("syncd-of-acme[bot]", "key-1")
    assert renewals(world) == 1


async def test_the_token_is_renewed_before_its_hour_ends(world_of_app: GitHubWorld) -> None:
    world = world_of_app
    connector = world.connector()
    await connector.check()
    ref = await world.open(TITLE)
    for minutes, expected in ((54, 1), (2, 2), (30, 2), (26, 3)):
        world.clock.advance(timedelta(minutes=minutes))
        await connector.fetch(ref)
        assert renewals(world) == expected
    assert not [call for call in world.simulator.requests if call.status == 401]


async def test_a_token_that_is_refused_early_is_renewed_once_and_the_write_is_made_once(
    world_of_app: GitHubWorld,
) -> None:
    world = world_of_app
    connector = world.connector()
    await connector.check()
    ref = await world.open(TITLE)
    assert world.simulator.app
    world.simulator.app.tokens.clear()
    await connector.update(ref, {"status": "completed"}, expect="")
    assert world.issue(ref).state_reason == "completed"
    assert renewals(world) == 2


async def test_an_app_that_was_uninstalled_pauses_the_connection(world_of_app: GitHubWorld) -> None:
    world = world_of_app
    assert world.simulator.app
    world.simulator.app.installation = 78
    with pytest.raises(Unauthorized):
        await world.connector().check()


async def test_no_token_in_an_outage_is_come_again_and_nothing_was_sent(world_of_app: GitHubWorld) -> None:
    world = world_of_app
    connector = world.connector()
    await connector.check()
    ref = await world.open(TITLE)
    world.clock.advance(timedelta(hours=1))
    world.simulator.faults.on("POST */access_tokens", Status(503))
    with pytest.raises(Unavailable) as failed:
        await connector.update(ref, {"title": "x"}, expect="")
    assert not failed.value.sent
    assert world.issue(ref).title == TITLE["title"]


async def test_an_app_without_the_permission_says_so(world_of_app: GitHubWorld) -> None:
    world = world_of_app
    assert world.simulator.app
    world.simulator.app.permissions = {"issues": "read", "metadata": "read"}
    assert (await world.connector().check()).lacks == ("write issues (the App's permission `issues: write`)",)


async def test_the_proof_is_short_lived_and_signed_with_the_key(
    world_of_app: GitHubWorld, key: rsa.RSAPrivateKey
) -> None:
    world, seen = world_of_app, list[dict[str, Any]]()
    right = App.proves

    def noting(self: App, proof: str, *, now: datetime) -> bool:
        seen.append(
            jwt.decode(
                proof, key.public_key(), algorithms=["RS256"], options={"verify_exp": False, "verify_iat": False}
            )
        )
        return right(self, proof, now=now)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(App, "proves", noting)
        await world.connector().check()
    for claims in seen:
        assert claims["iss"] == "12345"
        assert claims["iat"] < world.clock().timestamp() < claims["exp"]
        assert claims["exp"] - claims["iat"] <= 600
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    with pytest.raises(Unauthorized):
        await world.connector(
            private_key=GitHubConfig.model_validate(
                {**world.simulator.connection(app_id="1", installation_id=1, private_key=pem(other))}
            ).private_key
        ).check()


async def test_a_key_that_is_none_is_told_and_not_shown(world_of_app: GitHubWorld) -> None:
    world = world_of_app
    config = {**json.loads(world.config.model_dump_json()), "private_key": "kestrel", "webhook_secret": "x"}
    with pytest.raises(Unauthorized, match="private key") as caught:
        await GitHub(GitHubConfig.model_validate(config), transport=world.transport).check()
    assert "kestrel" not in str(caught.value)


async def test_a_refused_token_pauses_the_connection(world: GitHubWorld) -> None:
    config = GitHubConfig.model_validate(world.simulator.connection(token="wrong"))
    with pytest.raises(Unauthorized):
        await GitHub(config, transport=world.transport).check()


# -- the config


@pytest.mark.parametrize(
    "bad",
    [
        {},
        {"token": "t", "app_id": "1"},
        {"app_id": "1", "private_key": "k"},
        {"token": "t", "repositories": []},
        {"token": "t", "repositories": ["core"]},
        {"token": "t", "repositories": ["acme/core/../x"]},
        {"token": "t", "label_fields": {"title": "t: "}},
        {"token": "t", "label_fields": {"team": " "}},
    ],
)
def test_a_config_that_cannot_work_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        GitHubConfig.model_validate({"connector": "github", "repositories": ["acme/core"], **bad})
    GitHubConfig.model_validate({"connector": "github", "repositories": ["acme/core"], "token": "t"})
