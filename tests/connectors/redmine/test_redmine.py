"""What only Redmine does: each trap that a connector falls into there, on recorded answers and on a real Redmine."""

from __future__ import annotations

from decimal import Decimal

import pytest

from syncd.core.model import Internal, Person, Public, RichText, Value, Visibility
from syncd.sdk.connector import ALL_PARTS, ONLY_FIELDS, Backlink, Draft, Message
from syncd.sdk.errors import Forbidden, NotFound, Rejected
from syncd.sdk.testing.promises.base import comments, file, poll, write
from syncd_redmine import Redmine
from tests.connectors.redmine.world import LINK_FIELD, RedmineWorld

LINK = Backlink("http://desk.test/Ticket/Display.html?id=1", "t", "#1")


@pytest.mark.shows("several fields in one request")
async def test_calls_are_counted(redmine: Redmine, eng: RedmineWorld) -> None:
    """Read 1 whatever the parts, write 1, a status 1 more, idle poll 1, a comment and its proof 2."""
    counts: dict[str, int] = {}

    def counted(what: str) -> None:
        counts[what] = len(eng.calls)
        eng.calls.clear()

    ref = await eng.open({"subject": "Export fails"})
    await redmine.check()
    counted("check")
    seen = await redmine.fetch(ref, parts=ONLY_FIELDS)
    counted("read of the fields")
    await redmine.fetch(ref, parts=ALL_PARTS, since=seen.revision)
    counted("read of all with history")
    await redmine.update(ref, {"subject": "New", "Severity": "S1"}, expect=seen.revision)
    counted("write of two fields")
    await redmine.update(ref, {"status": "In Progress", "subject": "Newer"}, expect=seen.revision)
    counted("write with a status")
    await redmine.comment(ref, Message(Public("note")), key="k", expect="")
    counted("comment")
    _, cursor = await poll(redmine, None)
    _, cursor = await poll(redmine, cursor)
    eng.calls.clear()
    assert (await poll(redmine, cursor))[0] == []
    counted("idle poll")
    print("\nRedmine:", counts)
    assert counts == {
        "check": 2,
        "read of the fields": 1,
        "read of all with history": 1,
        "write of two fields": 1,
        "write with a status": 2,
        "comment": 2,
        "idle poll": 1,
    }


@pytest.mark.shows("own write costs no second read")
async def test_our_own_writes_come_back_as_nothing_new(redmine: Redmine, eng: RedmineWorld) -> None:
    ref = await eng.open({"subject": "Export fails"})
    await eng.settle()
    _, cursor = await poll(redmine, None)
    after = await write(redmine, ref, {"priority": "High"})
    hints, cursor = await poll(redmine, cursor)
    assert [hint.ref for hint in hints] == [ref]
    assert all(redmine.includes(after.revision, hint) for hint in hints)
    posted = await redmine.comment(ref, Message(Public("note")), key="k", expect=after.revision)
    assert posted.written.revision is not None
    hints, _ = await poll(redmine, cursor)
    assert all(redmine.includes(posted.written.revision, hint) for hint in hints)


async def test_a_foreign_change_beside_our_note_is_left_to_be_read(redmine: Redmine, eng: RedmineWorld) -> None:
    ref = await eng.open({"subject": "Export fails"})
    seen = await redmine.fetch(ref)
    await eng.edit(ref, {"subject": "By Alice"})
    posted = await redmine.comment(ref, Message(Public("note")), key="k", expect=seen.revision)
    assert posted.written.revision is None


async def test_a_transition_that_the_workflow_forbids_is_named(eng: RedmineWorld) -> None:
    """Redmine answers 204 and does nothing."""
    ref = await eng.open({"subject": "Export fails"})
    await eng.edit(ref, {"status": "Closed"})
    bob = eng.connector(who="DEVELOPER")
    with pytest.raises(Rejected) as refused:
        await bob.update(ref, {"status": "New", "subject": "New"}, expect="")
    assert refused.value.field == "status"
    assert "Closed" in str(refused.value)
    issue = await eng.read(ref)
    assert (issue["status"]["name"], issue["subject"]) == ("Closed", "Export fails")
    await bob.aclose()


@pytest.mark.shows("missing rights told")
async def test_a_private_note_is_not_written_without_the_right_to_it(eng: RedmineWorld) -> None:
    """Redmine would make it public and answer 204."""
    ref = await eng.open({"subject": "Export fails"})
    rita = eng.connector(who="REPORTER")
    assert "set_notes_private in ENG" in (await rita.check()).lacks
    with pytest.raises(Rejected):
        await rita.comment(ref, Message(Internal("secret")), key="k", expect="")
    assert (await eng.read(ref))["journals"] == []
    await rita.aclose()


async def test_files_of_a_private_note_are_read_as_internal(eng: RedmineWorld) -> None:
    """Redmine puts them into a journal of their own, for everybody."""
    ref = await eng.open({"subject": "Export fails"})
    connector = eng.connector(files_with_private_notes=True)
    message = Message(Internal("see"), (file("Köln.log", b"secret\r\n", "text/plain"),))
    posted = await connector.comment(ref, message, key="k", expect="")
    journals = (await eng.read(ref))["journals"]
    shapes = sorted((journal["private_notes"], len(journal["details"])) for journal in journals)
    assert shapes == [(False, 1), (True, 0)]
    [comment] = await comments(connector, ref)
    assert comment == posted.comment
    assert [(one.name, one.visibility) for one in comment.attachments] == [("Köln.log", Visibility.INTERNAL)]
    data = b"".join([part async for part in connector.download(comment.attachments[0])])
    assert data == b"secret\r\n"
    await connector.aclose()


