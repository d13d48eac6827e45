"""The report as CSV (RFC 4180): a line for each metric of each group, times in seconds."""

from __future__ import annotations

import csv
import io
from typing import assert_never

from syncd.core.metrics.compute import Group
from syncd.core.metrics.values import Amount, Depth, Share, Spread, Times, Value
from syncd.engine.report import DEFINITIONS, Report

COLUMNS = (
    "since", "until", "by", "group", "metric", "unit", "count", "open", "median", "p90", "mean", "timed",
    "business_median", "business_p90", "business_mean", "part", "whole", "rate", "waiting", "most", "hours",
)  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""With what a cell begins that a spreadsheet computes (OWASP, CSV Injection)."""


def sheet(report: Report) -> str:
    """The total has no group's name and no `by`."""
    made = io.StringIO(newline="")
    writer = csv.DictWriter(made, COLUMNS, restval="")
    writer.writeheader()
    for by, group in (("", report.total), *((str(report.by), group) for group in report.groups)):
        writer.writerows(_lines(report, by, group))
    return made.getvalue()


def _lines(report: Report, by: str, group: Group) -> list[dict[str, str]]:
    window = {"since": report.since.isoformat(), "until": report.until.isoformat(), "by": by}
    return [
        {**window, "group": harmless(group.name), "metric": one.key, "unit": str(one.unit)}
        | {name: str(cell) for name, cell in _cells(group.values[one.key]).items()}
        for one in DEFINITIONS
    ]


def harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula; the quote is what OWASP advises."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _cells(value: Value) -> dict[str, object]:
    match value:
        case Times():
            counts = {"count": value.count, "open": value.open, "timed": value.timed}
            return {**counts, **_spread("", value.wall), **_spread("business_", value.business)}
        case Share():
            rate = {} if value.rate is None else {"rate": f"{value.rate:.4f}"}
            return {"part": value.part, "whole": value.whole, **rate}
        case Depth():
            last = value.last
            return {"open": last.open, "waiting": last.waiting, "most": value.most} if last else {}
        case Amount():
            return {"count": value.count, "hours": f"{value.value.total_seconds() / 3600:.2f}"}
        case _:
            assert_never(value)


def _spread(prefix: str, found: Spread | None) -> dict[str, object]:
    if found is None:
        return {}
    times = {"median": found.median, "p90": found.p90, "mean": found.mean}
    return {f"{prefix}{name}": round(time.total_seconds()) for name, time in times.items()}
