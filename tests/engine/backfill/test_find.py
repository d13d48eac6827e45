"""Tickets that name their issue in a text are linked to it, and to it alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from syncd.core.model import Internal, Snapshot
from syncd.engine import operate
from syncd.engine.backfill import Filled, How, backfill, in_field, in_texts
from syncd.sdk.budget import BACKFILL
from syncd.sdk.connector import ALL_PARTS, Message, Part
from syncd.sdk.testing.memory import MemoryConnector
from syncd.store.records import LinkState
from tests.engine.world import World

URL = "https://tracker.example/"


async def by_text(pair: World, *tickets: str, dry_run: bool = False) -> list[Filled]:
    rules = pair.site.mappings["desk-tracker"]
    return await backfill(pair.site, rules, find=in_texts(), tickets=tickets or None, how=How(dry_run=dry_run))


async def test_an_address_in_an_internal_note_links(pair: World) -> None:
    ticket, issue = pair.support.open(title="Ours"), pair.engineering.open(title="Theirs")
    pair.support.say(ticket, f"we told them: {URL}{issue}.")
    await pair.sync()
    (planned,) = await by_text(pair, dry_run=True)
    assert (planned.issue, planned.link) == (pair.engineering.ticket(issue).label, None)
    assert (await pair.link(ticket)).state is LinkState.WATCHED
    (done,) = await by_text(pair)
    assert (await pair.link(ticket)).refs.engineering == issue
    assert done.link == (await pair.link(ticket)).id
    await pair.sync()
    assert pair.issue(issue, "title") == "Theirs"


async def test_an_address_in_the_description_links(pair: World) -> None:
    issue = pair.engineering.open(title="Theirs")
    ticket = pair.support.open(title="Ours", description=f"see <{URL}{issue}>")
    await by_text(pair, ticket)
    assert (await pair.link(ticket)).refs.engineering == issue


@pytest.mark.parametrize("history", [True, False])
async def test_its_work_waits_behind_all_other(pair: World, history: bool) -> None:
    issue = pair.engineering.open(title="Theirs")
    ticket = pair.support.open(title="Ours", description=f"{URL}{issue}")
    rules = pair.site.mappings["desk-tracker"]
    await backfill(pair.site, rules, find=in_texts(), tickets=[ticket], how=How(history=history))
    assert (await pair.link(ticket)).turn == BACKFILL


async def test_several_issues_link_nothing_and_are_named(pair: World) -> None:
    issues = [pair.engineering.open(title="Theirs") for _ in range(2)]
    ticket = pair.support.open(title="Ours", description=f"{URL}{issues[0]}")
    pair.support.say(ticket, f"or {URL}{issues[1]}, or {URL}{issues[0]} again")
    await pair.sync()
    (done,) = await by_text(pair)
    labels = ", ".join(pair.engineering.ticket(issue).label for issue in issues)
    assert (done.link, done.why) == (None, f"names 2 issues: {labels}")
    (done,) = await backfill(pair.site, pair.site.mappings["desk-tracker"], find=in_field("description"))
    assert done.link is not None, "its description names one"


async def test_an_address_of_nothing_or_of_another_host_links_nothing(pair: World) -> None:
    pair.engineering.open(title="Theirs")
    ticket = pair.support.open(title="Ours", description=f"{URL}tracker-99 https://other.example/tracker-1 tracker-1")
    (done,) = await by_text(pair, ticket)
    assert (done.link, done.why) == (None, "names no issue in its texts")


class InAWorkspace(MemoryConnector):
    """Its addresses begin with the workspace, of which the host has many."""

    async def fetch(self, ref: str, *, parts: frozenset[Part] = ALL_PARTS, since: str | None = None) -> Snapshot:
        snapshot = await super().fetch(ref, parts=parts, since=since)
        return replace(snapshot, url=f"{URL}acme/issue/{snapshot.ref}")


@pytest.mark.parametrize(("workspace", "linked"), [("acme", True), ("others", False)])
async def test_the_address_of_another_workspace_is_not_ours(pair: World, workspace: str, linked: bool) -> None:
    pair.connectors["tracker"] = InAWorkspace(vendor=pair.engineering, connection="tracker")
    issue = pair.engineering.open(title="Theirs")
    ticket = pair.support.open(title="Ours", description=f"{URL}{workspace}/issue/{issue}/it-fails")
    (done,) = await by_text(pair, ticket)
    assert (done.link is not None) is linked


async def test_our_own_note_with_an_address_links_nothing(pair: World) -> None:
    """It may speak of an issue that the ticket had once."""
    ticket, issue = pair.support.open(title="Ours"), pair.engineering.open(title="Theirs")
    ours = Message(Internal(f"{URL}{issue} was made by accident"))
    await pair.connectors["desk"].comment(ticket, ours, key="sykey", expect="")
    (done,) = await by_text(pair, ticket)
    assert (done.link, done.why) == (None, "names no issue in its texts")


async def test_what_a_person_unlinked_stays_so(pair: World) -> None:
    issue = pair.engineering.open(title="Theirs")
    ticket = pair.support.open(title="Ours", description=f"{URL}{issue}")
    await by_text(pair, ticket)
    await pair.sync()
    await operate.unlink(pair.site, await pair.link(ticket))
    (done,) = await by_text(pair, ticket)
    assert (done.link, "unlinked" in done.why) == (None, True)
    assert (await pair.link(ticket)).state is LinkState.RESTING
