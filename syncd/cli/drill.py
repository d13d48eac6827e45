"""`syncd drill`: a rehearsed incident through the real rules, and what an admin should mend."""

from __future__ import annotations

import asyncio
import enum
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syncd.cli import session
from syncd.cli.session import ConfigOption
from syncd.errors import Exit, SyncdError

if TYPE_CHECKING:
    from syncd.core.drill import Report
    from syncd.core.mapping import Mapping
    from syncd.core.scenario import Incident
    from syncd.drill.play import Say
    from syncd.settings import Settings

_HELP = """Rehearse an incident: who would be told, which clocks would run, and what nobody would hear of.

\b
The real rules of your config run on tickets in memory, at thirty times the speed of a clock. Nothing is sent to
anybody, no vendor is asked, and your store is not touched. Ends with 5 where a clock runs out and nobody is told.

\b
Examples:
  syncd drill sev1
  syncd drill sev1 --demo --speed 0
  syncd drill sev2 --start 2026-12-25T03:00+01:00 --format html --output drill.html
"""
FASTEST = 100_000.0


class Sev(enum.StrEnum):
    SEV1 = "sev1"
    SEV2 = "sev2"
    SEV3 = "sev3"
    SEV4 = "sev4"


class Format(enum.StrEnum):
    TEXT = "text"
    HTML = "html"
    JSON = "json"


def register(app: typer.Typer) -> None:
    app.command("drill", help=_HELP)(drill)


def drill(
    severity: Annotated[Sev, typer.Argument(metavar="SEVERITY", help="sev1, sev2, sev3 or sev4.")],
    *,
    speed: Annotated[
        float, typer.Option("--speed", min=0, max=FASTEST, help="So many times as fast as a clock; 0: without waiting.")
    ] = 30,
    form: Annotated[Format | None, typer.Option("--format", help="How the report comes; without it text.")] = None,
    output: Annotated[Path | None, typer.Option("--output", help="The report into this file.")] = None,
    mapping: Annotated[str, typer.Option("--mapping", help="Which, where the config has several.")] = "",
    scenario: Annotated[Path | None, typer.Option("--scenario", help="Another incident: docs/drill.md.")] = None,
    start: Annotated[
        str, typer.Option("--start", metavar="TIME", help="When it begins, such as 2026-12-25T03:00+01:00; else now.")
    ] = "",
    demo: Annotated[bool, typer.Option("--demo", help="With the config of `syncd demo`.")] = False,
    leave: Annotated[bool, typer.Option("--exit", help="Do not wait: the same as --speed 0.")] = False,
    config: ConfigOption = None,
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    wanted = {form, Format.JSON if json else None} - {None}
    if len(wanted) > 1:
        raise SyncdError("only one format can be had: --format and --json exclude each other")
    if demo and config:
        raise SyncdError("--demo brings its own config: leave out --config")
    chosen = next(iter(wanted), None) or Format.TEXT
    begins = _moment(start)
    shows = output is None and chosen is Format.TEXT
    with _config(config, demo=demo) as path:
        say = _timeline(begins, out=shows)
        pace = 0 if leave else speed
        report = _play(path, severity, start=begins, speed=pace, name=mapping, file=scenario, say=say)
    _give(report, chosen, output)
    if report.failed:
        raise typer.Exit(Exit.PART)


def _play(
    path: Path | None, severity: Sev, *, start: datetime, speed: float, name: str, file: Path | None, say: Say
) -> Report:
    from syncd import log, settings
    from syncd.core.severity import Severity
    from syncd.drill.rehearse import rehearse

    log.configure(level="error")  # what the engine warns of is in the report
    found, mappings = settings.load(settings.config_path(path))
    rules = _mapping(mappings, name)
    if rules.escalation is None:
        raise SyncdError("there is no escalation.yaml: docs/escalation.md says how to begin, `--demo` shows one")
    given = _scenario(file, found, rules) if file else None
    return asyncio.run(rehearse(found, rules, Severity(severity.value), start=start, say=say, speed=speed, given=given))


def _mapping(mappings: list[Mapping], name: str) -> Mapping:
    known = ", ".join(sorted(rules.name for rules in mappings)) or "none"
    if not name and len(mappings) != 1:
        raise SyncdError(f"which mapping? `--mapping NAME` says it; the config has: {known}")
    found = next((rules for rules in mappings if name in ("", rules.name)), None)
    if found is None:
        raise SyncdError(f"no mapping is called {name}; the config has: {known}")
    return found


def _scenario(file: Path, found: Settings, rules: Mapping) -> Incident:
    from syncd.drill.rehearse import kinds_of
    from syncd.mapping import scenario

    return scenario.load(file, rules, kinds_of(found, rules))


def _moment(text: str) -> datetime:
    """A moment with its zone; one without is meant by this machine's clock."""
    try:
        found = datetime.fromisoformat(text) if text else datetime.now(UTC)
    except ValueError:
        raise SyncdError(f"--start: `{text}` is no time; write it like 2026-12-25T03:00+01:00") from None
    return found.astimezone() if found.tzinfo is None or not text else found


@contextmanager
def _config(given: Path | None, *, demo: bool) -> Iterator[Path | None]:
    """The config that is rehearsed; that of the demo stands in a folder that is removed."""
    if not demo:
        yield given
        return
    from syncd.drill.demo import write

    with tempfile.TemporaryDirectory(prefix="syncd-demo-") as home:
        yield write(Path(home))


# --- what is shown ----------------------------------------------------------------------------------------------------


def _timeline(started: datetime, *, out: bool) -> Say:
    """Each event as it happens; beside the output where that is a file or for a program."""
    from syncd.engine.drilling.plain import line

    console = session.console(stderr=not out)
    return lambda event: session.say(console, line(started, event))


def _give(report: Report, form: Format, output: Path | None) -> None:
    from syncd.log import escaped

    if form is Format.TEXT and output is None:
        from syncd.engine.drilling.plain import text

        for each in ("", *text(report, timeline=False).splitlines()):
            typer.echo(escaped(each))
        return
    made = _made(report, form)
    if output is None:
        typer.echo(made, nl=False)
        return
    try:
        output.write_text(made, encoding="utf-8")
    except OSError as error:
        raise SyncdError(f"{output} cannot be written: {error.strerror}") from error
    session.notice(f"written: {output}")


def _made(report: Report, form: Format) -> str:
    import json

    from syncd.engine.drilling import page, plain
    from syncd.engine.readable import as_json

    match form:
        case Format.HTML:
            return page.page(report)
        case Format.JSON:
            whole = {"failed": report.failed, **as_json(report)}
            return json.dumps(whole, ensure_ascii=False, indent=2) + "\n"
        case Format.TEXT:
            return plain.text(report)
