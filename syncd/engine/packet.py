"""The handoff packet on its way: promised with the issue, read for, sent once, and parked alone where it cannot be."""

from __future__ import annotations

from sqlalchemy import Connection

from syncd.core.decision import Flag, Note, Plan, Scope
from syncd.core.handoff import ITEM, PACKET, WAITS, is_due, parked
from syncd.core.model import Internal, Side
from syncd.engine import record, talk
from syncd.engine.run import Run
from syncd.engine.send import announce_in
from syncd.engine.sides import read
from syncd.sdk.connector import ALL_PARTS
from syncd.sdk.errors import Forbidden, Locked, Rejected, Unsupported
from syncd.store import parked as parked_rows
from syncd.store.records import ParkScope

REFUSED = (Rejected, Unsupported, Forbidden)


def promise(run: Run, c: Connection) -> None:
    """Announce the packet in the transaction that stores the issue: no crash after it can forget it."""
    if run.mapping.packet is not None:
        announce_in(run, c, record.note_order(Note(Side.ENGINEERING, Internal(""), PACKET)))
        run.owed.add(PACKET)


async def hand_over(run: Run, note: Note) -> None:
    """Write the packet. Where the tracker refuses it, it is parked alone, with its reason, and the rest goes on."""
    policy = run.mapping.packet
    try:
        await talk.note(run, note)
    except Locked:
        raise
    except REFUSED as error:
        if policy is None:
            raise
        reason = f"{run.mapping.connections.engineering} refuses the packet: {error}"
        await record.flag(run, parked(policy, reason, f"hand over by hand, or `syncd retry {run.link.id}`"))


async def ask(run: Run, note: Note) -> None:
    """Ask for what is missing. Where the helpdesk refuses the question, that alone is parked; the ticket waits on."""
    try:
        await talk.note(run, note)
    except Locked:
        raise
    except REFUSED as error:
        reason = f"{run.mapping.connections.support} refuses the question for what is missing: {error}"
        remedy = f"`syncd why {run.link.id}` says what is missing; ask for it by hand"
        await record.flag(run, Flag(Scope.COMMENT, note.item, note.item, reason, remedy, Side.SUPPORT))


def free(run: Run, c: Connection) -> None:
    """A packet that stands on the issue waits for nobody, nor does a question when there is an issue."""
    linked = run.link.refs.engineering is not None
    for item in run.parked:
        asked = linked and item.item.startswith(WAITS)
        if item.scope is ParkScope.COMMENT and (asked or (item.item == ITEM and PACKET in run.told)):
            parked_rows.release(c, item.id)


async def read_thread(run: Run, plan: Plan | None = None) -> bool:
    """Read the ticket's thread where the packet, or evidence that a comment may bring, hangs on it. True when it was.

    Args:
        plan: what was decided without it.
    """
    policy, ticket = run.mapping.packet, run.snapshot(Side.SUPPORT)
    if policy is None or (ticket is not None and (ticket.thread is not None or ticket.merged_into)):
        return False
    linked = run.link.refs.engineering is not None
    if plan is None and not (linked and is_due(run.known, policy)):
        return False
    if plan is not None and not (policy.reads_comments and any(_asks(decision) for decision in plan.decisions)):
        return False
    await read(run, Side.SUPPORT, ALL_PARTS)
    return True


def _asks(decision: object) -> bool:
    return isinstance(decision, Note) and decision.item.startswith(WAITS)
