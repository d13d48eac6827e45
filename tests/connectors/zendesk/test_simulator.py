"""The simulated Zendesk behaves as the vendor's pages say; asked by HTTP, checked against the description."""

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from syncd.sdk.testing.outbox import Subscription
from syncd.sdk.testing.page import Upload
from syncd.sdk.testing.simulator import Limit
from syncd_zendesk.desk import ACCOUNT, ANA, CAROL, Desk
from syncd_zendesk.hook import sign
from syncd_zendesk.state import COMMENT_LIMIT
from tests.connectors.zendesk.world import SECRET, ZendeskWorld, told


@pytest.fixture
async def api(world: ZendeskWorld) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody's own client, checked like ours."""
    credential = (f"{ACCOUNT.email}/token", ACCOUNT.token)
    async with httpx.AsyncClient(
        transport=world.transport, base_url=f"{world.simulator.url}/api/v2/", auth=credential
    ) as client:
        yield client


@pytest.fixture
def desk(world: ZendeskWorld) -> Desk:
    return world.simulator.desk


async def say(api: httpx.AsyncClient, ref: str, **comment: Any) -> Any:
    answer = await api.put(f"tickets/{ref}", json={"ticket": {"comment": comment}})
    return answer.json()["audit"]["events"][0]


# --- keys and guards -------------------------------------------------------------------------------------------------


async def test_a_key_answers_the_same_for_two_hours(api: httpx.AsyncClient, world: ZendeskWorld, desk: Desk) -> None:
    body, key = {"ticket": {"subject": "x", "comment": {"body": "y"}}}, {"idempotency-key": "k"}
    first = await api.post("tickets", json=body, headers=key)
    second = await api.post("tickets", json=body, headers=key)
    assert (first.headers["x-idempotency-lookup"], second.headers["x-idempotency-lookup"]) == ("miss", "hit")
    assert first.json() == second.json()
    assert (await api.post("tickets", json={"ticket": {"comment": {"body": "z"}}}, headers=key)).status_code == 400
    world.clock.advance(2 * 3600)
    await api.post("tickets", json=body, headers=key)
    assert len(desk.tickets) == 2


async def test_a_guard_refuses_what_moved_on_and_false_is_true(api: httpx.AsyncClient, world: ZendeskWorld) -> None:
    ref = world.simulator.make("x")
    stamp = (await api.get(f"tickets/{ref}")).json()["ticket"]["updated_at"]
    world.clock.advance(1)
    world.simulator.edit(ref, subject="y")
    for safe in (True, False):
        change = {"subject": "z", "safe_update": safe, "updated_stamp": stamp}
        assert (await api.put(f"tickets/{ref}", json={"ticket": change})).status_code == 409
    assert (await api.put(f"tickets/{ref}", json={"ticket": {"subject": "z"}})).status_code == 200


async def test_the_same_value_again_moves_no_stamp(api: httpx.AsyncClient, world: ZendeskWorld) -> None:
    ref = world.simulator.make("x", priority="low")
    before = (await api.get(f"tickets/{ref}")).json()["ticket"]
    world.clock.advance(5)
    assert (await api.put(f"tickets/{ref}", json={"ticket": {"priority": "low"}})).json()["ticket"] == before


async def test_a_refused_update_changes_nothing(api: httpx.AsyncClient, world: ZendeskWorld, desk: Desk) -> None:
    ref = world.simulator.make("x")
    change = {"subject": "new", "assignee_id": int(CAROL.id)}
    answer = await api.put(f"tickets/{ref}", json={"ticket": change})
    assert (answer.status_code, list(answer.json()["details"])) == (422, ["assignee_id"])
    assert desk.ticket(ref).values["subject"] == "x"


# --- texts and files -------------------------------------------------------------------------------------------------


