"""The outbox: one message for a fact, a rule and a recipient; claimed by one; gone from the store when it is done."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from syncd.core.model import Pair
from syncd.core.telling import Addressed, Audience, Message, Through
from syncd.store import links, messages
from syncd.store.records import MessageState
from syncd.store.store import Store

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
DAY = timedelta(days=1)
TOLD = Message("late", Through("out"), Audience.AGENT, "breached:accept", "sev1", "subject", "text", NOW)


def link(c: Connection) -> int:
    return links.watch(c, "desk-tracker", "1", Pair("desk", "tracker"), "7", NOW).id


async def test_a_fact_is_told_once_by_each_rule_to_each_recipient(store_url: str) -> None:
    store = await Store.open(store_url)

    def work(c: Connection) -> list[bool]:
        of = link(c)
        others = [
            replace(TOLD, rule="other"),
            replace(TOLD, recipient=Addressed("out", "a@acme.example")),
            replace(TOLD, fact="breached:fix"),
        ]
        return [messages.add(c, of, told, NOW) for told in (TOLD, TOLD, *others)]

    assert await store.write(work) == [True, False, True, True, True]
    await store.aclose()


async def test_what_one_took_no_other_takes(store_url: str) -> None:
    store = await Store.open(store_url)

    def work(c: Connection) -> list[int]:
        messages.add(c, link(c), TOLD, NOW)
        ids = [row.id for row in messages.due(c, "out", NOW, 10)]
        return [len(messages.take(c, ids, bundle, NOW)) for bundle in ("first", "second")]

    assert await store.write(work) == [1, 0]
    await store.aclose()


async def test_what_was_sent_keeps_no_text_and_goes_by_age_and_what_waits_stays(store_url: str) -> None:
    store = await Store.open(store_url)

    def work(c: Connection) -> tuple[list[tuple[MessageState, str]], int, list[MessageState]]:
        of = link(c)
        for told in (TOLD, replace(TOLD, rule="other", due=NOW + DAY)):
            messages.add(c, of, told, NOW)
        messages.take(c, [row.id for row in messages.due(c, "out", NOW, 10)], "first", NOW)
        messages.sent(c, "first")
        kept = [(row.state, row.body) for row in messages.of(c, of)]
        return kept, messages.prune(c, NOW + DAY), [row.state for row in messages.of(c, of)]

    kept, pruned, left = await store.write(work)
    assert kept == [(MessageState.SENT, ""), (MessageState.WAITING, "text")]
    assert (pruned, left) == (1, [MessageState.WAITING])
    await store.aclose()
