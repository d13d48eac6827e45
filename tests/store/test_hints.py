"""A change is a hint once, however often it is told; our own write coming back is none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, delete

from syncd.core.model import Side
from syncd.store import hints, links
from syncd.store.records import Added, Hint
from syncd.store.schema import foretold as foretold_table
from syncd.store.schema import hint as hint_table
from syncd.store.schema import metadata
from syncd.store.store import Store
from tests.store.samples import NOW, at, claim, linked

TICKET: dict[str, Any] = {"connection": "desk", "ref": "T-1"}


def tell(c: Connection, *ids: int, seconds: float = 0, **what: Any) -> Added:
    added = hints.add(c, ids, **TICKET, side=Side.SUPPORT, now=at(seconds), **what)
    if added.hints:
        links.mark(c, ids, at(seconds), hinted=True)
    return added


def foretell(c: Connection, seconds: float = 0, **names: Any) -> tuple[str, ...]:
    absorbed = hints.foretell(c, **TICKET, now=at(seconds), expires=at(seconds + 60), **names)
    return tuple(gone.revision for gone in absorbed)


async def test_a_hint_is_kept_whole(store: Store) -> None:
    def work(c: Connection) -> list[Hint]:
        link = linked(c)
        tell(c, link.id, token="t1", parts=frozenset({"fields", "thread"}), echo="e", revision="7", at=at(-5))
        return hints.of(c, link.id)

    (hint,) = await store.write(work)
    assert (hint.connection, hint.ref, hint.side) == ("desk", "T-1", Side.SUPPORT)
    assert (hint.token, hint.echo, hint.revision) == ("t1", "e", "7")
    assert hint.parts == {"fields", "thread"}
    assert (hint.at, hint.received_at) == (at(-5), NOW)


async def test_a_doubled_delivery_and_a_repeated_row_are_nothing_new(store: Store) -> None:
    def work(c: Connection) -> list[int]:
        link = linked(c)
        told = [tell(c, link.id, token=token).hints for token in ("a", "a", "b")]
        hints.consume(c, [hint.id for hint in hints.of(c, link.id)])
        return [*told, tell(c, link.id, token="a", seconds=99).hints, len(hints.of(c, link.id))]

    assert await store.write(work) == [1, 0, 1, 0, 0]


async def test_the_same_token_on_another_ticket_is_another_change(store: Store) -> None:
    def work(c: Connection) -> int:
        link = linked(c)
        tell(c, link.id, token="a")
        other = hints.add(c, [link.id], connection="tracker", ref="T-1", side=Side.ENGINEERING, token="a", now=NOW)
        return other.hints

    assert await store.write(work) == 1


async def test_a_change_without_a_name_always_counts(store: Store) -> None:
    def work(c: Connection) -> int:
        link = linked(c)
        return tell(c, link.id).hints + tell(c, link.id).hints

    assert await store.write(work) == 2


async def test_one_change_waits_at_every_link_of_its_ticket(store: Store) -> None:
    def work(c: Connection) -> list[int]:
        found = [linked(c, ref, "I-1") for ref in ("T-1", "T-2")]
        hints.add(c, [link.id for link in found], connection="tracker", ref="I-1", side=Side.ENGINEERING, now=NOW)
        hints.consume(c, [hint.id for hint in hints.of(c, found[0].id)])
        return [len(hints.of(c, link.id)) for link in found]

    assert await store.write(work) == [0, 1]


@pytest.mark.parametrize("first", ["foretold", "told"])
async def test_an_echo_is_swallowed_whichever_comes_first(store: Store, first: str) -> None:
    """A webhook may overtake the answer to the write that caused it (reliability.md, F29)."""

    def work(c: Connection) -> tuple[object, ...]:
        link = linked(c)
        if first == "foretold":
            assert foretell(c, echoes=["Set Priority"]) == ()
            absorbed = tell(c, link.id, token="x9", echo="Set Priority", revision="9").absorbed
            revision = absorbed.revision if absorbed else None
        else:
            assert tell(c, link.id, token="x9", echo="Set Priority", revision="9") == Added(hints=1)
            (revision,) = foretell(c, echoes=["Set Priority"])
        return revision, hints.of(c, link.id), claim(c)

    assert await store.write(work) == ("9", [], [])


async def test_one_foretold_echo_swallows_one_change(store: Store) -> None:
    def work(c: Connection) -> list[bool]:
        link = linked(c)
        foretell(c, echoes=["Set Status", "Set Status"])
        return [tell(c, link.id, token=token, echo="Set Status").absorbed is not None for token in "abc"]

    assert await store.write(work) == [True, True, False]


async def test_a_repeat_of_a_swallowed_echo_swallows_no_other(store: Store) -> None:
    """The webhook and the poll tell the same echo; somebody's own edit of that name must still get through."""

    def work(c: Connection) -> list[object]:
        link = linked(c)
        foretell(c, echoes=["Set Status", "Set Status"])
        told = [tell(c, link.id, token=token, echo="Set Status") for token in "aab"]
        return [added.absorbed is not None for added in told]

    assert await store.write(work) == [True, False, True]


