"""What the history tells of a blind write, and what is looked at before because it does not."""

from datetime import date
from decimal import Decimal

import pytest

from syncd.core.model import Person, RichText
from syncd.sdk.errors import (
    Stale,
)
from syncd_linear import Linear
from syncd_linear.simulator import BEN
from tests.connectors.linear.world import SETTLED, LinearWorld


async def test_history_tells_every_field_but_the_description(linear: Linear, world: LinearWorld) -> None:
    known = {label.name: label for label in world.space.labels.values()}
    ref = world.simulator.make("x", labels=(known["Bug"],), estimate=1)
    world.clock.advance(SETTLED)
    seen = await linear.fetch(ref)
    team = world.space.team_called("ENG")
    world.simulator.edit(ref, title="y", priority=1, description="new")
    world.simulator.edit(ref, state=team.first("started"), assignee=world.space.users[BEN.id], due=date(2026, 2, 1))
    world.simulator.edit(ref, labels=(known["escalate"],), estimate=None)
    world.simulator.edit(ref, labels=(known["escalate"], known["Bug"]), team=world.space.team_called("OPS"))
    history = (await linear.fetch(ref, since=seen.revision)).history
    assert [(edit.field, edit.old, edit.new) for edit in history if edit.field != "status"] == [
        ("priority", "No priority", "Urgent"),
        ("title", "x", "y"),
        ("dueDate", None, date(2026, 2, 1)),
        ("assignee", None, Person(BEN.id)),
        ("labels", frozenset({"Bug"}), frozenset({"escalate"})),
        ("estimate", Decimal(1), None),
        ("labels", frozenset({"escalate"}), frozenset({"escalate", "Bug"})),
        ("team", "ENG", "OPS"),
    ]
    assert [(edit.old, edit.new) for edit in history if edit.field == "status"] == [("Backlog", "In Progress")]
    assert {edit.ours for edit in history} == {False}


@pytest.mark.parametrize("newest_first", [True, False])
async def test_a_long_history_is_read_to_the_revision(world: LinearWorld, newest_first: bool) -> None:
    world.space.newest_first = newest_first
    linear = world.connector()
    ref = world.simulator.make("x")
    world.clock.advance(SETTLED)
    for number in range(70):
        world.simulator.edit(ref, title=f"before {number}")
    seen = await linear.fetch(ref)
    for number in range(120):
        world.simulator.edit(ref, title=f"after {number}")
    before = len(world.simulator.requests)
    history = (await linear.fetch(ref, since=seen.revision)).history
    assert [edit.new for edit in history] == [f"after {number}" for number in range(120)]
    assert len(world.simulator.requests) - before == (3 if newest_first else 4)


async def test_an_edit_that_leaves_no_trace_is_not_run_over(linear: Linear, world: LinearWorld) -> None:
    """In an issue's first minutes its history stays empty."""
    ref = world.simulator.make("x")
    seen = await linear.fetch(ref)
    world.simulator.edit(ref, title="By a person")
    await linear.update(ref, {"priority": "High"}, expect=seen.revision)
    with pytest.raises(Stale):
        await linear.update(ref, {"title": "By syncd"}, expect=seen.revision)
    assert (world.issue(ref).title, world.issue(ref).priority) == ("By a person", 2)


async def test_a_description_that_somebody_rewrote_is_not_run_over(linear: Linear, world: LinearWorld) -> None:
    ref = world.simulator.make("x", description="old")
    world.clock.advance(SETTLED)
    world.simulator.edit(ref, title="y")
    seen = await linear.fetch(ref)
    world.simulator.edit(ref, description="By a person")
    with pytest.raises(Stale):
        await linear.update(ref, {"description": RichText.of("By syncd")}, expect=seen.revision)
    now = await linear.fetch(ref)
    world.simulator.edit(ref, title="z")
    await linear.update(ref, {"description": RichText.of("By syncd")}, expect=now.revision)
    assert (world.issue(ref).title, world.issue(ref).description) == ("z", "By syncd")


async def test_a_new_process_does_not_run_over_what_it_cannot_know(linear: Linear, world: LinearWorld) -> None:
    ref = world.simulator.make("x")
    seen = await linear.fetch(ref)
    world.simulator.edit(ref, title="By a person")
    with pytest.raises(Stale):
        await world.connector().update(ref, {"title": "By syncd"}, expect=seen.revision)


async def test_our_edits_are_ours_as_an_application_too() -> None:
    world = LinearWorld(app=True)
    linear = world.connector()
    ref = world.simulator.make("x")
    world.clock.advance(SETTLED)
    seen = await linear.fetch(ref)
    await linear.update(ref, {"title": "By syncd"}, expect=seen.revision)
    assert [edit.ours for edit in (await linear.fetch(ref, since=seen.revision)).history] == [True]
