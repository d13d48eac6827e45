"""The way back on its way: what a run has to read before it hands a ticket back."""

from __future__ import annotations

from syncd.core.decision import Note, Plan
from syncd.core.handback import DRAFT, is_done
from syncd.core.model import Side
from syncd.engine.run import Run
from syncd.engine.sides import read
from syncd.sdk.connector import ALL_PARTS, ONLY_FIELDS


async def read_more(run: Run, plan: Plan) -> bool:
    """Read what was said on the issue, where the draft may quote it, and, while it is done, all that its cause is known
    by. True when it was."""
    policy, issue = run.mapping.feedback, run.snapshot(Side.ENGINEERING)
    if policy is None:
        return False
    drafts = any(isinstance(decision, Note) and decision.item.startswith(DRAFT) for decision in plan.decisions)
    if drafts and policy.done_headings and issue is not None and issue.thread is None:
        await read(run, Side.ENGINEERING, ALL_PARTS)
        return True
    done = is_done(run.mapping, Side.ENGINEERING, run.fields(Side.ENGINEERING))
    unread = [side for side in Side if done and side in policy.asks and run.seen[side] is None]
    for side in unread:
        await read(run, side, ONLY_FIELDS)
    return bool(unread)
