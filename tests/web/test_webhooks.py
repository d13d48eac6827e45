"""Whatever comes in over a webhook: what is signed is kept once, what is not leaves no trace, and nothing is a 500.

The numbers are those of the table of bad inputs in the reliability programme.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from syncd.sdk.testing.memory import OLDEST_WEBHOOK
from syncd.sdk.testing.vendor import SIGNATURE
from syncd.store import links
from syncd.store.records import DeliveryState
from syncd.web import webhooks
from tests.web.served import Served

NESTED = b"[" * 10_000 + b"]" * 10_000
UNREADABLE = [
    b"",
    b"{",
    b"null",
    b"[]",
    b"\xff\xfe\x00",
    b'"\\ud800"',
    b'{"ref": "\\u0000"}',
    b'{"event": NaN}',
    b'{"event": ' + b"9" * 5000 + b"}",
    b'{"event": ' + b"9" * 400 + b', "ref": 1, "ref": 2}',
    NESTED,
    b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
]


async def counted(site: Served) -> dict[str, float]:
    """Deliveries by verdict, as a scrape shows them."""
    text = (await site.get("/metrics")).text
    return {
        sample.labels["verdict"]: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "syncd_deliveries_total"
    }


async def test_a_signed_webhook_is_kept_and_its_ticket_is_due(site: Served) -> None:
    answer = await site.post(site.opened())
    assert (answer.status_code, answer.json()) == (202, {})
    (kept,) = await site.kept()
    assert kept.state is DeliveryState.DONE
    assert await site.world.workers.once() == 1


async def test_w1_what_is_not_signed_gets_401_and_leaves_no_trace(site: Served) -> None:
    good = site.opened()
    rewritten = json.dumps(json.loads(good.body), indent=1).encode()
    for bad in (
        replace(good, headers={}),
        replace(good, headers={**good.headers, SIGNATURE: "0" * 64}),
        replace(good, headers={**good.headers, SIGNATURE: ""}),
        replace(good, body=rewritten),
        replace(good, body=good.body + b" "),
    ):
        answer = await site.post(bad)
        assert (answer.status_code, answer.json()) == (401, {"error": "signature"})
    assert await site.kept() == []
    assert await counted(site) == {"bad signature": 5}


@pytest.mark.parametrize("side", [-1, 1])
async def test_w2_a_signature_of_another_time_is_none(site: Served, side: int) -> None:
    webhook = site.opened()
    site.world.clock.advance(side * (OLDEST_WEBHOOK.total_seconds() + 1))
    assert (await site.post(webhook)).status_code == 401


async def test_w3_a_repeated_delivery_is_answered_well_and_does_nothing_more(site: Served) -> None:
    webhook = site.opened()
    assert (await site.post(webhook)).status_code == 202
    await site.world.workers.once()
    site.world.clock.advance(1)
    again = site.signed(webhook.body)  # the same id under a fresh stamp, as vendors send it again
    answer = await site.post(again)
    assert (answer.status_code, answer.json()) == (200, {})
    assert len(await site.kept()) == 1
    assert await site.world.workers.once() == 0
    assert await counted(site) == {"taken": 1, "doubled": 1}


async def test_w4_what_is_too_large_or_packed_is_refused_by_its_head(site: Served) -> None:
    webhook = site.opened()
    large = site.signed(b" " * (webhooks.LARGEST + 1))
    assert (await site.post(large)).status_code == 413
    for length in ("1048577", "00001048577", "9" * 5000):
        assert (await site.post(webhook, **{"content-length": length})).status_code == 413
    for packed in ("gzip", "br", "identity, gzip"):
        assert (await site.post(webhook, **{"content-encoding": packed})).status_code == 415
    answer = await site.post(webhook, **{"content-encoding": "gzip"})
    assert answer.headers["connection"] == "close"
    assert await site.kept() == []


async def test_w4_the_largest_body_that_is_allowed_is_read(site: Served) -> None:
    webhook = site.opened()
    body = webhook.body[:-1] + b" " * (webhooks.LARGEST - len(webhook.body)) + b"}"
    assert (await site.post(site.signed(body))).status_code == 202


async def test_w4_endless_chunks_end_at_the_limit(site: Served) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b" " * 65536

    assert (await posted(site, endless())).status_code == 413


async def test_w4_a_body_that_does_not_come_is_not_waited_for(site: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "SLOWEST", 0.2)

    async def slow() -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0.05)

    answer = await asyncio.wait_for(posted(site, slow()), 5)
    assert (answer.status_code, answer.headers["connection"]) == (408, "close")


async def posted(site: Served, body: AsyncIterator[bytes]) -> httpx.Response:
    """Post a body that comes in pieces; httpx's own transport for applications would collect it first."""
    said: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": await anext(body), "more_body": True}

    async def send(message: Any) -> None:
        said.append(message)

    headers = [(b"content-type", b"application/json"), (b"host", b"syncd.example")]
    scope = {"type": "http", "method": "POST", "path": "/hooks/desk", "query_string": b"", "headers": headers}
    await site.app({**scope, "asgi": {"version": "3.0"}, "http_version": "1.1"}, receive, send)
    return httpx.Response(said[0]["status"], headers=said[0]["headers"], content=said[1]["body"])


