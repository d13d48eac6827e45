"""Service hooks: the vendor's samples are read, nothing is believed without the password, and hooks are managed."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from syncd.core.model import Internal
from syncd.sdk.connector import ALL_PARTS, ONLY_FIELDS, Changed, Hook, Message, Webhook
from syncd.sdk.errors import BadBody, BadSignature, Rejected
from syncd_azuredevops import AzureDevOps
from syncd_azuredevops.hook import EVENTS, authorization
from syncd_azuredevops.simulator import ANA
from tests.connectors.azuredevops.steps import commented, to
from tests.connectors.azuredevops.world import HOOK, SECRET, AzureDevOpsWorld
from tests.specs import spec

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
ADDRESS = "https://syncd.example/hooks/desk"
OLD = "the-secret-that-was-before"


def payload(name: str) -> bytes:
    return spec(f"azure-devops/webhook-payloads/workitem.{name}.json").read_bytes()


def sent(body: bytes | dict[str, Any], header: str | None = None) -> Webhook:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Webhook({"authorization": authorization(SECRET) if header is None else header}, content, NOW)


@pytest.fixture
def plain(world: AzureDevOpsWorld) -> AzureDevOps:
    """A connection that has not asked for anything yet."""
    return world.connector()


def event(kind: str = "updated", **resource: Any) -> dict[str, Any]:
    return {"id": "event-1", "eventType": f"workitem.{kind}", "resource": resource}


# --- the vendor's samples --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("updated", Changed("5", "5@2", ONLY_FIELDS, revision="2")),
        ("commented", Changed("5", "5@4", ALL_PARTS, revision="4")),
        ("deleted", Changed("5", "", ALL_PARTS)),
        ("restored", Changed("5", "", ALL_PARTS)),
    ],
)
def test_a_sample_of_the_vendor_names_its_work_item(plain: AzureDevOps, name: str, expected: Changed) -> None:
    """In `updated`, `id` is the number of the update and `workItemId` is 0."""
    delivery = plain.receive(sent(payload(name)))
    [hint] = delivery.changed
    assert hint.at is not None
    assert (hint.at.year, hint.at.tzinfo) == (2016, UTC)
    assert replace(hint, at=None) == expected
    assert delivery.id.endswith(f"/workitem.{name}")


def test_a_sample_without_a_password_is_not_read(plain: AzureDevOps) -> None:
    with pytest.raises(BadSignature):
        plain.receive(sent(payload("updated"), header=""))


# --- the password ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic",
        "Basic %%%",
        "Basic " + "A" * 3,
        f"Bearer {SECRET}",
        authorization("another-secret-of-24-bytes"),
        authorization(""),
        authorization(SECRET[:-1]),
        authorization(f"{SECRET} "),
        authorization(OLD),
    ],
)
def test_what_does_not_carry_the_password_is_not_believed(plain: AzureDevOps, header: str) -> None:
    with pytest.raises(BadSignature):
        plain.receive(sent(event(workItemId=5, rev=2), header))


def test_the_user_does_not_count_and_the_former_password_does_for_a_while(world: AzureDevOpsWorld) -> None:
    connector = world.connector(webhook_secret_old=SecretStr(OLD))
    for header in (authorization(SECRET, user=""), authorization(SECRET, user="x"), authorization(OLD)):
        assert connector.receive(sent(event(workItemId=5, rev=2), header)).changed


@pytest.mark.parametrize("secret", [None, SecretStr("")])
def test_without_a_secret_nobody_is_believed(world: AzureDevOpsWorld, secret: SecretStr | None) -> None:
    connector = world.connector(webhook_secret=secret)
    for header in ("", authorization(""), authorization(SECRET)):
        with pytest.raises(BadSignature):
            connector.receive(sent(event(workItemId=5, rev=2), header))


# --- what it says ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "resource",
    [
        {"workItemId": 7, "rev": 3},
        {"id": 3, "workItemId": 0, "rev": 3, "revision": {"id": 7, "rev": 3}},
        {"id": 3, "rev": 3, "url": "https://dev.azure.com/o/_apis/wit/workItems/7/updates/3"},
    ],
)
def test_an_update_tells_its_work_item_in_any_of_three_ways(plain: AzureDevOps, resource: dict[str, Any]) -> None:
    [hint] = plain.receive(sent(event(**resource))).changed
    assert (hint.ref, hint.token) == ("7", "7@3")


@pytest.mark.parametrize(
    ("fields", "parts"),
    [
        ({"System.State": {}, "System.Rev": {}, "System.ChangedDate": {}}, ONLY_FIELDS),
        ({"System.Rev": {}, "System.ChangedDate": {}}, ALL_PARTS),  # an edit of a comment may look like this
        ({"System.State": {}, "System.History": {}}, ALL_PARTS),
        ({"System.State": {}, "System.CommentCount": {}}, ALL_PARTS),
        ({}, ALL_PARTS),
        (None, ALL_PARTS),
    ],
)
def test_the_thread_is_left_alone_only_where_fields_alone_changed(
    plain: AzureDevOps, fields: Any, parts: frozenset[Any]
) -> None:
    [hint] = plain.receive(sent(event(workItemId=7, rev=3, fields=fields))).changed
    assert hint.parts == parts
    [hint] = plain.receive(sent(event(workItemId=7, rev=3, fields=fields, relations={"added": [{}]}))).changed
    assert hint.parts == ALL_PARTS


@pytest.mark.parametrize(
    "body",
    [
        event(),
        event(workItemId=0, rev=1),
        event(workItemId=-5, rev=1),
        event(workItemId=2**40, rev=1),
        event(workItemId="kestrel"),
        event("created"),
        event("deleted", id="kestrel"),
        {"eventType": "workitem.updated"},
        {"eventType": "workitem.updated", "resource": "kestrel"},
    ],
)
def test_an_event_that_names_no_work_item_is_a_bad_body(plain: AzureDevOps, body: dict[str, Any]) -> None:
    with pytest.raises(BadBody) as error:
        plain.receive(sent(body))
    assert "kestrel" not in str(error.value)


@pytest.mark.parametrize("kind", ["git.push", "build.complete", "ms.vss-release", None])
def test_events_about_other_things_are_nobodys_business(plain: AzureDevOps, kind: str | None) -> None:
    assert plain.receive(sent({"id": "1", "eventType": kind, "resource": {}})).changed == ()


def test_a_delivery_that_comes_twice_or_late_has_one_id(plain: AzureDevOps) -> None:
    """Nothing but the id tells a repetition: there is no stamp that anybody vouches for."""
    first, again = (sent(payload("updated")) for _ in range(2))
    late = replace(first, received=datetime(2030, 1, 1, tzinfo=UTC))
    assert plain.receive(first).id == plain.receive(again).id == plain.receive(late).id
    assert plain.receive(first).id != plain.receive(sent(payload("commented"))).id
    nameless = event(workItemId=5, rev=2) | {"id": 4}
    assert plain.receive(sent(nameless)).id == plain.receive(sent(nameless)).id


@pytest.mark.shows("own write costs no second read")
async def test_our_own_write_comes_back_by_its_name(boards: AzureDevOps, world: AzureDevOpsWorld) -> None:
    ref = world.made().ref
    await world.webhooks()
    written = await boards.update(ref, {"title": "By syncd"}, expect="1")
    said = (await boards.comment(ref, Message(Internal("x")), key="key-1", expect="")).written
    hints = [hint for webhook in await world.webhooks() for hint in boards.receive(webhook).changed]
    assert {hint.token for hint in hints} == written.tokens | said.tokens


async def test_what_a_person_does_is_told(boards: AzureDevOps, world: AzureDevOpsWorld) -> None:
    ref = world.made().ref
    await world.webhooks()
    await world.say(ref, "frist", public=False)
    await world.reword(ref, "frist", "first")
    await world.delete(ref)
    await world.restore(ref)
    await world.attach(ref, "a.txt", b"x", public=False)
    hints = [hint for webhook in await world.webhooks() for hint in boards.receive(webhook).changed]
    assert {hint.ref for hint in hints} == {ref}
    assert all(hint.parts == ALL_PARTS for hint in hints), "none of these is about fields alone"


# --- managing them ---------------------------------------------------------------------------------------------------


async def test_one_address_is_a_subscription_for_each_event_and_project(
    boards: AzureDevOps, world: AzureDevOpsWorld
) -> None:
    hook = await boards.register_hook(ADDRESS)
    stored = list(world.simulator.subscriptions.values())
    told = {(each["publisherInputs"]["projectId"], each["eventType"]) for each in stored}
    assert told == {(project.id, kind) for project in (world.home, world.other) for kind in EVENTS}
    assert len(stored) == 10
    inputs = stored[0]["consumerInputs"]
    assert (inputs["url"], inputs["basicAuthPassword"], inputs["messagesToSend"]) == (ADDRESS, SECRET, "none")
    assert await boards.hooks() == [hook]
    await world.webhooks()
    await commented(boards, world.made().ref, "x")
    webhooks = await world.webhooks()
    assert webhooks
    assert all(boards.receive(webhook).changed for webhook in webhooks), "what is called is what is read"


async def test_registering_again_repairs(boards: AzureDevOps, world: AzureDevOpsWorld) -> None:
    await boards.register_hook(ADDRESS)
    stored = world.simulator.subscriptions
    first, second, third, *_ = stored
    del stored[first]
    stored[second] |= {"status": "disabledBySystem"}
    stored[third]["consumerInputs"]["basicAuthPassword"] = "another"
    [broken] = await boards.hooks()
    assert broken.lacks == ("workitem.created in Fabrikam", "workitem.updated in Fabrikam")
    stored["9" * 32] = {**stored[third], "id": "9" * 32}  # made twice by a person
    connector = AzureDevOps(world.config, transport=world.simulator.transport())
    assert await connector.register_hook(ADDRESS) == Hook(broken.id, ADDRESS)
    assert len(stored) == 10
    assert {each["consumerInputs"]["basicAuthPassword"] for each in stored.values()} == {SECRET}
    assert {each["status"] for each in stored.values()} == {"enabled"}


async def test_what_others_subscribed_to_is_left_alone(boards: AzureDevOps, world: AzureDevOpsWorld) -> None:
    hook = await boards.register_hook(ADDRESS)
    stored = world.simulator.subscriptions
    template = next(iter(stored.values()))
    elsewhere = world.boards.projects["Open Source"].id
    stored["00000000-0000-0000-0000-00000000000a"] = {**template, "id": "a" * 8, "eventType": "build.complete"}
    stored["00000000-0000-0000-0000-00000000000b"] = {
        **template,
        "id": "b" * 8,
        "publisherInputs": {"projectId": elsewhere},
    }
    connector = AzureDevOps(world.config, transport=world.simulator.transport())
    await connector.remove_hook(hook.id)
    assert {each["id"] for each in stored.values()} == {"a" * 8, "b" * 8}


async def test_without_a_secret_no_hook_is_registered(world: AzureDevOpsWorld) -> None:
    with pytest.raises(Rejected, match="webhook_secret"):
        await world.connector(webhook_secret=None).register_hook(ADDRESS)
    assert not world.simulator.subscriptions


async def test_a_password_goes_to_a_safe_address_only(boards: AzureDevOps) -> None:
    with pytest.raises(Rejected):
        await boards.register_hook("http://syncd.example/hooks/desk")


def test_the_steps_name_what_a_person_needs_and_no_secret(plain: AzureDevOps) -> None:
    steps = "\n".join(plain.hook_steps(HOOK))
    assert HOOK in steps
    assert "Fabrikam, Fabrikam Ops" in steps
    assert SECRET not in steps


async def test_the_vendor_sends_again_what_was_not_taken(world: AzureDevOpsWorld) -> None:
    again = world.simulator.retries
    assert [again(status, 1) for status in (408, 502, 503, 504, None)] == [True] * 5
    assert [again(status, 1) for status in (200, 202, 401, 410, 500)] == [False] * 5
    assert (again(503, 8), again(503, 9)) == (True, False)


async def test_a_person_at_the_page_is_told_of_as_well(world: AzureDevOpsWorld) -> None:
    ref = world.made().ref
    await world.webhooks()
    with world.simulator.acting(ANA):
        world.simulator.set_fields(ref, {"System.State": "Active"})
    assert len(await world.webhooks()) == 1
    world.change(ref, to("System.Title", "Export fails"))
    assert await world.webhooks() == [], "nothing changed"
