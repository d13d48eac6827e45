"""A helpdesk and a tracker that are two projects of one Jira site, with one account: each keeps to its own.

The whole script is in `test_pairs`; here is what only one site can do: tell each connection the other one's news, and
let people move a ticket from one side to the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from syncd.core.mapping import Brake
from syncd.core.model import Pair, Side, Visibility
from syncd.store import links, pauses
from syncd.store.records import Filter, Link, LinkState
from syncd_jira.simulator import ANA, JiraSimulator
from tests.connectors.jira.onesite import PortalWorld, one_site
from tests.pairs.pair import ENGINEERING, SUPPORT, Between, between
from tests.pairs.threads import SECRET_WORD
from tests.pairs.words import FOR_CUSTOMER


@pytest.fixture(params=["webhooks", "polling"])
async def pair(request: pytest.FixtureRequest, url: str) -> AsyncIterator[Between]:
    """A ticket with its issue. Without webhooks only polls tell, and each asks for its own projects alone."""
    async with between(url, *one_site()) as made:
        if request.param == "polling":
            site(made).outbox.subscriptions.clear()
        made.refs = await made.escalated("Export fails")
        yield made


def site(pair: Between) -> JiraSimulator:
    assert isinstance(pair.worlds.support, PortalWorld)
    return pair.worlds.support.simulator


def move(pair: Between, side: Side, project: str) -> None:
    """A person moves the ticket of a side."""
    pair.clock.advance(1)
    with site(pair).acting(ANA):
        site(pair).site.move(site(pair).site.issue(pair.refs[side]), project)


async def every_link(pair: Between) -> list[Link]:
    return await pair.store.read(lambda c: links.list_links(c, Filter()))


def stands(pair: Between, side: Side) -> tuple[object, ...]:
    """What would change if anything still went there."""
    issue = site(pair).site.issue(pair.refs[side])
    return (len(issue.comments), len(issue.files), len(issue.log), dict(issue.values))


async def quiet(pair: Between, *, issues: int = 2) -> None:
    """A day in which nothing is written, and nothing was made of what is no customer's ticket."""
    before = await pair.writes()
    for _ in range(3):
        pair.clock.advance(8 * 3600)
        await pair.sync()
    assert await pair.writes() == before
    assert len(site(pair).site.issues) == issues
    assert len(await every_link(pair)) == 1
    assert await pair.problems() == []


async def test_each_connection_keeps_to_its_projects(pair: Between) -> None:
    await pair.worlds.engineering.open({"summary": "Export fails", "priority": "Highest"})
    await pair.say(ENGINEERING, f"a null pointer {SECRET_WORD}", public=False)
    await pair.say(SUPPORT, "any news?", public=True)
    await pair.edit(ENGINEERING, "status", "done")
    await pair.sync()
    await pair.say(ENGINEERING, f"{FOR_CUSTOMER} It is fixed in 2.3", public=False)
    await pair.sync()
    assert [len(await pair.heard(side, "any news?")) for side in Side] == [1, 1]
    assert await pair.heard(SUPPORT, "a null pointer") == [Visibility.INTERNAL]
    assert await pair.heard(SUPPORT, "It is fixed in 2.3") == [Visibility.PUBLIC]
    assert await pair.value(SUPPORT, "status") == "done"
    assert "It is fixed in 2.3" in await pair.shown()
    assert SECRET_WORD not in await pair.shown()
    for side in Side:
        shown = (await pair.worlds[side].look(pair.refs[side])).backlinks
        assert [(await pair.read(side.other)).url] == list(shown)
    await quiet(pair, issues=3)


async def test_a_ticket_in_the_trackers_project_is_left_alone_until_it_comes_back(pair: Between) -> None:
    move(pair, SUPPORT, "CORE")
    await pair.sync()
    link = await pair.link()
    assert (link.state, link.reason.partition(":")[0]) == (LinkState.RESTING, "moved")
    assert await pair.heard(ENGINEERING, "outside of what its connection looks at") == [Visibility.INTERNAL]
    before = stands(pair, SUPPORT)
    await pair.say(ENGINEERING, f"{FOR_CUSTOMER} It is fixed in 2.3", public=False)
    await pair.edit(ENGINEERING, "title", "Export (core) fails")
    await pair.sync()
    assert stands(pair, SUPPORT) == before
    await quiet(pair)
    move(pair, SUPPORT, "DESK")
    await pair.sync()
    assert (await pair.link()).state is LinkState.LINKED
    assert await pair.value(SUPPORT, "title") == "Export (core) fails"
    assert await pair.heard(SUPPORT, "It is fixed in 2.3") == [Visibility.PUBLIC]
    await quiet(pair)


