"""`syncd backfill`: link what already belongs together."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syncd.cli import session
from syncd.cli.filling import Outcome, Wanted, fill, show
from syncd.cli.link import chosen
from syncd.cli.session import ConfigOption, DryRunOption, JsonOption, Mode, ReasonOption, YesOption
from syncd.errors import SyncdError

if TYPE_CHECKING:
    from syncd.core.mapping import Mapping
    from syncd.daemon import Daemon
    from syncd.engine.backfill import Alike

_HELP = """Link tickets to the issues that they belong to already: named in a field by key or address (--field),
by address in any text or comment (--text), or of the same title and about the same time (--title).

\b
A ticket that names several issues is not linked, and the list says which they are. By title
nothing is linked without a person's yes: on a terminal each pair is asked for; elsewhere --plan
writes them to a file, a person edits it, and --from links what has a yes there.

\b
TICKETs are refs of the helpdesk; `-` reads them from standard input, one a line; --all takes
every ticket that is watched. What is linked already is passed over: start it again at will.
--dry-run also says how many calls it takes, and how long at the quota that the vendors tell.

\b
Examples:
  syncd backfill --field 'Jira key' --all --dry-run
  syncd backfill --text --history 4711 4712
  cut -d, -f1 tickets.csv | syncd backfill --field 'Jira key' -
  syncd backfill --title --all --within 3d --plan pairs.yaml
  syncd backfill --from pairs.yaml --history
