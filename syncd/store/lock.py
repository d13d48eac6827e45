"""One daemon per SQLite store: a lock that the operating system drops when its holder dies."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from syncd.errors import StoreError


class Held(StoreError):
    """Another process is this store's daemon; the text names it."""


Tell = Callable[[str], None]


def lock_file(path: Path) -> Path:
    return path.with_name(path.name + ".lock")


@contextmanager
def hold(path: Path, *, notice: Tell = lambda text: None) -> Iterator[None]:
    """Hold the store at `path` until the end of the block.

    The lock is `flock`, so it cannot outlive its process; the name inside only tells people who it is. A name left by a
    process that died is told to `notice` and overwritten.

    Raises:
        StoreError: another process holds it; names its pid and host.
    """
    descriptor = os.open(lock_file(path), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Held(f"{path} is held by another syncd ({_holder(descriptor)}); stop it first") from None
        if left := _holder(descriptor):
            notice(f"took over {path} from a syncd that ended without letting go ({left})")
        _name(descriptor, json.dumps({"pid": os.getpid(), "host": socket.gethostname()}))
        try:
            yield
        finally:
            _name(descriptor, "")
    finally:
        os.close(descriptor)  # and with it the lock; the file stays, so that two can never lock different files


def _name(descriptor: int, text: str) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text.encode(), 0)


def _holder(descriptor: int) -> str:
    text = os.pread(descriptor, 4096, 0).decode("utf-8", "replace")
    try:
        holder = json.loads(text)
        return f"pid {int(holder['pid'])} on {holder['host']}"
    except (ValueError, KeyError, TypeError):
        return text.strip()[:80]
