"""A PostgreSQL server of the tests' own: in a temporary folder, on a socket, gone with the test run."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Absent(Exception):
    """There is no PostgreSQL on this machine that the tests could start; says why."""


def binaries() -> Path:
    """The folder with initdb and pg_ctl of the newest PostgreSQL here."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -int(path.parent.name))
    if config := shutil.which("pg_config"):
        answer = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=False)
        found.append(Path(answer.stdout.strip()))
    if on_path := shutil.which("initdb"):
        found.append(Path(on_path).resolve().parent)
    for folder in found:
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    raise Absent("PostgreSQL's initdb and pg_ctl are not on this machine")


@contextmanager
def server() -> Iterator[str]:
    """Start a server; gives the URL of its database `postgres`, to which another name can be put.

    It is started as an unprivileged user, because PostgreSQL refuses root, and without flushes to the disk: what the
    tests ask of it is that transactions hold, not that a power cut is survived. It lives where pytest's own folders
    are: hundreds of databases come and go, and a disk makes each wait.
    """
    bin_ = binaries()
    user = _unprivileged()
    room = os.environ.get("PYTEST_DEBUG_TEMPROOT") or "/tmp"  # not TMPDIR: a socket's path must be short
    home = Path(tempfile.mkdtemp(prefix="syncd-pg-", dir=room))
    data = home / "data"
    try:
        if user:
            shutil.chown(home, user["user"], user["group"])
        _run(user, bin_ / "initdb", "-D", data, "-U", "syncd", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C")
        options = f"-c listen_addresses='' -c unix_socket_directories={home} -c fsync=off -c max_connections=200"
        options += " -c max_wal_size=128MB -c min_wal_size=32MB"  # nobody recovers from far back, and memory is dear
        _run(user, bin_ / "pg_ctl", "-D", data, "-l", home / "log", "-w", "-t", "30", "-o", options, "start")
        try:
            yield f"postgresql://syncd@/postgres?host={home}"
        finally:
            _run(user, bin_ / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _unprivileged() -> dict[str, Any]:
    """How to start a process as somebody else than root; nothing for everybody else."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise Absent("PostgreSQL does not run as root, and there is no user `postgres` or `nobody` to run it as")


def _run(user: dict[str, Any], *command: object) -> None:
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, cwd="/", check=False, timeout=60, **user
    )
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed: {done.stderr or done.stdout}")


def restart(url: str) -> None:
    """Kill the server of `server` as a crash would, and start it again on the same data."""
    home = Path(url.partition("host=")[2])
    command = [binaries() / "pg_ctl", "-D", home / "data", "-w", "-t", "30"]
    options = (home / "data" / "postmaster.opts").read_text().split(" ", 1)[1].strip()
    _run(_unprivileged(), *command, "-m", "immediate", "stop")
    _run(_unprivileged(), *command, "-l", home / "log", "-o", options, "start")
