"""Reading the two sides of a link: only what the hints ask for, and absence only with proof."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from syncd.core.life import Away, Gone
from syncd.core.model import Side, Snapshot
from syncd.engine.run import Run, resting_of
from syncd.sdk.connector import ALL_PARTS, ONLY_FIELDS, Capability, Part
from syncd.sdk.errors import Elsewhere, Moved, NotFound, Unavailable
from syncd.store import links
from syncd.store.records import Filter, LinkState


class Unproven(Unavailable):
    """A ticket cannot be found, but neither can what is known to be there: nothing is concluded (I18)."""


async def read_hinted(run: Run) -> None:
    """Read what this run is about: the sides with hints; all of a link never read, remapped, or at rest, and the side

    whose thread was never read, because a run died between the issue's landing and that.
    """
    fresh = run.link.mapping_digest != run.mapping.digest
    for side in Side:
        parts = run.wanted_parts(side)
        if run.link.refs.engineering is None:
            # the thread of a ticket without an issue interests nobody, unless a comment may bring or change something
            waits = run.waits_for_evidence or run.waits_for_approval
            parts = ALL_PARTS if parts and waits else _of_watched(run, parts)
        elif fresh or (base := run.base[side]) is None or not base.thread_revision or resting_of(run.link) is not None:
            parts = ALL_PARTS
        if parts:
            await read(run, side, parts)


def _of_watched(run: Run, parts: frozenset[Part]) -> frozenset[Part]:
    """Its comments are read where a rule asks how they sound: at the first look, and when there are others."""
    policy = run.mapping.signals
    if not parts or policy is None or not policy.reads_comments:
        return parts & ONLY_FIELDS
    return ALL_PARTS if run.heard.standing.said is None else parts | ONLY_FIELDS


async def read(run: Run, side: Side, parts: frozenset[Part] = ALL_PARTS, since: str | None = None) -> None:
    """Read one side into `run.seen`; a thread that an earlier read of this run brought is kept."""
    before = run.snapshot(side)
    now = await _fetch(run, side, parts, since)
    if isinstance(now, Snapshot):
        run.fields_at[side] = now.revision
        if now.thread is not None:
            run.thread_at[side] = now.revision
    if isinstance(now, Snapshot) and now.thread is None and before is not None and before.thread is not None:
        now = replace(now, thread=before.thread)
    run.seen = run.seen.put(side, now)


async def read_before_writing(run: Run, side: Side) -> bool:
    """Read a side that is to be written, where the write itself cannot tell that it moved on. True when it was read.

    A guarded vendor refuses a stale write, and one with a history shows afterwards what a blind write ran over; both
    spare this read (reliability.md, 5.4).
    """
    if run.snapshot(side) is not None:
        return False
    can = run.connectors[side].capabilities
    if Capability.GUARDED in can and run.revision(side):
        return False
    if Capability.GUARDED not in can and Capability.HISTORY in can and run.revision(side):
        return False
    await read(run, side, ONLY_FIELDS)
    return True


async def _fetch(run: Run, side: Side, parts: frozenset[Part], since: str | None) -> Snapshot | Gone | Away:
    connector, ref = run.connectors[side], run.ref(side)
    run.touching = side
    try:
        snapshot = await connector.fetch(ref, parts=parts, since=since)
    except Moved as moved:
        return _merged(run, side, moved.ref)
    except Elsewhere as away:
        return Away(away.label)
    except NotFound:
        return await _prove_absence(run, side)
    if snapshot.ref != ref and not snapshot.merged_into:
        return replace(snapshot, merged_into=snapshot.ref, ref=ref)
    return run.as_said(snapshot) if side is Side.SUPPORT else snapshot


def _merged(run: Run, side: Side, into: str) -> Snapshot:
    base = run.base[side]
    fields = base.fields if base else {}
    return Snapshot(
        ref=run.ref(side), revision="", fields=fields, merged_into=into, container=base.container if base else ""
    )


CONTROLS = 5
"""How many other tickets are tried before a vendor that shows none of them is said to show nothing at all."""


async def _prove_absence(run: Run, side: Side) -> Gone:
    """A 404 counts when it comes twice, with a ticket in between that is known and can be read."""
    connector, ref = run.connectors[side], run.ref(side)
    there = await _control(run, side)
    try:
        await connector.fetch(ref, parts=ONLY_FIELDS)
    except NotFound:
        return Gone(f"{ref} is not there, {there} is")
    raise Unproven(f"{connector.connection}: {ref} was missing for a moment", sent=False)


async def _control(run: Run, side: Side) -> str:
    """Another ticket of the same connection that was read before, and is there; the account where none is known.

    Several are tried: one may have been deleted together with the ticket in question, each then the other's control.

    Raises:
        Unproven: none of them is there, as when the account has lost its rights.
    """
    connector = run.connectors[side]
    known = await run.site.store.read(lambda c: _known(c, run, side))
    for ref in known:
        try:
            await connector.fetch(ref, parts=ONLY_FIELDS)
        except Elsewhere:
            return ref  # it was moved, and can be read all the same
        except NotFound:
            continue
        return ref
    if not known:
        await connector.check()
        return "the account"
    tried = ", ".join(known)
    raise Unproven(f"{connector.connection}: neither {run.ref(side)} nor any of {tried} can be found", sent=False)


def _known(c: Connection, run: Run, side: Side) -> list[str]:
    """Other tickets of that connection: those that have an issue, the newest first, then those that have none."""
    connection, mine = run.mapping.connections[side], run.link.refs[side]
    found = [
        link
        for state in (LinkState.LINKED, LinkState.WATCHED)
        for link in links.list_links(c, Filter(connection=connection, state=state), limit=20, newest=True)
    ]
    refs = [link.refs[of] for link in found for of in Side if link.connections[of] == connection]
    return list(dict.fromkeys(ref for ref in refs if ref and ref != mine))[:CONTROLS]
