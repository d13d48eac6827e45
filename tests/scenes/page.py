"""`docs/scenes.md`: what agents and engineers see of each thing, in the very words that syncd wrote when it was played.

`python -m tests.scenes.page` plays every scene and writes the page anew.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from syncd.store import migrate
from tests.scenes.case import Shown
from tests.scenes.catalogue import SCENES
from tests.scenes.story import played
from tests.scenes.wanted import WANTED, Wanted

PAGE = Path(__file__).resolve().parents[2] / "docs" / "scenes.md"
_INTRODUCTION = """# What agents and engineers see

Everything that an [escalation](escalation.md) can do, and what syncd writes then: on the ticket, for agents, and on the
issue, for engineers. All of it is internal, but for what is said "to the customer". The words in quotation marks are
those of a scene that was played: the first line of each comment, with the scene's own names and times (customers are
Kim and Mia, agents Ana and Ben, engineers Cia, Dan and Eva). In italics stands what syncd makes and changes. What
people write themselves is carried over as the [mapping](mapping.md) says, and is not repeated here.

Each scene is played by one daemon, and once more by a new one at each step, which knows nothing but the store and was
told nothing of what happened meanwhile; both must leave the same behind, to the comment and to the second.

`make scenes` plays them and makes this page. `make test` fails when it says anything else, and when something that the
code can do has no scene.
"""


def page(shown: Mapping[Wanted, Shown]) -> str:
    return "\n".join([_INTRODUCTION, *_tables(shown)])


def _tables(shown: Mapping[Wanted, Shown]) -> Iterator[str]:
    for group, things in groupby(WANTED, key=lambda one: one.group):
        yield from (f"## {group}", "", "| what happens | on the ticket | on the issue |", "|---|---|---|")
        yield from (row(thing, *shown[thing]) for thing in things)
        yield ""


def row(thing: Wanted, agents: Sequence[str], engineers: Sequence[str]) -> str:
    return f"{first_cell(thing)} {_cell(agents)} | {_cell(engineers)} |"


def first_cell(thing: Wanted) -> str:
    return f"| {thing.name} |"


def _cell(lines: Sequence[str]) -> str:
    return "<br>".join(_line(line) for line in lines) or "nothing"


def _line(line: str) -> str:
    if line.startswith("("):
        return f"*{line[1:-1]}*"
    said, found, rest = line.rpartition("to the customer: ")
    quoted = rest.lstrip("# ").replace("|", "\\|")
    return f'{said}{found}"{quoted}"'


def frame(text: str) -> list[str]:
    """The page without what was seen: its lines, and of each row the first cell."""
    heads = tuple(first_cell(thing) for thing in WANTED)
    lines = text.splitlines()
    return [next((head for head in heads if line.startswith(f"{head} ")), line) for line in lines]


async def _play_all(template: Path) -> Mapping[Wanted, Shown]:
    shown: dict[Wanted, Shown] = {}
    for scene in SCENES:
        with tempfile.TemporaryDirectory() as name:
            store = shutil.copy(template, name)
            shown |= (await played(scene, f"sqlite:///{store}", Path(name), restarts=False)).shown
    return shown


def _main() -> None:
    with tempfile.TemporaryDirectory() as name:
        template = Path(name) / "syncd.db"
        migrate.upgrade(f"sqlite:///{template}")
        PAGE.write_text(page(asyncio.run(_play_all(template))), encoding="utf-8")


if __name__ == "__main__":
    _main()
