"""The way back with a process that dies before each of its writes to the store: what is said and done comes once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Connection

from syncd.core.feedback import Survey
from tests.engine.test_handback import CAUSES, POLICY, answer, causes, done, happened, notes, rules
from tests.engine.world import World, world


class Killed(BaseException):
    """The process dies here."""


async def _dies(pair: World, monkeypatch: pytest.MonkeyPatch, before: int, act: Callable[[], Awaitable[None]]) -> bool:
    """Let the process die before its write of this number to the store, and start again; whether it came to that."""
    left, write = before, pair.store.write

    async def dying(work: Callable[[Connection], object]) -> object:
        nonlocal left
        left -= 1
        if left == 0:
            raise Killed
        return await write(work)

    with monkeypatch.context() as patched:
        patched.setattr(pair.store, "write", dying)
        with suppress(Killed):
            await act()
    pair.clock.advance(3600)
    await pair.sync()
    return left <= 0


@pytest.mark.histories
async def test_a_death_before_any_write_to_the_store_says_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = replace(POLICY, causes=CAUSES, survey=Survey("Well?", "estimate"))
    for number in count(1):
        async with world(f"sqlite:///{tmp_path / f'{number}.db'}", rules=rules(policy)) as pair:
            ref, issue = await pair.linked(status="new", estimate=Decimal(1))
            died = await _dies(pair, monkeypatch, number, partial(done, pair, issue))
            assert pair.ticket(ref, "status") == "open"
            died |= await _dies(pair, monkeypatch, number, partial(answer, pair, ref))
            assert [pair.ticket(ref, "status"), pair.issue(issue, "status")] == ["solved", "solved"]
            assert sum("nobody has sent" in text for text in notes(pair, ref)) == 1
            assert sum("was not content" in text for text in notes(pair, ref)) == 1
            assert await happened(pair, ref) == ["handed_back", "done", "told", "closed told"]
            assert await causes(pair, ref) == ["defect"]
        if not died:
            break
    assert number > 10
