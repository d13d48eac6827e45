"""`syncd playbook`: the one page that says what the escalation promises, and what really happened."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syncd.cli import session
from syncd.cli.report import span_of
from syncd.cli.session import ConfigOption
from syncd.errors import SyncdError

if TYPE_CHECKING:
    from datetime import timedelta

    from syncd.core.playbook import Playbook
    from syncd.daemon import Daemon

_HELP = """Render the playbook of the escalation on one page: severities, triggers, owners, clocks, what customers
read, and beside it the path that tickets really took and where they stalled.

\b
Writes nothing anywhere and asks no vendor. docs/playbook.md explains each number.

\b
Examples:
  syncd playbook
  syncd playbook --format html --output playbook.html
  syncd playbook --since 90d --format markdown --mapping zendesk-jira
"""


class Format(enum.StrEnum):
    TEXT = "text"
    MARKDOWN = "markdown"
    HTML = "html"
    JSON = "json"


def register(app: typer.Typer) -> None:
    app.command("playbook", help=_HELP)(playbook)


def playbook(
    *,
    since: Annotated[str, typer.Option("--since", metavar="SPAN", help="How far back, such as 30d or 12h.")] = "30d",
    form: Annotated[Format | None, typer.Option("--format", help="How; without it text.")] = None,
    output: Annotated[Path | None, typer.Option("--output", help="Into this file, not on the terminal.")] = None,
    mapping: Annotated[str, typer.Option("--mapping", metavar="NAME", help="Only this one; without it, all.")] = "",
    config: ConfigOption = None,
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    if json and form not in (None, Format.JSON):
        raise SyncdError("only one format can be had: --format and --json exclude each other")
    found = session.use(_Asking(span_of(since), mapping), config=config)
    session.give(_written(found, Format.JSON if json else form or Format.TEXT), output)


class _Asking:
    def __init__(self, span: timedelta, mapping: str) -> None:
        self.span = span
        self.mapping = mapping

    async def __call__(self, daemon: Daemon) -> Playbook:
        from syncd.engine.playbook import playbook

        return await playbook(daemon.site, span=self.span, mapping=self.mapping)


def _written(found: Playbook, form: Format) -> str:
    from json import dumps

    from syncd.engine.playbooks import markdown, page, text
    from syncd.engine.readable import as_json

    match form:
        case Format.TEXT:
            return text.text(found)
        case Format.MARKDOWN:
            return markdown.markdown(found)
        case Format.HTML:
            return page.page(found)
        case Format.JSON:
            return dumps(as_json(found), ensure_ascii=False, indent=2) + "\n"