async def test_an_echo_that_did_not_come_in_time_swallows_nothing(store: Store) -> None:
    def work(c: Connection) -> Added:
        link = linked(c)
        foretell(c, echoes=["Set Status"])
        return tell(c, link.id, seconds=61, echo="Set Status")

    assert await store.write(work) == Added(hints=1)


async def test_a_foretold_token_is_known_already(store: Store) -> None:
    def work(c: Connection) -> Added:
        foretell(c, tokens=["x1"])
        return tell(c, linked(c).id, token="x1")

    assert await store.write(work) == Added()


async def test_absorbing_takes_the_turn_of_every_link_but_not_that_of_another_reason(store: Store) -> None:
    def work(c: Connection) -> list[int]:
        mine, hinted, marked = (linked(c, ref, "I-1") for ref in ("T-1", "T-2", "T-3"))
        tell(c, mine.id, hinted.id, marked.id, token="x1")
        links.mark(c, [marked.id], NOW)
        assert foretell(c, tokens=["x1"]) == ("",)
        return [lease.link_id - mine.id for lease in claim(c)]

    assert await store.write(work) == [2]


async def test_absorbing_leaves_other_hints_and_their_turn(store: Store) -> None:
    def work(c: Connection) -> tuple[object, ...]:
        link = linked(c)
        tell(c, link.id, token="ours")
        tell(c, link.id, token="theirs")
        foretell(c, tokens=["ours"])
        return [hint.token for hint in hints.of(c, link.id)], len(claim(c))

    assert await store.write(work) == (["theirs"], 1)


steps = st.lists(st.tuples(st.sampled_from(["foretell", "tell"]), st.sampled_from("ab")), max_size=12)


@pytest.fixture(scope="module")
def tables() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    with engine.connect() as c:
        metadata.create_all(c)
        linked(c)
        yield c
    engine.dispose()


@settings(deadline=None)  # a busy machine is no failure
@given(steps)
def test_of_one_name_echoes_and_changes_balance(tables: Connection, history: list[tuple[str, str]]) -> None:
    """In any order, a name that was foretold n times and told m times leaves max(0, m - n) hints waiting, or swallows
    max(0, n - m) later ones: nothing is swallowed twice, and nothing that was not foretold."""
    c, link = tables, linked(tables)
    c.execute(delete(hint_table))
    c.execute(delete(foretold_table))
    for step, name in history:
        if step == "foretell":
            foretell(c, echoes=[name])
        else:
            tell(c, link.id, echo=name)
    waiting = [hint.echo for hint in hints.of(c, link.id)]
    for name in "ab":
        foretold, told = history.count(("foretell", name)), history.count(("tell", name))
        assert waiting.count(name) == max(0, told - foretold)
        more = sum(tell(c, link.id, echo=name).absorbed is not None for _ in range(foretold + 1))
        assert more == max(0, foretold - told)
