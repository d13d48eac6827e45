"""`syncd db`: the store itself: make, copy, put back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syncd.cli import session
from syncd.cli.session import ConfigOption, DryRunOption, JsonOption, Mode, ReasonOption, YesOption

if TYPE_CHECKING:
    from syncd.daemon import Daemon
    from syncd.engine.restored import Adopted

_HELP = """Make, copy, and put back the store.

\b
Examples:
  syncd db upgrade
  syncd db backup /backups/syncd-monday.db
  syncd db restore /backups/syncd-monday.db
"""
_UPGRADE = "Make the store, or bring it to this program's schema; it is copied aside first."
_BACKUP = """Copy the store into a new FILE, while the daemon runs. PostgreSQL: use pg_dump.

\b
Keep the secret of the marks with it: FILE's store finds what it made at the vendors only by it.

\b
Example:
  syncd db backup /backups/syncd-monday.db
"""
_RESTORE = """Put a backup in the store's place; what was there stays beside it.

\b
Nothing is written to a vendor then until `syncd db accept`: the backup does not know what
happened after it was made.

\b
Example:
  syncd db restore /backups/syncd-monday.db
"""
_ACCEPT = """Go on with a restored store: every pair is read, copies that were made since are recognised by
their marks, what agrees is the new base, and what differs is a conflict for a person.

\b
Example:
  syncd db accept --dry-run
"""


def register(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help=_HELP)
    group.command("upgrade", help=_UPGRADE)(upgrade)
    group.command("backup", help=_BACKUP)(backup)
    group.command("restore", help=_RESTORE)(restore)
    group.command("accept", help=_ACCEPT)(accept)
    app.add_typer(group, name="db")


def upgrade(config: ConfigOption = None) -> None:
    from syncd.store import migrate
    from syncd.store.migrations import HEAD

    url = _url(config)
    migrate.upgrade(url, notice=session.notice)
    typer.echo(f"{_shown(url)} has schema {HEAD}")


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that is not there yet.")],
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    from syncd.store import backup as copies

    label = copies.backup(_url(config), file)
    if json:
        session.print_json({"file": str(file), "label": label})
    else:
        typer.echo(f"{file}: store {label.store[:8]}, schema {label.schema}, {file.stat().st_size:,} bytes")


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `syncd db backup` wrote.")],
    *,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
    config: ConfigOption = None,
) -> None:
    from syncd.store import backup as copies

    url, label = _url(config), copies.read_label(file)
    old = datetime.now(UTC) - label.made_at
    said = f"{_shown(url)} with the backup of {label.made_at:%Y-%m-%d %H:%M} UTC ({old.days} d old)"
    if dry_run:
        typer.echo(f"would replace {said}")
        return
    session.confirm(f"Replace {said}?", yes=yes)
    copies.restore(url, file)
    typer.echo(f"replaced {said}; next: `syncd db accept`")


def accept(
    *,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
    reason: ReasonOption = "",
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    async def look(daemon: Daemon) -> tuple[str | None, int]:
        from syncd.store import links

        return daemon.store.restored, (await daemon.store.read(links.counts)).linked

    async def work(daemon: Daemon) -> Adopted:
        from syncd.engine import restored

        with session.progress("adopting") as tell:
            return await restored.accept(daemon.site, by=session.by(reason), dry_run=dry_run, progress=tell)

    why, linked = session.use(look, config=config)
    if why is None:
        typer.echo("nothing to accept: the store was not restored")
        return
    if not dry_run:
        session.confirm(f"Read {session.counted(linked, 'pair')} and go on ({why})?", yes=yes)
    adopted = session.use(work, config=config, mode=Mode.LOOK if dry_run else Mode.ACT)
    if json:
        session.print_json(adopted)
    else:
        would = "would adopt" if dry_run else "adopted"
        typer.echo(
            f"{would} {session.counted(adopted.pairs, 'pair')}, {session.counted(adopted.copies, 'copy', 'copies')}; "
            f"{session.counted(adopted.conflicts, 'conflict')}, {adopted.unread} could not be read"
        )


def _url(config: Path | None) -> str:
    from syncd import settings

    found, _ = settings.load(settings.config_path(config))
    return found.store.get_secret_value()


def _shown(url: str) -> str:
    from syncd.store import engines

    return engines.shown(url)
