"""`syncd retry`: put back to work what was parked or paused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from syncd.cli import session
from syncd.cli.session import ConfigOption, DryRunOption, JsonOption, Mode, ReasonOption
from syncd.errors import SyncdError

if TYPE_CHECKING:
    from syncd.daemon import Daemon
    from syncd.store.records import PauseScope

_HELP = """Put what is parked back to work: the fields, files and writes of LINKs, or of all; or let a paused
connection or mapping go on; or a channel, which sends what is parked of it again.

\b
Examples:
  syncd retry CORE-7
  syncd retry --all
  syncd retry --connection acme-jira
  syncd retry --channel eng-slack
"""


def register(app: typer.Typer) -> None:
    app.command("retry", help=_HELP)(retry)


def retry(
    links: Annotated[list[str] | None, typer.Argument(metavar="[LINK]...", show_default=False)] = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Everything that is parked.")] = False,
    connection: Annotated[str | None, typer.Option(help="Let this paused connection go on.")] = None,
    mapping: Annotated[str | None, typer.Option(help="Let this paused mapping go on.")] = None,
    channel: Annotated[str | None, typer.Option(help="Let this channel go on, with its parked messages.")] = None,
    dry_run: DryRunOption = False,
    reason: ReasonOption = "",
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    given = [bool(links), everything, connection is not None, mapping is not None, channel is not None]
    if sum(given) != 1:
        raise SyncdError("say what to retry: LINKs, --all, --connection, --mapping or --channel NAME, one of them")

    async def work(daemon: Daemon) -> tuple[str, bool]:
        from syncd.engine import messenger, views
        from syncd.store.records import PauseScope

        running = (await views.status(daemon.site)).running
        if connection is not None or mapping is not None:
            scope = PauseScope.CONNECTION if connection is not None else PauseScope.MAPPING
            return await _resume(daemon, scope, connection or mapping or "", reason, dry_run=dry_run), running
        if channel is not None:
            return await _resend(daemon, [channel], reason, dry_run=dry_run), running
        said = await _free(daemon, links, reason, dry_run=dry_run)
        stuck = [] if links else await messenger.stuck(daemon.site)
        if not stuck:
            return said, running
        return f"{said}; {await _resend(daemon, stuck, reason, dry_run=dry_run)}", running

    said, running = session.use(work, config=config, mode=Mode.LOOK if dry_run else Mode.ASK)
    if json:
        session.print_json({"said": said, "dry_run": dry_run})
        return
    typer.echo(said)
    if not dry_run and not said.startswith("nothing"):
        session.hint_of_daemon(running, "`syncd parked` shows what is left")


async def _resume(daemon: Daemon, scope: PauseScope, name: str, reason: str, *, dry_run: bool) -> str:
    from syncd.engine import operate
    from syncd.store import pauses

    found = await daemon.store.read(lambda c: pauses.find(c, scope, name))
    if found is None:
        return f"nothing to do: {scope} {name} is not paused"
    if dry_run:
        return f"would let {scope} {name} go on; it was paused because {found.reason}"
    await operate.resume(daemon.site, scope, name, by=session.by(reason))
    return f"{scope} {name} goes on"


async def _resend(daemon: Daemon, channels: list[str], reason: str, *, dry_run: bool) -> str:
    from syncd.engine import messenger

    names = ", ".join(channels)
    if dry_run:
        return f"would let {names} go on"
    freed = sum([await messenger.retry(daemon.site, name, by=session.by(reason)) for name in channels])
    return f"{names} goes on, with {session.counted(freed, 'parked message')}"


async def _free(daemon: Daemon, links: list[str] | None, reason: str, *, dry_run: bool) -> str:
    from syncd.engine import operate, views
    from syncd.store import overview

    if links:
        ids = [(await views.find(daemon.site, link)).id for link in links]
    else:
        ids = await daemon.store.read(overview.stuck)
    told = "" if links else await _requests(daemon, reason, dry_run=dry_run)
    if not ids:
        return told or "nothing to retry"
    if dry_run:
        return f"would retry {session.counted(len(ids), 'link')}: {', '.join(map(str, ids[:20]))}" + _also(told)
    freed = await operate.retry(daemon.site, ids, by=session.by(reason))
    said = f"{session.counted(freed.items, 'item')} of {session.counted(freed.links, 'link')} back to work"
    return said + _also(told)


def _also(told: str) -> str:
    return f"; {told}" if told else ""


async def _requests(daemon: Daemon, reason: str, *, dry_run: bool) -> str:
    """Those of the intake API; "" where none is parked."""
    from syncd.engine import escalations

    if dry_run:
        count = await escalations.waiting(daemon.site, None)
        return f"would retry {session.counted(count, 'intake request')}" if count else ""
    by = session.by(reason)
    count = await escalations.retry(daemon.site, None, by=by.who, reason=by.reason)
    return f"{session.counted(count, 'intake request')} back to work" if count else ""
