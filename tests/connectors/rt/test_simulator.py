"""What `test_agreement` cannot compare: the simulator's page, its mails, its hook, and what a person does there."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from syncd.sdk.testing.outbox import Subscription
from syncd.sdk.testing.simulator import Limit
from syncd_rt import RtConfig
from syncd_rt.simulator import ANNA, BEN, BOT, CAROL
from syncd_rt.simulator.state import Ticket
from tests.connectors.rt.simulated import SimulatedWorld


@pytest.fixture
def world() -> SimulatedWorld:
    return SimulatedWorld()


@pytest.fixture
async def browser(world: SimulatedWorld) -> AsyncIterator[httpx.AsyncClient]:
    """A person's page, and requests that the connector never sends."""
    transport, url = world.simulator.transport(), world.simulator.url
    async with httpx.AsyncClient(transport=transport, base_url=url, follow_redirects=True) as client:
        client.headers["authorization"] = f"token {BOT.token}"
        yield client


def ticket(world: SimulatedWorld, ref: str) -> Ticket:
    return world.simulator.desk.known(ref)


# -- the page


async def test_a_person_opens_reads_answers_and_changes_a_ticket(
    browser: httpx.AsyncClient, world: SimulatedWorld
) -> None:
    files = {"files": ("grüße 日本.txt", b"first log", "text/plain")}
    page = await browser.post("/Ticket", data={"title": "Export fails", "text": "Help & hurry"}, files=files)
    made = ticket(world, "1")
    assert "Help &amp; hurry" in page.text
    assert "grüße 日本.txt" in page.text
    assert (made.creator, made.watchers["Requestor"]) == (ANNA.id, [CAROL.id])
    log = next(part for part in world.simulator.desk.parts.values() if part.filename)
    assert (await browser.get(f"/Ticket/1/files/{log.id}")).content == b"first log"
    assert (await browser.get("/Ticket/1/files/0")).status_code == 404
    await browser.post("/Ticket/1/answers", data={"text": "for us", "public": "no"})
    assert made.values["Status"] == "new"
    await browser.post("/Ticket/1/answers", data={"text": "for Carol", "public": "yes"})
    assert made.values["Status"] == "open", "a reply opens it"
    fields = {"Status": "stalled", "Priority": "100", "Owner": BEN.id, "custom:Severity": "High", "Subject": "Again"}
    page = await browser.post("/Ticket/1/fields", data=fields)
    assert "Given" not in page.text
    assert (made.values["Status"], made.values["Priority"], made.owner) == ("stalled", "100", BEN.id)
    assert (made.values["Subject"], made.custom[2]) == ("Again", ["High"])
    await browser.post("/Ticket/1/fields", data={"custom:Severity": ""})
    await browser.post("/Ticket/1/fields", data={"Queue": "Escalations"})
    assert (made.queue, made.custom[2]) == (4, [])
    assert "Again" in (await browser.get("/")).text


async def test_the_address_of_a_ticket_leads_to_its_page(browser: httpx.AsyncClient, world: SimulatedWorld) -> None:
    ref = world.simulator.make("Export fails")
    connector = world.connector()
    address = (await connector.fetch(ref)).url
    assert "Please help" in (await browser.get(address)).text
    await connector.aclose()


async def test_a_refusal_is_shown_to_the_person(browser: httpx.AsyncClient, world: SimulatedWorld) -> None:
    world.simulator.make("Export fails")
    page = await browser.post("/Ticket/1/fields", data={"Status": "deleted"})
    assert "Permission Denied" in page.text
    assert ticket(world, "1").values["Status"] == "new"
    assert (await browser.get("/Ticket/999")).status_code == 404


