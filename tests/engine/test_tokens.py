"""Signed links: only what was signed opens anything, for as long as it was signed for, and does its deed once."""

from __future__ import annotations

import asyncio
import re
import string
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, insert, select, update

from syncd.core.deeds import Obstacle, Purpose
from syncd.core.mapping import Mapping
from syncd.core.milestones import Happened
from syncd.engine import deeds, tokens
from syncd.engine.operate import By, Refused
from syncd.sdk.connector import Capability
from syncd.sdk.testing import faults
from syncd.sdk.testing.character import BLIND
from syncd.sdk.testing.memory import MemoryVendor
from syncd.store import audit
from syncd.store.schema import token as rows
from syncd.store.store import Store
from tests.engine.test_contract import PLAIN, facts, notes, rules
from tests.engine.world import World, mapping, world

URL = "https://syncd.example/desk"
DAY = timedelta(days=1)


@pytest.fixture
async def here(url: str) -> AsyncIterator[World]:
    """On SQLite alone, for what no database has a part in."""
    async with world(url, rules=rules(PLAIN)) as made:
        made.site.public_url = URL
        yield made


@pytest.fixture
async def pair(store_url: str) -> AsyncIterator[World]:
    async with world(store_url, rules=rules(PLAIN)) as made:
        made.site.public_url = URL
        yield made


async def made(pair: World, ref: str, purpose: Purpose, **more: object) -> str:
    """The word of a new link."""
    address = await tokens.link_for(pair.site, await pair.link(ref), purpose, **more)  # type: ignore[arg-type]
    assert address.startswith(f"{URL}/s/")
    return address.removeprefix(f"{URL}/s/")


async def opens(pair: World, word: str) -> bool:
    return await tokens.check(pair.site, word) is not None


def of_milestones(vendor: MemoryVendor, ref: str) -> list[str]:
    return [text for text in notes(vendor, ref) if "time is up" not in text and " left" not in text]


# -- what opens


async def test_a_link_opens_what_it_was_made_for(pair: World) -> None:
    ref, _ = await pair.linked()
    word = await made(pair, ref, Purpose.ACCEPT, who="Ben", expires=DAY)
    found = await tokens.check(pair.site, word)
    assert found is not None
    link = await pair.link(ref)
    assert (found.purpose, found.who, found.link_id) == (Purpose.ACCEPT, "Ben", link.id)
    assert found.expires_at - found.created_at == DAY


async def test_a_link_for_an_odd_name_opens(pair: World) -> None:
    """The store writes out what a database cannot hold; what is signed is what stands there."""
    ref, _ = await pair.linked()
    for who in ("Zoë \U0001f600", "a\0b", "lone \ud800", "x" * 3000):
        assert await opens(pair, await made(pair, ref, Purpose.ACCEPT, who=who))


async def test_no_two_links_are_the_same(here: World) -> None:
    ref, _ = await here.linked()
    assert len({await made(here, ref, Purpose.PROGRESS) for _ in range(20)}) == 20


async def test_a_link_with_any_letter_changed_opens_nothing(here: World) -> None:
    ref, _ = await here.linked()
    word = await made(here, ref, Purpose.ACCEPT)
    for at, letter in enumerate(word):
        other = next(one for one in string.ascii_lowercase if one != letter)
        assert not await opens(here, word[:at] + other + word[at + 1 :]), at
    for wrong in ("", word[:-1], word + "a", word.upper(), f" {word}", f"{word}\n", word[::-1], "é" * len(word)):
        assert not await opens(here, wrong)
    assert await opens(here, word)


async def test_it_ends_with_its_time(here: World) -> None:
    ref, _ = await here.linked()
    word = await made(here, ref, Purpose.PROGRESS, expires=DAY)
    here.clock.advance(DAY.total_seconds() - 1)
    assert await opens(here, word)
    here.clock.advance(1)
    assert not await opens(here, word)


