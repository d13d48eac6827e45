"""What becomes of a write that fails, comes late or shares its second with others: what histories found once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from syncd.core.model import Side
from syncd.sdk.testing.character import BLIND, HELPFUL, TRACKER, Character
from syncd.sdk.testing.faults import Fault, Garbled, Late, LostAfter, Status
from tests.engine.chaos.history import History


@pytest.mark.parametrize("what", ["create*", "comment*", "attach*", "update*", "edit comment*", "link back*"])
@pytest.mark.parametrize("tracker", [HELPFUL, TRACKER, BLIND], ids=["helpful", "tracker", "blind"])
def test_a_write_whose_answer_nobody_can_read_is_looked_for_before_it_is_repeated(
    tracker: Character, what: str
) -> None:
    """An answer that is none was taken for a proof that nothing had happened: a comment was written again."""
    history = History(HELPFUL, tracker)
    desk = history.vendors[Side.SUPPORT]
    history.vendors[Side.ENGINEERING].plan.on(what, Garbled())
    ticket = desk.open(title="Export fails", priority="urgent")
    history.live()
    said = desk.say(ticket, "what the customer said", public=True)
    desk.say(ticket, "see the file", files={"a.log": b"12"})
    history.live()
    desk.edit(ticket, title="Export crashes")
    desk.edit_comment(ticket, said, "what the customer meant")
    assert history.verdict() == []
    assert len(history.refs(Side.ENGINEERING)) == 1
    history.close()


@pytest.mark.parametrize(
    ("luck", "dies"),
    [
        (None, ("H6", 2)),
        (None, ("H9", 1)),
        (None, ("H10", 2)),
        (None, ("H11", 1)),
        (LostAfter(), None),
        (Status(503), None),
    ],
    ids=str,
)
@pytest.mark.parametrize(
    ("support", "engineering"),
    [(HELPFUL, TRACKER), (TRACKER, BLIND), (BLIND, HELPFUL)],
    ids=["guarded", "told", "blind"],
)
def test_labels_of_both_sides_reach_both_though_one_write_fails(
    support: Character, engineering: Character, dies: tuple[str, int] | None, luck: Fault | None
) -> None:
    """Each side is written with the labels of both. What the first write showed was taken for agreed with what the
    other side still said: when the second came to nothing, nobody had changed anything any more."""
    history = History(support, engineering)
    desk, tracker = history.vendors[Side.SUPPORT], history.vendors[Side.ENGINEERING]
    ticket = desk.open(title="Export fails", priority="urgent")
    history.live()
    issue = history.refs(Side.ENGINEERING)[0]
    desk.edit(ticket, labels=frozenset({"a"}))
    tracker.edit(issue, labels=frozenset({"b"}))
    if luck:
        tracker.plan.on("update*", luck)
    history.at = dies
    history.live()
    assert history.verdict() == []
    assert desk.ticket(ticket).fields["labels"] == tracker.ticket(issue).fields["labels"] == frozenset({"a", "b"})
    history.close()


@pytest.mark.parametrize("newer", [None, "Newer"])
def test_what_a_late_write_ran_over_is_kept(newer: str | None) -> None:
    """Nobody believed in the write any more when it arrived, over what a person had said meanwhile. Recovery saw that
    it had come, and not what had stood there; and who said something newer since is not overruled."""
    history = History(TRACKER, TRACKER)
    desk, tracker = history.vendors[Side.SUPPORT], history.vendors[Side.ENGINEERING]
    ticket = desk.open(title="Export fails", priority="urgent")
    history.live()
    issue = history.refs(Side.ENGINEERING)[0]
    desk.plan.on("update*", Late(timedelta(seconds=40)))
    tracker.edit(issue, title="Import fails")
    history.live()
    desk.edit(ticket, title="Meanwhile")
    history.clock.advance(60)
    if newer:
        desk.edit(ticket, title=newer)
    history.live()
    assert history.verdict() == []
    assert desk.ticket(ticket).fields["title"] == (newer or "Meanwhile")
    history.close()


@pytest.mark.parametrize("dies", ["H6", "H9"])
def test_recovery_that_dies_while_it_puts_words_back_does_so_once_more(dies: str) -> None:
    """The next one found two writes open: that which had run over the words, and that which put them back. It settled
    the second with the first, and then came to it again: a run that failed for nothing."""
    history = History(TRACKER, TRACKER)
    desk, tracker = history.vendors[Side.SUPPORT], history.vendors[Side.ENGINEERING]
    ticket = desk.open(title="Export fails", priority="urgent")
    history.live()
    [issue] = history.refs(Side.ENGINEERING)
    desk.plan.on("update*", Late(timedelta(seconds=40)))
    tracker.edit(issue, title="Import fails")
    history.live()
    desk.edit(ticket, title="Meanwhile")
    history.clock.advance(60)
    history.at = (dies, 1)
    history.live()
    assert history.crashes == 1
    assert history.verdict() == []
    assert desk.ticket(ticket).fields["title"] == "Meanwhile"
    history.close()


@pytest.fixture
def seconds() -> Iterator[History]:
    """A helpdesk that is written blindly and whose history tells whole seconds, as Redmine's does; one ticket."""
    made = History(replace(TRACKER, whole_seconds=True, silent=True), TRACKER)
    made.vendors[Side.SUPPORT].open(title="Export fails", priority="urgent")
    made.live()
    made.clock.advance(timedelta(seconds=1))
    yield made
    made.close()


