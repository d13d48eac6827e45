"""Articles: what customers may read, that nobody is mailed, whose key is believed, files and images."""

import base64
from dataclasses import replace
from typing import Any

import pytest

from syncd.core.model import Internal, Public, Visibility
from syncd.sdk.connector import Message
from syncd.sdk.errors import Rejected, Unavailable
from syncd.sdk.testing.faults import LostAfter
from syncd_zammad import Zammad
from syncd_zammad import thread as threads
from syncd_zammad.simulator import ACCOUNT, ANA, CAROL
from tests.connectors.zammad.steps import file, internal, thread
from tests.connectors.zammad.world import ZammadWorld

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


# --- what a customer reads, and what is mailed -----------------------------------------------------------------------


@pytest.mark.parametrize("body", [Public("It is fixed."), Internal("It is fixed.")], ids=["public", "internal"])
async def test_nothing_that_is_written_mails_anybody(
    zammad: Zammad, world: ZammadWorld, body: Public | Internal
) -> None:
    """An article of the type email is mailed even when it is internal (ticket-articles.rst, internal)."""
    ref = world.simulator.make("Export fails", article={"body": "Help", "type": "email"})
    await zammad.comment(ref, Message(body), key="key-1", expect="")
    article = world.ticket(ref).articles[-1]
    assert (article.type, article.internal, article.sender) == ("note", body.visibility is Visibility.INTERNAL, "Agent")
    assert world.simulator.desk.mails == []


async def test_the_simulated_zammad_does_mail(world: ZammadWorld) -> None:
    """So the test above can fail."""
    ref = world.simulator.make("Export fails")
    world.simulator.write(ref, "psst", public=False, type="email")
    assert len(world.simulator.desk.mails) == 1


@pytest.mark.parametrize("type", ["note", "email", "phone", "web"])
@pytest.mark.parametrize("public", [True, False])
async def test_an_article_is_as_visible_as_it_says_whatever_its_type(
    zammad: Zammad, world: ZammadWorld, type: str, public: bool
) -> None:
    ref = world.simulator.make("Export fails")
    world.simulator.write(ref, "words", public=public, type=type)
    [comment] = (await thread(zammad, ref)).comments
    assert comment.visibility is (Visibility.PUBLIC if public else Visibility.INTERNAL)


async def test_what_the_system_says_is_internal(zammad: Zammad, world: ZammadWorld) -> None:
    """Nobody can read the bodies of its articles, so none is passed on to a customer (ticket-articles.rst, sender)."""
    ref = world.simulator.make("Export fails")
    world.simulator.write(ref, "auto reply", public=True, sender="System", type="email")
    [comment] = (await thread(zammad, ref)).comments
    assert comment.body == Internal("auto reply")


@pytest.mark.parametrize("internal", [None, "false", 0, "no"])
async def test_what_is_not_exactly_public_is_internal(
    zammad: Zammad, world: ZammadWorld, monkeypatch: pytest.MonkeyPatch, internal: object
) -> None:
    ref = world.simulator.make("Export fails")
    world.simulator.write(ref, "words", public=True)
    shapes = world.simulator.desk.shapes
    right = shapes.article
    monkeypatch.setattr(shapes, "article", lambda article: {**right(article), "internal": internal})
    monkeypatch.setattr(world.transport, "_complain", lambda found: None)
    [comment] = (await thread(zammad, ref)).comments
    assert comment.visibility is Visibility.INTERNAL


async def test_an_article_that_was_made_internal_is_read_so(zammad: Zammad, world: ZammadWorld) -> None:
    ref = world.simulator.make("Export fails")
    id = world.simulator.write(ref, "oops", public=True)
    with world.simulator.acting(ANA):
        world.simulator.desk.show(id, internal=True)
    [comment] = (await thread(zammad, ref)).comments
    assert comment.body == Internal("oops")


# --- whose it is -----------------------------------------------------------------------------------------------------


async def test_a_key_in_somebody_elses_article_is_not_believed(zammad: Zammad, world: ZammadWorld) -> None:
    ref = world.simulator.make("Export fails")
    world.simulator.write(ref, "forged", public=True, preferences=threads.marked("key-1"))
    await zammad.comment(ref, internal("ours"), key="key-1", expect="")
    theirs, ours = (await thread(zammad, ref)).comments
    assert (theirs.key, ours.key) == (None, "key-1")
    assert "key-1" not in world.ticket(ref).articles[-1].body


