"""GitHub's webhooks: the samples of its own package, its test vector, and what is refused."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from syncd.sdk.connector import ALL_PARTS, ONLY_FIELDS, ONLY_THREAD, Webhook
from syncd.sdk.errors import BadBody, BadSignature, NotFound, Rejected
from syncd_github import GitHub, GitHubConfig
from syncd_github.hook import sign
from tests.connectors.github.world import HOOK, SECRET, GitHubWorld
from tests.specs import SHARED, spec

NOW = datetime(2026, 1, 5, tzinfo=UTC)
SAMPLES = sorted((SHARED / "specs" / "github" / "webhook-payloads").glob("*.json"))
OURS = ("Codertocat/Hello-World", "Octocoders/Hello-World", "Codertocat/repo2", "octo-org/octo-repo")


def delivered(body: bytes, event: str, *, secret: str = SECRET, **headers: str) -> Webhook:
    signed = {"x-hub-signature-256": sign(secret, body), "x-github-event": event, "x-github-delivery": "guid-1"}
    return Webhook({**signed, **headers}, body, NOW)


@pytest.fixture
def reader() -> GitHub:
    """A connection that knows its repositories by name alone: it has asked nobody yet."""
    config = {"connector": "github", "repositories": OURS, "token": "t", "webhook_secret": SECRET}
    return GitHub(GitHubConfig.model_validate(config))


# -- signatures


def test_the_vendors_own_test_vector() -> None:
    expected = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert sign("It's a Secret to Everybody", b"Hello, World!") == f"sha256={expected}"


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "sha256=",
        sign("another-secret-of-24-bytes", b'{"zen": "x"}'),
        sign(SECRET, b'{"zen": "x"}').removeprefix("sha256="),
        sign(SECRET, b'{"zen": "x"}').replace("sha256", "sha1"),
        sign("", b'{"zen": "x"}'),
        "sha256=\xff",
    ],
)
def test_a_wrong_signature_is_refused(reader: GitHub, signature: str) -> None:
    good = delivered(b'{"zen": "x"}', "ping")
    assert reader.receive(good).changed == ()
    with pytest.raises(BadSignature):
        reader.receive(replace(good, headers={**good.headers, "x-hub-signature-256": signature}))


def test_an_unsigned_one_is_refused_though_the_older_signature_is_there(reader: GitHub) -> None:
    headers = {"x-hub-signature": "sha1=0000", "x-github-event": "issues", "x-github-delivery": "guid"}
    with pytest.raises(BadSignature):
        reader.receive(Webhook(headers, b"{}", NOW))


def test_without_a_secret_nothing_is_believed() -> None:
    config = {"connector": "github", "repositories": OURS, "token": "t"}
    for more in ({}, {"webhook_secret": ""}):
        connector = GitHub(GitHubConfig.model_validate({**config, **more}))
        with pytest.raises(BadSignature):
            connector.receive(delivered(b"{}", "ping", secret=""))


def test_the_former_secret_counts_while_it_is_configured() -> None:
    config = {"connector": "github", "repositories": OURS, "token": "t", "webhook_secret": "new-secret"}
    connector = GitHub(GitHubConfig.model_validate({**config, "webhook_secret_old": SECRET}))
    assert connector.receive(delivered(b"{}", "ping")).changed == ()


# -- the samples


@pytest.mark.skipif(not SAMPLES, reason="the vendor's samples are not here (set SYNCD_SHARED)")
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_every_sample_is_verified_and_read(reader: GitHub, path: Path) -> None:
    body = path.read_bytes()
    data, event = json.loads(body), path.name.partition(".")[0]
    delivery = reader.receive(delivered(body, event))
    issue = data.get("issue")
    if issue is None or "pull_request" in issue:
        assert delivery.changed == ()
        return
    [hint] = delivery.changed
    assert hint.ref == f"{data['repository']['id']}-{issue['number']}"
    match event, data["action"]:
        case "issue_comment", _:
            assert hint.parts == ONLY_THREAD
            assert f"comment:{data['comment']['id']}" in hint.token
        case _, "deleted" | "transferred":
            assert hint.parts == ALL_PARTS
        case _:
            assert hint.parts == ONLY_FIELDS
            assert hint.token.startswith(issue["updated_at"]) or (not hint.token and "state" not in issue)


@pytest.mark.skipif(not SAMPLES, reason="the vendor's samples are not here (set SYNCD_SHARED)")
def test_an_edited_comment_moves_its_issue_as_the_samples_show() -> None:
    """What polling relies on: without this, an edited comment would be told by webhook alone."""
    for path in SAMPLES:
        if path.name.startswith("issue_comment.edited"):
            data = json.loads(path.read_bytes())
            assert data["issue"]["updated_at"] == data["comment"]["updated_at"] > data["comment"]["created_at"]


@pytest.mark.skipif(not SAMPLES, reason="the vendor's samples are not here (set SYNCD_SHARED)")
def test_a_transfer_changes_the_number_behind_an_issue_too() -> None:
    """Why a ref is not the issue's own id: that one is no more for ever than its place is."""
    [path] = [path for path in SAMPLES if "transferred" in path.name]
    data = json.loads(path.read_bytes())
    assert data["issue"]["id"] != data["changes"]["new_issue"]["id"]


