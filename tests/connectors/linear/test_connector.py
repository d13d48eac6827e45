"""What only Linear does: ids of ours, errors in a 200, two limits, moves between teams, the bin, duplicates, costs."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest

from syncd.core.model import Internal, Life, Person, RichText, Value
from syncd.sdk.connector import ONLY_FIELDS, Backlink, Draft, Message
from syncd.sdk.errors import (
    BadAnswer,
    ConnectorError,
    Forbidden,
    NotFound,
    RateLimited,
    Rejected,
    Stale,
    Unauthorized,
    Unavailable,
)
from syncd.sdk.testing.faults import LostAfter, LostBefore
from syncd.sdk.testing.promises.base import poll
from syncd_linear import Linear, LinearConfig, ids
from syncd_linear.fields import PRIORITIES
from syncd_linear.simulator import ANA, BEN, SYNCD
from tests.connectors.linear.world import SETTLED, LinearWorld

PLACE = {"team": "ENG"}
BACKLINK = Backlink("https://acme.zendesk.com/agent/tickets/7", "#7 Export fails", "#7", customer=Person("1", "Carol"))


def draft(**fields: Value) -> Draft:
    return Draft(PLACE, {"title": "Export fails", **fields})


def answering(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> httpx.MockTransport:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx.MockTransport(lambda request: httpx.Response(status, content=content, headers=headers))


def with_answer(world: LinearWorld, body: Any, status: int = 200, **headers: str) -> Linear:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return Linear(LinearConfig(**world.settings), transport=answering(body, status, given))


def error(message: str, code: str, type: str = "") -> dict[str, Any]:
    return {"data": None, "errors": [{"message": message, "extensions": {"code": code, "type": type}}]}


# --- the account -----------------------------------------------------------------------------------------------------


async def test_a_key_goes_bare_and_a_token_as_bearer(world: LinearWorld) -> None:
    assert LinearConfig(**world.settings).authorization == SYNCD.token
    config = {**world.settings, "api_key": None, "oauth_token": "x"}
    assert LinearConfig(**config).authorization == "Bearer x"
    with pytest.raises(Unauthorized):
        await world.connector(api_key=f"Bearer {SYNCD.token}").check()
    with pytest.raises(Unauthorized):
        await world.connector(api_key="wrong").check()


@pytest.mark.parametrize("given", [{"oauth_token": "x"}, {"api_key": None}])
def test_there_is_one_credential(world: LinearWorld, given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="give `api_key` or `oauth_token`"):
        LinearConfig(**{**world.settings, **given})


async def test_a_suspended_account_is_refused(world: LinearWorld) -> None:
    me = world.space.users[SYNCD.id]
    world.space.users[SYNCD.id] = type(me)(me.id, me.name, me.email, active=False)
    with pytest.raises(Unauthorized, match="suspended"):
        await world.connector().check()


async def test_teams_are_containers_and_none_is_open_to_strangers(linear: Linear, world: LinearWorld) -> None:
    world.space.team_called("OPS").retired = world.clock()
    described = await linear.describe()
    assert (dict(described.containers), described.public_containers) == ({"ENG": ()}, frozenset())
    words = {info.name: info.options for info in described.fields}
    assert words["status"][:3] == ("Triage", "Backlog", "Todo")
    assert words["team"] == ("ENG",)


# --- ids of ours -----------------------------------------------------------------------------------------------------


def test_ids_are_version_4_and_follow_from_the_key() -> None:
    for make in (ids.issue_id, ids.comment_id):
        made = [make(f"key-{number}") for number in range(200)]
        assert {UUID(each).version for each in made} == {4}
        assert {UUID(each).variant for each in made} == {"specified in RFC 4122"}
        assert len(set(made)) == 200
        assert made == [make(f"key-{number}") for number in range(200)]
    assert ids.issue_id("key") != ids.comment_id("key")


def test_a_comments_id_is_a_mark() -> None:
    marked = ids.comment_id("key")
    assert ids.is_marked(marked)
    other = UUID(marked).int ^ 1
    assert not ids.is_marked(str(UUID(int=other)))
    assert not any(map(ids.is_marked, ["", "no id", ids.issue_id("key"), ANA.id]))


@pytest.mark.parametrize("fault", [LostAfter(), LostBefore()])
async def test_a_create_whose_answer_was_lost_is_repeated_as_one(
    linear: Linear, world: LinearWorld, fault: LostAfter | LostBefore
) -> None:
    await linear.describe()  # so that the next request is the create
    world.simulator.faults.on("POST /graphql", fault)
    with pytest.raises(Unavailable) as lost:
        await linear.create(draft(), key="key-1")
    assert lost.value.sent
    made = await linear.create(draft(), key="key-1")
    assert list(world.space.issues) == [made.ref] == [ids.issue_id("key-1")]


async def test_what_another_account_made_under_our_id_is_not_ours(linear: Linear, world: LinearWorld) -> None:
    with world.simulator.do():
        world.space.create(world.space.team_called("ENG"), {"title": "Mine"}, id=ids.issue_id("key-1"))
    assert await linear.find("key-1") == []
    with pytest.raises(Rejected, match="another account"):
        await linear.create(draft(), key="key-1")


async def test_a_found_issue_tells_what_happened_since_it_was_made(linear: Linear, world: LinearWorld) -> None:
    made = await linear.create(draft(), key="key-1")
    world.clock.advance(SETTLED)
    world.simulator.edit(made.ref, title="By a person")
    [found] = await world.connector().find("key-1")
    assert [(edit.field, edit.new, edit.ours) for edit in found.history] == [("title", "By a person", False)]


# --- places and words ------------------------------------------------------------------------------------------------


async def test_an_issue_is_made_whole_in_one_request(linear: Linear, world: LinearWorld) -> None:
    await linear.describe()
    before = len(world.simulator.requests)
    fields: dict[str, Value] = {
        "description": RichText.of("Since **Monday**"),
        "priority": "High",
        "status": "Todo",
        "labels": frozenset({"Bug", "escalate"}),
        "assignee": Person(BEN.id),
        "estimate": Decimal(3),
        "dueDate": date(2026, 2, 1),
    }
    made = await linear.create(draft(**fields), key="key-1")
    assert len(world.simulator.requests) - before == 1
    shown = {name: made.fields[name] for name in fields}
    assert isinstance(shown["description"], RichText)
    assert shown["description"].markdown == "Since **Monday**"
    assert {**shown, "description": 0} == {**fields, "description": 0}
    assert (made.label, made.container) == ("ENG-1", "ENG")


@pytest.mark.parametrize("team", ["", "NOPE", "OPS"])
async def test_a_team_that_takes_no_issues_is_refused_by_name(linear: Linear, world: LinearWorld, team: str) -> None:
    world.space.team_called("OPS").retired = world.clock()
    with pytest.raises(Rejected, match="there are ENG") as refused:
        await linear.create(Draft({"team": team}, {"title": "x"}), key="key-1")
    assert refused.value.field == "team"


@pytest.mark.parametrize("word", PRIORITIES)
async def test_priorities_are_words_and_none_is_one_of_them(linear: Linear, world: LinearWorld, word: str) -> None:
    ref = world.simulator.make("x", priority=4)
    await linear.update(ref, {"priority": word}, expect=(await linear.fetch(ref)).revision)
    assert world.issue(ref).priority == PRIORITIES.index(word)
    assert (await linear.fetch(ref)).fields["priority"] == word


async def test_a_status_is_one_of_the_team_by_name_or_else_by_type(linear: Linear, world: LinearWorld) -> None:
    ref = world.simulator.make("x", team="OPS")
    for word, name in (("In Review", "In Review"), ("completed", "Done"), ("started", "In Progress")):
        await linear.update(ref, {"status": word}, expect="")
        assert (await linear.fetch(ref)).fields["status"] == name
    with pytest.raises(Rejected, match="`In Review`") as refused:
        await linear.update(ref, {"status": "Doing"}, expect="")
    assert refused.value.field == "status"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "  "),
        ("status", None),
        ("priority", "urgent"),
        ("estimate", Decimal("1.5")),
        ("assignee", Person("", email="ana@acme.example")),
        ("dueDate", "tomorrow"),
        ("labels", "Bug"),
        ("identifier", "ENG-9"),
        ("Severity", "sev1"),
    ],
)
async def test_a_value_that_linear_does_not_take_is_refused_before_it_is_sent(
    linear: Linear, world: LinearWorld, field: str, value: Value
) -> None:
    ref = world.simulator.make("x")
    revision = (await linear.fetch(ref)).revision
    with pytest.raises(Rejected) as refused:
        await linear.update(ref, {field: value}, expect=revision)
    assert refused.value.field == field
    assert world.transport.seen["Update"] == 0


async def test_an_assignee_that_linear_does_not_know_is_named(linear: Linear, world: LinearWorld) -> None:
    ref = world.simulator.make("x")
    with pytest.raises(Rejected) as refused:
        await linear.update(ref, {"assignee": Person("nobody"), "title": "y"}, expect="")
    assert (refused.value.field, world.issue(ref).title) == ("assignee", "x")


async def test_a_suspended_member_is_nobody_to_assign(linear: Linear, world: LinearWorld) -> None:
    ben = world.space.users[BEN.id]
    world.space.users[BEN.id] = type(ben)(ben.id, ben.name, ben.email, active=False)
    assert await linear.person(BEN.email) is None


async def test_closing_completes(linear: Linear, world: LinearWorld) -> None:
    ref = world.simulator.make("x")
    await linear.close(ref)
    assert world.issue(ref).state.name == "Done"
    canceled = world.simulator.make("y", state=world.space.team_called("ENG").first("canceled"))
    await linear.close(canceled)
    assert world.issue(canceled).state.name == "Canceled"


# --- labels ----------------------------------------------------------------------------------------------------------


async def test_labels_are_added_and_removed_so_that_others_survive(linear: Linear, world: LinearWorld) -> None:
    known = {label.name: label for label in world.space.labels.values()}
    ref = world.simulator.make("x", labels=(known["Bug"],))
    world.clock.advance(SETTLED)
    world.simulator.edit(ref, title="y")
    seen = await linear.fetch(ref)
    world.simulator.edit(ref, labels=(known["Bug"], known["Improvement"]))
    await linear.update(ref, {"labels": frozenset({"escalate"})}, expect=seen.revision)
    assert {label.name for label in world.issue(ref).labels} == {"Improvement", "escalate"}


async def test_a_label_that_is_not_there_is_made_for_the_team_or_refused(linear: Linear, world: LinearWorld) -> None:
    ref = world.simulator.make("x", team="OPS")
    await linear.update(ref, {"labels": frozenset({"from support", "bug"})}, expect="")
    assert {(label.name, label.team and world.space.teams[label.team].key) for label in world.issue(ref).labels} == {
        ("from support", "OPS"),
        ("Bug", None),
    }
    with pytest.raises(Rejected, match="no label `other`") as refused:
        await world.connector(create_labels=False).update(ref, {"labels": frozenset({"other"})}, expect="")
    assert refused.value.field == "labels"


async def test_a_label_that_somebody_made_meanwhile_is_found(linear: Linear, world: LinearWorld) -> None:
    ref = world.simulator.make("x")
    await linear.describe()
    with world.simulator.do():
        made = world.space.make_label("new", None)
    await linear.update(ref, {"labels": frozenset({"new"})}, expect="")
    assert world.issue(ref).labels == (made,)


# --- moves, the bin, duplicates --------------------------------------------------------------------------------------


async def test_a_move_changes_the_identifier_and_not_the_uuid(linear: Linear, world: LinearWorld) -> None:
    ref = world.simulator.make("x")
    await linear.update(ref, {"team": "ops", "status": "Todo"}, expect="")
    moved = await linear.fetch(ref)
    assert (moved.ref, moved.label, moved.container) == (ref, "OPS-1", "OPS")
    assert moved.fields["status"] == "Todo"
    assert (await linear.fetch("ENG-1")).ref == (await linear.fetch("OPS-1")).ref == ref


async def test_a_status_for_an_issue_that_moved_away_meanwhile_is_decided_anew(
    linear: Linear, world: LinearWorld
) -> None:
    ref = world.simulator.make("x")
    world.clock.advance(SETTLED)
    world.simulator.edit(ref, title="y")
    seen = await linear.fetch(ref)
    world.simulator.edit(ref, team=world.space.team_called("OPS"))
    with pytest.raises(Stale):
        await linear.update(ref, {"status": "Done"}, expect=seen.revision)


async def test_archived_is_locked_binned_is_deleted_and_what_is_gone_is_not_found(
    linear: Linear, world: LinearWorld
) -> None:
    ref = world.simulator.make("x")
    with world.simulator.do():
        world.space.archive(world.issue(ref))
    assert (await linear.fetch(ref)).life is Life.LOCKED
    with world.simulator.do():
        world.space.trash(world.issue(ref))
    assert (await linear.fetch(ref)).life is Life.DELETED
    with world.simulator.do():
        world.space.restore(world.issue(ref))
    assert (await linear.fetch(ref)).life is Life.ACTIVE
    with world.simulator.do():
        world.space.destroy(world.issue(ref))
    with pytest.raises(NotFound):
        await linear.fetch(ref)


async def test_a_duplicate_counts_as_merged_unless_the_config_says_no(linear: Linear, world: LinearWorld) -> None:
    ref, other = world.simulator.make("x"), world.simulator.make("y")
    with world.simulator.do():
        world.space.mark_duplicate(world.issue(ref), world.issue(other))
    assert (await linear.fetch(ref)).merged_into == other
    assert (await world.connector(follow_duplicates=False).fetch(ref)).merged_into is None
    with world.simulator.do():
        world.space.update(world.issue(ref), {"state": world.issue(ref).team.first("started")})
    assert (await linear.fetch(ref)).merged_into is None


# --- blind writes ----------------------------------------------------------------------------------------------------


async def test_history_tells_every_field_but_the_description(linear: Linear, world: LinearWorld) -> None:
    known = {label.name: label for label in world.space.labels.values()}
    ref = world.simulator.make("x", labels=(known["Bug"],), estimate=1)
    world.clock.advance(SETTLED)
    seen = await linear.fetch(ref)
    team = world.space.team_called("ENG")
    world.simulator.edit(ref, title="y", priority=1, description="new")
    world.simulator.edit(ref, state=team.first("started"), assignee=world.space.users[BEN.id], due=date(2026, 2, 1))
    world.simulator.edit(ref, labels=(known["escalate"],), estimate=None)
    world.simulator.edit(ref, labels=(known["escalate"], known["Bug"]), team=world.space.team_called("OPS"))
    history = (await linear.fetch(ref, since=seen.revision)).history
    assert [(edit.field, edit.old, edit.new) for edit in history if edit.field != "status"] == [
        ("priority", "No priority", "Urgent"),
        ("title", "x", "y"),
        ("dueDate", None, date(2026, 2, 1)),
        ("assignee", None, Person(BEN.id)),
        ("labels", frozenset({"Bug"}), frozenset({"escalate"})),
        ("estimate", Decimal(1), None),
        ("labels", frozenset({"escalate"}), frozenset({"escalate", "Bug"})),
        ("team", "ENG", "OPS"),
    ]
    assert [(edit.old, edit.new) for edit in history if edit.field == "status"] == [("Backlog", "In Progress")]
    assert {edit.ours for edit in history} == {False}


@pytest.mark.parametrize("newest_first", [True, False])
async def test_a_long_history_is_read_to_the_revision(world: LinearWorld, newest_first: bool) -> None:
    world.space.newest_first = newest_first
    linear = world.connector()
    ref = world.simulator.make("x")
    world.clock.advance(SETTLED)
    for number in range(70):
        world.simulator.edit(ref, title=f"before {number}")
    seen = await linear.fetch(ref)
    for number in range(120):
        world.simulator.edit(ref, title=f"after {number}")
    before = len(world.simulator.requests)
    history = (await linear.fetch(ref, since=seen.revision)).history
    assert [edit.new for edit in history] == [f"after {number}" for number in range(120)]
    assert len(world.simulator.requests) - before == (3 if newest_first else 4)


async def test_an_edit_that_leaves_no_trace_is_not_run_over(linear: Linear, world: LinearWorld) -> None:
    """In an issue's first minutes its history stays empty."""
    ref = world.simulator.make("x")
    seen = await linear.fetch(ref)
    world.simulator.edit(ref, title="By a person")
    await linear.update(ref, {"priority": "High"}, expect=seen.revision)
    with pytest.raises(Stale):
        await linear.update(ref, {"title": "By syncd"}, expect=seen.revision)
    assert (world.issue(ref).title, world.issue(ref).priority) == ("By a person", 2)