async def test_a_refusal_names_its_field(redmine: Redmine, eng: RedmineWorld) -> None:
    ref = await eng.open({"subject": "Export fails"})
    await redmine.fetch(ref)
    wrong: dict[str, Value] = {
        "assignee": Person("999"),
        "Severity": "S9",
        "priority": "no such word",
        "version": "9.9",
        "estimated_hours": "soon",
        "project": "other",
    }
    for name, value in wrong.items():
        with pytest.raises(Rejected) as refused:
            await redmine.update(ref, {name: value}, expect="")
        assert refused.value.field == name


@pytest.mark.shows("custom fields")
async def test_words_and_people_both_ways_with_their_history(redmine: Redmine, eng: RedmineWorld) -> None:
    ref = await eng.open({"subject": "Export fails", "Severity": "S3"})
    seen = await redmine.fetch(ref)
    bob = Person(eng.env["REDMINE_USER_DEVELOPER_ID"])
    wanted: dict[str, Value] = {
        "version": "1.0",
        "category": "Backend",
        "assignee": bob,
        "priority": "Urgent",
        "tracker": "Feature",
        "Severity": "S1",
        "estimated_hours": Decimal("1.5"),
        "description": RichText.of("one\n\ntwo"),
    }
    await redmine.update(ref, wanted, expect=seen.revision)
    after = await redmine.fetch(ref, since=seen.revision)
    text = after.fields["description"]
    assert isinstance(text, RichText)
    assert text.markdown.strip() == "one\n\ntwo"
    assert {name: after.fields[name] for name in wanted if name != "description"} == {
        name: value for name, value in wanted.items() if name != "description"
    }
    edits = {edit.field: (edit.old, edit.new) for edit in after.history}
    assert edits["priority"] == ("Normal", "Urgent")
    assert edits["tracker"] == ("Bug", "Feature")
    assert edits["category"] == (None, "Backend")
    assert edits["Severity"] == ("S3", "S1")
    assert edits["assignee"] == (None, bob)
    assert all(edit.ours for edit in after.history)
    cleared = await write(redmine, ref, {"version": None, "category": None, "assignee": None, "Severity": None})
    assert {cleared.fields[name] for name in ("version", "category", "assignee", "Severity")} == {None}


async def test_an_issue_is_found_by_the_key_behind_its_link(redmine: Redmine, eng: RedmineWorld) -> None:
    place = {"project": "eng", "tracker": "Bug"}
    made = await redmine.create(Draft(place, {"subject": "x" * 300}, LINK), key="a--b/ü'1")
    assert made.fields[LINK_FIELD] == LINK.url
    assert made.fields["subject"] == "x" * 254 + "…"
    (found,) = await redmine.find("a--b/ü'1")
    assert found.ref == made.ref
    assert not await redmine.find("a--b")
    before = await eng.read(made.ref)
    await redmine.link_back(made.ref, LINK)
    assert (await eng.read(made.ref))["updated_on"] == before["updated_on"]
    await redmine.link_back(made.ref, Backlink("http://desk.test/2", "t", "#2"))
    (again,) = await redmine.find("a--b/ü'1")
    assert again.fields[LINK_FIELD] == "http://desk.test/2"


async def test_without_a_link_field_the_key_is_in_the_description_and_not_in_its_text(eng: RedmineWorld) -> None:
    connector = eng.connector(link_field=None)
    fields: dict[str, Value] = {"subject": "Made", "description": RichText.of("Hello")}
    made = await connector.create(Draft({"project": "eng", "issue_type": "Bug"}, fields), key="k-1")
    text = made.fields["description"]
    assert isinstance(text, RichText)
    assert (text.markdown.strip(), "syncd:" in text.source) == ("Hello", True)
    (found,) = await connector.find("k-1")
    assert found.ref == made.ref
    assert not await connector.find("k")
    await connector.aclose()


async def test_what_is_gone_or_hidden_says_so(redmine: Redmine, eng: RedmineWorld) -> None:
    ref = await eng.open({"subject": "Export fails"})
    outsider = eng.connector(who="OUTSIDER")
    with pytest.raises(Forbidden):
        await outsider.fetch(ref)
    await eng.sent("DELETE", f"/issues/{ref}.json", None)
    with pytest.raises(NotFound):
        await redmine.fetch(ref)
    with pytest.raises(NotFound):
        await redmine.fetch("1/../2")
    await outsider.aclose()


async def test_closed_issues_are_polled_and_an_administrator_sees_addresses(eng: RedmineWorld) -> None:
    admin = eng.connector(who="ADMIN")
    ref = await eng.open({"subject": "Export fails"})
    _, cursor = await poll(admin, None)
    bob = await admin.person("bob@eng.test")
    assert bob is not None
    await eng.edit(ref, {"status": "Closed", "assignee": bob})
    hints, _ = await poll(admin, cursor)
    assert {hint.ref for hint in hints} == {ref}
    assignee = (await admin.fetch(ref)).fields["assignee"]
    assert isinstance(assignee, Person)
    assert assignee.email == "bob@eng.test"
    assert (await admin.check()).excess == ("administrator",)
    await admin.aclose()
