"""What happens on the way to a vendor is what the plan says, and the vendor saw what really arrived."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from syncd.sdk.testing import faults
from syncd.sdk.testing.clock import Clock
from syncd.sdk.testing.faults import Fault, FaultPlan
from syncd.sdk.testing.transport import FaultyTransport


class Desk:
    """A vendor that counts what arrives."""

    def __init__(self) -> None:
        self.arrived: list[bytes] = []
        self.plan = FaultPlan()
        self.clock = Clock()
        self.transport = FaultyTransport(httpx.MockTransport(self.answer), self.plan, clock=self.clock)
        self.client = httpx.AsyncClient(transport=self.transport, base_url="https://desk.example")

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.arrived.append(request.content)
        return httpx.Response(201, json={"number": len(self.arrived)})

    async def post(self) -> httpx.Response:
        return await self.client.post("/tickets", json={"title": "Export fails"})


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_a_page_for_people_stands_in_the_place_of_the_answer(desk: Desk) -> None:
    desk.plan.on("POST /tickets", faults.Garbled())
    answer = await desk.post()
    assert answer.is_success
    assert answer.text == "<p>All is well.</p>"
    assert len(desk.arrived) == 1


@pytest.mark.parametrize(
    ("fault", "error", "arrived"),
    [
        (faults.Unreachable(), httpx.ConnectError, 0),
        (faults.LostBefore(), httpx.ReadTimeout, 0),
        (faults.LostAfter(), httpx.ReadTimeout, 1),
        (faults.Late(), httpx.ReadTimeout, 0),
        (faults.Cut(3), httpx.RemoteProtocolError, 1),
    ],
)
async def test_a_broken_way_shows_as_httpx_shows_it(
    desk: Desk, fault: Fault, error: type[Exception], arrived: int
) -> None:
    desk.plan.on("POST /tickets", fault)
    with pytest.raises(error):
        await desk.post()
    assert len(desk.arrived) == arrived
    assert (await desk.post()).json() == {"number": arrived + 1}


async def test_a_late_request_arrives_whole_when_its_time_has_come(desk: Desk) -> None:
    desk.plan.on("POST *", faults.Late(timedelta(minutes=5)))
    with pytest.raises(httpx.ReadTimeout):
        await desk.post()
    desk.clock.advance(299)
    await desk.transport.settle()
    assert desk.arrived == []
    desk.clock.advance(1)
    await desk.transport.settle()
    assert desk.arrived == [b'{"title":"Export fails"}']


async def test_a_request_sent_twice_arrives_twice_and_is_answered_once(desk: Desk) -> None:
    desk.plan.on("POST *", faults.Twice())
    assert (await desk.post()).json() == {"number": 1}
    assert len(desk.arrived) == 2


async def test_a_status_comes_without_reaching_the_vendor(desk: Desk) -> None:
    desk.plan.on("POST *", faults.Status(429, retry_after=7))
    answer = await desk.post()
    assert (answer.status_code, answer.headers["retry-after"], desk.arrived) == (429, "7", [])


@pytest.mark.parametrize("fault", [faults.Trickle(pause=0.0, size=3), faults.Delay(0.001)])
async def test_a_slow_answer_comes_whole(desk: Desk, fault: Fault) -> None:
    desk.plan.on("POST *", fault)
    assert (await desk.post()).json() == {"number": 1}


async def test_somebody_may_act_just_before_a_request(desk: Desk) -> None:
    seen: list[int] = []
    desk.plan.on("POST *", faults.Meanwhile(lambda: seen.append(len(desk.arrived))))
    await desk.post()
    assert seen == [0]


async def test_a_plan_strikes_what_matches_after_what_it_skips(desk: Desk) -> None:
    desk.plan.on("POST *", faults.Status(503), skip=1, times=2)
    assert [(await desk.post()).status_code for _ in range(4)] == [201, 503, 503, 201]
    desk.plan.on("GET *", faults.Status(503))
    assert (await desk.post()).status_code == 201
    desk.plan.calm()
    assert (await desk.client.get("/tickets")).status_code == 201