async def test_a_description_that_somebody_rewrote_is_not_run_over(linear: Linear, world: LinearWorld) -> None:
    ref = world.simulator.make("x", description="old")
    world.clock.advance(SETTLED)
    world.simulator.edit(ref, title="y")
    seen = await linear.fetch(ref)
    world.simulator.edit(ref, description="By a person")
    with pytest.raises(Stale):
        await linear.update(ref, {"description": RichText.of("By syncd")}, expect=seen.revision)
    now = await linear.fetch(ref)
    world.simulator.edit(ref, title="z")
    await linear.update(ref, {"description": RichText.of("By syncd")}, expect=now.revision)
    assert (world.issue(ref).title, world.issue(ref).description) == ("z", "By syncd")


async def test_a_new_process_does_not_run_over_what_it_cannot_know(linear: Linear, world: LinearWorld) -> None:
    ref = world.simulator.make("x")
    seen = await linear.fetch(ref)
    world.simulator.edit(ref, title="By a person")
    with pytest.raises(Stale):
        await world.connector().update(ref, {"title": "By syncd"}, expect=seen.revision)


async def test_our_edits_are_ours_as_an_application_too() -> None:
    world = LinearWorld(app=True)
    linear = world.connector()
    ref = world.simulator.make("x")
    world.clock.advance(SETTLED)
    seen = await linear.fetch(ref)
    await linear.update(ref, {"title": "By syncd"}, expect=seen.revision)
    assert [edit.ours for edit in (await linear.fetch(ref, since=seen.revision)).history] == [True]


