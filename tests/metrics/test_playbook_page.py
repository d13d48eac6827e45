"""docs/playbook.md shows what is printed: its policy is read, played with three cases, and compared line by line."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from syncd import settings
from syncd.core.facets import Facets
from syncd.core.mapping import Mapping
from syncd.core.metrics.case import Case, Material, Terms
from syncd.core.metrics.compute import compute
from syncd.core.metrics.path import path
from syncd.core.milestones import Happened, Milestone
from syncd.core.playbook import Part, Playbook
from syncd.core.promises import configured
from syncd.engine.playbooks import page, text
from tests.test_docs import _Any

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "playbook.md").read_text(encoding="utf-8")
MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)  # 09:00 in Berlin
SINCE, UNTIL = MONDAY - timedelta(hours=8), MONDAY + timedelta(days=2)


def case(number: int, severity: str, **hours: float) -> Case:
    history = [Milestone(Happened.ESCALATED, MONDAY)]
    history += [Milestone(Happened(what.strip("_")), MONDAY + timedelta(hours=after)) for what, after in hours.items()]
    return Case(number, "zendesk-jira", str(number), 1, MONDAY, Facets(severity=severity), tuple(history))


CASES = (
    case(1, "sev1", owned=0.2, accepted=0.5, told=0.8, done=6, told_=7.5),
    case(2, "sev2", owned=1, told=3, returned=4, resubmitted=23, accepted=26),
    case(3, "sev2", owned=40),
)


def rules(tmp_path: Path, policy: str) -> Mapping:
    config = (ROOT / "config" / "syncd.example.yaml").read_text().replace("mappings/", f"{ROOT}/mappings/")
    (tmp_path / "syncd.yaml").write_text(config)
    (tmp_path / "escalation.yaml").write_text(policy)
    examined = settings.examine(tmp_path / "syncd.yaml", environ=_Any())
    assert [str(complaint) for complaint in examined.complaints if not complaint.notice] == []
    return next(one for one in examined.mappings if one.name == "zendesk-jira")


def played(found: Mapping) -> Playbook:
    assert found.contract is not None
    terms = Terms(SINCE, UNTIL, {found.name: found.contract})
    (group,) = compute(Material(cases=CASES), terms)
    took = path(CASES, (), group, terms, found.contract)
    return Playbook(SINCE, UNTIL, "UTC", (Part(found.name, found.connections, configured(found), took),))


def test_the_example_is_what_is_printed(tmp_path: Path) -> None:
    [policy] = re.findall(r"```yaml\n(severities:.*?)```", PAGE, re.DOTALL)
    [shown] = re.findall(r"begins so:\n\n```text\n(.*?)```", PAGE, re.DOTALL)
    printed = text.text(played(rules(tmp_path, policy)))
    assert shown == printed[: printed.index("\nTriggers\n")]


def test_the_example_policy_that_ships_fills_every_section(tmp_path: Path) -> None:
    shipped = (ROOT / "config" / "escalation.example.yaml").read_text(encoding="utf-8")
    written = page.page(played(rules(tmp_path, shipped)))
    named = re.findall(r"<h3>([^<]*)</h3>", written)
    sections = re.findall(r"(?m)^\| ([A-Z][^|]+) \| ", PAGE.partition("## What happened")[0])
    assert named == [name for name in sections if name != "Owners"], "the example names nobody"
    assert "not set up" not in written
    for said in ("threatens to leave", "Which steps lead to it, one by one?", "/accept", "Our engineers have finished"):
        assert said in written
