"""The whole daemon between a simulated Zendesk and a simulated Linear, over loopback, by webhooks and by polls."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from syncd import daemon as daemons
from syncd import settings
from syncd.sdk.testing.page import Answer, Upload
from syncd_linear.simulator import LinearSimulator
from syncd_linear.simulator.state import Issue
from syncd_zendesk.simulator import ZendeskSimulator
from syncd_zendesk.state import StoredComment, Ticket

PATIENCE = 20.0  # seconds
SECRET = "a-webhook-secret-of-24-bytes"
MAPPING = """
name: zendesk-linear
support: acme-zendesk
engineering: acme-linear
escalate:
  - name: asked for by an agent
    when: {tags: {any: [escalate]}}
    create: {team: ENG}
fields:
  title: {owner: support, support: subject, engineering: title}
  priority:
    owner: support
    support: {field: priority, empty: p3, values: {urgent: p1, high: p2, normal: p3, low: p4}}
    engineering: {field: priority, values: {Urgent: p1, High: p2, Medium: p3, Low: p4, No priority: p4}}
  status:
    owner: engineering
    support: {field: status, values: {new: todo, open: doing, pending: doing, hold: doing, solved: done, closed: done}}
    engineering:
      field: status
      values: {Backlog: todo, Todo: todo, In Progress: doing, In Review: doing, Done: done, Canceled: done}
comments:
  support_public: {to: engineering, visibility: internal}
  support_internal: {to: engineering}
  engineering: {to: support, visibility: internal}
  engineering_for_customer: {when: {starts_with: "/customer"}, to: support, visibility: public}
attachments: {max_size: 25MB, types: [image/*, text/*]}
people: {match: email, fallback: leave}
"""


@dataclass(slots=True)
class Stage:
    desk: ZendeskSimulator
    linear: LinearSimulator

    def issues(self) -> list[Issue]:
        return list(self.linear.workspace.issues.values())

    def ticket(self, ref: str) -> Ticket:
        return self.desk.desk.ticket(ref)

    def heard(self, ref: str, words: str) -> StoredComment | None:
        return next((each for each in self.ticket(ref).comments if words in each.text), None)


async def until(holds: Callable[[], Any]) -> Any:
    """What a look finds, as soon as it finds something."""
    async with asyncio.timeout(PATIENCE):
        while not (found := holds()):
            await asyncio.sleep(0.01)
    return found


@pytest.fixture(params=["webhooks", "polls"])
async def stage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stage]:
    desk, linear = ZendeskSimulator(), LinearSimulator()
    async with AsyncExitStack() as stack:
        for vendor in (desk, linear):
            await stack.enter_async_context(vendor.serve())
        path = config(tmp_path, desk, linear)
        loaded, mappings = await asyncio.to_thread(settings.load, path)
        daemon = await daemons.build(loaded, mappings, path=path)
        running = asyncio.create_task(daemon.run())
        stack.push_async_callback(stop, daemon, running)
        async with asyncio.timeout(PATIENCE):
            await daemon.ready.wait()
        await until(lambda: len(daemon.accounts) == 2)
        desk.subscribe(f"{daemon.listening}/hooks/acme-zendesk", SECRET)
        await stack.enter_async_context(desk.outbox.delivering())
        if request.param == "webhooks":
            linear.subscribe(f"{daemon.listening}/hooks/acme-linear", SECRET)
            await stack.enter_async_context(linear.outbox.delivering())
        yield Stage(desk, linear)


async def stop(daemon: daemons.Daemon, running: asyncio.Task[None]) -> None:
    daemon.stop()
    await running


def config(home: Path, desk: ZendeskSimulator, linear: LinearSimulator) -> Path:
    (home / "mappings").mkdir()
    (home / "mappings" / "zendesk-linear.yaml").write_text(MAPPING, encoding="utf-8")
    blocks = {
        "acme-zendesk": desk.connection(webhook_secret=SECRET),
        "acme-linear": linear.connection(webhook_secret=SECRET, poll="1s"),
    }
    for name, block in blocks.items():
        for key in ("token", "api_key", "webhook_secret"):
            if key in block:
                file = home / f"{name}-{key}"
                file.touch(mode=0o600)
                file.write_text(str(block[key]), encoding="utf-8")
                block[key] = f"file:{file}"
    written = {
        "version": 1,
        "store": f"sqlite:///{home}/syncd.db",
        "listen": "127.0.0.1:0",
        "connections": blocks,
        "mappings": str(home / "mappings"),
        "log": {"level": "warning"},
    }
    path = home / "syncd.yaml"
    path.write_text(yaml.safe_dump(written, sort_keys=False), encoding="utf-8")
    return path


async def test_a_ticket_becomes_an_issue_and_the_pair_stays_consistent(stage: Stage) -> None:
    desk, linear = stage.desk, stage.linear
    ref = desk.make("Export fails", "It **broke**", tags=["escalate"], priority="high")
    [issue] = await until(stage.issues)
    assert (issue.title, issue.priority, issue.identifier) == ("Export fails", 2, "ENG-1")
    await until(lambda: issue.links and stage.ticket(ref).custom[360002])

    desk.edit(ref, priority="urgent")
    await until(lambda: issue.priority == 1)
    linear.edit(issue.id, state=issue.team.first("started"))
    await until(lambda: stage.ticket(ref).status == "open")

    log = Upload("trace.log", "text/plain", b"a trace\n" * 4000)
    desk.write(ref, "internal words, canary", public=False, files=(log,))
    said = await until(lambda: next((each for each in issue.comments if "canary" in each.body), None))
    assert f"[{log.name}]({linear.files_url}" in said.body
    assert [file.content for file in linear.workspace.files.values()] == [log.content]

    shot = Upload("shot.png", "image/png", bytes(range(256)) * 100)
    with linear.do():
        linear.say(issue.id, Answer("engineers talk, canary", public=True, files=(shot,)))
    linear.write(issue.id, "/customer It is fixed.")
    fixed = await until(lambda: stage.heard(ref, "It is fixed."))
    talk = await until(lambda: stage.heard(ref, "engineers talk"))
    assert (fixed.public, talk.public) == (True, False)
    assert [(file.name, file.content) for file in talk.files] == [(shot.name, shot.content)]
    assert linear.files_url not in talk.html

    linear.edit(issue.id, team=linear.workspace.team_called("OPS"))
    linear.edit(issue.id, title="Renamed by an engineer")
    await until(lambda: stage.ticket(ref).values["subject"] == "Renamed by an engineer")
    desk.edit(ref, subject="Export fails on Mondays")
    await until(lambda: issue.title == "Export fails on Mondays")
    assert (issue.identifier, len(stage.issues())) == ("OPS-1", 1)
    assert not [each for each in stage.ticket(ref).comments if each.public and "canary" in each.text]
    assert len([each for each in issue.comments if "canary" in each.body]) == 2
