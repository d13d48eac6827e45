"""`syncd run`: the daemon."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syncd.cli import planprint, session
from syncd.cli.session import ConfigOption, DryRunOption

if TYPE_CHECKING:
    from syncd.daemon import Daemon

_HELP = """Run the daemon until SIGTERM or Ctrl-C; SIGHUP reads the mappings again.

\b
New changes are carried from the first moment. What an edited mapping would write to links
that exist waits for `syncd apply`, or is written at the start with --apply.

\b
Examples:
  syncd run
  syncd run --config /etc/syncd/syncd.yaml
  syncd run --apply
"""


def register(app: typer.Typer) -> None:
    app.command("run", help=_HELP)(run)


def run(
    config: ConfigOption = None,
    apply: Annotated[bool, typer.Option("--apply", help="Also settle what waits for `syncd apply`.")] = False,
    dry_run: DryRunOption = False,
) -> None:
    from syncd.cli.plan import Planning

    if dry_run:
        planprint.show(session.console(), session.use(Planning([]), config=config))
        return
    asyncio.run(_run(config, apply=apply))


async def _run(config: Path | None, *, apply: bool) -> None:
    from syncd import log, settings
    from syncd.daemon import build

    path = settings.config_path(config)
    found, mappings = settings.load(path)
    log.configure(level=found.log.level, format=found.log.format)
    daemon = await build(found, mappings, path=path)
    if apply:
        await settle_waiting(daemon)
    await daemon.run()


async def settle_waiting(daemon: Daemon) -> None:
    """Mark every link whose mapping was edited, or that differs, or that was held."""
    from syncd.engine import operate
    from syncd.store import overview

    digests = {name: mapping.digest for name, mapping in daemon.site.mappings.items()}
    ids = await daemon.store.read(lambda c: overview.waiting_for_apply(c, digests))
    await operate.apply(daemon.site, ids, by=session.by("run --apply"))
