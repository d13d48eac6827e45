"""What people wrote on a ticket never stands in the log, whatever goes wrong with it."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from syncd import log
from syncd.core.model import Fields
from syncd.sdk.connector import Message, Posted, Written
from syncd.sdk.errors import BadAnswer, Rejected
from syncd.sdk.testing import faults
from syncd.sdk.testing.character import BLIND, HELPFUL
from syncd.sdk.testing.memory import MemoryConnector
from tests.core.planted import PLANTED
from tests.engine.world import World, world


@pytest.fixture
def lines(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    out = io.StringIO()
    log.configure(level="debug", format=getattr(request, "param", "json"), stream=out)
    yield out
    log.forget()


class Talkative(MemoryConnector):
    """A tracker whose refusals quote what they refuse, as many do, and that once trips over a comment."""

    async def update(self, ref: str, fields: Fields, *, expect: str) -> Written:
        raise Rejected(f"cannot set {dict(fields)!r}", field=next(iter(fields)))

    async def comment(self, ref: str, message: Message, *, key: str, expect: str) -> Posted:
        raise BadAnswer(f"cannot read the answer to {message.body.text!r}")


class Broken(MemoryConnector):
    """A tracker with a bug, whose error quotes the text."""

    async def comment(self, ref: str, message: Message, *, key: str, expect: str) -> Posted:
        raise ValueError(f"no such mark-up: {message.body.text}")


def together(number: int) -> list[list[str]]:
    """All that is planted, so many at a time."""
    plants = [plant for plant, _ in PLANTED]
    return [plants[first : first + number] for first in range(0, len(plants), number)]


async def written(pair: World) -> None:
    """Tickets with all that is planted, four at a time, as title, description, comment and file; then edited."""
    refs = []
    for plants in together(4):
        said, lines = ", ".join(plants), "\n".join(f"Mine: {plant}" for plant in plants)
        ref = pair.support.open(title=f"Call {said} back", priority="urgent", description=lines, by="ana")
        pair.support.say(ref, lines)
        for plant in plants:
            pair.support.file(ref, f"{plant.replace('/', '-')}.txt", plant.encode())
        refs.append((ref, said))
    await pair.sync()
    for ref, said in refs:
        pair.support.edit(ref, title=f"Or write to {said}")


def left(lines: io.StringIO) -> list[str]:
    text = lines.getvalue()
    assert "link.reconciled" in text or "link.waits" in text or "bug" in text
    return [line for line in text.splitlines() if any(plant in line for plant, _ in PLANTED)]


async def test_when_all_goes_well(url: str, lines: io.StringIO) -> None:
    async with world(url, support=HELPFUL, engineering=BLIND) as pair:
        await written(pair)
        await pair.sync()
        assert left(lines) == []


@pytest.mark.parametrize(  # the formats differ in how they show what was raised, and in nothing else that is said
    ("tracker", "lines"), [(Talkative, "json"), (Broken, "json"), (Broken, "text")], indirect=["lines"]
)
async def test_when_what_goes_wrong_quotes_it(url: str, lines: io.StringIO, tracker: type[MemoryConnector]) -> None:
    async with world(url, support=HELPFUL, engineering=BLIND) as pair:
        pair.connectors["tracker"] = tracker(vendor=pair.engineering, connection="tracker")
        pair.engineering.plan.on("fetch*", faults.Garbled(), times=5)
        await written(pair)
        for _ in range(3):
            await pair.workers.once()
            pair.clock.advance(3600)
        assert left(lines) == []