async def test_revoking_ends_those_of_a_purpose_or_all(pair: World) -> None:
    ref, _ = await pair.linked()
    link = await pair.link(ref)
    shown, accept, second = [
        await made(pair, ref, purpose) for purpose in (Purpose.PROGRESS, Purpose.ACCEPT, Purpose.ACCEPT)
    ]
    assert await tokens.revoke(pair.site, link, Purpose.ACCEPT) == 2
    assert [await opens(pair, word) for word in (shown, accept, second)] == [True, False, False]
    assert await tokens.revoke(pair.site, link) == 1
    assert not await opens(pair, shown)
    assert await tokens.revoke(pair.site, link) == 0


async def test_a_new_one_ends_the_old_one_only_where_that_is_asked_for(pair: World) -> None:
    ref, _ = await pair.linked()
    first = await made(pair, ref, Purpose.PROGRESS)
    accept, second = await made(pair, ref, Purpose.ACCEPT), await made(pair, ref, Purpose.PROGRESS)
    assert [await opens(pair, word) for word in (first, second, accept)] == [True] * 3
    third = await made(pair, ref, Purpose.PROGRESS, replace=True)
    assert [await opens(pair, word) for word in (first, second, third, accept)] == [False, False, True, True]


async def test_it_lives_on_after_a_restart_and_dies_with_the_secret(pair: World) -> None:
    ref, _ = await pair.linked()
    word = await made(pair, ref, Purpose.ACCEPT)
    again = await Store.open(pair.store.url, now=pair.clock)
    try:
        pair.site.store = again
        assert await opens(pair, word)
        pair.site.secret = b"another secret"
        assert not await opens(pair, word)
    finally:
        pair.site.store = pair.store
        await again.aclose()


async def test_the_store_does_not_know_the_link(here: World) -> None:
    ref, _ = await here.linked()
    word = await made(here, ref, Purpose.ACCEPT)

    def everything(c: Connection) -> str:
        kept = [*c.execute(select(rows)), *[row.entry for row in audit.page(c, limit=1000)]]
        return " ".join(map(str, kept))

    kept = await here.store.read(everything)
    assert "Ben" not in kept
    for part in (word, word[: tokens.WORD], word[tokens.WORD :]):
        assert part not in kept


@pytest.mark.parametrize("column", ["purpose", "who", "expires_at", "link_id"])
async def test_a_row_that_somebody_altered_opens_nothing(here: World, column: str) -> None:
    """Who can write the store, but does not have the secret, cannot make a link say more than it was signed for."""
    ref, _ = await here.linked()
    other, _ = await here.linked()
    word = await made(here, ref, Purpose.ACCEPT, who="Ben")
    values = {
        "purpose": "approve",
        "who": "Cleo",
        "expires_at": here.clock() + 99 * DAY,
        "link_id": (await here.link(other)).id,
    }
    await here.store.write(lambda c: c.execute(update(rows).values({column: values[column]})))
    assert not await opens(here, word)


async def test_a_row_that_somebody_slipped_in_opens_nothing(pair: World) -> None:
    ref, _ = await pair.linked()
    link, now = await pair.link(ref), pair.clock()
    word = "a" * tokens.WORD
    row = {
        "link_id": link.id,
        "purpose": "accept",
        "digest": tokens._digest(word),
        "who": "Mallory",
        "created_at": now,
        "expires_at": now + DAY,
    }
    await pair.store.write(lambda c: c.execute(insert(rows).values(row)))
    assert not await opens(pair, word + "a" * tokens.TAG)


async def test_no_link_is_made_where_nobody_could_open_it(here: World) -> None:
    ref, _ = await here.linked()
    for expires in (timedelta(0), -DAY, 401 * DAY):
        with pytest.raises(Refused, match="400 days at most"):
            await made(here, ref, Purpose.PROGRESS, expires=expires)
    here.site.public_url = ""
    with pytest.raises(Refused, match="`public_url`"):
        await made(here, ref, Purpose.PROGRESS)


async def test_no_link_is_made_where_no_step_is_noted(url: str) -> None:
    async with world(url, rules=mapping()) as pair:
        pair.site.public_url = URL
        ref, _ = await pair.linked()
        with pytest.raises(Refused, match="no step is noted for mapping desk-tracker"):
            await made(pair, ref, Purpose.PROGRESS)


