"""The only place that writes to a vendor: carries out the decisions of a plan, one after the other.

Each write goes through the intent protocol (`engine.send`). What a vendor refuses for good is parked alone, and the
rest goes on; anything else ends the run and is tried again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

from syncd.core import handoff
from syncd.core.decision import (
    AddComment,
    AddFile,
    Create,
    Decision,
    Describe,
    EditComment,
    Flag,
    Follow,
    Grade,
    LinkBack,
    Mark,
    Name,
    Note,
    Plan,
    Rest,
    Resume,
    Route,
    SkipComment,
    SkipFile,
    Undecided,
    Update,
)
from syncd.engine import linknote, owners, packet, record, relations, talk, update
from syncd.engine.run import Run


async def apply(run: Run, plan: Plan) -> bool:
    """Carry out a plan; False when the run must end because the link rests or is about another ticket now.

    Raises:
        ConnectorError: a vendor could not be written to; what was done before it is stored.
        LostLease: somebody else runs this link.
    """
    for place, decision in enumerate(plan.decisions):
        run.still_apart = _still_apart(decision, plan.decisions[place + 1 :])
        await _apply(run, decision)
        if isinstance(decision, Rest | Follow):
            return False
    return True


def _still_apart(decision: Decision, later: Sequence[Decision]) -> frozenset[str]:
    """The entries of the mapping that this update and a later one of the other side are about: labels that people gave

    on both sides. Between the two writes nothing is agreed on: a run that ends there must find both sides changed.
    """
    if not isinstance(decision, Update):
        return frozenset()
    others = [one for one in later if isinstance(one, Update) and one.side is not decision.side]
    return frozenset(decision.rules.values()) & {where for one in others for where in one.rules.values()}


async def _apply(run: Run, decision: Decision) -> None:  # noqa: PLR0912  one branch per decision, closed by assert_never
    match decision:
        case Grade():
            await record.grade(run, decision)
        case Mark(fact):
            await record.mark(run, fact)
        case Describe(seen):
            await record.describe(run, seen)
        case Route():
            await owners.route(run, decision)
        case Name():
            await owners.name(run, decision)
        case Create():
            await relations.create(run, decision)
        case Update():
            await update.update(run, decision)
        case AddComment():
            await talk.add_comment(run, decision)
        case EditComment():
            await talk.edit_comment(run, decision)
        case AddFile():
            await talk.add_file(run, decision)
        case Note(item=handoff.PACKET):
            await packet.hand_over(run, decision)
        case Note() if decision.item.startswith(handoff.WAITS):
            await packet.ask(run, decision)
        case Note() if decision.links:
            await linknote.tell(run, decision)
        case Note():
            await talk.tell(run, decision)
        case LinkBack():
            await relations.link_back(run, decision)
        case SkipComment():
            await record.skip_comment(run, decision)
        case SkipFile():
            await record.skip_file(run, decision)
        case Flag():
            await record.flag(run, decision)
        case Undecided():
            await record.undecided(run, decision)
        case Resume():
            run.link = replace(run.link, reason="")
        case Rest():
            await relations.rest(run, decision)
        case Follow():
            await relations.follow(run, decision)
        case _:
            assert_never(decision)
