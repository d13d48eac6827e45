"""An issue that is made when nobody believes in it any more: what histories found once, each with its cause."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest

from syncd.core.model import Side, Value
from syncd.sdk.testing.character import BLIND, HELPFUL, TRACKER, Character
from syncd.sdk.testing.faults import Late, LostBefore
from tests.engine.chaos.history import History

MADE_TOO_LATE = Late(timedelta(minutes=5))


def test_an_issue_made_twice_is_put_away_though_its_link_rests(history: History) -> None:
    """The ticket was deleted meanwhile; a resting link is never run, and so the second issue stayed open."""
    desk, tracker = history.vendors[Side.SUPPORT], history.vendors[Side.ENGINEERING]
    first = desk.open(title="Export fails", priority="urgent")
    history.live()
    made = tracker.ticket(history.refs(Side.ENGINEERING)[0])
    tracker.make("syncd", made.container, {"title": "Export fails"}, key=made.key)
    desk.delete(first)
    history.live()
    assert history.verdict() == []
    states = [state for _, state, _ in history.case().shown.states]
    assert states == ["resting"], "it rests again"


@pytest.mark.parametrize("late", [timedelta(seconds=40), timedelta(minutes=5)], ids=str)
@pytest.mark.parametrize("what", ["merged", "calmed"])
def test_an_issue_that_nobody_asks_for_any_more_is_linked_all_the_same(
    history: History, what: str, late: timedelta
) -> None:
    """The tracker gave no answer to the create, and by the time it was to be looked for, no rule took the ticket any
    more: nobody looked, and an issue stood there that no link knew."""
    desk, tracker = history.vendors[Side.SUPPORT], history.vendors[Side.ENGINEERING]
    first = desk.open(title="Export fails", priority="urgent")
    tracker.plan.on("create*", Late(late))
    history.live()
    if what == "merged":
        history.merge(Side.SUPPORT, first, into=desk.open(title="Import fails", priority="low"))
    else:
        desk.edit(first, priority="low")
    history.live()
    assert history.verdict() == []
    assert len(history.refs(Side.ENGINEERING)) == 1
    assert tracker.ticket(history.refs(Side.ENGINEERING)[0]).fields["priority"] == "low"


def test_a_key_is_not_sent_again_with_other_words() -> None:
    """The create had no answer, the ticket was renamed, and the tracker refused its key for another body: the link was
    parked, and the issue that the first attempt had made belonged to nobody."""
    history = History(TRACKER, HELPFUL)
    desk, tracker = history.vendors[Side.SUPPORT], history.vendors[Side.ENGINEERING]
    first = desk.open(title="Export fails", priority="urgent")
    tracker.plan.on("create*", Late(timedelta(minutes=5)))
    history.live()
    desk.edit(first, title="Import fails")
    assert history.verdict() == []
    assert [ticket.fields["title"] for ticket in tracker.tickets.values()] == ["Import fails"]
    history.close()


@pytest.mark.parametrize("tracker", [HELPFUL, TRACKER, BLIND], ids=["helpful", "tracker", "blind"])
@pytest.mark.parametrize(
    "said", [{"priority": "low"}, {"title": "Export crashes"}, {"labels": frozenset("z")}], ids=str
)
def test_what_an_engineer_said_on_an_issue_before_we_knew_of_it_is_kept(
    tracker: Character, said: dict[str, Value]
) -> None:
    """The create came too late; an engineer had edited the issue by the time it was found, or made known by the same
    key. A tracker without a history does not tell that, and the ticket's words were written over his, or never met."""
    history = History(HELPFUL, tracker)
    history.vendors[Side.ENGINEERING].plan.on("create*", MADE_TOO_LATE)
    history.vendors[Side.SUPPORT].open(title="Export fails", priority="urgent")
    history.live()
    history.clock.advance(timedelta(minutes=5))
    history.vendors[Side.ENGINEERING].settle()
    history.vendors[Side.ENGINEERING].edit(history.refs(Side.ENGINEERING)[0], said)
    assert history.verdict() == []
    history.close()


@pytest.mark.parametrize("tracker", [HELPFUL, TRACKER, BLIND], ids=["helpful", "tracker", "blind"])
def test_labels_given_to_a_ticket_while_its_issue_is_unknown_arrive(tracker: Character) -> None:
    """The issue that was found later had none of them, and they were taken for agreed."""
    history = History(HELPFUL, tracker)
    history.vendors[Side.ENGINEERING].plan.on("create*", MADE_TOO_LATE)
    ticket = history.vendors[Side.SUPPORT].open(title="Export fails", priority="urgent")
    history.live()
    history.vendors[Side.SUPPORT].edit(ticket, labels=frozenset("c"))
    assert history.verdict() == []
    [issue, *_] = history.refs(Side.ENGINEERING)
    assert history.vendors[Side.ENGINEERING].ticket(issue).fields["labels"] == frozenset("c")
    history.close()


