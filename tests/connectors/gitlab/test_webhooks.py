"""Webhooks: GitLab's own samples are read, and nothing is believed that does not prove where it comes from."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from syncd.sdk.connector import ALL_PARTS, ONLY_THREAD, Changed, Hook, Webhook
from syncd.sdk.errors import BadBody, BadSignature, Forbidden, Rejected
from syncd_gitlab import Gitlab
from syncd_gitlab.hook import signature
from syncd_gitlab.simulator import BEN
from syncd_gitlab.simulator.state import StoredHook
from tests.connectors.gitlab.world import EVENTS, HOOK, SECRET, SIGNING, GitlabWorld
from tests.specs import spec

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def payload(name: str) -> bytes:
    return spec(f"gitlab/webhook-payloads/{name}.json").read_bytes()


def by_token(body: bytes, *, token: str = SECRET, **headers: str) -> Webhook:
    return Webhook({"x-gitlab-token": token, **headers}, body, NOW)


def signed(body: bytes, *, token: str = SIGNING, id: str = "delivery-1", at: datetime = NOW) -> Webhook:
    stamp = str(int(at.timestamp()))
    proof = {"webhook-id": id, "webhook-timestamp": stamp, "webhook-signature": signature(token, id, stamp, body)}
    return Webhook(proof, body, NOW)


@pytest.fixture
def plain() -> Gitlab:
    """A connection whose GitLab does not sign."""
    return GitlabWorld(signed=False).connector()


@pytest.fixture
def signing(world: GitlabWorld) -> Gitlab:
    return world.connector()


# --- GitLab's samples ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("issue", Changed("14-23", parts=ALL_PARTS, at=datetime(2013, 12, 3, 17, 15, 43, tzinfo=UTC))),
        ("note_issue", Changed("5-17", parts=ONLY_THREAD, at=datetime(2015, 5, 17, 17, 6, 40, tzinfo=UTC))),
        (
            "note_issue.confidential",
            Changed("5-17", parts=ONLY_THREAD, at=datetime(2015, 5, 17, 17, 6, 40, tzinfo=UTC)),
        ),
    ],
)
async def test_a_sample_names_its_issue(plain: Gitlab, signing: Gitlab, name: str, expected: Changed) -> None:
    assert plain.receive(by_token(payload(name))).changed == (expected,)
    assert signing.receive(signed(payload(name))).changed == (expected,)


@pytest.mark.parametrize("change", [{"noteable_type": "MergeRequest"}, {"noteable_type": "Commit"}, {"system": True}])
async def test_a_note_about_something_else_and_gitlabs_own_are_nobodys_business(
    plain: Gitlab, change: dict[str, Any]
) -> None:
    body = json.loads(payload("note_issue"))
    body["object_attributes"].update(change)
    assert plain.receive(by_token(json.dumps(body).encode())).changed == ()


async def test_other_work_items_are_named_where_they_stand_in_a_project(plain: Gitlab) -> None:
    body = {**json.loads(payload("issue")), "object_kind": "work_item"}
    assert [hint.ref for hint in plain.receive(by_token(json.dumps(body).encode())).changed] == ["14-23"]
    body["object_attributes"]["project_id"] = None  # an epic
    assert plain.receive(by_token(json.dumps(body).encode())).changed == ()


async def test_an_issue_event_without_its_issue_is_a_bad_body(plain: Gitlab) -> None:
    body = json.loads(payload("issue"))
    del body["object_attributes"]["iid"]
    with pytest.raises(BadBody):
        plain.receive(by_token(json.dumps(body).encode()))


async def test_our_own_write_is_told_as_an_echo_and_no_one_elses(plain: Gitlab) -> None:
    body = json.loads(payload("issue"))
    await plain.check()
    assert plain.receive(by_token(json.dumps(body).encode())).changed[0].echo == ""
    body["user"]["id"] = 103
    assert plain.receive(by_token(json.dumps(body).encode())).changed[0].echo == "issue"


# --- who is believed -------------------------------------------------------------------------------------------------


async def test_a_wrong_an_empty_and_no_secret_are_refused(plain: Gitlab) -> None:
    body = payload("issue")
    for bad in (by_token(body, token="wrong"), by_token(body, token=""), Webhook({}, body, NOW), signed(body)):
        with pytest.raises(BadSignature):
            plain.receive(bad)


@pytest.mark.parametrize("secret", [None, SecretStr("")])
async def test_without_a_secret_in_the_config_nobody_is_believed(secret: SecretStr | None) -> None:
    connector = GitlabWorld(signed=False).connector(webhook_secret=secret)
    for token in ("", "None", SECRET):
        with pytest.raises(BadSignature):
            connector.receive(by_token(payload("issue"), token=token))


async def test_the_former_secret_is_good_while_it_is_changed() -> None:
    connector = GitlabWorld(signed=False).connector(webhook_secret_old=SecretStr("former"))
    assert connector.receive(by_token(payload("issue"), token="former")).changed
    assert connector.receive(by_token(payload("issue"))).changed


async def test_where_gitlab_signs_the_plain_secret_is_not_enough(signing: Gitlab) -> None:
    body = payload("issue")
    for bad in (
        by_token(body),
        signed(body, token="whsec_b3RoZXI="),
        replace(signed(body), body=body + b" "),
        replace(signed(body), headers={**signed(body).headers, "webhook-id": "other"}),
        replace(signed(body), headers={**signed(body).headers, "webhook-timestamp": "now"}),
    ):
        with pytest.raises(BadSignature):
            signing.receive(bad)


@pytest.mark.parametrize("skew", [timedelta(minutes=6), timedelta(minutes=-6)])
async def test_an_old_delivery_and_one_from_the_future_are_refused(signing: Gitlab, skew: timedelta) -> None:
    with pytest.raises(BadSignature, match="off"):
        signing.receive(signed(payload("issue"), at=NOW + skew))


async def test_one_of_several_signatures_is_enough(signing: Gitlab) -> None:
    good = signed(payload("issue"))
    both = {**good.headers, "webhook-signature": f"v1,AAAA {good.headers['webhook-signature']}"}
    assert signing.receive(replace(good, headers=both)).changed


async def test_a_signing_token_that_is_none_lets_nobody_in() -> None:
    connector = GitlabWorld().connector(signing_token=SecretStr("whsec_"))
    with pytest.raises(BadSignature, match="signing_token"):
        connector.receive(signed(payload("issue")))


def test_the_signature_is_that_of_standard_webhooks() -> None:
    """The example of its own libraries; the header holds `v1,` and base64."""
    made = signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}'
    )
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


# --- which delivery it is --------------------------------------------------------------------------------------------


async def test_a_retry_has_the_same_id_and_hooks_that_cause_each_other_have_not(plain: Gitlab) -> None:
    body, shared = payload("issue"), {"x-gitlab-event-uuid": "u-1", "x-gitlab-webhook-uuid": "w-1"}
    first = plain.receive(by_token(body, **shared, **{"idempotency-key": "one"})).id
    assert plain.receive(by_token(body, **shared, **{"idempotency-key": "one"})).id == first
    assert plain.receive(by_token(body, **shared, **{"idempotency-key": "two"})).id != first


async def test_an_older_gitlab_names_no_delivery_so_its_body_does(plain: Gitlab) -> None:
    assert plain.receive(by_token(payload("issue"))).id == plain.receive(by_token(payload("issue"))).id
    assert plain.receive(by_token(payload("issue"))).id != plain.receive(by_token(payload("note_issue"))).id


async def test_the_simulated_gitlab_calls_the_right_kind_of_hook(gitlab: Gitlab, world: GitlabWorld) -> None:
    ref = world.made().ref
    await world.say(ref, "for all", public=True)
    await world.say(ref, "for us", public=False)
    world.change(ref, confidential=True)
    kinds = [webhook.headers["x-gitlab-event"] for webhook in await world.webhooks()]
    assert kinds == ["Issue Hook", "Note Hook", "Confidential Note Hook", "Confidential Issue Hook"]


# --- managing them ---------------------------------------------------------------------------------------------------


async def test_a_hook_is_about_issues_and_comments_and_nothing_else(gitlab: Gitlab, world: GitlabWorld) -> None:
    hook = await gitlab.register_hook("https://syncd.example/hooks/new")
    stored = next(each for each in world.app.hooks.values() if each.url == hook.url)
    assert (stored.events, stored.token) == (EVENTS, SECRET)
    assert SECRET not in str(await gitlab.hooks())


async def test_a_broken_hook_is_repaired_and_a_twin_removed(gitlab: Gitlab, world: GitlabWorld) -> None:
    world.app.hooks[1] = StoredHook(1, HOOK, "old", frozenset({"note_events"}), status="disabled")
    world.app.hooks[2] = StoredHook(2, HOOK, "old", EVENTS)
    lacks = ("issues_events", "confidential_issues_events", "confidential_note_events")
    assert (await gitlab.hooks())[0] == Hook("14-1", HOOK, active=False, lacks=lacks)
    assert await gitlab.register_hook(HOOK) == Hook("14-1", HOOK)
    assert world.app.hooks == {1: StoredHook(1, HOOK, SECRET, EVENTS)}


async def test_each_project_gets_a_hook(world: GitlabWorld) -> None:
    connector = world.connector(projects=("acme/app", "acme/tools"))
    made = await connector.register_hook(HOOK)
    assert [part.partition("-")[0] for part in made.id.split("+")] == ["14", "15"]
    assert [hook for hook in await connector.hooks() if hook.url == HOOK] == [made]
    await connector.remove_hook(made.id)
    assert not [hook for hook in await connector.hooks() if hook.url == HOOK]


async def test_the_hooks_of_an_address_are_one_and_a_project_without_is_named(world: GitlabWorld) -> None:
    connector = world.connector(projects=("acme/app", "acme/tools"))
    made = await connector.register_hook(HOOK)
    twin = world.app.hooks[77] = StoredHook(77, HOOK, SECRET, EVENTS)
    whole, lesser = [hook for hook in await connector.hooks() if hook.url == HOOK]
    assert (whole, lesser.id, len(lesser.lacks)) == (made, f"14-{twin.id}", len(EVENTS))
    await connector.remove_hook(made.id.partition("+")[2])
    whole = next(hook for hook in await connector.hooks() if hook.id == made.id.partition("+")[0])
    assert set(whole.lacks) == {f"{event} in 15" for event in EVENTS}


async def test_without_a_secret_no_hook_is_made(world: GitlabWorld) -> None:
    with pytest.raises(Rejected, match="webhook_secret"):
        await world.connector(webhook_secret=None).register_hook(HOOK)


async def test_below_maintainer_hooks_are_forbidden(world: GitlabWorld) -> None:
    world.simulator.accounts = [*world.simulator.accounts[:2], replace(BEN, id="104", token="glpat-ben")]
    with pytest.raises(Forbidden):
        await world.connector(token=SecretStr("glpat-ben")).hooks()


async def test_a_strange_id_of_a_hook_asks_for_nothing(gitlab: Gitlab, world: GitlabWorld) -> None:
    before = world.requests
    for id in ("", "../1", "14-1/../../2", "14"):
        await gitlab.remove_hook(id)
    assert world.requests == before


def test_the_steps_name_the_address_and_each_project(world: GitlabWorld) -> None:
    steps = " ".join(world.connector().hook_steps(HOOK))
    assert HOOK in steps
    assert "acme/app" in steps
    assert SECRET not in steps
