"""What the business rule sends is believed when it is signed with our secret and fresh, whatever it says."""

import json
import shutil
import subprocess
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from syncd.sdk.connector import Delivery, Webhook
from syncd.sdk.errors import BadBody, BadSignature
from syncd_servicenow import ServiceNow
from syncd_servicenow.hook import SCRIPT, TOLERANCE, receive, sign
from syncd_servicenow.simulator import ADMIN
from tests.connectors.servicenow.steps import poll
from tests.connectors.servicenow.world import HOOK, SECRET, ServiceNowWorld, signed

PAGE = Path(__file__).resolve().parents[3] / "connectors" / "syncd_servicenow" / "README.md"
NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
SENT = str(int(NOW.timestamp()))
REF = "ef43c6d40a0a0b5700c77f9bf387afe3"
BODY = json.dumps({"table": "incident", "ticket": REF, "event": "update", "count": 7}).encode()


def hook(body: bytes = BODY, *, secret: str = SECRET, sent: str = SENT) -> Webhook:
    return Webhook(signed(body, secret=secret, sent=sent), body, NOW)


def taken(webhook: Webhook, *secrets: str) -> Delivery:
    return receive(webhook, table="incident", secrets=[SecretStr(each) for each in secrets or (SECRET,)])


# --- what is believed ------------------------------------------------------------------------------------------------


def test_a_signed_delivery_names_the_ticket_and_its_version() -> None:
    [hint] = taken(hook()).changed
    assert (hint.ref, hint.token, hint.revision, hint.echo) == (REF, f"{REF}@7", "7", "")


def test_the_signature_is_that_of_rfc_2104() -> None:
    """printf '1767603600.{}' | openssl dgst -sha256 -hmac secret -binary | base64"""
    assert SENT == "1767603600"
    assert sign("secret", SENT, b"{}") == OPENSSL
    with pytest.raises(BadBody):
        taken(Webhook({"x-syncd-timestamp": SENT, "x-syncd-signature": OPENSSL}, b"{}", NOW), "secret")


OPENSSL = "Zb3c76SnBgZvuy5ro2JU9k8KBxmFnsbDpI2FD3ZsXYQ="


@pytest.mark.parametrize("value", [None, "", "nonsense", "ü", "sha256=" + 64 * "0", 44 * "A"])
def test_a_forged_or_unsigned_delivery_is_refused(value: str | None) -> None:
    good = hook()
    kept = {"x-syncd-timestamp": SENT}
    with pytest.raises(BadSignature):
        taken(replace(good, headers=kept if value is None else {**kept, "x-syncd-signature": value}))
    with pytest.raises(BadSignature):
        taken(replace(good, body=good.body.replace(b"7", b"8")))


@pytest.mark.parametrize(
    "late", [TOLERANCE + timedelta(seconds=1), timedelta(days=300), -TOLERANCE - timedelta(seconds=1)]
)
def test_an_old_delivery_is_refused(late: timedelta) -> None:
    assert taken(replace(hook(), received=NOW + TOLERANCE)).changed
    with pytest.raises(BadSignature, match="too old"):
        taken(replace(hook(), received=NOW + late))


@pytest.mark.parametrize("sent", ["", "soon", "-1", "1e9", "１７６７", "9" * 13, f"{SENT}.0"])
def test_a_time_that_is_none_is_refused_however_well_it_is_signed(sent: str) -> None:
    with pytest.raises(BadSignature):
        taken(hook(sent=sent))


def test_another_time_than_the_signed_one_is_refused() -> None:
    late = replace(hook(), received=NOW + timedelta(hours=1))
    with pytest.raises(BadSignature, match="not signed"):
        taken(replace(late, headers={**late.headers, "x-syncd-timestamp": str(int(SENT) + 3600)}))


def test_both_secrets_are_good_while_one_is_changed() -> None:
    assert taken(hook(secret="old"), "new", "old").changed
    with pytest.raises(BadSignature):
        taken(hook(secret="older"), "new", "old")


def test_without_a_secret_nothing_is_believed() -> None:
    with pytest.raises(BadSignature):
        receive(hook(secret=""), table="incident", secrets=[None, SecretStr("")])


def test_a_doubled_delivery_has_one_id_and_another_one_has_another() -> None:
    later = str(int(SENT) + 1)
    assert taken(hook()).id == taken(hook()).id
    gone = json.dumps({"table": "incident", "ticket": REF, "event": "delete"}).encode()
    assert len({taken(hook()).id, taken(hook(gone)).id, taken(hook(gone, sent=later)).id}) == 3


def test_a_rule_on_another_table_is_nobodys_business() -> None:
    assert taken(hook(BODY.replace(b"incident", b"problem"))).changed == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"ticket": "../sys_user"},
        {"ticket": 7},
        {"ticket": None},
        {"count": "7"},
        {"count": 1.5},
        {"event": "query"},
        {"table": None},
        {"words": "of a customer"},
    ],
    ids=str,
)
def test_a_signed_body_of_another_shape_is_a_bad_body(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadBody):
        taken(hook(json.dumps({**json.loads(BODY), **wrong}).encode()))


