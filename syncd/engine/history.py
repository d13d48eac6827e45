"""What was said and attached before two tickets were linked: it stays where it is, or it is carried with its time.

What stands on both sides in equal words was copied by hand, and is not copied again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection

from syncd.core import comments as texts
from syncd.core.mapping import Mapping
from syncd.core.model import Attachment, Comment, Pair, Side, Snapshot, Thread, Visibility
from syncd.store import audit, meta, twins
from syncd.store.records import AuditEntry, CommentTwin, FileTwin, Link, TwinState

T = TypeVar("T")

_QUOTE = re.compile(r"^[ \t]*(?:>[ \t]*)+", re.MULTILINE)
_MARKS = re.compile(r"[\s*_`\\]+")


def until(c: Connection, link_id: int) -> datetime | None:
    """The moment until which everything on this link is history that is carried; None where none is."""
    said = meta.get(c, _key(link_id))
    return datetime.fromisoformat(said) if said else None


def leave(c: Connection, made: Link, seen: Pair[Snapshot], now: datetime) -> None:
    """Everything stays where it is."""
    for side in Side:
        _leave_comments(c, made, side, _new_comments(c, made, side, seen), now)
        _leave_files(c, made, side, _new_files(c, made, side, seen), now)


def carry(c: Connection, made: Link, seen: Pair[Snapshot], now: datetime) -> None:
    """Everything is copied by the runs that follow, but for what stands on both sides already.

    Such a pair is left alone from now on, as history that is not carried is: each half is a person's own.
    """
    meta.put(c, _key(made.id), now.isoformat())
    comments = Pair(*(_of_people(c, made, side, seen) for side in Side))
    files = Pair(*(_files_of_people(c, made, side, seen) for side in Side))
    twice, hung = _on_both(comments, _words), _on_both(files, _shape)
    for side in Side:
        _leave_comments(c, made, side, twice[side], now)
        _leave_files(c, made, side, [*hung[side], *_attached(twice[side])], now)
        for comment in twice[side]:
            audit.append(c, _told(made, side, comment), now)


@dataclass(frozen=True, slots=True)
class Copies:
    """How many comments and files are to be copied, and how many of the comments customers would read."""

    all: int
    for_customers: int


def count(mapping: Mapping, seen: Pair[Snapshot]) -> Copies:
    """What `carry` leaves to be copied, of two tickets that no link has had so far."""
    comments = seen.map(lambda snapshot: [each for each in _thread(snapshot).comments if each.key is None])
    twice, hung = _on_both(comments, _words), _on_both(_all_files(seen), _shape)
    new = [(side, each) for side in Side for each in comments[side] if each not in twice[side]]
    rules = [rule for side, each in new if (rule := texts.rule_for(mapping.comments, side, each.body))]
    crosses = {rule.side for rule in mapping.comments}
    files = sum(file not in hung[side] for side in crosses for file in _thread(seen[side]).attachments)
    told = sum(rule.side is Side.ENGINEERING and rule.visibility is Visibility.PUBLIC for rule in rules)
    return Copies(len(rules) + files, told)


def _key(link_id: int) -> str:
    return f"history:{link_id}"


# --- what stands on both sides ---------------------------------------------------------------------------------------


def _on_both(found: Pair[list[T]], name: Callable[[T], Hashable]) -> Pair[list[T]]:
    """Those of each side that have an equal on the other, each one taken once, in their order."""
    left, here, there = list(found.engineering), list[T](), list[T]()
    for one in found.support:
        match = next((other for other in left if name(one) and name(other) == name(one)), None)
        if match is not None:
            left.remove(match)
            here.append(one)
            there.append(match)
    return Pair(here, there)


def _words(comment: Comment) -> str:
    """A comment's text without what differs between two vendors' ways of writing: blanks, quotes, emphasis, escapes."""
    return _MARKS.sub("", _QUOTE.sub("", comment.body.text))


def _shape(file: Attachment) -> Hashable:
    """A file's name and size; nothing where the vendor does not tell the size."""
    return file.size and (file.name, file.size)


def _told(made: Link, side: Side, comment: Comment) -> AuditEntry:
    return AuditEntry(
        kind="comment.skipped",
        link_id=made.id,
        side=side.other,
        item=comment.id,
        outcome="stands there already in equal words",
    )


# --- what is new -----------------------------------------------------------------------------------------------------


def _new_comments(c: Connection, made: Link, side: Side, seen: Pair[Snapshot]) -> list[Comment]:
    known = {twin.source_id for twin in twins.comments(c, made.id) if twin.from_side is side}
    return [comment for comment in _thread(seen[side]).comments if comment.id not in known]


def _new_files(c: Connection, made: Link, side: Side, seen: Pair[Snapshot]) -> list[Attachment]:
    known = {twin.source_id for twin in twins.files(c, made.id) if twin.from_side is side}
    return [file for file in _all_files(seen)[side] if file.id not in known]


def _of_people(c: Connection, made: Link, side: Side, seen: Pair[Snapshot]) -> list[Comment]:
    """New ones but for our own, which this link or another one put there."""
    ours = twins.copied_comments(c, made.connections[side], seen[side].ref)
    return [each for each in _new_comments(c, made, side, seen) if each.id not in ours and each.key is None]


def _files_of_people(c: Connection, made: Link, side: Side, seen: Pair[Snapshot]) -> list[Attachment]:
    ours = twins.copied_files(c, made.connections[side], seen[side].ref)
    return [file for file in _new_files(c, made, side, seen) if file.id not in ours]


def _thread(snapshot: Snapshot) -> Thread:
    return snapshot.thread or Thread()


def _all_files(seen: Pair[Snapshot]) -> Pair[list[Attachment]]:
    return seen.map(_thread).map(lambda thread: [*thread.attachments, *_attached(thread.comments)])


def _attached(comments: Iterable[Comment]) -> Iterator[Attachment]:
    return (file for comment in comments for file in comment.attachments)


# --- what is left where it is ----------------------------------------------------------------------------------------


def _leave_comments(c: Connection, made: Link, side: Side, comments: Iterable[Comment], now: datetime) -> None:
    for comment in comments:
        twin = CommentTwin(
            link_id=made.id,
            from_side=side,
            source_id=comment.id,
            target_id=None,
            source_digest=texts.digest(comment),
            visibility=comment.visibility,
            state=TwinState.SKIPPED,
            at=now,
        )
        twins.put_comment(c, twin)


def _leave_files(c: Connection, made: Link, side: Side, files: Iterable[Attachment], now: datetime) -> None:
    for file in files:
        twin = FileTwin(
            link_id=made.id,
            from_side=side,
            source_id=file.id,
            target_id=None,
            name=file.name,
            size=file.size,
            media_type=file.media_type,
            visibility=file.visibility,
            state=TwinState.SKIPPED,
            at=now,
        )
        twins.put_file(c, twin)
