"""What a history found once, told as a test of its own with its cause; the late ones have files of their own."""

from __future__ import annotations

from datetime import timedelta

import pytest

from syncd.core.model import Person, RichText, Side
from syncd.sdk.testing.character import BLIND, HELPFUL, TRACKER
from syncd.sdk.testing.faults import Fault, Late, LostAfter
from tests.engine.chaos.history import History


def test_a_link_that_followed_a_merge_is_looked_at_at_once(history: History) -> None:
    """The run ended with the follow and took its hints along, so that nobody read the ticket that it now is about:
    the pair differed in silence until something else happened to it."""
    desk = history.vendors[Side.SUPPORT]
    first = desk.open(title="Import fails", priority="urgent")
    history.live()
    second = desk.open(title="Export fails", priority="low")
    history.live()
    history.merge(Side.SUPPORT, first, into=second)
    assert history.verdict() == []


@pytest.mark.parametrize("luck", [None, LostAfter(), Late(timedelta(seconds=20))], ids=str)
@pytest.mark.parametrize("dies", [None, ("H6", 1), ("H9", 1), ("H11", 1)], ids=str)
def test_what_one_customer_says_reaches_no_other_by_way_of_their_issue(
    history: History, dies: tuple[str, int] | None, luck: Fault | None
) -> None:
    """Two tickets on one issue: the issue says the last word of either, and the other ticket keeps its own. A daemon
    that died between the write and its end, or got no answer to it, took it for an engineer's edit and wrote it on."""
    desk, tracker = history.vendors[Side.SUPPORT], history.vendors[Side.ENGINEERING]
    first = desk.open(title="Export fails", priority="urgent")
    history.live()
    issue = history.refs(Side.ENGINEERING)[0]
    history.join(issue)
    history.live()
    second = history.refs(Side.SUPPORT)[1]
    desk.edit(first, title="My name is Ana")
    if luck:
        tracker.plan.on("update*", luck)
    history.at = dies
    history.live()
    assert history.verdict() == []
    assert [desk.ticket(ref).fields["title"] for ref in (first, second)] == ["My name is Ana", "Export fails"]
    tracker.edit(issue, title="Ana cannot export", assignee="joe")
    assert history.verdict() == []
    assert [desk.ticket(ref).fields["title"] for ref in (first, second)] == ["Ana cannot export", "Export fails"]
    assert [str(desk.ticket(ref).fields["assignee"]) for ref in (first, second)] == [
        str(Person("joe", "Joe", "joe@shop.example"))
    ] * 2


def test_what_was_held_back_is_not_what_the_issue_says_once_another_ticket_has_written_there() -> None:
    """A title that a helpdesk trims away was held back at one ticket; then another customer's went to their issue, and
    a run of the first that did not read it fell back to what it had held: the customer's title counted as an edit."""
    history = History(TRACKER, HELPFUL)
    desk, tracker = history.vendors[Side.SUPPORT], history.vendors[Side.ENGINEERING]
    first = desk.open(title="Login", priority="urgent")
    history.live()
    issue = history.refs(Side.ENGINEERING)[0]
    history.join(issue)
    history.live()
    second = history.refs(Side.SUPPORT)[1]
    tracker.edit(issue, title=" Login ")
    history.live()
    desk.edit(second, title="My name is Ana")
    history.live()
    desk.move(first, "CORE")
    history.live()
    assert history.verdict() == []
    assert [desk.ticket(ref).fields["title"] for ref in (first, second)] == ["Login", "My name is Ana"]
    history.close()


@pytest.mark.parametrize("linked", [True, False], ids=["another ticket's issue", "an engineer's issue"])
def test_a_merged_issue_brings_no_foreign_words_to_the_ticket(history: History, linked: bool) -> None:
    """The link went on with the issue that its own was merged into, took the difference for an engineer's edit, and
    wrote the other customer's title, and an empty description, on the ticket."""
    desk, tracker = history.vendors[Side.SUPPORT], history.vendors[Side.ENGINEERING]
    first = desk.open(title="Export fails", priority="urgent", description="It **breaks**")
    history.live()
    if linked:
        desk.open(title="Ana cannot log in", priority="urgent")
        history.live()
        into = history.refs(Side.ENGINEERING)[1]
    else:
        into = tracker.open(title="Log-in fails (core)", priority="urgent")
    history.merge(Side.ENGINEERING, history.refs(Side.ENGINEERING)[0], into=into)
    assert history.verdict() == []
    ticket = desk.ticket(first).fields
    assert (ticket["title"], str(ticket["description"])) == ("Export fails", str(RichText.of("It **breaks**")))
    waits = {row.field for row in history.do(history.world.conflicts()) if row.open}
    assert waits == (set() if linked else {"title", "description"})


def test_every_ticket_of_a_merged_issue_is_shown_the_one_it_went_into(history: History) -> None:
    """Two links followed one merge, and asked to be looked at by the same name: the second was taken for a repeat."""
    desk, tracker = history.vendors[Side.SUPPORT], history.vendors[Side.ENGINEERING]
    desk.open(title="Export fails", priority="urgent")
    history.live()
    (issue,) = history.refs(Side.ENGINEERING)
    history.join(issue)
    history.live()
    into = tracker.open(title="Export is slow")
    history.merge(Side.ENGINEERING, issue, into=into)
    history.settle()
    shown = [set(desk.ticket(ref).backlinks) for ref in history.refs(Side.SUPPORT)]
    assert [f"https://tracker.example/{into}" in each for each in shown] == [True, True]
    assert history.verdict() == []


def test_what_is_read_behind_a_note_is_carried_too() -> None:
    """A status was refused and parked, and the note about it read back: a person had set the assignee in between, of
    which no webhook told. It was taken for agreed without ever having been carried."""
    history = History(TRACKER, TRACKER)
    desk, tracker = history.vendors[Side.SUPPORT], history.vendors[Side.ENGINEERING]
    ref = desk.open(title="Export fails", priority="urgent")
    history.live()
    (issue,) = history.refs(Side.ENGINEERING)
    desk.edit(ref, status="open")
    history.live()
    desk.edit(ref, assignee="joe")
    desk.take_webhooks()
    tracker.edit(issue, status="new")
    history.live(polls=False)
    assert history.verdict() == []
    assert str(tracker.ticket(issue).fields["assignee"]) == str(Person("joe", "Joe", "joe@shop.example"))
    history.close()


def test_what_a_tracker_refuses_makes_no_edit_of_what_stands_there_for_the_other_tickets() -> None:
    """The issue says one customer's title; another one's ticket gets a title that the tracker cuts to the very same,
    and so keeps. For a third ticket the issue's title then was somebody's edit, and it was written there."""
    history = History(HELPFUL, BLIND)
    desk = history.vendors[Side.SUPPORT]
    long = "Long " * 16
    first = desk.open(title="Export fails", priority="urgent")
    history.live()
    issue = history.refs(Side.ENGINEERING)[0]
    desk.edit(first, title=long)
    history.live()
    for _ in range(2):
        history.join(issue)
        history.live()
    desk.edit(history.refs(Side.SUPPORT)[-1], title=long)
    history.vendors[Side.ENGINEERING].edit(issue, description="a  b")
    assert history.verdict() == []
    assert desk.ticket(first).fields["title"] == long
    history.close()
