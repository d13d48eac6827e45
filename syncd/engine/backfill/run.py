"""Backfill: find the issue of each ticket, and link them, one ticket after the other, behind all other work.

Each link is one transaction, and what is linked is passed over, so that a backfill that died goes on where it was.
What is then to be copied is on the work list, like any other work.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from syncd import crash
from syncd.core.decision import Resting
from syncd.core.mapping import Mapping
from syncd.engine import history, operate
from syncd.engine.backfill.find import Finder
from syncd.engine.operate import NOBODY, By
from syncd.engine.site import Site
from syncd.sdk.budget import BACKFILL, priority
from syncd.sdk.errors import ConnectorError, RateLimited
from syncd.store import links, overview
from syncd.store.records import Link, LinkState

PATIENCE = 20  # waits for a vendor's limit before a ticket is given up


@dataclass(frozen=True, slots=True)
class Filled:
    """What became of one ticket: the link that was made (or would be), or why there is none.

    Attributes:
        copies: comments and files that would be copied; counted by a dry run alone, as `for_customers` is: how many of
            these become public replies on the ticket.
    """

    ticket: str
    issue: str = ""
    link: int | None = None
    why: str = ""
    copies: int = 0
    for_customers: int = 0


@dataclass(frozen=True, slots=True)
class How:
    """What is wanted of one call.

    Attributes:
        history: also copy the comments and files that are there.
        by: who asked for it.
    """

    history: bool = False
    dry_run: bool = False
    by: By = NOBODY


async def backfill(
    site: Site,
    mapping: Mapping,
    *,
    find: Finder,
    tickets: Sequence[str] | None = None,
    how: How = How(),
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> list[Filled]:
    """Link each ticket to the issue that it names.

    Args:
        find: how a ticket names its issue.
        tickets: refs; None for every ticket that is watched and has no issue.
    """
    chosen = list(tickets) if tickets is not None else await watched(site, mapping)
    token, filled = priority.set(BACKFILL), list[Filled]()
    try:
        for number, ref in enumerate(chosen):
            progress(number, len(chosen))
            filled.append(await _patiently(site, mapping, ref, find=find, how=how))
        progress(len(chosen), len(chosen))
    finally:
        priority.reset(token)
    return filled


async def watched(site: Site, mapping: Mapping) -> list[str]:
    """Every ticket that this mapping knows and that has no issue."""
    ids = await site.store.read(lambda c: overview.ids(c, [LinkState.WATCHED]))
    found = [await site.store.read(lambda c, of=link_id: links.get(c, of)) for link_id in ids]  # type: ignore[misc]
    return [link.refs.support for link in found if link.mapping == mapping.name and link.refs.support]


async def _patiently(site: Site, mapping: Mapping, ref: str, *, find: Finder, how: How) -> Filled:
    for _ in range(PATIENCE):
        try:
            return await _one(site, mapping, ref, find=find, how=how)
        except RateLimited as error:
            await asyncio.sleep(error.retry_after)
        except (ConnectorError, operate.Refused) as error:
            return Filled(ref, why=str(error))
    return Filled(ref, why="the vendor's limit is used up")


async def _one(site: Site, mapping: Mapping, ref: str, *, find: Finder, how: How) -> Filled:
    crash.point("B1")
    if (known := await _known(site, mapping, ref)) is not None:
        return known
    found = await find(site, mapping, ref)
    if found.issue is None:
        return Filled(ref, why=found.why)
    label = found.issue.label or found.issue.ref
    if how.dry_run:
        seen = await operate.read_both(site, mapping, ref, found.issue.ref)
        copies = history.count(mapping, seen) if how.history else history.Copies(0, 0)
        why = "would be linked"
        return Filled(ref, label, why=why, copies=copies.all, for_customers=copies.for_customers)
    crash.point("B2")
    made = await operate.link(site, mapping, ref, found.issue.ref, history=how.history, priority=BACKFILL, by=how.by)
    crash.point("B3")
    return Filled(ref, label, made.id)


async def _known(site: Site, mapping: Mapping, ref: str) -> Filled | None:
    """What is to be said of a ticket that has an issue, or had one until a person ended that."""
    rows = await site.store.read(lambda c: links.by_ref(c, mapping.connections.support, ref))
    linked = next((link for link in rows if link.mapping == mapping.name and link.refs.engineering), None)
    if linked is None:
        return None
    issue = linked.refs.engineering or ""
    if _was_unlinked(linked):
        return Filled(ref, why=f"was unlinked from issue {issue}; `syncd link` links it again")
    return Filled(ref, issue, linked.id, why="is linked already")


def _was_unlinked(link: Link) -> bool:
    return link.state is LinkState.RESTING and link.reason.startswith(Resting.UNLINKED.value)