async def test_a_merged_ticket_shows_the_other_and_cannot_be_changed(world: SimulatedWorld) -> None:
    one, two = world.simulator.make("one"), world.simulator.make("two")
    world.simulator.write(two, "on two", public=False)
    with world.simulator.acting(ANNA):
        world.simulator.desk.merge(ticket(world, two), one)
    sheet = world.simulator.sheet(two)
    assert sheet
    assert sheet.locked
    assert [said.html for said in sheet.said] == ["Please help", "Please help", "on two"]
    assert [row.title for row in world.simulator.rows()] == ["one"]


# -- who hears of it


async def test_the_requestor_is_mailed_the_reply_and_never_the_comment(world: SimulatedWorld) -> None:
    ref = world.simulator.make("Export fails")
    world.simulator.write(ref, "kestrel", public=False)
    world.simulator.write(ref, "osprey", public=True)
    world.simulator.write(ref, "from Carol", public=True, by=CAROL)
    mails = [(to, text) for to, _, text in world.simulator.desk.mails]
    assert ((CAROL.id,), "osprey") in mails
    assert not [text for _, text in mails if "kestrel" in text]
    assert not [to for to, text in mails if text == "from Carol"], "nobody owns it, and who acts is not mailed"


async def received(world: SimulatedWorld, status: int = 204) -> tuple[list[int | None], list[httpx.Request]]:
    """What is sent now, to a receiver that answers so."""
    came: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        came.append(request)
        return httpx.Response(status)

    return await world.simulator.outbox.deliver(transport=httpx.MockTransport(answer)), came


def types(requests: list[httpx.Request]) -> list[tuple[str, str]]:
    bodies = [json.loads(request.content) for request in requests]
    return [(body["type"], body["creator"]) for body in bodies]


async def test_the_scrip_signs_each_transaction_and_sends_it_once(world: SimulatedWorld) -> None:
    world.simulator.outbox.subscriptions = [Subscription("scrip", "https://syncd.example/hooks/rt", "key")]
    world.simulator.make("Export fails")
    world.simulator.write("1", "osprey", public=True)
    statuses, came = await received(world, 500)
    assert statuses == [500, 500, 500], "no second attempt"
    assert types(came) == [("Create", CAROL.id), ("Correspond", "anna"), ("Status", "RT_System")]
    for request in came:
        wanted = hmac.new(b"key", request.content, hashlib.sha256).hexdigest()
        assert request.headers["x-rt-signature"] == f"sha256={wanted}"
        assert request.headers["x-rt-delivery"] == str(json.loads(request.content)["transaction_id"])


async def test_nobody_is_told_what_comes_after_an_owner_or_from_another_queue(world: SimulatedWorld) -> None:
    ref = world.simulator.make("Export fails")
    world.simulator.outbox.lose()
    world.simulator.edit(ref, Due="2026-03-28 19:45:00", Owner=BEN.id, Subject="New")
    _, came = await received(world)
    assert [json.loads(request.content)["field"] for request in came] == ["Due", "Owner", "Owner"]
    world.simulator.edit(ref, Queue="Escalations")
    world.simulator.edit(ref, Subject="Newer")
    assert await received(world) == ([], [])


# -- what a person does there


async def test_undelete_leaves_the_moment_at_which_it_was_deleted(world: SimulatedWorld) -> None:
    ref = await world.open({"subject": "Export fails"})
    await world.delete(ref)
    await world.sent("PUT", f"/ticket/{ref}", {"Status": "open"})
    assert ticket(world, ref).times["Resolved"] == world.clock()


async def test_the_journal_says_what_stood_before(world: SimulatedWorld) -> None:
    ref = world.simulator.make("Export fails", CustomFields={"Severity": "Low"})
    world.simulator.edit(ref, Priority="High", CustomFields={"Severity": "High"}, Nope="x")
    world.simulator.edit(ref, Priority="High")
    await world.sent("DELETE", f"/ticket/{ref}", None, root=True)
    entries = [one for one in world.simulator.journal if one.operation == "update"]
    told = [(one.actor, one.before, one.after) for one in entries]
    assert told[0] == ("anna", {"Priority": "0", "Severity": ["Low"]}, {"Priority": "100", "Severity": ["High"]})
    [(who, before, after)] = told[1:]
    assert (who, before["Status"], after["Status"]) == ("root", "new", "deleted")


