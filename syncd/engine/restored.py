"""Go on with a store that is older than what it wrote (reliability.md, 5.8 and I21).

The bases of such a store cannot tell who changed what since. So every pair is read; what was copied in the meantime is
recognised by its mark; fields that agree become the base; fields that differ are a conflict, whatever their owner.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from syncd.core import comments as texts
from syncd.core.mapping import FieldRule
from syncd.core.merge import Maybe, Sides, drifted
from syncd.core.model import Attachment, Base, Kind, Pair, Side, Snapshot, Thread, Value
from syncd.engine import record
from syncd.engine.operate import NOBODY, By, Refused
from syncd.engine.run import Run, load
from syncd.engine.send import Order, key_of
from syncd.engine.sides import read
from syncd.engine.site import Site
from syncd.sdk.errors import ConnectorError
from syncd.store import audit, conflicts, links, meta, overview, parked, twins
from syncd.store.records import CommentTwin, FileTwin, IntentKind, Lease, LinkState, ParkScope, TwinState


@dataclass(frozen=True, slots=True)
class Adopted:
    """How many pairs were taken as they are, copies recognised, conflicts opened; and what could not be read."""

    pairs: int = 0
    copies: int = 0
    conflicts: int = 0
    unread: int = 0


@dataclass(slots=True)
class _Found:
    """What the two tickets of one pair tell."""

    base: Pair[Base]
    comments: list[CommentTwin] = field(default_factory=list)
    files: list[FileTwin] = field(default_factory=list)
    differ: dict[str, Pair[Value]] = field(default_factory=dict)


async def accept(
    site: Site, *, by: By = NOBODY, dry_run: bool = False, progress: Callable[[int, int], None] = lambda done, of: None
) -> Adopted:
    """Adopt every pair and let the daemon write again. A pair that cannot be read is parked, not guessed at.

    Raises:
        Refused: a tracker's search may not show yet what was made just before the restore; says when it will.
    """
    if not dry_run and (since := await site.store.read(lambda c: meta.get(c, "restored_at"))):
        _wait_for_search(site, datetime.fromisoformat(since))
    ids = await site.store.read(lambda c: overview.ids(c, [LinkState.LINKED]))
    total = Adopted()
    for number, link_id in enumerate(ids):
        progress(number, len(ids))
        run = await site.store.read(lambda c, of=link_id: load(site, c, Lease(of, 0, site.now())))  # type: ignore[misc]
        found = await _look(run) if run else None
        if run is None or found is None:
            total = _sum(total, Adopted(unread=1))
            if run and not dry_run:
                await site.store.write(lambda c, of=link_id: links.park(c, of, "it could not be read after a restore"))  # type: ignore[misc]
            continue
        if not dry_run:
            await site.store.write(lambda c, run=run, found=found: _adopt(run, c, found, by))  # type: ignore[misc]
        total = _sum(total, Adopted(1, len(found.comments) + len(found.files), len(found.differ)))
    progress(len(ids), len(ids))
    if not dry_run:
        await site.store.write(lambda c: _leave(site, c, by))
        site.store.restored = None
    return total


def _wait_for_search(site: Site, since: datetime) -> None:
    lag = max((connector.settle for connector in site.connectors.values()), default=timedelta(0))
    if site.now() < since + lag:
        raise Refused(
            f"the vendors' search may not show yet what was made just before the restore, and it would be made twice: "
            f"come again at {since + lag:%H:%M:%S} UTC"
        )


def _sum(one: Adopted, other: Adopted) -> Adopted:
    return Adopted(
        one.pairs + other.pairs,
        one.copies + other.copies,
        one.conflicts + other.conflicts,
        one.unread + other.unread,
    )


def _leave(site: Site, c: Connection, by: By) -> None:
    meta.leave_restored(c)
    audit.append(c, by.entry("store.accepted", None), site.now())


async def _look(run: Run) -> _Found | None:
    """Read both tickets; None where one of them does not answer."""
    try:
        for side in Side:
            await read(run, side)
    except ConnectorError:
        return None
    seen = Pair(run.snapshot(Side.SUPPORT), run.snapshot(Side.ENGINEERING))
    if seen.support is None or seen.engineering is None:
        return None
    both = Pair(seen.support, seen.engineering)
    found = _Found(run.mapping.agreed(both))
    for side in Side:
        found.comments += _comments(run, both, side)
        found.files += _files(run, both, side)
    found.differ = {rule.name: values for rule in run.mapping.fields if (values := _difference(rule, both)) is not None}
    return found


def _comments(run: Run, seen: Pair[Snapshot], origin: Side) -> Iterator[CommentTwin]:
    """Comments of this side whose copy stands on the other, by its mark, and that the store has forgotten."""
    copies = {comment.key: comment for comment in _thread(seen[origin.other]).comments if comment.key}
    known = {(twin.from_side, twin.source_id) for twin in run.comment_twins}
    for comment in _thread(seen[origin]).comments:
        order = Order(kind=IntentKind.COMMENT, side=origin.other, item=comment.id)
        copy = copies.get(key_of(run, order))
        if copy is not None and (origin, comment.id) not in known:
            yield CommentTwin(
                link_id=run.link.id,
                from_side=origin,
                source_id=comment.id,
                target_id=copy.id,
                source_digest=texts.digest(comment),
                visibility=copy.visibility,
                state=TwinState.MIRRORED,
                at=run.site.now(),
            )


def _files(run: Run, seen: Pair[Snapshot], origin: Side) -> Iterator[FileTwin]:
    """Files that stand on both sides under one name and with one size, and that the store has forgotten."""
    known = {(twin.from_side, twin.source_id) for twin in run.file_twins}
    taken = {twin.target_id for twin in run.file_twins if twin.from_side is origin}
    there = [file for file in _all_files(seen[origin.other]) if file.id not in taken]
    for file in _all_files(seen[origin]):
        if (origin, file.id) in known or file.id in run.file_copies[origin]:
            continue
        copy = next((other for other in there if (other.name, other.size) == (file.name, file.size)), None)
        if copy is not None and (origin.other, copy.id) not in known:
            there.remove(copy)
            yield record.file_twin(run, origin, file, target=copy.id)


def _all_files(snapshot: Snapshot) -> list[Attachment]:
    thread = _thread(snapshot)
    return [*thread.attachments, *(file for comment in thread.comments for file in comment.attachments)]


def _thread(snapshot: Snapshot) -> Thread:
    return snapshot.thread or Thread()


def _difference(rule: FieldRule, seen: Pair[Snapshot]) -> Pair[Value] | None:
    """What both sides say where they do not mean the same; a body of text is no question of meaning."""
    names = rule.lenses.map(lambda lens: lens.field)
    if rule.kind is Kind.RICH_TEXT or any(names[side] not in seen[side].fields for side in Side):
        return None
    now: Pair[Value] = Pair(*(seen[side].fields[names[side]] for side in Side))
    base: Pair[Maybe] = Pair(*now.both())
    return now if drifted(rule, Sides(base=base, now=now)) else None


def _adopt(run: Run, c: Connection, found: _Found, by: By) -> None:
    now, link_id = run.site.now(), run.link.id
    links.fence(c, link_id)
    for name, values in found.differ.items():
        rule = run.mapping.rule(name)
        if rule is None:
            continue
        base: Pair[Value] = Pair(*(_base_value(run, side, rule) for side in Side))
        conflicts.add(c, link_id=link_id, field=name, base=base, values=values, now=now)
    links.point(c, link_id, engineering_ref=run.ref(Side.ENGINEERING), base=found.base, digest=run.mapping.digest)
    for comment in found.comments:
        twins.put_comment(c, comment)
    for file in found.files:
        twins.put_file(c, file)
    for item in parked.of(c, link_id):
        if item.scope is ParkScope.FIELD:
            parked.release(c, item.id)
    audit.append(c, by.entry("link.adopted", link_id, f"{len(found.comments)} comments, {len(found.files)} files"), now)


def _base_value(run: Run, side: Side, rule: FieldRule) -> Value:
    base = run.base[side]
    return base.fields.get(rule.lenses[side].field) if base else None
