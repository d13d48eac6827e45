"""Rules read backwards: a ticket that a rule takes, and what people do about it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from syncd.core.conditions import (
    AllOf,
    AnyOf,
    AtLeast,
    AtMost,
    Condition,
    Contains,
    HasWords,
    IsSet,
    NoneOf,
    Test,
)
from syncd.core.contract import ClockName, Contract, Target
from syncd.core.escalation import assess, failure
from syncd.core.hours import ALWAYS
from syncd.core.incident import incident, opening
from syncd.core.mapping import EscalationRule, Mapping
from syncd.core.milestones import Happened
from syncd.core.model import Fields, Kind
from syncd.core.packet import Evidence, OnMissing, PacketPolicy
from syncd.core.policy import EscalationPolicy
from syncd.core.redact import Redaction
from syncd.core.satisfy import satisfied, words
from syncd.core.scenario import Until
from syncd.core.sentiment import Lexicon, churning, total, weighed
from syncd.core.severity import Override, Severity, SeverityPolicy, SeverityRule
from syncd.mapping.packet import standard
from tests.engine.world import mapping

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
KINDS = {"tags": Kind.LABELS, "seats": Kind.NUMBER, "owner": Kind.PERSON}
P1 = Condition("priority", (AnyOf(frozenset({"p1"})),))
URGENT = EscalationRule("urgent", (P1,), {"container": "CORE"})
BAD = EscalationRule("bad", (Condition("severity", (AnyOf(frozenset({"sev1"})),)),), {"container": "CORE"})


def rules(*given: SeverityRule, escalate: EscalationRule = BAD, **more: object) -> Mapping:
    severities = SeverityPolicy(given, Override("tags", {"s1": Severity.SEV1, "s3": Severity.SEV3}), Severity.SEV4)
    return mapping(escalation=EscalationPolicy(severities, **more), escalate=(escalate,))  # type: ignore[arg-type]


def sev1(*tests: Test, field: str = "title") -> SeverityRule:
    return SeverityRule("it", Severity.SEV1, (Condition(field, tests),))


@pytest.mark.parametrize(
    ("field", "tests"),
    [
        ("title", (HasWords((("data", "loss"),)),)),
        ("title", (Contains(("Globex",)), NoneOf(frozenset({"Drill"})))),
        ("description", (HasWords((("down",),)),)),
        ("priority", (AnyOf(frozenset({"p2", "p1"})),)),
        ("priority", (NoneOf(frozenset({"p3"})), IsSet(True))),
        ("labels", (AllOf(frozenset({"a", "b"})), NoneOf(frozenset({"c"})))),
        ("estimate", (AtLeast(Decimal(50)),)),
        ("tags", (AnyOf(frozenset({"vip"})),)),
        ("seats", (AtMost(Decimal(3)),)),
        ("owner", (AnyOf(frozenset({"ana@acme.example"})),)),
        ("support.priority", (AnyOf(frozenset({"urgent"})),)),
        ("unknown", (AnyOf(frozenset({"word"})),)),
        ("unknown", (IsSet(True),)),
    ],
)
def test_a_condition_is_satisfied(field: str, tests: tuple[Test, ...]) -> None:
    found = satisfied(mapping(), [Condition(field, tests)], {"title": "Drill"}, KINDS)
    assert found is not None
    assert failure(mapping(), Condition(field, tests), found) == ""


@pytest.mark.parametrize(
    ("field", "test"),
    [
        ("priority", AnyOf(frozenset({"p9"}))),  # no word of the helpdesk means it
        ("repeated", AtLeast(Decimal(4))),  # a new ticket has no past
    ],
)
def test_what_no_new_ticket_can_say_is_no_answer(field: str, test: Test) -> None:
    assert satisfied(mapping(), [Condition(field, (test,))], {"title": "Drill"}, KINDS) is None


def test_conditions_that_exclude_each_other_have_no_answer() -> None:
    both = [P1, Condition("priority", (AnyOf(frozenset({"p2"})),))]
    assert satisfied(mapping(), both, {}, KINDS) is None


def test_words_are_found_that_threaten_and_that_are_angry() -> None:
    said = words([Condition("churn", (IsSet(True),)), Condition("sentiment", (AtMost(Decimal(-6)),))], Lexicon())
    assert churning(said, Lexicon())
    assert total([weighed(said, Lexicon())]) <= -6


# --- the ticket -------------------------------------------------------------------------------------------------------


def graded(policy: Mapping, fields: Fields) -> tuple[Severity | None, str]:
    given = assess(policy, fields)
    return (given.severity, given.rule) if given else (None, "")


def test_of_several_rules_the_one_is_taken_that_makes_an_issue() -> None:
    labels = SeverityRule("label", Severity.SEV1, (Condition("labels", (AnyOf(frozenset({"x"})),)),))
    urgent = SeverityRule("urgent", Severity.SEV1, (P1,))
    policy = rules(labels, urgent, escalate=URGENT)
    found = opening(policy, Severity.SEV1, KINDS)
    assert (found.rule, found.lift) == ("urgent", {})
    assert graded(policy, found.fields) == (Severity.SEV1, "urgent")


def test_what_makes_an_issue_leaves_the_severity_alone() -> None:
    policy = rules(sev1(HasWords((("outage",),))), SeverityRule("u", Severity.SEV2, (P1,)), escalate=URGENT)
    found = opening(policy, Severity.SEV1, KINDS)
    assert found.lift == {"priority": "urgent"}
    assert graded(policy, {**found.fields, **found.lift}) == (Severity.SEV1, "it")


def test_where_that_would_change_it_an_agent_says_so_as_well() -> None:
    low = SeverityRule("low", Severity.SEV3, (Condition("labels", (AnyOf(frozenset({"x"})),)),))
    policy = rules(SeverityRule("u", Severity.SEV2, (P1,)), low, escalate=URGENT)
    found = opening(policy, Severity.SEV3, KINDS)
    assert found.lift == {"priority": "urgent", "tags": frozenset({"s3"})}
    assert graded(policy, {**found.fields, **found.lift}) == (Severity.SEV3, "override")


def test_a_severity_of_another_rule_has_no_way_up() -> None:
    found = opening(rules(sev1(IsSet(True), field="labels")), Severity.SEV4, KINDS)
    assert (found.rule, found.lift, found.override) == ("default", {}, {})


# --- what people do ---------------------------------------------------------------------------------------------------


def test_people_wait_for_the_clocks_that_the_severity_has() -> None:
    targets = tuple(Target(clock, timedelta(hours=1), ALWAYS) for clock in (ClockName.RESPOND, ClockName.ACCEPT))
    with_clocks = rules(sev1(IsSet(True)), contract=Contract({Severity.SEV1: targets}))
    without = rules(sev1(IsSet(True)))
    waited = [
        [step.until for step in incident(policy, Severity.SEV1, NOON, KINDS).steps if step.until]
        for policy in (with_clocks, without)
    ]
    assert waited == [[Until(Happened.ESCALATED), Until(Happened.BREACHED, "accept")], [Until(Happened.ESCALATED)]]
    assert incident(with_clocks, Severity.SEV1, NOON, KINDS).steps[0].after == timedelta(minutes=30)


def test_an_agent_brings_what_holds_the_ticket_and_nothing_else() -> None:
    evidence = (
        Evidence("impact", "Who?", headings=("Impact",)),
        Evidence("seats", "How many?", field="estimate"),
        Evidence("urgency", "How urgent?", field="priority"),
        Evidence("cause", "Why?", headings=("Cause",), missing=OnMissing.WARN),
        Evidence("minor", "Really?", headings=("Minor",), severities=frozenset({Severity.SEV4})),
    )
    policy = rules(sev1(IsSet(True)), packet=PacketPolicy(evidence, Redaction(), standard()))
    by_field, by_heading, *_ = incident(policy, Severity.SEV1, NOON, KINDS).steps
    assert by_field.sets == {"estimate": "1", "priority": "p1"}
    assert by_heading.says == "## Impact\n\nIn this drill: impact."
    assert not by_heading.public
