"""Whole-second stamps: no change is taken as seen that a read may have missed, and none is told for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from syncd.sdk.connector import Changed
from syncd_redmine.poll import Cursor
from syncd_redmine.revision import Revision, ServerClock, parsed, stamp_of, stamped, token

START = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
STAMPS = st.integers(0, 30).map(lambda seconds: stamped(START + timedelta(seconds=seconds)))
TENTHS = st.integers(0, 30).map(lambda tenths: tenths / 10)  # many within one second
SECONDS = st.floats(0, 30).map(lambda number: round(number, 3))


class Clocks:
    """The server's clock and ours; ours is off by any amount, and both go on alike."""

    def __init__(self, off: float) -> None:
        self.now, self._off = 0.0, off
        self.clock = ServerClock(lambda: self.now, lambda: self.server + timedelta(seconds=off))

    @property
    def server(self) -> datetime:
        return START + timedelta(seconds=self.now)


@given(STAMPS, st.booleans(), st.integers(0, 99))
def test_a_revision_reads_back_as_it_was_written(stamp: str, young: bool, journal: int) -> None:
    revision = Revision(stamp, young, journal)
    assert Revision.parse(str(revision)) == revision


@given(st.lists(SECONDS, min_size=1), SECONDS, SECONDS, st.floats(-290, 290))
def test_a_second_is_over_only_when_it_is(writes: list[float], seen: float, read: float, off: float) -> None:
    """Whatever was learned before, and however wrong our clock is (by less than the skew that is allowed)."""
    clocks = Clocks(off)
    for written in sorted(writes):
        clocks.now = written + seen
        clocks.clock.learn(parsed(stamped(START + timedelta(seconds=written))), at=clocks.now)
    clocks.now += read
    last = parsed(stamped(clocks.server))
    for back in range(3):
        stamp = last - timedelta(seconds=back)
        if clocks.clock.over(stamp, at=clocks.now):
            assert clocks.server >= stamp + timedelta(seconds=1)


@given(st.lists(TENTHS, min_size=2, max_size=8), TENTHS)
def test_no_change_within_a_second_is_lost(changes: list[float], read: float) -> None:
    """Changes at these moments, one read, then polls until all is quiet: every change was shown by the read, or some
    later poll tells of it in words that the read's revision does not include."""
    clocks = Clocks(0)
    rows: list[tuple[float, dict[str, Any]]] = [
        (moment, {"id": 1, "updated_on": stamped(START + timedelta(seconds=moment))}) for moment in sorted(changes)
    ]
    happened = [row for at, row in rows if at <= read]
    clocks.now = read
    if not happened:
        return
    stamp = happened[-1]["updated_on"]
    revision = Revision(stamp, not clocks.clock.over(parsed(stamp), at=read), 0)
    for row in happened:
        clocks.clock.learn(parsed(row["updated_on"]), at=read)
    missed = [row for at, row in rows if at > read]
    clocks.now = max(changes) + 2
    clocks.clock.learn(parsed(rows[-1][1]["updated_on"]), at=clocks.now)
    clocks.now += 2
    told = token(rows[-1][1], young=not clocks.clock.over(parsed(rows[-1][1]["updated_on"]), at=clocks.now))
    assert "~" not in told
    if missed:
        assert not revision.shows(stamp_of(told))


@given(st.lists(st.tuples(STAMPS, st.booleans(), st.integers(0, 5)), max_size=20))
def test_a_cursor_reads_back_and_tells_nothing_twice(rows: list[tuple[str, bool, int]]) -> None:
    hints = [
        Changed("1", token=token({"id": number, "updated_on": stamp}, young=young)) for stamp, young, number in rows
    ]
    cursor = Cursor(stamped(START)).after(hints)
    assert Cursor.parse(str(cursor)) == cursor
    assert cursor.stamp == max([stamped(START), *(stamp for stamp, _, _ in rows)])
    asked_again = [hint for hint in hints if stamp_of(hint.token) >= cursor.start]
    assert {hint.token for hint in asked_again} <= cursor.told
