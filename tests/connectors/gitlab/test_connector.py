"""What only GitLab does: its fields, labels and files, and what each deed costs in requests."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from syncd.core.model import Fields, Internal, Person, Public, RichText
from syncd.sdk.connector import ONLY_FIELDS, Draft, Message
from syncd.sdk.errors import BadAnswer, NotFound, RateLimited, Rejected, Unauthorized, Unavailable
from syncd.sdk.testing.faults import LostAfter, Status
from syncd.sdk.testing.promises.base import file
from syncd.sdk.testing.simulator import Limit
from syncd_gitlab import Gitlab, GitlabConfig
from syncd_gitlab.simulator import ANA, BEN, SYNCD
from syncd_gitlab.simulator.shapes import Shapes
from tests.connectors.gitlab.world import GitlabWorld

PLACE = {"project": "acme/app"}


async def write(gitlab: Gitlab, ref: str, fields: Fields) -> Fields:
    """As the engine does: on what was just read."""
    return (await gitlab.update(ref, fields, expect=(await gitlab.fetch(ref)).revision)).fields


# --- what each deed costs --------------------------------------------------------------------------------------------


@pytest.mark.shows("several fields in one request")
async def test_what_each_deed_costs(gitlab: Gitlab, world: GitlabWorld) -> None:
    ref = world.made(labels=["bug"]).ref

    async def cost(deed: Any) -> list[str]:
        before = len(world.calls())
        await deed
        return [call.replace("projects/14", "P").replace("issues/1", "I") for call in world.calls(before)]

    assert await cost(gitlab.fetch(ref, parts=ONLY_FIELDS)) == ["GET /P/I"]
    assert await cost(gitlab.fetch(ref)) == ["GET /P/I", "GET /P/I/notes"]
    revision = (await gitlab.fetch(ref)).revision
    many: Fields = {"title": "x", "status": "closed", "labels": frozenset({"a"}), "due_date": date(2026, 3, 1)}
    assert await cost(gitlab.update(ref, many, expect=revision)) == ["PUT /P/I"]
    assert await cost(gitlab.update(ref, {"labels": frozenset({"b"})}, expect="another")) == ["GET /P/I", "PUT /P/I"]
    assert await cost(gitlab.close(ref)) == ["GET /P/I"]
    message = Message(Internal("x"), (file("a.txt", b"x"), file("b.txt", b"x")))
    posts = ["GET /P", "POST /P/uploads", "POST /P/uploads", "POST /P/I/notes"]
    assert [call.replace("/14", "/P") for call in await cost(comment(gitlab, ref, message))] == posts
    assert await cost(comment(gitlab, ref, Message(Public("x")))) == ["POST /P/I/notes"]
    assert await cost(gitlab.create(Draft(PLACE, {"title": "x"}), key="key-1")) == ["POST /P/issues"]
    assert await cost(gitlab.fetch(ref, since=revision)) == [
        "GET /P/I",
        "GET /P/I/notes",
        "GET /P/I/resource_label_events",
        "GET /P/I/resource_state_events",
        "GET /P/I/resource_milestone_events",
    ]


async def comment(gitlab: Gitlab, ref: str, message: Message) -> None:
    await gitlab.comment(ref, message, key="key-1", expect="")


# --- fields ----------------------------------------------------------------------------------------------------------


async def test_all_fields_are_written_in_one_request_and_read_again(gitlab: Gitlab, world: GitlabWorld) -> None:
    ref = world.made(milestone_id=142).ref
    other = world.made().ref
    wanted: dict[str, Any] = {
        "title": "Import fails",
        "description": RichText.of("**why**"),
        "status": "closed",
        "labels": frozenset({"bug", "new word"}),
        "priority": "high",
        "assignee": Person("102", "Ben Berg"),
        "milestone": "18.2",
        "due_date": date(2026, 3, 29),
        "weight": Decimal(3),
        "confidential": "true",
        "issue_type": "incident",
    }
    shown = await write(gitlab, other, wanted)
    assert {**shown, "description": wanted["description"]} == wanted
    assert world.issue(other).description == "**why**"
    read = (await gitlab.fetch(other)).fields
    assert {name: read[name] for name in wanted} == shown
    assert (read["author"], read["project"], read["severity"]) == (Person(ANA.id), "acme/app", "UNKNOWN")
    assert world.issue(ref).milestone == 142


async def test_what_can_be_emptied_is(gitlab: Gitlab, world: GitlabWorld) -> None:
    body = {"milestone_id": 142, "assignee_ids": [102], "due_date": "2026-03-29", "labels": ["priority::high", "bug"]}
    ref = world.made(description="words", **body).ref
    empty: Fields = dict.fromkeys(("milestone", "assignee", "due_date", "priority", "description"))
    shown = await write(gitlab, ref, {**empty, "labels": frozenset()})
    assert {**shown, "description": None} == {**empty, "labels": frozenset()}
    assert world.issue(ref).description == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "reopened"),
        ("status", None),
        ("weight", None),
        ("weight", Decimal("1.5")),
        ("confidential", "yes"),
        ("issue_type", "epic"),
        ("milestone", "unheard of"),
        ("priority", "unheard of"),
        ("labels", frozenset({"a,b"})),
        ("labels", frozenset({" a"})),
        ("labels", frozenset({"priority::high"})),
        ("assignee", Person("ana")),
        ("severity", "HIGH"),
        ("author", Person("1")),
        ("no such field", "x"),
        ("title", "  "),
        ("due_date", "soon"),
    ],
)
async def test_what_gitlab_does_not_take_is_refused_by_name(
    gitlab: Gitlab, world: GitlabWorld, name: str, value: Any
) -> None:
    ref = world.made().ref
    before = (await gitlab.fetch(ref)).fields
    with pytest.raises(Rejected) as raised:
        await write(gitlab, ref, {name: value})
    assert raised.value.field == name
    assert (await gitlab.fetch(ref)).fields == before
    assert world.app.labels == {
        "bug",
        "escalate",
        *(f"priority::{word}" for word in ("low", "medium", "high", "critical")),
    }


async def test_a_title_that_is_too_long_is_cut(gitlab: Gitlab, world: GitlabWorld) -> None:
    made = await gitlab.create(Draft(PLACE, {"title": "x" * 300}), key="key-1")
    assert made.fields["title"] == "x" * 254 + "…"


async def test_a_moment_is_due_on_its_day_in_utc(gitlab: Gitlab, world: GitlabWorld) -> None:
    moment = datetime.fromisoformat("2026-03-29T01:30:00+05:45")
    assert (await write(gitlab, world.made().ref, {"due_date": moment}))["due_date"] == date(2026, 3, 28)


async def test_the_other_assignees_stay(gitlab: Gitlab, world: GitlabWorld) -> None:
    ref = world.made(assignee_ids=[101, 102]).ref
    await write(gitlab, ref, {"assignee": Person("103")})
    assert {each.id for each in world.issue(ref).assignees} == {"102", "103"}


async def test_a_stranger_is_not_assigned_and_the_answer_says_so(gitlab: Gitlab, world: GitlabWorld) -> None:
    assert (await write(gitlab, world.made().ref, {"assignee": Person("999")}))["assignee"] is None


async def test_what_stands_there_already_is_not_written(gitlab: Gitlab, world: GitlabWorld) -> None:
    ref = world.made(labels=["bug"]).ref
    seen = await gitlab.fetch(ref)
    before = world.requests
    written = await gitlab.update(ref, {"labels": frozenset({"bug"})}, expect=seen.revision)
    assert dict(written.fields) == {"labels": {"bug"}}
    assert (written.echoes, world.requests - before) == ((), 0)
    written = await gitlab.update(ref, {"title": "Export fails"}, expect=seen.revision)
    assert (written.revision, written.echoes) == (seen.revision, ())


# --- labels ----------------------------------------------------------------------------------------------------------


@pytest.mark.shows("labels of others stay")
async def test_labels_are_added_and_removed_and_never_replaced(gitlab: Gitlab, world: GitlabWorld) -> None:
    """What somebody adds between our read and our write stays."""
    ref = world.made(labels=["bug", "priority::low"]).ref
    seen = await gitlab.fetch(ref)
    world.change(ref, add_labels=["by a person"])
    await gitlab.update(ref, {"labels": frozenset({"escalate"}), "priority": "high"}, expect=seen.revision)
    assert sorted(world.issue(ref).labels) == ["by a person", "escalate", "priority::high"]


async def test_a_scoped_label_is_a_field_and_no_label(gitlab: Gitlab, world: GitlabWorld) -> None:
    labels = ["priority::high", "priority::low", "priority::high::again", "team::web", "bug"]
    world.app.issues[1] = issue = world.made()
    issue.labels = labels
    fields = (await gitlab.fetch(issue.ref)).fields
    assert fields["priority"] == "high"
    assert fields["labels"] == {"priority::high::again", "team::web", "bug"}
    described = {info.name: info.options for info in (await gitlab.describe()).fields}
    assert described["priority"] == ("critical", "high", "low", "medium")


async def test_a_label_that_was_just_made_is_known(gitlab: Gitlab, world: GitlabWorld) -> None:
    ref = world.made().ref
    await write(gitlab, ref, {"priority": "high"})
    world.app.labels.add("priority::urgent")
    assert (await write(gitlab, ref, {"priority": "urgent"}))["priority"] == "urgent"


def test_a_scope_that_is_a_field_is_refused() -> None:
    with pytest.raises(ValidationError, match="title"):
        GitlabConfig(connector="gitlab", url="https://x", token=SecretStr("x"), projects=("a/b",), scopes=("title",))


# --- making and finding ----------------------------------------------------------------------------------------------


async def test_a_project_that_is_not_configured_gets_no_issue(gitlab: Gitlab, world: GitlabWorld) -> None:
    for project in ("acme/tools", "", "15"):
        with pytest.raises(Rejected) as raised:
            await gitlab.create(Draft({"project": project}, {"title": "x"}), key="key-1")
        assert raised.value.field == "project"


async def test_a_project_may_be_named_by_its_number(world: GitlabWorld) -> None:
    connector = world.connector(projects=("14",))
    made = await connector.create(Draft({"project": "14"}, {"title": "x"}), key="key-1")
    assert (made.ref, made.container, made.label) == ("14-1", "acme/app", "acme/app#1")


async def test_a_create_without_an_answer_is_found_at_once(gitlab: Gitlab, world: GitlabWorld) -> None:
    world.simulator.faults.on("POST *", LostAfter())
    with pytest.raises(Unavailable) as raised:
        await gitlab.create(Draft(PLACE, {"title": "x"}), key="key-1")
    assert raised.value.sent
    assert [found.ref for found in await gitlab.find("key-1")] == ["14-1"]


async def test_find_reads_the_whole_list_once_and_then_what_is_new(gitlab: Gitlab, world: GitlabWorld) -> None:
    for number in range(205):
        with world.simulator.acting(SYNCD):
            world.simulator.tracker.create(world.app, {"title": f"number {number}"})
        world.clock.advance(4)
    first = await gitlab.create(Draft(PLACE, {"title": "x"}), key="key-1")
    before = len(world.calls())
    assert [found.ref for found in await gitlab.find("key-1")] == [first.ref]
    assert len([call for call in world.calls(before) if call == "GET /projects/14/issues"]) == 3
    world.clock.advance(600)
    second = await gitlab.create(Draft(PLACE, {"title": "x"}), key="key-1")
    before = len(world.calls())
    assert [found.ref for found in await gitlab.find("key-1")] == [first.ref, second.ref]
    assert len([call for call in world.calls(before) if call == "GET /projects/14/issues"]) == 1


async def test_a_found_issue_that_is_gone_is_not_there(gitlab: Gitlab, world: GitlabWorld) -> None:
    made = await gitlab.create(Draft(PLACE, {"title": "x"}), key="key-1")
    assert await gitlab.find("key-1")
    del world.app.issues[1]
    assert list(await gitlab.find("key-1")) == []
    with pytest.raises(NotFound):
        await gitlab.fetch(made.ref)


async def test_the_description_is_rewritten_without_its_mark_and_files(gitlab: Gitlab, world: GitlabWorld) -> None:
    made = await gitlab.create(Draft(PLACE, {"title": "x", "description": RichText.of("one")}), key="key-1")
    secret, name = world.simulator.tracker.upload(world.app, "shot.png", b"12345")
    world.change(
        made.ref,
        description=f"{world.issue(made.ref).description}".replace("one", f"one ![s](/uploads/{secret}/{name})"),
    )
    await write(gitlab, made.ref, {"description": RichText.of("two")})
    again = await gitlab.fetch(made.ref)
    assert again.fields["description"] == RichText.of("two")
    assert again.thread is not None
    assert [each.name for each in again.thread.attachments] == ["shot.png"]
    assert [found.ref for found in await gitlab.find("key-1")] == [made.ref]


# --- comments and files ----------------------------------------------------------------------------------------------


async def test_gitlabs_own_notes_are_no_comments(gitlab: Gitlab, world: GitlabWorld) -> None:
    ref = world.made().ref
    world.change(ref, title="another", description="words")
    await world.say(ref, "by a person", public=True)
    assert [note.system for note in world.issue(ref).notes] == [True, True, False]
    found = (await gitlab.fetch(ref)).thread
    assert found is not None
    assert [comment.body for comment in found.comments] == [Public("by a person")]


async def test_a_thread_of_many_pages_is_whole_and_in_order(gitlab: Gitlab, world: GitlabWorld) -> None:
    ref = world.made().ref
    for number in range(205):
        await world.say(ref, f"number {number}", public=True)
    before = world.requests
    found = (await gitlab.fetch(ref)).thread
    assert found is not None
    assert [comment.body.text for comment in found.comments] == [f"number {number}" for number in range(205)]
    assert world.requests - before == 4


@pytest.mark.shows("unanswered comment found")
async def test_a_comment_whose_answer_was_lost_is_known_by_its_key(gitlab: Gitlab, world: GitlabWorld) -> None:
    ref = world.made().ref
    world.simulator.faults.on("POST */notes", LostAfter())
    with pytest.raises(Unavailable) as lost:
        await comment(gitlab, ref, Message(Internal("words")))
    assert lost.value.sent
    found = (await gitlab.fetch(ref)).thread
    assert found is not None
    assert [(each.key, each.body) for each in found.comments] == [("key-1", Internal("words"))]


@pytest.mark.shows("inline images")
async def test_a_persons_file_is_counted_once_and_its_name_read_from_its_address(
    gitlab: Gitlab, world: GitlabWorld
) -> None:
    ref = world.made().ref
    secret, name = world.simulator.tracker.upload(world.app, "Bericht für Köln.pdf", b"12345")
    await world.say(ref, f"![shot](/uploads/{secret}/{name}){{width=300}}", public=True)
    await world.say(ref, f"gone: [x](/uploads/{'0' * 32}/x.txt)", public=True)
    for downloads in (2, 0):
        before = len(world.calls())
        found = (await gitlab.fetch(ref)).thread
        assert found is not None
        assert [(each.name, each.size) for each in found.comments[0].attachments] == [("Bericht_für_Köln.pdf", 5)]
        assert (found.comments[0].body.text, found.comments[1].attachments) == ("", ())
        assert len([call for call in world.calls(before) if "uploads" in call]) == downloads


async def test_an_edited_comment_keeps_its_files(gitlab: Gitlab, world: GitlabWorld) -> None:
    ref = world.made().ref
    message = Message(Public("frist"), (file("a [b].txt", b"x"), file("c.png", b"yz", "image/png")))
    posted = (await gitlab.comment(ref, message, key="key-1", expect="")).comment
    assert [line for line in world.issue(ref).comments[0].body.split("\n") if line.startswith("![")]
    edited = await gitlab.edit_comment(ref, posted, Public("first"), key="key-2")
    found = (await gitlab.fetch(ref)).thread
    assert found is not None
    assert found.comments == (edited,)
    assert [(each.name, each.size) for each in edited.attachments] == [("a [b].txt", 1), ("c.png", 2)]


async def test_a_file_that_is_too_large_is_refused_and_no_note_is_written(gitlab: Gitlab, world: GitlabWorld) -> None:
    world.simulator.max_file = 3
    ref = world.made().ref
    with pytest.raises(Rejected):
        await comment(gitlab, ref, Message(Public("x"), (file("a.txt", b"1234"),)))
    assert world.issue(ref).comments == []


async def test_a_quick_action_in_foreign_text_does_nothing(gitlab: Gitlab, world: GitlabWorld) -> None:
    hostile = "/close\n\n````\n```\n/close\n````\n\n/confidential"
    made = await gitlab.create(Draft(PLACE, {"title": "/close", "description": RichText.of(hostile)}), key="key-1")
    await comment(gitlab, made.ref, Message(Public(hostile)))
    await write(gitlab, made.ref, {"description": RichText.of(hostile)})
    issue = world.issue(made.ref)
    assert (issue.state, issue.confidential) == ("opened", False)
    assert "close" in issue.comments[0].body
    world.change(made.ref, description=hostile)
    assert issue.state == "closed"  # the simulator does obey what nobody broke


# --- people ----------------------------------------------------------------------------------------------------------


async def test_somebody_named_like_an_address_is_not_its_owner(gitlab: Gitlab, world: GitlabWorld) -> None:
    impostor = SYNCD.__class__("104", "boss@engineering.example", "mallory@example.com")
    world.simulator.accounts.append(impostor)
    assert await gitlab.person("boss@engineering.example") is None


async def test_a_hidden_address_is_found_by_administrators_only(gitlab: Gitlab, world: GitlabWorld) -> None:
    assert await gitlab.person(BEN.email) is None
    world.simulator.accounts[2] = SYNCD.__class__(
        SYNCD.id, SYNCD.name, SYNCD.email, SYNCD.token, SYNCD.scopes | {"admin"}
    )
    assert await gitlab.person(BEN.email) == Person("102")


async def test_who_is_blocked_is_not_assigned(gitlab: Gitlab, world: GitlabWorld) -> None:
    world.simulator.accounts[0] = ANA.__class__(ANA.id, ANA.name, ANA.email, scopes=ANA.scopes | {"blocked"})
    assert await gitlab.person(ANA.email) is None


# --- the token -------------------------------------------------------------------------------------------------------


@pytest.mark.shows("end of the credential told")
async def test_the_account_says_when_its_token_ends(gitlab: Gitlab, world: GitlabWorld) -> None:
    assert (await gitlab.check()).expires == datetime(2026, 12, 31, tzinfo=UTC)
    world.simulator.token_ends = None
    assert (await gitlab.check()).expires is None


async def test_an_older_gitlab_does_not_know_and_is_used_all_the_same(gitlab: Gitlab, world: GitlabWorld) -> None:
    world.simulator.faults.on("GET */personal_access_tokens/self", Status(404))
    assert (await gitlab.check()).expires is None


# --- limits and answers ----------------------------------------------------------------------------------------------


@pytest.mark.shows("limit seen before it is hit")
async def test_the_limit_is_read_from_each_answer(gitlab: Gitlab, world: GitlabWorld) -> None:
    world.simulator.limit = Limit(2000)
    world.clock.now = datetime.now(UTC)
    await gitlab.fetch(world.made().ref, parts=ONLY_FIELDS)
    [quota] = gitlab.quotas()
    assert (quota.name, quota.limit, quota.remaining) == ("throttle_authenticated_api", 2000, 1999)
    assert quota.resets is not None
    assert 55 < (quota.resets - world.clock()).total_seconds() <= 61


@pytest.mark.shows("limit obeyed when it is hit")
async def test_over_the_limit_we_wait_as_long_as_gitlab_says(gitlab: Gitlab, world: GitlabWorld) -> None:
    ref = world.made().ref
    world.simulator.limit = Limit(0)
    with pytest.raises(RateLimited) as raised:
        await gitlab.fetch(ref)
    assert raised.value.retry_after == 60


async def test_a_refused_token_is_not_tried_again(world: GitlabWorld) -> None:
    with pytest.raises(Unauthorized):
        await world.connector(token=SecretStr("wrong")).fetch("14-1")
    assert len(world.calls()) == 1


async def test_an_answer_that_is_not_as_described_names_the_place_and_never_the_value(
    world: GitlabWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = Shapes.issue
    monkeypatch.setattr(Shapes, "issue", lambda self, issue: {**right(self, issue), "iid": "kestrel"})
    unchecked = Gitlab(world.config, transport=world.simulator.transport())
    with pytest.raises(BadAnswer, match="iid") as raised:
        await unchecked.fetch(world.made().ref)
    assert "kestrel" not in str(raised.value)


@pytest.mark.parametrize(
    "ref", ["", "14", "14-", "-1", "14-1-1", "14/1", "../14-1", "٣-١", "0-1", "acme/app#", "acme/app#٣"]
)
async def test_what_is_no_ref_is_not_asked_for(gitlab: Gitlab, world: GitlabWorld, ref: str) -> None:
    before = world.requests
    with pytest.raises(NotFound):
        await gitlab.fetch(ref)
    assert world.requests == before


async def test_an_issue_is_read_by_its_label_too(gitlab: Gitlab, world: GitlabWorld) -> None:
    """An address has the project's path, not its number (`syncd backfill --text`)."""
    ref = world.made().ref
    shown = await gitlab.fetch(ref)
    assert (await gitlab.fetch(shown.label, parts=ONLY_FIELDS)).ref == ref
    with pytest.raises(NotFound, match="none of the connection"):
        await gitlab.fetch("others/app#1", parts=ONLY_FIELDS)
