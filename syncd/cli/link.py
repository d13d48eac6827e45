"""`syncd link`: two tickets that exist belong together from now on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from syncd.cli import session
from syncd.cli.session import ConfigOption, DryRunOption, JsonOption, Mode, ReasonOption
from syncd.errors import SyncdError

if TYPE_CHECKING:
    from syncd.core.mapping import Mapping
    from syncd.daemon import Daemon
    from syncd.engine.views import LinkView

_HELP = """Link a ticket and an issue that exist. Both count as agreed as they look now: nothing is
overwritten, what changes from now on is carried. Each is shown on the other.

\b
Examples:
  syncd link 4711 CORE-7
  syncd link 4711 CORE-7 --history --mapping zendesk-jira
"""


def register(app: typer.Typer) -> None:
    app.command("link", help=_HELP)(link)


def link(
    ticket: Annotated[str, typer.Argument(metavar="TICKET", help="At the helpdesk.")],
    issue: Annotated[str, typer.Argument(metavar="ISSUE", help="At the tracker.")],
    *,
    mapping: Annotated[str | None, typer.Option(help="By which mapping, where there are several.")] = None,
    history: Annotated[bool, typer.Option("--history", help="Also copy the comments and files that are there.")] = (
        False
    ),
    dry_run: DryRunOption = False,
    reason: ReasonOption = "",
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    async def work(daemon: Daemon) -> tuple[LinkView | None, bool, str]:
        from syncd.engine import operate, views

        rules = chosen(daemon, mapping)
        if dry_run:
            seen = [
                await daemon.site.connectors[connection].fetch(ref)
                for connection, ref in zip(rules.connections.both(), (ticket, issue), strict=True)
            ]
            labels = " and ".join(snapshot.label or snapshot.ref for snapshot in seen)
            return None, False, f"would link {labels} by {rules.name}"
        made = await operate.link(daemon.site, rules, ticket, issue, history=history, by=session.by(reason))
        status = await views.status(daemon.site)
        return views.link_view(made), status.running, f"link {made.id} by {rules.name}"

    view, running, said = session.use(work, config=config, mode=Mode.LOOK if dry_run else Mode.ASK)
    if json:
        session.print_json({"link": view, "dry_run": dry_run, "said": said})
    else:
        typer.echo(said)
        if not dry_run:
            session.hint_of_daemon(running, "it shows each ticket on the other")


def chosen(daemon: Daemon, name: str | None) -> Mapping:
    """The mapping of this name, or the only one."""
    known = daemon.site.mappings
    if name is None and len(known) == 1:
        return next(iter(known.values()))
    names = ", ".join(sorted(known))
    if name is None:
        raise SyncdError(f"which mapping? --mapping takes one of {names}")
    if name not in known:
        raise SyncdError(f"no mapping is called `{name}`; there are {names}")
    return known[name]
