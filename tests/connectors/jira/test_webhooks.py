"""Webhooks: believed only with the right secret, and named so that nothing is read twice or missed."""

import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from syncd.sdk.connector import ALL_PARTS, ONLY_FIELDS, ONLY_THREAD, Changed, Webhook
from syncd.sdk.errors import BadBody, BadSignature
from syncd_jira import Jira
from tests.connectors.jira.steps import by_person, issue, opened
from tests.connectors.jira.world import SECRET, JiraWorld
from tests.specs import spec

NOW = datetime(2025, 8, 12, 7, 6, tzinfo=UTC)
UPDATED = "1754982001003"  # 2025-08-12T09:00:01.003+0200


def signed(body: bytes, secret: str = SECRET, algorithm: str = "sha256") -> Webhook:
    digest = hmac.new(secret.encode(), body, getattr(hashlib, algorithm)).hexdigest()
    headers = {"x-hub-signature": f"{algorithm}={digest}", "x-atlassian-webhook-identifier": "delivery-1"}
    return Webhook(headers, body, NOW)


def payload(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(spec(f"jira/webhook-payloads/cloud.{name}.json").read_text())
    return found


def changed(jira: Jira, body: dict[str, Any]) -> tuple[Changed, ...]:
    return jira.receive(signed(json.dumps(body).encode())).changed


@pytest.fixture
def connector(cloud: JiraWorld) -> Jira:
    return cloud.connector()


# --- Atlassian's payloads -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "token", "parts"),
    [
        ("jira_issue_updated", UPDATED, ONLY_FIELDS),
        ("jira_issue_deleted", "", ALL_PARTS),
        ("comment_created", "comment:10274@1754982306887", ONLY_THREAD),
        ("comment_updated", "comment:10274@1754982306887", ONLY_THREAD),
        ("comment_deleted", "comment:10274@deleted", ONLY_THREAD),
    ],
)
async def test_a_payload_names_its_issue_and_its_change(
    connector: Jira, name: str, token: str, parts: frozenset[Any]
) -> None:
    delivery = connector.receive(signed(spec(f"jira/webhook-payloads/cloud.{name}.json").read_bytes()))
    [hint] = delivery.changed
    assert (delivery.id, hint.ref, hint.token, hint.parts) == ("delivery-1", "10509", token, parts)
    assert hint.at is not None
    assert hint.at.date().isoformat() == "2025-08-12"


async def test_a_save_without_a_change_names_nothing(connector: Jira) -> None:
    body = payload("jira_issue_updated")
    body["changelog"]["items"] = []
    assert changed(connector, body) == ()


async def test_a_comment_told_as_an_update_of_its_issue_names_the_comment_alone(connector: Jira) -> None:
    body = payload("jira_issue_updated")
    del body["changelog"]
    body["comment"] = payload("comment_created")["comment"]
    assert [hint.parts for hint in changed(connector, body)] == [ONLY_THREAD]


@pytest.mark.parametrize(
    ("fields", "parts"),
    [
        (["Attachment"], ONLY_THREAD),
        (["status"], ONLY_FIELDS),
        (["status", "Attachment"], ALL_PARTS),
    ],
)
async def test_a_change_log_says_which_half_changed(connector: Jira, fields: list[str], parts: frozenset[Any]) -> None:
    body = payload("jira_issue_updated")
    body["changelog"]["items"] = [{"field": name} for name in fields]
    assert [hint.parts for hint in changed(connector, body)] == [parts]


@pytest.mark.parametrize("event", ["attachment_created", "issuelink_created", "user_created", "jira:worklog_updated"])
async def test_what_names_no_issue_is_not_our_business(connector: Jira, event: str) -> None:
    assert changed(connector, {"timestamp": 1, "webhookEvent": event}) == ()


async def test_an_edited_comment_has_another_name(connector: Jira) -> None:
    first, second = payload("comment_created"), payload("comment_updated")
    second["comment"]["updated"] = "2025-08-12T09:05:07.000+0200"
    assert changed(connector, first)[0].token != changed(connector, second)[0].token


# --- forged ones ----------------------------------------------------------------------------------------------------

BODY = b'{"webhookEvent": "jira:issue_updated", "issue": {"id": "1"}}'