NAMES = ["table", "ticket", "event", "count", "id"]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from([REF, "update"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=12,
)


@given(ANYTHING)
def test_whatever_is_signed_is_read_or_a_bad_body(body: Any) -> None:
    with suppress(BadBody):
        taken(hook(json.dumps(body).encode()))


# --- what the business rule sends ------------------------------------------------------------------------------------


async def test_doubled_and_shuffled_deliveries_name_the_same_changes_as_the_poll(
    now: ServiceNow, world: ServiceNowWorld
) -> None:
    ref = world.simulator.make("Export fails")
    _, cursor = await poll(now, None)
    await world.webhooks()
    for urgency in ("1", "2", "1"):
        world.simulator.edit(ref, urgency=urgency)
    webhooks = list(await world.webhooks())
    once = {(each.id, each.changed) for each in map(now.receive, webhooks)}
    assert once == {(each.id, each.changed) for each in map(now.receive, reversed(webhooks * 2))}
    assert len(once) == 3
    polled = {hint.token for hint in (await poll(now, cursor))[0]}
    assert polled == {f"{ref}@3"}
    assert polled <= {hint.token for _, changed in once for hint in changed}


async def test_a_deletion_is_told_without_a_version(now: ServiceNow, world: ServiceNowWorld) -> None:
    ref = world.simulator.make("Export fails")
    await world.webhooks()
    with world.simulator.acting(ADMIN):
        world.simulator.instance.delete(ref)
    [webhook] = await world.webhooks()
    assert [(hint.ref, hint.token) for hint in now.receive(webhook).changed] == [(ref, "")]


async def test_a_delivery_is_sent_once_whatever_is_answered(world: ServiceNowWorld) -> None:
    world.simulator.make("Export fails")
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(503)

    assert await world.simulator.outbox.deliver(transport=httpx.MockTransport(answer)) == [503]
    assert seen == [HOOK]


# --- the script ------------------------------------------------------------------------------------------------------


def test_the_page_holds_the_script_and_the_steps_speak_of_it(world: ServiceNowWorld) -> None:
    assert f"```js\n{SCRIPT}```\n" in PAGE.read_text(encoding="utf-8")
    steps = "\n".join(world.connector().hook_steps(HOOK))
    for words in (HOOK, "syncd.webhook.url", "syncd.webhook.secret", "connectors/syncd_servicenow/README.md", "async"):
        assert words in steps
    assert SECRET not in steps


STUBS = """
const crypto = require('crypto'), sent = {headers: {}};
const properties = {'syncd.webhook.secret': process.argv[2], 'syncd.webhook.url': process.argv[3]};
global.gs = {getProperty: name => properties[name]};
global.GlideStringUtil = {base64Encode: text => Buffer.from(text, 'utf8').toString('base64')};
global.GlideCertificateEncryption = function () {
    this.generateMac = (key, how, data) => {
        if (how != 'HmacSHA256') throw new Error(how);
        return crypto.createHmac('sha256', Buffer.from(key, 'base64')).update(data, 'utf8').digest('base64');
    };
};
global.sn_ws = {RESTMessageV2: function () {
    this.setEndpoint = url => { sent.url = url; };
    this.setHttpMethod = method => { sent.method = method; };
    this.setHttpTimeout = () => {};
    this.setRequestHeader = (name, value) => { sent.headers[name.toLowerCase()] = value; };
    this.setRequestBody = body => { sent.body = body; };
    this.execute = () => { console.log(JSON.stringify(sent)); };
}};
const values = JSON.parse(process.argv[4]);
var previous = null, current = {
    getTableName: () => values.table, getValue: name => values[name], getUniqueValue: () => values.sys_id,
    operation: () => values.operation,
};
"""


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (
            {"table": "incident", "sys_id": REF, "operation": "update", "sys_mod_count": "7"},
            {"table": "incident", "ticket": REF, "event": "update", "count": 7},
        ),
        (
            {"table": "incident", "sys_id": REF, "operation": "delete", "sys_mod_count": "7"},
            {"table": "incident", "ticket": REF, "event": "delete"},
        ),
        (
            {"table": "sys_attachment", "sys_id": "f" * 32, "table_name": "incident", "table_sys_id": REF},
            {"table": "incident", "ticket": REF, "event": "file", "id": "f" * 32},
        ),
    ],
    ids=["a change", "a deletion", "a file"],
)
def test_what_the_script_sends_is_believed(tmp_path: Path, values: dict[str, str], told: dict[str, Any]) -> None:
    """The script itself, in another JavaScript engine, with the vendor's classes in its place."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no `node` here to run the script of the business rule with")
    script = tmp_path / "rule.js"
    script.write_text(STUBS + SCRIPT, encoding="utf-8")
    ran = subprocess.run(
        [node, str(script), SECRET, HOOK, json.dumps(values)], capture_output=True, text=True, check=True, timeout=60
    )
    sent = json.loads(ran.stdout)
    assert (sent["url"], sent["method"], json.loads(sent["body"])) == (HOOK, "post", told)
    webhook = Webhook(sent["headers"], sent["body"].encode(), datetime.now(UTC))
    assert [hint.ref for hint in taken(webhook).changed] == [REF]


async def test_the_simulator_sends_what_the_script_does(now: ServiceNow, world: ServiceNowWorld) -> None:
    ref = world.simulator.make("Export fails")
    with world.simulator.acting(ADMIN):
        file = world.simulator.instance.attach("incident", ref, name="a", media_type="text/plain", content=b"a")
        world.simulator.instance.delete(ref)
    bodies = [json.loads(webhook.body) for webhook in await world.webhooks()]
    assert bodies == [
        {"table": "incident", "ticket": ref, "event": "insert", "count": 0},
        {"table": "incident", "ticket": ref, "event": "file", "id": file["sys_id"]},
        {"table": "incident", "ticket": ref, "event": "delete"},
    ]
