"""`syncd audit`: compare every pair with its vendors, or read and prove what was written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from syncd.cli import planprint, session
from syncd.cli.session import ConfigOption, JsonOption
from syncd.errors import Exit, SyncdError

if TYPE_CHECKING:
    from datetime import datetime

    from syncd.daemon import Daemon
    from syncd.engine.views import PlannedLink
    from syncd.store.records import AuditRow, Broken

_HELP = """Compare every linked pair, read fresh from both vendors; writes nothing anywhere.

\b
With --log, print the rows of the audit instead: every decision and write, of LINKs or of all.
With --verify, prove that no row was changed, removed or slipped in.
Exit code 0: all agree, or the chain holds; 5: not so.

\b
Examples:
  syncd audit
  syncd audit CORE-7 --log
  syncd audit --verify
"""


def register(app: typer.Typer) -> None:
    app.command("audit", help=_HELP)(audit)


def audit(
    links: Annotated[list[str] | None, typer.Argument(metavar="[LINK]...", show_default=False)] = None,
    *,
    log: Annotated[bool, typer.Option("--log", help="Print what was decided and written.")] = False,
    verify: Annotated[bool, typer.Option("--verify", help="Prove that the rows are as they were written.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="With --log: at most so many, newest first.")] = 50,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    if log and verify:
        raise SyncdError("--log and --verify exclude each other")
    if verify:
        _verified(*session.use(_verify, config=config), json=json)
    elif log:
        _logged(*session.use(_Rows(links or [], limit), config=config), json=json)
    else:
        _compared(session.use(_Comparing(links or []), config=config), json=json)


# --- comparing


class _Comparing:
    def __init__(self, links: list[str]) -> None:
        self.links = links

    async def __call__(self, daemon: Daemon) -> list[PlannedLink]:
        from syncd.engine import views

        ids = [(await views.find(daemon.site, link)).id for link in self.links] or None
        with session.progress("comparing") as tell:
            return await views.compare(daemon.site, ids=ids, progress=tell)


def _compared(found: list[PlannedLink], *, json: bool) -> None:
    differ = [one for one in found if not one.agrees]
    if json:
        session.print_json({"pairs": len(found), "agree": len(found) - len(differ), "differ": differ})
    else:
        planprint.show(session.console(), found, verb="Compared")
    raise typer.Exit(Exit.PART if differ else Exit.DONE)


# --- the rows


class _Rows:
    def __init__(self, links: list[str], limit: int) -> None:
        self.links = links
        self.limit = limit

    async def __call__(self, daemon: Daemon) -> tuple[list[AuditRow], datetime]:
        from syncd.engine import views
        from syncd.store import audit as rows

        ids: list[int | None] = [(await views.find(daemon.site, link)).id for link in self.links]
        found: list[AuditRow] = []
        for link_id in ids or [None]:
            found += await daemon.store.read(
                lambda c, of=link_id: rows.page(c, of, limit=self.limit, newest_first=True)  # type: ignore[misc]
            )
        found.sort(key=lambda row: -row.id)
        return found[: self.limit], daemon.site.now()


def _logged(found: list[AuditRow], now: datetime, *, json: bool) -> None:
    if json:
        session.print_json([{"id": row.id, "at": row.at, **_entry(row)} for row in found])
        return
    rows = session.table("row", "when", "link", "what", "where", "rule", "who", "outcome")
    for row in found:
        entry = row.entry
        words = str(entry.link_id or ""), entry.kind, str(entry.side or ""), entry.rule, entry.actor, entry.outcome
        rows.add_row(str(row.id), session.when(row.at, now), *(session.safe(word) for word in words))
    session.console().print(rows if found else "no rows")


def _entry(row: AuditRow) -> dict[str, object]:
    from syncd.engine.readable import as_json

    return {**as_json(row.entry), "hash": row.hash}


# --- the chain


async def _verify(daemon: Daemon) -> tuple[Broken | None, int, str]:
    from syncd.store import audit as rows

    broken = await daemon.store.read(rows.verify)
    last, hash_ = await daemon.store.read(rows.head)
    return broken, last, hash_


def _verified(broken: Broken | None, last: int, hash_: str, *, json: bool) -> None:
    if json:
        session.print_json({"holds": broken is None, "broken": broken, "last": last, "hash": hash_})
    elif broken:
        typer.echo(f"the chain does not hold: {broken.problem}")
    else:
        typer.echo(f"the chain holds: {session.counted(last, 'row')} were written, the last has the hash {hash_}")
    raise typer.Exit(Exit.PART if broken else Exit.DONE)
