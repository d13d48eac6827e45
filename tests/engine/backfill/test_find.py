"""Tickets that name their issue in a text are linked to it, and to it alone."""

from __future__ import annotations

from syncd.engine import operate
from syncd.engine.backfill import Filled, How, backfill, in_field, in_texts
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


async def test_what_a_person_unlinked_stays_so(pair: World) -> None:
    issue = pair.engineering.open(title="Theirs")
    ticket = pair.support.open(title="Ours", description=f"{URL}{issue}")
    await by_text(pair, ticket)
    await pair.sync()
    await operate.unlink(pair.site, await pair.link(ticket))
    (done,) = await by_text(pair, ticket)
    assert (done.link, "unlinked" in done.why) == (None, True)
    assert (await pair.link(ticket)).state is LinkState.RESTING