@pytest.mark.parametrize(
    ("kind", "sent", "kept", "named"),
    [
        ("text/plain", "grüße".encode("latin-1"), "grüße".encode(), "a.txt"),
        ("text/plain; charset=utf-8", "grüße".encode(), "grüße".encode(), "a.txt"),
        ("text/html; charset=latin-1", "grüße".encode("latin-1"), "grüße".encode(), "a.txt"),
        ("text/csv", "grüße".encode("latin-1"), "grüße".encode("latin-1"), "a.txt"),
        ("text/csv; charset=utf-16", "hé".encode("utf-16"), "hé".encode(), ""),
        ("application/octet-stream", bytes(range(256)), bytes(range(256)), "a.txt"),
    ],
)
async def test_a_text_is_rewritten_and_other_bytes_are_not(
    world: SimulatedWorld, kind: str, sent: bytes, kept: bytes, named: str
) -> None:
    ref = world.simulator.make("Export fails")
    file = {"FileName": "a.txt", "FileType": kind, "FileContent": base64.b64encode(sent).decode()}
    made = world.simulator.write(ref, "see", public=False, Attachments=[file])
    stored = world.simulator.desk.transactions[int(made)].parts[2]
    assert (stored.content, stored.filename) == (kept, named)


# -- the vendor's ways


async def test_a_time_as_rt_itself_shows_it_loses_its_hour_in_a_query(
    browser: httpx.AsyncClient, world: SimulatedWorld
) -> None:
    """Measured on 5.0.3: everything since midnight."""
    world.simulator.make("Export fails")
    assert world.clock().hour == 9

    async def found(query: str) -> Any:
        return (await browser.get("/REST/2.0/tickets", params={"query": query})).json()["total"]

    assert await found("LastUpdated > '2026-01-05 17:00:00'") == 0
    assert await found("LastUpdated > '2026-01-05T17:00:00Z'") == 1
    assert await found("LastUpdated = '2026-01-05'") == 1
    assert await found("LastUpdated = '2026-01-06'") == 0


@pytest.mark.parametrize(
    "query", ["Subject", "Subject =", "(id = 1", "id = 1 id = 2", "id = x", "Created = x", "id ~ 1", "id id 1"]
)
async def test_a_query_that_rt_does_not_read_is_refused(
    browser: httpx.AsyncClient, world: SimulatedWorld, query: str
) -> None:
    world.simulator.make("Export fails")
    answer = await browser.get("/REST/2.0/tickets", params={"query": query})
    assert answer.status_code == 400
    assert answer.json()["message"]


async def test_an_outage_and_a_limit_are_not_in_json(browser: httpx.AsyncClient, world: SimulatedWorld) -> None:
    world.simulator.limit = Limit(0)
    answer = await browser.get("/REST/2.0/ticket/1")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")
    assert "json" not in answer.headers["content-type"]


async def test_its_block_of_config_connects(world: SimulatedWorld) -> None:
    config = RtConfig.model_validate(world.simulator.connection(webhook_secret="x" * 20))
    connector = world.connector(**config.model_dump(exclude={"connector", "token", "webhook_secret"}))
    assert (await connector.check()).id == BOT.id
    await connector.aclose()


async def test_the_words_of_a_field_are_shown_to_who_may_see_the_field(world: SimulatedWorld) -> None:
    connector = world.connector()
    assert {info.name: info.options for info in (await connector.describe()).fields}["Severity"] == ()
    world.simulator.field_readers = frozenset({BOT.id})
    known = {info.name: info.options for info in (await connector.describe()).fields}
    assert known["Severity"] == ("Critical", "High", "Medium", "Low")
    await connector.aclose()
