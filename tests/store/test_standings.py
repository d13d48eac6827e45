"""What is remembered of a ticket, who wrote how often, and what other systems answered."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from syncd.core.model import Pair
from syncd.core.sentiment import Found
from syncd.core.signals import Standing
from syncd.store import links, lookups, standings
from syncd.store.lookups import Answer
from syncd.store.store import Store
from tests.store.samples import NOW

STANDS = Standing(
    moved=NOW,
    statuses=Pair("open", "In Progress"),
    unanswered=2,
    said=((Found("très déçu", Decimal("-2.5")),), ()),
    due=NOW + timedelta(hours=1),
)


async def watched(store: Store, ref: str, mapping: str = "m") -> int:
    pair = Pair("desk", "tracker")
    return (await store.write(lambda c: links.watch(c, mapping, "1", pair, ref, NOW))).id


async def test_what_is_remembered_comes_back_as_it_was_and_goes_with_its_link(store: Store) -> None:
    link = await watched(store, "7")
    for stands in (Standing(), STANDS, replace(STANDS, done=True)):
        await store.write(lambda c, stands=stands: standings.put(c, link, stands, NOW))  # type: ignore[misc]
        assert await store.read(lambda c: standings.of(c, link)) == (stands, NOW)
    await store.write(lambda c: standings.learned(c, link, {"tier": "größer"}, waits_for={"tier", "b"}))
    await store.write(lambda c: standings.put(c, link, STANDS, NOW))  # as by a run that read the issue alone
    assert await store.read(lambda c: standings.signals_of(c, link)) == {"tier": "größer"}
    assert await store.read(lambda c: standings.waiting(c, "tier", 10)) == [link]
    assert await store.read(lambda c: standings.waiting(c, "tie", 10)) == []
    await store.write(lambda c: standings.answered(c, link))
    assert await store.read(lambda c: standings.waiting(c, "tier", 10)) == []
    await store.write(lambda c: links.drop(c, link))
    assert await store.read(lambda c: standings.of(c, link)) is None


async def test_a_ticket_counts_once_for_its_customer_while_it_is_recent(store: Store) -> None:
    seen = [("1", "m", 0), ("1", "n", 0), ("2", "m", 3), ("3", "m", 9)]
    for ref, mapping, days in seen:
        link, opened = await watched(store, ref, mapping), NOW - timedelta(days=days)
        await store.write(
            lambda c, link=link, ref=ref, opened=opened: standings.wrote(  # type: ignore[misc]
                c, link, connection="desk", ref=ref, customer="kim", opened=opened
            )
        )

    async def count(customer: str, besides: str, connection: str = "desk") -> int:
        since = NOW - timedelta(days=5)
        return await store.read(
            lambda c: standings.tickets_of(c, customer, connection=connection, besides=besides, since=since)
        )

    assert await count("kim", "9") == 2
    assert await count("kim", "1") == 1
    assert await count("lee", "9") == await count("kim", "9", "other") == 0


async def test_answers_are_kept_and_what_failed_comes_up_when_it_is_due(store: Store) -> None:
    good = Answer("tier", "a", "gold", NOW)
    bad = Answer("tier", "b", None, None, "away", NOW, 2, NOW + timedelta(minutes=4))
    for one in (replace(bad, key="a"), good, bad):
        await store.write(lambda c, one=one: lookups.put(c, one))  # type: ignore[misc]
    assert await store.read(lambda c: lookups.get(c, "tier", "a")) == good
    assert await store.read(lambda c: lookups.get(c, "tier", "c")) is None
    assert await store.read(lambda c: lookups.failing(c, 9)) == [bad]
    assert await store.read(lambda c: lookups.failing(c, 9, until=NOW)) == []
    assert await store.read(lambda c: lookups.failing(c, 9, until=NOW + timedelta(minutes=4))) == [bad]
