"""History is copied once, with its author and time, as visible as it was; what was copied by hand is left alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from syncd.core.model import Internal, Public, Side
from syncd.engine import operate
from syncd.engine.history import Copies, count
from syncd.store.records import Link
from tests.engine.world import World


async def link(pair: World, ticket: str, issue: str, *, history: bool = True) -> Link:
    """Two tickets from long ago become a pair."""
    pair.clock.advance(timedelta(days=40))
    made = await operate.link(pair.site, pair.site.mappings["desk-tracker"], ticket, issue, history=history)
    await pair.sync()
    return made


def said(pair: World, issue: str) -> list[str]:
    return [comment.body.text for comment in pair.engineering.ticket(issue).comments]


async def test_the_copy_of_an_old_note_says_who_wrote_it_and_when(pair: World) -> None:
    ticket, issue = pair.support.open(title="Ours"), pair.engineering.open(title="Theirs")
    at = pair.clock().strftime("%Y-%m-%d %H:%M UTC")
    note = pair.support.say(ticket, "an old story")
    await link(pair, ticket, issue)
    origin = f"[{pair.support.ticket(ticket).label}](https://desk.example/{ticket})".replace("[#", "[ticket ")
    assert said(pair, issue) == [f"**Ana** wrote in {origin} on {at}:\n\nan old story"]
    pair.support.edit_comment(ticket, note, "a better story")
    pair.support.say(ticket, "a new one")
    await pair.sync()
    edited, new = said(pair, issue)[-2:]
    assert f"on {at}:" in edited
    assert new == f"**Ana** wrote in {origin}:\n\na new one"


async def test_an_old_public_reply_stays_public_and_names_nobody(pair: World) -> None:
    ticket, issue = pair.support.open(title="Ours"), pair.engineering.open(title="Theirs")
    at = pair.clock().strftime("%Y-%m-%d %H:%M UTC")
    pair.support.say(ticket, "for all", public=True)
    pair.support.say(ticket, "for us")
    await link(pair, ticket, issue)
    public, internal = (comment.body for comment in pair.engineering.ticket(issue).comments)
    assert public == Public(f"*Written on {at}:*\n\nfor all")
    assert isinstance(internal, Internal)


async def test_what_was_copied_by_hand_is_not_copied_again(pair: World) -> None:
    """In either direction, quoted or with other blanks; one by one, so that what was said twice is there twice."""
    ticket, issue = pair.support.open(title="Ours"), pair.engineering.open(title="Theirs")
    pair.support.say(ticket, "It **fails**\nsince Monday", files={"a.log": b"12"})
    pair.engineering.say(issue, "> It fails since   Monday", files={"a.log": b"12"})
    pair.support.say(ticket, "still")
    pair.support.say(ticket, "still")
    pair.engineering.say(issue, "still")
    made = await link(pair, ticket, issue)
    assert len(said(pair, issue)) == 3
    assert said(pair, issue)[-1].endswith("\n\nstill")
    assert len(pair.support.ticket(ticket).comments) == 3
    assert [file.name for file in pair.engineering.ticket(issue).files] == []
    rows = [row.entry for row in await pair.audit() if row.entry.kind == "comment.skipped"]
    assert {row.link_id for row in rows} == {made.id}
    assert len(rows) == 4


async def test_a_file_that_hangs_on_both_is_not_copied_and_another_one_is(pair: World) -> None:
    ticket, issue = pair.support.open(title="Ours"), pair.engineering.open(title="Theirs")
    pair.support.file(ticket, "same.log", b"1")
    pair.engineering.file(issue, "same.log", b"1")
    pair.support.file(ticket, "longer.log", b"12")
    pair.engineering.file(issue, "longer.log", b"1")
    await link(pair, ticket, issue)
    names = [file.name for file in pair.engineering.ticket(issue).files]
    assert sorted(names) == ["longer.log", "longer.log", "same.log"]


async def test_the_copies_of_another_tickets_words_are_no_words_of_people(pair: World) -> None:
    """A second ticket on the issue says what the first one said: it is another customer's, and is copied."""
    first, second = (pair.support.open(title="Ours") for _ in range(2))
    issue = pair.engineering.open(title="Theirs")
    await link(pair, first, issue, history=False)
    pair.support.say(first, "it fails", public=True)
    await pair.sync()
    assert said(pair, issue) == ["it fails"]
    pair.support.say(second, "it fails", public=True)
    await link(pair, second, issue)
    assert len(said(pair, issue)) == 2


async def test_what_is_to_be_copied_is_counted_before_it_is(pair: World) -> None:
    """Only what a rule lets cross, and not what stands on both sides."""
    ticket, issue = pair.support.open(title="Ours"), pair.engineering.open(title="Theirs")
    for text in ("both", "mine"):
        pair.support.say(ticket, text)
    pair.engineering.say(issue, "both")
    pair.engineering.say(issue, "theirs")
    pair.support.file(ticket, "a.log", b"1")
    rules = pair.site.mappings["desk-tracker"]
    seen = await operate.read_both(pair.site, rules, ticket, issue)
    assert count(rules, seen) == Copies(3, 0)
    to_support = tuple(rule for rule in rules.comments if rule.side is Side.ENGINEERING)
    assert count(replace(rules, comments=to_support), seen) == Copies(1, 0)
    pair.engineering.say(issue, "/customer we had told them")
    pair.support.say(ticket, "and they us", public=True)
    assert count(rules, await operate.read_both(pair.site, rules, ticket, issue)) == Copies(5, 1)


async def test_without_history_nothing_old_is_copied_and_nothing_new_is_dated(pair: World) -> None:
    ticket, issue = pair.support.open(title="Ours"), pair.engineering.open(title="Theirs")
    pair.support.say(ticket, "an old story")
    await link(pair, ticket, issue, history=False)
    pair.support.say(ticket, "a new one")
    await pair.sync()
    (only,) = said(pair, issue)
    assert "UTC" not in only
