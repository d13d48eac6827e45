"""`syncd rate`: what a customer said of it all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from syncd.cli import session
from syncd.cli.session import ConfigOption, DryRunOption, JsonOption, Mode, ReasonOption
from syncd.errors import SyncdError

if TYPE_CHECKING:
    from syncd.daemon import Daemon
    from syncd.engine.views import LinkView

_HELP = """Keep the score that a customer gave. A low one (`feedback.survey.low`) has a private note on the
ticket ask for a call, with a clock of its own.

\b
Examples:
  syncd rate '#4711' 2
  syncd rate CORE-7 5 --reason "said so on the phone"
"""


def register(app: typer.Typer) -> None:
    app.command("rate", help=_HELP)(rate)


def rate(
    ticket: Annotated[str, typer.Argument(metavar="TICKET")],
    score: Annotated[str, typer.Argument(metavar="SCORE", help="A number.")],
    *,
    dry_run: DryRunOption = False,
    reason: ReasonOption = "",
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    async def work(daemon: Daemon) -> LinkView:
        from syncd.core.ratings import number
        from syncd.engine import ratings, views

        given, link = number(score), await views.find(daemon.site, ticket)
        if given is None:
            raise SyncdError(f"`{score}` is no score: write a number, such as 4")
        if not dry_run:
            await ratings.rate(daemon.site, link, given, by=session.by(reason))
        return views.link_view(link)

    view = session.use(work, config=config, mode=Mode.LOOK if dry_run else Mode.ASK)
    if json:
        session.print_json({"link": view, "score": score, "dry_run": dry_run})
    else:
        typer.echo(f"{'would keep' if dry_run else 'kept'} the score {score} of {view.support.label}")
