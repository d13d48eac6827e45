"""`syncd feedback`: which issues hurt how many customers, for who decides what is mended first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from syncd.cli import session
from syncd.cli.session import ConfigOption, JsonOption
from syncd.errors import SyncdError

if TYPE_CHECKING:
    from datetime import datetime

    from syncd.daemon import Daemon
    from syncd.engine.impact import IssueImpact

_HELP = """List issues by how many customers wait for them, with what they came from, cost and were rated.

\b
Examples:
  syncd feedback --since 30d
  syncd feedback --json
"""


def register(app: typer.Typer) -> None:
    app.command("feedback", help=_HELP)(feedback)


def feedback(
    since: Annotated[
        str | None, typer.Option(metavar="SPAN", help="Only what was escalated in this time.", show_default="all")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 100,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    async def work(daemon: Daemon) -> list[IssueImpact]:
        from syncd.engine import impact

        return (await impact.impacts(daemon.site, _since(since, daemon.site.now())))[:limit]

    found = session.use(work, config=config)
    if json:
        session.print_json(found)
        return
    out = session.console()
    if not found:
        out.print("no issues")
        return
    rows = session.table("issue", "customers", "tickets", "30 days", "causes", "value", "rating")
    for one in found:
        rows.add_row(*(session.safe(word) for word in _words(one)))
    out.print(rows)


def _words(one: IssueImpact) -> list[str]:
    causes = ", ".join(f"{cause} {number}" for cause, number in sorted(one.causes.items())) or "-"
    numbers = ["-" if number is None else str(number) for number in (one.value, one.rating)]
    return [one.issue.label, str(one.customers), ", ".join(one.tickets), str(one.recent), causes, *numbers]


def _since(span: str | None, now: datetime) -> datetime | None:
    from syncd.mapping.nodes import Mark, Scalar
    from syncd.mapping.words import Wrong, duration

    if span is None:
        return None
    try:
        return now - duration(Scalar(span, Mark(1, 1)))
    except Wrong as wrong:
        raise SyncdError(f"--since {span}: {wrong.problem}; {wrong.remedy}") from None
