"""An estimate is made of what was counted and of what the vendors tell, and says what it is made of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from syncd.engine.backfill.estimate import Estimate, Meter, brief, estimate, sentence, spoken
from syncd.sdk.connector import Call, Quota

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def of(left: int, *quotas: Quota, jira: int = 30, seconds: float = 10) -> Estimate:
    """After ten tickets that took three calls of one vendor each."""
    found = estimate(
        done=10,
        left=left,
        calls={"jira": jira, "desk": 10},
        elapsed=timedelta(seconds=seconds),
        quotas={"jira": quotas},
        now=NOW,
    )
    assert found is not None
    return found


def test_nothing_is_said_before_anything_was_measured() -> None:
    assert estimate(done=0, left=9, calls={}, elapsed=MINUTE, quotas={}, now=NOW) is None


def test_without_a_limit_it_is_the_pace_so_far() -> None:
    assert of(1200) == Estimate(1200, 4.0, timedelta(seconds=1200))
    assert brief(of(1200)) == "4 calls each, about 20 min"
    assert sentence(of(1200)) == "1,200 tickets, 4 calls each as measured, about 20 min at the pace so far"


@pytest.mark.parametrize(
    ("remaining", "takes", "limited"),
    [
        (325, timedelta(seconds=100), False),  # 300 calls for 100 tickets, and a quarter of 100 stays for other work
        (324, HOUR, True),
    ],
)
def test_what_is_kept_for_more_urgent_work_counts_as_spent(remaining: int, takes: timedelta, limited: bool) -> None:
    found = of(100, Quota("requests an hour", 100, remaining, NOW + HOUR))
    assert (found.takes, bool(found.limited_by)) == (takes, limited)


def test_beyond_the_next_renewal_it_is_a_lower_bound() -> None:
    within = of(100, Quota("requests an hour", 400, 100, NOW + HOUR))
    assert (within.takes, within.at_least, within.limited_by) == (HOUR, False, "jira")
    beyond = of(200, Quota("requests an hour", 400, 100, NOW + HOUR))
    assert (beyond.takes, beyond.at_least) == (HOUR, True)
    assert brief(beyond) == "4 calls each, at least 60 min, quota of jira"
    assert sentence(beyond) == "200 tickets, 4 calls each as measured, at least 60 min at the quota of jira"


def test_a_limit_that_was_renewed_meanwhile_holds_nothing_up() -> None:
    assert of(100, Quota("requests an hour", 100, 0, NOW - MINUTE)).limited_by == ""


def test_the_narrowest_limit_decides() -> None:
    found = of(100, Quota("a minute", 100, 0, NOW + 3 * MINUTE), Quota("an hour", 1000, 300, NOW + HOUR))
    assert (found.takes, found.at_least) == (HOUR, False)


def test_a_meter_counts_by_connection() -> None:
    meter = Meter()
    for name in ("desk", "jira", "desk"):
        meter(Call(name, "GET", "/", 200, 0.1))
    assert meter.calls == {"desk": 2, "jira": 1}


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "1 s"), (99, "99 s"), (100, "2 min"), (2100, "35 min"), (12000, "3 h 20 min")]
)
def test_a_span_is_spoken(seconds: float, words: str) -> None:
    assert spoken(timedelta(seconds=seconds)) == words
