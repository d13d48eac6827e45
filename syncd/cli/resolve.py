"""`syncd resolve`: decide a conflict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from syncd.cli import session
from syncd.cli.session import ConfigOption, DryRunOption, JsonOption, Mode, ReasonOption
from syncd.core.model import Side
from syncd.errors import SyncdError

if TYPE_CHECKING:
    from syncd.daemon import Daemon
    from syncd.engine.views import ConflictView

_HELP = """Decide a conflict: what the WINNER says now is carried to the other side.

\b
WINNER is support or engineering; `syncd conflicts` lists what there is to decide.

\b
Examples:
  syncd resolve 3 support
  syncd resolve 3 engineering --reason "the fix is out"
"""


def register(app: typer.Typer) -> None:
    app.command("resolve", help=_HELP)(resolve)


def resolve(
    conflict: Annotated[int, typer.Argument(metavar="CONFLICT", help="Its number.")],
    winner: Annotated[str, typer.Argument(metavar="WINNER", help="support or engineering.")],
    *,
    dry_run: DryRunOption = False,
    reason: ReasonOption = "",
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    try:
        side = Side(winner)
    except ValueError:
        raise SyncdError(f"`{winner}` is no side; expected support or engineering") from None

    async def work(daemon: Daemon) -> tuple[ConflictView, bool]:
        from syncd.engine import operate, views

        found = [view for view in await views.conflicts(daemon.site, limit=10_000) if view.id == conflict]
        if not found:
            raise SyncdError(f"no open conflict has the number {conflict}; `syncd conflicts` lists them")
        if not dry_run:
            await operate.resolve(daemon.site, conflict, side, by=session.by(reason))
        return found[0], (await views.status(daemon.site)).running

    view, running = session.use(work, config=config, mode=Mode.LOOK if dry_run else Mode.ASK)
    if json:
        session.print_json({"conflict": view, "winner": side, "dry_run": dry_run})
        return
    from syncd.engine import views

    won, lost = views.shown(view.now[side]) or "(empty)", views.shown(view.now[side.other]) or "(empty)"
    typer.echo(f"{'would write' if dry_run else 'decided:'} {view.field} on {side.other}: {lost} -> {won}")
    if not dry_run:
        session.hint_of_daemon(running, "it carries the value across")
