"""Every helpdesk with every tracker: one ticket's whole life, in the vendors' own words, over their simulators.

Converged after each step, nothing doubled, nothing internal where a customer reads it, and silent in the end.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from syncd.core.model import Life, Side, Visibility
from syncd.sdk.connector import Capability
from tests.connectors.azuredevops.world import AzureDevOpsWorld
from tests.connectors.freshdesk.world import FreshdeskWorld
from tests.connectors.github.world import GitHubWorld
from tests.connectors.gitlab.world import GitlabWorld
from tests.connectors.hubspot.world import HubspotWorld
from tests.connectors.intercom.world import IntercomWorld
from tests.connectors.jira.world import JiraWorld
from tests.connectors.linear.world import LinearWorld
from tests.connectors.redmine.world import SimulatedWorld as RedmineWorld
from tests.connectors.rt.simulated import SimulatedWorld as RtWorld
from tests.connectors.servicenow.world import ServiceNowWorld
from tests.connectors.zammad.world import ZammadWorld
from tests.connectors.zendesk.world import ZendeskWorld
from tests.pairs.pair import Between, Make, between

HELPDESKS: dict[str, Make] = {
    "zendesk": ZendeskWorld,
    "freshdesk": FreshdeskWorld,
    "zammad": ZammadWorld,
    "rt": RtWorld,
    "servicenow": ServiceNowWorld,
    "hubspot": HubspotWorld,
    "intercom": IntercomWorld,
}
TRACKERS: dict[str, Make] = {
    "jira cloud": JiraWorld,
    "jira data center": lambda: JiraWorld("data_center"),
    "linear": LinearWorld,
    "github": GitHubWorld,
    "gitlab": GitlabWorld,
    "redmine": RedmineWorld,
    "azuredevops": AzureDevOpsWorld,
}
SUPPORT, ENGINEERING = Side.SUPPORT, Side.ENGINEERING
SECRET_WORD = "kite-4711"


QUICK = ("zendesk", "jira cloud")
"""With these `make test` runs every other vendor once; `make histories`, which CI runs, runs the rest."""
PAIRS = [
    pytest.param(
        desk,
        tracker,
        id=f"{support}-{engineering}",
        marks=() if QUICK[0] == support or QUICK[1] == engineering else pytest.mark.histories,
    )
    for support, desk in HELPDESKS.items()
    for engineering, tracker in TRACKERS.items()
]


@pytest.mark.parametrize(("support", "engineering"), PAIRS)
async def test_a_tickets_whole_life(support: Make, engineering: Make, tmp_path: Path) -> None:
    async with between(f"sqlite:///{tmp_path}/syncd.db", support, engineering) as pair:
        await escalation(pair)
        await fields(pair)
        await comments(pair)
        await states(pair)
        await silence(pair)


async def escalation(pair: Between) -> None:
    """1 to 4: a ticket becomes urgent; the issue says the same and each shows the other."""
    words = pair.words.support
    given = {**words.required, words.title: "Export fails"}
    if pair.maps("priority") and words.choice:
        given[words.choice[0]] = words.choice[2]
    await pair.worlds.support.open(given)
    await pair.escalated()
    assert await pair.value(ENGINEERING, "title") == "Export fails"
    if pair.maps("priority"):
        assert await pair.value(ENGINEERING, "priority") == "high"
    for side in Side:
        if Capability.LINK_BACK in pair.connectors[side].capabilities:
            shown = (await pair.worlds[side].look(pair.refs[side])).backlinks
            assert (await pair.read(side.other)).url in shown
    assert await pair.problems() == []


async def fields(pair: Between) -> None:
    """5 to 14: every field that both have, both ways; and both sides at once."""
    steps: list[tuple[str, object, object]] = [
        ("title", "Export fails on Mondays", "Export (core) fails"),
        ("priority", "low", "high"),
        ("labels", frozenset({"a", "b"}), frozenset({"b", "c"})),
        ("assignee", "dev@shop.example", None),
    ]
    for name, theirs, ours in steps:
        if pair.maps(name):
            for side, meaning in ((SUPPORT, theirs), (ENGINEERING, ours)):
                await pair.edit(side, name, meaning)
                await pair.sync()
                assert await pair.value(side.other, name) == meaning, (name, side)
                assert await pair.value(side, name) == meaning, (name, side)
    await pair.edit(SUPPORT, "title", "Both at once")
    await pair.edit(ENGINEERING, "title", "And the other")
    await pair.sync()
    assert [await pair.value(side, "title") for side in Side] == ["Both at once"] * 2, "the owner wins"
    assert await pair.problems() == []


async def comments(pair: Between) -> None:
    """15 to 22: each kind of comment crosses once, as visible as the mapping says and never more."""
    said: list[tuple[Side, str, bool]] = [
        (SUPPORT, "for the customer", True),
        (SUPPORT, f"internal {SECRET_WORD}", False),
        (ENGINEERING, f"from the tracker {SECRET_WORD}", False),
    ]
    for side, text, public in said:
        await pair.worlds[side].say(pair.refs[side], text, public=public)
        await pair.sync()
        copies = await pair.heard(side.other, text)
        assert copies == [Visibility.INTERNAL], (text, copies)
        assert len(await pair.heard(side, text)) == 1, "it does not come back"
    shown = (await pair.worlds.support.look(pair.refs.support)).public
    assert not [text for text in shown if SECRET_WORD in text]
    assert await pair.problems() == []


async def states(pair: Between) -> None:
    """23 to 27: a status that the mapping does not carry leaves the pair alone, and the words still cross."""
    for side in Side:
        if status := pair.words[side].status:
            await pair.edit_own(side, *status)
    await pair.edit(SUPPORT, "title", "Still in step")
    await pair.sync()
    assert await pair.value(ENGINEERING, "title") == "Still in step"
    assert [(await pair.read(side)).life for side in Side] == [Life.ACTIVE] * 2


async def silence(pair: Between) -> None:
    """28 to 30: a day later nobody has written anything more, and every comment stands there once."""
    before = await pair.writes()
    for _ in range(3):
        pair.clock.advance(8 * 3600)
        await pair.sync()
    assert await pair.writes() == before
    for side in Side:
        assert len(await pair.heard(side, "for the customer")) == 1
