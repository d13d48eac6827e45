"""What a vendor refuses, silently or aloud, is parked alone and told; what we overwrote blindly is kept."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest

from syncd.core.model import NO_FIELDS, Fields
from syncd.sdk.connector import Written
from syncd.sdk.errors import Rejected
from syncd.sdk.testing.faults import LostAfter, Status
from syncd.sdk.testing.memory import MemoryConnector
from syncd.store.records import LinkState
from tests.engine.world import World, mapping, world


@pytest.fixture
async def pair(store_url: str) -> AsyncIterator[World]:
    async with world(store_url) as made:
        yield made


async def test_a_status_that_the_workflow_silently_refuses_is_parked_and_the_rest_goes_on(pair: World) -> None:
    ref, issue = await pair.linked()
    pair.support.edit(ref, status="solved", title="Export fails, solved")
    await pair.sync()
    assert pair.issue(issue, "title") == "Export fails, solved"
    assert pair.issue(issue, "status") == "new"
    (item,) = await pair.parked()
    assert item.item == "status"
    assert "still is `new`" in item.reason
    assert any("status" in comment.body.text for comment in pair.support.ticket(ref).comments)
    assert (await pair.link(ref)).diverged_since is not None


async def test_a_parked_field_is_tried_again_when_its_value_changes(pair: World) -> None:
    ref, issue = await pair.linked()
    pair.support.edit(ref, status="solved")
    await pair.sync()
    pair.support.edit(ref, status="open")
    await pair.sync()
    assert pair.issue(issue, "status") == "open"


async def test_a_word_that_the_mapping_does_not_know_parks_its_field_only(pair: World) -> None:
    ref, issue = await pair.linked()
    pair.support.ticket(ref).fields["priority"] = "blocker"
    pair.support.edit(ref, title="Export fails badly")
    await pair.sync()
    assert pair.issue(issue, "title") == "Export fails badly"
    assert pair.issue(issue, "priority") == "urgent"
    (item,) = await pair.parked()
    assert "`blocker`" in item.reason


async def test_a_field_that_is_refused_aloud_does_not_hold_up_the_others(pair: World) -> None:
    ref, issue = await pair.linked()
    connector = pair.connectors["tracker"]
    pair.connectors["tracker"] = pair.site.connectors["tracker"] = Picky(vendor=pair.engineering, connection="tracker")  # type: ignore[index]
    del connector
    pair.support.edit(ref, title="forbidden", priority="low")
    await pair.sync()
    assert pair.issue(issue, "priority") == "low"
    assert pair.issue(issue, "title") == "Export fails"
    assert [item.item for item in await pair.parked()] == ["title"]


class Picky(MemoryConnector):
    """Refuses one title, and says which field it is."""

    async def update(self, ref: str, fields: Fields, *, expect: str) -> Written:
        if fields.get("title") == "forbidden":
            raise Rejected("not this one", field="title")
        return await super().update(ref, fields, expect=expect)


class Between(MemoryConnector):
    """Lets a person act just before our write arrives."""

    act: Callable[[], object] | None = None

    async def update(self, ref: str, fields: Fields, *, expect: str) -> Written:
        act, self.act = self.act, None
        if act:
            self.vendor.clock.advance(1)
            act()
            self.vendor.clock.advance(1)
        return await super().update(ref, fields, expect=expect)


async def between(pair: World) -> tuple[str, str, Between]:
    connector = Between(vendor=pair.engineering, connection="tracker")
    pair.connectors["tracker"] = pair.site.connectors["tracker"] = connector  # type: ignore[index]
    ref, issue = await pair.linked()
    return ref, issue, connector


async def test_an_edit_under_our_blind_write_is_kept_verbatim(pair: World) -> None:
    ref, issue, connector = await between(pair)
    connector.act = lambda: pair.engineering.edit(issue, priority="low")
    pair.support.edit(ref, priority="high")
    await pair.sync()
    assert (pair.issue(issue, "priority"), pair.ticket(ref, "priority")) == ("high", "high")
    (row,) = await pair.conflicts()
    assert row.now.engineering == "low"


async def test_an_edit_under_our_blind_write_is_put_back_where_that_side_owns_the_field(pair: World) -> None:
    ref, issue, connector = await between(pair)
    from decimal import Decimal

    connector.act = lambda: pair.engineering.edit(issue, estimate=Decimal(8))
    pair.support.edit(ref, estimate=Decimal(2))
    await pair.sync()
    assert (pair.issue(issue, "estimate"), pair.ticket(ref, "estimate")) == (Decimal(8), Decimal(8))
    assert any(row.now.support == Decimal(2) for row in await pair.conflicts())


async def test_an_edit_of_another_field_under_our_blind_write_crosses(pair: World) -> None:
    ref, issue, connector = await between(pair)
    connector.act = lambda: pair.engineering.edit(issue, status="open")
    pair.support.edit(ref, priority="high")
    await pair.sync()
    assert (pair.issue(issue, "priority"), pair.ticket(ref, "status")) == ("high", "open")


async def test_a_lost_answer_makes_no_second_issue(pair: World) -> None:
    pair.engineering.plan.on("create*", LostAfter())
    ref = pair.support.open(title="Export fails", priority="urgent")
    await pair.sync()
    pair.clock.advance(timedelta(minutes=5))
    await pair.sync()
    assert (await pair.link(ref)).state is LinkState.LINKED
    assert len(pair.engineering.tickets) == 1


async def test_a_vendor_that_is_down_delays_and_loses_nothing(pair: World) -> None:
    ref, issue = await pair.linked()
    pair.engineering.plan.on("update*", Status(503), times=2)
    pair.support.edit(ref, priority="low")
    for _ in range(4):
        await pair.sync()
        pair.clock.advance(timedelta(minutes=5))
    assert pair.issue(issue, "priority") == "low"


async def test_a_link_that_an_automation_undoes_is_parked(pair: World) -> None:
    ref, issue = await pair.linked()
    for turn in range(30):
        pair.support.edit(ref, priority="high" if turn % 2 else "low")
        await pair.sync()
    link = await pair.link(ref)
    assert link.state is LinkState.PARKED
    assert "automation" in link.reason
    assert mapping().brake.writes_per_link == 20
    assert NO_FIELDS == {}
    del issue


async def test_a_parked_value_is_not_forgotten_while_the_other_side_moves_on(pair: World) -> None:
    ref, issue = await pair.linked()
    pair.support.edit(ref, status="solved")
    await pair.sync()
    pair.engineering.edit(issue, title="renamed by an engineer")
    await pair.sync()
    assert pair.ticket(ref, "title") == "renamed by an engineer"
    assert pair.ticket(ref, "status") == "solved"
    assert (await pair.link(ref)).diverged_since is not None
    pair.engineering.edit(issue, status="open")
    await pair.sync()
    assert pair.issue(issue, "status") == "solved"  # from `open` the workflow allows it, and support owns the field
