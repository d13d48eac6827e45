"""Nothing internal becomes public at GitLab: roles, old versions, confidential issues, files and open projects."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from syncd.core.model import Attachment, Comment, Internal, Person, Public, Visibility
from syncd.sdk.connector import Backlink, Draft, Message
from syncd.sdk.errors import Rejected, Unavailable
from syncd.sdk.testing.faults import Status
from syncd.sdk.testing.promises.base import file
from syncd_gitlab import Gitlab
from syncd_gitlab.api import Api
from syncd_gitlab.simulator import SYNCD
from syncd_gitlab.simulator.state import StoredNote
from syncd_gitlab.wire import NoteJson
from tests.connectors.gitlab.world import GitlabWorld

SECRET_WORDS = "the customer must not read this: kestrel-4711"
LOG = file("kestrel.log", b"secret")


def as_role(world: GitlabWorld, role: str) -> None:
    accounts = world.simulator.accounts
    accounts[2] = replace(SYNCD, scopes=frozenset({role}))


async def commented(gitlab: Gitlab, ref: str, body: Public | Internal, *files: Any) -> Comment:
    return (await gitlab.comment(ref, Message(body, files), key="key-1", expect="")).comment


async def thread(gitlab: Gitlab, ref: str) -> tuple[Comment, ...]:
    found = (await gitlab.fetch(ref)).thread
    assert found is not None
    return found.comments


# --- internal notes --------------------------------------------------------------------------------------------------


@pytest.mark.shows("missing rights told")
async def test_below_reporter_nothing_internal_is_sent(world: GitlabWorld) -> None:
    """GitLab would take the note, and make it public."""
    as_role(world, "guest")
    connector, ref = world.connector(), world.made().ref
    assert "the role Reporter in acme/app" in (await connector.check()).lacks
    before = world.requests
    with pytest.raises(Rejected, match="Reporter"):
        await commented(connector, ref, Internal(SECRET_WORDS))
    assert world.issue(ref).comments == []
    assert not [call for call in world.calls(before) if call.startswith("POST")]


async def test_an_old_gitlab_gets_nothing_internal(world: GitlabWorld) -> None:
    world.simulator.version = "14.10.5"
    connector, ref = world.connector(), world.made().ref
    assert "GitLab 15.0 or newer, for internal notes" in (await connector.check()).lacks
    with pytest.raises(Rejected, match=r"15\.0"):
        await commented(connector, ref, Internal(SECRET_WORDS))
    assert world.issue(ref).comments == []


@pytest.mark.parametrize("version", ["", "unknown", "15"])
async def test_a_version_that_cannot_be_read_is_an_old_one(world: GitlabWorld, version: str) -> None:
    world.simulator.version = version or "?"
    with pytest.raises(Rejected):
        await commented(world.connector(), world.made().ref, Internal(SECRET_WORDS))


async def test_a_note_that_came_out_public_is_taken_back(gitlab: Gitlab, world: GitlabWorld) -> None:
    """The role was taken away after it was looked up."""
    ref = world.made().ref
    as_role(world, "guest")
    with pytest.raises(Rejected, match="taken back"):
        await commented(gitlab, ref, Internal(SECRET_WORDS))
    assert world.issue(ref).comments == []


async def test_one_that_cannot_be_taken_back_is_not_called_unwritten(gitlab: Gitlab, world: GitlabWorld) -> None:
    ref = world.made().ref
    as_role(world, "guest")
    world.simulator.faults.on("DELETE *", Status(500))
    with pytest.raises(Unavailable) as raised:
        await commented(gitlab, ref, Internal(SECRET_WORDS))
    assert raised.value.sent


@pytest.mark.parametrize(
    ("internal", "confidential", "public"),
    [
        (False, False, True),
        (True, True, False),
        (True, False, False),
        (False, True, False),
        (None, None, False),
        (None, False, True),  # before 15.0
        (None, True, False),
    ],
)
def test_only_what_is_said_to_be_public_is(internal: bool | None, confidential: bool | None, public: bool) -> None:
    note = {"id": 1, "body": "x", "author": {"id": 1}, "created_at": "2026-01-05T09:00:00Z", "system": False}
    note |= {"updated_at": "2026-01-05T09:00:00Z", "internal": internal, "confidential": confidential}
    assert NoteJson.model_validate(note).public is public


async def test_all_on_a_confidential_issue_is_internal(gitlab: Gitlab, world: GitlabWorld) -> None:
    issue = world.made(confidential=True, description=f"[log](/uploads/{'a' * 32}/log.txt)")
    world.app.uploads["a" * 32] = ("log.txt", b"1234")
    await world.say(issue.ref, "by a person", public=True)
    posted = await commented(gitlab, issue.ref, Public("by syncd"))
    found = (await gitlab.fetch(issue.ref)).thread
    assert found is not None
    assert [comment.body for comment in found.comments] == [Internal("by a person"), Internal("by syncd")]
    assert [each.visibility for each in found.attachments] == [Visibility.INTERNAL]
    assert posted == found.comments[1]


# --- edits -----------------------------------------------------------------------------------------------------------


async def test_nothing_internal_is_written_into_a_public_note(gitlab: Gitlab, world: GitlabWorld) -> None:
    ref = world.made().ref
    comment = await commented(gitlab, ref, Public("for all"))
    with pytest.raises(Rejected, match="internal"):
        await gitlab.edit_comment(ref, comment, Internal(SECRET_WORDS), key="key-1")
    assert "kestrel" not in world.issue(ref).comments[0].body


async def test_a_note_that_is_internal_by_its_issue_alone_takes_nothing_internal(
    gitlab: Gitlab, world: GitlabWorld
) -> None:
    """The day the issue is opened up, the note is public."""
    ref = world.made(confidential=True).ref
    comment = await commented(gitlab, ref, Public("for all"))
    assert isinstance(comment.body, Internal)
    with pytest.raises(Rejected, match="internal"):
        await gitlab.edit_comment(ref, comment, Internal(SECRET_WORDS), key="key-1")


async def test_an_internal_note_stays_internal_whatever_is_written(gitlab: Gitlab, world: GitlabWorld) -> None:
    ref = world.made().ref
    comment = await commented(gitlab, ref, Internal("one"))
    edited = await gitlab.edit_comment(ref, comment, Public("two"), key="key-1")
    assert edited.body == Internal("two")
    again = await gitlab.edit_comment(ref, edited, Internal("three"), key="key-1")
    assert again == (await thread(gitlab, ref))[0]


# --- files -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("visibility", ["public", "internal"])
async def test_no_file_goes_with_an_internal_note_where_others_see_the_project(
    gitlab: Gitlab, world: GitlabWorld, visibility: str
) -> None:
    """An upload is given out by its address, whatever note links to it. The project was opened after `check`."""
    world.app.visibility = visibility
    ref = world.made().ref
    with pytest.raises(Rejected) as raised:
        await commented(gitlab, ref, Internal("see the log"), LOG)
    assert raised.value.field == "files"
    assert world.app.uploads == {}
    assert (await commented(gitlab, ref, Internal("words alone"))).body == Internal("words alone")
    allowed = world.connector(files_with_internal_notes=True)
    assert (await commented(allowed, ref, Internal("see the log"), LOG)).attachments


async def test_in_a_private_project_they_go(gitlab: Gitlab, world: GitlabWorld) -> None:
    comment = await commented(gitlab, world.made().ref, Internal("see the log"), LOG)
    assert [(each.name, each.visibility) for each in comment.attachments] == [("kestrel.log", Visibility.INTERNAL)]


async def test_a_file_of_another_project_is_never_fetched(gitlab: Gitlab, world: GitlabWorld) -> None:
    """Our account may see more projects than who wrote the comment."""
    world.simulator.tracker.projects[15].uploads["b" * 32] = ("plan.pdf", b"secret plan")
    ref = world.made().ref
    await world.say(ref, f"[plan](/-/project/15/uploads/{'b' * 32}/plan.pdf)", public=True)
    before = world.requests
    assert (await thread(gitlab, ref))[0].attachments == ()
    assert not [call for call in world.calls(before) if "uploads" in call]


# --- open projects, marks and links ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("visibility", "issues", "opened"),
    [
        ("public", "enabled", True),
        ("internal", "enabled", True),
        ("private", "enabled", False),
        ("public", "private", False),
    ],
)
@pytest.mark.shows("public places noticed")
async def test_projects_that_others_can_read_are_noticed(
    gitlab: Gitlab, world: GitlabWorld, visibility: str, issues: str, opened: bool
) -> None:
    world.app.visibility, world.app.issues_access = visibility, issues
    described = await gitlab.describe()
    assert described.public_containers == (frozenset({"acme/app"}) if opened else frozenset())


async def test_an_issue_can_be_made_confidential(gitlab: Gitlab, world: GitlabWorld) -> None:
    made = await gitlab.create(Draft({"project": "acme/app", "confidential": "true"}, {"title": "x"}), key="key-1")
    assert world.issue(made.ref).confidential
    assert made.fields["confidential"] == "true"


async def test_a_mark_is_believed_only_where_we_wrote_it(gitlab: Gitlab, world: GitlabWorld) -> None:
    made = await gitlab.create(Draft({"project": "acme/app"}, {"title": "x"}), key="key-1")
    ours = await commented(gitlab, made.ref, Public("ours"))
    await world.say(made.ref, ours.source, public=True)
    world.made(description=world.issue(made.ref).description)
    await world.settle()
    assert [comment.key for comment in await thread(gitlab, made.ref)] == ["key-1", None]
    assert [found.ref for found in await gitlab.find("key-1")] == [made.ref]


async def test_a_list_that_ignores_its_filter_shows_no_issue_of_others_as_ours(
    gitlab: Gitlab, world: GitlabWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await gitlab.create(Draft({"project": "acme/app"}, {"title": "x"}), key="key-1")
    world.made(description=world.issue(made.ref).description)
    right = Api.issues

    async def unfiltered(self: Api, feed: str, params: Mapping[str, Any]) -> Any:
        return await right(self, feed, {name: value for name, value in params.items() if name != "author_id"})

    monkeypatch.setattr(Api, "issues", unfiltered)
    assert [found.ref for found in await gitlab.find("key-1")] == [made.ref]


async def test_a_mark_is_no_word_of_the_text(gitlab: Gitlab, world: GitlabWorld) -> None:
    made = await gitlab.create(Draft({"project": "acme/app"}, {"title": "x"}), key="key--1 -->")
    comment = await commented(gitlab, made.ref, Public("words"))
    assert (made.fields["description"], comment.body) == (made.fields["description"], Public("words"))
    assert "syncd" not in str(made.fields["description"])
    assert [found.ref for found in await gitlab.find("key--1 -->")] == [made.ref]


async def test_the_link_to_the_ticket_is_seen_by_members_only_and_is_no_comment(
    gitlab: Gitlab, world: GitlabWorld
) -> None:
    ref = world.made().ref
    await gitlab.link_back(ref, Backlink("https://desk.example/7", "Ana [VIP] cannot log in", "#7"))
    [note] = world.issue(ref).comments
    assert note.internal
    assert "](https://desk.example/7)" in note.body
    assert await thread(gitlab, ref) == ()


async def test_a_person_who_copies_our_link_shows_no_ticket(gitlab: Gitlab, world: GitlabWorld) -> None:
    ref, backlink = world.made().ref, Backlink("https://desk.example/7", "x", "#7")
    await gitlab.link_back(ref, backlink)
    [ours] = world.issue(ref).comments
    world.issue(ref).notes = [StoredNote(1, world.simulator.person, ours.body, ours.created, ours.updated)]
    assert len(await thread(gitlab, ref)) == 1
    await gitlab.link_back(ref, backlink)
    assert len(world.issue(ref).comments) == 2


async def test_without_links_nothing_is_shown(world: GitlabWorld) -> None:
    connector = world.connector(link_via="none")
    assert "link back" not in {str(each) for each in connector.capabilities}


async def test_a_token_shows_in_no_error_and_in_no_header_of_a_file(world: GitlabWorld) -> None:
    connector = world.connector(token=SecretStr("glpat-wrong"))
    with pytest.raises(Exception, match="credential") as raised:
        await connector.check()
    assert "glpat-wrong" not in repr(raised.value)
    foreign = Attachment("1", "x", 1, "text/plain", url="http://127.0.0.1/x", author=Person("1"))
    with pytest.raises(Rejected):
        [piece async for piece in connector.download(foreign)]