async def test_what_was_shared_is_listed_and_audited(pair: World) -> None:
    ref, _ = await pair.linked()
    link = await pair.link(ref)
    word = await made(pair, ref, Purpose.ACCEPT, who="Ben", expires=DAY, by=By("operator ana", "asked in chat"))
    await made(pair, ref, Purpose.PROGRESS, expires=DAY)
    await deeds.do(pair.site, word)
    pair.clock.advance(2 * DAY.total_seconds())
    await made(pair, ref, Purpose.REVIEWED)
    await tokens.revoke(pair.site, link, by=By("operator ana"))
    await made(pair, ref, Purpose.RETURN)
    listed = [(one.purpose, one.who, one.state) for one in await tokens.shares(pair.site, link)]
    assert listed == [
        ("return", "", "works"),
        ("reviewed", "", "revoked"),
        ("progress", "", "expired"),
        ("accept", "Ben", "done"),
    ]
    entries = [row.entry for row in await pair.audit() if "shared" in row.entry.kind]
    assert [(entry.kind, entry.item) for entry in entries] == [
        ("link.shared", "accept"),
        ("link.shared", "progress"),
        ("link.shared", "reviewed"),
        ("link.unshared", "all"),
        ("link.shared", "return"),
    ]
    assert (entries[0].actor, entries[0].rule) == ("operator ana", "asked in chat")
    assert entries[0].outcome.startswith("for Ben until 2026-01-0")


# -- deeds


async def test_accepting_by_a_link_is_told_on_both_tickets_once(here: World) -> None:
    ref, issue = await here.linked()
    done = await deeds.do(here.site, await made(here, ref, Purpose.ACCEPT, who="Ben"))
    assert done is not None
    assert (done.obstacle, done.done) == (None, here.clock())
    await here.sync()
    await here.sync()
    said = "Ben accepted the issue by a signed link."
    assert of_milestones(here.support, ref) == of_milestones(here.engineering, issue) == [said]
    [accepted] = [fact for fact in await facts(here, ref) if fact.what is Happened.ACCEPTED]
    assert (accepted.who, accepted.source.startswith("signed:")) == ("Ben", True)


async def test_returning_by_a_link_tells_both_what_is_missing(here: World) -> None:
    ref, issue = await here.linked()
    await deeds.do(here.site, await made(here, ref, Purpose.RETURN, who="Ben"), "  steps to reproduce ")
    await here.sync()
    [on_ticket], [on_issue] = of_milestones(here.support, ref), of_milestones(here.engineering, issue)
    assert on_ticket.startswith("Ben returned the issue: steps to reproduce\n\nAdd what is missing")
    assert on_issue == "Ben returned the issue: steps to reproduce"


async def test_a_review_by_a_link_is_told_on_both(here: World) -> None:
    ref, issue = await here.linked()
    await deeds.do(here.site, await made(here, ref, Purpose.REVIEWED, who="Ben"))
    await here.sync()
    assert of_milestones(here.support, ref) == of_milestones(here.engineering, issue)
    assert of_milestones(here.support, ref) == ["Ben reviewed it by a signed link."]


async def test_a_link_does_its_deed_once_also_for_two_at_the_same_moment(pair: World) -> None:
    ref, _ = await pair.linked()
    word = await made(pair, ref, Purpose.ACCEPT, who="Ben")
    answers = await asyncio.gather(*(deeds.do(pair.site, word) for _ in range(8)))
    assert all(answer is not None and answer.done is not None for answer in answers)
    await pair.sync()
    assert [fact.what for fact in await facts(pair, ref)].count(Happened.ACCEPTED) == 1


async def test_of_two_links_at_the_same_moment_one_is_too_late(pair: World) -> None:
    ref, _ = await pair.linked()
    words = [await made(pair, ref, Purpose.ACCEPT, who=who) for who in ("Ben", "Cleo", "Dan", "Eve")]
    answers = await asyncio.gather(*(deeds.do(pair.site, word) for word in words))
    assert sorted(str(answer.obstacle) for answer in answers if answer) == ["None", *["accepted"] * 3]
    await pair.sync()
    assert [fact.what for fact in await facts(pair, ref)].count(Happened.ACCEPTED) == 1


