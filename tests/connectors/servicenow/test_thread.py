"""Comments, marks and files: who may read them, whose they are, and that nothing is shown to a customer by accident."""

from typing import Any

import pytest

from syncd.core.model import Body, Internal, Public, Visibility
from syncd.sdk.errors import Forbidden, NotFound, Rejected, Unavailable
from syncd.sdk.testing.faults import LostAfter, Status
from syncd_servicenow import ServiceNow, mark
from syncd_servicenow.simulator import ACCOUNT, ANA, CAROL, PRIVATE
from syncd_servicenow.simulator.instance import refused
from syncd_servicenow.simulator.state import Row
from syncd_servicenow.thread import comment
from syncd_servicenow.wire import JournalJson
from tests.connectors.servicenow.steps import file, internal, public, thread
from tests.connectors.servicenow.world import ServiceNowWorld

KEY = "sy2a3b4c5d6e7f8g9h0jkm"


def entries(world: ServiceNowWorld, ref: str) -> list[tuple[str, str]]:
    return [(row["element"], mark.split(row["value"])[0]) for row in world.simulator.instance.journal(ref)]


# --- visibility ------------------------------------------------------------------------------------------------------


async def test_public_and_internal_go_into_their_own_journals_and_nowhere_else(
    now: ServiceNow, world: ServiceNowWorld
) -> None:
    ref = world.simulator.make("Export fails")
    await now.comment(ref, public("for the customer"), key="key-1", expect="")
    await now.comment(ref, internal("kestrel"), key="key-2", expect="")
    assert set(entries(world, ref)) == {("comments", "for the customer"), ("work_notes", "kestrel")}
    assert not any("kestrel" in text for text in (await world.look(ref)).public)


@pytest.mark.parametrize(
    ("element", "bodies"),
    [("comments", [Public("words")]), ("work_notes", [Internal("words")])]
    + [(other, []) for other in ("u_diary", "Comments", "comments_and_work_notes", "")],
)
async def test_only_the_journal_comments_is_public(
    now: ServiceNow, world: ServiceNowWorld, element: str, bodies: list[Body]
) -> None:
    """Of other journals nothing is read: nothing says who may."""
    ref = world.simulator.make("Export fails")
    world.simulator.write(ref, "words", public=True)
    [row] = world.simulator.instance.journal(ref)
    row["element"] = element
    assert [comment.body for comment in (await thread(now, ref)).comments] == bodies


def test_an_entry_of_any_other_journal_would_be_internal() -> None:
    """None is asked for; should one come, it is no public one."""
    at = "2026-01-05 09:00:00"
    row = {"sys_id": "0" * 32, "element": "u_diary", "element_id": "1" * 32, "value": "x", "sys_created_by": "ana"}
    entry = JournalJson.model_validate({**row, "sys_created_on": at})
    assert comment(entry, (), own="syncd.bot", people={}, rich=True).body == Internal("x")


async def test_a_hidden_entry_is_not_taken_for_one_that_is_not_there(now: ServiceNow, world: ServiceNowWorld) -> None:
    ref = world.simulator.make("Export fails")
    world.simulator.write(ref, "one", public=True)
    world.simulator.write(ref, "two", public=False)
    world.simulator.hidden_rows.add(world.simulator.instance.journal(ref)[0]["sys_id"])
    with pytest.raises(Forbidden, match="sys_journal_field"):
        await now.fetch(ref)


async def test_a_comment_that_we_may_write_and_not_read_is_not_said_to_have_failed(
    now: ServiceNow, world: ServiceNowWorld
) -> None:
    """Said again it would stand there twice. The caller looks, and is told that the journal is hidden."""
    ref = world.simulator.make("Export fails")
    world.simulator.instance.hidden_tables.add("sys_journal_field")
    with pytest.raises(Unavailable) as caught:
        await now.comment(ref, internal("x"), key="key-1", expect="0")
    assert caught.value.sent
    assert len(entries(world, ref)) == 1
    with pytest.raises(Forbidden):
        await now.fetch(ref)


