"""What every adapter of the work queue promises. A new one inherits `QueueContract` and gives a `bench` fixture."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection

from syncd.core.model import Side
from syncd.engine.queue.port import Queue
from syncd.store import hints, links
from syncd.store.records import Lease, Link, LinkState, LostLease
from syncd.store.store import Store
from tests.store.samples import NOW, linked, save_as

TERM = timedelta(seconds=60)


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Bench:
    """A queue under test, a second worker on the same store, and the clock of both; leases last `TERM`."""

    store: Store
    queue: Queue
    second: Queue
    clock: Clock = field(default_factory=Clock)

    async def links(self, *refs: str, issue: str = "") -> list[Link]:
        return [await self.store.write(lambda c, ref=ref: linked(c, ref, issue)) for ref in refs]  # type: ignore[misc]  # a loop variable

    async def one(self) -> Lease:
        (lease,) = await self.queue.claim(10)
        return lease

    async def get(self, link: Link) -> Link:
        return await self.store.read(lambda c: links.get(c, link.id))


class QueueContract:
    """See engine/queue/port.py."""

    async def test_nothing_marked_is_nothing_to_do(self, bench: Bench) -> None:
        await bench.links("T-1")
        assert await bench.queue.claim(10) == []

    async def test_twenty_marks_are_one_run(self, bench: Bench) -> None:
        (link,) = await bench.links("T-1")
        for _ in range(20):
            await bench.queue.mark([link.id])
        lease = await bench.one()
        assert lease.link_id == link.id
        await bench.queue.done(lease)
        assert await bench.queue.claim(10) == []

    @pytest.mark.parametrize("marks", [1, 7])
    async def test_marks_during_a_run_are_one_more_run(self, bench: Bench, marks: int) -> None:
        (link,) = await bench.links("T-1")
        await bench.queue.mark([link.id])
        lease = await bench.one()
        for _ in range(marks):
            await bench.queue.mark([link.id])
        assert await bench.queue.claim(10) == []  # not beside the run that goes on
        await bench.queue.done(lease)
        await bench.queue.done(await bench.one())
        assert await bench.queue.claim(10) == []

    async def test_a_hint_during_a_run_is_one_more_run(self, bench: Bench) -> None:
        (link,) = await bench.links("T-1")
        await bench.queue.mark([link.id])
        lease = await bench.one()
        await bench.store.write(lambda c: _hint(bench, c, link, "x1"))
        await bench.queue.done(lease)
        again = await bench.one()
        waiting = await bench.store.read(lambda c: hints.of(c, link.id))
        await bench.store.write(lambda c: hints.consume(c, [hint.id for hint in waiting]))
        await bench.queue.done(again)
        assert await bench.queue.claim(10) == []

    async def test_our_own_write_coming_back_during_a_run_is_no_run(self, bench: Bench) -> None:
        (link,) = await bench.links("T-1")
        await bench.queue.mark([link.id])
        lease = await bench.one()
        await bench.store.write(lambda c: _hint(bench, c, link, "ours"))
        await bench.store.write(lambda c: _foretell(bench, c, "ours"))
        await bench.queue.done(lease)
        assert await bench.queue.claim(10) == []

    async def test_the_urgent_before_the_old_before_the_young(self, bench: Bench) -> None:
        young, old, backfill, urgent = await bench.links("T-1", "T-2", "T-3", "T-4")
        await bench.queue.mark([backfill.id], priority=9)
        await bench.queue.mark([old.id])
        bench.clock.forward(5)
        await bench.queue.mark([young.id])
        await bench.queue.mark([urgent.id], priority=1)
        order = [(await bench.queue.claim(1))[0].link_id for _ in range(4)]
        assert order == [urgent.id, old.id, young.id, backfill.id]

    async def test_a_live_change_lifts_a_backfill(self, bench: Bench) -> None:
        first, second = await bench.links("T-1", "T-2")
        await bench.queue.mark([first.id, second.id], priority=9)
        bench.clock.forward(5)
        await bench.queue.mark([second.id])
        assert [lease.link_id for lease in await bench.queue.claim(10)] == [second.id, first.id]

    async def test_a_mark_for_later_waits_and_an_earlier_one_stays(self, bench: Bench) -> None:
        (link,) = await bench.links("T-1")
        await bench.queue.mark([link.id], due=bench.clock.now + timedelta(seconds=100))
        await bench.queue.mark([link.id], due=bench.clock.now + timedelta(seconds=50))
        await bench.queue.mark([link.id], due=bench.clock.now + timedelta(seconds=200))
        bench.clock.forward(49)
        assert await bench.queue.claim(10) == []
        bench.clock.forward(1)
        assert await bench.queue.claim(10)

    async def test_a_failed_run_comes_again_later_and_is_counted(self, bench: Bench) -> None:
        (link,) = await bench.links("T-1")
        await bench.queue.mark([link.id])
        for attempt in (1, 2):
            await bench.queue.later(await bench.one(), bench.clock.now + timedelta(seconds=30), f"no answer {attempt}")
            assert await bench.queue.claim(10) == []
            bench.clock.forward(30)
        row = await bench.get(link)
        assert (row.attempts, row.error) == (2, "no answer 2")
        await bench.queue.done(await bench.one())
        row = await bench.get(link)
        assert (row.attempts, row.error, row.due) == (0, "", None)

    async def test_a_hint_does_not_hasten_a_link_that_fails_but_a_person_does(self, bench: Bench) -> None:
        (link,) = await bench.links("T-1")
        await bench.queue.mark([link.id])
        await bench.queue.later(await bench.one(), bench.clock.now + timedelta(hours=1), "refused")
        await bench.store.write(lambda c: _hint(bench, c, link, "x1"))
        assert await bench.queue.claim(10) == []
        await bench.queue.mark([link.id])
        assert await bench.queue.claim(10)

    async def test_a_dead_workers_link_goes_on_elsewhere(self, bench: Bench) -> None:
        (link,) = await bench.links("T-1")
        await bench.queue.mark([link.id])
        lease = await bench.one()
        bench.clock.forward(59)
        assert await bench.second.claim(10) == []
        bench.clock.forward(1)
        (taken,) = await bench.second.claim(10)
        assert (taken.link_id, taken.epoch > lease.epoch) == (link.id, True)

    async def test_a_living_worker_keeps_its_link(self, bench: Bench) -> None:
        (link,) = await bench.links("T-1")
        await bench.queue.mark([link.id])
        lease = await bench.one()
        bench.clock.forward(59)
        lease = await bench.queue.renew(lease)
        bench.clock.forward(59)
        assert await bench.second.claim(10) == []
        await bench.queue.done(lease)

    async def test_a_frozen_worker_that_wakes_up_late_changes_nothing(self, bench: Bench) -> None:
        (link,) = await bench.links("T-1")
        await bench.queue.mark([link.id])
        stale = await bench.one()
        bench.clock.forward(180)
        (good,) = await bench.second.claim(10)
        before = await bench.get(link)
        steps: list[Callable[[], object]] = [
            lambda: bench.store.write(lambda c: save_as(c, link, stale, LinkState.PARKED)),
            lambda: bench.queue.renew(stale),
            lambda: bench.queue.later(stale, bench.clock.now, "late"),
            lambda: bench.queue.release(stale),
            lambda: bench.store.write(lambda c: links.park(c, stale, "late")),
            lambda: bench.queue.done(stale),
        ]
        for step in steps:
            with pytest.raises(LostLease):
                await step()  # type: ignore[misc]  # all are awaitable
        assert await bench.get(link) == before
        await bench.second.done(good)

    async def test_who_ran_over_its_time_unnoticed_may_still_finish(self, bench: Bench) -> None:
        (link,) = await bench.links("T-1")
        await bench.queue.mark([link.id])
        lease = await bench.one()
        bench.clock.forward(180)
        await bench.queue.done(lease)
        assert await bench.queue.claim(10) == []

    @pytest.mark.parametrize("end", ["done", "release"])
    async def test_a_lease_ends_once(self, bench: Bench, end: str) -> None:
        (link,) = await bench.links("T-1")
        await bench.queue.mark([link.id])
        lease = await bench.one()
        await getattr(bench.queue, end)(lease)
        with pytest.raises(LostLease):
            await bench.queue.done(lease)

    async def test_a_released_link_is_as_due_as_before(self, bench: Bench) -> None:
        (link,) = await bench.links("T-1")
        await bench.queue.mark([link.id])
        await bench.queue.release(await bench.one())
        assert (await bench.one()).link_id == link.id
        assert (await bench.get(link)).dirty_since == NOW

    async def test_two_claimers_never_get_one_link(self, bench: Bench) -> None:
        found = await bench.links(*(f"T-{n}" for n in range(40)))
        await bench.queue.mark([link.id for link in found])
        batches = await asyncio.gather(*(queue.claim(3) for queue in (bench.queue, bench.second) for _ in range(10)))
        leased = [lease.link_id for batch in batches for lease in batch]
        assert sorted(leased) == sorted(link.id for link in found)

    async def test_of_the_links_on_one_issue_one_runs_at_a_time(self, bench: Bench) -> None:
        on_one = await bench.links("T-1", "T-2", "T-3", issue="I-1")
        (other,) = await bench.links("T-4")
        await bench.queue.mark([link.id for link in (*on_one, other)])
        batches = await asyncio.gather(*(queue.claim(4) for queue in (bench.queue, bench.second) for _ in range(3)))
        leases = [lease for batch in batches for lease in batch]
        assert sorted(lease.link_id for lease in leases) == sorted([on_one[0].id, other.id])
        done = {other.id}
        for _ in on_one:
            (lease,) = [lease for lease in leases if lease.link_id != other.id]
            await bench.queue.done(lease)
            done.add(lease.link_id)
            leases = await bench.queue.claim(4)
        assert (done, leases) == ({other.id, *(link.id for link in on_one)}, [])

    async def test_a_crowd_on_one_issue_keeps_nobody_else_waiting(self, bench: Bench) -> None:
        crowd = await bench.links(*(f"T-{n}" for n in range(20)), issue="I-1")
        others = await bench.links("X-1", "X-2", "X-3")
        await bench.queue.mark([link.id for link in (*crowd, *others)])
        claimed = {lease.link_id for lease in await bench.queue.claim(4)}
        assert claimed == {crowd[0].id, *(link.id for link in others)}

    @pytest.mark.parametrize("state", [LinkState.HELD, LinkState.PARKED, LinkState.RESTING])
    async def test_what_waits_for_a_person_is_not_claimed(self, bench: Bench, state: LinkState) -> None:
        (link,) = await bench.links("T-1")
        await bench.queue.mark([link.id])
        lease = await bench.one()
        await bench.store.write(lambda c: save_as(c, link, lease, state))
        await bench.queue.done(lease)
        await bench.queue.mark([link.id])
        assert await bench.queue.claim(10) == []
        await bench.store.write(lambda c: links.wake(c, link.id, bench.clock.now))
        assert (await bench.one()).link_id == link.id

    async def test_marks_are_undone_with_their_transaction(self, bench: Bench) -> None:
        (link,) = await bench.links("T-1")

        def mark_and_fail(c: Connection) -> None:
            bench.queue.mark_in(c, [link.id], bench.clock.now)
            raise LookupError

        with pytest.raises(LookupError):
            await bench.store.write(mark_and_fail)
        assert await bench.queue.claim(10) == []

    async def test_a_run_may_say_when_to_look_again(self, bench: Bench) -> None:
        (link,) = await bench.links("T-1")
        await bench.queue.mark([link.id])
        await bench.queue.done(await bench.one(), due=bench.clock.now + timedelta(seconds=90))
        assert await bench.queue.claim(10) == []
        # an echo that comes and goes in between must not take the timer with it
        await bench.store.write(lambda c: _hint(bench, c, link, "ours"))
        await bench.store.write(lambda c: _foretell(bench, c, "ours"))
        bench.clock.forward(90)
        assert (await bench.one()).link_id == link.id

    async def test_waiting_ends_with_a_mark(self, bench: Bench) -> None:
        (link,) = await bench.links("T-1")
        await bench.queue.wait(0.01)
        waiting = asyncio.ensure_future(bench.queue.wait(30))
        await asyncio.sleep(0.02)
        assert not waiting.done()
        await bench.queue.mark([link.id])
        await asyncio.wait_for(waiting, 5)
        assert await bench.queue.claim(10)

    async def test_waiting_ends_when_something_falls_due(self, bench: Bench) -> None:
        (link,) = await bench.links("T-1")
        await bench.store.write(
            lambda c: bench.queue.mark_in(c, [link.id], bench.clock.now, due=bench.clock.now + timedelta(seconds=0.1))
        )
        await asyncio.wait_for(bench.queue.wait(30), 5)

    async def test_waiting_goes_on_while_only_siblings_of_a_running_link_are_due(self, bench: Bench) -> None:
        """Else the loop that claims and waits would spin until the run ends."""
        found = await bench.links("T-1", "T-2", issue="I-1")
        await bench.queue.mark([link.id for link in found])
        await bench.queue.claim(10)
        await bench.queue.wait(0.01)
        waiting = asyncio.ensure_future(bench.queue.wait(30))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        waiting.cancel()


def _hint(bench: Bench, c: Connection, link: Link, token: str) -> None:
    """As intake does it: the hint and its mark in one transaction."""
    hints.add(
        c,
        [link.id],
        connection="desk",
        ref="T-1",
        side=Side.SUPPORT,
        token=token,
        now=bench.clock.now,
    )
    bench.queue.mark_in(c, [link.id], bench.clock.now, hinted=True)


def _foretell(bench: Bench, c: Connection, token: str) -> None:
    expires = bench.clock.now + timedelta(hours=1)
    hints.foretell(c, connection="desk", ref="T-1", tokens=[token], now=bench.clock.now, expires=expires)
