"""What every simulated vendor has: a journal, faults, limits, webhooks, an address on loopback."""

from collections.abc import Sequence
from datetime import timedelta
from email.utils import parsedate_to_datetime
from random import Random

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from syncd.sdk.testing.clock import Clock
from syncd.sdk.testing.faults import Cut, Late, LostAfter, LostBefore, Meanwhile, Status, Twice
from syncd.sdk.testing.outbox import Event, Subscription
from syncd.sdk.testing.page import Row
from syncd.sdk.testing.simulator import NOBODY, Account, Limit, Refused, Simulator

BOT = Account("1", "Bot", "bot@acme.example", "t0k3n")


class Counter(Simulator):
    """A vendor of one number: POST adds, GET shows."""

    def __init__(self) -> None:
        self.count = 0
        self.time = Clock()
        super().__init__(accounts=[BOT], clock=self.time)

    def routes(self) -> Sequence[Route]:
        return [Route("/api/count", self.show), Route("/api/count", self.add, methods=["POST"])]

    async def show(self, request: Request) -> Response:
        return JSONResponse({"count": self.count})

    async def add(self, request: Request) -> Response:
        if self.actor is NOBODY:
            raise Refused(401, {"error": "who are you?"})
        self.count += 1
        self.did("add", "1", before={"count": self.count - 1}, after={"count": self.count})
        self.outbox.put("added", b"%d" % self.count)
        return JSONResponse({"count": self.count}, 201)

    def webhook_request(self, event: Event, subscription: Subscription) -> tuple[dict[str, str], bytes]:
        return {"x-id": event.id}, event.body

    @property
    def person(self) -> Account:
        return Account("2", "Ana")

    def rows(self) -> Sequence[Row]:
        return [Row("1", "#1", f"count {self.count}")]


@pytest.fixture
def vendor() -> Counter:
    return Counter()


def client(vendor: Counter, *, token: str = BOT.token) -> httpx.AsyncClient:
    headers = {"authorization": f"Bearer {token}"}
    return httpx.AsyncClient(transport=vendor.transport(), base_url="http://vendor", headers=headers)


async def send(vendor: Counter) -> int | None:
    """The status of a POST; None when no answer came."""
    async with client(vendor) as http:
        try:
            return (await http.post("/api/count")).status_code
        except httpx.TransportError:
            return None


# --- the journal -----------------------------------------------------------------------------------------------------


async def test_what_was_done_and_what_was_only_tried_are_told_apart(vendor: Counter) -> None:
    await send(vendor)
    async with client(vendor, token="wrong") as http:
        await http.post("/api/count")
        await http.get("/api/count")
    told = [(entry.actor, entry.operation, entry.write, entry.applied, entry.outcome) for entry in vendor.journal]
    assert told == [
        ("1", "add", True, True, ""),
        ("", "POST /api/count", True, False, "401"),
        ("", "GET /api/count", False, False, ""),
    ]
    assert [entry.id for entry in vendor.journal] == [1, 2, 3]
    assert vendor.journal[0].after == {"count": 1}


async def test_no_secret_is_kept(vendor: Counter) -> None:
    async with client(vendor) as http:
        await http.post("/api/count", headers={"x-acme-api-key": BOT.token, "x-request-id": "7"})
    [request] = vendor.requests
    assert request.headers["x-request-id"] == "7"
    assert BOT.token not in repr((vendor.requests, vendor.journal, vendor.accounts, dict(request.headers)))


# --- faults ----------------------------------------------------------------------------------------------------------


async def test_a_lost_request_does_nothing_and_a_lost_answer_does_it(vendor: Counter) -> None:
    vendor.faults.on("POST *", LostBefore())
    assert (await send(vendor), vendor.count) == (None, 0)
    vendor.faults.on("POST *", LostAfter())
    assert (await send(vendor), vendor.count) == (None, 1)
    assert [(entry.applied, entry.outcome) for entry in vendor.journal] == [(False, "no answer"), (True, "no answer")]


async def test_a_late_request_is_done_after_its_sender_gave_up(vendor: Counter) -> None:
    vendor.faults.on("POST *", Late(timedelta(minutes=5)))
    assert (await send(vendor), vendor.count) == (None, 0)
    vendor.time.advance(299)
    assert (await send(vendor), vendor.count) == (201, 1)
    vendor.time.advance(1)
    assert (await send(vendor), vendor.count) == (201, 3)
    assert [entry.cause for entry in vendor.journal if entry.applied] == [None, 1, None]


