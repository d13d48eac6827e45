"""`syncd once`: take in what changed, do what is due, end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from syncd.cli import planprint, session
from syncd.cli.session import ConfigOption, DryRunOption, JsonOption, Mode
from syncd.errors import Exit

if TYPE_CHECKING:
    from syncd.daemon import Daemon
    from syncd.engine.views import Status

_HELP = """Take in what changed at both vendors, do all that is due, and end: for a cron job, or to try it.

\b
Exit code 0: done; 3: a vendor could not be used; 5: done, and something waits for a person.

\b
Examples:
  syncd once
  syncd once --dry-run
"""


def register(app: typer.Typer) -> None:
    app.command("once", help=_HELP)(once)


def once(config: ConfigOption = None, dry_run: DryRunOption = False, json: JsonOption = False) -> None:
    from syncd.cli.plan import Planning

    if dry_run:
        found = session.use(Planning([]), config=config)
        if json:
            session.print_json({"links": found, "summary": planprint.summary(found)})
        else:
            planprint.show(session.console(), found)
        return
    runs, writes, problems, status = session.use(_once, config=config, mode=Mode.ACT)
    if json:
        session.print_json(
            {"runs": runs, "writes": writes, "problems": problems, "counts": status.counts, "waiting": status.waiting}
        )
    else:
        typer.echo(f"{session.counted(runs, 'run')}, {session.counted(writes, 'write')}")
        for name, problem in sorted(problems.items()):
            session.notice(f"{name}: {problem}")
        if status.needs_person:
            session.notice("something waits for a person: `syncd status`")
    raise typer.Exit(Exit.REFUSED if problems else Exit.PART if status.needs_person else Exit.DONE)


async def _once(daemon: Daemon) -> tuple[int, int, dict[str, str], Status]:
    from syncd.engine import views

    written: list[int] = []
    daemon.on_done.append(lambda done: written.append(done.writes))
    runs = await daemon.once()
    status = await views.status(daemon.site, pulse=daemon.pulse())
    return runs, sum(written), daemon.problems, status
