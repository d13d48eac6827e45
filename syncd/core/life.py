"""What becomes of a link when one of its tickets is deleted, merged, moved, closed for good, or comes back.

The default of every policy destroys nothing: the other side is told, and the link rests.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias, assert_never

from syncd.core.decision import Decision, Follow, Note, Rest, Resting, Resume
from syncd.core.mapping import Lifecycle, OnClosed, OnDeleted, OnMerged, OnMoved, OnRestored
from syncd.core.model import Base, Internal, Life, Pair, Side, Snapshot


@dataclass(frozen=True, slots=True)
class Gone:
    """A ticket that surely is no more: the vendor said so twice while another ticket could be read (I18)."""

    detail: str


@dataclass(frozen=True, slots=True)
class Away:
    """A ticket that was moved to where its connection does not look. `label` is what people call it now ("CORE-9")."""

    label: str


Seen: TypeAlias = Snapshot | Gone | Away | None
"""What a run read of a side; None: it was not read and looks as its base."""


@dataclass(frozen=True, slots=True)
class Course:
    """How a run goes on after the lives of both tickets were looked at.

    Attributes:
        first, last: decisions before and after fields, comments and files.
        goes_on: False when the run ends with `first`.
        closed: sides that take no writes any more.
    """

    first: tuple[Decision, ...] = ()
    last: tuple[Decision, ...] = ()
    goes_on: bool = True
    closed: frozenset[Side] = frozenset()


STOP = Course(goes_on=False)


def course(base: Pair[Base | None], seen: Pair[Seen], policy: Lifecycle, resting: Resting | None) -> Course:
    """What the lives of both tickets ask for."""
    if resting is Resting.UNLINKED:
        return STOP
    for side in Side:
        if _deleted(seen[side]):
            return STOP if resting is Resting.DELETED else _on_deleted(base, seen, side, policy.deleted)
    for side in Side:
        if isinstance(seen[side], Away):
            return STOP if resting is Resting.MOVED else _on_away(base, seen, side, policy.moved)
    for side in Side:
        now = seen[side]
        if isinstance(now, Snapshot) and now.merged_into:
            return STOP if resting is Resting.MERGED else _on_merged(side, now, policy.merged)
    for side in Side:
        if _moved(base[side], seen[side]) and policy.moved is OnMoved.STOP:
            return STOP if resting is Resting.MOVED else _rest(Resting.MOVED, f"the {side} ticket moved")
    closed = frozenset(side for side in Side if _locked(base[side], seen[side]))
    if closed:
        return STOP if resting is Resting.CLOSED else _on_closed(closed, policy.closed)
    return _on_awake(resting, policy.restored)


def _deleted(now: Seen) -> bool:
    return isinstance(now, Gone) or (isinstance(now, Snapshot) and now.life is Life.DELETED)


def _locked(base: Base | None, now: Seen) -> bool:
    life = now.life if isinstance(now, Snapshot) else base.life if base else Life.ACTIVE
    return life is Life.LOCKED


def _moved(base: Base | None, now: Seen) -> bool:
    """Whether it stands elsewhere; a ticket that comes to be somewhere at all has not moved."""
    places = {base.container if base else "", now.container if isinstance(now, Snapshot) else ""}
    return len(places) == 2 and "" not in places


def _rest(why: Resting, detail: str, *notes: Decision) -> Course:
    return Course(first=(*notes, Rest(why, detail)), goes_on=False)


def _on_deleted(base: Pair[Base | None], seen: Pair[Seen], side: Side, policy: OnDeleted) -> Course:
    was = base[side]
    called = was.label or was.ref if was else ""
    detail = f"the {side} ticket {called} was deleted".replace("  ", " ")
    if policy is OnDeleted.STOP or base[side.other] is None or _deleted(seen[side.other]):
        return _rest(Resting.DELETED, detail)
    text = f"{detail[0].upper()}{detail[1:]}. Nothing here was changed, and nothing from here goes there any more."
    return _rest(Resting.DELETED, detail, Note(side.other, Internal(text), f"deleted:{side}:{was.ref if was else ''}"))


def _on_away(base: Pair[Base | None], seen: Pair[Seen], side: Side, policy: OnMoved) -> Course:
    """Nothing follows it: its connection has no business there, and another one may have."""
    was, now = base[side], seen[side]
    called = was.label or was.ref if was else ""
    where = now.label if isinstance(now, Away) else ""
    detail = f"the {side} ticket {called} is {where} now, outside of what its connection looks at".replace("  ", " ")
    if policy is OnMoved.STOP or base[side.other] is None or isinstance(seen[side.other], Away):
        return _rest(Resting.MOVED, detail)
    text = f"{detail[0].upper()}{detail[1:]}. Nothing here was changed, and nothing from here goes there any more."
    return _rest(Resting.MOVED, detail, Note(side.other, Internal(text), f"away:{side}:{where}"))


def _on_merged(side: Side, now: Snapshot, policy: OnMerged) -> Course:
    into = now.merged_into or ""
    detail = f"the {side} ticket {now.label or now.ref} was merged into {into}"
    match policy:
        case OnMerged.FOLLOW:
            return Course(first=(Follow(side, into),), goes_on=False)
        case OnMerged.NOTE:
            note = Note(side.other, Internal(f"{detail[0].upper()}{detail[1:]}."), f"merged:{side}:{into}")
            return _rest(Resting.MERGED, detail, note)
        case OnMerged.STOP:
            return _rest(Resting.MERGED, detail)
        case _:
            assert_never(policy)


def _on_closed(closed: frozenset[Side], policy: OnClosed) -> Course:
    """The last changes of a closed ticket still cross; then the link rests."""
    side = Side.SUPPORT if Side.SUPPORT in closed else Side.ENGINEERING
    detail = f"the {side} ticket is closed for good"
    last: tuple[Decision, ...] = (Rest(Resting.CLOSED, detail),)
    if policy is OnClosed.NOTE and len(closed) == 1:
        text = f"{detail[0].upper()}{detail[1:]}: what changes here does not reach it any more."
        last = (Note(side.other, Internal(text), f"closed:{side}"), *last)
    return Course(last=last, closed=closed)


def _on_awake(resting: Resting | None, policy: OnRestored) -> Course:
    match resting:
        case None:
            return Course()
        case Resting.DELETED | Resting.CLOSED | Resting.MOVED if policy is OnRestored.RESUME:
            return Course(first=(Resume("both tickets are there again"),))
        case _:
            return STOP
