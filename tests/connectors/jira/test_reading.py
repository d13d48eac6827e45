"""What a read shows: values, threads longer than a page, history, life, and answers that break their promise."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import httpx
import pytest

from syncd.core.model import Edit, Internal, Life, Person, RichText, Value
from syncd.sdk.connector import ONLY_FIELDS, Changed, Message
from syncd.sdk.errors import BadAnswer, Locked, NotFound
from syncd_jira import Jira
from syncd_jira.fields import jira_time, milliseconds
from syncd_jira.simulator import ANA, BEN
from tests.connectors.jira.steps import by_person, comments, draft, issue, opened, stands, update
from tests.connectors.jira.world import JiraWorld

CUSTOM: Mapping[str, Value] = {
    "Severity": "S1",
    "Story Points": Decimal("2.5"),
    "Root Cause": RichText.of("A **bold** guess"),
    "Deployed": datetime(2026, 1, 5, 9, 0, 0, 250_000, tzinfo=timezone(timedelta(hours=5, minutes=45))),
    "Teams": frozenset({"Red", "Blue"}),
    "Area": "UI / Web",
    "Contact": Person(ANA.id),
    "Customer Ticket": "https://help.example/tickets/7",
    "customfield_10051": Decimal(3),
    "components": frozenset({"Export"}),
    "fixVersions": frozenset({"2.4"}),
    "duedate": date(2026, 2, 28),
    "environment": RichText.of("Firefox"),
    "assignee": Person(BEN.id),
}


@pytest.mark.parametrize("name", CUSTOM)
@pytest.mark.shows("custom fields")
async def test_a_value_of_every_kind_goes_and_comes_back(jira: Jira, world: JiraWorld, name: str) -> None:
    ref = await opened(world)
    read = (await update(jira, ref, **{name: CUSTOM[name]}))[name]
    wrote = CUSTOM[name]
    if isinstance(wrote, RichText):
        assert isinstance(read, RichText)
        assert read.markdown.strip() == wrote.markdown
    else:
        assert read == wrote
    assert not (await update(jira, ref, **{name: None}))[name]


async def test_a_custom_field_is_known_by_id_and_by_name_in_any_case(jira: Jira, world: JiraWorld) -> None:
    ref = await opened(world)
    fields = await update(jira, ref, severity="S2")
    assert fields["Severity"] == fields["customfield_10050"] == "S2"


async def test_a_moved_issue_keeps_its_ref_and_has_a_new_key(jira: Jira, world: JiraWorld) -> None:
    ref = await opened(world)
    before = await jira.fetch(ref)
    with by_person(world):
        world.simulator.site.move(issue(world, ref), "TRIAGE")
    after = await jira.fetch(ref)
    assert (before.ref, before.label, before.container) == (ref, "CORE-1", "CORE")
    assert (after.ref, after.label, after.container) == (ref, "TRIAGE-1", "TRIAGE")
    assert after.url == f"{world.simulator.url}/browse/TRIAGE-1"


async def test_a_deleted_issue_is_not_found(jira: Jira, world: JiraWorld) -> None:
    ref = await opened(world)
    with by_person(world):
        world.simulator.site.delete(issue(world, ref))
    with pytest.raises(NotFound):
        await jira.fetch(ref)


@pytest.mark.shows("locked or archived left alone")
async def test_an_archived_issue_can_be_read_and_takes_no_change(jira: Jira, world: JiraWorld) -> None:
    ref = await opened(world)
    with by_person(world):
        world.simulator.site.archive(issue(world, ref))
    seen = await jira.fetch(ref)
    assert seen.life is Life.LOCKED
    with pytest.raises(Locked):
        await jira.update(ref, {"summary": "x"}, expect=seen.revision)
    with pytest.raises(Locked):
        await jira.comment(ref, Message(Internal("x")), key="key-1", expect="")


# --- threads --------------------------------------------------------------------------------------------------------


PICTURE = {
    "cloud": {
        "type": "doc",
        "version": 1,
        "content": [
            {"type": "paragraph", "content": [{"type": "text", "text": "see"}]},
            {
                "type": "mediaSingle",
                "content": [{"type": "media", "attrs": {"type": "file", "id": "1", "alt": "p.png"}}],
            },
        ],
    },
    "data_center": "see\n\n!p.png|thumbnail!",
}


@pytest.mark.shows("inline images")
async def test_a_picture_in_a_comment_is_a_file_of_the_issue(jira: Jira, world: JiraWorld) -> None:
    ref = await opened(world)
    with by_person(world):
        world.simulator.site.attach(issue(world, ref), name="p.png", media_type="image/png", content=b"PNG")
        world.simulator.site.say(issue(world, ref), PICTURE[world.config.deployment], public=True)
    thread = (await jira.fetch(ref)).thread
    assert thread is not None
    [image], [comment] = thread.attachments, thread.comments
    assert (image.name, image.media_type) == ("p.png", "image/png")
    assert b"".join([piece async for piece in jira.download(image)]) == b"PNG"
    assert "see" in comment.body.text
    assert any("p.png" in lost for lost in comment.lost), "the text says that its picture is elsewhere"


async def test_a_thread_longer_than_a_page_is_whole_and_in_order(jira: Jira, world: JiraWorld) -> None:
    ref = await opened(world)
    for number in range(130):
        await world.say(ref, f"number {number}", public=True)
    assert [comment.body.text for comment in await comments(jira, ref)] == [f"number {n}" for n in range(130)]


async def test_what_a_thread_shows_it_names(jira: Jira, world: JiraWorld) -> None:
    ref = await opened(world)
    posted = await jira.comment(ref, Message(Internal("Hello")), key="key-1", expect="")
    assert posted.written.tokens <= (await jira.fetch(ref)).tokens
    assert not any(token.startswith("comment:") for token in (await jira.fetch(ref, parts=ONLY_FIELDS)).tokens)


async def test_somebody_elses_property_is_no_key_of_ours(jira: Jira, world: JiraWorld) -> None:
    ref = await opened(world)
    with by_person(world):
        world.simulator.site.say(issue(world, ref), world.dialect.write("x"), properties={"syncd": {"key": "key-1"}})
    await jira.comment(ref, Message(Internal("y")), key="key-2", expect="")
    again = world.connector()  # which has to ask for the properties
    await again.check()
    assert [comment.key for comment in await comments(again, ref)] == [None, "key-2"]
    await again.aclose()


# --- history --------------------------------------------------------------------------------------------------------


def told(history: tuple[Edit, ...]) -> list[tuple[str, Value, Value, bool]]:
    return [(edit.field, edit.old, edit.new, edit.ours) for edit in history]


async def test_the_history_speaks_the_words_of_the_fields(jira: Jira, world: JiraWorld) -> None:
    ref = await opened(world, labels=frozenset({"a"}))
    seen = await jira.fetch(ref)
    await world.edit(ref, {"priority": "High", "labels": frozenset({"a", "b"}), "assignee": Person(ANA.id)})
    with by_person(world):
        world.simulator.set_fields(ref, {"status": "In Progress", "customfield_10050": "S1"})
    edits = told((await jira.fetch(ref, since=seen.revision)).history)
    assert ("priority", "Medium", "High", False) in edits
    assert ("labels", frozenset({"a"}), frozenset({"a", "b"}), False) in edits
    assert ("assignee", None, Person(ANA.id), False) in edits
    assert ("status", "To Do", "In Progress", False) in edits
    assert ("Severity", None, "S1", False) in edits
    assert len({edit.id for edit in (await jira.fetch(ref, since=seen.revision)).history}) == len(edits)


async def test_only_edits_after_the_revision_are_told_however_many(jira: Jira, world: JiraWorld) -> None:
    ref = await opened(world)
    await world.edit(ref, {"summary": "before"})
    seen = await jira.fetch(ref)
    for number in range(130):
        await world.edit(ref, {"summary": f"edit {number}"})
    history = (await jira.fetch(ref, since=seen.revision)).history
    assert [edit.new for edit in history] == [f"edit {number}" for number in range(130)]
    assert (await jira.fetch(ref)).history == ()


# --- hints ----------------------------------------------------------------------------------------------------------


async def test_a_younger_read_shows_what_a_hint_tells_and_an_older_does_not(jira: Jira) -> None:
    hint = Changed("1", token="1754982001003")
    assert jira.includes("1754982001003", hint)
    assert jira.includes("1754982001004", hint)
    assert not jira.includes("1754982001002", hint)
    assert not jira.includes("9999999999999", Changed("1"))
    assert jira.includes("1754982001003", Changed("1", token="comment:1@1754982001003"))
    assert not jira.includes("1754982001002", Changed("1", token="comment:1@1754982001003"))
    assert not jira.includes("9999999999999", Changed("1", token="comment:1@deleted"))


# --- times ----------------------------------------------------------------------------------------------------------


def test_jiras_times_are_read_and_written_to_the_millisecond() -> None:
    assert milliseconds("2025-08-12T09:05:06.887+0200") == 1754982306887
    assert jira_time(datetime(2025, 8, 12, 7, 5, 6, 887_000, tzinfo=UTC)) == "2025-08-12T07:05:06.887+0000"
    with pytest.raises(BadAnswer):
        milliseconds("2025-08-12T09:05:06.887")


# --- answers that break their promise -------------------------------------------------------------------------------

ISSUE = {
    "id": "1",
    "key": "CORE-1",
    "fields": {
        "project": {"key": "CORE"},
        "created": "2025-08-12T09:05:06.887+0200",
        "updated": "2025-08-12T09:05:06.887+0200",
        "summary": "x",
    },
}


def answering(world: JiraWorld, **fields: object) -> Jira:
    shown = {**ISSUE, "fields": {**ISSUE["fields"], **fields}}  # type: ignore[dict-item]
    return Jira(world.config, transport=httpx.MockTransport(lambda request: httpx.Response(200, json=shown)))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("summary", 7),
        ("priority", {"nome": "High"}),
        ("labels", "a b"),
        ("duedate", "tomorrow"),
        ("assignee", {"displayName": "nobody"}),
        ("created", None),
        ("updated", "2025-08-12"),
        ("project", None),
        ("description", 7),
        ("comment", {"comments": [{"body": "x"}]}),
        ("attachment", [{"id": 7}]),
    ],
)
async def test_an_answer_of_another_type_is_named(world: JiraWorld, field: str, value: object) -> None:
    with pytest.raises(BadAnswer, match=field):
        await answering(world, **{field: value}).fetch("1")


async def test_what_is_new_in_an_answer_does_not_matter(world: JiraWorld) -> None:
    snapshot = await answering(world, invented={"a": 1}, customfield_99999=[1]).fetch("1")
    assert snapshot.fields["summary"] == "x"


async def test_a_create_shows_what_stands_there(jira: Jira, world: JiraWorld) -> None:
    made = await jira.create(draft({"labels": frozenset({"escalate"}), "Severity": "S1"}), key="key-1")
    assert made.fields["labels"] == frozenset({"escalate"})
    assert made.fields["Severity"] == "S1"
    assert len(stands(world, made.ref)["labels"]) == 2
