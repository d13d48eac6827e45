"""Which issues sound like a ticket that is about to get one, or got one just now: looked for among those we know."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace

from syncd.core.decision import Note, Plan
from syncd.core.evidence import description_of
from syncd.core.fields import title_of
from syncd.core.handoff import WAITS, is_due
from syncd.core.impact import Case
from syncd.core.impact import impact as count
from syncd.core.lens import Unsayable
from syncd.core.model import Side
from syncd.core.similar import Alike, Issue, alike
from syncd.engine import impact
from syncd.engine.linkviews import ticket
from syncd.engine.run import Run
from syncd.store import links
from syncd.store.records import Link

KNOWN = 500
"""Links that are compared, the newest first: what is older is seldom open, and each costs a tenth of a millisecond."""


async def look(run: Run, plan: Plan) -> bool:
    """Look for them once, where the packet or a question to the agents will name them. True when that was now."""
    policy = run.mapping.packet
    if policy is None or not policy.similar or run.alike is not None or run.snapshot(Side.SUPPORT) is None:
        return False
    asks = any(isinstance(decision, Note) and decision.item.startswith(WAITS) for decision in plan.decisions)
    if not asks and not is_due(run.known, policy):
        return False
    run.alike = await find(run, most=policy.similar)
    return bool(run.alike)


async def find(run: Run, *, most: int) -> tuple[Alike, ...]:
    """The issues of this mapping that sound most like the ticket as it was read; its own is not among them."""
    now = run.snapshot(Side.SUPPORT)
    if now is None:
        return ()
    found = await run.site.store.read(lambda c: links.with_issues(c, run.mapping.name, limit=KNOWN))
    title = title_of(now.fields, run.mapping.fields, Side.SUPPORT)
    text = description_of(run.mapping, now.fields)
    likely = await asyncio.to_thread(lambda: alike(title, text, list(_issues(run, found)), most=most))
    if not likely:
        return ()
    connections = run.mapping.connections
    asks = (connections.support, now.requester.id) if now.requester else None
    hang = await impact.cases(run.site, connections.engineering, {one.issue.ref for one in likely})
    return tuple(replace(one, issue=_weighed(run, one.issue, hang.get(one.issue.ref, ()), asks)) for one in likely)


def _issues(run: Run, found: Sequence[Link]) -> Iterator[Issue]:
    """The issues, each in the words of whichever of its links was made last."""
    known: set[str] = {run.link.refs.engineering or ""}
    for link in found:
        ref, base = link.refs.engineering or "", link.base.engineering
        if ref in known or base is None:
            continue
        known.add(ref)
        title = title_of(base.fields, run.mapping.fields, Side.ENGINEERING)
        label = ticket(link, Side.ENGINEERING).label
        yield Issue(label, base.url, title, _description(run, link), ref)


def _weighed(run: Run, issue: Issue, cases: Sequence[Case], asks: tuple[str, str] | None) -> Issue:
    """An issue that will be named, with what hangs on it."""
    same = asks is not None and any(one.customer == asks for one in cases)
    return replace(issue, impact=count(cases, run.site.now()), same_customer=same)


def _description(run: Run, link: Link) -> str:
    """What the customer of its newest ticket wrote: the issue's own text may be in other words by now."""
    base = link.base.support
    try:
        return description_of(run.mapping, base.fields) if base else ""
    except Unsayable:
        return ""
