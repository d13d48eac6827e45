"""The intake API over HTTP: who asks, what is believed, what is answered, and that nothing hostile is a 500."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from typing import Any
from unittest.mock import patch

import httpx
import pytest
import structlog
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from syncd.core.intake import Act, Client, Rate
from syncd.engine import opening
from syncd.errors import StoreError
from syncd.store import requests
from syncd.web.intake import PATH
from syncd.web.secrets import known_by_bearer, sign
from syncd.web.webhooks import LARGEST
from tests.web.served import Served
from tests.web.test_webhooks import UNREADABLE

SECRET = "whsec_" + base64.b64encode(b"a key of thirty-two bytes, or so").decode()
VOICE = Client("voice-agent", "desk-tracker", SECRET.encode(), place={"container": "HELP"}, fields=("priority",))
BOT = Client("bot", "desk-tracker", b"another-secret-of-the-bot", may=frozenset({Act.ENRICH}), limit=Rate(3, 60))
CASE = {"source_id": "call-1", "title": "Export fails", "transcript": [{"role": "customer", "text": "It stops"}]}


@pytest.fixture
async def api(site: Served) -> Served:
    site.world.site.clients = {client.name: client for client in (VOICE, BOT)}
    return site


async def ask(
    api: Served, body: Any = CASE, *, path: str = PATH, method: str = "POST", secret: str = SECRET, **headers: str
) -> httpx.Response:
    """A request as a client sends it, from elsewhere."""
    sent = {"content-type": "application/json", "idempotency-key": "k1", **headers}
    if secret:
        sent["authorization"] = f"Bearer {secret}"
    content = body if isinstance(body, bytes) or hasattr(body, "__aiter__") else json.dumps(body).encode()
    async with api.client(url="https://syncd.example", peer="203.0.113.9") as client:
        return await client.request(method, path, content=content if method == "POST" else None, headers=sent)


async def kept(api: Served) -> int:
    return len(await api.world.store.read(lambda c: requests.listed(c, limit=10_000)))


def wrong(answer: httpx.Response, status: int, kind: str) -> dict[str, Any]:
    """The problem that an answer is."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    said: dict[str, Any] = answer.json()
    assert (said["type"], said["status"]) == (f"urn:syncd:problem:{kind}", status)
    assert said["title"]
    return said


# --- what is answered -------------------------------------------------------------------------------------------------


async def test_a_case_is_kept_before_it_is_answered_and_then_made(api: Served) -> None:
    answer = await ask(api)
    assert answer.status_code == 202
    address = answer.json()["href"]
    assert answer.headers["location"] == address
    assert await kept(api) == 1
    assert api.world.support.tickets == {}
    await opening.work(api.world.site)
    await api.world.sync()
    shown = (await ask(api, path=address, method="GET")).json()
    assert (shown["state"], shown["waiting"], shown["issue"]) == ("opened", 0, None)
    assert shown["ticket"]["label"]
    more = await ask(
        api, {"source_id": "c2", "summary": "again"}, path=f"{address}/entries", **{"idempotency-key": "k2"}
    )
    assert (more.status_code, more.json()["id"]) == (202, answer.json()["id"])


async def test_the_same_key_and_body_get_the_same_answer_and_another_body_422(api: Served) -> None:
    answers = await asyncio.gather(*(ask(api) for _ in range(6)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.text for answer in answers}) == 1
    assert (await ask(api, **{"idempotency-key": '"k1"'})).text == answers[0].text  # as the draft writes it
    wrong(await ask(api, {**CASE, "title": "Else"}), 422, "key-reused")
    said = wrong(await ask(api, **{"idempotency-key": "k2"}), 409, "opened-before")
    assert said["id"] == answers[0].json()["id"]
    assert await kept(api) == 1


async def test_a_key_must_be_there(api: Served) -> None:
    for key in ("", " ", "a b", "x" * 300, '"'):
        wrong(await ask(api, **{"idempotency-key": key}), 400, "no-key")
    assert await kept(api) == 0