def in_one_second(seconds: History, name: str, said: str, *answers: str) -> None:
    """A person says something on the ticket, it arrives, and engineers answer with one word after the other."""
    desk, tracker = seconds.vendors[Side.SUPPORT], seconds.vendors[Side.ENGINEERING]
    [ticket], [issue] = seconds.refs(Side.SUPPORT), seconds.refs(Side.ENGINEERING)
    desk.edit(ticket, {name: said})
    for word in answers:
        seconds.live(at_once=True)
        assert tracker.ticket(issue).fields[name] != word
        tracker.edit(issue, {name: word})
    seconds.live(at_once=True)


def test_what_was_dealt_with_in_the_second_of_the_news_is_not_run_over(seconds: History) -> None:
    """What a person said, and a later word of ours over it, are told again with the next write of the same second. The
    first was taken for run over, and was put back over both."""
    in_one_second(seconds, "title", "Import fails", "Importer: time-out", "Importer: 504")
    assert seconds.verdict() == []
    assert seconds.said("title") == ["Importer: 504", "Importer: 504"]
    assert seconds.do(seconds.world.conflicts()) == []


def test_what_was_refused_in_the_second_of_the_news_has_run_over_nothing(seconds: History) -> None:
    """There the last write of ours is the one before it."""
    in_one_second(seconds, "status", "open", "solved", "new")
    assert seconds.verdict() == []
    assert seconds.said("status") == ["solved", "new"]
    assert seconds.do(seconds.world.conflicts()) == []
    assert [row.item for row in seconds.do(seconds.world.parked())] == ["status"]


def test_what_is_refused_behind_what_a_person_said_last_is_not_taken_for_said_again(seconds: History) -> None:
    """A person solved the ticket, and an engineer reopened the issue; the helpdesk kept `solved` without a word. Its
    history told of the person once more: the ticket counted as solved again, and so was the issue."""
    desk, tracker = seconds.vendors[Side.SUPPORT], seconds.vendors[Side.ENGINEERING]
    [ticket], [issue] = seconds.refs(Side.SUPPORT), seconds.refs(Side.ENGINEERING)
    desk.edit(ticket, status="solved")
    seconds.live()
    tracker.edit(issue, status="new")
    seconds.live()
    assert seconds.verdict() == []
    assert seconds.said("status") == ["solved", "new"]
    assert [row.item for row in seconds.do(seconds.world.parked())] == ["status"]


def test_what_recovery_found_agreed_outlives_a_merge_that_is_followed_in_the_same_run() -> None:
    """The customer's title stood on the issue, and nobody had read that yet; then the ticket went into another
    customer's. The link was saved with the bases it had before recovery: the title counted as an engineer's."""
    history = History(HELPFUL, TRACKER)
    desk, tracker = history.vendors[Side.SUPPORT], history.vendors[Side.ENGINEERING]
    first = desk.open(title="Export fails", priority="urgent")
    history.live()
    second = desk.open(title="Import fails", priority="low")
    history.live()
    desk.edit(first, title="My card is 4711")
    tracker.plan.on("fetch*", Status(429, 30.0))
    history.live()
    assert tracker.ticket(history.refs(Side.ENGINEERING)[0]).fields["title"] == "My card is 4711"
    history.merge(Side.SUPPORT, first, into=second)
    assert history.verdict() == []
    assert desk.ticket(second).fields["title"] == "Import fails"
    history.close()


@pytest.mark.parametrize("what", ["says", "moves"])
def test_a_field_written_behind_words_runs_over_no_edit_that_they_found_there(what: str) -> None:
    """Nobody heard of the engineer's edit. The answer to the comment named no revision, for the issue had moved on; so
    the fields behind it in the same plan expected none, and were written whatever stood there."""
    history = History(HELPFUL, HELPFUL)
    desk, tracker = history.vendors[Side.SUPPORT], history.vendors[Side.ENGINEERING]
    ticket = desk.open(title="Export fails", priority="urgent")
    history.live()
    [issue] = history.refs(Side.ENGINEERING)
    tracker.edit(issue, title="Exporter: time-out")
    tracker.take_webhooks()
    if what == "says":
        desk.say(ticket, "It still fails", public=True)
    else:
        desk.move(ticket, "CORE")
    desk.edit(ticket, title="Import fails")
    history.live(polls=False)
    assert [link.label for link in tracker.ticket(issue).backlinks.values()] == [desk.ticket(ticket).label]
    assert history.verdict() == []
    [clash] = history.do(history.world.conflicts())
    assert set(clash.now.both()) == {"Import fails", "Exporter: time-out"}
    history.close()
