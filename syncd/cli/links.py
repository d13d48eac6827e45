"""`syncd links`: which tickets belong together, and how each pair stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from syncd.cli import session
from syncd.cli.session import ConfigOption, JsonOption
from syncd.errors import SyncdError

if TYPE_CHECKING:
    from datetime import datetime

    from syncd.daemon import Daemon
    from syncd.engine.views import LinkView

_HELP = """List links: which tickets belong together, and how each pair stands.

\b
STATE is one of converged, behind, diverged, watched, held, parked, resting.

\b
Examples:
  syncd links
  syncd links behind
  syncd links --mapping zendesk-jira --limit 20 --json
"""


def register(app: typer.Typer) -> None:
    app.command("links", help=_HELP)(links)


def links(
    state: Annotated[str | None, typer.Argument(metavar="[STATE]", show_default=False)] = None,
    *,
    mapping: Annotated[str | None, typer.Option(help="Of this mapping only.")] = None,
    ref: Annotated[str | None, typer.Option(help="Of this ticket only, on either side.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 100,
    offset: Annotated[int, typer.Option(min=0, help="Leave out the first ones.")] = 0,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    from syncd.engine import views

    if state is not None and state not in views.STATES:
        raise SyncdError(f"no link is ever `{state}`; expected one of {', '.join(views.STATES)}")

    async def work(daemon: Daemon) -> tuple[list[LinkView], datetime]:
        if mapping is not None and mapping not in daemon.site.mappings:
            raise SyncdError(f"no mapping is called `{mapping}`; there are {', '.join(sorted(daemon.site.mappings))}")
        found = await views.links(daemon.site, state=state, mapping=mapping, ref=ref, limit=limit, offset=offset)
        return found, daemon.site.now()

    found, now = session.use(work, config=config)
    if json:
        session.print_json(found)
        return
    rows = session.table("link", "ticket", "issue", "state", "since", "mapping", "")
    for view in found:
        issue = view.engineering.label if view.engineering else "-"
        words = str(view.id), view.support.label, issue, view.state, session.when(view.since, now), view.mapping
        rows.add_row(*(session.safe(word) for word in words), session.safe(view.detail))
    out = session.console()
    out.print(rows if found else "no links")
    if len(found) == limit:
        session.notice(f"there may be more: --offset {offset + limit}")
