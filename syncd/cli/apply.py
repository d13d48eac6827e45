"""`syncd apply`: write what waits for a word: drift after a mapping was edited, held links, existing tickets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syncd.cli import planprint, session
from syncd.cli.plan import Planning
from syncd.cli.session import ConfigOption, DryRunOption, JsonOption, Mode, ReasonOption, YesOption
from syncd.errors import Exit

if TYPE_CHECKING:
    from syncd.daemon import Daemon
    from syncd.engine.views import PlannedLink

_HELP = """Write what waits for a word of yours: what an edited mapping changes in links that exist,
links that are held, and TICKETs that were there before syncd and that a rule takes.

\b
Shows the plan first and asks. Beside a running daemon it leaves the work to that one.

\b
Examples:
  syncd apply
  syncd apply 4711 4712 --yes --reason "the outage of Monday"
  syncd apply --dry-run
"""


def register(app: typer.Typer) -> None:
    app.command("apply", help=_HELP)(apply)


def apply(
    tickets: Annotated[list[str] | None, typer.Argument(metavar="[TICKET]...", show_default=False)] = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Read every link.")] = False,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
    reason: ReasonOption = "",
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    planned = session.use(Planning(tickets or [], everything=everything), config=config)
    chosen = [one for one in planned if _waits(one, asked=bool(tickets))]
    out = session.console(stderr=json)
    if dry_run or not chosen:
        if json:
            session.print_json({"links": chosen, "summary": planprint.summary(chosen), "applied": 0})
        else:
            planprint.show(out, chosen)
        return
    planprint.show(out, chosen)
    session.confirm(f"Write this to {session.counted(len(chosen), 'link')}?", yes=yes)
    done, left = _carry_out(chosen, reason, config)
    if json:
        session.print_json({"links": chosen, "applied": len(chosen), "done": done, "left": left})
    elif done:
        typer.echo(f"applied to {session.counted(len(chosen), 'link')}" + (f"; {left} left" if left else ""))
    raise typer.Exit(Exit.PART if left else Exit.DONE)


def _waits(one: PlannedLink, *, asked: bool) -> bool:
    """Whether a word is needed: drift, a held link, a ticket that a person named and a rule takes."""
    drift = any(change.waits and change.sign in "+~" for change in one.changes)
    return not one.problem and (drift or one.link.state == "held" or (bool(one.rule) and (asked or one.link.id > 0)))


def _carry_out(chosen: Sequence[PlannedLink], reason: str, config: Path | None) -> tuple[bool, int]:
    """Whether it was done here, and how much of it is left."""
    from syncd.store.lock import Held

    try:
        return True, session.use(_Applying(chosen, reason, here=True), config=config, mode=Mode.ACT)
    except Held:
        session.use(_Applying(chosen, reason, here=False), config=config, mode=Mode.ASK)
        session.hint_of_daemon(True, "`syncd status` shows when it is done")
        return False, 0


class _Applying:
    def __init__(self, chosen: Sequence[PlannedLink], reason: str, *, here: bool) -> None:
        self.chosen = chosen
        self.reason = reason
        self.here = here

    async def __call__(self, daemon: Daemon) -> int:
        from syncd.engine import operate, views

        site, by = daemon.site, session.by(self.reason)
        fresh = [(site.mappings[one.link.mapping], one.link.support.ref) for one in self.chosen if not one.link.id]
        ids = [one.link.id for one in self.chosen if one.link.id]
        await operate.apply(site, ids, by=by)
        ids += await operate.look_at(site, fresh, by=by)
        if not self.here:
            return 0
        for name in daemon.pollers:
            await daemon.reach(name)
        await daemon.work()
        with session.progress("reading again") as tell:
            after = await views.plan(site, ids=ids, progress=tell)
        return sum(not one.agrees for one in after)
