"""`syncd intake`: what other systems told by the intake API, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from syncd.cli import session
from syncd.cli.session import ConfigOption, DryRunOption, JsonOption, Mode, ReasonOption
from syncd.errors import SyncdError

if TYPE_CHECKING:
    from datetime import datetime

    from rich.console import Console

    from syncd.daemon import Daemon
    from syncd.engine.escalations import RequestView
    from syncd.store.records import RequestState

_HELP = """What other systems (a voice agent, a bot, an alert) told by the intake API.

\b
Examples:
  syncd intake list
  syncd intake list --state parked --json
  syncd intake show 17
  syncd intake retry --all
"""
STATES = ("received", "attempted", "opened", "done", "parked")

RequestArgument = Annotated[str, typer.Argument(metavar="REQUEST", help="Its number, or the id of its escalation.")]


def register(app: typer.Typer) -> None:
    group = typer.Typer(help=_HELP, no_args_is_help=True, rich_markup_mode=None)
    group.command("list", help=_listed("What came in, the newest first.", "list", "list --state parked"))(list_)
    group.command("show", help=_listed("One request, or all of one escalation.", "show 17"))(show)
    group.command("retry", help=_listed("Put what is parked back to work.", "retry 17", "retry --all"))(retry)
    app.add_typer(group, name="intake")


def _listed(what: str, *examples: str) -> str:
    return "\n".join([what, "", "\b", "Examples:", *(f"  syncd intake {example}" for example in examples)])


def list_(
    state: Annotated[str | None, typer.Option(help=f"Only of this state: {', '.join(STATES)}.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 100,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    if state is not None and state not in STATES:
        raise SyncdError(f"`{state}` is no state of a request: one of {', '.join(STATES)}")

    async def work(daemon: Daemon) -> tuple[list[RequestView], datetime]:
        from syncd.engine import escalations

        return await escalations.listed(daemon.site, state=_state(state), limit=limit), daemon.site.now()

    _print(*session.use(work, config=config), json=json)


def _state(word: str | None) -> RequestState | None:
    from syncd.store.records import RequestState

    return RequestState(word) if word else None


def show(request: RequestArgument, config: ConfigOption = None, json: JsonOption = False) -> None:
    async def work(daemon: Daemon) -> tuple[list[RequestView], datetime]:
        from syncd.engine import escalations

        return await escalations.shown(daemon.site, request), daemon.site.now()

    _print(*session.use(work, config=config), json=json)


def retry(
    requests: Annotated[list[str] | None, typer.Argument(metavar="[REQUEST]...", show_default=False)] = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Everything that is parked.")] = False,
    dry_run: DryRunOption = False,
    reason: ReasonOption = "",
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    if bool(requests) is everything:
        raise SyncdError("say what to retry: REQUESTs, or --all")

    async def work(daemon: Daemon) -> tuple[int, bool]:
        from syncd.engine import escalations, views

        running = (await views.status(daemon.site)).running
        if dry_run:
            return await escalations.waiting(daemon.site, requests), running
        by = session.by(reason)
        return await escalations.retry(daemon.site, requests, by=by.who, reason=by.reason), running

    freed, running = session.use(work, config=config, mode=Mode.LOOK if dry_run else Mode.ASK)
    if json:
        session.print_json({"requests": freed, "dry_run": dry_run})
        return
    counted = session.counted(freed, "request")
    typer.echo(f"would put {counted} back to work" if dry_run else f"{counted} back to work")
    if freed and not dry_run:
        session.hint_of_daemon(running, "`syncd intake list` shows what becomes of it")


def _print(found: list[RequestView], now: datetime, *, json: bool) -> None:
    if json:
        session.print_json(found)
        return
    out = session.console()
    for view in found:
        _show(out, view, now)
    out.print(session.counted(len(found), "request"))


def _show(out: Console, view: RequestView, now: datetime) -> None:
    verb = "opened" if view.act == "open" else "added to"
    session.say(out, f"{view.id}  {view.source_id}: {view.client} {verb} {view.escalation}", "bold")
    style = "red" if view.state == "parked" else ""
    session.say(out, f"  {view.state}, {session.when(view.received_at, now)}{_on(view)}", style)
    if view.reason:
        session.say(out, f"  {view.reason}", "yellow")
    if view.next_try:
        session.say(out, f"  next try {session.when(view.next_try, now)}", "dim")
    if view.remedy:
        session.say(out, f"  try: {view.remedy}")


def _on(view: RequestView) -> str:
    return f", on {view.ticket.label} {view.ticket.url}".rstrip() if view.ticket else ""
