"""docs/metrics.md says of each metric what the code says, and the policy reads what its example shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from syncd import settings
from syncd.core.facets import Facet
from syncd.engine.report import DEFINITIONS
from tests.test_docs import _Any

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("one", DEFINITIONS, ids=lambda one: one.key)
def test_the_page_has_each_metric_with_its_formula(one: object) -> None:
    key, title, formula, counts, unit = (getattr(one, name) for name in ("key", "title", "formula", "counts", "unit"))
    assert f"| {title} | `{key}` | {unit} | {formula} | {counts} |" in PAGE


def test_the_page_has_no_metric_that_is_gone() -> None:
    assert re.findall(r"(?m)^\| [^|]+ \| `(\w+)` \| \w+ \|", PAGE) == [one.key for one in DEFINITIONS]


def test_the_table_on_the_page_is_read_as_it_says(tmp_path: Path) -> None:
    config = (ROOT / "config" / "syncd.example.yaml").read_text().replace("mappings/", f"{ROOT}/mappings/")
    (tmp_path / "syncd.yaml").write_text(config)
    [table] = re.findall(r"```yaml\n(metrics:.*?)```", PAGE, re.DOTALL)
    pause = "pauses:\n  - {name: waits for the customer, when: {support.status: [pending]}}\n"
    (tmp_path / "escalation.yaml").write_text(f"severities: {{sev1: {{}}}}\ndefault: sev1\n{pause}{table}")
    examined = settings.examine(tmp_path / "syncd.yaml", environ=_Any())
    assert [str(complaint) for complaint in examined.complaints if not complaint.notice] == []
    policy = examined.mappings[0].metrics
    assert policy is not None
    assert policy.fields[Facet.TEAM] == "group"
    assert policy.check.total_seconds() == 240
    assert policy.customer == frozenset({"waits for the customer"})
    assert str(policy.zone) == "Europe/Berlin"


def test_without_a_zone_it_is_the_one_of_the_hours(tmp_path: Path) -> None:
    config = (ROOT / "config" / "syncd.example.yaml").read_text().replace("mappings/", f"{ROOT}/mappings/")
    (tmp_path / "syncd.yaml").write_text(config)
    hours = 'hours:\n  office: {zone: America/Lima, days: {mon: "09:00-17:00"}}\n'
    (tmp_path / "escalation.yaml").write_text(f"severities: {{sev1: {{}}}}\ndefault: sev1\n{hours}metrics: {{}}\n")
    [mapping] = settings.examine(tmp_path / "syncd.yaml", environ=_Any()).mappings
    assert mapping.metrics is not None
    assert str(mapping.metrics.zone) == "America/Lima"