async def test_an_issue_in_the_service_project_is_no_new_ticket_and_nothing_goes_there(pair: Between) -> None:
    move(pair, ENGINEERING, "DESK")
    await pair.sync()
    link = await pair.link()
    assert (link.state, link.refs, link.reason.partition(":")[0]) == (LinkState.RESTING, pair.refs, "moved")
    assert await pair.heard(SUPPORT, "outside of what its connection looks at") == [Visibility.INTERNAL]
    before = stands(pair, ENGINEERING)
    await pair.say(SUPPORT, f"for agents {SECRET_WORD}", public=False)
    await pair.edit(SUPPORT, "description", f"an address: {SECRET_WORD}")
    await pair.sync()
    assert stands(pair, ENGINEERING) == before
    await quiet(pair)
    move(pair, ENGINEERING, "CORE")
    await pair.sync()
    assert (await pair.link()).state is LinkState.LINKED
    assert await pair.heard(ENGINEERING, SECRET_WORD) == [Visibility.INTERNAL]
    await quiet(pair)


@pytest.mark.parametrize("pair", ["webhooks"], indirect=True)
async def test_a_ticket_that_was_moved_before_it_had_an_issue_makes_none(pair: Between) -> None:
    refs, pair.refs = pair.refs, Pair(await pair.open("Ana cannot log in", urgent=False), "")
    await pair.sync()
    move(pair, SUPPORT, "CORE")
    await pair.edit(SUPPORT, "priority", "high")
    await pair.sync()
    assert ((await pair.link()).state, (await pair.link()).refs.engineering) == (LinkState.RESTING, None)
    assert len(site(pair).site.issues) == 3
    pair.refs = refs


@pytest.mark.parametrize("pair", ["polling"], indirect=True)
async def test_many_that_leave_at_once_are_a_persons_to_decide(pair: Between) -> None:
    """As when `projects` of the config come to name fewer: no note goes out to each of their counterparts."""
    rules = replace(pair.rules, brake=Brake(gone=1))
    pair.site.mappings = {rules.name: rules}
    pair.workers.size = 1
    for ticket in (pair.refs.support, (await pair.escalated("Export fails")).support):
        pair.refs = pair.refs.put(SUPPORT, ticket)
        move(pair, SUPPORT, "CORE")
    await pair.worlds.support.settle()
    await pair.start()
    for _ in range(3):  # not to the end: what is paused comes again and again
        await pair.workers.once()
    assert Counter(link.state for link in await every_link(pair)) == {LinkState.RESTING: 1, LinkState.LINKED: 1}
    assert [pause.name for pause in await pair.store.read(pauses.list_pauses)] == [rules.name]


async def test_what_nobody_told_is_noticed_by_the_first_write(url: str) -> None:
    """A project at which neither looks, and no webhook."""
    async with between(url, *one_site(trackers=("CORE",))) as pair:
        site(pair).outbox.subscriptions.clear()
        pair.refs = await pair.escalated("Export fails")
        move(pair, ENGINEERING, "TRIAGE")
        await pair.sync()
        assert (await pair.link()).state is LinkState.LINKED
        await pair.edit(SUPPORT, "title", "Export fails on Mondays")
        await pair.sync()
        assert (await pair.link()).state is LinkState.RESTING
        assert await pair.heard(SUPPORT, "is TRIAGE-1 now") == [Visibility.INTERNAL]
        before = stands(pair, ENGINEERING)
        await pair.edit(SUPPORT, "title", "Export fails on Tuesdays")
        await pair.sync()
        assert stands(pair, ENGINEERING) == before
        await quiet(pair)


async def test_a_deletion_is_believed_though_the_ticket_that_proves_it_was_moved(url: str) -> None:
    async with between(url, *one_site(trackers=("CORE",))) as pair:
        site(pair).outbox.subscriptions.clear()
        pair.refs = await pair.escalated("Export fails")
        gone = await pair.escalated("Export fails")
        move(pair, ENGINEERING, "TRIAGE")
        pair.refs = gone
        await pair.worlds.engineering.delete(gone.engineering)
        await pair.say(SUPPORT, "anybody there?", public=False)
        await pair.sync()
        assert (await pair.link()).reason.partition(":")[0] == "deleted"
