"""The way back as a state machine: every short history and many long ones, with several tickets on one issue.

Beside the core stands a model that knows only who did what: it says when a ticket may be opened or closed by us, and
that an issue which is done is never written.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.core.comments import CommentTwin, digest
from syncd.core.contract import Contract
from syncd.core.decide import decide
from syncd.core.decision import Grade, Mark, Note, Plan, SkipComment, Update
from syncd.core.feedback import Close, FeedbackPolicy
from syncd.core.handback import DRAFT
from syncd.core.mapping import Aggregate, Mapping
from syncd.core.milestones import Happened, Milestone
from syncd.core.model import Base, Comment, Fields, Internal, Pair, Person, Public, Side, Snapshot, Thread
from syncd.core.policy import EscalationPolicy
from syncd.core.severity import Severity, SeverityPolicy
from syncd.core.view import Known
from syncd.mapping.templates import shipped
from tests.engine.world import mapping

BEGAN = datetime(2026, 1, 5, 9, tzinfo=UTC)
ANA, BEN = Person("ana", "Ana"), Person("ben", "Ben")
ROUNDS = 6
OPEN = ("new", "open", "pending")


def rules(close: Close, aggregate: Aggregate = Aggregate.ALL) -> Mapping:
    back = FeedbackPolicy("doing", shipped("draft"), close=close)
    policy = EscalationPolicy(SeverityPolicy(default=Severity.SEV1), Contract(), feedback=back)
    [status] = [rule for rule in mapping().fields if rule.name == "status"]
    return mapping(escalation=policy, comments=(), fields=(replace(status, aggregate=aggregate),))


@dataclass
class Ticket:
    """One ticket with its link; `told` and `closed` are the model's: the customer was told since the issue was done
    last, and we closed it since."""

    status: str = "open"
    thread: list[Comment] = field(default_factory=list)
    base: Pair[str] = field(default_factory=lambda: Pair("open", "open"))
    milestones: list[Milestone] = field(default_factory=lambda: [Milestone(Happened.ESCALATED, BEGAN, source="x")])
    notes: list[str] = field(default_factory=list)
    skipped: dict[tuple[Side, str], CommentTwin] = field(default_factory=dict)
    severity: str = ""
    told: bool = False
    closed: bool = False


@dataclass
class World:
    tickets: list[Ticket]
    rules: Mapping
    issue: str = "open"
    now: datetime = BEGAN
    writes: int = 0

    def happens(self, event: str, place: int) -> None:
        """A person does something, then every link is looked at until it rests."""
        self.now += timedelta(minutes=1)
        ticket, was = self.tickets[place], self.issue
        match event:
            case "done" | "reopen":
                self.issue = "solved" if event == "done" else "open"
            case "tell" | "thanks":
                by = BEN if event == "tell" else ANA
                ticket.thread.append(Comment(f"c{len(ticket.thread)}", Public(event), by, self.now))
                ticket.told |= event == "tell" and self.issue == "solved"
                ticket.status = "open" if event == "thanks" else ticket.status
            case "solve" | "pend":
                ticket.status = "solved" if event == "solve" else "pending"
        if self.issue != was:
            for one in self.tickets:
                one.told = one.closed = False
        said = self.issue
        before = [one.status for one in self.tickets]
        self.now += timedelta(seconds=5)
        for number in [*range(len(self.tickets)), *range(len(self.tickets))]:
            self.look(number)
        self.check(said, before)

    def check(self, said: str, before: list[str]) -> None:
        if said == "solved":
            assert self.issue == "solved", "a ticket reopened the issue"
            for one, stood in zip(self.tickets, before, strict=True):
                if one.status == "solved" != stood:
                    assert one.told, "closed before the customer was told"
                    assert not one.closed, "closed again what somebody opened"
                    one.closed = True
                    assert self.rules.feedback is not None
                    assert self.rules.feedback.close is Close.AFTER_TOLD, "closed though the agent closes"
                assert not (stood == "solved" and one.status in OPEN), "fought with the agent"
        for one in self.tickets:
            assert len(one.notes) == len(set(one.notes)), "told twice"

    def look(self, number: int) -> None:
        for _ in range(ROUNDS):
            plan = self.plan(number)
            if not plan.decisions:
                break
            for decision in plan.decisions:
                self.apply(number, decision)
        else:
            raise AssertionError("it does not come to rest")
        ticket = self.tickets[number]
        ticket.base = Pair(ticket.status, self.issue)

    def plan(self, number: int) -> Plan:
        ticket = self.tickets[number]
        seen = Pair(self._seen(ticket.status, tuple(ticket.thread)), self._seen(self.issue, ()))
        others = [one for one in self.tickets if one is not ticket]
        known = Known(
            base=Pair(*(Base.of(replace(seen[side], fields=_fields(ticket.base[side]))) for side in Side)),
            twins=ticket.skipped,
            told=frozenset(ticket.notes),
            siblings=tuple(_fields(one.base.support) for one in others),
            shared=bool(others),
            severity=ticket.severity,
            severity_rule="default" if ticket.severity else "",
            milestones=tuple(ticket.milestones),
        )
        return decide(known, Pair(*seen.both()), self.rules, now=self.now)

    def _seen(self, status: str, thread: tuple[Comment, ...]) -> Snapshot:
        return Snapshot("1", "1", _fields(status), requester=ANA, thread=Thread(thread, ()))

    def apply(self, number: int, decision: object) -> None:
        ticket = self.tickets[number]
        match decision:
            case Update(side=side, fields=fields, facts=facts):
                self.writes += 1
                value = str(fields["status"])
                if side is Side.SUPPORT:
                    ticket.status = value
                else:
                    self.issue = value
                    for one in self.tickets:  # as `links.agree` does
                        one.base = one.base.put(Side.ENGINEERING, value)
                ticket.base = Pair(ticket.status, self.issue)
                ticket.milestones += facts.values()
            case Mark(fact):
                assert (fact.what, fact.source) not in {
                    (one.what, one.source) for one in ticket.milestones if one.source
                }
                ticket.milestones.append(fact)
            case Note(side=Side.SUPPORT, body=Internal(), item=item):
                ticket.notes.append(item)
            case SkipComment(original=one, origin=side):
                ticket.skipped[side, one.id] = CommentTwin(side, one.id, "", digest(one))
            case Grade(given=given):
                ticket.severity = str(given.severity)
            case _:
                raise AssertionError(f"unexpected: {decision}")


def _fields(status: str) -> Fields:
    return {"status": status}


EVENTS = ("done", "reopen", "tell", "thanks", "solve", "pend")


@pytest.mark.parametrize("close", Close)
def test_every_short_history_of_one_ticket_comes_to_rest(close: Close) -> None:
    """All sequences of four things that people do; a look at the end of each writes nothing more."""
    histories = [World([Ticket()], rules(close))]
    for _ in range(4):
        nexts: dict[object, World] = {}
        for before in histories:
            for event in EVENTS:
                after = replace(before, tickets=copy.deepcopy(before.tickets))
                after.happens(event, 0)
                ticket = after.tickets[0]
                facts = tuple((fact.what, fact.source, fact.detail) for fact in ticket.milestones)
                nexts[after.issue, ticket.status, ticket.told, facts, tuple(ticket.notes)] = after
        histories = list(nexts.values())
    assert len(histories) > 50
    assert any(DRAFT + "2" in one.tickets[0].notes for one in histories), "handed back, taken back, handed back"


@given(
    st.lists(st.tuples(st.sampled_from(EVENTS), st.integers(0, 2)), max_size=12),
    st.sampled_from(Close),
    st.sampled_from([Aggregate.ALL, Aggregate.ANY, Aggregate.NEWEST]),
    st.integers(1, 3),
)
@settings(max_examples=60, deadline=None)
def test_several_tickets_on_one_issue_never_fight(
    story: list[tuple[str, int]], close: Close, aggregate: Aggregate, number: int
) -> None:
    world = World([Ticket() for _ in range(number)], rules(close, aggregate))
    for event, place in story:
        before = world.writes
        world.happens(event, place % number)
        assert world.writes - before <= number + 1, "more than one write for each ticket, and one for the issue"


def test_the_customer_who_was_told_gets_the_ticket_closed_and_the_other_one_does_not() -> None:
    world = World([Ticket(), Ticket()], rules(Close.AFTER_TOLD))
    world.happens("done", 0)
    assert [one.notes for one in world.tickets] == [["draft:1"], ["draft:1"]]
    world.happens("tell", 1)
    assert [one.status for one in world.tickets] == ["open", "solved"]


def test_what_an_engineer_says_to_the_customer_in_the_same_look_is_not_the_news() -> None:
    """It was said before anybody knew that the issue is done."""
    world = World([Ticket()], rules(Close.AFTER_TOLD))
    world.tickets[0].thread.append(Comment("early", Public("We look into it"), BEN, BEGAN + timedelta(hours=9)))
    world.happens("done", 0)
    assert world.tickets[0].status == "open"
    world.happens("tell", 0)
    assert world.tickets[0].status == "solved"


def test_a_ticket_that_its_agent_solved_before_the_engineers_were_done_stays_solved() -> None:
    world = World([Ticket(), Ticket()], rules(Close.AFTER_TOLD))
    world.happens("solve", 0)
    assert world.issue == "open", "the other ticket is not solved"
    world.happens("done", 0)
    assert [one.status for one in world.tickets] == ["solved", "open"]
    assert world.tickets[0].notes == ["draft:1"], "told once that the customer was not told, in the draft itself"
