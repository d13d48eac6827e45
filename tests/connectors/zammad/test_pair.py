"""The whole engine between a simulated Zammad and a simulated Jira: what people there see, and what it costs."""

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

import pytest

from syncd import settings
from syncd.engine.poll import poll_once
from syncd.engine.queue.embedded import EmbeddedQueue
from syncd.engine.receive import receive
from syncd.engine.site import Site
from syncd.engine.worker import Workers
from syncd.sdk.connector import Connector
from syncd.sdk.testing.page import Answer
from syncd.store import links
from syncd.store.store import Store
from syncd_zammad.simulator import CAROL, LINK_FIELD
from tests.connectors.jira.world import JiraWorld
from tests.connectors.zammad.world import ZammadWorld

MAPPING = """
name: zammad-jira
support: acme-zammad
engineering: acme-jira
escalate:
  - {name: urgent, when: {priority: p1}, create: {project: CORE, issue_type: Bug}}
fields:
  title: {owner: support, support: title, engineering: summary}
  description: {direction: to_engineering, support: description, engineering: description}
  priority:
    owner: support
    support: {field: priority, values: {3 high: p1, 2 normal: p3, 1 low: p4}}
    engineering: {field: priority, values: {Highest: p1, High: p1, Medium: p3, Low: p4, Lowest: p4}}
  status:
    owner: engineering
    support: {field: status, values: {new: todo, open: doing, closed: done}}
    engineering: {field: status, values: {To Do: todo, In Progress: doing, In Review: doing, Done: done}}
comments:
  support_public: {to: engineering, visibility: internal}
  support_internal: {to: engineering}
  engineering: {to: support, visibility: internal}
  engineering_for_customer: {when: {starts_with: "/customer"}, to: support, visibility: public}
attachments: {max_size: 25MB, types: [image/*, text/*]}
people: {match: email, fallback: leave}
lifecycle: {reopened: reopen, merged: follow, moved: follow, deleted: note, restored: resume, closed: stop}
"""
CONFIG = """
version: 1
store: sqlite:///unused.db
mappings: [mapping.yaml]
connections:
  acme-zammad: {connector: zammad, url: "https://helpdesk.acme.example", token: "file:token"}
  acme-jira: {connector: jira, url: "https://acme.example", email: a@acme.example, token: "file:token"}
"""


class Between:
    """Both worlds on one clock, and the engine."""

    def __init__(self, store: Store, home: Path, zammad: ZammadWorld) -> None:
        self.zammad, self.jira = zammad, JiraWorld()
        self.jira.clock = self.jira.simulator.clock = self.jira.simulator.site.clock = self.zammad.clock
        self.connectors: dict[str, Connector] = {
            "acme-zammad": self.zammad.connector(),
            "acme-jira": self.jira.connector(),
        }
        for name, connector in self.connectors.items():
            connector.connection = name
        _, [rules] = settings.load(_config(home))
        self.store = store
        queue = EmbeddedQueue(store, now=self.zammad.clock, term=timedelta(hours=1))
        self.site = Site(
            store=store,
            queue=queue,
            connectors=self.connectors,
            mappings={rules.name: rules},
            secret=b"secret of the tests",
            now=self.zammad.clock,
        )
        self.workers = Workers(self.site)

    async def poll(self) -> None:
        for connector in self.connectors.values():
            await poll_once(self.site, connector)

    async def react(self) -> list[str]:
        """Deliver webhooks and run until nothing comes any more; the requests to Zammad that it took."""
        before = self.zammad.requests
        for _ in range(10):
            for name, world in (("acme-zammad", self.zammad), ("acme-jira", self.jira)):
                for webhook in await world.webhooks():
                    await receive(self.site, name, webhook)
            if not await self.workers.once():
                break
        return self.zammad.calls(since=before)

    async def settle(self) -> None:
        for _ in range(3):
            self.zammad.clock.advance(100)
            await self.poll()
            await self.react()

    def engineer(self) -> AbstractContextManager[None]:
        """What is done inside is done by the person at Jira's page, some time later."""
        self.zammad.clock.advance(1)
        return self.jira.simulator.acting(self.jira.simulator.person)

    async def linked(self) -> tuple[str, str]:
        ref = self.zammad.simulator.make("Export fails", "It broke on Monday.", priority="3 high")
        await self.react()
        (link,) = await self.store.read(lambda c: links.by_ref(c, "acme-zammad", ref))
        assert link.refs.engineering
        await self.settle()
        return ref, link.refs.engineering


def _config(home: Path) -> Path:
    for name, text in (("token", "a-secret-of-the-tests"), ("mapping.yaml", MAPPING)):
        (home / name).touch(mode=0o600)
        (home / name).write_text(text, encoding="utf-8")
    config = home / "syncd.yaml"
    text = CONFIG.replace("file:token", f"file:{home}/token").replace("[mapping.yaml]", f"[{home}/mapping.yaml]")
    config.write_text(text, encoding="utf-8")
    return config


@pytest.fixture
async def between(tmp_path: Path) -> AsyncIterator[Between]:
    zammad = ZammadWorld()
    store = await Store.open(f"sqlite:///{tmp_path}/syncd.db", now=zammad.clock)
    made = Between(store, tmp_path, zammad)
    for connector in made.connectors.values():
        await connector.check()
    await made.poll()
    yield made
    for connector in made.connectors.values():
        await connector.aclose()
    await store.aclose()


async def test_a_ticket_becomes_an_issue_and_the_answer_comes_back_unmailed(between: Between) -> None:
    ref, issue = await between.linked()
    ticket = between.zammad.ticket(ref)
    assert str(ticket.values[LINK_FIELD]).endswith("CORE-1")
    for text in ("kestrel: it was the cache", "/customer It is fixed."):
        with between.engineer():
            between.jira.simulator.say(issue, Answer(text, public=True))
    await between.settle()
    articles = [(article.type, article.internal) for article in ticket.articles[1:]]
    assert articles == [("note", True), ("note", False)]
    assert between.zammad.simulator.desk.mails == []
    assert not any("kestrel" in text for text in (await between.zammad.look(ref)).public)


async def test_a_status_crosses_in_one_write_and_comes_to_rest(between: Between) -> None:
    ref, issue = await between.linked()
    with between.engineer():
        between.jira.simulator.set_fields(issue, {"status": "In Progress"})
    before = between.zammad.requests
    await between.settle()
    calls = between.zammad.calls(since=before)
    assert between.zammad.simulator.desk.shapes.ticket(between.zammad.ticket(ref))["state"] == "open"
    assert sum(call.startswith("PUT") for call in calls) == 1
    await between.settle()
    before = between.zammad.requests
    await between.settle()
    writes = [call for call in between.zammad.calls(since=before) if not call.endswith("/tickets/search")]
    assert writes == [], "nothing is read or written where nothing happened"


async def test_a_customers_words_cross_and_no_twin_comes_back(between: Between) -> None:
    ref, issue = await between.linked()
    between.zammad.simulator.write(ref, "It still fails.", public=True, by=CAROL, type="email")
    await between.settle()
    comments = (await between.connectors["acme-jira"].fetch(issue)).thread
    assert comments
    assert len([each for each in comments.comments if "It still fails." in each.body.text]) == 1
    assert len(between.zammad.ticket(ref).articles) == 2
