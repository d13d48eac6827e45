"""`syncd parked`: what waits for a person, why, and what frees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from syncd.cli import session
from syncd.cli.session import ConfigOption, JsonOption

if TYPE_CHECKING:
    from datetime import datetime

    from rich.console import Console

    from syncd.daemon import Daemon
    from syncd.engine.views import ParkedView

_HELP = """List what was taken out of automatic work: where, why, since when, and what frees it.

\b
Last come links whose runs fail and are tried again by themselves.

\b
Examples:
  syncd parked
  syncd parked --json
"""


def register(app: typer.Typer) -> None:
    app.command("parked", help=_HELP)(parked)


def parked(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 100,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    async def work(daemon: Daemon) -> tuple[list[ParkedView], datetime]:
        from syncd.engine import views

        return await views.parked(daemon.site, limit=limit), daemon.site.now()

    found, now = session.use(work, config=config)
    if json:
        session.print_json(found)
        return
    out = session.console()
    for view in found:
        _show(out, view, now)
    out.print("nothing is parked" if not found else f"{session.counted(len(found), 'item')}")


def _show(out: Console, view: ParkedView, now: datetime) -> None:
    where = "everything"
    if view.link:
        issue = f" - {view.link.engineering.label}" if view.link.engineering else ""
        where = f"{view.link.support.label}{issue}  (link {view.link.id}, {view.link.mapping})"
    session.say(out, where, "bold")
    session.say(out, f"  {view.what}: {view.reason}", "yellow" if view.next_try else "red")
    tries = f", {session.counted(view.tries, 'try', 'tries')}" if view.tries else ""
    again = f", next try {session.when(view.next_try, now)}" if view.next_try else ""
    session.say(out, f"  since {session.when(view.since, now)}{tries}{again}", "dim")
    session.say(out, f"  try: {view.remedy}")
    for ticket in (view.link.support, view.link.engineering) if view.link else ():
        if ticket and ticket.url:
            session.say(out, f"  {ticket.url}", "dim")
    out.print()
