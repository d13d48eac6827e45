"""`syncd conflicts`: fields that both sides changed and that nobody owns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from syncd.cli import session
from syncd.cli.session import ConfigOption, JsonOption

if TYPE_CHECKING:
    from datetime import datetime

    from syncd.daemon import Daemon
    from syncd.engine.views import ConflictView

_HELP = """List fields that both sides changed and that nobody owns; `syncd resolve` decides one.

\b
Examples:
  syncd conflicts
  syncd conflicts --json
"""


def register(app: typer.Typer) -> None:
    app.command("conflicts", help=_HELP)(conflicts)


def conflicts(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 100,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    from syncd.engine import views

    async def work(daemon: Daemon) -> tuple[list[ConflictView], datetime]:
        return await views.conflicts(daemon.site, limit=limit), daemon.site.now()

    found, now = session.use(work, config=config)
    if json:
        session.print_json(found)
        return
    out = session.console()
    if not found:
        out.print("no conflicts")
        return
    rows = session.table("conflict", "ticket", "issue", "field", "support says", "engineering says", "was", "since")
    for view in found:
        issue = view.link.engineering.label if view.link.engineering else "-"
        says = views.shown(view.now.support) or "(empty)", views.shown(view.now.engineering) or "(empty)"
        words = str(view.id), view.link.support.label, issue, view.field, *says, views.shown(view.base.support)
        rows.add_row(*(session.safe(word) for word in words), session.when(view.at, now))
    out.print(rows)
    out.print(f"\nsyncd resolve {found[0].id} support|engineering")