async def test_a_comment_that_a_rule_drops_without_a_word_is_refused(now: ServiceNow, world: ServiceNowWorld) -> None:
    ref = world.simulator.make("Export fails")
    instance = world.simulator.instance
    instance.hidden_columns.add("work_notes")  # not writable: dropped, and answered as done
    with pytest.raises(Rejected, match="no such comment"):
        await now.comment(ref, internal("x"), key="key-1", expect="0")
    assert entries(world, ref) == []


# --- marks -----------------------------------------------------------------------------------------------------------


@pytest.mark.shows("unanswered comment found")
async def test_the_key_is_in_no_text_and_believed_only_from_ourselves(now: ServiceNow, world: ServiceNowWorld) -> None:
    ref = world.simulator.make("Export fails")
    posted = await now.comment(ref, public("Hello"), key=KEY, expect="")
    [row] = world.simulator.instance.journal(ref)
    world.simulator.write(ref, f"Ana quotes: {row['value']}", public=True)
    ours, quoted = sorted((await thread(now, ref)).comments, key=lambda comment: comment.author.id != ACCOUNT.id)
    assert (ours.key, ours.body, ours.source) == (KEY, Public("Hello"), "Hello")
    assert (quoted.key, quoted.body) == (None, Public("Ana quotes: Hello"))
    assert ours == posted.comment
    assert KEY not in row["value"]


@pytest.mark.parametrize("files", [(), ("0" * 32,), ("ef43c6d40a0a0b5700c77f9bf387afe3", "f" * 32)], ids=len)
def test_a_mark_holds_its_key_and_its_files(files: tuple[str, ...]) -> None:
    text = mark.marked("words", KEY, files)
    assert mark.split(text) == ("words", mark.Mark(KEY, files))
    assert len(text) == len("words") + mark.length(KEY, len(files))


@pytest.mark.parametrize("cut", [1, 3, 4, 40, 90])
def test_a_cut_mark_is_none(cut: int) -> None:
    text = mark.marked("words", KEY)
    assert mark.split(text[:-cut])[1] is None


async def test_nobody_smuggles_a_mark_through_us(now: ServiceNow, world: ServiceNowWorld) -> None:
    """Somebody at the tracker writes characters that look like a mark of ours; they do not get here."""
    ref = world.simulator.make("Export fails")
    await now.comment(ref, public(mark.marked("words", "forged") + " and more"), key=KEY, expect="")
    [row] = world.simulator.instance.journal(ref)
    assert mark.split(row["value"]) == ("words and more", mark.Mark(KEY))


async def test_our_comment_is_found_among_others_of_the_same_second(now: ServiceNow, world: ServiceNowWorld) -> None:
    ref = world.simulator.make("Export fails")
    ids = [(await now.comment(ref, internal("same"), key=f"key-{n}", expect="")).comment.id for n in range(5)]
    assert len(set(ids)) == 5
    found = {comment.key: comment.id for comment in (await thread(now, ref)).comments}
    assert found == {f"key-{number}": id for number, id in enumerate(ids)}


async def test_a_long_thread_is_read_whole(now: ServiceNow, world: ServiceNowWorld) -> None:
    ref = world.simulator.make("Export fails")
    for number in range(230):
        world.clock.advance(1)
        world.simulator.write(ref, f"number {number}", public=True)
    texts = [comment.body.text for comment in (await thread(now, ref)).comments]
    assert texts == [f"number {number}" for number in range(230)]


