"""`syncd unlink`: two tickets do not belong together any more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from syncd.cli import session
from syncd.cli.session import ConfigOption, DryRunOption, JsonOption, Mode, ReasonOption, YesOption

if TYPE_CHECKING:
    from syncd.daemon import Daemon
    from syncd.engine.views import LinkView

_HELP = """End a link. Both tickets stay as they are, and nothing goes from one to the other any more.

\b
Examples:
  syncd unlink 12
  syncd unlink CORE-7 --yes --reason "linked by mistake"
"""


def register(app: typer.Typer) -> None:
    app.command("unlink", help=_HELP)(unlink)


def unlink(
    link: Annotated[str, typer.Argument(metavar="LINK", help="Its number, or one of its tickets.")],
    *,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
    reason: ReasonOption = "",
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    async def find(daemon: Daemon) -> LinkView:
        from syncd.engine import views

        return views.link_view(await views.find(daemon.site, link))

    async def end(daemon: Daemon) -> None:
        from syncd.engine import operate, views

        await operate.unlink(daemon.site, await views.find(daemon.site, str(view.id)), by=session.by(reason))

    view = session.use(find, config=config)
    issue = f" and {view.engineering.label}" if view.engineering else ""
    said = f"link {view.id} of {view.support.label}{issue}"
    if not dry_run:
        session.confirm(f"End {said}?", yes=yes)
        session.use(end, config=config, mode=Mode.ASK)
    if json:
        session.print_json({"link": view, "dry_run": dry_run})
    else:
        typer.echo(f"would end {said}" if dry_run else f"ended {said}")
