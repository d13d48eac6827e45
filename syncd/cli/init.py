"""`syncd init`: ask for two accounts, write a config and a mapping that pass `syncd check`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syncd.core.model import Pair, Side
from syncd.errors import Complaint, Exit, SyncdError

if TYPE_CHECKING:
    from syncd.cli.draft import Account

_HELP = """Ask for two accounts and write config/syncd.yaml and a mapping.

\b
What is given as an option is not asked for; with --yes nothing is. Secrets are never
asked for: only the names of the environment variables that hold them.

\b
Examples:
  syncd init
  syncd init --yes --support zendesk --support-url https://acme.zendesk.com \\
    --support-set email=syncd@acme.example --engineering jira \\
    --engineering-url https://acme.atlassian.net --engineering-set email=syncd@acme.example
"""


def register(app: typer.Typer) -> None:
    app.command("init", help=_HELP)(init)


def init(
    *,
    support: Annotated[str, typer.Option(help="Connector of the helpdesk.")] = "",
    support_url: Annotated[str, typer.Option(help="Where the helpdesk answers.")] = "",
    support_set: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="Another key of it; for a secret, the variable's name."),
    ] = None,
    engineering: Annotated[str, typer.Option(help="Connector of the tracker.")] = "",
    engineering_url: Annotated[str, typer.Option(help="Where the tracker answers.")] = "",
    engineering_set: Annotated[list[str] | None, typer.Option(metavar="KEY=VALUE", help="The same.")] = None,
    project: Annotated[str, typer.Option(help="Where issues are made, in the tracker's words.")] = "",
    folder: Annotated[Path, typer.Option(help="Where config/ and mappings/ go.")] = Path(),
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing; refuse where something is missing.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite what is there.")] = False,
) -> None:
    from syncd.cli.draft import Answers  # pydantic and the connectors are needed only here

    ask = _Ask(yes)
    halves = Pair(
        _account(Side.SUPPORT, support, support_url, given=_pairs(support_set), ask=ask),
        _account(Side.ENGINEERING, engineering, engineering_url, given=_pairs(engineering_set), ask=ask),
    )
    container = halves.engineering.connector.container
    where = project or ask(f"{container.capitalize()} for new issues", "--project")
    written = Answers(halves, where).write(folder, force=force)
    _report(written, folder / "config" / "syncd.yaml")


def _account(side: Side, name: str, url: str, *, given: dict[str, str], ask: _Ask) -> Account:
    from syncd.cli.draft import Account
    from syncd.registry import installed

    connectors = installed()
    chosen = name or ask(f"Connector of {side} ({', '.join(sorted(connectors.connectors))})", f"--{side}")
    connector = connectors.get(chosen)
    account = Account(connector, url or ask(f"Address of {chosen}", f"--{side}-url"), given)

    def ask_key(key: str, question: str, default: str) -> str:
        return ask(question, f"--{side}-set {key}=...", default)

    return account.complete(ask_key)


class _Ask:
    """Asks a person, or refuses where nobody is to be asked."""

    def __init__(self, silent: bool) -> None:
        self._silent = silent

    def __call__(self, question: str, option: str, default: str = "") -> str:
        if self._silent:
            if default:
                return default
            raise SyncdError(f"{question}: give it with `{option}`")
        return str(typer.prompt(question, default=default or None))


def _pairs(given: Sequence[str] | None) -> dict[str, str]:
    pairs = {}
    for pair in given or ():
        key, equals, value = pair.partition("=")
        if not equals:
            raise SyncdError(f"`{pair}` is not KEY=VALUE")
        pairs[key.strip()] = value.strip()
    return pairs


def _report(written: Sequence[Path], config: Path) -> None:
    from syncd import settings
    from syncd.cli import complaints as shown

    for path in written:
        typer.echo(f"wrote {path}")
    found = settings.examine(config).complaints
    unset = [complaint for complaint in found if _is_unset(complaint)]
    others = [complaint for complaint in found if not _is_unset(complaint)]
    if others:
        shown.show(others)
    for complaint in unset:
        typer.echo(f"now set it: {complaint.remedy}")
    typer.echo("then: syncd check, syncd plan, syncd run")
    if any(not complaint.notice for complaint in others):
        raise typer.Exit(Exit.WRONG_USE)


def _is_unset(complaint: Complaint) -> bool:
    return complaint.problem.startswith("the environment variable")
