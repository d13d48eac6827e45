"""`syncd shares`: which signed links there are, for whom, and whether they work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from syncd.cli import session
from syncd.cli.session import ConfigOption, JsonOption

if TYPE_CHECKING:
    from datetime import datetime

    from syncd.daemon import Daemon
    from syncd.engine.tokens import Share

_HELP = """List signed links, the newest first: for what, for whom, whether they work, when they were opened.

A link itself is not shown: nobody can read it from the store. `syncd share TICKET --revoke` ends those of a ticket.

\b
Examples:
  syncd shares
  syncd shares '#4711'
  syncd shares --json
"""


def register(app: typer.Typer) -> None:
    app.command("shares", help=_HELP)(shares)


def shares(
    ticket: Annotated[
        str | None, typer.Argument(metavar="[TICKET]", help="Of this ticket only.", show_default=False)
    ] = None,
    *,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    async def work(daemon: Daemon) -> tuple[list[Share], datetime]:
        from syncd.engine import tokens, views

        link = await views.find(daemon.site, ticket) if ticket is not None else None
        return await tokens.shares(daemon.site, link), daemon.site.now()

    found, now = session.use(work, config=config)
    if json:
        session.print_json(found)
        return
    rows = session.table("ticket", "purpose", "state", "made", "ends", "opened", "for")
    for one in found:
        moments = (session.when(moment, now) for moment in (one.created, one.expires, one.opened))
        rows.add_row(session.safe(one.ticket), one.purpose, one.state, *moments, session.safe(one.who))
    session.console().print(rows if found else "no signed links")
