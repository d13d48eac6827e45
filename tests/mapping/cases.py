"""The broken configs and mappings beside this file, each a folder with what `syncd check` must say of it.

`expected.txt` has three lines for each complaint: where (file:line), the sentence, and the first line of the remedy.
A folder without a config is checked against `broken/base.yaml`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

BROKEN = Path(__file__).parent / "broken"
BASE = BROKEN / "base.yaml"
THIRD_PARTY = Path(__file__).parents[1] / "thirdparty"
SECRETS = {
    "DESK_TOKEN": "correct-horse-desk",
    "TRACKER_TOKEN": "correct-horse-tracker",
    "EMPTY_TOKEN": "",
    "INTAKE_SECRET": "correct-horse-of-the-voice-agent",
    "SHORT_SECRET": "correct-horse",
    "SLACK_URL": "https://hooks.slack.example/services/T0/B0/correct-horse-slack",
    "PLAIN_URL": "http://hooks.slack.example/services/T0/B0/correct-horse-slack",
    "HOOK_SECRET": "whsec_Y29ycmVjdC1ob3JzZS1ob29rLTAxMjM0NTY3ODk=",
}


class Said(NamedTuple):
    """One complaint as `expected.txt` has it."""

    place: str
    problem: str
    remedy: str


def names() -> list[str]:
    return sorted(entry.name for entry in BROKEN.iterdir() if entry.is_dir())


def expected(name: str) -> list[Said]:
    blocks = (BROKEN / name / "expected.txt").read_text(encoding="utf-8").strip().split("\n\n")
    return [Said(*block.split("\n")) for block in blocks]


@contextmanager
def laid_out(name: str, folder: Path) -> Iterator[Path]:
    """A copy of the case with the file modes of a plain checkout, as the current directory."""
    copy = folder / name
    shutil.copytree(BROKEN / name, copy)
    (copy / "expected.txt").unlink(missing_ok=True)
    for file in copy.iterdir():
        file.chmod(0o644)
    before = Path.cwd()
    os.chdir(copy)
    try:
        yield copy
    finally:
        os.chdir(before)