async def test_a_case_that_moved_on_takes_no_deed(here: World) -> None:
    ref, issue = await here.linked()
    accept, give_back, approve = [
        await made(here, ref, purpose) for purpose in (Purpose.ACCEPT, Purpose.RETURN, Purpose.APPROVE)
    ]

    async def hindered(word: str) -> Obstacle | None:
        answer = await deeds.do(here.site, word, "steps")
        assert answer is not None
        assert answer.done is None
        return answer.obstacle

    assert await hindered(approve) is Obstacle.NOT_ASKED
    here.engineering.say(issue, "/accept", by="ben")
    await here.sync()
    assert await hindered(accept) is Obstacle.ACCEPTED
    here.engineering.edit(issue, status="solved", by="ben")
    await here.sync()
    assert await hindered(give_back) is Obstacle.DONE
    assert [fact.what for fact in await facts(here, ref) if fact.source.startswith("signed:")] == []


async def test_a_crash_after_the_deed_forgets_nothing(here: World) -> None:
    """What was pressed stands in the store; another daemon tells it."""
    ref, issue = await here.linked()
    await deeds.do(here.site, await made(here, ref, Purpose.ACCEPT, who="Ben"))
    again = await Store.open(here.store.url, now=here.clock)
    try:
        later = World(again, rules(PLAIN), here.support, here.engineering)
        await later.start()
        await later.sync()
        assert of_milestones(here.engineering, issue) == ["Ben accepted the issue by a signed link."]
    finally:
        await again.aclose()


# -- links in a note


def with_links() -> Mapping:
    return rules(replace(PLAIN, acceptance=replace(PLAIN.acceptance, links=True)))


def words_of(text: str) -> dict[str, str]:
    return dict(re.findall(rf"\[(\w+)\]\({URL}/s/(\w+)\)", text))


async def test_a_note_on_the_issue_has_links_where_the_policy_wants_them(url: str) -> None:
    async with world(url, rules=with_links()) as pair:
        pair.site.public_url = URL
        ref, issue = await pair.linked()
        await pair.sync()
        [text] = of_milestones(pair.engineering, issue)
        assert of_milestones(pair.support, ref) == []
        links = words_of(text)
        assert list(links) == ["Accept", "Return"]
        await deeds.do(pair.site, links["Return"], "steps")
        await pair.sync()
        pair.support.say(ref, "/handover here", by="ben")
        await pair.sync()
        *_, again = of_milestones(pair.engineering, issue)
        assert set(words_of(again).values()).isdisjoint(links.values())
        answer = await deeds.do(pair.site, words_of(again)["Accept"])
        assert answer is not None
        assert answer.done is not None
        await pair.sync()
        assert sum("without writing a comment" in text for text in of_milestones(pair.engineering, issue)) == 2
        rows = " ".join(str(row.entry) for row in await pair.audit())
        assert not any(word[: tokens.WORD] in rows for word in (*links.values(), *words_of(again).values()))


async def test_a_note_whose_answer_was_lost_is_written_once_and_its_links_work(url: str) -> None:
    async with world(url, rules=with_links()) as pair:
        pair.site.public_url = URL
        pair.engineering.plan.on("comment*", faults.LostAfter())
        _, issue = await pair.linked()
        for _ in range(4):
            pair.clock.advance(600)
            await pair.sync()
        [text] = of_milestones(pair.engineering, issue)
        assert all([await opens(pair, word) for word in words_of(text).values()])


async def test_where_strangers_read_no_link_is_made(url: str) -> None:
    open_source = replace(BLIND, capabilities=BLIND.capabilities - {Capability.INTERNAL_COMMENTS})
    async with world(url, rules=with_links(), engineering=open_source) as pair:
        pair.site.public_url = URL
        _, issue = await pair.linked()
        await pair.sync()
        assert notes(pair.engineering, issue) == []
        assert await tokens.shares(pair.site) == []


async def test_a_progress_link_does_no_deed(here: World) -> None:
    ref, _ = await here.linked()
    assert await deeds.do(here.site, await made(here, ref, Purpose.PROGRESS)) is None
