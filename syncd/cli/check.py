"""`syncd check`: prove config and mappings before anything is contacted."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from syncd.errors import Complaint, Exit

_HELP = """Prove config and mappings: every complaint of every file at once. Contacts nobody, unless --online.

\b
PATH is a config, a mapping, or a folder: with a config in it (syncd.yaml or
config/syncd.yaml) that installation is checked; without one, everything below it is.
Mappings are checked against the config that they stand beside, else that of --config.

\b
Examples:
  syncd check
  syncd check --online
  syncd check mappings/zendesk-jira.yaml
  syncd check --json deploy/
"""


@dataclass(frozen=True, slots=True)
class Target:
    """A config with the mappings it names, or (`mappings` given) with these instead; or mappings without any config."""

    config: Path | None
    mappings: tuple[Path, ...] | None = None


def register(app: typer.Typer) -> None:
    app.command("check", help=_HELP)(check)


def check(
    paths: Annotated[list[Path] | None, typer.Argument(metavar="[PATH]...", show_default=False)] = None,
    config: Annotated[
        Path | None, typer.Option(help="The config; else $SYNCD_CONFIG, else config/syncd.yaml.", show_default=False)
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print complaints as JSON.")] = False,
    online: Annotated[bool, typer.Option("--online", help="Then ask both vendors whether all that is there.")] = False,
) -> None:
    from syncd.cli import complaints as shown
    from syncd.settings import config_path

    targets = list(_targets(paths, config)) if paths else [Target(config_path(config))]
    found: list[Complaint] = []
    counted: list[str] = []
    for target in targets:
        complaints, said = _examined(target)
        found.extend(complaints)
        counted.append(said)
    unasked = False
    if online and not any(not complaint.notice for complaint in found):
        for target in targets:
            complaints, said, away = _asked(target)
            found, unasked = [*found, *complaints], unasked or away
            counted.append(said)
    found = sorted(set(found))
    refused = any(not complaint.notice for complaint in found)
    if json:
        shown.print_json({"ok": not refused, "complaints": shown.as_json(found)})
    else:
        if found:
            shown.show(found)
        if not refused:
            typer.echo("\n".join(counted))
    raise typer.Exit(Exit.REFUSED if unasked else Exit.WRONG_USE if refused else Exit.DONE)


def _asked(target: Target) -> tuple[Sequence[Complaint], str, bool]:
    """Complaints, a line that says who answered, and whether a vendor did not."""
    from syncd.cli import online

    if target.config is None:
        return (), "no config, so nobody was asked", False
    mappings = None if target.mappings is None else list(target.mappings)
    answered = asyncio.run(online.ask(target.config, mappings))
    who = ", ".join(f"{name} as {account}" for name, account in sorted(answered.accounts.items()))
    return answered.complaints, f"online: {who or 'nobody answered'}", answered.unasked


def _examined(target: Target) -> tuple[Sequence[Complaint], str]:
    from syncd import settings
    from syncd.mapping.load import load, shown_path

    if target.config is None:
        loaded = load(target.mappings or (), None)
        names = ", ".join(mapping.name for mapping in loaded.mappings)
        return loaded.complaints, f"{names}: good by itself; no config, so its connections are not checked"
    mappings = None if target.mappings is None else list(target.mappings)
    examined = settings.examine(target.config, mappings=mappings)
    connections = len(examined.vendors)
    names = ", ".join(mapping.name for mapping in examined.mappings) or "none"
    return examined.complaints, f"{shown_path(target.config)}: good; {connections} connections, mappings: {names}"


# --- what a path means


def _targets(paths: Sequence[Path], config: Path | None) -> Iterator[Target]:
    for path in paths:
        if path.is_dir():
            yield from _in_folder(path, config)
        elif _is_config(path) or not path.exists():
            yield Target(path)
        else:
            yield Target(config or _config_of(path), (path,))


def _in_folder(folder: Path, config: Path | None) -> Iterator[Target]:
    own = _config_in(folder)
    if own:
        yield Target(own)
        return
    from syncd.mapping.load import yaml_files

    files = [file for file in yaml_files(folder) if config is None or not file.samefile(config)]
    configs = [file for file in files if _is_config(file)]
    yield from (Target(file) for file in configs)
    mappings = tuple(file for file in files if file not in configs)
    if mappings:
        yield Target(config, mappings)
    for entry in sorted(folder.iterdir()):
        if entry.is_dir() and not entry.name.startswith("."):
            yield from _in_folder(entry, config)


def _config_in(folder: Path) -> Path | None:
    for name in ("syncd.yaml", "config/syncd.yaml"):
        if (folder / name).is_file():
            return folder / name
    return None


def _config_of(mapping: Path) -> Path | None:
    """The config that a lone mapping belongs to: of the environment, else of the installation around it."""
    if os.environ.get("SYNCD_CONFIG"):
        return Path(os.environ["SYNCD_CONFIG"])
    folder = mapping.absolute().parent
    return next((own for above in (folder, folder.parent) if (own := _config_in(above))), None)


def _is_config(file: Path) -> bool:
    """Whether the file has the keys of a config at its top; by its text, since it may not be YAML."""
    try:
        lines = file.read_bytes()[: 1024 * 1024].decode("utf-8", "replace").splitlines()
    except OSError:
        return False
    return any(line.startswith(("connections:", "version:")) for line in lines)
