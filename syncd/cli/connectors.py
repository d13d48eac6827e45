"""`syncd connectors`: which vendors this installation speaks to, and what it can do there."""

from __future__ import annotations

from typing import Annotated

import typer

from syncd.errors import Exit

_HELP = """List the installed connectors and what each can do.

\b
Examples:
  syncd connectors
  syncd connectors --json
"""


def register(app: typer.Typer) -> None:
    app.command("connectors", help=_HELP)(connectors)


def connectors(json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    from syncd.cli.complaints import console, print_json
    from syncd.registry import installed

    found = installed()
    rows = [
        {
            "name": name,
            "capabilities": sorted(map(str, connector.capabilities)),
            "fields": [info.name for info in connector.fields],
            "create": sorted(connector.place_keys),
            "problem": "",
        }
        for name, connector in sorted(found.connectors.items())
    ]
    if json:
        rows += [{"name": name, "problem": why} for name, why in sorted(found.broken.items())]
        print_json(rows)
    else:
        out = console()
        for row in rows:
            out.print(f"{row['name']}")
            for label in ("capabilities", "fields", "create"):
                out.print(f"  {label + ':':14}{', '.join(row[label]) or '-'}")
        for name, why in sorted(found.broken.items()):
            out.print(f"{name}\n  cannot be used: {why}")
    raise typer.Exit(Exit.PART if found.broken else Exit.DONE)
