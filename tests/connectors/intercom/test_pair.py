"""A conversation's whole life beside an issue: the same steps that `tests/pairs` takes with tickets."""

from pathlib import Path

from tests.connectors.intercom.world import IntercomWorld
from tests.connectors.jira.world import JiraWorld
from tests.pairs.pair import between
from tests.pairs.test_pairs import comments, escalation, fields, silence, states


async def test_a_conversations_whole_life(tmp_path: Path) -> None:
    async with between(f"sqlite:///{tmp_path}/syncd.db", lambda: IntercomWorld("conversations"), JiraWorld) as pair:
        await escalation(pair)
        await fields(pair)
        await comments(pair)
        await states(pair)
        await silence(pair)
