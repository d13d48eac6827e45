"""The report of a drill in lines of text: the findings first."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from datetime import datetime

from syncd.core.drill import Event, Report
from syncd.core.spans import spoken
from syncd.engine.drilling.words import GOOD, SORTS, STAGES, WEIGHTS, ahead, at, head, outcome, title, when, why

WIDE = 110
Row = tuple[str, ...]


def text(report: Report, *, timeline: bool = True) -> str:
    """All of it; without the timeline for somebody who has just seen it."""
    parts = [
        "\n".join([title(report), *head(report)]),
        "\n".join(["FINDINGS", *_findings(report)]),
        "\n".join(["CLOCKS", *_clocks(report)]),
        "\n".join(["WHO WOULD BE TOLD", *_messages(report)]),
        "\n".join(["STAGES", *_stages(report)]),
        "\n".join(["ON THE TICKETS", *_written(report)]),
    ]
    if timeline:
        parts.insert(2, "\n".join(["TIMELINE", *(line(report.started, event) for event in report.events)]))
    return "\n\n".join(parts) + "\n"


def line(started: datetime, event: Event) -> str:
    """One event of a drill that began then."""
    who = f"{event.who}: " if event.who else ""
    return f"{at(started, event.at)}  {ahead(started, event.at):>6}  {SORTS[event.sort]:<6}  {who}{event.text}"


def _findings(report: Report) -> Iterator[str]:
    if not report.failed:
        yield f"  {GOOD}"
    for finding in report.findings:
        yield from _wrapped(f"{WEIGHTS[finding.weight]}: {finding.text}", "- ")
        if finding.remedy:
            yield from _wrapped(f"try: {finding.remedy}", "  ")


def _wrapped(said: str, lead: str) -> list[str]:
    return textwrap.wrap(
        said, WIDE, initial_indent=f"  {lead}", subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
    )


def _clocks(report: Report) -> Iterator[str]:
    if not report.clocks:
        yield "  none ran"
        return
    rows: list[Row] = [("clock", "target", "began", "due", "reminded", "ran out", "what became of it")]
    for ran in report.clocks:
        target = f"{spoken(ran.within)} ({ran.hours})"
        reminded = ", ".join(at(report.started, moment) for moment in ran.reminded) or "-"
        began, due, late = (at(report.started, moment) for moment in (ran.started, ran.due, ran.breached))
        rows.append((str(ran.clock), target, began, due, reminded, late, outcome(ran)))
    yield from _aligned(rows)


def _messages(report: Report) -> Iterator[str]:
    if not report.messages:
        yield "  nobody, outside of the two tickets"
    for told in report.messages:
        yield f"  {when(report, told)}  {told.recipient} ({told.to}), for {told.audience}"
        yield f"    because {why(told)}; rule `{told.rule}`"
        yield f"    {told.subject}"
        yield from (f"    | {each}".rstrip() for each in told.text.splitlines())


def _stages(report: Report) -> Iterator[str]:
    yield from _aligned([(STAGES.get(stage.stage, stage.stage), spoken(stage.time)) for stage in report.stages])


def _written(report: Report) -> Iterator[str]:
    for ticket in report.tickets:
        fields = ", ".join(f"{name}: {value}" for name, value in ticket.fields)
        yield f"  {ticket.side} {ticket.label} ({fields})"
        for one in report.written:
            if one.side is ticket.side:
                seen = "public" if one.public else "internal"
                said = textwrap.shorten(" ".join(one.text.split()), WIDE, placeholder=" …")
                yield f"    {at(report.started, one.at)}  {seen:<8}  {one.who}: {said}"


def _aligned(rows: Sequence[Row]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))] if rows else []
    for row in rows:
        yield "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
