"""Everything that an escalation does is shown on both tickets, and the same whether or not the daemon is restarted."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from syncd.core.milestones import Happened
from tests.conftest import copied, pg_database
from tests.scenes.catalogue import SCENES
from tests.scenes.page import PAGE, frame, page, row
from tests.scenes.story import Scene, played
from tests.scenes.wanted import WANTED


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
async def test_both_sides_see_it_also_with_a_new_daemon_at_each_step(
    scene: Scene, sqlite_template: Path, tmp_path: Path
) -> None:
    results = []
    for restarts in (False, True):
        folder = tmp_path / str(restarts)
        folder.mkdir()
        results.append(await played(scene, copied(sqlite_template, folder), tmp_path, restarts=restarts))
    straight, restarted = results
    assert restarted.left == straight.left
    assert restarted.shown == straight.shown
    rows = PAGE.read_text(encoding="utf-8").splitlines()
    for thing, lines in straight.shown.items():
        assert row(thing, *lines) in rows, "run `make scenes`"


@pytest.mark.histories
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
async def test_both_sides_see_it_with_postgresql_too(
    scene: Scene, pg_server: str, pg_template: str, tmp_path: Path
) -> None:
    """Here each new daemon opens the store anew, as a real one does."""
    with pg_database(pg_server, pg_template) as url:
        again = await played(scene, url, tmp_path, restarts=True, reopens=True)
    assert again.shown.keys() == scene.shows


def test_everything_that_is_wanted_is_shown_and_nothing_else_is_claimed() -> None:
    shown = Counter(thing for scene in SCENES for thing in scene.shows)
    assert {str(thing) for thing in WANTED if thing not in shown} == set(), "no scene shows this"
    assert {str(thing) for thing in shown if thing not in WANTED} == set(), "nobody wants this"
    assert {str(thing) for thing, times in shown.items() if times > 1} == set(), "one scene is enough for its row"


def test_no_two_wanted_things_are_called_the_same() -> None:
    assert len(set(WANTED)) == len({thing.name for thing in WANTED}) == len(WANTED)


def test_every_kind_of_fact_is_wanted() -> None:
    assert {thing.fact for thing in WANTED if thing.fact} == set(Happened)


def test_the_page_has_a_row_for_each_and_nothing_else() -> None:
    assert frame(PAGE.read_text(encoding="utf-8")) == frame(page(dict.fromkeys(WANTED, ((), ())))), "run `make scenes`"
