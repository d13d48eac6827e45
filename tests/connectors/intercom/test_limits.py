"""Intercom's limits and refusals: how long to wait, which field is to blame, and never what was sent."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from syncd.sdk.budget import NORMAL, reserve
from syncd.sdk.errors import (
    BadAnswer,
    Forbidden,
    RateLimited,
    Rejected,
    Unavailable,
)
from syncd.sdk.testing.simulator import Limit
from syncd_intercom import Intercom, IntercomConfig
from syncd_intercom.api import explain
from syncd_intercom.simulator.shapes import Shapes
from tests.connectors.intercom.world import IntercomWorld


@pytest.mark.shows("limit seen before it is hit", "limit obeyed when it is hit")
async def test_the_limit_is_told_and_waited_for_by_its_own_headers(world: IntercomWorld) -> None:
    world.simulator.limit = Limit(8, window=timedelta(seconds=10))
    intercom = world.connector()
    intercom._client.budget.now = world.clock
    await intercom.check()
    [quota] = intercom.quotas()
    assert (quota.limit, quota.remaining) == (8, 3)
    for _ in range(3 - reserve(8, NORMAL)):
        await intercom.fetch(world.simulator.make("x"))
    with pytest.raises(RateLimited) as caught:
        await intercom.fetch(world.simulator.make("x"))
    assert 1 <= caught.value.retry_after <= 10
    world.clock.advance(11)
    assert (await intercom.fetch(world.simulator.make("x"))).ref


def refusal(status: int, code: str = "", headers: dict[str, str] | None = None, **more: Any) -> httpx.Response:
    body = {"type": "error.list", "errors": [{"code": code, "message": "Your secret words", **more}]}
    return httpx.Response(status, json=body, headers=headers)


async def test_a_429_without_retry_after_pauses_until_the_reset_by_intercoms_clock(intercom: Intercom) -> None:
    headers = {"date": "Mon, 05 Jan 2026 09:00:00 GMT", "x-ratelimit-reset": "1767603607"}
    limited = intercom._explain(refusal(429, headers=headers))
    assert isinstance(limited, RateLimited)
    assert limited.retry_after == pytest.approx(7)
    with pytest.raises(RateLimited):
        await intercom.check()


def test_a_429_that_says_nothing_waits_a_slice() -> None:
    error = explain(refusal(429))
    assert isinstance(error, RateLimited)
    assert error.retry_after == 10


@pytest.mark.parametrize(
    ("answer", "sort", "field"),
    [
        (refusal(400, "ticket_state_id_invalid"), Rejected, "status"),
        (refusal(400, "parameter_invalid", field="ticket_attributes.Severity"), Rejected, "Severity"),
        (refusal(422, "x"), Rejected, None),
        (refusal(409, "conflict"), Rejected, None),
        (refusal(402, "plan"), Forbidden, None),
        (refusal(404, "assignee_not_found"), Rejected, "assignee"),
        (httpx.Response(400, content=b"<html>"), Rejected, None),
        (httpx.Response(400, json={"errors": ["x"]}), Rejected, None),
    ],
)
def test_a_refusal_says_what_to_do_and_never_what_was_sent(
    answer: httpx.Response, sort: type[Exception], field: str | None
) -> None:
    error = explain(answer)
    assert isinstance(error, sort)
    assert getattr(error, "field", None) == field
    assert "secret words" not in str(error)


@pytest.mark.parametrize("status", [401, 403, 404, 500])
def test_other_refusals_are_left_to_their_status(status: int) -> None:
    assert explain(refusal(status, "not_found")) is None


async def test_an_answer_of_another_shape_names_its_place_and_no_value(
    intercom: Intercom, world: IntercomWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = world.simulator.make("Export fails")
    bare = Intercom(IntercomConfig(**world.settings), transport=world.simulator.transport())
    await bare.fetch(ref)
    right, wrong = Shapes.ticket, {"updated_at": "secret words"}
    monkeypatch.setattr(Shapes, "ticket", lambda *args, **more: {**right(*args, **more), **wrong})
    with pytest.raises(BadAnswer, match="updated_at") as caught:
        await bare.fetch(ref)
    assert "secret words" not in str(caught.value)
    with pytest.raises(Unavailable) as unproven:
        await bare.update(ref, {"title": "x"}, expect="")
    assert unproven.value.sent, "a write whose answer cannot be read may have happened"
    await bare.aclose()
