"""Read every page of a large SQLite store after the start: the whole check takes seconds, and a start must not.

A small store is checked before it is opened (`migrate`). A damaged page of a large one is met here within seconds, or
by the first statement that reads it, whichever is first; either stops all writing.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from syncd.store.engines import Damaged

SMALL = 16 * 2**20
"""Bytes that are checked in a few hundredths of a second."""


class Checkup:
    """One `PRAGMA quick_check` in a thread of its own; `found` is called with what is wrong, if anything is."""

    def __init__(self, file: Path, found: Callable[[Damaged], None]) -> None:
        self.file = file
        self.found = found
        self._connection: sqlite3.Connection | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="syncd-store-checkup", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Break it off, and wait until its thread is gone."""
        self._stopped.set()
        while self._thread.is_alive():
            if self._connection is not None:
                self._connection.interrupt()
            self._thread.join(0.05)

    def _run(self) -> None:
        try:
            uri = f"{self.file.as_uri()}?mode=ro"
            with closing(sqlite3.connect(uri, uri=True, check_same_thread=False)) as connection:
                self._connection = connection
                try:
                    problem = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
                finally:
                    self._connection = None
        except sqlite3.DatabaseError as error:
            problem = str(error)
        if problem != "ok" and not self._stopped.is_set():
            self.found(damaged(str(self.file), problem))


def after_start(file: Path, found: Callable[[Damaged], None]) -> Checkup | None:
    """Begin the check of a store that was too large to be checked before."""
    return Checkup(file, found) if file.stat().st_size > SMALL else None


def damaged(shown: str, problem: str) -> Damaged:
    return Damaged(
        f"{shown} is damaged ({problem.splitlines()[-1]}). Restore the last backup: `syncd db restore BACKUP`; "
        "the file is left as it is"
    )