# -- what else


def test_another_repository_is_none_of_our_business(reader: GitHub) -> None:
    issue = {
        "id": 1, "number": 7, "title": "x", "state": "open", "created_at": "2026-01-05T09:00:00Z",
        "updated_at": "2026-01-05T09:00:00Z", "html_url": "https://h/o/r/issues/7", "repository_url": "https://a/o/r",
    }  # fmt: skip
    told = {"action": "opened", "issue": issue, "repository": {"id": 5, "full_name": "somebody/else"}}
    assert reader.receive(delivered(json.dumps(told).encode(), "issues")).changed == ()
    told["repository"] = {"id": 5, "full_name": OURS[0].upper()}
    assert [hint.ref for hint in reader.receive(delivered(json.dumps(told).encode(), "issues")).changed] == ["5-7"]


@pytest.mark.parametrize("event", ["push", "label", "ping", "workflow_run", ""])
def test_other_events_name_nothing(reader: GitHub, event: str) -> None:
    assert reader.receive(delivered(b'{"action": "x"}', event)).changed == ()


def test_a_form_is_a_bad_body_that_says_what_to_set(reader: GitHub) -> None:
    with pytest.raises(BadBody, match="application/json"):
        reader.receive(delivered(b"payload=%7B%7D", "issues"))


def test_a_bad_body_is_named_by_its_place_and_never_by_its_value(reader: GitHub) -> None:
    body = json.dumps({"action": "opened", "issue": {"number": "kestrel"}, "repository": {"id": 1, "full_name": "a/b"}})
    with pytest.raises(BadBody, match=r"issue\.number") as caught:
        reader.receive(delivered(body.encode(), "issues"))
    assert "kestrel" not in str(caught.value)


def test_a_doubled_delivery_has_one_id_and_a_nameless_one_its_digest(reader: GitHub) -> None:
    webhook = delivered(b"{}", "ping")
    assert reader.receive(webhook).id == reader.receive(webhook).id == "guid-1"
    nameless = replace(webhook, headers={n: v for n, v in webhook.headers.items() if n != "x-github-delivery"})
    assert len(reader.receive(nameless).id) == 64


async def test_a_delivery_of_long_ago_only_names_the_issue(github: GitHub, world: GitHubWorld) -> None:
    """GitHub sends no time. What comes again late is a hint about a state that was read since: it costs nothing."""
    ref = await world.open({"title": "Export fails"})
    [old] = await world.webhooks()
    await world.settle()
    await world.edit(ref, {"title": "Import fails"})
    read = await github.fetch(ref)
    [hint] = github.receive(old).changed
    assert github.includes(read.revision, hint)


