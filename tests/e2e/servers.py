"""The two real servers of `servers/`: Request Tracker and Redmine, found or started, for tests marked `e2e`.

`SYNCD_SERVERS` names the folder of the scripts (else `../shared/servers` beside the checkout). Home and ports are the
scripts' own variables (`SERVERS_HOME`, `RT_PORT`, `REDMINE_PORT`). A server that was running before stays running.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pytest

from tests.e2e import ruby

SCRIPTS = Path(os.environ.get("SYNCD_SERVERS", Path(__file__).resolve().parents[3] / "shared" / "servers"))
INSTALL_SECONDS, START_SECONDS, COMMAND_SECONDS = 900, 300, 120


@dataclass(frozen=True)
class Server:
    """One server by the name of its script, "rt" or "redmine"."""

    name: str
    settings: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def env(self) -> Mapping[str, str]:
        """Addresses, tokens and seeded ids, as the script tells them. Tokens stay the same over every reset."""
        lines = self.run("env").splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)

    def reset(self, snapshot: str = "") -> None:
        """Back to the seed, or to a snapshot; it cuts requests that are under way."""
        self.run("reset", *([snapshot] if snapshot else []))

    def snapshot(self, name: str) -> None:
        self.run("snapshot", name)

    def running(self) -> bool:
        return self._call("status", seconds=COMMAND_SECONDS).returncode == 0

    def run(self, *command: str, seconds: int = COMMAND_SECONDS) -> str:
        done = self._call(*command, seconds=seconds)
        if done.returncode:
            raise RuntimeError(f"{self.name}.sh {command[0]} ended with {done.returncode}: {done.stderr[-500:]}")
        return done.stdout

    def _call(self, *command: str, seconds: int) -> subprocess.CompletedProcess[str]:
        script = SCRIPTS / f"{self.name}.sh"
        if not script.exists():
            pytest.skip(f"{script.name} is not here (looked in {SCRIPTS}; set SYNCD_SERVERS)")
        settings = {**os.environ, **self.settings}
        return subprocess.run(
            [str(script), *command], env=settings, capture_output=True, text=True, timeout=seconds, check=False
        )


@contextmanager
def started(name: str, **settings: str) -> Iterator[Server]:
    """The server, installed where it is missing and running meanwhile; it begins with its seed."""
    server = Server(name, settings)
    before = server.running()
    if not before:
        if os.geteuid() != 0:
            pytest.skip(f"{name} is not running, and only root can install and start it")
        if name == "redmine":
            ruby.prepare()
        server.run("install", seconds=INSTALL_SECONDS)
        server.run("start", seconds=START_SECONDS)
    try:
        server.reset()
        yield server
    finally:
        if not before:
            server.run("stop")
