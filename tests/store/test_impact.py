"""Which tickets hang on which issues, with the facts that say what an issue costs; the same on both databases."""

from __future__ import annotations

from sqlalchemy import Connection, text

from syncd.core.milestones import Happened, Milestone
from syncd.store import impact, links, milestones
from syncd.store.store import Store
from tests.store.samples import NOW, at, linked, watched

H = Happened


def fact(c: Connection, link_id: int, what: H, seconds: float, detail: str = "") -> None:
    milestones.add(c, link_id, Milestone(what, at(seconds), detail=detail), NOW)


def fill(c: Connection) -> None:
    """Two issues with three tickets, one that was unlinked, and a ticket that has none."""
    first, second, third = (linked(c, ref, issue).id for ref, issue in (("1", "A"), ("2", "B"), ("3", "A")))
    fact(c, first, H.ESCALATED, -60)
    fact(c, first, H.RATED, 30, "5")
    fact(c, first, H.RATED, 20, "1")  # noted later, but said before
    fact(c, second, H.ACCEPTED, 10)
    fact(c, third, H.CLASSIFIED, 1, "usage")
    fact(c, third, H.CLASSIFIED, 2, "defect")
    links.rest(c, linked(c, "4", "A").id, "unlinked: by ops")
    watched(c, "5")


Row = tuple[str | None, str | None, float, list[str]]


def shown(one: impact.Hanging) -> Row:
    """Ticket, issue, seconds since NOW, facts."""
    facts = [f"{fact.what} {fact.detail}".strip() for fact in one.facts]
    return one.link.refs.support, one.link.refs.engineering, (one.since - NOW).total_seconds(), facts


async def test_each_ticket_stands_once_with_its_facts_as_they_were_noted(store: Store) -> None:
    await store.write(fill)
    all_of_them = [
        ("1", "A", -60, ["escalated", "rated 5", "rated 1"]),
        ("2", "B", 0, []),
        ("3", "A", 0, ["classified usage", "classified defect"]),
    ]
    assert await store.read(lambda c: [shown(one) for one in impact.hanging(c, None)]) == all_of_them
    assert await store.read(lambda c: [shown(one) for one in impact.hanging(c, at(-60))]) == all_of_them
    assert await store.read(lambda c: [shown(one) for one in impact.hanging(c, NOW)]) == all_of_them[1:]
    assert await store.read(lambda c: [shown(one) for one in impact.hanging(c, at(1))]) == []


async def test_one_that_was_escalated_later_than_it_was_seen_counts_from_then(store: Store) -> None:
    link = await store.write(lambda c: linked(c, "1", "A").id)
    await store.write(lambda c: fact(c, link, H.ESCALATED, 90))
    assert [shown(one)[2] for one in await store.read(lambda c: list(impact.hanging(c, at(90))))] == [90]
    assert await store.read(lambda c: list(impact.hanging(c, at(91)))) == []


async def test_only_the_issues_that_are_asked_for_are_looked_at(store: Store) -> None:
    await store.write(fill)

    async def refs(connection: str, *issues: str) -> list[str | None]:
        return await store.read(
            lambda c: [one.link.refs.support for one in impact.on_issues(c, connection, set(issues))]
        )

    assert await refs("tracker", "A") == ["1", "3"]
    assert await refs("tracker", "A", "B", "C") == ["1", "2", "3"]
    assert await refs("other", "A") == await refs("tracker") == []


async def test_facts_are_found_by_their_link_however_many_of_their_kind_there_are(sqlite_store: Store) -> None:
    """With 20,000 tickets on one machine all issues took 155 seconds the other way, and 2 this way."""

    def plan(c: Connection) -> list[str]:
        asked = str(impact.QUERY.compile(dialect=c.dialect, compile_kwargs={"literal_binds": True}))
        return [row.detail for row in c.execute(text(f"EXPLAIN QUERY PLAN {asked}"))]

    ways = [step for step in await sqlite_store.read(plan) if "milestone" in step]
    assert ["ix_milestone_link_id_id (link_id=?)" in step for step in ways] == [True]