@pytest.mark.parametrize("body", UNREADABLE, ids=lambda body: repr(body[:24]))
async def test_w5_an_unreadable_body_is_kept_and_shown(site: Served, body: bytes) -> None:
    answer = await site.post(site.signed(body))
    assert (answer.status_code, answer.json()) == (202, {})
    (kept,) = await site.kept(DeliveryState.BAD)
    assert kept.body == body
    assert kept.reason
    assert (await site.get("/api/status")).json()["waiting"]["bad_deliveries"] == 1


@pytest.mark.parametrize("body", UNREADABLE, ids=lambda body: repr(body[:24]))
async def test_w5_unsigned_it_is_not_even_read(site: Served, body: bytes) -> None:
    answer = await site.post(replace(site.opened(), body=body))
    assert answer.status_code == 401
    assert await site.kept() == []


async def test_w5_strange_words_in_a_readable_body_are_kept(site: Served) -> None:
    told = json.loads(site.opened().body)
    for number, ref in enumerate(("\0", "\ud800", "x" * 100_000, "'; drop table link; --", "../../x", "\u202eevil")):
        strange = {**told, "ref": ref, "delivery": f"\0{number}\ud800", "revision": ref}
        assert (await site.post(site.signed(strange))).status_code == 202
    assert len(await site.kept(DeliveryState.DONE)) == 6


WORDS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
JSON_VALUES = WORDS | st.lists(WORDS) | st.dictionaries(st.text(), WORDS | st.lists(WORDS))
NAMES = ("delivery", "ref", "event", "name", "actor", "parts", "revision", "at")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=200) | st.dictionaries(st.sampled_from(NAMES), JSON_VALUES).map(lambda v: json.dumps(v).encode())
)
async def test_w5_no_signed_body_is_an_error_of_ours(site: Served, body: bytes) -> None:
    assert (await site.post(site.signed(body))).status_code in {200, 202}


async def test_w6_news_of_nothing_we_know_is_taken(site: Served) -> None:
    told = {**json.loads(site.opened().body), "name": "ticket.sneezed", "more": {"unknown": True}}
    assert (await site.post(site.signed(told))).status_code == 202


async def test_w7_unknown_hooks_and_unknown_paths_get_one_answer(site: Served) -> None:
    webhook = site.opened()
    answers = [await site.post(webhook, to=to) for to in ("nobody", "..%2f", "desk%2f..", "desk/", "", "%00")]
    async with site.client(url="https://syncd.example", peer="203.0.113.7") as stranger:
        answers += [await stranger.get(path) for path in ("/nowhere", "/hooks", "/metrics", "/static/page.py", "/")]
    assert {(answer.status_code, answer.content) for answer in answers} == {(404, b'{"error":"not found"}')}
    assert await site.kept() == []


async def test_w8_only_a_post_of_json_is_a_webhook(site: Served) -> None:
    webhook = site.opened()
    async with site.client() as client:
        for method in ("GET", "HEAD", "TRACE", "PUT", "DELETE", "OPTIONS", "PROPFIND"):
            assert (await client.request(method, "/hooks/desk")).status_code == 405
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "application/jsonp"):
        assert (await site.post(webhook, **{"content-type": kind})).status_code == 415
    for kind in ("application/json; charset=utf-8", "APPLICATION/JSON", "application/cloudevents+json"):
        assert (await site.post(webhook, **{"content-type": kind})).status_code in {200, 202}


async def test_w10_while_the_store_is_down_the_vendor_is_asked_to_come_again(site: Served) -> None:
    good, bad = site.opened(), site.signed(b"{")
    await site.world.store.aclose()
    for webhook in (good, bad):
        answer = await site.post(webhook)
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        assert answer.json() == {"error": "come again"}


async def test_f31_a_flood_is_kept_whole_and_worked_off_once_per_ticket(site: Served) -> None:
    refs = [site.world.support.open(title=f"Ticket {number}", priority="low") for number in range(20)]
    for number in range(49):
        for ref in refs:
            site.world.support.edit(ref, title=f"Edit {number}")
    flood = site.world.support.take_webhooks()
    assert len(flood) == 1000
    async with site.client(url="https://syncd.example", peer="203.0.113.7", timeout=60) as client:
        answers = await asyncio.gather(
            *(
                client.post(
                    "/hooks/desk", content=one.body, headers={**one.headers, "content-type": "application/json"}
                )
                for one in flood
            )
        )
    assert {answer.status_code for answer in answers} == {202}
    assert len(await site.kept()) == 1000
    assert len(await site.world.store.read(links.list_links)) == 20
    assert await site.world.workers.once() == 20
