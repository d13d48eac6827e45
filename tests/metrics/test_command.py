"""`syncd report` on a real store between two vendors in memory."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from syncd import log as logs
from tests.cli.test_operating import Terminal
from tests.running import Installation, installation

POLICY = """severities:
  sev1: {rules: [{name: urgent, when: {priority: p1}}], clocks: {accept: 30m}}
default: sev4
metrics: {category: labels}
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installation]:
    monkeypatch.delenv("COLUMNS", raising=False)
    with installation(tmp_path, monkeypatch) as made:
        (made.config.parent / "escalation.yaml").write_text(POLICY)
        yield made
    logs.forget()
    structlog.reset_defaults()


@pytest.fixture
def syncd(place: Installation, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(capsys, monkeypatch)


def test_each_format_tells_of_the_one_case(place: Installation, syncd: Terminal) -> None:
    _, issue = asyncio.run(place.linked(labels=frozenset({"export"})))
    place.tracker.say(issue, "/accept", by="ben")
    syncd("once")
    asked = len(place.desk.journal), len(place.tracker.journal)
    found = json.loads(syncd("report", "--by", "category", "--json"))
    accept = found["total"]["values"]["time_to_accept"]
    assert (accept["count"], accept["open"], accept["timed"]) == (1, 0, 1)
    assert [group["name"] for group in found["groups"]] == ["export"]
    rows = list(csv.DictReader(io.StringIO(syncd("report", "--format", "csv"))))
    assert next(row["count"] for row in rows if row["metric"] == "time_to_accept") == "1"
    assert "share inside SLA: accept 100% 1 of 1" in " ".join(syncd("report", "--since", "7d").split())
    assert syncd("report", "--html", "--output", "report.html") == ""
    assert "<svg" in Path("report.html").read_text(encoding="utf-8")
    assert (len(place.desk.journal), len(place.tracker.journal)) == asked, "a report asks no vendor"


def test_without_the_table_the_report_says_what_it_lacks(place: Installation, syncd: Terminal) -> None:
    (place.config.parent / "escalation.yaml").write_text(POLICY.partition("metrics:")[0])
    asyncio.run(place.linked())
    assert "has no table `metrics`" in syncd("report")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--since", "soon"), "--since: "),
        (("--since", "99999d"), "--since: 99999d is longer than 3660 days"),
        (("--html", "--json"), "exclude each other"),
        (("--output", "nowhere/report.txt"), "nowhere/report.txt cannot be written"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(
    place: Installation, syncd: Terminal, words: tuple[str, ...], said: str
) -> None:
    syncd("once")
    syncd("report", *words, exit=2)
    assert said in syncd.error
