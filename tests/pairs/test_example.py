"""The example of the guide in the engine: what a stranger's connector has to get right beyond the suite."""

from __future__ import annotations

from dataclasses import replace

from syncd.sdk.testing.world import Deed
from syncd_gitea.world import GiteaWorld
from tests.connectors.zendesk.world import ZendeskWorld
from tests.pairs.fields import escalation, fields, statuses
from tests.pairs.lives import deletions
from tests.pairs.pair import ENGINEERING, SUPPORT, Between, between
from tests.pairs.threads import comments


class GiteaPair(GiteaWorld):
    """Without a choice, for Gitea has none but the status, and without what its list of issues does not tell."""

    words = replace(GiteaWorld.words, choice=None, deeds=GiteaWorld.words.deeds - {Deed.REWORD})


async def test_the_example_plays_a_tickets_life(url: str) -> None:
    async with between(url, ZendeskWorld, GiteaPair) as pair:
        for chapter in (escalation, fields, statuses, comments, a_file_is_named, deletions):
            await chapter(pair)
        assert len(pair.played) >= 15, pair.left_out


async def a_file_is_named(pair: Between) -> None:
    """Gitea's half takes no files: the comment goes all the same, once, and waits for nobody."""
    pair.refs = await pair.escalated("Export fails")
    await pair.worlds[SUPPORT].attach(pair.refs[SUPPORT], "export.log", b"hello", public=True)
    await pair.sync()
    assert len(await pair.heard(ENGINEERING, "export.log")) == 1
    assert await pair.problems() == []