async def test_html_is_wrapped_and_its_blanks_are_collapsed(api: httpx.AsyncClient, world: ZendeskWorld) -> None:
    said = await say(api, world.simulator.make("x"), html_body="<p>a   b\n c</p><pre>d   e</pre>")
    assert said["html_body"] == '<div class="zd-comment" dir="auto"><p>a b c</p><pre>d   e</pre></div>'


async def test_a_long_body_is_cut_without_a_word(api: httpx.AsyncClient, world: ZendeskWorld) -> None:
    said = await say(api, world.simulator.make("x"), html_body="é" * 50_000)
    inside = re.sub(r"<[^>]+>", "", said["html_body"])
    assert len(inside.encode()) == COMMENT_LIMIT


async def test_a_comment_shows_no_metadata_and_its_audit_does(api: httpx.AsyncClient, world: ZendeskWorld) -> None:
    ref = world.simulator.make("x")
    change = {"comment": {"body": "y"}, "metadata": {"custom": {"k": "v"}}}
    await api.put(f"tickets/{ref}", json={"ticket": change})
    comments = (await api.get(f"tickets/{ref}/comments", params={"include": "users"})).json()["comments"]
    audits = (await api.get(f"tickets/{ref}/audits")).json()["audits"]
    assert "custom" not in comments[-1]["metadata"]
    assert audits[-1]["metadata"]["custom"] == {"k": "v"}


async def test_an_upload_is_good_once_and_for_an_hour(api: httpx.AsyncClient, world: ZendeskWorld) -> None:
    ref = world.simulator.make("x")

    async def attach(token: str) -> int:
        change = {"comment": {"body": "y", "uploads": [token]}}
        return (await api.put(f"tickets/{ref}", json={"ticket": change})).status_code

    async def upload() -> str:
        answer = await api.post("uploads", params={"filename": "a.txt"}, content=b"x")
        return str(answer.json()["upload"]["token"])

    token = await upload()
    assert [await attach(token), await attach(token)] == [200, 422]
    token = await upload()
    world.clock.advance(3601)
    assert await attach(token) == 422


async def test_what_is_made_private_or_redacted_stays_so(api: httpx.AsyncClient, world: ZendeskWorld) -> None:
    ref = world.simulator.make("x")
    said = await say(api, ref, body="card 4711", public=True)
    assert (await api.put(f"tickets/{ref}/comments/{said['id']}/make_private")).json() == ""
    redacted = await api.put(f"tickets/{ref}/comments/{said['id']}/redact", json={"text": "4711"})
    assert redacted.json()["comment"]["plain_body"] == "card ▇▇▇▇"
    assert redacted.json()["comment"]["public"] is False


# --- the end of a ticket ---------------------------------------------------------------------------------------------


async def test_a_deleted_ticket_is_gone_and_comes_back(api: httpx.AsyncClient, world: ZendeskWorld) -> None:
    ref = world.simulator.make("x")
    assert (await api.delete(f"tickets/{ref}")).status_code == 204
    assert (await api.get(f"tickets/{ref}")).status_code == 404
    assert (await api.get("tickets")).json()["tickets"] == []
    assert [gone["id"] for gone in (await api.get("deleted_tickets")).json()["deleted_tickets"]] == [int(ref)]
    assert (await api.put(f"deleted_tickets/{ref}/restore")).json() == ""
    assert (await api.get(f"tickets/{ref}")).status_code == 200


async def test_a_merge_is_a_job_that_closes_the_source(api: httpx.AsyncClient, world: ZendeskWorld) -> None:
    source, into = world.simulator.make("x"), world.simulator.make("y")
    await world.webhooks()
    job = (await api.post(f"tickets/{into}/merge", json={"ids": [int(source)]})).json()["job_status"]
    assert (await api.get(f"job_statuses/{job['id']}")).json()["job_status"]["status"] == "completed"
    closed = (await api.get(f"tickets/{source}")).json()["ticket"]
    assert (closed["status"], closed["tags"]) == ("closed", ["closed_by_merge"])
    assert (await api.put(f"tickets/{source}", json={"ticket": {"subject": "z"}})).status_code == 422
    merged = [told(each) for each in await world.webhooks() if told(each)["type"].endswith("ticket.merged")]
    assert [each["event"]["target_ticket_id"] for each in merged] == [into]


