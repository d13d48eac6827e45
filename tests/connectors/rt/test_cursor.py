"""RT's poll: its cursor, and lists whose pages were cut before the rights filter."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import httpx
import respx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncd_rt import RequestTracker, RtConfig
from syncd_rt.poll import Cursor
from syncd_rt.wire import Transaction

START = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
URL = "http://127.0.0.1:9"


def row(number: int, at: int) -> dict[str, object]:
    created = f"{START + timedelta(seconds=at):%Y-%m-%dT%H:%M:%SZ}"
    who = {"id": "anna", "type": "user"}
    return {"id": str(number), "Type": "Set", "Field": "Subject", "Creator": who, "Created": created, "ObjectId": "7"}


@given(st.sets(st.integers(1, 300)), st.integers(0, 300))
def test_a_cursor_reads_back_as_it_was_written(told: set[int], low: int) -> None:
    cursor = Cursor(low, frozenset(told))
    assert Cursor.parse(str(cursor)) == cursor


@given(st.lists(st.tuples(st.integers(1, 99), st.integers(0, 500)), unique_by=lambda pair: pair[0]))
def test_a_cursor_never_goes_back_and_keeps_the_last_minute(rows: list[tuple[int, int]]) -> None:
    seen = [Transaction.model_validate(row(number, at)) for number, at in sorted(rows)]
    cursor = Cursor(0).after(seen)
    assert all(number in cursor.told for number, _ in rows if number >= cursor.low)
    newest = max((at for _, at in rows), default=0)
    assert all(number >= cursor.low for number, at in rows if at >= newest - 60)


class CutPages:
    """RT's list as it is: 100 rows are taken, and only then those are left out that the account may not see."""

    def __init__(self, visible: set[int], last: int) -> None:
        self.visible, self.last = visible, last
        self.requests = 0

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        asked = request.url.params
        low = int(re.findall(r"id >= (\d+)", asked["query"])[0])
        top = int((re.findall(r"id <= (\d+)", asked["query"]) or [self.last])[0])
        numbers = list(range(max(low, 1), min(top, self.last) + 1))
        if asked["order"] == "DESC":
            numbers.reverse()
        start = (int(asked["page"]) - 1) * 100
        page = [number for number in numbers[start : start + 100] if number in self.visible]
        return httpx.Response(200, json={"items": [row(number, number) for number in page], "total": None})


@given(
    st.lists(st.tuples(st.booleans(), st.integers(1, 160)), min_size=1, max_size=6),
    st.lists(st.integers(0, 5), max_size=3),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
async def test_a_backlog_with_hidden_stretches_is_told_whole_and_once(
    stretches: list[tuple[bool, int]], restarts: list[int]
) -> None:
    """Stretches of visible and hidden transactions after the cursor; the poll may die after any of its pages."""
    visible, last = {1}, 1
    for shown, length in stretches:
        visible |= set(range(last + 1, last + 1 + length)) if shown else set()
        last += length
    pages = CutPages(visible, last)
    router = respx.MockRouter(assert_all_called=False)
    router.get(url__startswith=URL).mock(side_effect=pages.answer)
    config = RtConfig.model_validate({"connector": "rt", "url": URL, "token": "x", "user": "syncbot"})
    connector = RequestTracker(config, transport=httpx.MockTransport(router.async_handler))
    cursor, told = "1:1-1", list[int]()
    for patience in [*restarts, 99]:
        pages_seen = 0
        async for page in connector.changes(cursor):
            told += [int(hint.token) for hint in page.changed]
            cursor, pages_seen = page.cursor, pages_seen + 1
            if pages_seen > patience:
                break
    assert sorted(told) == sorted(visible - {1})
    pages.requests = 0
    async for page in connector.changes(cursor):
        assert page.changed == ()
    if last - Cursor.parse(cursor).low < 100:  # one page holds all since the look-back
        assert pages.requests == 1
    await connector.aclose()
