"""The report as people get it: nothing in it acts, and every format says the same."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest

from syncd.core.facets import Facets
from syncd.core.metrics.case import Case, Material, Terms, Ticket
from syncd.core.metrics.compute import By, compute
from syncd.core.milestones import Happened, Milestone
from syncd.engine.report import DEFINITIONS, Report
from syncd.engine.reporting import page, plain, sheet, words
from syncd.engine.reporting.charts import Curve, curves

START = datetime(2026, 3, 2, tzinfo=UTC)
HOSTILE = ("=cmd()", "+1", "-1", "@SUM(A1)", "\tx", "<script>alert(1)</script>", '"><img src=x>', "gold")


def made(*tiers: str) -> Report:
    history = (Milestone(Happened.ESCALATED, START), Milestone(Happened.ACCEPTED, START + timedelta(hours=2)))
    cases = tuple(Case(at, "m", str(at), 1, START, Facets(tier=tier), history) for at, tier in enumerate(tiers))
    tickets = tuple(Ticket(at, Facets(tier=tier), START, escalated=START) for at, tier in enumerate(tiers))
    terms = Terms(START, START + timedelta(days=3), {})
    material = Material(cases=cases, tickets=tickets)
    (total,) = compute(material, terms)
    return Report(START, terms.until, "UTC", By.TIER, total, compute(material, terms, By.TIER), kept=True)


class Tags(HTMLParser):
    """The elements and where they would load something from."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add(tag)
        self.loads += [
            f"{tag} {name}" for name, _ in attrs if name in ("src", "href", "action") or name.startswith("on")
        ]


def test_no_cell_of_the_sheet_is_a_formula() -> None:
    text = sheet.sheet(made(*HOSTILE))
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == (1 + len(HOSTILE)) * len(DEFINITIONS)
    assert [cell for row in rows for cell in row.values() if cell.startswith(sheet.FORMULA)] == []
    assert {row["group"] for row in rows} == {"", "gold", *HOSTILE[5:7], *(f"'{word}" for word in HOSTILE[:5])}
    [accept] = [row for row in rows if (row["group"], row["metric"]) == ("gold", "time_to_accept")]
    assert (accept["count"], accept["open"], accept["median"], accept["by"]) == ("1", "0", "7200", "tier")


def test_the_page_is_one_file_in_which_nothing_acts() -> None:
    text = page.page(made(*HOSTILE))
    tags = Tags()
    tags.feed(text)
    assert tags.found.isdisjoint({"script", "img", "link", "iframe", "form"})
    assert tags.loads == []
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert text.count("<svg") == 3 + len(page.COMPARED)


def test_every_format_says_the_same_number() -> None:
    report = made("gold", "gold")
    assert "time to accept" in plain.text(report)
    mail = page.mail(report)
    for text in (mail.text, mail.html):
        assert "2 h" in text
        assert "Escalations from 2026-03-02 00:00 until 2026-03-05 00:00 (UTC)" in text
    assert mail.subject == "Escalations from 2026-03-02 until 2026-03-05"


def test_a_report_of_nothing_can_be_shown() -> None:
    empty = made()
    assert "-" in plain.text(empty)
    assert "<svg" in page.page(empty)
    assert len(sheet.sheet(empty).splitlines()) == 1 + len(DEFINITIONS)


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0 s"), (40, "40 s"), (5400, "1 h 30 min"), (3600, "1 h"), (93_784, "1 d 2 h")]
)
def test_a_time_is_said_in_its_two_largest_units(seconds: int, said: str) -> None:
    assert words.span(timedelta(seconds=seconds)) == said


def test_a_curve_of_one_moment_or_of_many_is_drawn_inside() -> None:
    for values in ([3], [0, 0], list(range(400)), [10**7, 0]):
        drawn = curves([Curve("open", values)], [str(at) for at in range(len(values))], title="t")
        numbers = [float(pair.split(",")[1]) for pair in drawn.split('points="')[1].split('"')[0].split()]
        assert all(0 <= y <= 220 for y in numbers)
