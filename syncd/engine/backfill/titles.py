"""Tickets and issues that may be the same: equal titles, made within a span. Nobody links them but a person.

The issues are found by the tracker's own poll, begun in the past on a cursor of our own; the stored one stays where it
is. Each that nobody links is read once.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from syncd.core.fields import title_of
from syncd.core.mapping import Mapping as Rules
from syncd.core.model import Life, Person, Side, Snapshot
from syncd.engine.backfill.find import Finder, Found
from syncd.engine.site import Site
from syncd.sdk.budget import BACKFILL, priority
from syncd.sdk.connector import ONLY_FIELDS, Connector
from syncd.sdk.errors import Forbidden, Moved, NotFound, RateLimited
from syncd.store import links

WITHIN = timedelta(days=2)
PATIENCE = 20  # waits for a vendor's limit before the search is given up
_PREFIXES = re.compile(r"^(?:(?:(?:re|fwd?|aw|wg)\s*:|\[\s*#?[\w-]*\d\s*\]|#\d+\s*:?)\s*)+", re.IGNORECASE)

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Half:
    """What a person sees of one side of a pair."""

    ref: str
    label: str
    title: str
    created: datetime
    people: tuple[str, ...]
    place: str
    url: str


@dataclass(frozen=True, slots=True)
class Alike:
    """A ticket and an issue that may be the same.

    Attributes:
        rivals: the other issues that this ticket may be, and the other tickets that this issue may be, as people call
            them. Where there are any, only a yes to this very pair links it.
    """

    ticket: Half
    issue: Half
    rivals: tuple[str, ...] = ()


def given(issues: Mapping[str, str]) -> Finder:
    """By what a person said yes to: refs of tickets, and of the issue of each."""

    async def find(site: Site, mapping: Rules, ref: str) -> Found:
        return Found(await site.connectors[mapping.connections.engineering].fetch(issues[ref], parts=ONLY_FIELDS))

    return find


async def alike(
    site: Site,
    mapping: Rules,
    tickets: Sequence[str],
    *,
    within: timedelta = WITHIN,
    progress: Progress = lambda done, of: None,
) -> list[Alike]:
    """The pairs to ask about, by the time of the tickets.

    Args:
        tickets: refs; those with an issue are passed over.

    Raises:
        Unsupported: the tracker cannot list what was made in the past.
        ConnectorError: a vendor does not answer.
    """
    token = priority.set(BACKFILL)
    try:
        ours = [half async for half in _read(site, mapping, Side.SUPPORT, tickets, progress)]
        if not ours:
            return []
        since = min(half.created for half in ours) - within
        refs = await _changed(site.connectors[mapping.connections.engineering], since)
        theirs = [half async for half in _read(site, mapping, Side.ENGINEERING, refs, progress)]
    finally:
        priority.reset(token)
    return list(_named(_pairs(ours, theirs, within)))


def _pairs(ours: Iterable[Half], theirs: Iterable[Half], within: timedelta) -> list[Alike]:
    by_title: dict[str, list[Half]] = {}
    for issue in theirs:
        by_title.setdefault(plain(issue.title), []).append(issue)
    return [
        Alike(ticket, issue)
        for ticket in sorted(ours, key=lambda half: half.created)
        for issue in by_title.get(plain(ticket.title), ())
        if abs(issue.created - ticket.created) <= within
    ]


def _named(pairs: Sequence[Alike]) -> Iterator[Alike]:
    """Each pair with its rivals."""
    for pair in pairs:
        issues = [each.issue.label for each in pairs if each.ticket == pair.ticket and each.issue != pair.issue]
        tickets = [each.ticket.label for each in pairs if each.issue == pair.issue and each.ticket != pair.ticket]
        yield Alike(pair.ticket, pair.issue, (*issues, *tickets))


def plain(title: str) -> str:
    """A title without what mail and people put before it ("Re:", "[#123]"), in small letters and single blanks."""
    return _PREFIXES.sub("", " ".join(title.split())).casefold()


# --- reading ---------------------------------------------------------------------------------------------------------


async def _changed(tracker: Connector, since: datetime) -> list[str]:
    """Refs of the issues that were made or changed since then."""
    for _ in range(PATIENCE):
        try:
            cursor = await tracker.cursor_at(since)
            return list(dict.fromkeys([each.ref async for page in tracker.changes(cursor) for each in page.changed]))
        except RateLimited as error:
            await asyncio.sleep(error.retry_after)
    raise RateLimited(f"{tracker.connection}: the limit is used up", retry_after=60.0)


async def _read(site: Site, mapping: Rules, side: Side, refs: Sequence[str], progress: Progress) -> AsyncIterator[Half]:
    """Those that have a title and a time, still live, and are in no link with two ends."""
    connection = mapping.connections[side]
    for number, ref in enumerate(refs):
        progress(number, len(refs))
        known = await site.store.read(partial(links.by_ref, connection=connection, ref=ref))
        if any(link.refs.engineering for link in known if side is Side.ENGINEERING or link.mapping == mapping.name):
            continue
        snapshot = await _fetched(site.connectors[connection], ref)
        if snapshot is not None and (half := _half(mapping, side, snapshot)) is not None:
            yield half


async def _fetched(connector: Connector, ref: str) -> Snapshot | None:
    for _ in range(PATIENCE):
        try:
            return await connector.fetch(ref, parts=ONLY_FIELDS)
        except RateLimited as error:
            await asyncio.sleep(error.retry_after)
        except (NotFound, Moved, Forbidden):
            return None
    raise RateLimited(f"{connector.connection}: the limit is used up", retry_after=60.0)


def _half(mapping: Rules, side: Side, snapshot: Snapshot) -> Half | None:
    title = title_of(snapshot.fields, mapping.fields, side)
    if snapshot.created is None or snapshot.life is Life.DELETED or snapshot.merged_into or not plain(title):
        return None
    return Half(
        ref=snapshot.ref,
        label=snapshot.label or snapshot.ref,
        title=title,
        created=snapshot.created,
        people=tuple(_people(snapshot)),
        place=snapshot.container,
        url=snapshot.url,
    )


def _people(snapshot: Snapshot) -> Iterator[str]:
    """Who has to do with it, once each."""
    found = [snapshot.requester, *(value for value in snapshot.fields.values() if isinstance(value, Person))]
    yield from dict.fromkeys(person.name or person.email or person.id for person in found if person is not None)