@pytest.mark.parametrize("tracker", [HELPFUL, TRACKER, BLIND], ids=["helpful", "tracker", "blind"])
def test_an_issue_found_for_a_merged_ticket_brings_none_of_its_words(tracker: Character) -> None:
    """The ticket went into another customer's before its issue was known; that one got the first one's description."""
    history = History(HELPFUL, tracker)
    desk = history.vendors[Side.SUPPORT]
    history.vendors[Side.ENGINEERING].plan.on("create*", MADE_TOO_LATE)
    first = desk.open(title="Export fails", priority="urgent", description="My card is 4711")
    history.live()
    second = desk.open(title="Export fails", priority="low")
    history.live()
    history.merge(Side.SUPPORT, first, into=second)
    assert history.verdict() == []
    assert desk.ticket(second).fields["description"] is None
    history.close()


@pytest.fixture(params=[HELPFUL, TRACKER, BLIND], ids=["helpful", "tracker", "blind"])
def late(request: pytest.FixtureRequest) -> Iterator[History]:
    """A tracker that answers a create only when both tickets may have gone on."""
    made = History(HELPFUL, request.param)
    made.vendors[Side.ENGINEERING].plan.on("create*", MADE_TOO_LATE)
    yield made
    made.close()


def comes(late: History) -> str:
    """The issue is made; syncd has not looked yet."""
    late.clock.advance(timedelta(minutes=5))
    late.vendors[Side.ENGINEERING].settle()
    [issue] = late.refs(Side.ENGINEERING)
    return issue


def test_a_text_that_both_changed_while_the_issue_was_unknown_is_lost_on_neither_side(late: History) -> None:
    """A tracker without a history does not tell that an engineer wrote the title: the ticket's words won in silence."""
    ticket = late.vendors[Side.SUPPORT].open(title="Export fails", priority="urgent")
    late.live()
    issue = comes(late)
    late.vendors[Side.ENGINEERING].edit(issue, title="Exporter: time-out")
    late.vendors[Side.SUPPORT].edit(ticket, title="Export fails for Ana")
    assert late.verdict() == []
    [clash] = late.do(late.world.conflicts())
    assert set(clash.now.both()) == {"Export fails for Ana", "Exporter: time-out"}
    if clash.open:
        assert late.said("title") == ["Export fails for Ana", "Exporter: time-out"]


@pytest.mark.parametrize("title", ["Export fails for Ana", "Import fails"], ids=["continued", "another"])
def test_a_text_that_the_ticket_changed_while_its_issue_was_unknown_arrives(late: History, title: str) -> None:
    """The issue's text was the beginning of the new one, and so was taken for that one, cut by the tracker."""
    ticket = late.vendors[Side.SUPPORT].open(title="Export fails", priority="urgent")
    late.live()
    late.vendors[Side.SUPPORT].edit(ticket, title=title)
    comes(late)
    assert late.verdict() == []
    assert late.said("title") == [title, title]
    assert late.do(late.world.conflicts()) == []


def test_labels_are_compared_word_by_word_with_what_was_sent(late: History) -> None:
    """The ticket lost a label and the issue got one: every label of both was given to both."""
    ticket = late.vendors[Side.SUPPORT].open(title="Export fails", priority="urgent", labels=frozenset("ab"))
    late.live()
    issue = comes(late)
    late.vendors[Side.ENGINEERING].edit(issue, labels=frozenset("abc"))
    late.vendors[Side.SUPPORT].edit(ticket, labels=frozenset("a"))
    assert late.verdict() == []
    assert late.said("labels") == [frozenset("ac"), frozenset("ac")]


def test_an_edited_issue_found_for_a_merged_ticket_says_nothing_to_the_other_customer(late: History) -> None:
    """An engineer quoted the first customer before the issue was known; the ticket had gone into another one's."""
    desk = late.vendors[Side.SUPPORT]
    first = desk.open(title="Export fails", priority="urgent", description="My card is 4711")
    late.live()
    second = desk.open(title="Import fails", priority="low")
    late.live()
    issue = comes(late)
    late.vendors[Side.ENGINEERING].edit(issue, title="Card 4711 cannot export")
    late.merge(Side.SUPPORT, first, into=second)
    assert late.verdict() == []
    assert (desk.ticket(second).fields["title"], desk.ticket(second).fields["description"]) == ("Import fails", None)
    assert {row.field for row in late.do(late.world.conflicts()) if row.open} == {"title", "description"}


