"""The command line. Each command is a module here with `register(app)`; its name in `COMMANDS` puts it on the list."""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import sys
import traceback
from collections.abc import Sequence

import typer

from syncd.errors import ConfigError, Exit, SyncdError

COMMANDS = (
    "demo",
    "init",
    "check",
    "plan",
    "apply",
    "run",
    "once",
    "status",
    "why",
    "links",
    "link",
    "unlink",
    "share",
    "shares",
    "parked",
    "retry",
    "intake",
    "tell",
    "conflicts",
    "resolve",
    "approve",
    "audit",
    "report",
    "playbook",
    "drill",
    "feedback",
    "review",
    "rate",
    "backfill",
    "db",
    "webhooks",
    "schema",
    "connectors",
)
"""Modules of this package, in the order of `--help`. They import what is heavy inside their commands."""


def application(commands: Sequence[str] = COMMANDS) -> typer.Typer:
    """The commands, each registered by its own module."""
    app = typer.Typer(
        name="syncd",
        help="Keeps helpdesk tickets and engineering issues consistent, both ways.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,  # plain help: it is read in pipes and narrow terminals too
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_nothing)
    for name in commands:
        importlib.import_module(f"{__name__}.{name}").register(app)
    return app


def _nothing() -> None:
    """Keeps helpdesk tickets and engineering issues consistent, both ways."""


def main() -> None:
    """Run a command and leave with its exit code; nobody but us ever sees a traceback."""
    named = [word for word in sys.argv[1:2] if word in COMMANDS]
    try:
        application(named or COMMANDS)()  # the modules of the other commands take a quarter of a second
    except ConfigError as error:
        from syncd.cli import complaints  # rich is needed only when there is something to show

        complaints.show(error.complaints)
        _tell_program("the configuration is refused", error.exit, complaints.as_json(error.complaints))
        sys.exit(error.exit)
    except SyncdError as error:
        _say(str(error))
        _tell_program(str(error), error.exit)
        sys.exit(error.exit)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(Exit.DONE)
    except Exception as error:  # the last fence: a bug gets an id, and its text stays here, for it may hold anything
        _say(_bug(error))
        sys.exit(Exit.BUG)


def _tell_program(text: str, code: int, complaints: object = None) -> None:
    """With `--json` a program reads standard output: it gets the error as an object too."""
    if "--json" in sys.argv[1:]:
        said = {"error": text, "exit": int(code), **({"complaints": complaints} if complaints else {})}
        sys.stdout.write(json.dumps(said, ensure_ascii=False, indent=2) + "\n")


def _bug(error: Exception) -> str:
    trace = "".join(traceback.format_exception(error))
    if os.environ.get("SYNCD_DEBUG"):
        return trace
    places = "".join(f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__))
    bug = hashlib.sha256(places.encode()).hexdigest()[:8]
    return f"a bug in syncd, {bug} ({type(error).__name__}). Please report it; SYNCD_DEBUG=1 shows where it is."


def _say(text: str) -> None:
    sys.stderr.write(f"syncd: {text}\n")
