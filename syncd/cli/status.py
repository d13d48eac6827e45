"""`syncd status`: one sentence whether it works, and what stands behind it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import typer

from syncd.cli import session
from syncd.cli.session import ConfigOption, JsonOption
from syncd.errors import Exit

if TYPE_CHECKING:
    from syncd.daemon import Daemon
    from syncd.engine.pulse import Delay
    from syncd.engine.views import ConnectionView, Status

_HELP = """Say in one sentence whether it works, then how everything stands.

\b
Works beside a running daemon and without one; writes nothing, asks no vendor.
Exit code 0: it works and nothing waits for a person; 5: look at what it says.

\b
Examples:
  syncd status
  syncd status --json
"""


def register(app: typer.Typer) -> None:
    app.command("status", help=_HELP)(status)


def status(config: ConfigOption = None, json: JsonOption = False) -> None:
    found = session.use(_status, config=config)
    if json:
        session.print_json(found)
    else:
        show(found)
    raise typer.Exit(Exit.DONE if found.works and not found.needs_person else Exit.PART)


async def _status(daemon: Daemon) -> Status:
    from syncd.engine import views

    return await views.status(daemon.site)


def show(found: Status) -> None:
    out = session.console()
    style = "bold green" if found.works and not found.needs_person else "bold yellow" if found.works else "bold red"
    session.say(out, found.sentence, style)
    out.print()
    rows = session.table("", "")
    for name, text in _rows(found):
        rows.add_row(session.safe(name, "dim"), session.safe(text))
    rows.show_header = False
    out.print(rows)
    out.print()
    connections = session.table("connection", "last read", "left of the limit", "sign-in", "")
    for connection in found.connections:
        connections.add_row(*(session.safe(text) for text in _connection(connection, found)))
    out.print(connections)


def _rows(found: Status) -> Iterator[tuple[str, str]]:
    counts, waiting, now = found.counts, found.waiting, found.at
    yield (
        "pairs",
        f"{counts.converged} converged, {_since(counts.behind, 'behind', counts.behind_since, now)}, "
        + (_since(counts.diverged, "diverged", counts.diverged_since, now)),
    )
    yield "other", f"{counts.watched} watched, {counts.held} held, {counts.resting} resting"
    parked = ", ".join(f"{number} {scope}" for scope, number in sorted(waiting.parked.items())) or "nothing"
    yield "parked", parked + ("  (`syncd parked`)" if waiting.parked else "")
    if waiting.conflicts:
        yield "conflicts", f"{waiting.conflicts}  (`syncd conflicts`)"
    for lookup in found.lookups:
        again = f"; asked again {lookup.next_try:%H:%M:%S} UTC" if lookup.next_try else ""
        yield f"lookup {lookup.name}", lookup.problem + again
    for pause in found.pauses:
        yield (
            "paused",
            f"{pause.scope} {pause.name}, {session.when(pause.since, now)}: {pause.reason}  " + (f"(`{pause.remedy}`)"),
        )
    oldest = f", the first {session.when(waiting.oldest_hint, now)}" if waiting.oldest_hint else ""
    yield "changes", f"{waiting.hints} wait{oldest}"
    if waiting.bad_deliveries:
        yield "webhooks", f"{waiting.bad_deliveries} could not be read"
    for one in found.connections:
        if one.webhooks and one.webhooks.problem:
            yield "webhooks", f"{one.name}: {one.webhooks.problem}  (try: {one.webhooks.remedy})"
    if found.daemon and found.delay:
        yield "delay", _delay(found.delay, found.daemon.started, now)
    for reason in found.health.reasons:
        yield "health", reason
    for connection in found.connections:
        if connection.ending:
            yield "sign-in", connection.ending
    if found.daemon and found.running:
        where = f", {found.daemon.listen}" if found.daemon.listen else ""
        yield "daemon", f"{found.daemon.who}, since {found.daemon.started:%Y-%m-%d %H:%M} UTC{where}"


def _since(number: int, word: str, since: datetime | None, now: datetime) -> str:
    if not number or since is None:
        return f"{number} {word}"
    return f"{number} {word} (the longest {session.when(since, now).removesuffix(' ago')})"


def _delay(delay: Delay, started: datetime, now: datetime) -> str:
    """A daemon remembers its own writes alone: what another did before it started, it cannot tell."""
    if delay.count:
        return f"p50 {_span(delay.p50)}, p99 {_span(delay.p99)} over {session.counted(delay.count, 'write')} this hour"
    return "no writes in the last hour" if now - started >= timedelta(hours=1) else "no writes since it started"


def _span(milliseconds: float) -> str:
    return f"{milliseconds:.0f} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"


def _connection(view: ConnectionView, found: Status) -> tuple[str, ...]:
    left = ", ".join(f"{quota.name} {quota.remaining}/{quota.limit}" for quota in view.quotas) or "-"
    ends = f"ends {session.when(view.expires, found.at)}" if view.expires else "-"
    return view.name, session.when(view.last_poll, found.at), left, ends, "paused" if view.paused else view.problem
