"""Notice a SQLite file that somebody exchanged for an older copy of itself.

The generation is counted in the store at every start and end of the daemon and now and then between, and written to a
small file beside it. A store that is behind that file has been rolled back: it may have forgotten what it wrote at the
vendors (reliability.md, F9 and 5.8). The store is counted first: a crash between the two leaves the file behind, which
means nothing. What is copied and put back between two counts is not seen here; a marker at a vendor with a higher
number than the store's tells that.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from syncd.store import meta


@dataclass(frozen=True, slots=True)
class Mark:
    """What the file beside the store says."""

    store: str
    generation: int


def mark_file(path: Path) -> Path:
    return path.with_name(path.name + ".generation")


def read_mark(path: Path) -> Mark | None:
    """None where there is no file, or none that can be read: then nothing can be told from it."""
    try:
        data = json.loads(mark_file(path).read_text())
        return Mark(str(data["store"]), int(data["generation"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_mark(path: Path, mark: Mark) -> None:
    target = mark_file(path)
    fresh = target.with_name(target.name + ".new")
    with fresh.open("w") as file:
        json.dump({"store": mark.store, "generation": mark.generation}, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.chmod(0o600)
    fresh.replace(target)


class Generation:
    """The daemon's count. `check` and `step` run in a transaction, `keep` after it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.mark: Mark | None = None

    def check(self, c: Connection) -> None:
        """Set the store's `restored` where it is older than the file beside it, or is another store."""
        mark = read_mark(self.path)
        if mark is None:
            return
        own = Mark(meta.store_id(c), meta.count(c, meta.GENERATION))
        if mark.store != own.store:
            meta.set_restored(c, f"{self.path} is another store than the one that was here before")
        elif own.generation < mark.generation:
            meta.set_restored(c, f"{self.path} is an older copy (generation {own.generation}, not {mark.generation})")
            meta.jump(c, meta.GENERATION, mark.generation)

    def step(self, c: Connection) -> None:
        self.mark = Mark(meta.store_id(c), meta.step(c, meta.GENERATION))

    def keep(self) -> None:
        if self.mark is not None:
            write_mark(self.path, self.mark)
