"""How bad a ticket is: the worst rule that holds, an agent's word before all, and words that are not denied."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from syncd.core.conditions import AnyOf, AtLeast, Condition, HasWords, holds, split
from syncd.core.escalation import assess
from syncd.core.model import Fields
from syncd.core.policy import EscalationPolicy
from syncd.core.severity import Override, Severity, SeverityPolicy, SeverityRule
from syncd.core.triggers import first_match, verdicts
from tests.engine.world import mapping

OUTAGE = SeverityRule("outage", Severity.SEV1, (Condition("title", (HasWords((("outage",), ("is", "down"))),)),))
URGENT = SeverityRule("urgent", Severity.SEV2, (Condition("priority", (AnyOf(frozenset({"p1"})),)),))
MANY = SeverityRule("many users", Severity.SEV2, (Condition("users", (AtLeast(Decimal(50)),)),))
POLICY = SeverityPolicy((OUTAGE, URGENT, MANY), Override("labels", {"sev1": Severity.SEV1, "sev4": Severity.SEV4}))
TICKET: Fields = {"title": "Export fails", "priority": "low", "labels": frozenset()}


def said(fields: Fields, policy: SeverityPolicy = POLICY) -> tuple[str, str]:
    found = assess(mapping(escalation=EscalationPolicy(policy)), {**TICKET, **fields})
    assert found is not None
    return str(found.severity or ""), found.rule


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, ("", "")),
        ({"priority": "urgent"}, ("sev2", "urgent")),
        ({"priority": "urgent", "title": "The shop is down"}, ("sev1", "outage")),
        ({"users": "50"}, ("sev2", "many users")),
        ({"users": "49"}, ("", "")),
        ({"priority": "of no meaning", "users": "50"}, ("sev2", "many users")),
        ({"title": "Outage!", "labels": frozenset({"sev4"})}, ("sev4", "override")),
        ({"labels": frozenset({"sev4", "sev1", "vip"})}, ("sev1", "override")),
        ({"labels": frozenset({"vip"})}, ("", "")),
    ],
)
def test_the_worst_rule_that_holds_gives_it_unless_an_agent_says_otherwise(
    fields: Fields, expected: tuple[str, str]
) -> None:
    assert said(fields) == expected


def test_without_a_rule_that_holds_it_is_the_default() -> None:
    assert said({}, replace(POLICY, default=Severity.SEV4)) == ("sev4", "default")
    assert said({"priority": "urgent"}, replace(POLICY, default=Severity.SEV4)) == ("sev2", "urgent")


def test_an_agents_word_is_told_beside_what_the_rules_say() -> None:
    found = assess(
        mapping(escalation=EscalationPolicy(POLICY)), {**TICKET, "priority": "urgent", "labels": frozenset({"sev4"})}
    )
    assert found is not None
    assert found.overridden
    assert (found.severity, found.ruled) == (Severity.SEV4, Severity.SEV2)
    assert found.why == "an agent says so in `labels`; by rule it is sev2 (urgent)"


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"title": "The shop is down " + "x" * 100}, "title says `is down`"),
        ({"users": "9" * 100}, "users is `" + "9" * 59 + "…`"),
        ({"priority": "urgent"}, "priority is `p1`"),
    ],
)
def test_the_reason_names_what_was_found_and_cuts_it_short(fields: Fields, why: str) -> None:
    found = assess(mapping(escalation=EscalationPolicy(POLICY)), {**TICKET, **fields})
    assert found is not None
    assert found.why == why


def test_without_a_policy_there_is_no_severity() -> None:
    assert assess(mapping(), TICKET) is None


def test_an_issue_is_made_by_severity_and_the_reason_says_which_rule_gave_it() -> None:
    bad = replace(mapping().escalate[0], when=(Condition("severity", (AnyOf(frozenset({"sev1"})),)),))
    rules = mapping(escalation=EscalationPolicy(POLICY), escalate=(bad,))
    assert first_match(rules, {**TICKET, "title": "Outage"}) == bad
    assert first_match(rules, {**TICKET, "priority": "urgent"}) is None
    [verdict] = verdicts(rules, {**TICKET, "priority": "urgent"})
    assert verdict.why == "severity is `sev2` by `urgent`"
    [verdict] = verdicts(rules, TICKET)
    assert verdict.why == "severity is empty"


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("down", "The shop is DOWN!", True),
        ("down", "the download fails", False),
        ("down", "It is not down", False),
        ("down", "it isn't really down.", False),
        ("down", "it isn’t down", False),
        ("down", "This is not a question. The shop is down", True),
        ("down", "no idea why,\nthe shop is down", True),
        ("down", "Not down yesterday, but today it is down", True),
        ("cannot log in", "Users cannot log in", True),
        ("cannot log in", "Users can log in", False),
        ("Ausfall", "Totaler Ausfall seit heute früh", True),
        ("Ausfall", "Es gibt keinen Ausfall", False),
        ("en panne", "Le site est en panne", True),
        ("en panne", "Le site n'est pas en panne", False),
        ("caída", "La web está caída", True),
        ("caída", "La web no está caída", False),
        ("障害", "障害 が 発生", True),
    ],
)
def test_words_are_found_whole_and_not_where_they_are_denied(phrase: str, text: str, found: bool) -> None:
    test = HasWords((split(phrase),))
    assert holds(test, text) is found


def test_nothing_is_found_in_nothing() -> None:
    assert not holds(HasWords((("down",),)), None)
