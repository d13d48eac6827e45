"""A write is announced once, goes only the legal ways, and is fenced by the lease of its link."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import Connection, text, update
from sqlalchemy.exc import IntegrityError

from syncd.core.model import Side, Visibility
from syncd.store import intents, links, meta
from syncd.store.records import IllegalStep, Intent, IntentKind, IntentState, Lease, LostLease
from syncd.store.schema import intent as table
from syncd.store.store import Store
from tests.store.samples import NOW, at, claim, due

PLANNED, ATTEMPTED, LANDED, REFUSED, PARKED = IntentState


def plan(c: Connection, link_id: int, kind: IntentKind = IntentKind.CREATE, item: str = "1") -> Intent:
    return intents.plan(
        c, link_id=link_id, kind=kind, side=Side.ENGINEERING, item=item, key=lambda number: f"key-{number}", now=NOW
    )


def leased(c: Connection) -> Lease:
    due(c, "T-1")
    (lease,) = claim(c)
    return lease


def in_state(c: Connection, lease: Lease, state: IntentState) -> Intent:
    """An intent that came to `state` by legal steps."""
    intent = plan(c, lease.link_id)
    if state is not PLANNED:
        intents.attempt(c, intent.id, lease.epoch, NOW)
    match state:
        case IntentState.LANDED:
            return intents.land(c, intent.id, "I-1", NOW)
        case IntentState.REFUSED:
            return intents.refuse(c, intent.id, "no")
        case IntentState.PARKED:
            return intents.park(c, intent.id, "ask")
    return intents.get(c, intent.id)


STEPS: dict[str, Any] = {
    "attempt": lambda c, i, lease: intents.attempt(c, i, lease.epoch, at(9)),
    "land": lambda c, i, _: intents.land(c, i, "I-9", at(9)),
    "refuse": lambda c, i, _: intents.refuse(c, i, "no"),
    "again": lambda c, i, _: intents.again(c, i, "busy"),
    "park": lambda c, i, _: intents.park(c, i, "ask"),
    "unpark": lambda c, i, _: intents.unpark(c, i),
}
LEGAL = {
    (PLANNED, "attempt"): ATTEMPTED,
    (PLANNED, "land"): LANDED,
    (PLANNED, "refuse"): REFUSED,
    (PLANNED, "again"): PLANNED,
    (PLANNED, "park"): PARKED,
    (ATTEMPTED, "attempt"): ATTEMPTED,
    (ATTEMPTED, "land"): LANDED,
    (ATTEMPTED, "refuse"): REFUSED,
    (ATTEMPTED, "again"): PLANNED,
    (ATTEMPTED, "park"): PARKED,
    (PARKED, "land"): LANDED,
    (PARKED, "refuse"): REFUSED,
    (PARKED, "park"): PARKED,
    (PARKED, "unpark"): ATTEMPTED,
}


async def test_only_the_legal_steps_are_possible(store: Store) -> None:
    for number, (state, step) in enumerate((state, step) for state in IntentState for step in STEPS):

        def work(c: Connection, state: IntentState = state, step: str = step) -> IntentState:
            c.execute(text("DELETE FROM link"))
            lease = leased(c)
            return STEPS[step](c, in_state(c, lease, state).id, lease).state  # type: ignore[no-any-return]  # an Intent

        if (state, step) in LEGAL:
            assert await store.write(work) is LEGAL[state, step], (state, step, number)
        else:
            with pytest.raises(IllegalStep):
                await store.write(work)


@pytest.mark.parametrize(
    "values",
    [
        {"state": "attempted"},
        {"state": "landed", "attempted_at": None, "target": "I-1", "kind": "nonsense"},
        {"state": "nonsense"},
        {"target": "I-1"},
        {"attempted_at": NOW},
    ],
)
async def test_the_database_itself_refuses_what_makes_no_sense(store: Store, values: dict[str, Any]) -> None:
    intent = await store.write(lambda c: plan(c, leased(c).link_id))
    with pytest.raises(IntegrityError):
        await store.write(lambda c: c.execute(update(table).where(table.c.id == intent.id).values(values)))


@pytest.mark.parametrize("kind", sorted(intents.ONCE, key=str))
async def test_what_is_made_once_is_planned_once(store: Store, kind: IntentKind) -> None:
    def work(c: Connection) -> list[int]:
        lease = leased(c)
        first = plan(c, lease.link_id, kind)
        found = [first, plan(c, lease.link_id, kind)]
        intents.attempt(c, first.id, lease.epoch, NOW)
        found.append(plan(c, lease.link_id, kind))
        intents.land(c, first.id, "I-1", NOW)
        found.append(plan(c, lease.link_id, kind))
        return [intent.id - first.id for intent in found]

    assert await store.write(work) == [0, 0, 0, 0]


@pytest.mark.parametrize("kind", sorted(set(IntentKind) - intents.ONCE, key=str))
async def test_an_update_may_come_again_once_it_landed(store: Store, kind: IntentKind) -> None:
    def work(c: Connection) -> list[bool]:
        lease = leased(c)
        first = plan(c, lease.link_id, kind)
        intents.attempt(c, first.id, lease.epoch, NOW)
        before = plan(c, lease.link_id, kind)
        intents.land(c, first.id, "", NOW)
        return [before.id == first.id, plan(c, lease.link_id, kind).id == first.id]

    assert await store.write(work) == [True, False]


async def test_a_refused_write_may_be_planned_anew(store: Store) -> None:
    def work(c: Connection) -> tuple[int, int]:
        lease = leased(c)
        return in_state(c, lease, REFUSED).number, plan(c, lease.link_id).number

    first, second = await store.write(work)
    assert second > first


async def test_the_database_refuses_a_second_create(store: Store) -> None:
    """Even for a program that does not ask first."""
    intent = await store.write(lambda c: plan(c, leased(c).link_id))
    twice = text(
        "INSERT INTO intent (link_id, kind, side, item, number, key, visibility, state, created_at) "
        "SELECT link_id, kind, side, item, 999, key, visibility, state, created_at FROM intent WHERE id = :id"
    )
    with pytest.raises(IntegrityError):
        await store.write(lambda c: c.execute(twice, {"id": intent.id}))


async def test_numbers_are_never_given_twice_and_jump_forward_only(store: Store) -> None:
    lease = await store.write(leased)
    planned = await asyncio.gather(
        *(store.write(lambda c, n=n: plan(c, lease.link_id, item=str(n))) for n in range(20))  # type: ignore[misc]  # a loop variable
    )
    assert len({intent.number for intent in planned}) == 20
    assert {intent.key for intent in planned} == {f"key-{intent.number}" for intent in planned}
    await store.write(lambda c: meta.jump(c, meta.NUMBER, 500))
    await store.write(lambda c: meta.jump(c, meta.NUMBER, 100))
    assert (await store.write(lambda c: plan(c, lease.link_id, item="next"))).number == 501


@pytest.mark.parametrize("loss", ["taken over", "given back", "parked"])
async def test_nothing_is_attempted_without_the_lease(store: Store, loss: str) -> None:
    def work(c: Connection) -> tuple[int, Lease]:
        lease = leased(c)
        intent = plan(c, lease.link_id)
        match loss:
            case "taken over":
                claim(c, seconds=1000)
            case "given back":
                links.release(c, lease)
            case _:
                links.park(c, lease.link_id, "a person did")
        return intent.id, lease

    intent_id, lease = await store.write(work)
    with pytest.raises(LostLease):
        await store.write(lambda c: intents.attempt(c, intent_id, lease.epoch, NOW))
    assert (await store.read(lambda c: intents.get(c, intent_id))).state is PLANNED


async def test_an_intent_is_kept_whole_and_in_order(store: Store) -> None:
    def work(c: Connection) -> list[Intent]:
        lease = leased(c)
        intents.plan(
            c,
            link_id=lease.link_id,
            kind=IntentKind.COMMENT,
            side=Side.SUPPORT,
            item="c\0\ud800",
            key=lambda number: "k",
            body_hash="h",
            visibility=Visibility.PUBLIC,
            payload={"text": "ü\0\ud800", "n": [1, None]},
            revision_read="7",
            now=NOW,
        )
        plan(c, lease.link_id)
        return intents.open_of(c, lease.link_id)

    first, second = await store.write(work)
    assert first.number < second.number
    assert (first.kind, first.side, first.visibility) == (IntentKind.COMMENT, Side.SUPPORT, Visibility.PUBLIC)
    assert (first.body_hash, first.revision_read, first.created_at) == ("h", "7", NOW)
    assert first.payload == {"text": "ü\0\ud800", "n": [1, None]}
    assert first.item == "c\\u0000\\ud800"  # shown, since neither database keeps it


async def test_what_was_told_is_not_told_again(store: Store) -> None:
    def work(c: Connection) -> frozenset[str]:
        lease = leased(c)
        for item, state in (("gone", LANDED), ("merged", PLANNED)):
            note = plan(c, lease.link_id, IntentKind.NOTE, item)
            if state is LANDED:
                intents.land(c, note.id, "c1", NOW)
        return intents.told(c, lease.link_id)

    assert await store.write(work) == {"gone"}
