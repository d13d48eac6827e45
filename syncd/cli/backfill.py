"""`syncd backfill`: link what already belongs together."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from syncd.cli import session
from syncd.cli.link import chosen
from syncd.cli.session import ConfigOption, DryRunOption, JsonOption, Mode, ReasonOption
from syncd.errors import Exit, SyncdError

if TYPE_CHECKING:
    from syncd.daemon import Daemon
    from syncd.engine.backfill import Filled

_HELP = """Link tickets to the issues that they name already: in a field by key or address (--field), or in
any text or comment by address (--text).

\b
A ticket that names several issues is not linked, and the list says which they are.
TICKETs are refs of the helpdesk; `-` reads them from standard input, one a line; --all takes
every ticket that is watched. What is linked already is passed over: start it again at will.

\b
Examples:
  syncd backfill --field 'Jira key' --all --dry-run
  syncd backfill --text --history 4711 4712
  cut -d, -f1 tickets.csv | syncd backfill --field 'Jira key' -
"""


def register(app: typer.Typer) -> None:
    app.command("backfill", help=_HELP)(backfill)


def backfill(
    tickets: Annotated[list[str] | None, typer.Argument(metavar="[TICKET]...", show_default=False)] = None,
    *,
    field: Annotated[str | None, typer.Option(help="The field in which a ticket names its issue.")] = None,
    text: Annotated[bool, typer.Option("--text", help="By an issue's address in any text or comment.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Every ticket that is watched.")] = False,
    mapping: Annotated[str | None, typer.Option(help="By which mapping, where there are several.")] = None,
    history: Annotated[bool, typer.Option("--history", help="Also copy comments and files, with low priority.")] = (
        False
    ),
    dry_run: DryRunOption = False,
    reason: ReasonOption = "",
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    if bool(field) is text:
        raise SyncdError("say how a ticket names its issue: `--field NAME` or `--text`")
    if bool(tickets) is everything:
        raise SyncdError("say which tickets: refs, `-` for standard input, or --all")
    refs = None if everything else _refs(tickets or [])

    async def work(daemon: Daemon) -> list[Filled]:
        from syncd.engine import backfill as engine

        with session.progress("linking") as tell:
            return await engine.backfill(
                daemon.site,
                chosen(daemon, mapping),
                find=engine.in_field(field) if field else engine.in_texts(),
                tickets=refs,
                how=engine.How(history=history, dry_run=dry_run, by=session.by(reason)),
                progress=tell,
            )

    found = session.use(work, config=config, mode=Mode.LOOK if dry_run else Mode.ASK)
    missed = [one for one in found if one.link is None and not (dry_run and one.issue)]
    if json:
        session.print_json({"tickets": found, "linked": len(found) - len(missed)})
    else:
        rows = session.table("ticket", "issue", "link", "")
        for one in found:
            rows.add_row(*(session.safe(word) for word in (one.ticket, one.issue, str(one.link or "-"), one.why)))
        if found:
            session.console().print(rows)
        typer.echo(f"{len(found) - len(missed)} of {session.counted(len(found), 'ticket')} linked" if found else "none")
    raise typer.Exit(Exit.PART if missed else Exit.DONE)


def _refs(tickets: list[str]) -> list[str]:
    if tickets != ["-"]:
        return [ref.removeprefix("#") for ref in tickets]
    return [line.strip().removeprefix("#") for line in sys.stdin if line.strip()]
