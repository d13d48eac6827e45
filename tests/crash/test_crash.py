"""Killed anywhere, the daemon's next life ends in the same state as if nothing had happened.

Every crash point of reliability.md 5.9 that a run passes, times every operation, times every passage: first an
undisturbed run counts how often each point is passed and how many writes are sent, then one run is killed with SIGKILL
at each. H1 to H6, H9 to H12 and H14 lie inside the daemon, H7 and H8 at the vendor, before and after it carries out a
write. What both vendors look like afterwards, what is parked and what is kept must equal the undisturbed end.
"""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests import conftest
from tests.crash.lab import Lab, Life, Vendors, case, copy_sqlite, lab, stands, to_rest
from tests.crash.operations import OPERATIONS, Operation, linked

NUMBERS = itertools.count(1)
CHARACTERS = ("HELPFUL", "BLIND")
OTHERS = ("TRACKER", "HELPFUL")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A world at rest, and how to get a store of one's own that is just there."""

    vendors: Vendors
    store: Callable[[], str]


@pytest.fixture(scope="module")
def room() -> Iterator[Lab]:
    with tempfile.TemporaryDirectory(prefix="syncd-crash-") as folder, lab(Path(folder)) as made:
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str | None], str]]:
    """Makes a store: an empty one, or a copy of another."""
    if request.param == "sqlite":
        template = request.getfixturevalue("sqlite_template")

        def sqlite(source: str | None) -> str:
            target = tmp_path / f"store{next(NUMBERS)}.db"
            if source is None:
                shutil.copy(template, target)
            else:
                copy_sqlite(Path(source.removeprefix("sqlite:///")), target)
            return f"sqlite:///{target}"

        yield sqlite
        return
    server, template_name = request.getfixturevalue("pg_server"), request.getfixturevalue("pg_template")

    with ExitStack() as made:

        def postgresql(source: str | None) -> str:
            origin = source.rpartition("/")[2].partition("?")[0] if source else template_name
            return made.enter_context(conftest.pg_database(server, origin))

        yield postgresql


def prepared(room: Lab, stores: Callable[[str | None], str], operation: Operation, kinds: tuple[str, str]) -> Prepared:
    vendors, store = Vendors.new(*kinds), stores(None)
    room.live(vendors, store)
    if operation.linked:
        linked(vendors)
        to_rest(room, vendors, store)
    operation.act(vendors)
    return Prepared(vendors, lambda: stores(store))


def undisturbed(room: Lab, start: Prepared) -> tuple[Life, dict[str, object]]:
    """The first run, with what it passed, and how everything stands in the end."""
    vendors, store = start.vendors.copied(), start.store()
    first = room.live(vendors, store)
    assert first.shown is not None
    shown = to_rest(room, vendors, store)
    assert case(vendors, shown).findings() == []
    return first, stands(vendors, shown)


def accidents(first: Life, *, hits: int | None) -> Iterator[str]:
    """Every place where the first run can be killed, or the first `hits` passages of each."""
    places = {**first.passed, "H7": first.writes, "H8": first.writes}
    for point, times in sorted(places.items()):
        yield from (f"{point}:{nth}" for nth in range(1, times + 1) if hits is None or nth <= hits)


def survive(room: Lab, start: Prepared, crash_at: str) -> tuple[dict[str, object], list[str]]:
    vendors, store = start.vendors.copied(), start.store()
    assert room.live(vendors, store, crash_at).shown is None, f"{crash_at} was not passed"
    shown = to_rest(room, vendors, store)
    return stands(vendors, shown), case(vendors, shown).findings()


def every_accident(room: Lab, start: Prepared, *, hits: int | None) -> Counter[str]:
    first, wanted = undisturbed(room, start)
    done: Counter[str] = Counter()
    for crash_at in accidents(first, hits=hits):
        stood, findings = survive(room, start, crash_at)
        assert (stood, findings) == (wanted, []), crash_at
        done[crash_at.partition(":")[0]] += 1
    return done


QUICK = ("create",)
"""What `make test` kills too; `make crash`, which CI runs, kills all of them."""
ALL = [pytest.param(one, marks=() if one.name in QUICK else pytest.mark.crash, id=one.name) for one in OPERATIONS]


@pytest.mark.parametrize("operation", ALL)
def test_killed_at_every_point_it_ends_the_same(
    room: Lab, stores: Callable[[str | None], str], operation: Operation, record_property: Callable[[str, Any], None]
) -> None:
    done = every_accident(room, prepared(room, stores, operation, CHARACTERS), hits=1)
    record_property("kills", done.total())
    record_property("crash points", " ".join(sorted(done)))


@pytest.mark.soak
@pytest.mark.parametrize("kinds", [CHARACTERS, OTHERS], ids="-".join)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_killed_at_every_passage_it_ends_the_same(
    room: Lab,
    stores: Callable[[str | None], str],
    operation: Operation,
    kinds: tuple[str, str],
    record_property: Callable[[str, Any], None],
) -> None:
    done = every_accident(room, prepared(room, stores, operation, kinds), hits=None)
    record_property("kills", done.total())
    record_property("crash points", " ".join(sorted(done)))
