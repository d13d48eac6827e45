"""The beginning of a ticket's life, its fields and its status: what one side says, the other says too."""

from __future__ import annotations

from datetime import date

from syncd.core.lens import ChoiceLens
from syncd.core.model import Side
from syncd.sdk.connector import Capability
from tests.pairs.pair import ENGINEERING, SUPPORT, Between
from tests.pairs.words import DEVELOPER

VALUES: tuple[tuple[str, object, object], ...] = (
    ("title", "Export fails on Mondays", "Export (core) fails"),
    ("description", "It **fails**\n\n- always", "It fails with `E_17`"),
    ("priority", "low", "high"),
    ("labels", frozenset({"a", "b"}), frozenset({"b", "c"})),
    ("day", date(2026, 3, 2), date(2026, 4, 1)),
    ("assignee", DEVELOPER, None),
)
"""Of each field: what support says, and then engineering."""


async def escalation(pair: Between) -> None:
    """A ticket becomes urgent; the issue says the same and each shows the other."""
    pair.plays("an urgent ticket becomes an issue")
    pair.refs = await pair.escalated("Export fails")
    ticket, issue = [await pair.says(side) for side in Side]
    assert issue == {**ticket, "title": "Export fails", **({"priority": "high"} if pair.maps("priority") else {})}
    for side in Side:
        if pair.plays(f"the {side} ticket shows the other one", link_back=pair.able(side, Capability.LINK_BACK)):
            shown = (await pair.worlds[side].look(pair.refs[side])).backlinks
            assert (await pair.read(side.other)).url in shown
    assert await pair.problems() == []


async def fields(pair: Between) -> None:
    """Every field that both have, both ways; and both sides at once."""
    for name, *values in VALUES:
        for side, meaning in zip(Side, values, strict=True):
            if pair.plays(f"{name} set by {side}", **{name: pair.maps(name)}):
                await pair.edit(side, name, meaning)
                await pair.sync()
                assert [await pair.value(each, name) for each in Side] == [meaning] * 2, (name, side)
    pair.plays("a title set by both: the owner wins")
    await pair.edit(SUPPORT, "title", "Both at once")
    await pair.edit(ENGINEERING, "title", "And the other")
    await pair.sync()
    assert [await pair.value(side, "title") for side in Side] == ["Both at once"] * 2
    assert await pair.problems() == []


async def statuses(pair: Between) -> None:
    """Done and open again, by either side; and a status that the mapping cannot say holds up nothing else."""
    for side in reversed(Side):
        for meaning in ("done", "todo"):
            if pair.plays(f"status {meaning} by {side}", status=pair.maps("status")):
                await pair.edit(side, "status", meaning)
                await pair.sync()
                assert [await pair.value(each, "status") for each in Side] == [meaning] * 2, (meaning, side)
    for side in Side:
        if pair.plays(f"a status of {side} that nobody mapped", status=_unmapped(pair, side)):
            await unsayable(pair, side)
    assert await pair.problems() == []


async def unsayable(pair: Between, side: Side) -> None:
    """Parked with its reason, while the rest crosses, and forgotten when the status can be said again."""
    before = await pair.value(side.other, "status")
    await pair.edit_own(side, *(pair.words[side].status or ("", "")))
    await pair.edit(SUPPORT, "title", f"Still in step with {side}")
    await pair.sync()
    assert [problem.partition(":")[0] for problem in await pair.problems()] == ["status"]
    assert await pair.value(side.other, "status") == before
    assert await pair.value(ENGINEERING, "title") == f"Still in step with {side}"
    await pair.edit(side, "status", "todo")
    await pair.sync()


def _unmapped(pair: Between, side: Side) -> bool:
    rule, status = pair.rules.rule("status"), pair.words[side].status
    if rule is None or status is None:
        return False
    lens = rule.lenses[side]
    assert isinstance(lens, ChoiceLens)
    return status[0] == lens.field and status[1] not in lens.meanings
