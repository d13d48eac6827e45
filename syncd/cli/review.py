"""`syncd review`: the record of a case, for the people who review it."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syncd.cli import session
from syncd.cli.session import ConfigOption, JsonOption
from syncd.errors import SyncdError

if TYPE_CHECKING:
    from syncd.daemon import Daemon
    from syncd.engine.review import Review

_HELP = """Write the record of an escalation for its review: timeline, owners, what was late and by how
much, what came back and why, customers, causes, and a part to fill in.

\b
Examples:
  syncd review '#4711'
  syncd review CORE-7 --format html --output review.html
"""


class Format(enum.StrEnum):
    MARKDOWN = "md"
    HTML = "html"
    JSON = "json"


def register(app: typer.Typer) -> None:
    app.command("review", help=_HELP)(review)


def review(
    ticket: Annotated[str, typer.Argument(metavar="TICKET")],
    *,
    form: Annotated[Format, typer.Option("--format", help="How it is written.")] = Format.MARKDOWN,
    output: Annotated[Path | None, typer.Option(help="To this file; without it, to the terminal.")] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    async def work(daemon: Daemon) -> Review:
        from syncd.engine import review as reviews
        from syncd.engine import views

        return await reviews.review(daemon.site, await views.find(daemon.site, ticket))

    text = _written(session.use(work, config=config), Format.JSON if json else form)
    if output is None:
        typer.echo(text, nl=not text.endswith("\n"))
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SyncdError(f"{output} cannot be written: {error.strerror}") from None


def _written(record: Review, form: Format) -> str:
    from json import dumps

    from syncd.engine import reviewtext
    from syncd.engine.readable import as_json

    match form:
        case Format.MARKDOWN:
            return reviewtext.markdown(record)
        case Format.HTML:
            return reviewtext.page(record)
        case Format.JSON:
            return dumps(as_json(record), ensure_ascii=False, indent=2) + "\n"