@pytest.mark.parametrize(
    "webhook",
    [
        signed(BODY, secret="another-secret-of-24-bytes"),
        signed(BODY, algorithm="sha1"),
        signed(BODY, algorithm="md5"),
        replace(
            signed(BODY), headers={"x-hub-signature": signed(BODY).headers["x-hub-signature"].replace("256", "512")}
        ),
        replace(signed(BODY), body=BODY + b" "),
        Webhook({}, BODY, NOW),
        Webhook({"x-hub-signature": "sha256="}, BODY, NOW),
        Webhook({"x-hub-signature": signed(BODY).headers["x-hub-signature"].removeprefix("sha256=")}, BODY, NOW),
        Webhook({}, BODY, NOW, {"secret": SECRET}),
        Webhook({"x-hub-signature": "sha256=\u00e9"}, BODY, NOW),
    ],
    ids=[
        "secret",
        "sha1",
        "md5",
        "lying algorithm",
        "body",
        "bare",
        "empty",
        "no algorithm",
        "in the address",
        "not ascii",
    ],
)
async def test_a_forged_delivery_is_refused_without_a_word_of_the_secret(connector: Jira, webhook: Webhook) -> None:
    with pytest.raises(BadSignature) as refused:
        connector.receive(webhook)
    assert SECRET not in str(refused.value)


async def test_without_a_secret_nobody_is_believed(cloud: JiraWorld) -> None:
    for missing in (None, SecretStr("")):
        bare = cloud.connector(webhook_secret=missing)
        with pytest.raises(BadSignature):
            bare.receive(signed(BODY, secret=""))


async def test_two_secrets_are_good_while_one_is_changed(cloud: JiraWorld) -> None:
    changing = cloud.connector(webhook_secret=SecretStr("new"), webhook_secret_old=SecretStr("old"))
    for secret in ("new", "old"):
        assert changing.receive(signed(BODY, secret=secret)).changed[0].ref == "1"


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"webhookEvent": 1}',
        b'{"webhookEvent": "comment_created", "issue": {"id": "1"}, "comment": {"id": "2", "updated": "soon"}}',
        b'{"webhookEvent": "jira:issue_updated", "issue": {"id": "1", "fields": {"updated": "2025-08-12T09:00:00"}}}',
        b'{"webhookEvent": "jira:issue_updated", "timestamp": 1e400, "issue": {"id": "1"}}',
        b'{"webhookEvent": "jira:issue_updated", "timestamp": 99999999999999999999, "issue": {"id": "1"}}',
    ],
)
async def test_signed_nonsense_is_kept_and_told_not_a_crash(connector: Jira, body: bytes) -> None:
    with pytest.raises(BadBody):
        connector.receive(signed(body))


# --- the simulator as the sender -------------------------------------------------------------------------------------


async def test_a_retry_has_the_same_name_and_counts_itself(cloud: JiraWorld) -> None:
    answers, seen = iter([503, None, 202]), []

    def listen(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        status = next(answers)
        if status is None:
            raise httpx.ConnectError("nobody there")
        return httpx.Response(status)

    await opened(cloud)
    assert await cloud.simulator.outbox.deliver(transport=httpx.MockTransport(listen)) == [202]
    connector = cloud.connector()
    deliveries = [connector.receive(Webhook(dict(request.headers), request.content, NOW)) for request in seen]
    assert len({delivery.id for delivery in deliveries}) == 1
    assert [request.headers.get("x-atlassian-webhook-retry") for request in seen] == [None, "1", "2"]


async def test_data_center_posts_once_and_unsigned() -> None:
    world = JiraWorld("data_center")
    seen = []

    def listen(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(503)

    ref = await opened(world)
    await world.simulator.outbox.deliver(transport=httpx.MockTransport(listen))
    [request] = seen
    assert not [name for name in request.headers if name.startswith("x-")]
    hook = Webhook(dict(request.headers), request.content, NOW, dict(request.url.params))
    assert [hint.ref for hint in world.connector().receive(hook).changed] == [ref]


async def test_a_deleted_issue_is_told_without_a_name(jira: Jira, world: JiraWorld) -> None:
    ref = await opened(world)
    await world.webhooks()
    with by_person(world):
        world.simulator.site.delete(issue(world, ref))
    [webhook] = await world.webhooks()
    assert jira.receive(webhook).changed == (Changed(ref, at=world.clock()),)
