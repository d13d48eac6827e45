"""What only Linear does: ids of ours, words, labels, moves between teams, the bin, duplicates, costs."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from syncd.core.model import Internal, Life, Person, RichText, Value
from syncd.sdk.connector import ONLY_FIELDS, Backlink, Draft, Message
from syncd.sdk.errors import (
    NotFound,
    Rejected,
    Stale,
    Unauthorized,
    Unavailable,
)
from syncd.sdk.testing.faults import LostAfter, LostBefore
from syncd.sdk.testing.promises.base import poll
from syncd_linear import Linear, LinearConfig, ids
from syncd_linear.fields import PRIORITIES
from syncd_linear.simulator import ANA, APP, BEN, SYNCD
from tests.connectors.linear.world import BACKLINK, SETTLED, LinearWorld, draft

# --- the account -----------------------------------------------------------------------------------------------------


async def test_a_key_goes_bare(world: LinearWorld) -> None:
    assert (await world.connector().check()).id == SYNCD.id
    with pytest.raises(Unauthorized):
        await world.connector(api_key=f"Bearer {SYNCD.token}").check()
    with pytest.raises(Unauthorized):
        await world.connector(api_key="wrong").check()


async def test_an_application_signs_in_by_itself() -> None:
    world = LinearWorld(app=True)
    linear = world.connector()
    assert (await linear.check()).id == APP.id
    await linear.check()
    assert world.simulator.tokens.given == 1
    await linear.aclose()


@pytest.mark.parametrize("given", [{"oauth": {"client_id": "x", "client_secret": "y"}}, {"api_key": None}])
def test_there_is_one_credential(world: LinearWorld, given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="give `api_key` or `oauth`"):
        LinearConfig(**{**world.settings, **given})


async def test_a_suspended_account_is_refused(world: LinearWorld) -> None:
    me = world.space.users[SYNCD.id]
    world.space.users[SYNCD.id] = type(me)(me.id, me.name, me.email, active=False)
    with pytest.raises(Unauthorized, match="suspended"):
        await world.connector().check()


@pytest.mark.shows("missing rights told")
async def test_a_guest_is_told_to_become_a_member(world: LinearWorld) -> None:
    assert (await world.connector().check()).lacks == ()
    me = world.space.users[SYNCD.id]
    world.space.users[SYNCD.id] = type(me)(me.id, me.name, me.email, guest=True)
    [lack] = (await world.connector().check()).lacks
    assert "a guest sees some teams only" in lack


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


@pytest.mark.shows("labels of others stay")
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


@pytest.mark.shows("locked or archived left alone")
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


# --- the other half --------------------------------------------------------------------------------------------------


async def test_the_ticket_is_an_attachment_with_who_asked(linear: Linear, world: LinearWorld) -> None:
    ref = world.simulator.make("x")
    await linear.link_back(ref, BACKLINK)
    await linear.link_back(ref, Backlink(BACKLINK.url, "#7 Import fails", "#7", done=True))
    [link] = world.issue(ref).links
    assert (link.url, link.title, link.subtitle) == (BACKLINK.url, "#7 Import fails", "done")


# --- what each deed costs --------------------------------------------------------------------------------------------


@pytest.mark.shows("several fields in one request")
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