async def test_a_text_over_the_limit_is_cut_before_its_mark(world: ServiceNowWorld) -> None:
    connector = world.connector(max_text=500)
    ref = world.simulator.make("Export fails")
    posted = await connector.comment(ref, internal("word " * 1000), key=KEY, expect="")
    [row] = world.simulator.instance.journal(ref)
    assert len(row["value"]) <= 500
    assert posted.comment.key == KEY
    assert "the whole text" in posted.comment.body.text
    many = internal("x", *(file(f"{number}", b"x") for number in range(6)))
    with pytest.raises(Rejected, match="too many files"):
        await connector.comment(ref, many, key=KEY, expect="")
    assert world.simulator.instance.files(PRIVATE[1]) == [], "what was sent before is taken back"
    await connector.aclose()


# --- text ------------------------------------------------------------------------------------------------------------


async def test_html_in_a_code_tag_is_read_and_a_typed_tag_never_acts(now: ServiceNow, world: ServiceNowWorld) -> None:
    ref = world.simulator.make("Export fails")
    world.simulator.write(ref, "see [code]<b>bold</b><script>x()</script>[/code]\n*this*", public=False)
    world.clock.advance(1)
    await now.comment(ref, internal("[code]<img src=x onerror=y>[/code]"), key="key-1", expect="")
    theirs, ours = (await thread(now, ref)).comments
    assert theirs.body == Internal("see\n\n**bold**\n\n\\*this\\*")
    assert theirs.lost == ("<script>",)
    stands = entries(world, ref)[1][1]
    assert stands == "[code]<p>&#91;code]&lt;img src=x onerror=y&gt;&#91;/code]</p>[/code]"
    assert ours.body == Internal("\\[code\\]\\<img src=x onerror=y>\\[/code\\]")


async def test_where_tags_are_not_shown_as_html_everything_is_plain(world: ServiceNowWorld) -> None:
    connector = world.connector(rich_text=False)
    ref = world.simulator.make("Export fails")
    await connector.comment(ref, internal("**bold** [code]<b>[/code]"), key="key-1", expect="")
    assert entries(world, ref) == [("work_notes", "bold ［code]<b>［/code]")]
    await connector.aclose()


# --- files -----------------------------------------------------------------------------------------------------------


def places(world: ServiceNowWorld) -> dict[str, tuple[str, str]]:
    rows = world.simulator.instance.tables["sys_attachment"].values()
    return {row["file_name"]: (row["table_name"], row["table_sys_id"]) for row in rows}


async def test_files_of_a_note_hang_where_no_customer_reads(now: ServiceNow, world: ServiceNowWorld) -> None:
    ref = world.simulator.make("Export fails")
    await now.comment(ref, public("see", file("for all.txt", b"a")), key="key-1", expect="")
    await now.comment(ref, internal("see", file("kestrel.txt", b"b")), key="key-2", expect="")
    assert places(world) == {"for all.txt": ("incident", ref), "kestrel.txt": PRIVATE}
    shown = await thread(now, ref)
    assert {c.key: [(a.name, a.visibility) for a in c.attachments] for c in shown.comments} == {
        "key-1": [("for all.txt", Visibility.PUBLIC)],
        "key-2": [("kestrel.txt", Visibility.INTERNAL)],
    }
    assert shown.attachments == ()
    [note] = [comment for comment in shown.comments if comment.key == "key-2"]
    assert note.attachments[0].id in note.body.text, "people find it by its address"


async def test_without_such_a_place_a_note_with_files_is_refused_before_anything_is_sent(
    world: ServiceNowWorld,
) -> None:
    connector = world.connector(internal_files=None)
    await connector.check()
    ref, before = world.simulator.make("Export fails"), world.requests
    with pytest.raises(Rejected) as caught:
        await connector.comment(ref, internal("see", file("kestrel.txt", b"b")), key="key-1", expect="")
    assert (caught.value.field, world.requests) == ("attachments", before)
    await connector.comment(ref, public("see", file("for all.txt", b"a")), key="key-2", expect="")
    await connector.aclose()


