"""`syncd share`: make a signed link to one ticket, or revoke what was shared."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncd.cli import session
from syncd.cli.session import ConfigOption, JsonOption, Mode, ReasonOption
from syncd.errors import SyncdError

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from syncd.core.deeds import Purpose
    from syncd.core.progress import Progress
    from syncd.daemon import Daemon

_HELP = """Make a signed link to a ticket, for one purpose; it is printed once and kept nowhere.

\b
PURPOSE is one of
  progress   the customer sees how far it is
  accept     engineering takes the issue
  return     engineering returns it, with what is missing
  reviewed   it was looked at together
  approve    somebody lets it become an issue
  refuse     or not, with the reason
  rate       the customer says how it went

\b
Examples:
  syncd share '#4711' progress --expires 14d
  syncd share CORE-7 accept --for "Ben" --json
  syncd share '#4711' progress --replace
  syncd share '#4711' --revoke
  syncd share '#4711' --show
"""


def register(app: typer.Typer) -> None:
    app.command("share", help=_HELP)(share)


def share(
    ticket: Annotated[str, typer.Argument(metavar="TICKET", help="A ticket or its issue, or the number of a link.")],
    purpose: Annotated[str | None, typer.Argument(metavar="[PURPOSE]", show_default=False)] = None,
    *,
    who: Annotated[str, typer.Option("--for", help="Whom it is made for, and who then says it.")] = "",
    expires: Annotated[
        str | None, typer.Option(help="How long it works, such as 12h or 30d.", show_default=False)
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Revoke those for the same purpose first.")] = False,
    revoke: Annotated[bool, typer.Option("--revoke", help="Revoke all of the ticket, or those for PURPOSE.")] = False,
    show: Annotated[bool, typer.Option("--show", help="Show what the customer would see, and make no link.")] = False,
    reason: ReasonOption = "",
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    if show:
        _show(ticket, config=config, json=json)
        return
    wanted = _purpose(purpose, needed=not revoke)
    if revoke and (who or expires or replace):
        raise SyncdError("`--revoke` makes no link: leave out --for, --expires and --replace")
    lives = _duration(expires)

    async def work(daemon: Daemon) -> dict[str, Any]:
        from syncd.engine import tokens, views

        site, by = daemon.site, session.by(reason)
        link = await views.find(site, ticket)
        if wanted is None or revoke:
            return {"link": link.id, "revoked": await tokens.revoke(site, link, wanted, by=by)}
        url = await tokens.link_for(site, link, wanted, who=who, expires=lives, replace=replace, by=by)
        return {"link": link.id, "purpose": str(wanted), "for": who, "url": url}

    done = session.use(work, config=config, mode=Mode.ASK)
    if json:
        session.print_json(done)
    else:
        typer.echo(f"revoked {session.counted(done['revoked'], 'link')}" if revoke else done["url"])


def _show(ticket: str, *, config: Path | None, json: bool) -> None:
    """What the customer's page of a ticket shows."""

    async def look(daemon: Daemon) -> tuple[Progress, datetime]:
        from syncd.engine import views
        from syncd.engine.progress import progress_of

        link = await views.find(daemon.site, ticket)
        found = await progress_of(daemon.site, link.id)
        if found is None:
            raise SyncdError(f"nothing is noted of link {link.id} any more: it was unlinked, or its ticket deleted")
        return found, daemon.site.now()

    found, now = session.use(look, config=config)
    if json:
        session.print_json(found)
        return
    rows = session.table("step", "stands", "since")
    for view in found.steps:
        rows.add_row(str(view.step).replace("_", " "), str(view.stand), session.when(view.at, now))
    out = session.console()
    out.print(rows)
    late = " (late)" if found.late else ""
    session.say(out, f"next answer: {session.when(found.update_due, now)}{late}; answers so far: {len(found.answers)}")


def _purpose(word: str | None, *, needed: bool) -> Purpose | None:
    from syncd.core.deeds import Purpose

    words = ", ".join(str(purpose) for purpose in Purpose)
    if word is None:
        if needed:
            raise SyncdError(f"what may the link be used for? Name one of {words}")
        return None
    try:
        return Purpose(word)
    except ValueError:
        raise SyncdError(f"no link is for `{word}`; expected one of {words}") from None


def _duration(text: str | None) -> timedelta | None:
    from syncd.mapping import words
    from syncd.mapping.nodes import Mark, Scalar

    if text is None:
        return None
    try:
        return words.duration(Scalar(text, Mark(1, 1)))
    except words.Wrong as wrong:
        raise SyncdError(f"--expires: {wrong.problem}; {wrong.remedy}") from None
