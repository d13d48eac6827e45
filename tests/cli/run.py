"""Runs `syncd` as its users do: another process, without a terminal, with the connectors of a third party."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.mapping.cases import SECRETS, THIRD_PARTY

ROOT = Path(__file__).parents[2]


def syncd(*words: str, folder: Path = ROOT, answers: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """The finished process; standard output and error apart."""
    path = os.pathsep.join([str(THIRD_PARTY), str(ROOT), os.environ.get("PYTHONPATH", "")])
    plain = {key: value for key, value in os.environ.items() if key not in ("SYNCD_CONFIG", "SYNCD_DEBUG", "COLUMNS")}
    return subprocess.run(
        [sys.executable, "-m", "syncd", *words],
        cwd=folder,
        env={**plain, **SECRETS, "PYTHONPATH": path, **environment},
        input=answers,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
