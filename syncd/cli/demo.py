"""`syncd demo`: the daemon between two simulated vendors, and a ticket's way to the fix, with its delays."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syncd.errors import Exit

if TYPE_CHECKING:
    from syncd.demo import Say, Stage, Verdict


_HELP = """Run the daemon between a simulated Zendesk and a simulated Jira, on this machine alone.

Nothing leaves the machine. A ticket becomes an issue, both sides change it, and each change is shown with the time it
took to arrive.

\b
Examples:
  syncd demo
  syncd demo --exit --json
"""


def register(app: typer.Typer) -> None:
    app.command("demo", help=_HELP)(demo)


def demo(
    leave: Annotated[bool, typer.Option("--exit", help="End after the story instead of staying for clicks.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print only the verdict, as JSON.")] = False,
    home: Annotated[Path | None, typer.Option(help="Where config and store go; else a folder that is removed.")] = None,
    port: Annotated[int, typer.Option(help="Of the page; 0 takes a free one.")] = 0,
) -> None:
    with ExitStack() as stack:
        if home is None:
            home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="syncd-demo-")))
        say = _quiet if json else _timeline()
        verdict = asyncio.run(_run(home.absolute(), port=port, say=say, stay=not leave))
    if json:
        from syncd.demo import as_json

        typer.echo(as_json(verdict))
    if not verdict.good:
        raise typer.Exit(Exit.PART)


async def _run(home: Path, *, port: int, say: Say, stay: bool) -> Verdict:
    from syncd import demo as play
    from syncd import log

    log.configure(level="warning")
    play.clear(home)
    async with play.stage(home, port=port) as on:
        _addresses(on, say)
        story = play.Story(on, say)
        await story.tell()
        await story.rush()
        verdict = await play.judge(on)
        _sum_up(verdict, say)
        if stay:
            say(f"Click yourself: {on.support.url} and {on.engineering.url}. Ctrl-C ends.", None)
            await on.ended()
    return verdict


def _addresses(on: Stage, say: Say) -> None:
    say(f"syncd's page      {on.page}", None)
    say(f"the helpdesk      {on.support.url}", None)
    say(f"the issue tracker {on.engineering.url}", None)
    say(f"its config        SYNCD_CONFIG={on.home}/syncd.yaml", None)


def _sum_up(verdict: Verdict, say: Say) -> None:
    agree = "All pairs agree" if verdict.converged else "NOT all pairs agree"
    counts = f"{verdict.lost} lost, {verdict.doubled} doubled, {verdict.leaked} leaked"
    say(f"{agree}: {verdict.links} links, {counts}; p50 {verdict.p50_ms} ms, p99 {verdict.p99_ms} ms.", None)


def _quiet(what: str, took: float | None) -> None:
    return


def _timeline() -> Say:
    """Lines with the time since the start, and each delay in a column of its own."""
    from rich.console import Console
    from rich.text import Text

    console, began = Console(file=sys.stdout, highlight=False), time.monotonic()

    def say(what: str, took: float | None) -> None:
        line = Text(f"{time.monotonic() - began:6.1f} s  ", style="dim")
        line.append(f"{took:7.0f} ms  " if took is not None else " " * 12, style="bold green")
        line.append(what)
        console.print(line, soft_wrap=True)

    return say
