"""`syncd tell`: what waits to be told to people outside of the two tickets; a test of a channel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from syncd.cli import session
from syncd.cli.session import ConfigOption, DryRunOption, JsonOption, Mode, ReasonOption
from syncd.errors import SyncdError

if TYPE_CHECKING:
    from datetime import datetime

    from syncd.daemon import Daemon
    from syncd.engine.messenger import MessageView

_HELP = """List the messages that have not gone out yet; send a test through a channel; or drop what waits for one.

\b
Examples:
  syncd tell
  syncd tell --test eng-slack
  syncd tell --test mail --to me@acme.example --dry-run
  syncd tell --forget eng-slack
"""


def register(app: typer.Typer) -> None:
    app.command("tell", help=_HELP)(tell)


def tell(
    test: Annotated[str | None, typer.Option("--test", metavar="CHANNEL", help="Send one test message.")] = None,
    to: Annotated[str, typer.Option(help="The test goes to this address, through a channel of e-mail.")] = "",
    forget: Annotated[
        str | None, typer.Option("--forget", metavar="CHANNEL", help="Never send what waits for it or is parked.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="List at most so many.")] = 100,
    *,
    dry_run: DryRunOption = False,
    reason: ReasonOption = "",
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    if test is not None and forget is not None:
        raise SyncdError("say --test CHANNEL or --forget CHANNEL, not both")
    if test is None and forget is None:
        _list(limit, config=config, json=json)
        return

    async def work(daemon: Daemon) -> str:
        if test is not None:
            return await _test(daemon, test, to, dry_run=dry_run)
        return await _forget(daemon, forget or "", reason, dry_run=dry_run)

    said = session.use(work, config=config, mode=Mode.ASK if forget and not dry_run else Mode.LOOK)
    if json:
        session.print_json({"said": said, "dry_run": dry_run})
    else:
        typer.echo(said)


async def _test(daemon: Daemon, name: str, to: str, *, dry_run: bool) -> str:
    from syncd.engine import messenger

    message = messenger.trial(daemon.site, name, to)
    channel = daemon.site.channels[name]
    if dry_run:
        return channel.shown(message)
    answer = await channel.send(message)
    return f"sent through {name} as {message.id}" + (f"; {answer}" if answer else "")


async def _forget(daemon: Daemon, name: str, reason: str, *, dry_run: bool) -> str:
    from syncd.engine import messenger

    if dry_run:
        waiting = [view for view in await messenger.unsent(daemon.site, 10_000) if view.channel == name]
        return f"would drop {session.counted(len(waiting), 'message')} for {name}"
    gone = await messenger.forget(daemon.site, name, by=session.by(reason))
    return f"{session.counted(gone, 'message')} for {name} dropped"


def _list(limit: int, *, config: ConfigOption, json: bool) -> None:
    async def work(daemon: Daemon) -> tuple[list[MessageView], datetime]:
        from syncd.engine import messenger

        return await messenger.unsent(daemon.site, limit), daemon.site.now()

    found, now = session.use(work, config=config)
    if json:
        session.print_json(found)
        return
    out = session.console()
    for view in found:
        when = f"due {session.when(view.due, now)}" if view.state == "waiting" else view.state
        why = f": {view.reason}" if view.reason else ""
        session.say(out, f"{view.recipient}  {view.subject}", "bold")
        session.say(out, f"  rule {view.rule}, since {session.when(view.since, now)}, {when}{why}", "dim")
    out.print(session.counted(len(found), "message") if found else "nothing waits to be told")
