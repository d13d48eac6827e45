"""`syncd plan`: for real tickets, the rule that matched and the exact writes to come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from syncd.cli import planprint, session
from syncd.cli.session import ConfigOption, JsonOption
from syncd.errors import Exit

if TYPE_CHECKING:
    from syncd.daemon import Daemon
    from syncd.engine.views import PlannedLink

_HELP = """Show what would be written, for real tickets, and why. Reads both vendors, writes nothing.

\b
Without TICKETs: links that are due, behind or diverged, or that were made under another
version of their mapping, and what changed at the helpdesk since the last poll.
What a person changed is written by the next run; what only an edited mapping asks for
waits for `syncd apply`.

\b
Examples:
  syncd plan
  syncd plan 4711 4712
  syncd plan --all --json
"""


def register(app: typer.Typer) -> None:
    app.command("plan", help=_HELP)(plan)


def plan(
    tickets: Annotated[list[str] | None, typer.Argument(metavar="[TICKET]...", show_default=False)] = None,
    more: Annotated[list[str] | None, typer.Option("--tickets", metavar="REF", help="The same as TICKET.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Read every link.")] = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    found = session.use(Planning([*(tickets or ()), *(more or ())], everything=everything), config=config)
    if json:
        session.print_json({"links": found, "summary": planprint.summary(found)})
    else:
        planprint.show(session.console(), found)
    raise typer.Exit(Exit.REFUSED if found and all(one.problem for one in found) else Exit.DONE)


class Planning:
    """The plan as a piece of work for `session.use`."""

    def __init__(self, tickets: list[str], *, everything: bool = False) -> None:
        self.tickets = tickets
        self.everything = everything

    async def __call__(self, daemon: Daemon) -> list[PlannedLink]:
        from syncd.engine import views

        with session.progress("reading") as tell:
            return await views.plan(daemon.site, tickets=self.tickets, every=self.everything, progress=tell)
