"""Comments and files at Azure DevOps: one patch for both, our mark, pictures in a text, and what strangers may read."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from syncd.core.model import Attachment, Internal, Public, RichText, Visibility
from syncd.sdk.connector import Backlink, Capability, Draft, Message
from syncd.sdk.errors import NotFound, Rejected, Stale, Unavailable
from syncd.sdk.testing.faults import LostAfter, Meanwhile, Status
from syncd.sdk.testing.promises.base import file
from syncd_azuredevops import AzureDevOps
from syncd_azuredevops.simulator import ANA
from tests.connectors.azuredevops.steps import commented, draft, thread, to
from tests.connectors.azuredevops.world import AzureDevOpsWorld

SECRET_WORDS = "the customer must not read this: kestrel-4711"
LOG = file("kestrel.log", b"secret")


def sent(world: AzureDevOpsWorld) -> bytes:
    """Everything that was ever sent, but to read."""
    return b"".join(exchange.body for exchange in world.simulator.requests if exchange.method != "GET")


# --- one patch -------------------------------------------------------------------------------------------------------


async def test_a_comment_and_its_files_arrive_together_or_not_at_all(
    boards: AzureDevOps, world: AzureDevOpsWorld
) -> None:
    ref = world.made().ref
    world.simulator.faults.on("PATCH *", Status(503))
    with pytest.raises(Unavailable):
        await commented(boards, ref, "see the log", LOG)
    assert (world.item(ref).shown, world.item(ref).relations) == ([], [])
    said = await commented(boards, ref, "see the log", LOG)
    assert [each.name for each in said.attachments] == ["kestrel.log"]
    assert world.item(ref).rev == 2, "words and file are one revision"


async def test_a_comment_foretells_its_revision_where_nobody_wrote_between(
    boards: AzureDevOps, world: AzureDevOpsWorld
) -> None:
    ref = world.made().ref
    first = (await boards.comment(ref, Message(Internal("one")), key="key-1", expect="1")).written
    assert (first.revision, first.tokens) == ("2", frozenset({f"{ref}@2"}))
    world.change(ref, to("System.Tags", "x"))
    second = (await boards.comment(ref, Message(Internal("two")), key="key-2", expect="2")).written
    assert (second.revision, second.tokens) == (None, frozenset({f"{ref}@4"})), (
        "an edit lies between, which must be read"
    )


async def test_a_comment_fits_any_revision_while_others_write(boards: AzureDevOps, world: AzureDevOpsWorld) -> None:
    ref = world.made().ref
    await boards.fetch(ref)
    world.simulator.faults.on("PATCH *", Meanwhile(lambda: world.change(ref, to("System.Tags", "a"))))
    await commented(boards, ref, "said")
    assert [each.body.text for each in (await thread(boards, ref)).comments] == ["said"]
    words = iter("bcd")
    moving = Meanwhile(lambda: world.change(ref, to("System.Tags", next(words))))
    world.simulator.faults.on("PATCH *", moving, times=3)
    with pytest.raises(Stale):
        await commented(boards, ref, "again")
    assert len((await thread(boards, ref)).comments) == 1


async def test_a_comment_whose_answer_names_it_not_is_found_by_its_key(
    boards: AzureDevOps, world: AzureDevOpsWorld
) -> None:
    world.simulator.names_comments = False
    ref = world.made().ref
    await world.say(ref, "by a person", public=False)
    said = await commented(boards, ref, "by us")
    assert said == (await thread(boards, ref)).comments[1]


async def test_a_comment_that_was_not_read_back_may_stand_there(boards: AzureDevOps, world: AzureDevOpsWorld) -> None:
    ref = world.made().ref
    world.simulator.faults.on("GET */comments/*", Status(403))
    with pytest.raises(Unavailable, match="not read back") as error:
        await commented(boards, ref, "said")
    assert error.value.sent
    assert [each.key for each in (await thread(boards, ref)).comments] == ["key-1"]


@pytest.mark.shows("unanswered comment found")
async def test_a_lost_answer_is_found_by_the_key(boards: AzureDevOps, world: AzureDevOpsWorld) -> None:
    ref = world.made().ref
    world.simulator.faults.on("PATCH *", LostAfter())
    with pytest.raises(Unavailable):
        await commented(boards, ref, "said", LOG)
    [comment] = (await thread(boards, ref)).comments
    assert (comment.key, [each.name for each in comment.attachments]) == ("key-1", ["kestrel.log"])


# --- our mark --------------------------------------------------------------------------------------------------------


async def test_a_mark_is_believed_in_our_own_comments_alone(boards: AzureDevOps, world: AzureDevOpsWorld) -> None:
    ref = world.made().ref
    await commented(boards, ref, "by syncd")
    with world.simulator.acting(ANA):
        world.boards.say(world.item(ref), world.item(ref).shown[0].text)
    ours, copied = (await thread(boards, ref)).comments
    assert (ours.key, copied.key) == ("key-1", None)
    assert ours.body == copied.body == Internal("by syncd"), "nobody sees it"


async def test_an_edited_comment_keeps_its_files_and_gets_the_new_key(
    boards: AzureDevOps, world: AzureDevOpsWorld
) -> None:
    ref = world.made().ref
    said = await commented(boards, ref, "frist", LOG)
    edited = await boards.edit_comment(ref, said, Internal("first"), key="key-2")
    [comment] = (await thread(boards, ref)).comments
    assert comment == edited
    assert (comment.key, comment.source) == ("key-2", "<p>first</p>")
    assert comment.attachments == said.attachments


async def test_nobody_edits_what_others_said(boards: AzureDevOps, world: AzureDevOpsWorld) -> None:
    ref = world.made().ref
    await world.say(ref, "by a person", public=False)
    [comment] = (await thread(boards, ref)).comments
    with pytest.raises(Exception, match="403"):
        await boards.edit_comment(ref, comment, Internal("x"), key="key-1")


# --- reading a thread ------------------------------------------------------------------------------------------------


async def test_all_comments_of_a_long_thread_are_read_the_oldest_first(
    boards: AzureDevOps, world: AzureDevOpsWorld
) -> None:
    ref = world.made().ref
    for number in range(450):
        await world.say(ref, f"number {number}", public=False)
    before = world.requests
    said = (await thread(boards, ref)).comments
    assert [each.body.text for each in said] == [f"number {number}" for number in range(450)]
    assert world.requests - before == 4


async def test_an_edited_and_a_deleted_comment_are_read_as_they_are(
    boards: AzureDevOps, world: AzureDevOpsWorld
) -> None:
    ref = world.made().ref
    for text in ("frist", "too much"):
        await world.say(ref, text, public=False)
    await world.reword(ref, "frist", "first")
    await world.unsay(ref, "too much")
    assert [each.body.text for each in (await thread(boards, ref)).comments] == ["first"]


async def test_a_comment_in_markdown_is_read_as_such(boards: AzureDevOps, world: AzureDevOpsWorld) -> None:
    ref = world.made().ref
    url = world.uploaded("chart.png", b"PNG")
    with world.simulator.acting(ANA):
        world.boards.say(world.item(ref), f"**bold** <b> & ![chart]({url})", format="markdown")
    [comment] = (await thread(boards, ref)).comments
    assert comment.body == Internal("**bold** \\<b> & \\[chart.png\\]")
    assert [(each.name, each.size) for each in comment.attachments] == [("chart.png", 3)]


# --- files -----------------------------------------------------------------------------------------------------------


@pytest.mark.shows("inline images")
async def test_a_pasted_picture_is_a_file_and_its_name_stands_in_the_text(
    boards: AzureDevOps, world: AzureDevOpsWorld
) -> None:
    url = world.uploaded("screen <1>.png", b"PNG!")
    ref = world.made(to("System.Description", f'<div>see <img src="{url}" alt=x> here</div>')).ref
    with world.simulator.acting(ANA):
        world.boards.say(world.item(ref), f'<div>and <img alt="y" src="{url}"></div>')
    snapshot = await boards.fetch(ref)
    description = snapshot.fields["description"]
    assert isinstance(description, RichText)
    assert description.markdown == "see \\[screen \\<1>.png\\] here"
    assert "place of the picture screen <1>.png" in description.lost[0]
    assert snapshot.thread is not None
    [comment] = snapshot.thread.comments
    assert [(each.name, each.size, each.media_type) for each in comment.attachments] == [
        ("screen <1>.png", 4, "image/png")
    ]
    assert snapshot.thread.attachments == (), "a file of a comment is no file of the work item as well"
    before = world.requests
    await boards.fetch(ref)
    assert world.requests - before == 2, "each is counted once"


@pytest.mark.parametrize("format", ["html", "markdown"])
async def test_a_link_in_a_customers_words_fetches_no_file(
    boards: AzureDevOps, world: AzureDevOpsWorld, format: str
) -> None:
    """It may lead to a file of another work item, which our account can read and the customer cannot."""
    url = world.uploaded("secret of others.txt", b"kestrel")
    words = f"see [this]({url}) and <{url}>"
    ref = (await boards.create(draft(description=RichText.of(words)), key="key-1")).ref
    await commented(boards, ref, words)
    with world.simulator.acting(ANA):
        world.boards.say(world.item(ref), words if format == "markdown" else f'<a href="{url}">x</a>', format=format)
    found = await thread(boards, ref)
    assert (found.attachments, [each.attachments for each in found.comments]) == ((), [(), ()])
    assert not [call for call in world.calls() if call.startswith("GET /_apis/wit/attachments")]


async def test_a_picture_that_is_gone_is_no_file(boards: AzureDevOps, world: AzureDevOpsWorld) -> None:
    url = world.uploaded("screen.png", b"PNG!")
    world.boards.uploads.clear()
    ref = world.made(to("System.Description", f'<img src="{url}">')).ref
    assert (await thread(boards, ref)).attachments == ()


async def test_a_download_that_is_not_as_long_as_told_breaks_off(boards: AzureDevOps, world: AzureDevOpsWorld) -> None:
    """A page to sign in comes as a success, and is no file."""
    ref = world.made().ref
    await world.attach(ref, "a.txt", b"hello", public=False)
    [attachment] = (await thread(boards, ref)).attachments
    world.boards.uploads[attachment.id].content = b"<html>sign in"
    with pytest.raises(Unavailable, match="5 bytes came with 13"):
        _ = [piece async for piece in boards.download(attachment)]
    with pytest.raises(NotFound):
        _ = [piece async for piece in boards.download(Attachment(str(UUID(int=8)), "a", 1, "text/plain"))]


async def test_a_file_over_the_limit_is_refused(boards: AzureDevOps, world: AzureDevOpsWorld) -> None:
    world.simulator.max_file = 3
    ref = world.made().ref
    with pytest.raises(Rejected) as refused:
        await commented(boards, ref, "see", file("a.bin", b"1234"))
    assert refused.value.field == "files"
    assert world.item(ref).shown == []


# --- who can read it -------------------------------------------------------------------------------------------------


@pytest.mark.shows("public comments")
@pytest.mark.parametrize("files", [(), (LOG,)])
async def test_nothing_internal_is_sent_into_a_public_project(files: tuple[Any, ...]) -> None:
    world = AzureDevOpsWorld(public=True)
    connector, ref = world.connector(), world.made().ref
    await connector.check()
    assert Capability.INTERNAL_COMMENTS not in connector.capabilities
    with pytest.raises(Rejected, match="strangers"):
        await commented(connector, ref, SECRET_WORDS, *files)
    public = await commented(connector, ref, Public("for all"))
    assert any("for all" in text for text in (await world.look(ref)).public)
    with pytest.raises(Rejected, match="strangers"):
        await connector.edit_comment(ref, public, Internal(SECRET_WORDS), key="key-2")
    assert b"kestrel" not in sent(world)
    assert not [each for each in world.boards.uploads.values() if "kestrel" in each.name]


async def test_a_project_that_was_opened_a_moment_ago_is_noticed(boards: AzureDevOps, world: AzureDevOpsWorld) -> None:
    ref = world.made().ref
    said = await commented(boards, ref, "while it was private")
    world.home.visibility = "public"
    with pytest.raises(Rejected):
        await commented(boards, ref, SECRET_WORDS)
    with pytest.raises(Rejected):
        await boards.edit_comment(ref, said, Internal(SECRET_WORDS), key="key-2")
    with pytest.raises(Rejected):
        await boards.create(draft(title=SECRET_WORDS), key="key-1")
    assert b"kestrel" not in sent(world)


@pytest.mark.parametrize("visibility", ["public", "organization", "", None])
async def test_what_is_not_said_to_be_private_is_public(world: AzureDevOpsWorld, visibility: str | None) -> None:
    """The simulator's own transport: the description allows two words only."""
    connector = AzureDevOps(world.config, transport=world.simulator.transport())
    world.home.visibility = visibility  # type: ignore[assignment]
    assert "Fabrikam" in (await connector.describe()).public_containers