# --- exports, search, limits -----------------------------------------------------------------------------------------


async def test_exports_leave_out_the_last_minute(api: httpx.AsyncClient, world: ZendeskWorld) -> None:
    start = int(world.clock().timestamp())
    ref = world.simulator.make("x")
    world.clock.advance(59)
    too_recent = await api.get("incremental/ticket_events", params={"start_time": int(world.clock().timestamp())})
    assert too_recent.status_code == 400
    world.clock.advance(1)
    page = (await api.get("incremental/ticket_events", params={"start_time": start})).json()
    assert ([event["ticket_id"] for event in page["ticket_events"]], page["end_of_stream"]) == ([int(ref)], True)
    tickets = (await api.get("incremental/tickets/cursor", params={"start_time": start})).json()
    assert [ticket["id"] for ticket in tickets["tickets"]] == [int(ref)]
    again = await api.get("incremental/tickets/cursor", params={"cursor": tickets["after_cursor"]})
    assert again.json()["tickets"] == []


async def test_exports_are_for_administrators_ten_a_minute(api: httpx.AsyncClient, world: ZendeskWorld) -> None:
    async def ask() -> httpx.Response:
        return await api.get("incremental/ticket_events", params={"start_time": 1})

    assert [(await ask()).status_code for _ in range(11)] == [200] * 10 + [429]
    assert int((await ask()).headers["retry-after"]) == 60
    world.clock.advance(60)
    assert (await ask()).status_code == 200
    api.auth = httpx.BasicAuth(f"{ANA.email}/token", ANA.token)
    assert (await ask()).status_code == 403


async def test_search_lags_and_the_list_by_external_id_does_not(api: httpx.AsyncClient, world: ZendeskWorld) -> None:
    from datetime import timedelta

    world.simulator.lag = timedelta(minutes=3)
    ref = world.simulator.make("zebra", external_id="k")
    assert (await api.get("search", params={"query": "type:ticket zebra"})).json()["count"] == 0
    assert [each["id"] for each in (await api.get("tickets", params={"external_id": "k"})).json()["tickets"]] == [
        int(ref)
    ]
    world.clock.advance(180)
    assert (await api.get("search", params={"query": "type:ticket zebra"})).json()["count"] == 1


async def test_the_limit_is_told_and_kept(api: httpx.AsyncClient, world: ZendeskWorld) -> None:
    world.simulator.limit = Limit(2)
    answers = [await api.get("users/me") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["x-rate-limit-remaining"] for answer in answers] == ["1", "0", "0"]
    assert answers[-1].headers["retry-after"] == "60"


# --- webhooks --------------------------------------------------------------------------------------------------------


async def test_a_webhook_has_the_documented_shape_and_signature(world: ZendeskWorld) -> None:
    ref = world.simulator.make("x", priority="low")
    await world.webhooks()
    world.simulator.edit(ref, priority="high")
    [webhook] = await world.webhooks()
    body = told(webhook)
    assert (body["event"]["current"], body["event"]["previous"]) == ("HIGH", "LOW")
    assert (body["subject"], body["detail"]["actor_id"]) == (f"zen:ticket:{ref}", ANA.id)
    stamp = webhook.headers["x-zendesk-webhook-signature-timestamp"]
    assert webhook.headers["x-zendesk-webhook-signature"] == sign(SECRET, stamp, webhook.body).decode()


async def test_a_trigger_notifies_only_whom_it_names(world: ZendeskWorld) -> None:
    world.simulator.outbox.subscriptions.append(Subscription("all", "https://syncd.example/all", SECRET))
    world.simulator.make("x")
    assert all("type" in told(each) for each in await world.webhooks())


