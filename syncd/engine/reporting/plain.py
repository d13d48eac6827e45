"""The report as tables of words: what the terminal shows, and the text of a mail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from syncd.core.metrics.compute import Group
from syncd.core.metrics.definitions import About, Unit
from syncd.core.metrics.values import Amount, Depth, Share, Times
from syncd.engine.report import DEFINITIONS, Report
from syncd.engine.reporting.words import NAMELESS, NONE, hours, percent, spread

Row: TypeAlias = tuple[str, ...]
Sheet: TypeAlias = tuple[str, Row, list[Row]]
"""The name of the first column, the others', and the rows."""
TABLES = (
    ("time", Unit.TIME, ("cases", "open", "median", "p90", "mean", "business median", "p90", "mean")),
    ("share", Unit.SHARE, ("share", "of")),
    ("queue", Unit.CASES, ("open", "of them waiting", "most")),
    ("saved", Unit.HOURS, ("hours", "changes")),
)


def head(report: Report) -> Iterator[str]:
    """What it is about, and what it lacks."""
    yield f"Escalations from {report.since:%Y-%m-%d %H:%M} until {report.until:%Y-%m-%d %H:%M} ({report.zone})"
    if not report.kept:
        yield "escalation.yaml has no table `metrics`: much is not known without it (docs/metrics.md)"


def tables(report: Report) -> Iterator[Sheet]:
    """A table of the times, one of the shares, and one of the rest; each of all cases, then of each group."""
    groups = [("all", report.total), *((group.name or NAMELESS, group) for group in report.groups)]
    for title, unit, columns in TABLES:
        by = (str(report.by),) if report.by else ()
        rows = list(_rows(unit, groups))
        yield title, (*by, *columns), rows if by else [(row[0], *row[2:]) for row in rows]


def _rows(unit: Unit, groups: Sequence[tuple[str, Group]]) -> Iterator[Row]:
    for about in (one for one in DEFINITIONS if one.unit is unit):
        for number, (name, group) in enumerate(groups):
            yield ("" if number else about.title, name, *cells(about, group))


def cells(about: About, group: Group) -> Row:
    """The numbers of one metric of one group."""
    match group.values[about.key]:
        case Times() as times:
            return str(times.count), str(times.open), *spread(times.wall), *spread(times.business)
        case Share() as share:
            return percent(share), f"{share.part} of {share.whole}"
        case Depth(points) as depth:
            last = points[-1] if points else None
            return (str(last.open), str(last.waiting), str(depth.most)) if last else (NONE, NONE, NONE)
        case Amount() as amount:
            return hours(amount.value), str(amount.count)


def text(report: Report) -> str:
    """All of it in columns of spaces."""
    parts = ["\n".join(head(report))]
    for title, columns, rows in tables(report):
        parts.append("\n".join(_aligned([(title, *columns), *rows])))
    return "\n\n".join(parts) + "\n"


def _aligned(rows: Sequence[Row]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
