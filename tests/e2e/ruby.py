"""Which Ruby Redmine's package gets on Debian 12: the one that the release came with.

Ruby 3.1.7 of Debian's security updates (since 20 November 2026) brings a Bundler of its own, 2.3.27, which takes each
gem that is a Debian package for a missing one; `bundle install --local` fails, and Redmine cannot be installed. Here it
only serves tests on loopback. Where a newer Ruby is installed it stays, and Redmine's script says what is wrong.
"""

from __future__ import annotations

import os
import subprocess

RELEASED = "3.1.2-"
SECONDS = 300

_APT = ("apt-get", "-qq", "-y", "-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3")


def prepare() -> None:
    """Install that Ruby, unless there is one or this is no Debian that offers it.

    Raises:
        RuntimeError: apt-get failed, with the end of what it said.
    """
    if not _said("apt-cache", "--version"):
        return
    if _said("dpkg-query", "-W", "-f=${db:Status-Status}", "libruby3.1") == "installed":
        return
    version = _offered() or (_run(*_APT, "update") and _offered())
    if version:
        _run(*_APT, "install", "--no-install-recommends", f"ruby3.1={version}", f"libruby3.1={version}")


def _offered() -> str:
    """The version, out of lines such as `libruby3.1 | 3.1.2-7 | http://deb.debian.org/debian bookworm/main`."""
    rows = [line.split("|") for line in _said("apt-cache", "madison", "libruby3.1").splitlines()]
    return next((row[1].strip() for row in rows if row[1].strip().startswith(RELEASED)), "")


def _said(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False).stdout
    except FileNotFoundError:
        return ""


def _run(*command: str) -> bool:
    settings = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, env=settings, capture_output=True, text=True, timeout=SECONDS, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr[-500:]}")
    return True
