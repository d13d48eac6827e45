"""Issues that were made twice: found by the key that both carry, and all but one put away (reliability.md, 5.1).

A daemon that was suspended between its last look at its lease and its request may send a create that another daemon has
made good already; no check before the request can close that window (L5 of `models/link_create.pml`, L6 with this
reconciler). Nor can a search whose index is later than the vendor says. So each issue that was made is looked for again
an hour later, and once more when no index can be behind any more.

The one that stays is the one that the link holds: people have spoken on it, and what stands at the vendor never
re-points a link (threat T5). The others are closed in the vendor's own way, with a note that says which one stays.
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy import Connection

from syncd import crash
from syncd.core.decision import Flag, Note, Scope
from syncd.core.model import Base, Internal, Life, Side, Snapshot
from syncd.engine import record
from syncd.engine.intake import look
from syncd.engine.relations import ISSUE, adopt_unasked, close
from syncd.engine.run import SECOND_LOOK, Run
from syncd.engine.site import Site
from syncd.engine.talk import note_beside
from syncd.sdk.budget import BACKFILL
from syncd.sdk.connector import Capability
from syncd.sdk.errors import Locked, Rejected, Unsupported
from syncd.store import audit, intents, links, meta
from syncd.store.records import Intent, IntentKind, IntentState, LinkState

log = structlog.get_logger()

LOOKS = (timedelta(hours=1), timedelta(hours=13))
"""How long after an issue was made it is looked for again; the second is A15 of reliability.md."""
OVERLAP = timedelta(hours=2)
"""How far back the first look of a store goes."""


async def seek(site: Site, *, back: timedelta) -> int:
    """Ask for a run, at the lowest priority, of each link whose issue was made about `back` ago; how many.

    Each create is followed by one such look for each `back`, however often the daemon was restarted in between.
    """
    until = site.now() - back

    def mark(c: Connection) -> int:
        after = meta.move_on(c, f"sought {back}", until, first=until - OVERLAP)
        chosen = intents.created_between(c, after, until)
        for link_id in chosen:
            link = links.get(c, link_id)
            if link.state is LinkState.RESTING:  # it rests again after the look
                links.wake(c, link_id, site.now(), reason=link.reason)
            look(site, c, link, priority=BACKFILL, token=f"{SECOND_LOOK}{link_id} {until.isoformat()}")
        return len(chosen)

    sought = await site.store.write(mark)
    if sought:
        site.queue.wake()
    return sought


async def put_away(run: Run) -> None:
    """Close every other open issue that carries the key of this link's issue. Does nothing where it cannot be sure.

    A link that has no issue so far takes the one that was made for it after all.
    """
    connector = run.connectors.engineering
    if Capability.FIND not in connector.capabilities:
        return
    made = await created(run)
    if made is not None and run.link.refs.engineering is None:
        await adopt_unasked(run, made)
    if made is None or run.link.refs.engineering is None or made.state is not IntentState.LANDED:
        return
    found = await connector.find(made.key)
    kept = next((issue for issue in found if issue.ref == run.link.refs.engineering), None)
    # where the link went on to an issue that was not made for it (a merge, a person), the one that the create is proven
    # to have made is somebody's choice; what carries its key beside that one was still made by accident
    spared, stays = (kept.ref, kept) if kept else (made.target, run.base.engineering)
    for issue in found:
        if stays is not None and issue.ref != spared and await _is_ours_to_close(run, issue):
            await _close(run, issue, stays)


async def created(run: Run) -> Intent | None:
    """The write that made the link's issue, or was to make it."""
    return await run.site.store.read(lambda c: intents.find(c, run.link.id, IntentKind.CREATE, Side.ENGINEERING, ISSUE))


async def _is_ours_to_close(run: Run, issue: Snapshot) -> bool:
    """Not one that a person closed, merged or linked meanwhile, nor one that was put away before and reopened."""
    if issue.life is not Life.ACTIVE or issue.merged_into or _note(run, issue, issue).item in run.told:
        return False
    connection = run.mapping.connections.engineering
    return not await run.site.store.read(lambda c: links.by_issue(c, connection, issue.ref))


async def _close(run: Run, issue: Snapshot, kept: Snapshot | Base) -> None:
    """Close first, then tell: a death between them closes again, which changes nothing, and then tells."""
    log.warning("issue.made_twice", link=run.link.id, kept=kept.label or kept.ref, closed=issue.label or issue.ref)
    try:
        await close(run, issue.ref)
    except Locked:
        return
    except (Rejected, Unsupported) as error:
        await record.flag(run, _by_hand(issue, kept, error))
    crash.point("H13")
    await _tell(run, issue, kept)


def _by_hand(issue: Snapshot, kept: Snapshot | Base, error: Exception) -> Flag:
    called = issue.label or issue.ref
    reason = f"{called} was made twice by accident ({kept.label or kept.ref} stays) and cannot be closed: {error}"
    return Flag(Scope.LINK, f"made twice:{issue.ref}", issue.ref, reason, f"close {called} by hand", Side.ENGINEERING)


async def _tell(run: Run, issue: Snapshot, kept: Snapshot | Base) -> None:
    note = _note(run, issue, kept)
    try:
        await note_beside(run, note, issue.ref)
    except Rejected as error:  # nobody can be told there; what counts is that it was closed
        entry = record.told(run, "note.refused", note.item, side=note.side, outcome=str(error))
        await run.site.store.write(lambda c: audit.append(c, entry, run.site.now()))


def _note(run: Run, issue: Snapshot, kept: Snapshot | Base) -> Note:
    text = (
        f"syncd made this issue twice by accident. {kept.label or kept.ref} is the one that is kept in step with the "
        f"ticket: {kept.url}\n\nThis one is closed, and what was said here stays here."
    )
    return Note(Side.ENGINEERING, Internal(text), f"made twice:{issue.ref}")
