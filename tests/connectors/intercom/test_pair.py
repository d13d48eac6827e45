"""A conversation's whole life beside an issue: the same steps that `tests/pairs` takes with tickets."""

from tests.connectors.intercom.world import IntercomWorld
from tests.connectors.jira.world import STEPS, JiraWorld
from tests.pairs.pair import between
from tests.pairs.test_pairs import CHAPTERS, LEAST


async def test_a_conversations_whole_life(url: str) -> None:
    desk, tracker = lambda: IntercomWorld("conversations"), lambda: JiraWorld(workflow=STEPS)
    async with between(url, desk, tracker) as pair:
        for chapter in CHAPTERS:
            await chapter(pair)
        assert len(pair.played) >= LEAST, pair.left_out