async def test_every_wrong_place_is_told_at_once_with_what_helps(api: Served) -> None:
    body = {"source_id": "", "visibility": "public", "transcript": [{"role": "boss"}], "fields": {"status": "done"}}
    said = wrong(await ask(api, body), 422, "invalid")
    assert {one["pointer"] for one in said["errors"]} == {
        "#/source_id",
        "#/title",
        "#/visibility",
        "#/transcript/0/role",
        "#/transcript/0/text",
    }
    assert all(one["detail"] and one["expected"] and one["remedy"] for one in said["errors"])
    said = wrong(await ask(api, {**CASE, "fields": {"status": "done", "priority": "huge"}}), 422, "invalid")
    assert [one["pointer"] for one in said["errors"]] == ["#/fields/status", "#/fields/priority"]
    assert await kept(api) == 0


async def test_what_is_sent_does_not_come_back_in_an_error(api: Served) -> None:
    body = {"source_id": "canary-1", "title": 7, "severity": "canary-2", "fields": {"priority": "canary-3"}}
    assert "canary" not in (await ask(api, body)).text


async def test_a_store_that_does_not_answer_is_503_and_nothing_is_lost(api: Served) -> None:
    with patch.object(type(api.world.store), "write", side_effect=StoreError("disk full at /secret/path")):
        answer = await ask(api)
    wrong(answer, 503, "store")
    assert "secret" not in answer.text
    assert (await ask(api)).status_code == 202


# --- who asks ---------------------------------------------------------------------------------------------------------


async def test_who_shows_no_secret_is_a_stranger_and_leaves_no_trace(api: Served) -> None:
    with structlog.testing.capture_logs() as logs:
        for secret in ("", "wrong", SECRET[:-1], f"{SECRET}x"):
            answer = await ask(api, secret=secret)
            wrong(answer, 401, "stranger")
            assert answer.headers["www-authenticate"].startswith("Bearer")
        basic = base64.b64encode(f"voice-agent:{SECRET}".encode()).decode()
        wrong(await ask(api, secret="", authorization=f"Basic {basic}"), 401, "stranger")
    assert SECRET not in str(logs)
    assert await kept(api) == 0


def test_a_secret_that_is_no_ascii_is_compared_too() -> None:
    assert known_by_bearer([VOICE], "Bearer \u00fc\ud800") is None
    assert known_by_bearer([VOICE], f"bearer {SECRET}") is VOICE


async def test_without_clients_there_is_no_such_address(site: Served) -> None:
    assert (await ask(site)).status_code == 404


async def test_a_client_does_what_it_may_with_its_own_cases(api: Served) -> None:
    wrong(await ask(api, secret="another-secret-of-the-bot"), 403, "forbidden")
    address = (await ask(api)).json()["href"]
    theirs = {"secret": "another-secret-of-the-bot", "path": f"{address}/entries"}
    wrong(await ask(api, {"source_id": "x", "summary": "y"}, **theirs), 404, "unknown")
    wrong(await ask(api, path=address, method="GET", secret="another-secret-of-the-bot"), 404, "unknown")


def signed(api: Served, raw: bytes, *, id: str = "msg_1", late: float = 0, secret: str = SECRET) -> dict[str, str]:
    at = str(int(api.world.clock().timestamp() - late))
    signature = sign(secret.encode(), id, at, raw).decode()
    return {"webhook-id": id, "webhook-timestamp": at, "webhook-signature": f"v1,AAAA v1,{signature}"}


async def test_a_signature_by_standard_webhooks_is_as_good_as_the_secret(api: Served) -> None:
    raw = json.dumps(CASE).encode()
    by_hand = hmac.new(b"a key of thirty-two bytes, or so", digestmod=hashlib.sha256)  # as the specification says
    headers = signed(api, raw)
    by_hand.update(f"msg_1.{headers['webhook-timestamp']}.".encode() + raw)
    assert headers["webhook-signature"].endswith(base64.b64encode(by_hand.digest()).decode())
    assert (await ask(api, raw, secret="", **{**headers, "idempotency-key": ""})).status_code == 202
    assert (await ask(api, raw, secret="", **{**headers, "idempotency-key": "msg_1"})).status_code == 202
    wrong(await ask(api, raw, secret="", **{**headers, "idempotency-key": "msg_2"}), 400, "key-not-signed")
    assert await kept(api) == 1


