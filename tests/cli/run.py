"""Runs `syncd` without a terminal and with the connectors of a third party: in this process, or in one of its own."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from syncd.cli import main
from tests.mapping.cases import SECRETS, THIRD_PARTY

ROOT = Path(__file__).parents[2]


class Done(NamedTuple):
    """What a finished command left."""

    returncode: int
    stdout: str
    stderr: str


def syncd(*words: str, folder: Path = ROOT, answers: str = "", **environment: str) -> Done:
    """`main()` with these words: all but the start of a process, which costs half a second."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with (
        contextlib.chdir(folder),
        patch.dict(os.environ, _environment(environment), clear=True),
        patch.object(sys, "argv", ["syncd", *words]),
        patch.object(sys, "path", [str(THIRD_PARTY), *sys.path]),
        patch.object(sys, "stdin", io.StringIO(answers)),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
    return Done(code, out.getvalue(), err.getvalue())


def process(*words: str, folder: Path = ROOT, **environment: str) -> Done:
    """As its users run it."""
    done = subprocess.run(
        [sys.executable, "-m", "syncd", *words],
        cwd=folder,
        env=_environment(environment),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def _environment(more: dict[str, str]) -> dict[str, str]:
    plain = {key: value for key, value in os.environ.items() if key not in ("SYNCD_CONFIG", "SYNCD_DEBUG", "COLUMNS")}
    path = os.pathsep.join([more.pop("PYTHONPATH", ""), str(THIRD_PARTY), str(ROOT)])
    return {**plain, **SECRETS, "PYTHONPATH": path, **more}