"""


def register(app: typer.Typer) -> None:
    app.command("backfill", help=_HELP)(backfill)


def backfill(
    tickets: Annotated[list[str] | None, typer.Argument(metavar="[TICKET]...", show_default=False)] = None,
    *,
    field: Annotated[str | None, typer.Option(help="The field in which a ticket names its issue.")] = None,
    text: Annotated[bool, typer.Option("--text", help="By an issue's address in any text or comment.")] = False,
    title: Annotated[bool, typer.Option("--title", help="By title and time; asks for each pair.")] = False,
    within: Annotated[str, typer.Option(help="With --title: the longest time between both.")] = "2d",
    plan: Annotated[Path | None, typer.Option(help="With --title: write the pairs to this file.")] = None,
    source: Annotated[Path | None, typer.Option("--from", help="Link the pairs that have a yes in this file.")] = None,
    yes: YesOption = False,
    everything: Annotated[bool, typer.Option("--all", help="Every ticket that is watched.")] = False,
    mapping: Annotated[str | None, typer.Option(help="By which mapping, where there are several.")] = None,
    history: Annotated[bool, typer.Option("--history", help="Also copy comments and files, with low priority.")] = (
        False
    ),
    dry_run: DryRunOption = False,
    reason: ReasonOption = "",
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    if [field is not None, text, title, source is not None].count(True) != 1:
        raise SyncdError("say how a ticket names its issue, in one way: --field NAME, --text, --title or --from FILE")
    if plan and not title:
        raise SyncdError("--plan goes with --title: what is named is linked without asking")
    if yes and source is None:
        raise SyncdError("--yes goes with --from: it takes the pairs of the file that have no word yet")
    if source is None and bool(tickets) is everything:
        raise SyncdError("say which tickets: refs, `-` for standard input, or --all")
    if source is not None and (tickets or everything):
        raise SyncdError("--from takes the tickets of the file: leave out the refs and --all")
    wanted = Wanted(None if everything else _refs(tickets or []), mapping, history, dry_run, reason)
    if title:
        _by_title(wanted, _span(within), plan, config=config, json=json)
    elif source is not None:
        _from_file(wanted, source, yes=yes, config=config, json=json)
    else:
        _by_name(wanted, field, config=config, json=json)


def _by_name(wanted: Wanted, field: str | None, *, config: Path | None, json: bool) -> None:
    async def work(daemon: Daemon) -> Outcome:
        from syncd.engine.backfill import in_field, in_texts

        find = in_field(field) if field is not None else in_texts()
        return await fill(daemon, chosen(daemon, wanted.mapping), wanted, find=find, refs=wanted.refs)

    show(session.use(work, config=config, mode=wanted.mode), wanted, json=json)


def _from_file(wanted: Wanted, source: Path, *, yes: bool, config: Path | None, json: bool) -> None:
    from syncd.cli import pairs

    decided = pairs.read(source, undecided=yes)
    if wanted.mapping not in (None, decided.mapping):
        raise SyncdError(f"{source} is about mapping `{decided.mapping}`: leave out --mapping, or name that one")

    async def work(daemon: Daemon) -> Outcome:
        from syncd.engine.backfill import given

        rules = chosen(daemon, decided.mapping)
        return await fill(daemon, rules, wanted, find=given(decided.said), refs=list(decided.said))

    outcome = session.use(work, config=config, mode=wanted.mode)
    outcome.waiting = decided.waiting
    show(outcome, wanted, json=json)


# --- by title --------------------------------------------------------------------------------------------------------


def _by_title(wanted: Wanted, within: timedelta, plan: Path | None, *, config: Path | None, json: bool) -> None:
    asks = plan is None and not wanted.dry_run
    if asks and not sys.stdin.isatty():
        raise SyncdError("nobody is here to ask: `--plan FILE` writes the pairs down, `--from FILE` links them then")

    async def work(daemon: Daemon) -> tuple[list[Alike], Outcome, str]:
        rules = chosen(daemon, wanted.mapping)
        found = await _alike(daemon, rules, wanted.refs, within)
        outcome = await _asked(daemon, rules, wanted, found) if asks else Outcome()
        return found, outcome, rules.name

    found, outcome, name = session.use(work, config=config, mode=wanted.mode if asks else Mode.LOOK)
    if plan is not None:
        _write_down(plan, name, found, json=json)
    elif asks:
        show(outcome, wanted, json=json)
    else:
        _list(found, json=json)


async def _alike(daemon: Daemon, rules: Mapping, refs: list[str] | None, within: timedelta) -> list[Alike]:
    from syncd.engine import backfill as engine

    tickets = refs if refs is not None else await engine.watched(daemon.site, rules)
    with session.progress("reading both sides") as tell:
        return await engine.alike(daemon.site, rules, tickets, within=within, progress=tell)


async def _asked(daemon: Daemon, rules: Mapping, wanted: Wanted, found: Sequence[Alike]) -> Outcome:
    """Each yes is carried out before the next question."""
    from syncd.cli import pairs
    from syncd.engine import backfill as engine

    outcome = Outcome()
    for ticket, issue in pairs.ask(found):
        find = engine.given({ticket: issue})
        outcome.found += await engine.backfill(daemon.site, rules, find=find, tickets=[ticket], how=wanted.how)
    return outcome


def _write_down(plan: Path, mapping: str, found: Sequence[Alike], *, json: bool) -> None:
    from syncd.cli import pairs

    pairs.write(plan, mapping, found)
    several = sum(bool(pair.rivals) for pair in found)
    if json:
        session.print_json({"plan": str(plan), "pairs": len(found), "match_several": several})
        return
    typer.echo(f"{session.counted(len(found), 'pair')} in {plan}, {several} of titles that match several")
    session.notice(f"say `link: yes` or `link: no` there, then `syncd backfill --from {plan}`")


def _list(found: Sequence[Alike], *, json: bool) -> None:
    if json:
        session.print_json({"pairs": found})
        return
    rows = session.table("ticket", "made (UTC)", "issue", "made (UTC)", "title", "also")
    for pair in found:
        made = (f"{half.created.astimezone(UTC):%Y-%m-%d %H:%M}" for half in (pair.ticket, pair.issue))
        words = (pair.ticket.label, next(made), pair.issue.label, next(made), pair.ticket.title, ", ".join(pair.rivals))
        rows.add_row(*map(session.safe, words))
    if found:
        session.console().print(rows)
    typer.echo(f"{session.counted(len(found), 'pair')} to be asked for" if found else "none")


# --- words of the command line ---------------------------------------------------------------------------------------


def _span(text: str) -> timedelta:
    """A span as the config writes it: "2d", "12h"."""
    from syncd.mapping.nodes import Mark, Scalar
    from syncd.mapping.words import Wrong, duration

    try:
        return duration(Scalar(text, Mark(1, 1)))
    except Wrong as wrong:
        raise SyncdError(f"--within: {wrong}; write `2d` or `12h`") from None


def _refs(tickets: list[str]) -> list[str]:
    if tickets != ["-"]:
        return [ref.removeprefix("#") for ref in tickets]
    return [line.strip().removeprefix("#") for line in sys.stdin if line.strip()]
