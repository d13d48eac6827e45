"""Every helpdesk with every tracker: one ticket's whole life, in the vendors' own words, over their simulators.

Converged after each step, nothing doubled, nothing internal where a customer reads it, and silent in the end.
"""

from __future__ import annotations

import pytest

from tests.connectors.jira.desk import DeskWorld
from tests.connectors.jira.onesite import one_site
from tests.connectors.shipped import HELPDESKS, TRACKERS
from tests.pairs.fields import escalation, fields, statuses
from tests.pairs.lives import deletions, merges, moves, several, silence
from tests.pairs.pair import Make, between
from tests.pairs.threads import comments, files

CHAPTERS = (escalation, fields, statuses, comments, files, moves, merges, several, deletions, silence)
LEAST = 25
"""Steps that every pair has to play, so that no missing capability hides all of them."""

QUICK = frozenset({("zendesk", "jira cloud"), ("rt", "redmine"), ("jira service management", "github")})
"""A few, by `make test`; `make histories`, which CI runs, runs the rest."""
PAIRS = [
    pytest.param(
        desk,
        tracker,
        id=f"{support}-{engineering}",
        marks=() if (support, engineering) in QUICK else pytest.mark.histories,
    )
    for support, desk in HELPDESKS.items()
    for engineering, tracker in TRACKERS.items()
]
PAIRS += [
    pytest.param(
        lambda: DeskWorld("data_center"),
        TRACKERS["jira data center"],
        id="jira service management data center-jira data center",
        marks=pytest.mark.histories,
    )
]
PAIRS += [
    pytest.param(*one_site(kind), id=f"jira service management-jira {kind} on one site", marks=pytest.mark.histories)
    for kind in ("cloud", "data_center")
]


def test_the_quick_ones_are_pairs() -> None:
    assert {desk for desk, _ in QUICK} <= set(HELPDESKS)
    assert {tracker for _, tracker in QUICK} <= set(TRACKERS)


@pytest.mark.parametrize(("support", "engineering"), PAIRS)
async def test_a_tickets_whole_life(support: Make, engineering: Make, url: str) -> None:
    async with between(url, support, engineering) as pair:
        for chapter in CHAPTERS:
            await chapter(pair)
        print(f"{len(pair.played)} steps; left out: {pair.left_out or 'none'}")
        assert len(pair.played) >= LEAST, pair.left_out
