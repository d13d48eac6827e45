"""Three-way merge of one field, with a base per side.

A side has changed when it differs from its *own* base. A value that the vendor rewrote on arrival is therefore no
edit, and neither is our own write coming back (reliability.md, 5.3; `models/echo.pml` E0-E13).
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from syncd.core.aggregate import combine, spread
from syncd.core.lens import Meaning, Unsayable, WordsLens
from syncd.core.mapping import Aggregate, FieldRule, Owner
from syncd.core.model import Pair, Side, Value


class Absent(enum.Enum):
    """A field that a base or a snapshot does not have at all; not the same as an empty one."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT
Maybe: TypeAlias = Value | Absent


@dataclass(frozen=True, slots=True)
class Write:
    """Write `value`, in that side's words."""

    to: Side
    value: Value


@dataclass(frozen=True, slots=True)
class Clash:
    """Both sides changed and mean different things. `loser` is kept verbatim before anything is overwritten.

    `winner` is None when a person has to choose.
    """

    winner: Side | None
    values: Pair[Value]


@dataclass(frozen=True, slots=True)
class Merged:
    """What to do about one field: at most one write per side, and the clash that they settle."""

    writes: tuple[Write, ...] = ()
    clash: Clash | None = None


NOTHING = Merged()


@dataclass(frozen=True, slots=True)
class Sides:
    """All that the merge of one field looks at.

    Attributes:
        siblings: what the other tickets on the same issue looked like last, for the aggregate.
        shared: whether other tickets hang or hung on the issue, even if none of them counts any more.
        newest: the side whose ticket changed last, by the vendors' own clocks; None when that is not known.
    """

    base: Pair[Maybe]
    now: Pair[Value]
    siblings: tuple[Value, ...] = ()
    shared: bool = False
    newest: Side | None = None

    def changed(self, side: Side) -> bool:
        return self.base[side] is not ABSENT and self.now[side] != self.base[side]


def merge_field(rule: FieldRule, sides: Sides, *, assert_owner: bool = False) -> Merged:
    """Decide one field.

    Args:
        assert_owner: also settle drift (sides that differ though neither changed), in favour of the owner. Only an
            `apply` that a person asked for does so.

    Raises:
        Unsayable: a changed value has no counterpart; nothing is written, the field is to be parked.
    """
    changed = [side for side in Side if sides.changed(side)]
    if isinstance(rule.lenses.support, WordsLens) and isinstance(rule.lenses.engineering, WordsLens):
        return _merge_words(rule, sides, assert_owner=assert_owner and not changed)
    match changed:
        case []:
            settles = assert_owner and not _said_by_another(rule, sides)
            return _carry(rule, sides, rule.owner.side or Side.SUPPORT) if settles else NOTHING
        case [side]:
            return _carry(rule, sides, side)
        case _:
            return _both_changed(rule, sides)


def drifted(rule: FieldRule, sides: Sides) -> bool:
    """Whether the two sides mean different things, whoever changed."""
    try:
        return bool(merge_field(rule, sides, assert_owner=True).writes)
    except Unsayable:
        return True


def _said_by_another(rule: FieldRule, sides: Sides) -> bool:
    """Whether the issue says what another of its tickets said last: then this one may differ."""
    if rule.aggregate is not Aggregate.NEWEST:
        return False
    stands = _get_or_none(rule, Side.ENGINEERING, sides.now.engineering)
    return any(_get_or_none(rule, Side.SUPPORT, value) == stands for value in sides.siblings)


def _both_changed(rule: FieldRule, sides: Sides) -> Merged:
    sources = [side for side in Side if rule.direction.reaches(side.other)]
    winner = sources[0] if len(sources) == 1 else _winner(rule, sides)
    writes = _carry(rule, sides, winner or Side.SUPPORT).writes
    if not writes:
        return NOTHING
    return Merged(writes=writes if winner else (), clash=Clash(winner=winner, values=sides.now))


def _winner(rule: FieldRule, sides: Sides) -> Side | None:
    return sides.newest if rule.owner is Owner.NEWEST else rule.owner.side


def _carry(rule: FieldRule, sides: Sides, source: Side) -> Merged:
    """Say on the other side what `source` says, if that is not said there yet."""
    to = source.other
    if not rule.direction.reaches(to):
        return NOTHING
    meaning = _combined(rule, sides) if source is Side.SUPPORT else _spread(rule, sides)
    value = rule.lenses[to].put(meaning, sides.now[to])
    return NOTHING if value == sides.now[to] else Merged((Write(to, value),))


def _combined(rule: FieldRule, sides: Sides) -> Meaning:
    lens = rule.lenses.support
    others = [meaning for value in sides.siblings if (meaning := _get_or_none(rule, Side.SUPPORT, value)) is not None]
    return combine(rule, lens.get(sides.now.support), others)


def _spread(rule: FieldRule, sides: Sides) -> Meaning:
    new = rule.lenses.engineering.get(sides.now.engineering)
    if not (sides.siblings or sides.shared):
        return new
    old = _get_or_none(rule, Side.ENGINEERING, sides.base.engineering)
    mine = _get_or_none(rule, Side.SUPPORT, sides.now.support)
    return spread(rule, mine, old=old, new=new)


def _get_or_none(rule: FieldRule, side: Side, value: Maybe) -> Meaning:
    """A meaning, or None where a value of no weight here (a sibling's, an old one) is beyond the mapping."""
    try:
        return None if isinstance(value, Absent) else rule.lenses[side].get(value)
    except Unsayable:
        return None


# --- sets of words: each side's additions and removals cross, so two edits of one list never clash --------------------


def _merge_words(rule: FieldRule, sides: Sides, *, assert_owner: bool) -> Merged:
    now = Pair(*(_words(rule, side, sides.now[side]) for side in Side))
    if assert_owner:
        source = rule.owner.side or Side.SUPPORT
        wanted = now.put(source.other, now[source])
    else:
        base = Pair(
            *(now[side] if sides.base[side] is ABSENT else _words(rule, side, sides.base[side]) for side in Side)
        )
        wanted = _cross(rule, base, now, [_words(rule, Side.SUPPORT, value) for value in sides.siblings])
    writes = []
    for to in Side:
        value = rule.lenses[to].put(wanted[to], sides.now[to])
        if rule.direction.reaches(to) and value != sides.now[to] and wanted[to] != now[to]:
            writes.append(Write(to, value))
    return Merged(tuple(writes))


def _cross(
    rule: FieldRule,
    base: Pair[frozenset[str]],
    now: Pair[frozenset[str]],
    siblings: Sequence[frozenset[str]],
) -> Pair[frozenset[str]]:
    """Both sides' words after each took over what the other added and removed."""
    added, removed = now.support - base.support, base.support - now.support
    if rule.aggregate is Aggregate.ALL and siblings:
        added &= frozenset.intersection(*siblings)
    elif siblings:
        removed -= frozenset.union(*siblings)
    return Pair(
        support=(now.support | (now.engineering - base.engineering)) - (base.engineering - now.engineering),
        engineering=(now.engineering | added) - removed,
    )


def _words(rule: FieldRule, side: Side, value: Maybe) -> frozenset[str]:
    meaning = None if isinstance(value, Absent) else rule.lenses[side].get(value)
    return meaning if isinstance(meaning, frozenset) else frozenset()
