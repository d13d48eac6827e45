"""`syncd approve`: let a ticket that waits for it become an issue, or refuse it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from syncd.cli import session
from syncd.cli.session import ConfigOption, JsonOption, Mode

if TYPE_CHECKING:
    from syncd.daemon import Daemon
    from syncd.engine.approval import Answered

_HELP = """Approve a ticket that stays in support until somebody does, or refuse it with a reason.
The ticket is told who it was. A refused one is asked about again when its words change.

\b
TICKET is a link's number, `#12` or `desk:12` (a ticket by its id), or an address.
NAME is one of `people` in escalation.yaml, who may approve it.

\b
Examples:
  syncd approve '#4711' --as ana
  syncd approve '#4711' --as ana --refuse "a question of usage"
"""


def register(app: typer.Typer) -> None:
    app.command("approve", help=_HELP)(approve)


def approve(
    ticket: Annotated[str, typer.Argument(metavar="TICKET")],
    *,
    name: Annotated[str, typer.Option("--as", metavar="NAME", help="Who says so.")],
    refuse: Annotated[str | None, typer.Option(metavar="REASON", help="Say no, and why.")] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    async def work(daemon: Daemon) -> tuple[Answered, bool]:
        from syncd.engine import approval, views
        from syncd.engine.why import find

        found = await find(daemon.site, ticket)
        done = await approval.answer(daemon.site, found, who=name, refuse=refuse)
        return done, (await views.status(daemon.site)).running

    answered, running = session.use(work, config=config, mode=Mode.ASK)
    if json:
        session.print_json(answered)
        return
    typer.echo(f"{answered.who} {answered.what} link {answered.link}")
    session.hint_of_daemon(running, "the ticket is told, and an approved one becomes an issue")
