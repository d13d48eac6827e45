"""Errors say what to do, in a 200 as in a 400; two limits, and no query that costs too much."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from syncd.sdk.errors import (
    BadAnswer,
    ConnectorError,
    Forbidden,
    NotFound,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
)
from syncd.sdk.testing.promises.base import poll
from syncd_linear import Linear, LinearConfig
from tests.connectors.linear.world import BACKLINK, LinearWorld, draft


def answering(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> httpx.MockTransport:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx.MockTransport(lambda request: httpx.Response(status, content=content, headers=headers))


def with_answer(world: LinearWorld, body: Any, status: int = 200, **headers: str) -> Linear:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return Linear(LinearConfig(**world.settings), transport=answering(body, status, given))


def error(message: str, code: str, type: str = "") -> dict[str, Any]:
    return {"data": None, "errors": [{"message": message, "extensions": {"code": code, "type": type}}]}


@pytest.mark.parametrize(
    ("said", "status", "expected"),
    [
        (error("no", "AUTHENTICATION_ERROR"), 200, Unauthorized),
        (error("no", "", "authentication error"), 401, Unauthorized),
        (error("no", "FORBIDDEN", "forbidden"), 200, Forbidden),
        (error("no", "FEATURE_NOT_ACCESSIBLE", "feature not accessible"), 200, Forbidden),
        (error("Entity not found: Issue", "INPUT_ERROR", "invalid input"), 200, NotFound),
        (error("Argument Validation Error", "INPUT_ERROR", "invalid input"), 400, NotFound),
        (error("Cannot query field", "GRAPHQL_VALIDATION_FAILED", "graphql error"), 400, NotFound),
        (error("slow down", "RATELIMITED", "ratelimited"), 400, RateLimited),
        (error("slow down", "RATELIMITED", "ratelimited"), 200, RateLimited),
        (error("oops", "INTERNAL_SERVER_ERROR", "internal error"), 200, Unavailable),
        (error("oops", "LOCK_TIMEOUT", "lock timeout"), 200, Unavailable),
        (error("oops", ""), 500, Unavailable),
        ({"errors": ["?"]}, 200, Unavailable),
        ({"data": None}, 200, BadAnswer),
        ({"data": {}}, 200, BadAnswer),
        ([], 200, BadAnswer),
        (b"<html>", 200, BadAnswer),
        (b"", 200, BadAnswer),
    ],
)
async def test_an_error_says_what_to_do_whatever_the_status(
    world: LinearWorld, said: Any, status: int, expected: type[ConnectorError]
) -> None:
    connector = with_answer(world, said, status)
    connector._reader.reading = await known(world)
    with pytest.raises(expected):
        await connector.fetch("1")


async def known(world: LinearWorld) -> Any:
    """What a connector knows after `check`."""
    other = world.connector()
    await other.check()
    return other._reader.reading


async def test_an_answer_with_an_error_in_it_is_none_whatever_data_stands_beside_it(world: LinearWorld) -> None:
    viewer = {"id": "1", "name": "syncd", "email": "x", "admin": True, "app": False, "guest": False, "active": True}
    data = {"viewer": {**viewer, "organization": {"id": "1", "name": "Acme", "urlKey": "acme"}}}
    date = "Mon, 05 Jan 2026 09:00:00 GMT"
    assert (await with_answer(world, {"data": data}, date=date).check()).id == "1"
    halfway = {"data": data, "errors": [{"message": "organization", "extensions": {"code": "INTERNAL"}}]}
    with pytest.raises(Unavailable):
        await with_answer(world, halfway, date=date).check()


@pytest.mark.parametrize(
    "answer",
    [
        {"data": {"issueUpdate": None}},
        {"data": {"issueUpdate": {"success": True}}},
        {"data": {"issueUpdate": {"success": True, "issue": {"id": "1", "updatedAt": "yesterday"}}}},
        b"{",
        error("oops", "INTERNAL_SERVER_ERROR", "internal error"),
    ],
)
async def test_a_write_whose_answer_cannot_be_read_may_have_happened(
    linear: Linear, world: LinearWorld, answer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = world.simulator.make("x")
    await linear.fetch(ref)
    content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()

    async def answered(request: httpx.Request) -> httpx.Response:
        if b"mutation Update" not in request.content:
            return await right(request)
        return httpx.Response(200, content=content)

    right = world.transport.inner.handle_async_request
    monkeypatch.setattr(world.transport, "handle_async_request", answered)
    with pytest.raises(Unavailable) as unclear:
        await linear.update(ref, {"title": "y"}, expect="")
    assert unclear.value.sent


async def test_a_write_that_linear_says_it_did_not_do_did_not_happen(world: LinearWorld) -> None:
    connector = with_answer(world, {"data": {"attachmentCreate": {"success": False}}})
    with pytest.raises(Rejected, match="attachmentCreate was not done"):
        await connector.link_back("1", BACKLINK)


async def test_an_answer_that_is_not_as_described_names_its_place_and_no_value(
    linear: Linear, world: LinearWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = world.simulator.make("kestrel-4711")
    content = json.dumps({"data": {"issue": {"id": ref, "title": 4711, "state": {"name": "kestrel-4711"}}}}).encode()

    async def answered(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=content)

    monkeypatch.setattr(world.transport, "handle_async_request", answered)
    with pytest.raises(BadAnswer, match=r"linear: issue\.") as told:
        await linear.fetch(ref)
    assert "4711" not in str(told.value)


@pytest.mark.shows("limit seen before it is hit", "limit obeyed when it is hit")
async def test_the_limit_is_a_400_and_its_end_is_told_in_milliseconds(linear: Linear, world: LinearWorld) -> None:
    world.clock.now = datetime.now(UTC)
    assert world.simulator.hourly is not None
    world.simulator.hourly.opened, world.simulator.hourly.used = world.clock.now, 2500
    with pytest.raises(RateLimited) as limited:
        await linear.describe()
    assert 3500 < limited.value.retry_after <= 3600
    quotas = {quota.name: quota for quota in linear.quotas()}
    assert (quotas["requests"].limit, quotas["requests"].remaining) == (2500, 0)
    assert quotas["complexity"].limit == 3_000_000
    assert quotas["requests"].resets is not None
    assert abs(quotas["requests"].resets - world.clock.now - timedelta(hours=1)) < timedelta(seconds=1)
    sent = len(world.simulator.requests)
    with pytest.raises(RateLimited):  # it is not asked again before that
        await linear.describe()
    assert len(world.simulator.requests) == sent


async def test_used_up_points_are_a_limit_of_their_own(linear: Linear, world: LinearWorld) -> None:
    assert world.simulator.points is not None
    world.simulator.points.limit = 1
    with pytest.raises(RateLimited):
        await linear.describe()


async def test_no_request_is_too_complex(linear: Linear, world: LinearWorld) -> None:
    """Linear refuses a query of more than 10,000 points, and an hour has three million."""
    dearest: dict[str, float] = {}

    async def noted(request: httpx.Request) -> httpx.Response:
        answer = await right(request)
        name = json.loads(request.content)["query"].split("(")[0].split("{")[0].split()[1]
        dearest[name] = max(dearest.get(name, 0), float(answer.headers["x-complexity"]))
        return answer

    right, world.transport.handle_async_request = world.transport.handle_async_request, noted  # type: ignore[method-assign]
    made = await linear.create(draft(), key="key-1")
    await linear.fetch(made.ref, since="0")
    await poll(linear, (await poll(linear, None))[1])
    await linear.describe()
    await linear.hooks()
    assert dearest["Issue"] < 2000
    assert dearest["Changes"] < 1000
    assert max(dearest.values()) < 2000