# --- errors and limits -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "status", "expected"),
    [
        (error("no", "AUTHENTICATION_ERROR"), 200, Unauthorized),
        (error("no", "", "authentication error"), 401, Unauthorized),
        (error("no", "FORBIDDEN", "forbidden"), 200, Forbidden),
        (error("no", "FEATURE_NOT_ACCESSIBLE", "feature not accessible"), 200, Forbidden),
        (error("Entity not found: Issue", "INPUT_ERROR", "invalid input"), 200, NotFound),
        (error("Argument Validation Error", "INPUT_ERROR", "invalid input"), 400, NotFound),
        (error("Cannot query field", "GRAPHQL_VALIDATION_FAILED", "graphql error"), 400, NotFound),
        (error("slow down", "RATELIMITED", "ratelimited"), 400, RateLimited),
        (error("slow down", "RATELIMITED", "ratelimited"), 200, RateLimited),
        (error("oops", "INTERNAL_SERVER_ERROR", "internal error"), 200, Unavailable),
        (error("oops", "LOCK_TIMEOUT", "lock timeout"), 200, Unavailable),
        (error("oops", ""), 500, Unavailable),
        ({"errors": ["?"]}, 200, Unavailable),
        ({"data": None}, 200, BadAnswer),
        ({"data": {}}, 200, BadAnswer),
        ([], 200, BadAnswer),
        (b"<html>", 200, BadAnswer),
        (b"", 200, BadAnswer),
    ],
)
async def test_an_error_says_what_to_do_whatever_the_status(
    world: LinearWorld, said: Any, status: int, expected: type[ConnectorError]
) -> None:
    connector = with_answer(world, said, status)
    connector._reader.reading = await known(world)
    with pytest.raises(expected):
        await connector.fetch("1")


