"""The file of a scenario: what it says becomes an incident, and each mistake is told with its place and a remedy."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from syncd.core.milestones import Happened
from syncd.core.model import Kind, Side
from syncd.core.scenario import Until
from syncd.errors import ConfigError
from syncd.mapping.scenario import load
from tests.engine.world import mapping

KINDS = {"tags": Kind.LABELS}
GOOD = """name: a night
ticket:
  title: The shop is down
  fields: {priority: p1, tags: "vip, down", labels: "a, b", estimate: "5"}
steps:
  - {who: engineer, after: 5m, until: breached accept, says: /accept, takes: true}
  - {who: agent, says: Soon., public: true}
  - {who: engineer, sets: {status: done}}
  - {who: agent, on: issue, says: Hello.}
"""


def test_a_file_is_an_incident(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(GOOD)
    found = load(tmp_path / "one.yaml", mapping(), KINDS)
    first, second, third, fourth = found.steps
    assert (found.name, found.opening.fields["title"]) == ("a night", "The shop is down")
    assert found.opening.fields["priority"] == "urgent"  # as the helpdesk says p1
    assert found.opening.fields["tags"] == frozenset({"vip", "down"})
    assert found.opening.fields["labels"] == frozenset({"a", "b"})
    assert (first.after, first.until) == (timedelta(minutes=5), Until(Happened.BREACHED, "accept"))
    assert (first.side, first.takes, first.says) == (Side.ENGINEERING, True, "/accept")
    assert (second.side, second.public) == (Side.SUPPORT, True)
    assert third.sets == {"status": "done"}
    assert fourth.side is Side.ENGINEERING


WRONG = [
    ("stepps: []", "unknown key `stepps`", "did you mean `steps`?"),
    ("steps: []", "nobody does anything", "write `- {after: 5m, who: engineer, says: /accept}`"),
    ("steps: [{who: enginer, says: x}]", "`enginer` is nobody here", "did you mean `engineer`?"),
    ("steps: [{who: engineer}]", "engineer does nothing", "write `says: /accept`"),
    ("steps: [{who: engineer, after: 5, says: x}]", "the duration `5` has no unit", "write `5s`"),
    ("steps: [{who: agent, until: escalatd, says: x}]", "`escalatd` never happens", "did you mean `escalated`?"),
    ("steps: [{who: agent, until: breached acept, says: x}]", "`acept` is no clock here", "did you mean `accept`?"),
    ("steps: [{who: agent, until: done fix, says: x}]", "`fix` is no clock here", "write `until: done`"),
    ("steps: [{who: customer, on: issue, says: x}]", "a customer does not see the issue", "write `on: ticket`"),
    ("steps: [{who: agent, takes: true}]", "nobody takes a ticket of support", "write `who: engineer`"),
    ("steps: [{who: engineer, sets: {status: finished}}]", "no value of `status` means `finished`", "write `todo`"),
    ("steps: [{who: agent, sets: {estimate: many}}]", "`many` is no number", "write another value"),
    ("ticket: {fields: {priority: p7}}\nsteps: [{who: agent, says: x}]", "no value of `priority` means `p7`", "p"),
]


@pytest.mark.parametrize(("text", "problem", "remedy"), WRONG)
def test_each_mistake_is_told_at_its_line(tmp_path: Path, text: str, problem: str, remedy: str) -> None:
    file = tmp_path / "one.yaml"
    file.write_text(f"name: x\n{text}\n")
    with pytest.raises(ConfigError) as raised:
        load(file, mapping(), KINDS)
    found = [complaint for complaint in raised.value.complaints if problem in complaint.problem]
    assert len(found) == 1, raised.value.complaints
    assert (found[0].file, found[0].line) == (str(file), 2)
    assert found[0].key
    assert remedy in found[0].remedy


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    steps = "".join(f"  - {text.removeprefix('steps: [').removesuffix(']')}\n" for text, *_ in WRONG[2:4])
    (tmp_path / "one.yaml").write_text(f"name: x\nsteps:\n{steps}")
    with pytest.raises(ConfigError) as raised:
        load(tmp_path / "one.yaml", mapping(), KINDS)
    assert [complaint.line for complaint in raised.value.complaints] == [3, 4]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load(tmp_path / "none.yaml", mapping(), KINDS)


def test_people_of_the_policy_may_act(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text("name: x\nsteps: [{who: ana, says: x}]\n")
    with pytest.raises(ConfigError, match="`ana` is nobody here"):
        load(tmp_path / "one.yaml", replace(mapping(), escalation=None), KINDS)


def test_the_one_on_the_page_is_right(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "drill.md").read_text(encoding="utf-8")
    (tmp_path / "one.yaml").write_text(page.partition("```yaml\n")[2].partition("```")[0])
    assert [step.who for step in load(tmp_path / "one.yaml", mapping(), KINDS).steps] == [
        "agent", "engineer", "engineer", "customer"
    ]  # fmt: skip
