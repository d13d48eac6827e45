"""The life of an issue: moved to another project, cloned, deleted; and its history, as far as GitLab tells it."""

from dataclasses import replace
from typing import Any

import pytest

from syncd.core.comments import digest
from syncd.core.model import Edit, Public
from syncd.sdk.connector import Draft, Message
from syncd.sdk.errors import Forbidden, NotFound
from syncd_gitlab import Gitlab
from syncd_gitlab.history import of_titles
from syncd_gitlab.simulator import ANA, SYNCD
from syncd_gitlab.simulator.state import StoredIssue, StoredProject
from syncd_gitlab.wire import NoteJson
from tests.connectors.gitlab.world import GitlabWorld

BOTH = ("acme/app", "acme/tools")


def move(world: GitlabWorld, ref: str, target: StoredProject | None = None) -> StoredIssue:
    with world.simulator.acting(ANA):
        return world.simulator.tracker.move(world.issue(ref), target or world.simulator.tracker.projects[15])


# --- moves -----------------------------------------------------------------------------------------------------------


async def test_a_moved_issue_is_followed_and_never_read_as_closed(world: GitlabWorld) -> None:
    connector, ref = world.connector(projects=BOTH), world.made().ref
    new = move(world, ref)
    assert world.issue(ref).state == "closed"
    before = len(world.calls())
    found = await connector.fetch(ref)
    assert found.merged_into == new.ref == "15-1"
    assert not [call for call in world.calls(before) if call.startswith("GET /issues/")]
    assert (await connector.fetch(new.ref)).fields["status"] == "opened"


async def test_a_move_into_another_group_is_followed(world: GitlabWorld) -> None:
    far = world.simulator.tracker.projects[16] = StoredProject(16, "other/deep/er")
    new = move(world, world.made().ref, far)
    assert (await world.connector(projects=("acme/app", "16")).fetch("14-1")).merged_into == new.ref


async def test_a_move_twice_over_is_followed_step_by_step(world: GitlabWorld) -> None:
    far = world.simulator.tracker.projects[16] = StoredProject(16, "acme/third")
    connector = world.connector(projects=(*BOTH, "acme/third"))
    ref = world.made().ref
    second = move(world, ref)
    third = move(world, second.ref, far)
    assert (await connector.fetch(ref)).merged_into == second.ref
    assert (await connector.fetch(second.ref)).merged_into == third.ref


async def test_a_move_to_where_the_connection_does_not_look_waits_for_a_person(
    gitlab: Gitlab, world: GitlabWorld
) -> None:
    """Neither closed nor gone: both would be told to the customer."""
    ref = world.made().ref
    move(world, ref)
    with pytest.raises(Forbidden, match=r"acme/tools#1.*projects"):
        await gitlab.fetch(ref)


async def test_a_move_to_where_we_see_nothing_waits_for_a_person(gitlab: Gitlab, world: GitlabWorld) -> None:
    ref = world.made().ref
    del world.simulator.tracker.projects[15].issues[move(world, ref).iid]
    with pytest.raises(Forbidden, match="sees nothing"):
        await gitlab.fetch(ref)


async def test_words_about_a_move_lead_nowhere_else(world: GitlabWorld) -> None:
    """A comment of a person is no lead, and a lead is believed only when its number is the one that GitLab names."""
    connector, ref = world.connector(projects=BOTH), world.made().ref
    decoy = world.made().ref
    new = move(world, ref)
    await world.say(ref, "moved to acme/app#2", public=True)
    assert (await connector.fetch(ref)).merged_into == new.ref
    issue = world.issue(ref)
    for note in issue.notes:
        note.body = note.body.replace("tools#1", "app#2")
    with pytest.raises(Forbidden):
        await connector.fetch(ref)
    assert decoy == "14-2"


async def test_an_administrator_finds_it_by_its_number(world: GitlabWorld) -> None:
    world.simulator.accounts[2] = replace(SYNCD, scopes=SYNCD.scopes | {"admin"})
    connector, ref = world.connector(projects=BOTH), world.made().ref
    new = move(world, ref)
    world.issue(ref).notes.clear()
    assert (await connector.fetch(ref)).merged_into == new.ref


async def test_a_moved_issue_of_ours_is_found_once(world: GitlabWorld) -> None:
    connector = world.connector(projects=BOTH)
    made = await connector.create(Draft({"project": "acme/app"}, {"title": "x"}), key="key-1")
    new = move(world, made.ref)
    assert [found.ref for found in await connector.find("key-1")] == [new.ref]
    assert [found.ref for found in await connector.find("key-1")] == [new.ref]


async def test_one_that_was_moved_away_after_it_was_found_names_where_it_is(world: GitlabWorld) -> None:
    connector = world.connector(projects=BOTH)
    made = await connector.create(Draft({"project": "acme/app"}, {"title": "x"}), key="key-1")
    new = move(world, made.ref)
    new.description = ""
    assert [(found.ref, found.merged_into) for found in await connector.find("key-1")] == [(made.ref, new.ref)]