async def test_a_subscriber_is_tried_again_as_the_vendor_does(world: ZendeskWorld) -> None:
    answers = iter([409, 409, 409])

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(next(answers))

    world.simulator.make("x")
    assert await world.simulator.outbox.deliver(transport=httpx.MockTransport(answer)) == [409]
    [sent] = world.simulator.outbox.sent
    assert sent.answers == [409, 409, 409]


# --- the page --------------------------------------------------------------------------------------------------------


async def test_a_person_can_do_the_whole_job_on_the_page(world: ZendeskWorld, desk: Desk) -> None:
    """The page is no part of the described API."""
    async with httpx.AsyncClient(
        transport=world.simulator.transport(), base_url=world.simulator.url, follow_redirects=True
    ) as page:
        made = await page.post("/agent/tickets", data={"title": "It <broke>", "text": "Help & hurry"})
        ref = made.url.path.rsplit("/", 1)[-1]
        assert "It &lt;broke&gt;" in made.text
        await page.post(f"/agent/tickets/{ref}/fields", data={"priority": "urgent", "360001": "sev1", "tags": "a, b"})
        files = {"files": ("log.txt", b"line", "text/plain")}
        await page.post(f"/agent/tickets/{ref}/answers", data={"text": "for us", "public": "no"}, files=files)
        opened = await page.get(f"/agent/tickets/{ref}")
        ticket = desk.ticket(ref)
        assert (ticket.values["priority"], ticket.custom[360001]) == ("urgent", "sev1")
        assert ticket.values["tags"] == {"a", "b", "sev1"}
        assert [(comment.public, comment.author_id) for comment in ticket.comments] == [
            (True, int(ANA.id)),
            (False, int(ANA.id)),
        ]
        assert "for us" in opened.text
        link = re.search(r'href="([^"]+/files/[^"]+)"', opened.text)
        assert link
        assert (await page.get(link[1])).content == b"line"
        assert "It &lt;broke&gt;" in (await page.get("/")).text
        assert (await page.get("/agent/tickets/1")).status_code == 404


async def test_the_page_sets_only_what_the_person_touched(world: ZendeskWorld, desk: Desk) -> None:
    ref = world.simulator.make("x", priority="low", custom_fields=[{"id": 360005, "value": ["on_web"]}])
    async with httpx.AsyncClient(transport=world.simulator.transport(), base_url=world.simulator.url) as page:
        shown = await page.get(f"/agent/tickets/{ref}")
        inputs = dict(re.findall(r'name="(was:[^"]+)" value="([^"]*)"', shown.text))
        form = {**inputs, **{name.removeprefix("was:"): value for name, value in inputs.items()}, "status": "open"}
        world.simulator.edit(ref, priority="urgent")
        await page.post(f"/agent/tickets/{ref}/fields", data=form)
    ticket = desk.ticket(ref)
    assert (ticket.values["priority"], ticket.status, ticket.custom[360005]) == ("urgent", "open", ["on_web"])


async def test_the_page_says_why_something_is_refused(world: ZendeskWorld) -> None:
    ref = world.simulator.make("x")
    async with httpx.AsyncClient(
        transport=world.simulator.transport(), base_url=world.simulator.url, follow_redirects=True
    ) as page:
        answer = await page.post(f"/agent/tickets/{ref}/fields", data={"subject": ""})
    assert "cannot be blank" in answer.text
    assert "RecordInvalid" not in answer.text, "in words, not in the API's"


async def test_a_deed_of_a_person_is_in_the_journal_and_not_among_the_requests(world: ZendeskWorld) -> None:
    ref = world.simulator.make("x")
    world.simulator.write(ref, "secret", public=False, files=[Upload("a.txt", "text/plain", b"x")])
    entry = world.simulator.journal[-1]
    assert (entry.actor, entry.request, entry.applied) == (ANA.id, False, True)
    assert (entry.body["visibility"], entry.body["files"]) == ("internal", ("a.txt",))
    assert world.simulator.requests == []
