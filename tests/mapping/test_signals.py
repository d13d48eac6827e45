"""Which signals a file asks for, when time changes them, and what becomes of a table."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from syncd.core.lookup import Csv
from syncd.core.signals import SignalPolicy
from syncd.mapping.lookups import read_table
from tests.engine.listening import rules

HEAD = "severities:\n  sev1: {rules: [{name: one, when: {%s}}]}\n"
TIER = "lookups: {tier: {by: requester.domain, csv: tiers.csv, key: domain, value: tier%s}}\n"


def asked(folder: Path, when: str, rest: str = "") -> SignalPolicy | None:
    (folder / "tiers.csv").write_text("domain,tier\nacme.example,gold\n")
    return rules(folder, HEAD % when + rest).signals


@pytest.mark.parametrize(
    ("when", "rest", "names"),
    [
        ("title: x", "", set()),
        ("title: x", TIER % "", set()),
        ("title: x", TIER % ", keep: true", {"tier"}),
        ("tier: gold, idle: {at_least: 3}", TIER % "", {"tier", "idle"}),
        ("title: x", TIER % "" + "override: {field: tier, values: {gold: sev1}}\n", {"tier"}),
        ("title: x", TIER % "" + "packet: {template: 'Tier {{ fields.tier }}'}\n", {"tier"}),
        ("title: x", TIER % "" + "packet: {template: 'Tier {{ fields[\"tier\"] }}'}\n", {"tier"}),
        ("title: x", TIER % "" + "packet: {evidence: [{name: a, ask: b, field: tier}]}\n", {"tier"}),
        ("title: x", "pauses: [{name: a, when: {unanswered: {at_most: 0}}}]\n", {"unanswered"}),
        ("support.idle: x", "", set()),
        ("estimate: x", "lookups: {}\n", set()),
    ],
)
def test_only_what_something_asks_for_is_made(tmp_path: Path, when: str, rest: str, names: set[str]) -> None:
    found = asked(tmp_path, when, rest)
    assert (found.asked if found else set()) == names


def test_time_rings_where_a_test_changes_its_answer(tmp_path: Path) -> None:
    found = asked(tmp_path, "idle: {at_least: 24, at_most: 48}, sla_risk: {at_most: 4}")
    assert found is not None
    assert found.moments == {
        "idle": (timedelta(hours=24), timedelta(hours=48, seconds=37)),
        "sla_risk": (timedelta(hours=4),),
    }


def test_own_words_go_over_the_list_and_may_stand_alone(tmp_path: Path) -> None:
    words = "sentiment: {words: {Unacceptable: 0, not amused: -2}, churn: [Moving on]%s}\n"
    both = asked(tmp_path, "sentiment: {at_most: 0}", words % "")
    alone = asked(tmp_path, "sentiment: {at_most: 0}", words % ", builtin: false")
    assert both is not None
    assert alone is not None
    assert both.lexicon.points["unacceptable",] == 0
    assert both.lexicon.points["terrible",] == -3
    assert set(alone.lexicon.points) == {("unacceptable",), ("not", "amused")}
    assert alone.lexicon.churn == (("moving", "on"),)
    assert ("moving", "on") in both.lexicon.churn


@pytest.mark.parametrize("text", ["", "\n\n", "domain,tier", '"', "domain,tier\n\n ,\n", "a" * 200_000])
def test_a_strange_table_has_no_rows_and_does_no_harm(tmp_path: Path, text: str) -> None:
    (tmp_path / "t.csv").write_text(text)
    assert read_table(Csv(str(tmp_path / "t.csv"), "domain", "tier")).rows == {}
