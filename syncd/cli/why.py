"""`syncd why`: who set a field, by which rule, what was refused, when the next try is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from syncd.cli import session
from syncd.cli.session import ConfigOption, JsonOption

if TYPE_CHECKING:
    from datetime import datetime

    from rich.console import Console

    from syncd.daemon import Daemon
    from syncd.engine.views import Answer, ClockAnswer

_HELP = """Say why a ticket is as it is: who set each field, by which rule, what was refused,
when the next try is; for a ticket without an issue, on which condition each rule failed.

\b
TICKET is a link's number, `#12` or `desk:12` (a ticket by its id), `CORE-7`, or an address.
FIELD is an entry of the mapping, or a field of either vendor.

\b
Examples:
  syncd why CORE-7
  syncd why '#4711' priority
"""


def register(app: typer.Typer) -> None:
    app.command("why", help=_HELP)(why)


def why(
    ticket: Annotated[str, typer.Argument(metavar="TICKET")],
    field: Annotated[str | None, typer.Argument(metavar="[FIELD]", show_default=False)] = None,
    steps: Annotated[int, typer.Option(min=0, max=500, help="How much of the history to show.")] = 10,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    async def work(daemon: Daemon) -> tuple[list[Answer], datetime]:
        from syncd.engine import views

        return await views.why(daemon.site, ticket, field), daemon.site.now()

    answers, now = session.use(work, config=config)
    if json:
        session.print_json(answers)
        return
    out = session.console()
    for answer in answers:
        show(out, answer, now, steps)


def show(out: Console, answer: Answer, now: datetime, steps: int) -> None:
    link = answer.link
    issue = f" - {link.engineering.label}" if link.engineering else " has no issue"
    number = f"link {link.id}, " if link.id else ""
    session.say(out, f"{link.support.label}{issue}  ({number}{link.mapping}, {link.state})", "bold")
    if link.severity:
        session.say(out, f"  {link.severity} by {link.severity_rule}")
    if answer.owner:
        why = f" ({answer.owner.why})" if answer.owner.why else ""
        session.say(out, f"  owner {answer.owner.who}: {answer.owner.role}{why}")
    for clock in answer.clocks:
        _clock(out, clock, now)
    for wait in answer.waits:
        session.say(out, f"  {wait}", "yellow")
    if answer.next_try:
        session.say(out, f"  next run {session.when(answer.next_try, now)}")
    for rule, holds, reason in answer.rules:
        sign, style = ("+", "green") if holds else ("-", "dim")
        session.say(out, f"  {sign} rule {rule}: {reason}", style)
    _fields(out, answer, now)
    if steps and answer.steps:
        out.print()
        _history(out, answer, now, steps)
    out.print()


def _clock(out: Console, clock: ClockAnswer, now: datetime) -> None:
    from syncd.core.spans import spoken

    over = clock.used > clock.within
    state = f"over by {spoken(clock.used - clock.within)}" if over else f"{spoken(clock.within - clock.used)} left"
    until = f", ends {session.when(clock.due, now)}" if clock.due and not over else ""
    paused = ", stands still" if clock.paused else ""
    session.say(out, f"  clock {clock.name}: {state}{until}{paused}", "red" if over else "")


def _fields(out: Console, answer: Answer, now: datetime) -> None:
    for field in answer.fields:
        said = field.values.map(lambda value: session.clipped(value, out.width // 3) or "(empty)")
        same = said.support == said.engineering
        session.say(out, f"  {field.name}: {said.support}" + ("" if same else f"  |  {said.engineering}"))
        if field.set_by:
            session.say(out, f"      {session.when(field.at, now)} {field.set_by}", "dim")
        if field.refused:
            session.say(out, f"      refused: {field.refused}", "red")
        if field.conflict:
            session.say(out, f"      both changed it: {field.conflict}", "yellow")


def _history(out: Console, answer: Answer, now: datetime, steps: int) -> None:
    rows = session.table("when", "what", "where", "by rule", "")
    for step in answer.steps[:steps]:
        where = str(step.side) if step.side else ""
        who = f"{step.detail} ({step.actor})" if step.actor != "syncd" else step.detail
        words = step.what, where, step.rule, session.clipped(who, out.width)
        rows.add_row(session.when(step.at, now), *(session.safe(word) for word in words))
    out.print(rows)