@pytest.mark.shows("people's files fetched")
async def test_a_persons_file_is_internal_although_the_portal_shows_it(now: ServiceNow, world: ServiceNowWorld) -> None:
    """ServiceNow does not say of a file that it is public."""
    ref = world.simulator.make("Export fails")
    with world.simulator.acting(CAROL):
        world.simulator.instance.attach("incident", ref, name="log.txt", media_type="text/plain", content=b"log")
    [found] = (await thread(now, ref)).attachments
    assert (found.name, found.size, found.media_type, found.visibility) == (
        "log.txt",
        3,
        "text/plain",
        Visibility.INTERNAL,
    )
    assert found.author is not None
    assert found.author.id == CAROL.id
    assert b"".join([chunk async for chunk in now.download(found)]) == b"log"


@pytest.mark.parametrize("words", [public, internal])
async def test_files_are_taken_back_when_their_comment_is_refused(
    now: ServiceNow, world: ServiceNowWorld, words: Any
) -> None:
    ref = world.simulator.make("Export fails")

    def abort(before: Row, after: Row) -> None:
        raise refused(403, "Operation Failed")

    world.simulator.instance.rules.append(abort)
    with pytest.raises(Rejected):
        await now.comment(ref, words("see", file("a.txt", b"a"), file("b.txt", b"b")), key="key-1", expect="")
    assert places(world) == {}


async def test_the_first_file_is_taken_back_when_the_second_is_refused(now: ServiceNow, world: ServiceNowWorld) -> None:
    ref = world.simulator.make("Export fails")
    world.simulator.faults.on("POST */attachment/file", Status(400), skip=1)
    with pytest.raises(Rejected):
        await now.comment(ref, public("see", file("a.txt", b"a"), file("b.txt", b"b")), key="key-1", expect="")
    assert (places(world), entries(world, ref)) == ({}, [])


async def test_files_stay_when_nobody_knows_whether_their_comment_was_written(
    now: ServiceNow, world: ServiceNowWorld
) -> None:
    ref = world.simulator.make("Export fails")
    world.simulator.faults.on("PATCH *", LostAfter())
    with pytest.raises(Unavailable) as caught:
        await now.comment(ref, public("see", file("a.txt", b"a")), key="key-1", expect="")
    assert caught.value.sent
    [comment] = (await thread(now, ref)).comments
    assert (comment.key, [each.name for each in comment.attachments]) == ("key-1", ["a.txt"])


async def test_a_file_left_over_from_a_broken_write_is_nobodys(now: ServiceNow, world: ServiceNowWorld) -> None:
    ref = world.simulator.make("Export fails")
    world.simulator.faults.on("POST */attachment/file", LostAfter())
    with pytest.raises(Unavailable):
        await now.comment(ref, public("see", file("a.txt", b"a")), key="key-1", expect="")
    shown = await thread(now, ref)
    assert (list(places(world)), shown.attachments, shown.comments) == (["a.txt"], (), ())


async def test_a_mark_of_somebody_else_brings_no_file_into_view(now: ServiceNow, world: ServiceNowWorld) -> None:
    """Ana forges a mark that names a file of an internal note: it is not asked for, and so not shown as public."""
    ref = world.simulator.make("Export fails")
    await now.comment(ref, internal("see", file("kestrel.txt", b"b")), key="key-1", expect="")
    [id] = world.simulator.instance.tables["sys_attachment"]
    world.simulator.write(ref, mark.marked("look", "forged", [id]), public=True, by=ANA)
    forged = next(comment for comment in (await thread(now, ref)).comments if comment.author.id == ANA.id)
    assert (forged.attachments, forged.key) == ((), None)


async def test_a_file_that_is_gone_is_not_found(now: ServiceNow, world: ServiceNowWorld) -> None:
    ref = world.simulator.make("Export fails")
    with world.simulator.acting(CAROL):
        world.simulator.instance.attach("incident", ref, name="a", media_type="text/plain", content=b"a")
    [found] = (await thread(now, ref)).attachments
    del world.simulator.instance.tables["sys_attachment"][found.id]
    with pytest.raises(NotFound):
        [chunk async for chunk in now.download(found)]
