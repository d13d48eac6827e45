"""The report of a drill as one HTML file: no script, nothing from the network, light and dark as the system is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from html import escape

from syncd.core.drill import Event, Finding, Ran, Report, Told, Written
from syncd.core.spans import spoken
from syncd.engine.drilling.style import STYLE
from syncd.engine.drilling.words import (
    GOOD,
    SORTS,
    WEIGHTS,
    ahead,
    at,
    first,
    head,
    outcome,
    title,
    when,
    why,
)
from syncd.engine.reporting.page import POLICY

WIDTH, ROW, LABEL, BELOW = 960, 30, 90, 26
STEPS = (5, 10, 15, 30, 60, 120, 240, 480, 1440, 2880, 10080)
"""Minutes between two marks of the scale."""


def page(report: Report) -> str:
    """The whole file."""
    body = [
        f"<header><h1>{escape(title(report))}</h1>{''.join(map(_paragraph, head(report)))}</header>",
        f'<section class="tiles">{"".join(_tile(*one) for one in first(report))}</section>',
        _section("What to mend", f'<ul class="findings">{"".join(_findings(report))}</ul>'),
        _section("Clocks", _chart(report) + _clocks(report)),
        _section("Timeline", f'<ol class="timeline">{"".join(_event(report, one) for one in report.events)}</ol>'),
        _section("Who would be told", "".join(_message(report, one) for one in report.messages) or _nobody()),
        _section("On the tickets", f'<div class="tickets">{"".join(_tickets(report))}</div>'),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title(report))}</title><style>{STYLE}</style></head>"
        f"<body><main>{''.join(body)}</main></body></html>\n"
    )


def _paragraph(text: str) -> str:
    return f"<p>{_code(text)}</p>"


def _section(name: str, content: str) -> str:
    return f'<section class="card"><h2>{escape(name)}</h2>{content}</section>'


def _tile(name: str, number: str) -> str:
    return f'<div class="tile"><div class="name">{escape(name)}</div><div class="number">{escape(number)}</div></div>'


def _findings(report: Report) -> Iterator[str]:
    if not report.failed:
        yield f'<li class="good"><span class="badge good">good</span><div>{escape(GOOD)}</div></li>'
    yield from map(_finding, report.findings)


def _finding(finding: Finding) -> str:
    kind = str(finding.weight)
    remedy = f'<p class="try">Try: {_code(finding.remedy)}</p>' if finding.remedy else ""
    badge = f'<span class="badge {kind}">{WEIGHTS[finding.weight]}</span>'
    return f'<li class="{kind}">{badge}<div>{_code(finding.text)}{remedy}</div></li>'


# --- clocks -----------------------------------------------------------------------------------------------------------


def _chart(report: Report) -> str:
    """Each wait as a bar from its beginning to its end; a line where it was due, another colour beyond it."""
    if not report.clocks:
        return "<p>No clock ran.</p>"
    height = len(report.clocks) * ROW
    drawn = "".join(_bar(report, ran, number) for number, ran in enumerate(report.clocks))
    marks = "".join(_mark(report, moment, height) for moment in _marks(report))
    return (
        f'<div class="chart"><svg viewBox="0 0 {WIDTH} {height + BELOW}" role="img" aria-label="Clocks over time">'
        f"{marks}{drawn}</svg></div>"
        '<p class="legend"><span class="key within">inside its time</span><span class="key over">over it</span>'
        '<span class="key due">due</span><span class="key reminded">reminded</span></p>'
    )


def _bar(report: Report, ran: Ran, number: int) -> str:
    top, end = number * ROW + 6, ran.ended or report.ended
    turn = min(ran.breached, end) if ran.breached else end
    label = f'<text x="{LABEL - 10}" y="{top + 14}" text-anchor="end">{escape(str(ran.clock))}</text>'
    parts = [_rect("within", _x(report, ran.started), _x(report, turn), top)]
    if ran.breached:
        parts.append(_rect("over", _x(report, turn), _x(report, end), top))
    parts += [f'<circle class="reminded" cx="{_x(report, at_):.1f}" cy="{top + 9}" r="4"/>' for at_ in ran.reminded]
    if ran.due is not None and ran.due <= report.ended:
        x = _x(report, ran.due)
        parts.append(f'<line class="due" x1="{x:.1f}" x2="{x:.1f}" y1="{top - 3}" y2="{top + 21}"/>')
    return label + "".join(parts)


def _rect(kind: str, start: float, end: float, top: int) -> str:
    return f'<rect class="{kind}" x="{start:.1f}" y="{top}" width="{max(end - start, 2):.1f}" height="18" rx="3"/>'


def _x(report: Report, moment: datetime) -> float:
    whole = (report.ended - report.started).total_seconds() or 1
    share = (moment - report.started).total_seconds() / whole
    return LABEL + max(0.0, min(share, 1.0)) * (WIDTH - LABEL - 20)


def _marks(report: Report) -> Iterator[datetime]:
    """Round times on the scale, at most nine of them."""
    whole = (report.ended - report.started) / 9
    step = next((timedelta(minutes=one) for one in STEPS if timedelta(minutes=one) >= whole), timedelta(days=7))
    moment = report.started.replace(minute=0, second=0, microsecond=0)
    while moment < report.ended:
        if moment >= report.started:
            yield moment
        moment += step


def _mark(report: Report, moment: datetime, height: int) -> str:
    x = _x(report, moment)
    line = f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{height}"/>'
    return f'{line}<text class="tick" x="{x:.1f}" y="{height + 18}" text-anchor="middle">{moment:%H:%M}</text>'


def _clocks(report: Report) -> str:
    if not report.clocks:
        return ""
    heads = ("clock", "target", "counts", "began", "due", "reminded", "ran out", "what became of it")
    rows = "".join(_row(report, ran) for ran in report.clocks)
    head_ = "".join(f"<th>{one}</th>" for one in heads)
    return f'<div class="table"><table><thead><tr>{head_}</tr></thead><tbody>{rows}</tbody></table></div>'


def _row(report: Report, ran: Ran) -> str:
    began, due, late_at = (at(report.started, one) for one in (ran.started, ran.due, ran.breached))
    reminded = ", ".join(at(report.started, one) for one in ran.reminded) or "-"
    cells = [str(ran.clock), spoken(ran.within), ran.hours, began, due, reminded, late_at, outcome(ran)]
    late = ' class="late"' if ran.breached else ""
    return f"<tr{late}>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"


# --- what happened ----------------------------------------------------------------------------------------------------


def _event(report: Report, event: Event) -> str:
    who, sort = f"<b>{escape(event.who)}</b>: " if event.who else "", SORTS[event.sort]
    return (
        f"<li><time>{escape(at(report.started, event.at))}</time>"
        f'<span class="ahead">{escape(ahead(report.started, event.at))}</span>'
        f'<span class="badge {sort}">{sort}</span><span class="what">{who}{escape(event.text)}</span></li>'
    )


def _message(report: Report, told: Told) -> str:
    return (
        f'<details class="message" open><summary><time>{escape(when(report, told))}</time> '
        f"<b>{escape(told.recipient)}</b> {escape(told.subject)}</summary>"
        f'<p class="about">To {escape(told.to)}, for {escape(told.audience)}, because {escape(why(told))}; '
        f"rule <code>{escape(told.rule)}</code></p><pre>{escape(told.text)}</pre></details>"
    )


def _nobody() -> str:
    return "<p>Nobody, outside of the two tickets.</p>"


def _tickets(report: Report) -> Iterator[str]:
    for ticket in report.tickets:
        fields = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in ticket.fields)
        said = "".join(_written(report, one) for one in report.written if one.side is ticket.side)
        yield f"<article><h3>{escape(str(ticket.side))} {escape(ticket.label)}</h3><dl>{fields}</dl>{said}</article>"


def _written(report: Report, one: Written) -> str:
    seen, moment = "public" if one.public else "internal", at(report.started, one.at)
    return (
        f'<div class="comment {seen}"><p class="about"><time>{escape(moment)}</time> {escape(one.who)} '
        f'<span class="badge {seen}">{seen}</span></p><pre>{escape(one.text)}</pre></div>'
    )


def _code(text: str) -> str:
    """`words` in code."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(parts))
