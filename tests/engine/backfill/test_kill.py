"""A backfill that is killed at any of its steps, or while its history is copied, goes on and doubles nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

import pytest

from syncd import crash
from syncd.core.model import Side
from syncd.engine.backfill import How, backfill, in_texts
from syncd.sdk.testing.memory import BLIND, HELPFUL
from tests.engine.chaos.history import History
from tests.engine.chaos.quick import Killed

Record = Callable[[str, object], None]
URL = "https://tracker.example/"


class Backfilled(History):
    """Two tickets that name their issues, with a history on both sides; dies after so many crash points."""

    def __init__(self) -> None:
        super().__init__(HELPFUL, BLIND)
        self.left = 0
        self.passed: list[str] = []
        support, engineering = self.vendors[Side.SUPPORT], self.vendors[Side.ENGINEERING]
        for number in range(2):
            issue = engineering.open(title=f"Theirs {number}")
            ticket = support.open(title=f"Ours {number}", priority="low")
            support.say(ticket, f"told them in {URL}{issue}")
            support.say(ticket, f"what the customer said {number}", public=True, files={f"{number}.log": b"12"})
            engineering.say(issue, f"what the engineer said {number}")
            for vendor, ref in ((support, ticket), (engineering, issue)):
                vendor.say(ref, f"copied by hand {number}")
        self.clock.advance(timedelta(days=40))

    def _struck(self, passed: str) -> None:
        self.passed.append(passed)
        self.left -= 1
        if self.left == 0:
            self.store.dead = True
            raise Killed

    @contextmanager
    def mortal(self) -> Iterator[None]:
        try:
            with crash.watched(self._struck):
                yield
        except Killed:
            self._buried()

    def fill(self) -> list[int | None]:
        """One call of the command, and the daemon's work after it."""
        found: list[int | None] = []
        with self.mortal():
            refs = self.refs(Side.SUPPORT)
            site = self.world.site
            how = How(history=True)
            found = [one.link for one in self.do(backfill(site, self.rules, find=in_texts(), tickets=refs, how=how))]
            self.live()
        return found

    def outcome(self) -> list[tuple[str, list[str], list[str]]]:
        """All that stands on both sides, whoever put it there."""
        return [
            (ref, sorted(each.body.text for each in ticket.comments), sorted(file.name for file in ticket.files))
            for side in Side
            for ref, ticket in sorted(self.vendors[side].tickets.items())
        ]


@contextmanager
def backfilled() -> Iterator[Backfilled]:
    made = Backfilled()
    try:
        yield made
    finally:
        made.close()


def die_at(chosen: Callable[[Sequence[str]], Sequence[int]]) -> int:
    """Kill one at each of the chosen steps, counted from 1, and compare it with one that lived; how many died."""
    with backfilled() as whole:
        whole.fill()
        steps = list(whole.passed)
        whole.settle()
        expected = whole.outcome()
    assert {"B1", "B2", "B3"} <= set(steps)
    assert [len(comments) for _, comments, _ in expected] == [4, 4, 4, 4]
    for step in chosen(steps):
        with backfilled() as killed:
            killed.left = step
            killed.fill()
            assert killed.crashes == 1, step
            assert None not in killed.fill(), (step, steps[step - 1])
            killed.settle()
            assert killed.outcome() == expected, (step, steps[step - 1])
    return len(chosen(steps))


def test_killed_at_its_own_steps_and_around_the_first_write(record_property: Record) -> None:
    def chosen(steps: Sequence[str]) -> list[int]:
        return [
            *(at for at, name in enumerate(steps, 1) if name[0] == "B"),
            steps.index("H6") + 1,
            steps.index("H9") + 1,
        ]

    record_property("kills", die_at(chosen))


@pytest.mark.histories
def test_killed_at_every_single_step(record_property: Record) -> None:
    record_property("kills", die_at(lambda steps: range(1, len(steps) + 1)))
