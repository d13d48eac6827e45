"""The oracle says nothing of a good history, and names what went wrong in a bad one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from syncd.core.model import Fields, Internal, Public, RichText, Side
from syncd.sdk.connector import Draft, Message
from syncd.sdk.errors import Unavailable
from syncd.sdk.testing import faults, oracle
from syncd.sdk.testing.clock import Clock
from syncd.sdk.testing.evidence import (
    Audited,
    Evidence,
    FieldTable,
    Kept,
    Linked,
    Listed,
    Said,
    canary,
    seen,
)
from syncd.sdk.testing.memory import BLIND, MemoryConnector, MemoryVendor

DESK_WORDS = {"urgent": "p1", "high": "p1", "normal": "p2", "low": "p3"}
CORE_WORDS = {"urgent": "p1", "high": "p2", "normal": "p2", "low": "p3"}
PRIORITY = FieldTable("priority", "priority", "priority", (DESK_WORDS, CORE_WORDS))
TITLE = FieldTable("title", "title", "title", loss=lambda text: text[:60].strip() if isinstance(text, str) else text)


class History:
    """Two vendors and our account at each; a test plays syncd, well or badly."""

    def __init__(self) -> None:
        clock = Clock()
        self.desk = MemoryVendor("desk", clock=clock)
        self.core = MemoryVendor("core", clock=clock, character=BLIND)
        self.at_desk = MemoryConnector(vendor=self.desk)
        self.at_core = MemoryConnector(vendor=self.core)
        self.links: tuple[Linked, ...] = ()

    async def escalated(self, **fields: str) -> tuple[str, str]:
        """A ticket with its issue, as syncd makes it."""
        ref = self.desk.open({"title": "Export fails", "priority": "urgent", **fields})
        issue = await self.create(title="Export fails", priority="urgent")
        self.links += (Linked(ref, issue),)
        self.tick()
        return ref, issue

    async def create(self, *, key: str = "", **fields: str) -> str:
        draft = Draft({"container": "CORE"}, dict(fields))
        return (await self.at_core.create(draft, key=key or f"key-{len(self.core.tickets)}")).ref

    async def write(self, connector: MemoryConnector, ref: str, **fields: str) -> None:
        expect = (await connector.fetch(ref)).revision
        await connector.update(ref, dict(fields), expect=expect)
        self.tick()

    def tick(self) -> None:
        self.desk.clock.advance(1)

    def evidence(self) -> Evidence:
        return Evidence(
            support=seen(self.desk),
            engineering=seen(self.core),
            fields=(TITLE, PRIORITY),
            links=self.links,
            customer_fields={Side.SUPPORT: frozenset({"title", "description"})},
        )


@pytest.fixture
def history() -> History:
    return History()


def crosses(side: Side, said: Said) -> bool:
    return True


def all_findings(evidence: Evidence) -> list[str]:
    return [
        *oracle.convergence(evidence),
        *oracle.write_bound(evidence),
        *oracle.no_echo(evidence),
        *oracle.one_twin(evidence),
        *oracle.comments_once_in_order(evidence, crosses),
        *oracle.leaks(evidence, [canary(99)]),
        *oracle.no_lost_update(evidence),
        *oracle.within_budget(evidence, per_link=20),
        *oracle.nothing_destroyed(evidence),
    ]


async def test_a_good_history_has_no_findings(history: History) -> None:
    ref, issue = await history.escalated()
    history.desk.edit(ref, priority="low")
    await history.write(history.at_core, issue, priority="low")
    history.core.edit(issue, title="Import fails")
    history.tick()
    await history.write(history.at_desk, ref, title="Import fails")
    history.desk.say(ref, f"hello {canary(1)}", public=True)
    await history.at_core.comment(issue, Message(Internal(f"ana wrote: hello {canary(1)}")), key="c1", expect="")
    assert all_findings(history.evidence()) == []


# -- I1


async def test_sides_that_mean_the_same_are_equal_and_others_are_not(history: History) -> None:
    ref, issue = await history.escalated()
    history.desk.edit(ref, priority="high")  # still p1
    assert oracle.convergence(history.evidence()) == []
    history.desk.edit(ref, priority="low")
    [finding] = oracle.convergence(history.evidence())
    assert finding.startswith("I1: `priority` of desk-1 is 'low'")
    listed = replace(history.evidence(), listed=(Listed(issue, "priority", "parked"),))
    assert oracle.convergence(listed) == []
    assert oracle.convergence(replace(listed, listed=(Listed(issue, "title", "parked"),))) == [finding]


async def test_a_declared_loss_is_no_difference(history: History) -> None:
    ref, issue = await history.escalated()
    history.desk.edit(ref, title="x" * 90)
    await history.write(history.at_core, issue, title="x" * 90)
    assert oracle.convergence(history.evidence()) == []


async def test_a_word_without_a_meaning_equals_nothing(history: History) -> None:
    await history.escalated()
    table = replace(PRIORITY, words=({}, {}))
    assert oracle.convergence(replace(history.evidence(), fields=(table,)))
    assert table.means(Side.SUPPORT, "low") == table.means(Side.SUPPORT, "low")


async def test_an_issue_of_several_tickets_means_what_they_mean_together(history: History) -> None:
    first, issue = await history.escalated()
    second = history.desk.open(title="Export fails", priority="low")
    history.links += (Linked(second, issue),)

    def findings() -> list[str]:
        return oracle.aggregates(history.evidence(), PRIORITY, lambda meanings: min(map(str, meanings)))

    assert findings() == []
    history.desk.edit(first, priority="low")
    assert findings() == ["I1: `priority` of core-1 means 'p1', its tickets mean ['p3', 'p3']"]


async def test_an_issue_of_several_tickets_says_what_one_of_them_or_an_engineer_said(history: History) -> None:
    first, issue = await history.escalated()
    history.links += tuple(Linked(history.desk.open(title=f"Export {n}"), issue) for n in (2, 3))
    history.desk.edit(first, title="My own words")
    await history.write(history.at_core, issue, title="My own words")
    title, beside = FieldTable("title", "title", "title"), history.links[1:]
    assert oracle.newest(history.evidence(), title, beside) == [], "it need not be one whose link is judged"
    await history.write(history.at_core, issue, title="Nobody's words")
    nobodys = ['I1: `title` of core-1 means "Nobody\'s words", which nobody said']
    assert oracle.newest(history.evidence(), title, beside) == oracle.newest(history.evidence(), title) == nobodys
    history.core.edit(issue, by="ben", title="Nobody's words", priority="low")
    assert oracle.newest(history.evidence(), title) == nobodys, "who sets what stands there says nothing"


# -- I2, I3


async def test_a_quarrel_is_more_writes_than_edits(history: History) -> None:
    ref, _ = await history.escalated()
    for word in ("low", "urgent", "low", "urgent"):
        await history.write(history.at_desk, ref, priority=word)
    assert oracle.write_bound(history.evidence()) == ["I2: 4 field writes for 1 foreign changes"]


async def test_a_write_after_the_end_is_found(history: History) -> None:
    ref, _ = await history.escalated()
    end = len(history.desk.journal)
    await history.at_desk.fetch(ref)
    assert oracle.quiet(history.desk.journal[end:]) == []
    await history.write(history.at_desk, ref, priority="low")
    assert len(oracle.quiet(history.desk.journal[end:])) == 1


async def test_a_write_that_says_what_stands_is_an_echo_unless_its_answer_was_lost(history: History) -> None:
    ref, issue = await history.escalated()
    history.core.plan.on("update *", faults.LostAfter())
    with pytest.raises(Unavailable):
        await history.write(history.at_core, issue, priority="low")
    await history.write(history.at_core, issue, priority="low")
    assert oracle.no_echo(history.evidence()) == []
    await history.write(history.at_desk, ref, priority="urgent")
    assert oracle.no_echo(history.evidence()) == ["I3: update desk-1 {'priority': 'urgent'} changed nothing"]


# -- I4, I5, I6


async def test_two_issues_for_one_ticket_are_found(history: History) -> None:
    await history.escalated()
    history.core.plan.on("create", faults.Twice())
    ref = history.desk.open()
    issue = await history.create(key="once", title="Another")
    history.links += (Linked(ref, issue),)
    found = oracle.one_twin(history.evidence())
    assert found == ["I4: 2 issues carry the key once", "I4: core-3 was made by us and no link knows it"]
    assert oracle.one_twin(history.evidence(), lambda record: record.ref == "core-3") == []


async def test_a_duplicate_may_be_put_away_or_linked_by_a_person(history: History) -> None:
    await history.escalated()
    again = await history.create(key=history.core.ticket("core-1").key or "", title="Import fails")
    other = history.desk.open()
    history.links += (Linked(other, again),)

    def found(joined: set[str]) -> list[str]:
        return oracle.one_twin(history.evidence(), lambda record: record.ref == again, joined=joined)

    assert found({other}) == []
    assert found(set()) == ["I4: 2 issues carry the key key-0"]
    history.links = history.links[:1]
    assert found(set()) == []
    assert "I4: 2 issues carry the key key-0" in oracle.one_twin(history.evidence())


async def test_a_duplicate_that_a_person_merged_another_issue_into_is_that_persons_choice(history: History) -> None:
    await history.escalated()
    again = await history.create(key=history.core.ticket("core-1").key or "", title="Import fails")
    other = history.desk.open()
    history.links += (Linked(other, again),)
    assert oracle.one_twin(history.evidence()) == ["I4: 2 issues carry the key key-0"]
    history.core.merge(history.core.open(title="Log-in fails"), into=again)
    assert oracle.one_twin(history.evidence()) == []


async def test_an_issue_that_no_link_knows_is_found(history: History) -> None:
    stray = await history.create(title="Stray")
    assert oracle.one_twin(history.evidence()) == [f"I4: {stray} was made by us and no link knows it"]


async def test_a_ticket_made_on_the_wrong_side_is_found(history: History) -> None:
    await history.at_desk.create(Draft({"container": "HELP"}, {"title": "Echo"}), key="key-1")
    assert oracle.one_twin(history.evidence()) == ["I4: desk-1 was made by us on the support side"]


async def test_a_ticket_that_was_forgotten_is_found(history: History) -> None:
    ref, _ = await history.escalated()
    forgotten = history.desk.open(priority="urgent")
    assert oracle.at_least_one(history.evidence(), [ref, forgotten]) == [
        f"I5: {forgotten} is in scope, and neither linked nor listed"
    ]
    waiting = replace(history.evidence(), listed=(Listed(forgotten, reason="quota"),))
    assert oracle.at_least_one(waiting, [ref, forgotten]) == []


# -- I7


async def test_comments_that_are_missing_doubled_or_swapped_are_found(history: History) -> None:
    ref, issue = await history.escalated()
    for number in (1, 2, 3):
        history.desk.say(ref, f"comment {canary(number)}", public=True)

    async def copy(number: int) -> list[str]:
        message = Message(Internal(f"> comment {canary(number)}"))
        await history.at_core.comment(issue, message, key=f"c{number}", expect="")
        return oracle.comments_once_in_order(history.evidence(), crosses)

    assert len(await copy(1)) == 2  # two are missing
    swapped = await copy(3)
    assert swapped == [f"I7: {canary(2)} of {ref} is missing on {issue}"]
    assert await copy(2) == [f"I7: the comments of {ref} stand in another order on {issue}"]
    assert f"I7: {canary(1)} of {ref} stands 2 times on {issue}" in await copy(1)


async def test_a_stub_stands_for_a_refused_comment_and_what_does_not_cross_is_not_missed(history: History) -> None:
    ref, issue = await history.escalated()
    refused = history.desk.say(ref, f"too long {canary(1)}", public=True)
    history.desk.say(ref, f"stays here {canary(2)}")
    await history.at_core.comment(issue, Message(Internal(f"not copied: {refused}")), key="c1", expect="")

    def stub(said: Said) -> str | None:
        return canary(1) if refused in said.text else None

    evidence = history.evidence()
    assert oracle.comments_once_in_order(evidence, lambda _, said: said.public, stub=stub) == []
    assert len(oracle.comments_once_in_order(evidence, lambda _, said: said.public)) == 1


# -- I8


async def test_a_private_word_is_followed_to_every_surface(history: History) -> None:
    ref, _ = await history.escalated()
    secret = canary(7)
    await history.at_desk.comment(ref, Message(Internal(f"for us {secret}")), key="c1", expect="")
    assert oracle.leaks(history.evidence(), [secret]) == []
    posted = await history.at_desk.comment(ref, Message(Public(f"for all {secret}")), key="c2", expect="")
    assert len(oracle.leaks(history.evidence(), [secret])) == 2
    await history.at_desk.delete_comment(ref, posted.comment.id)
    assert oracle.leaks(history.evidence(), [secret]) == [f"I8: {secret} was sent to desk by comment {ref}"]


async def test_a_private_word_in_a_field_that_customers_read_is_found(history: History) -> None:
    ref, _ = await history.escalated()
    expect = (await history.at_desk.fetch(ref)).revision
    fields: Fields = {"description": RichText.of(f"it was {canary(8)}")}
    await history.at_desk.update(ref, fields, expect=expect)
    assert len(oracle.leaks(history.evidence(), [canary(8)])) == 2


async def test_a_request_that_was_lost_leaks_too(history: History) -> None:
    ref, _ = await history.escalated()
    history.desk.plan.on("comment *", faults.LostBefore())
    with pytest.raises(Unavailable):
        await history.at_desk.comment(ref, Message(Public(canary(9))), key="c1", expect="")
    assert oracle.leaks(history.evidence(), [canary(9)]) == [f"I8: {canary(9)} was sent to desk by comment {ref}"]


# -- I10


async def test_a_persons_edit_that_nobody_saw_must_be_kept(history: History) -> None:
    ref, issue = await history.escalated()
    history.desk.edit(ref, priority="low")
    history.core.edit(issue, by="ben", priority="normal")
    history.tick()
    await history.write(history.at_core, issue, priority="low")
    assert oracle.no_lost_update(history.evidence()) == [
        "I10: ben set priority of core-1 to 'normal'; it was overwritten and nobody keeps it"
    ]
    kept = replace(history.evidence(), kept=(Kept(issue, "priority", "normal"),))
    assert oracle.no_lost_update(kept) == []


async def test_a_ticket_is_not_alone_on_an_issue_because_only_its_link_is_judged(history: History) -> None:
    """What two tickets say together goes to both; the value of one need not have reached the other side."""
    ref, issue = await history.escalated()
    history.desk.edit(ref, priority="low")
    history.tick()
    await history.write(history.at_desk, ref, priority="normal")
    seen = history.evidence()
    seen = replace(seen, fields=tuple(replace(table, aggregated=True) for table in seen.fields))
    assert len(oracle.no_lost_update(seen)) == 1
    [link] = seen.links
    assert oracle.no_lost_update(replace(seen, links=(link, Linked("desk-9", issue))), [link]) == []


async def test_what_the_other_side_said_already_has_reached_it(history: History) -> None:
    """Both people come to say the same, one after the other; then one of them goes on from there."""
    ref, issue = await history.escalated()
    history.core.edit(issue, by="ben", priority="normal")
    history.tick()
    history.desk.edit(ref, priority="normal")
    history.tick()
    history.core.edit(issue, by="ben", priority="low")
    history.tick()
    await history.write(history.at_desk, ref, priority="low")
    assert oracle.no_lost_update(history.evidence()) == []
    history.desk.edit(ref, priority="urgent")
    history.tick()
    await history.write(history.at_desk, ref, priority="low")
    assert len(oracle.no_lost_update(history.evidence())) == 1


async def test_what_was_changed_and_changed_back_unheard_is_no_change(history: History) -> None:
    _, issue = await history.escalated()
    before = history.core.ticket(issue).fields["priority"]
    history.core.edit(issue, priority="normal")
    history.core.edit(issue, priority=before)
    history.tick()
    await history.write(history.at_core, issue, priority="low")
    assert oracle.no_lost_update(history.evidence()) == []


async def test_what_was_changed_back_after_the_other_side_had_heard_of_it_is_a_change(history: History) -> None:
    ref, issue = await history.escalated()
    before = history.core.ticket(issue).fields["priority"]
    history.core.edit(issue, by="ben", priority="normal")
    history.tick()
    await history.write(history.at_desk, ref, priority="normal")
    history.tick()
    history.core.edit(issue, by="ben", priority=before)
    history.tick()
    await history.write(history.at_core, issue, priority="low")
    assert oracle.no_lost_update(history.evidence()) == [
        f"I10: ben set priority of {issue} to {before!r}; it was overwritten and nobody keeps it"
    ]


async def test_what_both_people_said_by_themselves_counts_as_unheard(history: History) -> None:
    ref, issue = await history.escalated()
    before = history.core.ticket(issue).fields["priority"]
    history.tick()
    history.desk.edit(ref, priority="normal")
    history.core.edit(issue, by="ben", priority="normal")
    await history.at_desk.fetch(ref)
    await history.at_core.fetch(issue)
    history.tick()
    history.core.edit(issue, by="ben", priority=before)
    history.tick()
    await history.write(history.at_core, issue, priority="normal")
    assert oracle.no_lost_update(history.evidence()) == []


@pytest.mark.parametrize("read", [True, False])
async def test_what_both_people_said_by_themselves_may_count_as_heard_once_it_was_read(
    history: History, read: bool
) -> None:
    """It was agreed then, so that what was changed and changed back since is no change."""
    ref, issue = await history.escalated()
    history.tick()
    history.core.edit(issue, by="ben", priority="normal")
    history.desk.edit(ref, priority="normal")
    history.tick()
    if read:
        await history.at_desk.fetch(ref)
        await history.at_core.fetch(issue)
    history.tick()
    history.core.edit(issue, by="ben", priority="high")
    history.core.edit(issue, by="ben", priority="normal")
    history.desk.edit(ref, priority="low")
    history.tick()
    await history.write(history.at_core, issue, priority="low")
    assert len(oracle.no_lost_update(history.evidence())) == (0 if read else 1)


async def test_an_edit_must_have_reached_the_tickets_that_were_the_links_then(history: History) -> None:
    ref, issue = await history.escalated()
    history.core.edit(issue, priority="normal")
    history.tick()
    await history.write(history.at_desk, ref, priority="normal")
    into = history.desk.open(title="Import fails", priority="low")
    apart = history.desk.open(title="Log-in fails", priority="low")
    history.desk.merge(ref, into=into)
    history.tick()
    await history.write(history.at_core, issue, priority="low")
    history.tick()
    later = history.desk.open(title="Import fails", priority="low")
    seen = history.evidence()
    link = replace(seen.links[0], support=into)
    assert oracle.no_lost_update(replace(seen, links=(link,))) == []
    assert oracle.no_lost_update(replace(seen, links=(link, replace(link, support=later)))) == []
    assert len(oracle.no_lost_update(replace(seen, links=(replace(link, support=apart),)))) == 1


async def test_an_edit_that_reached_the_other_side_may_be_superseded_from_there(history: History) -> None:
    ref, issue = await history.escalated()
    history.core.edit(issue, priority="normal")
    history.tick()
    await history.write(history.at_desk, ref, priority="normal")
    history.desk.edit(ref, priority="low")
    await history.write(history.at_core, issue, priority="low")
    assert oracle.no_lost_update(history.evidence()) == []


# -- I12, I15, I18, I19


async def test_a_write_without_audit_is_found(history: History) -> None:
    _, issue = await history.escalated()
    await history.write(history.at_core, issue, priority="low")
    start = history.core.journal[0].at
    rows = (Audited("core", issue, "create", start, "made"), Audited("core", issue, "update", start, "written"))
    assert oracle.audit_joins(replace(history.evidence(), audited=rows)) == []
    assert len(oracle.audit_joins(replace(history.evidence(), audited=rows[:1]))) == 1
    late = replace(rows[1], announced=start + timedelta(hours=1))
    assert len(oracle.audit_joins(replace(history.evidence(), audited=(rows[0], late)))) == 1
    silent = replace(rows[1], outcome="")
    assert oracle.audit_joins(replace(history.evidence(), audited=(rows[0], silent))) == [
        f"I12: update {issue} at core has no outcome"
    ]


async def test_a_repeat_that_does_something_is_found() -> None:
    async def run(times: int) -> Evidence:
        history = History()
        _, issue = await history.escalated()
        for number in range(times):
            await history.at_core.comment(issue, Message(Internal("hello")), key=f"c{number}", expect="")
        return history.evidence()

    assert oracle.harmless_repeats(await run(1), await run(1)) == []
    assert len(oracle.harmless_repeats(await run(1), await run(3))) == 2


async def test_too_many_writes_in_an_hour_are_found(history: History) -> None:
    ref, _ = await history.escalated()
    for number in range(4):
        await history.write(history.at_desk, ref, title=f"title {number}")
    assert oracle.within_budget(history.evidence(), per_link=4) == []
    assert oracle.within_budget(history.evidence(), per_link=3) == [
        f"I19: {ref} was written more than 3 times within 1:00:00"
    ]
    history.desk.clock.advance(timedelta(hours=1))


async def test_a_comment_of_a_person_that_we_deleted_is_found(history: History) -> None:
    ref, _ = await history.escalated()
    comment = history.desk.say(ref, "hello", public=True)
    await history.at_desk.delete_comment(ref, comment)
    assert oracle.nothing_destroyed(history.evidence()) == [f"I18: delete comment {ref} by syncd"]


async def test_our_own_copy_may_be_deleted(history: History) -> None:
    ref, _ = await history.escalated()
    posted = await history.at_desk.comment(ref, Message(Public("hello")), key="c1", expect="")
    await history.at_desk.delete_comment(ref, posted.comment.id)
    assert oracle.nothing_destroyed(history.evidence()) == []


def test_values_are_compared_by_what_people_see() -> None:
    table = FieldTable("text", "a", "b")
    same: Mapping[str, tuple[object, object]] = {
        "line ends": (RichText("one\ntwo", "one\r\ntwo"), "one two"),
        "nothing": ("", frozenset()),
        "blanks": (" a  b ", "a b"),
    }
    for one, other in same.values():
        assert table.means(Side.SUPPORT, one) == table.means(Side.ENGINEERING, other)
    assert table.means(Side.SUPPORT, "a") != table.means(Side.SUPPORT, "b")