async def known(world: LinearWorld) -> Any:
    """What a connector knows after `check`."""
    other = world.connector()
    await other.check()
    return other._reader.reading


async def test_an_answer_with_an_error_in_it_is_none_whatever_data_stands_beside_it(world: LinearWorld) -> None:
    viewer = {"id": "1", "name": "syncd", "email": "x", "admin": True, "app": False, "guest": False, "active": True}
    data = {"viewer": {**viewer, "organization": {"id": "1", "name": "Acme", "urlKey": "acme"}}}
    date = "Mon, 05 Jan 2026 09:00:00 GMT"
    assert (await with_answer(world, {"data": data}, date=date).check()).id == "1"
    halfway = {"data": data, "errors": [{"message": "organization", "extensions": {"code": "INTERNAL"}}]}
    with pytest.raises(Unavailable):
        await with_answer(world, halfway, date=date).check()


@pytest.mark.parametrize(
    "answer",
    [
        {"data": {"issueUpdate": None}},
        {"data": {"issueUpdate": {"success": True}}},
        {"data": {"issueUpdate": {"success": True, "issue": {"id": "1", "updatedAt": "yesterday"}}}},
        b"{",
        error("oops", "INTERNAL_SERVER_ERROR", "internal error"),
    ],
)
async def test_a_write_whose_answer_cannot_be_read_may_have_happened(
    linear: Linear, world: LinearWorld, answer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = world.simulator.make("x")
    await linear.fetch(ref)
    content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()

    async def answered(request: httpx.Request) -> httpx.Response:
        if b"mutation Update" not in request.content:
            return await right(request)
        return httpx.Response(200, content=content)

    right = world.transport.inner.handle_async_request
    monkeypatch.setattr(world.transport, "handle_async_request", answered)
    with pytest.raises(Unavailable) as unclear:
        await linear.update(ref, {"title": "y"}, expect="")
    assert unclear.value.sent


async def test_a_write_that_linear_says_it_did_not_do_did_not_happen(world: LinearWorld) -> None:
    connector = with_answer(world, {"data": {"attachmentCreate": {"success": False}}})
    with pytest.raises(Rejected, match="attachmentCreate was not done"):
        await connector.link_back("1", BACKLINK)


async def test_an_answer_that_is_not_as_described_names_its_place_and_no_value(
    linear: Linear, world: LinearWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = world.simulator.make("kestrel-4711")
    content = json.dumps({"data": {"issue": {"id": ref, "title": 4711, "state": {"name": "kestrel-4711"}}}}).encode()

    async def answered(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=content)

    monkeypatch.setattr(world.transport, "handle_async_request", answered)
    with pytest.raises(BadAnswer, match=r"linear: issue\.") as told:
        await linear.fetch(ref)
    assert "4711" not in str(told.value)


async def test_the_limit_is_a_400_and_its_end_is_told_in_milliseconds(linear: Linear, world: LinearWorld) -> None:
    world.clock.now = datetime.now(UTC)
    assert world.simulator.hourly is not None
    world.simulator.hourly.opened, world.simulator.hourly.used = world.clock.now, 2500
    with pytest.raises(RateLimited) as limited:
        await linear.describe()
    assert 3500 < limited.value.retry_after <= 3600
    quotas = {quota.name: quota for quota in linear.quotas()}
    assert (quotas["requests"].limit, quotas["requests"].remaining) == (2500, 0)
    assert quotas["complexity"].limit == 3_000_000
    assert quotas["requests"].resets is not None
    assert abs(quotas["requests"].resets - world.clock.now - timedelta(hours=1)) < timedelta(seconds=1)
    sent = len(world.simulator.requests)
    with pytest.raises(RateLimited):  # it is not asked again before that
        await linear.describe()
    assert len(world.simulator.requests) == sent


async def test_used_up_points_are_a_limit_of_their_own(linear: Linear, world: LinearWorld) -> None:
    assert world.simulator.points is not None
    world.simulator.points.limit = 1
    with pytest.raises(RateLimited):
        await linear.describe()


async def test_no_request_is_too_complex(linear: Linear, world: LinearWorld) -> None:
    """Linear refuses a query of more than 10,000 points, and an hour has three million."""
    dearest: dict[str, float] = {}

    async def noted(request: httpx.Request) -> httpx.Response:
        answer = await right(request)
        name = json.loads(request.content)["query"].split("(")[0].split("{")[0].split()[1]
        dearest[name] = max(dearest.get(name, 0), float(answer.headers["x-complexity"]))
        return answer

    right, world.transport.handle_async_request = world.transport.handle_async_request, noted  # type: ignore[method-assign]
    made = await linear.create(draft(), key="key-1")
    await linear.fetch(made.ref, since="0")
    await poll(linear, (await poll(linear, None))[1])
    await linear.describe()
    await linear.hooks()
    assert dearest["Issue"] < 2000
    assert dearest["Changes"] < 1000
    assert max(dearest.values()) < 2000


# --- comments --------------------------------------------------------------------------------------------------------


async def test_a_new_process_knows_our_comments_by_their_ids(linear: Linear, world: LinearWorld) -> None:
    ref = world.simulator.make("x")
    posted = await linear.comment(ref, Message(Internal("Hello")), key="key-1", expect="")
    assert (posted.comment.id, posted.comment.key) == (ids.comment_id("key-1"), "key-1")
    thread = (await world.connector().fetch(ref)).thread
    assert thread is not None
    [comment] = thread.comments
    assert comment.key == ids.comment_id("key-1")


async def test_a_mark_on_somebody_elses_comment_is_a_forgery(linear: Linear, world: LinearWorld) -> None:
    ref = world.simulator.make("x")
    with world.simulator.do():
        world.space.say(world.issue(ref), "forged", id=ids.comment_id("key-1"))
    thread = (await linear.fetch(ref)).thread
    assert thread is not None
    assert [comment.key for comment in thread.comments] == [None]
    with pytest.raises(Rejected):
        await linear.comment(ref, Message(Internal("Hello")), key="key-1", expect="")


async def test_what_a_person_writes_with_our_own_account_is_no_copy(linear: Linear, world: LinearWorld) -> None:
    ref = world.simulator.make("x")
    world.simulator.write(ref, "by hand", by=SYNCD)
    thread = (await linear.fetch(ref)).thread
    assert thread is not None
    assert [comment.key for comment in thread.comments] == [None]


async def test_a_comment_whose_answer_was_lost_is_repeated_as_one(linear: Linear, world: LinearWorld) -> None:
    ref = world.simulator.make("x")
    await linear.fetch(ref)
    world.simulator.faults.on("POST /graphql", LostAfter())
    with pytest.raises(Unavailable) as lost:
        await linear.comment(ref, Message(Internal("Hello")), key="key-1", expect="")
    assert lost.value.sent
    posted = await linear.comment(ref, Message(Internal("Hello")), key="key-1", expect="")
    assert [comment.id for comment in world.issue(ref).comments] == [posted.comment.id]
    assert posted.comment.key == "key-1"


@pytest.mark.parametrize("moves", [True, False])
async def test_a_comment_foretells_the_stamp_of_its_issue_only_if_it_moved_it(world: LinearWorld, moves: bool) -> None:
    """Else somebody's edit, which gave the issue that stamp, would be taken for our echo."""
    world.space.comments_move_issues = moves
    linear, ref = world.connector(), world.simulator.make("x")
    world.simulator.edit(ref, title="By a person")
    stamp = (await linear.fetch(ref)).revision
    posted = await linear.comment(ref, Message(Internal("Hello")), key="key-1", expect="")
    assert stamp not in posted.written.tokens
    assert len(posted.written.tokens) == (2 if moves else 1)


@pytest.mark.parametrize("newest_first", [True, False])
async def test_a_long_thread_is_whole_and_in_order(world: LinearWorld, newest_first: bool) -> None:
    world.space.newest_first = newest_first
    linear, ref = world.connector(), world.simulator.make("x")
    for number in range(230):
        world.simulator.write(ref, f"number {number}")
    thread = (await linear.fetch(ref)).thread
    assert thread is not None
    assert [comment.body.text for comment in thread.comments] == [f"number {number}" for number in range(230)]


async def test_an_issue_that_linear_syncs_elsewhere_takes_no_internal_comment(
    linear: Linear, world: LinearWorld
) -> None:
    ref = world.simulator.make("x")
    world.issue(ref).synced_with = ("github",)
    mine = (await linear.create(draft(), key="key-1")).ref
    posted = await linear.comment(mine, Message(Internal("between us")), key="key-1", expect="")
    world.issue(mine).synced_with = ("github",)
    await linear.fetch(mine)
    for deed in (
        linear.comment(ref, Message(Internal("secret")), key="key-2", expect=""),
        linear.edit_comment(mine, posted.comment, Internal("secret"), key="key-3"),
    ):
        with pytest.raises(Rejected, match="github"):
            await deed
    assert b"secret" not in b"".join(each.body for each in world.simulator.requests)
    open_minded = world.connector(synced_issues_are_private=True)
    await open_minded.comment(ref, Message(Internal("secret")), key="key-2", expect="")
    assert [comment.body for comment in world.issue(ref).comments] == ["secret"]


async def test_a_comment_that_is_gone_already_is_deleted(linear: Linear, world: LinearWorld) -> None:
    ref = world.simulator.make("x")
    await linear.delete_comment(ref, world.simulator.write(ref, "one"))
    await linear.delete_comment(ref, ids.comment_id("never"))
    assert world.issue(ref).comments == []


# --- the other half --------------------------------------------------------------------------------------------------


async def test_the_ticket_is_an_attachment_with_who_asked(linear: Linear, world: LinearWorld) -> None:
    ref = world.simulator.make("x")
    await linear.link_back(ref, BACKLINK)
    await linear.link_back(ref, Backlink(BACKLINK.url, "#7 Import fails", "#7", done=True))
    [link] = world.issue(ref).links
    assert (link.url, link.title, link.subtitle) == (BACKLINK.url, "#7 Import fails", "done")


# --- polling ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("moves", [True, False])
async def test_a_comment_is_told_whether_or_not_it_moves_its_issue(world: LinearWorld, moves: bool) -> None:
    world.space.comments_move_issues = moves
    linear, ref = world.connector(), world.simulator.make("x")
    world.clock.advance(SETTLED)
    _, cursor = await poll(linear, None)
    id = world.simulator.write(ref, "one")
    hints, cursor = await poll(linear, cursor)
    assert {hint.ref for hint in hints} == {ref}
    assert any(hint.token.startswith(f"comment:{id}@") for hint in hints)
    world.clock.advance(SETTLED)
    with world.simulator.do():
        world.space.rewrite(world.issue(ref), world.issue(ref).comments[0], "two")
    hints, _ = await poll(linear, cursor)
    assert [hint.ref for hint in hints if hint.token.startswith(f"comment:{id}@")] == [ref]


@pytest.mark.parametrize("newest_first", [True, False])
async def test_many_changes_are_told_once_each_oldest_first(world: LinearWorld, newest_first: bool) -> None:
    world.space.newest_first = newest_first
    linear = world.connector()
    _, cursor = await poll(linear, None)
    world.clock.advance(SETTLED)
    refs = [world.simulator.make(f"issue {number}") for number in range(230)]
    said = [world.simulator.write(refs[number % 7], "hello") for number in range(130)]
    before = len(world.simulator.requests)
    hints, later = await poll(linear, cursor)
    assert len(world.simulator.requests) - before == 3
    assert [hint.ref for hint in hints if hint.token.isdecimal()] == refs
    assert [hint.token.split("@")[0] for hint in hints if not hint.token.isdecimal()] == [
        f"comment:{id}" for id in said
    ]
    stamps = [hint.at for hint in hints if hint.at]
    assert stamps == sorted(stamps)
    world.clock.advance(SETTLED)
    assert (await poll(linear, later))[0] != []  # the cursor is the vendor's time of the poll, and looks back
    assert (await poll(linear, (await poll(linear, later))[1]))[0] == []


async def test_archived_and_binned_issues_are_told(linear: Linear, world: LinearWorld) -> None:
    refs = [world.simulator.make("x") for _ in range(2)]
    world.clock.advance(SETTLED)
    _, cursor = await poll(linear, None)
    with world.simulator.do():
        world.space.archive(world.issue(refs[0]))
        world.space.trash(world.issue(refs[1]))
    hints, _ = await poll(linear, cursor)
    assert [hint.ref for hint in hints] == refs


async def test_a_cursor_is_linears_own_clock(linear: Linear, world: LinearWorld) -> None:
    _, cursor = await poll(linear, None)
    assert datetime.fromtimestamp(int(cursor) / 1000, UTC) == world.clock.now
    with pytest.raises(Rejected):
        await poll(linear, "yesterday")


# --- what each deed costs --------------------------------------------------------------------------------------------


async def test_what_each_deed_costs(linear: Linear, world: LinearWorld) -> None:
    await linear.describe()
    known = world.simulator.make("x")
    world.clock.advance(SETTLED)
    world.simulator.edit(known, title="y")
    for number in range(3):
        world.simulator.write(known, f"number {number}")
    seen = await linear.fetch(known)
    _, cursor = await poll(linear, None)

    async def costs(deed: Callable[[], Any]) -> int:
        before = len(world.simulator.requests)
        await deed()
        return len(world.simulator.requests) - before

    fields: dict[str, Value] = {"title": "z", "status": "Done", "labels": frozenset({"Bug"}), "priority": "Low"}
    assert await costs(lambda: linear.create(draft(), key="key-1")) == 1
    assert await costs(lambda: linear.fetch(known, parts=ONLY_FIELDS)) == 1
    assert await costs(lambda: linear.fetch(known, since=seen.revision)) == 1
    assert await costs(lambda: linear.update(known, fields, expect=seen.revision)) == 1
    assert await costs(lambda: linear.update(ids.issue_id("key-1"), {"title": "a"}, expect="")) == 2
    assert await costs(lambda: linear.comment(known, Message(Internal("a")), key="key-2", expect="")) == 1
    assert await costs(lambda: linear.link_back(known, BACKLINK)) == 1
    assert await costs(lambda: linear.find("key-1")) == 1
    assert await costs(lambda: poll(linear, cursor)) == 1
    assert await costs(lambda: world.connector().check()) == 1