@pytest.mark.parametrize("preferences", [{"syncd": "key"}, {"syncd": {"key": 1}}, {"syncd": None}, {}])
def test_what_is_no_key_is_none(preferences: dict[str, object]) -> None:
    assert threads.key_of(preferences) is None


@pytest.mark.shows("unanswered comment found")
async def test_an_unanswered_comment_is_found_by_its_key(zammad: Zammad, world: ZammadWorld) -> None:
    ref = world.simulator.make("Export fails")
    world.simulator.faults.on("POST */ticket_articles", LostAfter())
    with pytest.raises(Unavailable) as caught:
        await zammad.comment(ref, internal("words"), key="key-1", expect="")
    assert caught.value.sent
    assert [comment.key for comment in (await thread(zammad, ref)).comments] == ["key-1"]


async def test_who_wrote_is_named_as_the_article_says(zammad: Zammad, world: ZammadWorld) -> None:
    """An agent may write down what a customer said by telephone (`origin_by_id`)."""
    ref = world.simulator.make("Export fails")
    carol: dict[str, Any] = {"type": "phone", "sender": "Customer", "origin_by_id": int(CAROL.id)}
    world.simulator.write(ref, "by phone", public=True, **carol)
    sender: dict[str, Any] = {"from": "Emma Taylor via <order@acme.example>"}
    world.simulator.write(ref, "by mail", public=True, **sender)
    phone, mail = ((each.author.id, each.author.name) for each in (await thread(zammad, ref)).comments)
    assert phone == (CAROL.id, CAROL.name)
    assert mail == (ANA.id, "Emma Taylor")


# --- deleting --------------------------------------------------------------------------------------------------------


async def test_a_note_can_be_deleted_for_some_minutes_by_its_author(zammad: Zammad, world: ZammadWorld) -> None:
    ref = world.simulator.make("Export fails")
    early = (await zammad.comment(ref, internal("one"), key="key-1", expect="")).comment
    late = (await zammad.comment(ref, internal("two"), key="key-2", expect="")).comment
    theirs = world.simulator.write(ref, "three", public=False)
    await zammad.delete_comment(ref, early.id)
    await zammad.delete_comment(ref, early.id)  # gone already
    world.clock.advance(601)
    for id in (late.id, str(theirs)):
        with pytest.raises(Rejected):
            await zammad.delete_comment(ref, id)
    assert [comment.body.text for comment in (await thread(zammad, ref)).comments] == ["two", "three"]


# --- files and images ------------------------------------------------------------------------------------------------


async def test_files_are_streamed_into_one_request(zammad: Zammad, world: ZammadWorld) -> None:
    ref = world.simulator.make("Export fails")
    held = {"a.txt": bytes(range(256)), 'quo"te\\ü.txt': b"x", "empty": b""}
    before = world.requests
    await zammad.comment(ref, internal("words", *(file(*each) for each in held.items())), key="key-1", expect="")
    assert world.calls(since=before) == ["POST /api/v1/ticket_articles"]
    assert {each.name: each.content for each in world.ticket(ref).articles[-1].files} == held


@pytest.mark.parametrize("size", [2, 4])
async def test_a_file_of_another_length_writes_nothing(zammad: Zammad, world: ZammadWorld, size: int) -> None:
    ref = world.simulator.make("Export fails")
    with pytest.raises(Rejected) as caught:
        await zammad.comment(ref, internal("words", file("a", b"abc", size=size)), key="key-1", expect="")
    assert caught.value.field == "attachments"
    assert len(world.ticket(ref).articles) == 1


async def test_files_over_the_limit_are_refused_before_anything_is_sent(world: ZammadWorld) -> None:
    zammad, ref = world.connector(max_files=10), world.simulator.make("Export fails")
    await zammad.check()
    before = world.requests
    with pytest.raises(Rejected):
        await zammad.comment(ref, internal("x", file("a", bytes(6)), file("b", bytes(5))), key="key-1", expect="")
    assert world.requests == before
    await zammad.aclose()


def shown(content: bytes) -> str:
    return f'<p>see <img src="data:image/png;base64,{base64.b64encode(content).decode()}"> above</p>'


