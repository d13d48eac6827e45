"""A voice agent's case at the simulated Zendesk, and its way to Jira: one ticket, internal, nothing of it public."""

from __future__ import annotations

import json

from syncd.core.intake import Act, Client
from syncd.core.model import Visibility
from syncd.engine import escalations, opening
from tests.connectors.jira.world import STEPS, JiraWorld
from tests.connectors.zendesk.world import ZendeskWorld
from tests.pairs.pair import ENGINEERING, SUPPORT, Between, between

CASE = {
    "source_id": "call-4711",
    "title": "Export fails",
    "summary": "The export of March stops at half.",
    "customer": {"email": "ana@customer.example"},
    "transcript": [{"role": "customer", "text": f"Turn {number}: it stops. " + "x" * 900} for number in range(60)],
    "log": {"name": "../../etc/export.log", "media_type": "application/json", "text": '{"password": "hunter2hunter2"}'},
    "fields": {"priority": "high"},
}


async def told(pair: Between) -> None:
    client = Client("voice", pair.rules.name, b"-" * 24, place={"group": "Support"}, fields=("priority",))
    pair.site.clients = {client.name: client}
    raw = json.dumps(CASE).encode()
    await escalations.take(pair.site, client, Act.OPEN, key="k", raw=raw)
    kept = await escalations.take(pair.site, client, Act.OPEN, key="k", raw=raw)
    entry = json.dumps({"source_id": "call-4712", "summary": "She called again"}).encode()
    await escalations.take(pair.site, client, Act.ENRICH, key="k2", raw=entry, escalation=kept.escalation)
    for _ in range(2):
        await opening.work(pair.site)
        await pair.sync()


async def test_a_case_is_made_once_told_privately_and_becomes_an_issue(url: str) -> None:
    async with between(url, ZendeskWorld, lambda: JiraWorld(workflow=STEPS)) as pair:
        await told(pair)
        rows = await escalations.listed(pair.site)
        assert {row.state for row in rows} == {"done"}
        assert isinstance(pair.worlds.support, ZendeskWorld)
        [id] = [each for each, one in pair.worlds.support.simulator.desk.tickets.items() if "Export" in str(one.values)]
        ticket = str(id)
        issue = (await pair.link(ticket)).refs.engineering
        assert issue
        pair.refs = type(pair.refs)(ticket, issue)
        pair.seen.clear()
        assert await pair.value(SUPPORT, "priority") == "high"
        assert await pair.heard(SUPPORT, "Turn 0") == [Visibility.INTERNAL]
        assert await pair.heard(SUPPORT, "She called again") == [Visibility.INTERNAL]
        assert "hunter2" not in "".join(comment.body.text for comment in await pair.thread(SUPPORT))
        [(_, whole)] = await pair.files(SUPPORT, "transcript.md")
        assert b"Turn 59" in whole
        [(_, log)] = await pair.files(SUPPORT, "export.log")
        assert b"hunter2" not in log
        for word in ("Turn", "stops", "ana@customer", "called"):
            assert word not in await pair.shown()
        assert await pair.heard(ENGINEERING, "She called again") == [Visibility.INTERNAL]
