"""The handoff packet at the vendors' simulators: once, first, internal, and never where strangers read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from syncd.core.conditions import Condition, IsSet
from syncd.core.model import Visibility
from syncd.core.packet import Evidence, PacketPolicy
from syncd.core.policy import EscalationPolicy
from syncd.core.redact import MARKS, Redaction, Sort
from syncd.core.severity import Severity, SeverityPolicy, SeverityRule
from syncd.mapping.packet import standard
from syncd.store.records import LinkState
from tests.connectors.github.world import GitHubWorld
from tests.connectors.jira.world import STEPS, JiraWorld
from tests.connectors.zendesk.world import ZendeskWorld
from tests.pairs.pair import ENGINEERING, SUPPORT, Between, Make, between

HEAD = "Handoff from support"
POLICY = EscalationPolicy(
    SeverityPolicy((SeverityRule("any", Severity.SEV1, (Condition("title", (IsSet(True),)),)),)),
    packet=PacketPolicy((Evidence("impact", "Who cannot work?", headings=("Impact",)),), Redaction(), standard()),
)


def ask_for_evidence(pair: Between) -> None:
    rules = replace(pair.rules, escalation=POLICY, comments=())  # the packet alone crosses
    pair.site.mappings = {rules.name: rules}


async def supplied(pair: Between) -> str:
    """A ticket that is held, and whose agent then says what was missing; its issue."""
    ask_for_evidence(pair)
    ticket = await pair.open("Export fails", urgent=True)
    await pair.sync()
    pair.refs = replace(pair.refs, support=ticket)
    assert (await pair.link()).refs.engineering is None
    assert await pair.heard(SUPPORT, "Who cannot work?") == [Visibility.INTERNAL]
    assert "Who cannot work?" not in await pair.shown()
    await pair.say(
        SUPPORT, "**Impact:** all of us, card 4111 **1111 1111** 1111, password=hunter2hunter2", public=False
    )
    await pair.sync()
    issue = (await pair.link()).refs.engineering
    assert issue
    pair.refs = replace(pair.refs, engineering=issue)
    return issue


@pytest.mark.parametrize("tracker", [lambda: JiraWorld(workflow=STEPS), GitHubWorld], ids=["jira", "github"])
async def test_a_held_ticket_crosses_with_one_internal_packet(tracker: Make, url: str) -> None:
    async with between(url, ZendeskWorld, tracker) as pair:
        await supplied(pair)
        for _ in range(2):
            await pair.sync()
        assert await pair.heard(ENGINEERING, HEAD) == [Visibility.INTERNAL]
        packet = (await pair.thread(ENGINEERING))[0].body.text
        assert HEAD in packet
        assert "all of us" in packet
        assert MARKS[Sort.CARD] in packet.replace("\\", "")
        assert "1111" not in packet
        assert "hunter2" not in packet
        assert await pair.heard(SUPPORT, HEAD) == []
        assert await pair.problems() == []


async def test_strangers_who_read_the_tracker_never_read_the_packet(url: str) -> None:
    async with between(url, ZendeskWorld, lambda: GitHubWorld(public=True)) as pair:
        issue = await supplied(pair)
        assert (await pair.link()).state is LinkState.LINKED
        strangers = "\n".join((await pair.worlds.engineering.look(issue)).public)
        for word in (HEAD, "all of us", "hunter2", "Who cannot work"):
            assert word not in strangers
        assert any("refuses the packet" in problem for problem in await pair.problems())
        assert await pair.heard(SUPPORT, "refuses the packet") == [Visibility.INTERNAL]