async def test_a_status_a_doubling_and_an_edit_in_between(vendor: Counter) -> None:
    vendor.faults.on("POST *", Status(503, retry_after=7))
    async with client(vendor) as http:
        answer = await http.post("/api/count")
    assert (answer.status_code, answer.headers["retry-after"], vendor.count) == (503, "7", 0)
    vendor.faults.on("POST *", Twice())
    assert (await send(vendor), vendor.count) == (201, 2)
    vendor.faults.on("POST *", Meanwhile(lambda: setattr(vendor, "count", 10)))
    assert (await send(vendor), vendor.count) == (201, 11)


async def test_a_fault_of_the_way_is_not_the_vendors(vendor: Counter) -> None:
    vendor.faults.on("POST *", Cut())
    with pytest.raises(TypeError, match="FaultyTransport"):
        await send(vendor)


# --- limits and time -------------------------------------------------------------------------------------------------


async def test_a_limit_opens_again_after_its_window(vendor: Counter) -> None:
    vendor.limit = Limit(2)
    assert [await send(vendor) for _ in range(3)] == [201, 201, 429]
    vendor.time.advance(59.5)
    assert await send(vendor) == 429
    vendor.time.advance(0.5)
    assert await send(vendor) == 201
    assert vendor.count == 3


async def test_each_answer_tells_the_vendors_time(vendor: Counter) -> None:
    async with client(vendor) as http:
        answer = await http.get("/api/count")
    assert parsedate_to_datetime(answer.headers["date"]) == vendor.time()


# --- webhooks --------------------------------------------------------------------------------------------------------


def receiver(got: list[bytes], status: int = 200) -> httpx.MockTransport:
    async def take(request: httpx.Request) -> httpx.Response:
        got.append(await request.aread())
        return httpx.Response(status)

    return httpx.MockTransport(take)


async def test_webhooks_come_once_twice_shuffled_or_not_at_all(vendor: Counter) -> None:
    vendor.outbox.subscriptions.append(Subscription("1", "http://syncd/hook", events=frozenset({"added"})))
    got: list[bytes] = []
    for _ in range(3):
        await send(vendor)
    await vendor.outbox.deliver(transport=receiver(got), copies=2, arrange=Random(1).shuffle)
    assert sorted(got) == [b"1", b"1", b"2", b"2", b"3", b"3"]
    assert got != sorted(got)
    await send(vendor)
    assert vendor.outbox.lose() == 1
    assert await vendor.outbox.deliver(transport=receiver(got)) == []


async def test_nobody_is_told_what_they_did_not_ask_for(vendor: Counter) -> None:
    vendor.outbox.subscriptions.append(Subscription("1", "http://syncd/hook", events=frozenset({"removed"})))
    await send(vendor)
    assert vendor.outbox.waiting == []


async def test_inside_delivering_a_webhook_goes_out_by_itself(vendor: Counter) -> None:
    import asyncio

    vendor.outbox.subscriptions.append(Subscription("1", "http://syncd/hook"))
    got: list[bytes] = []
    async with vendor.outbox.delivering(transport=receiver(got)):
        await send(vendor)
        async with asyncio.timeout(5):
            while not got:
                await asyncio.sleep(0)
    assert got == [b"1"]


# --- the page and the network ----------------------------------------------------------------------------------------


async def test_the_page_belongs_to_a_person_and_knows_no_limit(vendor: Counter) -> None:
    vendor.limit = Limit(0)
    async with client(vendor) as http:
        page = await http.get("/page")
        assert (page.status_code, await send(vendor)) == (200, 429)
    assert "count 0" in page.text
    assert "you are Ana" in page.text
    assert "http" not in page.text.replace("http-equiv", ""), "nothing is loaded from elsewhere"


async def test_on_loopback_it_answers_and_drops_as_in_this_process(vendor: Counter) -> None:
    async with vendor.serve() as url, httpx.AsyncClient(base_url=url) as http:
        assert url.startswith("http://127.0.0.1:")
        headers = {"authorization": f"Bearer {BOT.token}"}
        assert (await http.post("/api/count", headers=headers)).json() == {"count": 1}
        vendor.faults.on("POST *", LostAfter())
        with pytest.raises(httpx.TransportError):
            await http.post("/api/count", headers=headers)
    assert vendor.count == 2
