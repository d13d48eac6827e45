"""Equal titles are pairs to ask about, and nothing is linked by them alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from syncd.engine.backfill import Alike, How, alike, backfill, given
from syncd.engine.backfill.titles import plain
from syncd.sdk.testing.memory import HELPFUL, MemoryConnector, MemoryVendor
from tests.engine.world import World

DAY = timedelta(days=1)


async def asked(pair: World, *tickets: str, within: timedelta = 2 * DAY) -> list[Alike]:
    pair.clock.advance(60)  # the tracker's index is behind
    return await alike(pair.site, pair.site.mappings["desk-tracker"], tickets, within=within)


def refs(pairs: list[Alike]) -> list[tuple[str, str]]:
    return [(pair.ticket.ref, pair.issue.ref) for pair in pairs]


@pytest.mark.parametrize(
    "title", ["Export  fails", "RE: export fails", "[#123] Re: Export fails", "Fwd: [CORE-7] export fails "]
)
def test_what_mail_puts_before_a_title_is_no_part_of_it(title: str) -> None:
    assert plain(title) == "export fails"


@pytest.mark.parametrize(
    "title", ["Re-export fails", "[urgent] Export fails", "Export fails again", "Reexport: fails", "Export [#1] fails"]
)
def test_a_word_of_the_title_stays(title: str) -> None:
    assert plain(title) != "export fails"


async def test_equal_titles_within_the_span_are_a_pair_and_nothing_is_linked(pair: World) -> None:
    before = pair.engineering.open(title="Export fails")
    pair.clock.advance(10 * DAY)
    ticket = pair.support.open(title="Re: Export  Fails", priority="low")
    issue = pair.engineering.open(title="[#1] Export fails", assignee="ben")
    pair.engineering.open(title="Import fails")
    pair.clock.advance(10 * DAY)
    pair.engineering.open(title="Export fails")
    await pair.sync()
    found = await asked(pair, ticket)
    assert refs(found) == [(ticket, issue)]
    assert (found[0].rivals, found[0].issue.people) == ((), ("Ana", "Ben"))
    assert (await pair.link(ticket)).refs.engineering is None
    wider = await asked(pair, ticket, within=10 * DAY)
    assert {before, issue} <= {each.issue.ref for each in wider}


async def test_a_title_that_matches_several_names_its_rivals(pair: World) -> None:
    tickets = [pair.support.open(title="Export fails", priority="low") for _ in range(2)]
    issues = [pair.engineering.open(title="Export fails") for _ in range(2)]
    labels = [pair.engineering.ticket(issue).label for issue in issues]
    found = await asked(pair, tickets[0])
    assert [found[0].rivals, found[1].rivals] == [(labels[1],), (labels[0],)]
    found = await asked(pair, *tickets)
    assert len(found) == 4
    assert found[0].rivals == (labels[1], pair.support.ticket(tickets[1]).label)


async def test_what_is_linked_on_either_side_is_no_candidate(pair: World) -> None:
    ticket, issue = await pair.linked()
    other = pair.support.open(title="Export fails", priority="low")
    assert await asked(pair, ticket, other) == []
    free = pair.engineering.open(title="Export fails")
    assert refs(await asked(pair, ticket, other)) == [(other, free)]
    assert issue != free


async def test_the_search_leaves_the_stored_cursor_and_its_hints_alone(pair: World) -> None:
    ticket = pair.support.open(title="Export fails", priority="low")
    issue = pair.engineering.open(title="Export fails")
    await pair.sync()
    assert refs(await asked(pair, ticket)) == [(ticket, issue)]
    assert await pair.workers.once() == 0


async def test_what_a_person_accepted_is_linked(pair: World) -> None:
    ticket, issue = pair.support.open(title="Ours", priority="low"), pair.engineering.open(title="Theirs")
    rules = pair.site.mappings["desk-tracker"]
    (done,) = await backfill(pair.site, rules, find=given({ticket: issue}), tickets=[ticket], how=How())
    assert (await pair.link(ticket)).refs.engineering == issue
    assert done.link is not None


async def test_a_feed_of_events_begins_in_the_past_too(pair: World) -> None:
    vendor = MemoryVendor("other", character=HELPFUL, clock=pair.clock)
    ticket = pair.support.open(title="Export fails", priority="low")
    issue = vendor.open(title="Export fails")
    pair.connectors["tracker"] = MemoryConnector(vendor=vendor, connection="tracker")
    assert refs(await asked(pair, ticket)) == [(ticket, issue)]
