"""One daemon per SQLite store."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from syncd.errors import Exit, StoreError
from syncd.store.lock import hold
from syncd.store.store import Store

HOLD = "import sys\nfrom pathlib import Path\nfrom syncd.store.lock import hold\n"
HOLD += "with hold(Path(sys.argv[1])):\n    print('held', flush=True)\n    sys.stdin.read()\n"


def holder(path: Path) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    return child


def test_the_second_is_told_who_the_first_is(tmp_path: Path) -> None:
    with holder(tmp_path / "db") as child:
        with (
            pytest.raises(StoreError, match=f"pid {child.pid} on {socket.gethostname()}") as caught,
            hold(tmp_path / "db"),
        ):
            pass
        assert caught.value.exit is Exit.STORE
        child.communicate("")
    with hold(tmp_path / "db"):
        pass


def test_the_lock_of_a_dead_process_is_taken_over_with_a_notice(tmp_path: Path) -> None:
    with holder(tmp_path / "db") as child:
        os.kill(child.pid, signal.SIGKILL)
    told: list[str] = []
    with hold(tmp_path / "db", notice=told.append):
        pass
    assert len(told) == 1
    assert f"pid {child.pid}" in told[0]
    with hold(tmp_path / "db", notice=told.append):
        pass
    assert len(told) == 1  # one that let go leaves nothing to tell


async def test_two_daemons_never_share_a_store(sqlite_url: str) -> None:
    first = await Store.open(sqlite_url, daemon=True)
    with pytest.raises(StoreError, match=f"pid {os.getpid()}"):
        await Store.open(sqlite_url, daemon=True)
    looking = await Store.open(sqlite_url)  # a command beside the daemon
    await looking.aclose()
    await first.aclose()
    second = await Store.open(sqlite_url, daemon=True)
    await second.aclose()
