"""What the commands share: how each opens the installation, asks, shows progress, and prints for people or programs."""

from __future__ import annotations

import asyncio
import enum
import os
import sys
import textwrap
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from syncd.errors import Exit, SyncdError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from syncd.daemon import Daemon
    from syncd.engine.operate import By

T = TypeVar("T")
Progress = Callable[[int, int], None]

ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="The config; else $SYNCD_CONFIG, else config/syncd.yaml.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Show what would be done, and do nothing.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why, for the audit.")]


class Mode(enum.Enum):
    """How a command uses the installation."""

    LOOK = "look"  # writes nothing anywhere
    ASK = "ask"  # writes rows of the store; works beside a running daemon
    ACT = "act"  # is the daemon: takes its lock, writes to vendors


class Refused(SyncdError):
    """A vendor refused what a command wanted of it."""

    exit = Exit.REFUSED


def use(work: Callable[[Daemon], Awaitable[T]], *, config: Path | None, mode: Mode = Mode.LOOK) -> T:
    """Open the installation, do the work, close it.

    Raises:
        ConfigError: with every complaint.
        StoreError: the store cannot be opened; `lock.Held` where a daemon has it and the mode is ACT.
        Refused: a vendor did not do what the command is about.
    """
    return asyncio.run(_use(work, config, mode))


async def _use(work: Callable[[Daemon], Awaitable[T]], config: Path | None, mode: Mode) -> T:
    from syncd import log, settings
    from syncd.daemon import build
    from syncd.sdk.errors import ConnectorError

    log.configure(level="warning")
    path = settings.config_path(config)
    found, mappings = settings.load(path)
    daemon = await build(found, mappings, path=path, acting=mode is Mode.ACT, upgrade=mode is not Mode.LOOK)
    try:
        return await work(daemon)
    except ConnectorError as error:
        raise Refused(str(error)) from error
    finally:
        await daemon.aclose()


def by(reason: str) -> By:
    """The person at this terminal, for the audit."""
    from syncd.engine.operate import OPERATOR, By

    who = os.environ.get("SUDO_USER") or os.environ.get("USER") or ""
    return By(f"{OPERATOR} {who}".strip(), reason)


def confirm(question: str, *, yes: bool) -> None:
    """Ask before what cannot be taken back.

    Raises:
        SyncdError: there is nobody to ask, and --yes was not given.
        typer.Exit: the person said no.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise SyncdError(f"{question} Nothing was done: nobody is here to ask; `--yes` does it")
    if not typer.confirm(question, err=True):
        typer.echo("nothing was done", err=True)
        raise typer.Exit(Exit.DONE)


# --- printing --------------------------------------------------------------------------------------------------------


def console(*, stderr: bool = False) -> Console:
    """A terminal, or a pipe, which is as wide as a line needs; NO_COLOR and COLUMNS are respected."""
    from rich.console import Console

    class Pipe(Console):
        def on_broken_pipe(self) -> None:
            """Whoever read has enough: `main` ends quietly; rich would end with 1, which is a bug of ours."""
            raise BrokenPipeError

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or os.environ.get("COLUMNS") else 160
    return Pipe(stderr=stderr, highlight=False, emoji=False, markup=False, width=width)


def table(*columns: str) -> Table:
    """A table without lines; its last column wraps, the others only where there is no other way."""
    from rich.table import Table

    made = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for number, column in enumerate(columns, start=1):
        made.add_column(column, overflow="fold", no_wrap=number < len(columns))
    return made


def say(out: Console, text: str, style: str = "") -> None:
    """Print one line of text from outside; on a terminal, what does not fit goes on below it, further in."""
    from syncd.log import escaped

    clean = escaped(text)
    if not out.is_terminal or not clean.strip():
        out.print(safe(text, style), soft_wrap=True)
        return
    margin = " " * (len(clean) - len(clean.lstrip()) + 4)
    for line in textwrap.wrap(clean, out.width, subsequent_indent=margin, break_on_hyphens=False):
        out.print(safe(line, style))


def safe(text: str, style: str = "") -> Text:
    """Text from outside: what moves a cursor or turns the line around is shown, not obeyed."""
    from rich.text import Text

    from syncd.log import escaped

    return Text(escaped(text), style=style)


def print_json(value: Any) -> None:
    """One JSON document on standard output, with nothing around it."""
    from syncd.cli import complaints
    from syncd.engine.readable import as_json

    complaints.print_json(as_json(value))


def when(moment: datetime | None, now: datetime) -> str:
    """A moment as people say it: "12 s ago", "in 3 min", "-"."""
    from syncd.engine.views import age

    if moment is None:
        return "-"
    return f"{age(now - moment)} ago" if moment <= now else f"in {age(moment - now)}"


def counted(number: int, word: str, words: str = "") -> str:
    """ "1 link", "3 links"."""
    return f"{number} {word if number == 1 else words or word + 's'}"


def clipped(text: str, width: int) -> str:
    """The text, or its beginning."""
    return text if len(text) <= width else text[: width - 1].rstrip() + "…"


def notice(text: str) -> None:
    """A word to the person, beside the output."""
    typer.echo(text, err=True)


def give(text: str, output: Path | None) -> None:
    """A whole document into a file, or on standard output as it is.

    Raises:
        SyncdError: the file cannot be written.
    """
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise SyncdError(f"{output} cannot be written: {error.strerror}") from error
    notice(f"written: {output}")


def hint_of_daemon(running: bool, what: str) -> None:
    """What becomes of a request that only marks the store."""
    notice(f"the running daemon does it now: {what}" if running else f"`syncd run` or `syncd once` does it: {what}")


# --- progress --------------------------------------------------------------------------------------------------------

LINE_EVERY = timedelta(seconds=5)


@contextmanager
def progress(label: str, note: Callable[[], str] | None = None) -> Iterator[Progress]:
    """A bar on a terminal, a line every few seconds elsewhere; always on standard error.

    Args:
        note: says at each step what is known of the rest, in the place of the bar's own guess at the time.
    """
    if not sys.stderr.isatty():
        yield _lines(label, note or str)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    rest = TextColumn("{task.fields[note]}", markup=False) if note else TimeRemainingColumn()
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), rest
    with Bar(*columns, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None, note="")
        yield lambda done, of: bar.update(task, completed=done, total=of, note=note() if note else "")


def _lines(label: str, note: Callable[[], str]) -> Progress:
    last = time.monotonic()

    def tell(done: int, of: int) -> None:
        nonlocal last
        if time.monotonic() - last >= LINE_EVERY.total_seconds():
            last = time.monotonic()
            notice("; ".join(part for part in (f"{label}: {done} of {of}", note()) if part))

    return tell
