"""What every way of a backfill has in common: what is wanted, the work with its estimate, and the list after it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import typer

from syncd.cli import session
from syncd.cli.session import Mode, Progress
from syncd.errors import Exit

if TYPE_CHECKING:
    from syncd.core.mapping import Mapping
    from syncd.daemon import Daemon
    from syncd.engine.backfill import Filled, Finder, How
    from syncd.engine.backfill.estimate import Estimate


@dataclass(frozen=True, slots=True)
class Wanted:
    """What every way has in common. `refs` is None for every ticket that is watched."""

    refs: list[str] | None
    mapping: str | None
    history: bool
    dry_run: bool
    reason: str

    @property
    def mode(self) -> Mode:
        return Mode.LOOK if self.dry_run else Mode.ASK

    @property
    def how(self) -> How:
        from syncd.engine.backfill import How

        return How(history=self.history, dry_run=self.dry_run, by=session.by(self.reason))


@dataclass(slots=True)
class Outcome:
    """What became of the tickets; `waiting` pairs have no word yet; `estimate` is a sentence, or nothing."""

    found: list[Filled] = field(default_factory=list)
    waiting: int = 0
    estimate: str = ""


async def fill(daemon: Daemon, rules: Mapping, wanted: Wanted, *, find: Finder, refs: Sequence[str] | None) -> Outcome:
    from syncd.engine import backfill as engine

    forecast = _Forecast(daemon, rules)
    with session.progress("linking", forecast.rest) as tell:
        found = await engine.backfill(
            daemon.site, rules, find=find, tickets=refs, how=wanted.how, progress=forecast.watching(tell)
        )
    return Outcome(found, estimate=forecast.whole() if wanted.dry_run else "")


class _Forecast:
    """Counts what this command asks of the vendors, and says what that makes for the rest."""

    def __init__(self, daemon: Daemon, rules: Mapping) -> None:
        from syncd.engine.backfill.estimate import Meter

        self._site, self._connections = daemon.site, rules.connections.both()
        self._meter, self._began = Meter(), time.monotonic()
        self._done, self._of = 0, 0
        daemon.observers.append(self._meter)

    def watching(self, tell: Progress) -> Callable[[int, int], None]:
        def step(done: int, of: int) -> None:
            self._done, self._of = done, of
            tell(done, of)

        return step

    def rest(self) -> str:
        from syncd.engine.backfill.estimate import brief

        found = self._of_left(self._of - self._done)
        return brief(found) if found else ""

    def whole(self) -> str:
        """What the same call costs that links: it reads what the dry run has read."""
        from syncd.engine.backfill.estimate import sentence

        found = self._of_left(self._of)
        return sentence(found) if found else ""

    def _of_left(self, left: int) -> Estimate | None:
        from syncd.engine.backfill.estimate import estimate

        return estimate(
            done=self._done,
            left=left,
            calls=self._meter.calls,
            elapsed=timedelta(seconds=time.monotonic() - self._began),
            quotas={name: self._site.connectors[name].quotas() for name in self._connections},
            now=self._site.now(),
        )


def show(outcome: Outcome, wanted: Wanted, *, json: bool) -> None:
    found = outcome.found
    missed = [one for one in found if one.link is None and not (wanted.dry_run and one.issue)]
    if json:
        told = {"tickets": found, "linked": len(found) - len(missed), "waiting": outcome.waiting}
        session.print_json({**told, "estimate": outcome.estimate})
    else:
        _print(outcome, linked=len(found) - len(missed), dry_run=wanted.dry_run)
    raise typer.Exit(Exit.PART if missed or outcome.waiting else Exit.DONE)


def _print(outcome: Outcome, *, linked: int, dry_run: bool) -> None:
    rows = session.table("ticket", "issue", "link", "")
    for one in outcome.found:
        rows.add_row(*(session.safe(word) for word in (one.ticket, one.issue, str(one.link or "-"), one.why)))
    if outcome.found:
        session.console().print(rows)
    counted = session.counted(len(outcome.found), "ticket")
    typer.echo(f"{linked} of {counted} {'to be linked' if dry_run else 'linked'}" if outcome.found else "none")
    if outcome.waiting:
        typer.echo(f"{session.counted(outcome.waiting, 'pair')} without a word: `link: yes`, `link: no`, or `--yes`")
    if outcome.estimate:
        typer.echo(f"linking: {outcome.estimate}")
    if copies := sum(one.copies for one in outcome.found):
        many = session.counted(copies, "comment or file", "comments and files")
        typer.echo(f"then the daemon copies {many}, behind all other work: a call each or more")
    if told := sum(one.for_customers for one in outcome.found):
        many = session.counted(told, "of them becomes a public reply", "of them become public replies")
        typer.echo(f"{many} that customers read, and may get by mail: that is what the mapping says of such comments")