async def test_a_work_item_that_was_moved_into_a_public_project_is_noticed(world: AzureDevOpsWorld) -> None:
    """It was read in a private one; the patch is about that revision, so that nothing is written."""
    connector, ref = world.connector(projects=("Fabrikam", "Open Source")), world.made().ref
    await connector.fetch(ref)
    world.other = world.boards.projects["Open Source"]
    await world.move(ref)
    with pytest.raises(Rejected, match="Open Source"):
        await commented(connector, ref, SECRET_WORDS)
    assert world.item(ref).shown == []


async def test_a_tickets_words_go_into_a_public_project_only_if_the_config_says_so() -> None:
    world = AzureDevOpsWorld(public=True, allow_public=False)
    connector, ref = world.connector(), world.made().ref
    with pytest.raises(Rejected, match="allow_public"):
        await connector.update(ref, {"title": SECRET_WORDS}, expect="1")
    with pytest.raises(Rejected, match="allow_public"):
        await connector.create(Draft({"project": "Open Source", "type": "Bug"}, {"title": SECRET_WORDS}), key="key-1")
    assert b"kestrel" not in sent(world)
    assert dict((await world.connector(allow_public=True).update(ref, {"title": "x"}, expect="1")).fields) == {
        "title": "x"
    }


async def test_in_which_project_is_asked_where_one_is_public_and_it_is_not_known() -> None:
    world = AzureDevOpsWorld()
    connector, ref = world.connector(projects=("Fabrikam", "Open Source")), world.made().ref
    await connector.update(ref, {"title": "By syncd"}, expect="1")
    assert world.item(ref).fields["System.Title"] == "By syncd"
    world.boards.items[int(ref)].project = world.boards.projects["Open Source"]
    again = world.connector(projects=("Fabrikam", "Open Source"))
    with pytest.raises(Rejected):
        await again.update(ref, {"title": SECRET_WORDS}, expect="2")


async def test_strangers_see_no_title_of_a_ticket() -> None:
    world = AzureDevOpsWorld(public=True)
    ref = world.made().ref
    await world.connector().link_back(ref, Backlink("https://desk.example/7", SECRET_WORDS, "Ticket 7"))
    assert [each.comment for each in world.item(ref).relations] == ["Ticket 7"]
    assert b"kestrel" not in sent(world)


async def test_files_are_as_visible_as_the_project() -> None:
    world = AzureDevOpsWorld(public=True)
    connector, ref = world.connector(visibility_age=world.config.visibility_age * 0), world.made().ref
    await world.attach(ref, "a.txt", b"hello", public=True)
    assert [each.visibility for each in (await thread(connector, ref)).attachments] == [Visibility.PUBLIC]
    world.home.visibility = "private"
    found = await thread(connector, ref)
    assert [each.visibility for each in found.attachments] == [Visibility.INTERNAL]


async def test_the_answer_to_a_comment_is_no_more_visible_than_its_project(
    boards: AzureDevOps, world: AzureDevOpsWorld
) -> None:
    said = await commented(boards, world.made().ref, Public("for all who work here"))
    assert replace(said, attachments=()).body == Internal("for all who work here")
