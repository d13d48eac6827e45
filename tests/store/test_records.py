"""Links, twins, deliveries, parked items, conflicts and the rest come back as they were put."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from syncd.core.model import Base, Life, Pair, Person, RichText, Side, Visibility
from syncd.store import (
    conflicts,
    cursors,
    deliveries,
    hints,
    intents,
    links,
    meta,
    parked,
    pauses,
    retention,
    tokens,
    twins,
)
from syncd.store.records import (
    CommentTwin,
    Counts,
    DeliveryState,
    FileTwin,
    Filter,
    IntentKind,
    Link,
    LinkState,
    ParkScope,
    PauseScope,
    TwinState,
)
from syncd.store.store import Store
from tests.store.samples import NOW, at, claim, due, linked, watched

BASE = Base(
    "1", "r1", {"n": Decimal("1.50"), "d": date(2026, 1, 2), "t": RichText("*a*", "<b>a</b>", ("colour",))},
    thread_revision="r0", life=Life.LOCKED, requester=Person("9", "Ana", "ana@support.example"),
)  # fmt: skip


async def test_a_ticket_is_watched_once(store: Store) -> None:
    first = await store.write(watched)
    assert (first.state, first.refs, first.due) == (LinkState.WATCHED, Pair("T-1", None), None)
    assert await store.write(watched) == first
    assert (await store.write(lambda c: watched(c, mapping="another"))).id != first.id


async def test_a_link_is_saved_whole_but_for_the_queues_columns(store: Store) -> None:
    def work(c: Connection) -> tuple[Link, Link]:
        (link,) = due(c, "T-1")
        (lease,) = claim(c)
        links.mark(c, [link.id], at(5))
        fresh = replace(
            link,
            mapping_digest="other",
            refs=Pair("T-1", "I-9"),
            reason="why",
            rule="escalate.outage",
            base=Pair(BASE, replace(BASE, requester=None)),
            held={"priority": Pair("high", None)},
            thread_read=Pair(True, False),
            behind_since=at(1),
            diverged_since=at(2),
            converged_at=at(3),
            priority=2,
            due=None,
            epoch=99,
            seq=99,
            attempts=99,
        )
        links.save(c, fresh, lease)
        return fresh, links.get(c, link.id)

    fresh, stored = await store.write(work)
    assert stored == replace(fresh, due=NOW, dirty_since=NOW, epoch=1, seq=2, attempts=0, leased_until=at(60))
    assert stored.base.support is not None
    assert stored.base.support.fields["t"].lost == ("colour",)  # type: ignore[union-attr]  # a RichText


async def test_a_ticket_is_found_on_either_side(store: Store) -> None:
    def work(c: Connection) -> list[list[int]]:
        first, second = linked(c, "7", "8"), linked(c, "8", "8")
        found = [links.by_ref(c, "desk", "8"), links.by_ref(c, "tracker", "8"), links.by_ref(c, "tracker", "7")]
        return [
            [link.id - first.id for link in group] for group in (*found, links.by_issue(c, "tracker", "8"), [second])
        ]

    assert await store.write(work) == [[1], [0, 1], [], [0, 1], [1]]


async def test_a_watched_ticket_becomes_the_link_that_a_person_makes(store: Store) -> None:
    def work(c: Connection) -> tuple[Link, Link, Link]:
        return watched(c), linked(c, "T-1", "I-1"), linked(c, "T-1", "I-2")

    seen, made, again = await store.write(work)
    assert (made.id, made.state, made.refs) == (seen.id, LinkState.LINKED, Pair("T-1", "I-1"))
    assert again == made  # a second issue is for the caller to refuse


async def test_siblings_show_their_bases(store: Store) -> None:
    def work(c: Connection) -> object:
        one, two, three, parked_one, woken = (linked(c, ref, "I-1") for ref in ("T-1", "T-2", "T-3", "T-4", "T-6"))
        other = linked(c, "T-5", "I-2")
        for link in (two, parked_one, woken, other):
            links.mark(c, [link.id], NOW)
            (lease,) = claim(c)
            links.save(c, replace(link, base=Pair(replace(BASE, ref=link.refs.support or ""), None)), lease)
            links.finish(c, lease, NOW)
        links.park(c, parked_one.id, "why")
        links.wake(c, woken.id, NOW, reason="deleted: it was deleted")
        return [base.ref for base in links.sibling_bases(c, one).values()], links.sibling_bases(c, other), three.id > 0

    assert await store.write(work) == (["T-2"], {}, True)


async def test_our_own_write_moves_the_revision_without_a_lease(store: Store) -> None:
    def work(c: Connection) -> Link:
        (link,) = due(c, "T-1")
        (lease,) = claim(c)
        links.save(c, replace(link, base=Pair(BASE, None)), lease)
        links.advance(c, [link.id], Side.SUPPORT, "r2")
        links.advance(c, [link.id], Side.ENGINEERING, "r2")  # never synced: nothing to move
        return links.get(c, link.id)

    assert (await store.write(work)).base == Pair(replace(BASE, revision="r2"), None)


async def test_links_are_counted_by_how_they_stand(store: Store) -> None:
    def work(c: Connection) -> tuple[Counts, Counts]:
        watched(c, "W-1"), watched(c, "W-2")
        dirty, behind, diverged, asks, _ = (linked(c, ref) for ref in ("T-1", "T-2", "T-3", "T-4", "T-5"))
        for link in (replace(behind, behind_since=at(1)), replace(diverged, diverged_since=at(2))):
            links.mark(c, [link.id], NOW)
            (lease,) = claim(c)
            links.save(c, link, lease)
            links.finish(c, lease, NOW)
        links.mark(c, [dirty.id], at(3))
        links.park(c, asks.id, "why")
        return links.counts(c), links.counts(c, "another mapping")

    counts, none = await store.write(work)
    assert counts == Counts(
        watched=2, linked=4, parked=1, converged=1, behind=2, diverged=1, behind_since=at(1), diverged_since=at(2)
    )
    assert counts.total == 7
    assert none == Counts()


async def test_links_are_listed_by_what_is_asked(store: Store) -> None:
    def work(c: Connection) -> list[list[str | None]]:
        linked(c, "T-1", "I-1"), watched(c, "T-2"), watched(c, "T-3", "other")
        links.mark(c, [linked(c, "T-4").id], NOW)
        wanted = [
            Filter(),
            Filter(mapping="other"),
            Filter(state=LinkState.WATCHED),
            Filter(ref="I-1"),
            Filter(connection="tracker", ref="T-2"),
            Filter(connection="nobody"),
            Filter(behind=True),
            Filter(behind=False, diverged=False),
        ]
        pages = [links.list_links(c, filters) for filters in wanted]
        return [[link.refs.support for link in page] for page in (*pages, links.list_links(c, limit=2, offset=1))]

    assert await store.write(work) == [
        ["T-1", "T-2", "T-3", "T-4"],
        ["T-3"],
        ["T-2", "T-3"],
        ["T-1"],
        ["T-2"],
        [],
        ["T-4"],
        ["T-1", "T-2", "T-3"],
        ["T-2", "T-3"],
    ]


@pytest.mark.parametrize(
    "change", ["state = 'nonsense'", "state = 'linked', engineering_ref = NULL", "epoch = -1", "claimed_seq = 5"]
)
async def test_the_database_refuses_a_link_that_makes_no_sense(store: Store, change: str) -> None:
    await store.write(linked)
    with pytest.raises(IntegrityError):
        await store.write(lambda c: c.execute(text(f"UPDATE link SET {change}")))


async def test_only_a_link_without_an_issue_can_be_dropped(store: Store) -> None:
    def work(c: Connection) -> list[str | None]:
        for link in (watched(c, "T-1"), linked(c, "T-2")):
            hints.add(c, [link.id], connection="desk", ref="T-1", side=Side.SUPPORT, now=NOW)
            links.drop(c, link.id)
        return [link.refs.support for link in links.list_links(c)]

    assert await store.write(work) == ["T-2"]


COMMENT = CommentTwin(1, Side.SUPPORT, "c1", "k1", "digest", Visibility.INTERNAL, TwinState.MIRRORED, NOW)
FILE = FileTwin(
    1, Side.SUPPORT, "f1", "g1", "a.png", 2**40, "image/png", Visibility.PUBLIC, TwinState.MIRRORED, NOW, "c1"
)


async def test_twins_are_found_from_either_end(store: Store) -> None:
    def work(c: Connection) -> None:
        link = linked(c, "T-1", "I-1")
        comment, file = replace(COMMENT, link_id=link.id), replace(FILE, link_id=link.id)
        skipped = replace(comment, source_id="c2", target_id=None, state=TwinState.SKIPPED)
        back = replace(comment, from_side=Side.ENGINEERING, source_id="k9", target_id="c9")
        for twin in (comment, skipped, back):
            twins.put_comment(c, twin)
        twins.put_file(c, file)

        assert twins.comments(c, link.id) == [comment, skipped, back]
        assert twins.comment_from(c, link.id, Side.SUPPORT, "c1") == comment
        assert twins.comment_to(c, link.id, Side.ENGINEERING, "k1") == comment
        assert twins.comment_to(c, link.id, Side.SUPPORT, "k1") is None
        assert twins.files(c, link.id) == [file]
        assert twins.file_from(c, link.id, Side.SUPPORT, "f1") == file
        assert twins.file_to(c, link.id, Side.ENGINEERING, "g1") == file

    await store.write(work)


async def test_a_twin_changes_in_place_and_no_copy_has_two_sources(store: Store) -> None:
    def change(c: Connection) -> list[CommentTwin]:
        link = linked(c)
        twins.put_comment(c, replace(COMMENT, link_id=link.id))
        twins.put_comment(c, replace(COMMENT, link_id=link.id, source_digest="edited"))
        twins.settle_comment(c, link.id, Side.SUPPORT, "c1", state=TwinState.DELETED, now=at(1))
        return twins.comments(c, link.id)

    (twin,) = await store.write(change)
    assert (twin.source_digest, twin.state, twin.at) == ("edited", TwinState.DELETED, at(1))
    with pytest.raises(IntegrityError):
        await store.write(lambda c: twins.put_comment(c, replace(twin, source_id="c2")))


async def test_a_copy_on_an_issue_is_known_to_all_its_links(store: Store) -> None:
    def work(c: Connection) -> list[frozenset[str]]:
        one, two = linked(c, "T-1", "I-1"), linked(c, "T-2", "I-1")
        twins.put_comment(c, replace(COMMENT, link_id=one.id))
        twins.put_comment(
            c, replace(COMMENT, link_id=two.id, from_side=Side.ENGINEERING, source_id="k7", target_id="c7")
        )
        twins.put_file(c, replace(FILE, link_id=two.id))
        found = [twins.copied_comments(c, *ticket) for ticket in (("tracker", "I-1"), ("desk", "T-1"), ("desk", "T-2"))]
        return [*found, twins.copied_files(c, "tracker", "I-1")]

    assert await store.write(work) == [{"k1"}, frozenset(), {"c7"}, {"g1"}]


async def test_a_delivery_is_stored_once_and_goes_its_way(store: Store) -> None:
    def add(c: Connection, name: str) -> int | None:
        return deliveries.add(c, connection="desk", delivery_id=name, headers={"x": "y"}, body=b"\0\xff", now=NOW)

    def work(c: Connection) -> None:
        first, second, third, fourth = (add(c, name) or 0 for name in "abcd")
        assert add(c, "a") is None
        assert [delivery.id for delivery in deliveries.pending(c)] == [first, second, third, fourth]
        deliveries.done(c, first, "1 link")
        deliveries.bad(c, second, "no JSON")
        deliveries.ignored(c, third, "no mapping")
        assert [delivery.id for delivery in deliveries.pending(c)] == [fourth]
        assert (deliveries.get(c, first).body, deliveries.get(c, first).headers) == (b"\0\xff", {"x": "y"})
        assert [found.reason for found in deliveries.list_deliveries(c, state=DeliveryState.BAD)] == ["no JSON"]
        assert [found.id for found in deliveries.list_deliveries(c, connection="desk", limit=2)] == [fourth, third]
        assert deliveries.prune(c, at(1)) == 2
        assert [found.id for found in deliveries.list_deliveries(c)] == [fourth, second]
        deliveries.drop(c, fourth)  # not a bad one
        deliveries.drop(c, second)
        assert [found.id for found in deliveries.list_deliveries(c)] == [fourth]

    await store.write(work)


async def test_a_cursor_resumes_and_tells_when_it_last_moved(store: Store) -> None:
    def work(c: Connection) -> list[object]:
        before = [cursors.get(c, "desk"), cursors.last_success(c, "desk")]
        cursors.put(c, "desk", "page-1", NOW)
        cursors.put(c, "desk", "page-2", at(9))
        return [*before, cursors.get(c, "desk"), cursors.last_success(c, "desk"), len(cursors.list_cursors(c))]

    assert await store.write(work) == [None, None, "page-2", at(9), 1]


async def test_a_parked_item_counts_its_tries_until_it_is_released(store: Store) -> None:
    def work(c: Connection) -> None:
        link = linked(c)
        first = parked.park(c, link_id=link.id, scope=ParkScope.FIELD, item="status", reason="no way", now=NOW)
        again = parked.park(
            c, link_id=link.id, scope=ParkScope.FIELD, item="status", reason="still", fingerprint="f", now=at(5)
        )
        assert (again.id, again.tries, again.since, again.reason) == (first.id, 2, NOW, "still")
        alone = parked.park(c, scope=ParkScope.CONNECTION, item="desk", reason="401", remedy="new token", now=at(1))
        assert parked.park(c, scope=ParkScope.CONNECTION, item="desk", reason="401", now=at(2)).id == alone.id
        assert parked.find(c, link.id, ParkScope.FIELD, "status") == again
        assert [item.id for item in parked.list_parked(c)] == [first.id, alone.id]
        assert [item.id for item in parked.list_parked(c, scope=ParkScope.CONNECTION)] == [alone.id]
        assert parked.of(c, link.id) == [again]
        parked.release(c, first.id)
        assert (parked.of(c, link.id), parked.count(c)) == ([], 1)

    await store.write(work)


async def test_a_conflict_keeps_both_values(store: Store) -> None:
    def work(c: Connection) -> None:
        link = linked(c)
        base: Pair[object] = Pair("low", None)
        first = conflicts.add(c, link_id=link.id, field="p", base=base, values=Pair("a", Decimal("1.0")), now=NOW)  # type: ignore[arg-type]  # values
        assert (first.open, first.winner, first.now) == (True, None, Pair("a", Decimal("1.0")))
        newer = conflicts.add(c, link_id=link.id, field="p", base=Pair("low", None), values=Pair("b", None), now=at(1))
        assert (newer.id, newer.now, newer.at) == (first.id, Pair("b", None), NOW)
        ruled = conflicts.add(
            c, link_id=link.id, field="p", base=Pair(None, None), values=Pair("a", "b"), now=at(2),
            winner=Side.SUPPORT, resolution="owner",
        )  # fmt: skip
        assert (ruled.open, ruled.winner, ruled.settled_at) == (False, Side.SUPPORT, at(2))
        assert [row.id for row in conflicts.list_open(c)] == [first.id]
        settled = conflicts.settle(c, first.id, winner=Side.ENGINEERING, resolution="a person", now=at(3))
        assert (settled.open, settled.winner, settled.settled_at) == (False, Side.ENGINEERING, at(3))
        assert (conflicts.of(c, link.id), conflicts.count_open(c)) == ([], 0)
        assert len(conflicts.of(c, link.id, open_only=False)) == 2

    await store.write(work)


async def test_a_pause_keeps_its_first_reason(store: Store) -> None:
    def work(c: Connection) -> list[object]:
        told = [pauses.pause(c, PauseScope.CONNECTION, "desk", why, now=at(n)) for n, why in enumerate(["401", "403"])]
        found = pauses.find(c, PauseScope.CONNECTION, "desk")
        assert found is not None
        assert (found.reason, found.since) == ("401", NOW)
        assert pauses.find(c, PauseScope.MAPPING, "desk") is None
        return [*told, *(pauses.resume(c, PauseScope.CONNECTION, "desk") for _ in range(2)), pauses.list_pauses(c)]

    assert await store.write(work) == [True, False, True, False, []]


async def test_old_account_ids_stay_ours(store: Store) -> None:
    def work(c: Connection) -> frozenset[str]:
        meta.add_own_accounts(c, "desk", ["1"])
        meta.add_own_accounts(c, "desk", ["1", "2"])
        meta.add_own_accounts(c, "tracker", ["3"])
        return meta.own_accounts(c, "desk")

    assert await store.write(work) == {"1", "2"}


async def test_retention_leaves_what_proves_a_twin_or_waits(store: Store) -> None:
    def work(c: Connection) -> dict[str, int]:
        link = linked(c)
        for kind in IntentKind:
            for item, lands in (("old", True), ("open", False)):
                intent = intents.plan(
                    c, link_id=link.id, kind=kind, side=Side.SUPPORT, item=item, key=lambda number: "k", now=NOW
                )
                if lands:
                    intents.land(c, intent.id, "1", NOW)
        for open_, winner in (("a", None), ("b", Side.SUPPORT)):
            conflicts.add(
                c, link_id=link.id, field=open_, base=Pair(None, None), values=Pair("1", "2"), now=NOW, winner=winner
            )
        hints.add(c, [link.id], connection="desk", ref="T-1", side=Side.SUPPORT, token="t", now=NOW)
        hints.foretell(c, connection="desk", ref="T-1", echoes=["e"], now=NOW, expires=at(1))
        signed = {"link_id": link.id, "purpose": "accept", "digest": "d", "created_at": NOW, "expires_at": at(1)}
        tokens.add(c, signed)
        gone = dict(retention.prune(c, NOW + timedelta(days=1000)))
        assert len(hints.of(c, link.id)) == 1
        assert len(intents.open_of(c, link.id)) == len(IntentKind)
        assert conflicts.count_open(c) == 1
        assert retention.prune(c, NOW + timedelta(days=1000)) == dict.fromkeys(gone, 0)
        return gone

    repeatable = len(set(IntentKind) - intents.ONCE)
    expected = {"delivery": 0, "seen": 1, "foretold": 1, "intent": repeatable, "conflict": 1, "token": 1, "audit": 0}
    expected |= {"message": 0, "request": 0}
    assert await store.write(work) == expected


async def test_nothing_young_is_pruned(store: Store) -> None:
    def work(c: Connection) -> set[int]:
        link = linked(c)
        hints.add(c, [link.id], connection="desk", ref="T-1", side=Side.SUPPORT, token="t", now=NOW)
        deliveries.add(c, connection="desk", delivery_id="a", headers={}, body=b"", now=NOW)
        signed = {"link_id": link.id, "purpose": "accept", "digest": "d", "created_at": NOW, "expires_at": NOW}
        tokens.add(c, signed)
        return set(retention.prune(c, NOW + timedelta(days=5)).values())

    assert await store.write(work) == {0}