def test_a_first_attempt_that_comes_after_a_second_one_is_still_the_first_customers(late: History) -> None:
    """Not found, it was sent again in the words of the ticket that the first one had gone into, and got lost; then the
    first attempt came, and the two customers' words were taken for two versions of one text."""
    desk, tracker = late.vendors[Side.SUPPORT], late.vendors[Side.ENGINEERING]
    first = desk.open(title="My card is 4711", priority="urgent")
    late.live()
    second = desk.open(title="Import fails", priority="low")
    late.live()
    late.merge(Side.SUPPORT, first, into=second)
    late.clock.advance(timedelta(minutes=4))
    late.live()
    tracker.plan.on("create*", LostBefore())
    desk.edit(second, priority="urgent")
    late.live()
    comes(late)
    assert late.verdict() == []
    assert late.said("title") == ["My card is 4711", "My card is 4711"]
    assert desk.ticket(second).fields["title"] == "Import fails"
    assert {row.field for row in late.do(late.world.conflicts()) if row.open} == {"title"}


def test_an_issue_that_was_announced_a_day_before_it_was_sent_is_looked_for_when_it_comes_late() -> None:
    """The daemon died between announcing the issue and sending it, and stood still for a day. The look for issues that
    came late counted from the announcement: it was over before the request was sent."""
    history = History(BLIND, TRACKER)
    desk, tracker = history.vendors[Side.SUPPORT], history.vendors[Side.ENGINEERING]
    ref = desk.open(title="Import fails", priority="urgent")
    history.at = ("H10", 1)
    history.live()
    history.clock.advance(25 * 3600)
    tracker.plan.on("create*", Late(timedelta(minutes=5)))
    history.live()
    desk.edit(ref, priority="normal")
    history.clock.advance(90)
    history.live()
    assert history.refs(Side.ENGINEERING) == [], "the issue has not come yet, and no rule asks for it any more"
    assert history.verdict() == []
    assert len(history.refs(Side.ENGINEERING)) == 1
    history.close()


def test_a_link_whose_issue_may_come_late_gives_way_to_no_other() -> None:
    """Its create had no answer and was looked for in vain; its ticket was merged, and the link went on with the other
    one. Then the merged ticket was heard of again, as if for the first time: its new link followed the merge too, and
    the old one gave way, with the only memory of the key that the issue was to carry."""
    history = History(HELPFUL, BLIND)
    desk, tracker = history.vendors[Side.SUPPORT], history.vendors[Side.ENGINEERING]
    history.clock.advance(25 * 3600)
    first = desk.open(title="Crash", priority="urgent")
    second = desk.open(title="Import fails", priority="high")
    tracker.plan.on("create*", Late(timedelta(minutes=5)))
    history.live()
    history.merge(Side.SUPPORT, first, into=second)
    history.clock.advance(90)
    history.live(hooks=False, polls=False)
    assert history.refs(Side.ENGINEERING) == []
    assert history.verdict() == []
    assert len(history.refs(Side.ENGINEERING)) == 1
    history.close()


@pytest.mark.parametrize("urgent", [True, False])
def test_an_issue_that_was_found_while_its_ticket_was_gone_is_kept_equal_when_it_comes_back(urgent: bool) -> None:
    """The create had no answer, then the ticket was deleted, then the issue was found. When the ticket was restored the
    link had an issue and no bases: it was to be made again, which could not be stored, at each turn anew."""
    history = History(TRACKER, HELPFUL)
    desk, tracker = history.vendors[Side.SUPPORT], history.vendors[Side.ENGINEERING]
    history.clock.advance(25 * 3600)
    ref = desk.open(title="Crash", priority="urgent")
    tracker.plan.on("create*", Late(timedelta(minutes=5)))
    history.live(hooks=False)
    desk.delete(ref)
    history.clock.advance(25 * 3600)
    history.live(hooks=False)
    desk.restore(ref)
    if not urgent:
        desk.edit(ref, priority="low")
    assert history.verdict() == []
    (issue,) = history.refs(Side.ENGINEERING)
    desk.edit(ref, title="Crash at noon")
    assert history.verdict() == []
    assert tracker.ticket(issue).fields["title"] == "Crash at noon"
    history.close()


def test_an_edit_of_an_issue_that_was_found_late_outlives_a_death_right_after_that() -> None:
    """The daemon died behind its create; an engineer changed the priority; the issue was found, and the daemon died
    again before it had carried that. The next run did not read the issue, and wrote the ticket's priority over it."""
    history = History(TRACKER, HELPFUL)
    desk, tracker = history.vendors[Side.SUPPORT], history.vendors[Side.ENGINEERING]
    ref = desk.open(title="Login", priority="urgent")
    history.clock.advance(700)
    history.at = ("H9", 1)
    history.live(hooks=False)
    (issue,) = history.refs(Side.ENGINEERING)
    tracker.edit(issue, priority="high")
    history.live()
    history.clock.advance(25 * 3600)
    history.at = ("H14", 1)
    history.live(polls=False)
    desk.edit(ref, estimate=Decimal(1))
    history.clock.advance(90)
    history.live()
    assert history.verdict() == [], "what is written over is kept as a conflict at least"
    history.close()