async def test_a_move_brings_along_what_the_other_project_knows(world: GitlabWorld) -> None:
    """Labels and a milestone that it has by name, and the files, which lie in a project."""
    made = world.made(labels=["bug", "only here"], milestone_id=141, assignee_ids=[int(ANA.id)])
    world.app.labels.add("only here")
    await world.attach(made.ref, "log.txt", b"bytes", public=False)
    new = move(world, made.ref)
    assert (new.labels, new.milestone, new.assignees) == (["bug"], 151, [ANA])
    [note], [before] = new.comments, made.comments
    assert (note.author, note.created, note.internal) == (before.author, before.created, True)
    assert note.body != before.body
    connector = world.connector(projects=BOTH)
    thread = (await connector.fetch(new.ref)).thread
    assert thread
    [file] = thread.comments[0].attachments
    assert b"".join([part async for part in connector.download(file)]) == b"bytes"


async def test_a_move_is_no_edit_of_what_was_said(world: GitlabWorld) -> None:
    """The link to a file names another place then."""
    connector, made = world.connector(projects=BOTH), world.made()
    await world.attach(made.ref, "log.txt", b"bytes", public=False)
    before = (await connector.fetch(made.ref)).thread
    after = (await connector.fetch(move(world, made.ref).ref)).thread
    assert before
    assert after
    assert [digest(comment) for comment in before.comments] == [digest(comment) for comment in after.comments]


async def test_a_renamed_project_keeps_its_refs(gitlab: Gitlab, world: GitlabWorld) -> None:
    ref = world.made().ref
    world.app.path = "acme/renamed"
    found = await gitlab.fetch(ref)
    assert (found.ref, found.container, found.label) == ("14-1", "acme/renamed", "acme/renamed#1")


async def test_a_deleted_issue_is_not_found(gitlab: Gitlab, world: GitlabWorld) -> None:
    ref = world.made().ref
    await gitlab.fetch(ref)
    with world.simulator.acting(ANA):
        world.simulator.tracker.delete(world.issue(ref))
    for deed in (gitlab.fetch(ref), gitlab.update(ref, {"title": "x"}, expect=""), gitlab.close(ref)):
        with pytest.raises(NotFound):
            await deed


@pytest.mark.shows("locked or archived left alone")
async def test_an_archived_project_refuses_the_write_and_check_says_so(gitlab: Gitlab, world: GitlabWorld) -> None:
    ref = world.made().ref
    world.app.archived = True
    with pytest.raises(Forbidden):
        await gitlab.update(ref, {"title": "x"}, expect="")
    assert "that acme/app is not archived" in (await gitlab.check()).lacks


# --- history ---------------------------------------------------------------------------------------------------------


async def test_state_labels_milestone_and_title_have_a_history(gitlab: Gitlab, world: GitlabWorld) -> None:
    ref = world.made(labels=["bug", "priority::low"]).ref
    world.clock.advance(61)
    world.change(ref, weight=1)
    seen = await gitlab.fetch(ref)
    world.clock.advance(5)
    world.change(ref, title="By Ana", add_labels=["escalate", "priority::high"], milestone_id=141, state_event="close")
    world.clock.advance(5)
    now = await gitlab.fetch(ref)
    written = await gitlab.update(
        ref, {"title": "By syncd", "status": "opened", "labels": frozenset()}, expect=now.revision
    )
    history = (await gitlab.fetch(ref, since=seen.revision)).history
    told = {(edit.field, edit.old, edit.new, edit.ours) for edit in history}
    assert told == {
        ("title", "Export fails", "By Ana", False),
        ("labels", frozenset({"bug"}), frozenset({"bug", "escalate"}), False),
        ("priority", "low", "high", False),
        ("milestone", None, "18.1", False),
        ("status", "opened", "closed", False),
        ("title", "By Ana", "By syncd", True),
        ("labels", frozenset({"bug", "escalate"}), frozenset(), True),
        ("status", "closed", "opened", True),
    }
    assert [edit.at for edit in history] == sorted(edit.at for edit in history)
    assert written.revision
    recent = (await gitlab.fetch(ref, since=written.revision)).history
    assert {edit.ours for edit in recent} == {True}


def note(body: str, **more: Any) -> NoteJson:
    at = "2026-01-05T09:00:00.000Z"
    said = {"id": 1, "body": body, "author": {"id": 101}, "created_at": at, "updated_at": at, "system": True}
    return NoteJson.model_validate({**said, **more})


def titles(*notes: NoteJson) -> list[tuple[object, object]]:
    found: list[Edit] = list(of_titles(notes, own=103))
    return [(edit.old, edit.new) for edit in found]


def test_the_marks_of_a_changed_title_are_no_part_of_it() -> None:
    said = note("changed title from **Export {-fails-}** to **Export {+works+} today**")
    assert titles(said) == [("Export fails", "Export works today")]


def test_a_title_that_can_be_read_in_two_ways_tells_nothing() -> None:
    assert titles(note("changed title from **a** to **b** to **c**")) == []


def test_the_words_of_a_person_are_no_history() -> None:
    assert titles(note("changed title from **a** to **b**", system=False)) == []


async def test_a_description_that_changed_tells_no_words(gitlab: Gitlab, world: GitlabWorld) -> None:
    """This is why no history is claimed."""
    ref = world.made(description="one").ref
    seen = await gitlab.fetch(ref)
    world.change(ref, description="two")
    assert (await gitlab.fetch(ref, since=seen.revision)).history == ()
    await gitlab.comment(ref, Message(Public("x")), key="key-1", expect="")
