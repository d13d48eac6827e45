"""The report as one HTML file: no script, nothing from the network, light and dark as the reader's system is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from html import escape

from syncd.core.contract import ClockName
from syncd.core.metrics.compute import Group
from syncd.core.metrics.stages import Stage
from syncd.core.metrics.values import Depth, Share, Times
from syncd.engine.report import DEFINITIONS, Report
from syncd.engine.reporting import plain
from syncd.engine.reporting.charts import Bar, Curve, bars, curves
from syncd.engine.reporting.style import STYLE
from syncd.engine.reporting.words import NAMELESS, NONE, headline, percent, span

TILES = ("time_to_accept", "first_response", "resolution", "inside_accept", "update_miss", "rework", "queue_depth",
         "hours_saved")  # fmt: skip
COMPARED = ("time_to_accept", "resolution", "inside_accept", "escalation", "rework", "avoidable")
"""What is drawn for each group."""
TITLES = {one.key: one.title for one in DEFINITIONS}
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


@dataclass(frozen=True, slots=True)
class Mail:
    """The report for whoever sends it; both parts say the same."""

    subject: str
    html: str
    text: str


def mail(report: Report) -> Mail:
    subject = f"Escalations from {report.since:%Y-%m-%d} until {report.until:%Y-%m-%d}"
    return Mail(subject, page(report), plain.text(report))


def page(report: Report) -> str:
    """The whole file."""
    title, *notes = plain.head(report)
    body = [
        f"<header><h1>Escalations</h1><p>{escape(title)}</p>{''.join(_note(note) for note in notes)}</header>",
        f'<section class="tiles">{"".join(_tiles(report.total))}</section>',
        f'<div class="charts">{"".join(_charts(report))}</div>',
        *(_table(*table) for table in plain.tables(report)),
        _definitions(),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main>{''.join(body)}</main></body></html>\n"
    )


def _note(text: str) -> str:
    return f'<p class="note">{escape(text)}</p>'


def _tiles(group: Group) -> Iterator[str]:
    for key in TILES:
        value = group.values[key]
        unit = "median" if isinstance(value, Times) else "open now" if isinstance(value, Depth) else ""
        yield (
            f'<div class="tile"><div class="name">{escape(TITLES[key])}</div>'
            f'<div class="number">{escape(headline(value))}</div><div class="unit">{unit}</div></div>'
        )


# --- charts -----------------------------------------------------------------------------------------------------------


def _charts(report: Report) -> Iterator[str]:
    yield _queue(report.total)
    yield _inside(report.total)
    yield _stages(report.total)
    for key in COMPARED if report.groups else ():
        yield _compared(report, key)


def _figure(title: str, drawn: str, legend: str = "") -> str:
    return f"<figure><figcaption>{escape(title)}{legend}</figcaption>{drawn}</figure>"


def _key(name: str, words: str) -> str:
    return f'<span class="key {name}">{escape(words)}</span>'


def _queue(group: Group) -> str:
    depth = group.values["queue_depth"]
    points = depth.points if isinstance(depth, Depth) else ()
    drawn = curves(
        [Curve("open", [point.open for point in points]), Curve("waiting", [point.waiting for point in points])],
        [f"{point.at - timedelta.resolution:%d %b}" for point in points],
        title="Open escalations at the end of each day",
    )
    legend = _key("open", "open") + _key("waiting", "waiting for acceptance")
    return _figure("Open at the end of each day", drawn, legend)


def _inside(group: Group) -> str:
    rows = [_share_bar(str(clock).replace("_", " "), group, f"inside_{clock}") for clock in ClockName]
    return _figure("Share inside SLA, by clock", bars(rows, title="Share inside SLA by clock", full=1.0))


def _stages(group: Group) -> str:
    rows = [_time_bar(TITLES[f"stage_{stage}"].partition(": ")[2], group, f"stage_{stage}") for stage in Stage]
    legend = _key("strong", "median") + _key("light", "90th percentile")
    return _figure("Time in stage", bars(rows, title="Time in stage, median and 90th percentile"), legend)


def _compared(report: Report, key: str) -> str:
    timed = isinstance(report.total.values[key], Times)
    bar = _time_bar if timed else _share_bar
    rows = [bar(group.name or NAMELESS, group, key) for group in report.groups]
    drawn = bars(rows, title=f"{TITLES[key]} by {report.by}", full=None if timed else 1.0)
    legend = _key("strong", "median") + _key("light", "90th percentile") if timed else ""
    title = TITLES[key]
    return _figure(f"{title[0].upper()}{title[1:]} by {report.by}", drawn, legend)


def _share_bar(label: str, group: Group, key: str) -> Bar:
    share = group.values[key]
    if not isinstance(share, Share) or share.rate is None:
        return Bar(label, 0, NONE)
    return Bar(label, share.rate, f"{percent(share)} of {share.whole}")


def _time_bar(label: str, group: Group, key: str) -> Bar:
    times = group.values[key]
    if not isinstance(times, Times) or times.wall is None:
        return Bar(label, 0, NONE)
    wall = times.wall
    return Bar(label, wall.median.total_seconds(), span(wall.median), wall.p90.total_seconds())


# --- tables -----------------------------------------------------------------------------------------------------------


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(column)}</th>" for column in (title, *columns))
    lines = "".join(f"<tr{_begins(row)}>{_cells(row)}</tr>" for row in rows)
    return f'<div class="table"><table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table></div>'


def _begins(row: Sequence[str]) -> str:
    return ' class="first"' if row[0] else ""


def _cells(row: Sequence[str]) -> str:
    return "".join(f"<td>{escape(cell)}</td>" for cell in row)


def _definitions() -> str:
    items = "".join(
        f"<dt>{escape(one.title)}</dt><dd>{_code(one.formula)}<br><small>{_code(one.counts)}</small></dd>"
        for one in DEFINITIONS
    )
    return f"<details><summary>What each number means</summary><dl>{items}</dl></details>"


def _code(text: str) -> str:
    """`words` in code, as the page of the documentation has them."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(parts))