async def test_all_webhooks_of_the_simulator_are_as_described(world: GitHubWorld) -> None:
    ref = await world.open({"title": "Export fails"})
    await world.edit(ref, {"title": "Import fails"})
    await world.edit(ref, {"labels": frozenset({"bug"})})
    await world.edit(ref, {"labels": frozenset()})
    await world.edit(ref, {"status": "completed"})
    await world.say(ref, "hello", public=True)
    site, issue = world.site, world.issue(ref)
    with world.simulator.acting(world.simulator.person):
        site.edit(issue, {"assignees": ["ana-alves"], "state": "open"})
        site.edit(issue, {"assignees": []})
        site.rewrite(issue, issue.comments[0], "hello again")
        site.unsay(issue, issue.comments[0])
        there = world.second()
        site.transfer(issue, there)
        site.delete(there.issues[1])
    seen = set()
    for webhook in await world.webhooks():
        data = json.loads(webhook.body)
        seen.add(f"{webhook.headers['x-github-event']}.{data['action']}")
        assert list(violations(webhook.headers["x-github-event"], data)) == []
    assert len(seen) == 13


def violations(event: str, data: dict[str, Any]) -> Iterator[str]:
    """By the schema of this event and action, in OpenAPI 3.1, which is JSON Schema 2020-12."""
    document = json.loads(spec("github/webhooks.openapi.json").read_text(encoding="utf-8"))
    name = f"{event.replace('_', '-')}-{data['action']}"
    schema = document["webhooks"][name]["post"]["requestBody"]["content"]["application/json"]["schema"]
    whole = {**schema, "components": document["components"]}
    for error in Draft202012Validator(whole).iter_errors(data):
        yield f"{name}: {error.json_path}: {error.message[:200]}"


# -- registering


async def test_a_webhook_is_made_at_each_repository_and_mended(world: GitHubWorld) -> None:
    names = (world.simulator.home.name, world.simulator.open_source.name)
    connector = world.connector(repositories=names)
    await connector.check()
    first = await connector.register_hook(HOOK)
    assert (first.lacks, first.active, len(first.id.split("+"))) == ((), True, 2)
    for repository in (world.simulator.home, world.simulator.open_source):
        [hook] = repository.hooks
        assert (hook.secret, hook.content_type, hook.events) == (SECRET, "json", ["issues", "issue_comment"])
    hook = world.simulator.home.hooks[0]
    hook.active, hook.events, hook.content_type, hook.secret = False, ["push"], "form", ""
    [seen] = await connector.hooks()
    assert not seen.active
    assert len(seen.lacks) == 3
    assert (await connector.register_hook(HOOK)).lacks == ()
    assert (hook.active, hook.secret, hook.content_type) == (True, SECRET, "json")
    assert set(hook.events) == {"push", "issues", "issue_comment"}
    await connector.remove_hook(first.id)
    assert world.simulator.home.hooks == world.simulator.open_source.hooks == []


async def test_a_webhook_of_one_repository_lacks_the_other(world: GitHubWorld) -> None:
    alone = world.connector()
    await alone.register_hook(HOOK)
    both = world.connector(repositories=(world.simulator.home.name, world.simulator.open_source.name))
    [seen] = await both.hooks()
    assert seen.lacks == ("issues in acme/open", "issue_comment in acme/open")


async def test_without_a_secret_no_webhook_is_made(world: GitHubWorld) -> None:
    connector = world.connector(webhook_secret=None)
    before = world.requests
    with pytest.raises(Rejected, match="webhook_secret"):
        await connector.register_hook(HOOK)
    assert world.requests == before
    with pytest.raises(NotFound):
        await connector.remove_hook("../../1")


async def test_a_registered_webhook_is_called_and_believed(github: GitHub, world: GitHubWorld) -> None:
    world.simulator.outbox.subscriptions.clear()
    await github.register_hook(HOOK)
    ref = await world.open({"title": "Export fails"})
    [waiting] = world.simulator.outbox.waiting
    headers, body = world.simulator.webhook_request(waiting.event, waiting.subscription)
    assert [hint.ref for hint in github.receive(Webhook(headers, body, NOW)).changed] == [ref]


def test_the_steps_name_address_repository_and_secret(github: GitHub) -> None:
    [step] = github.hook_steps(HOOK)
    assert HOOK in step
    assert "acme/core" in step
    assert SECRET not in step
