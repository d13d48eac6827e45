"""`syncd report`: the numbers of the escalation, on the terminal or as a file."""

from __future__ import annotations

import enum
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syncd.cli import session
from syncd.cli.session import ConfigOption
from syncd.errors import SyncdError

if TYPE_CHECKING:
    from rich.console import Console

    from syncd.daemon import Daemon
    from syncd.engine.report import Report

_HELP = """Show whether the handoff works: how long each step takes, what is late, what goes to and fro.

\b
Writes nothing anywhere and asks no vendor. docs/metrics.md has every metric with its formula.
A case is in the window in which it was escalated; open cases never count as good ones.

\b
Examples:
  syncd report
  syncd report --since 90d --by tier
  syncd report --by week --format html --output report.html
"""


LONGEST = timedelta(days=3660)


class Format(enum.StrEnum):
    TEXT = "text"
    HTML = "html"
    CSV = "csv"
    JSON = "json"


class Grouping(enum.StrEnum):
    SEVERITY = "severity"
    SERVICE = "service"
    TIER = "tier"
    TEAM = "team"
    CATEGORY = "category"
    WEEK = "week"


def register(app: typer.Typer) -> None:
    app.command("report", help=_HELP)(report)


def report(
    *,
    since: Annotated[str, typer.Option("--since", metavar="SPAN", help="How far back, such as 30d or 12h.")] = "30d",
    by: Annotated[Grouping | None, typer.Option("--by", help="Also for each of these.")] = None,
    form: Annotated[Format | None, typer.Option("--format", help="How; without it text.")] = None,
    output: Annotated[Path | None, typer.Option("--output", help="Into this file, not on the terminal.")] = None,
    html: Annotated[bool, typer.Option("--html", help="The same as --format html.")] = False,
    config: ConfigOption = None,
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    wanted = {form, *([Format.HTML] if html else []), *([Format.JSON] if json else [])} - {None}
    if len(wanted) > 1:
        raise SyncdError("only one format can be had: --format, --html and --json exclude each other")
    found = session.use(_Asking(span_of(since), by), config=config)
    _give(found, next(iter(wanted), Format.TEXT), output)


def span_of(text: str) -> timedelta:
    """A span as the config writes it: "30d", "12h"."""
    from syncd.mapping.nodes import Mark, Scalar
    from syncd.mapping.words import Wrong, duration

    try:
        span = duration(Scalar(text, Mark(1, 1)))
    except (Wrong, OverflowError) as wrong:
        raise SyncdError(f"--since: {wrong}; write `30d` or `12h`") from None
    if span > LONGEST:
        raise SyncdError(f"--since: {text} is longer than {LONGEST.days} days")
    return span


class _Asking:
    def __init__(self, span: timedelta, by: Grouping | None) -> None:
        self.span = span
        self.by = by

    async def __call__(self, daemon: Daemon) -> Report:
        from syncd.core.metrics.compute import By
        from syncd.engine.report import report

        return await report(daemon.site, span=self.span, by=By(self.by.value) if self.by else None)


def _give(found: Report, form: Format | None, output: Path | None) -> None:
    if form is Format.TEXT and output is None:
        _show(session.console(), found)
        return
    session.give(_text(found, form), output)


def _text(found: Report, form: Format | None) -> str:
    import json

    from syncd.engine.readable import as_json
    from syncd.engine.reporting import page, plain, sheet

    match form:
        case Format.CSV:
            return sheet.sheet(found)
        case Format.HTML:
            return page.page(found)
        case Format.JSON:
            return json.dumps(as_json(found), ensure_ascii=False, indent=2) + "\n"
        case _:
            return plain.text(found)


# --- the terminal -----------------------------------------------------------------------------------------------------


def _show(out: Console, found: Report) -> None:
    from syncd.engine.reporting import plain

    for line in plain.head(found):
        session.say(out, line)
    for title, columns, rows in plain.tables(found):
        table = session.table(title, *columns)
        for row in rows:
            table.add_row(*(session.safe(cell) for cell in row))
        out.print()
        out.print(table)