async def test_a_signature_of_another_body_time_or_secret_is_none(api: Served) -> None:
    raw = json.dumps(CASE).encode()
    for headers in (
        signed(api, raw + b" "),
        signed(api, raw, late=301),
        signed(api, raw, late=-301),
        signed(api, raw, secret="whsec_b3RoZXI="),
        {**signed(api, raw), "webhook-id": "msg_9"},
        {**signed(api, raw), "webhook-timestamp": "9" * 40},
        {**signed(api, raw), "webhook-timestamp": "x"},
    ):
        wrong(await ask(api, raw, secret="", **headers), 401, "stranger")
    assert await kept(api) == 0


async def test_who_asks_too_often_is_told_when_to_come_again(api: Served) -> None:
    bot = {"secret": "another-secret-of-the-bot", "path": f"{PATH}/none", "method": "GET"}
    for _ in range(3):
        wrong(await ask(api, **bot), 404, "unknown")
    answer = await ask(api, **bot)
    wrong(answer, 429, "too-many")
    assert (await ask(api)).status_code == 202  # the others go on
    api.world.clock.advance(int(answer.headers["retry-after"]))
    wrong(await ask(api, **bot), 404, "unknown")


# --- what is hostile --------------------------------------------------------------------------------------------------


async def test_a_body_ends_at_its_limit(api: Served) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b" " * 65536

    wrong(await ask(api, endless()), 413, "body")
    wrong(await ask(api, b" " * (LARGEST + 1)), 413, "body")
    wrong(await ask(api, **{"content-encoding": "gzip"}), 415, "body")
    wrong(await ask(api, **{"content-type": "text/plain"}), 415, "body")


@pytest.mark.parametrize("raw", [*UNREADABLE, b'{"title": 1e400}', b"\xff" * 100], ids=lambda raw: repr(raw[:12]))
async def test_what_is_no_body_is_422(api: Served, raw: bytes) -> None:
    wrong(await ask(api, raw), 422, "invalid")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["sev1", "customer", "p1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(
    ["source_id", "title", "summary", "severity", "customer", "transcript", "log", "fields", "visibility", "\x00"]
)
HOSTILE = st.dictionaries(KEYS, JSON, max_size=8).map(lambda body: {**CASE, **body})
TEXTS = st.text(st.characters(exclude_categories=()), min_size=1, max_size=60)
VALID = st.builds(
    lambda title, summary, said, who, log: {
        "source_id": "s",
        "title": title,
        "summary": summary,
        "transcript": [{"role": "customer", "text": text, "who": who} for text in said],
        "log": {"name": log, "text": log},
    },
    TEXTS, TEXTS, st.lists(TEXTS, max_size=3), TEXTS, TEXTS,
)  # fmt: skip


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=HOSTILE | VALID | JSON, key=st.text(st.characters(codec="latin-1"), max_size=10))
@example(body={**CASE, "title": "\u202e\x00"}, key="k")
@example(body={**CASE, "fields": {"priority": 10**400}}, key="k")
async def test_nothing_that_is_sent_is_a_bug_of_ours(api: Served, body: Any, key: str) -> None:
    """Whatever it is: a problem that says why, or a 202 of something that is kept."""
    api.world.clock.advance(61)
    raw = json.dumps(body).encode("utf-8", "surrogatepass")
    before = await kept(api)
    answer = await ask(api, raw, **{"idempotency-key": base64.b64encode(key.encode() + raw[:40]).decode()[:200]})
    assert answer.status_code in (202, 409, 422), answer.text
    assert "Traceback" not in answer.text
    assert answer.status_code == 202 or await kept(api) == before


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=VALID)
async def test_what_is_answered_202_stands_on_a_ticket_or_waits_for_a_person(api: Served, body: Any) -> None:
    api.world.clock.advance(61)
    name = hashlib.sha256(json.dumps(body).encode()).hexdigest()
    raw = json.dumps({**body, "source_id": name}).encode()
    answer = await ask(api, raw, **{"idempotency-key": name})
    if answer.status_code != 202:
        return
    await opening.work(api.world.site)
    await api.world.sync()
    row = await api.world.store.read(lambda c: requests.by_source(c, VOICE.name, name))
    assert row
    assert str(row.state) in ("done", "parked"), row