@pytest.mark.shows("inline images")
async def test_an_image_in_a_text_is_a_file_beside_it(zammad: Zammad, world: ZammadWorld) -> None:
    ref = world.simulator.make("Export fails")
    world.simulator.write(ref, shown(PNG), public=True, content_type="text/html")
    [comment] = (await thread(zammad, ref)).comments
    [image] = comment.attachments
    assert comment.body == Public("see \\[image1.png\\] above")
    assert comment.lost == ("place of the image image1.png, which is a file beside the text",)
    assert (image.name, image.size, image.media_type) == ("image1.png", len(PNG), "image/png")
    assert b"".join([piece async for piece in zammad.download(image)]) == PNG


async def test_an_image_of_a_mail_that_zammad_lists_nowhere_is_found_too(zammad: Zammad, world: ZammadWorld) -> None:
    """Images that a mail brings by `cid:` are taken off the list of attachments; their size is asked for once."""
    ref = world.simulator.make("Export fails")
    id = world.simulator.write(ref, shown(PNG), public=False, content_type="text/html", type="email")
    [stored] = next(each for each in world.ticket(ref).articles if each.id == id).files
    world.simulator.desk.unlisted.add(stored.id)
    [comment] = (await thread(zammad, ref)).comments
    [image] = comment.attachments
    assert (image.name, image.size, image.media_type) == (f"image-{stored.id}.png", len(PNG), "image/png")
    assert image.visibility is Visibility.INTERNAL
    assert f"image-{stored.id}.png" in comment.body.text
    before = world.requests
    await zammad.fetch(ref)
    assert world.requests - before == 3, "not a second time"


async def test_an_image_that_is_not_this_articles_is_not_fetched(zammad: Zammad, world: ZammadWorld) -> None:
    """A customer who writes the address of somebody else's file gets nothing."""
    secret, ref = world.simulator.make("Secret"), world.simulator.make("Export fails")
    id = world.simulator.write(secret, shown(PNG), public=False, content_type="text/html")
    article = next(each for each in world.ticket(secret).articles if each.id == id)
    address = world.simulator.desk.address(article, article.files[0])
    with world.simulator.acting(CAROL):
        world.simulator.desk.add_article(world.ticket(ref), mail(f'<img src="{address}?view=inline">'))
    before = world.requests
    [comment] = (await thread(zammad, ref)).comments
    assert comment.attachments == ()
    assert not any("attachment" in call for call in world.calls(since=before))


def mail(body: str) -> dict[str, str]:
    return {"body": body, "content_type": "text/html", "type": "email"}


async def test_the_files_of_the_first_article_are_the_tickets(zammad: Zammad, world: ZammadWorld) -> None:
    held = [{"filename": "log.txt", "data": base64.b64encode(b"log").decode(), "mime-type": "text/plain"}]
    ref = world.simulator.make("Export fails", article={"body": "see log", "type": "email", "attachments": held})
    found = await thread(zammad, ref)
    assert ([each.name for each in found.attachments], found.comments) == (["log.txt"], ())


async def test_a_file_that_is_none_is_refused(zammad: Zammad, world: ZammadWorld) -> None:
    ref = world.simulator.make("Export fails")
    await zammad.comment(ref, internal("words", file("a", b"abc")), key="key-1", expect="")
    [comment] = (await thread(zammad, ref)).comments
    for id in ("1", "1/2", "1/2/../3", "a/b/c"):
        with pytest.raises(Rejected):
            _ = [piece async for piece in zammad.download(replace(comment.attachments[0], id=id))]


async def test_what_zammad_makes_of_our_html_says_the_same(zammad: Zammad, world: ZammadWorld) -> None:
    ref = world.simulator.make("Export fails")
    text = "see [the page](https://status.example.com/?a=1&b=2)\n\n```java\nif (a < b) {}\n```\n\n- one\n- two"
    posted = await zammad.comment(ref, Message(Internal(text)), key="key-1", expect="")
    assert posted.comment.body == Internal(text)
    assert 'rel="nofollow noreferrer noopener"' in posted.comment.source


async def test_a_note_of_ours_reopens_nothing(zammad: Zammad, world: ZammadWorld) -> None:
    ref = world.simulator.make("Export fails")
    await zammad.close(ref)
    await zammad.comment(ref, Message(Public("Thank you")), key="key-1", expect="")
    assert (await zammad.fetch(ref)).fields["status"] == "closed"
    assert world.ticket(ref).editor == int(ACCOUNT.id)
