"""Several tickets on one issue: what the issue says, and what an edit of the issue means for each ticket.

`combine` and `spread` are the two directions of one lens over many tickets:

    combine(after spreading `new` over all tickets) == new     what is said is what is heard
    a ticket that did not decide the old value stays as it is   no ping-pong

What a ticket says reaches the issue, and never another ticket by way of it: they may be two customers'.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal

from syncd.core.lens import Meaning
from syncd.core.mapping import Aggregate, FieldRule
from syncd.core.model import Kind


def combine(rule: FieldRule, changed: Meaning, others: Iterable[Meaning]) -> Meaning:
    """What the issue says when one ticket now means `changed` and its siblings mean `others`."""
    if rule.aggregate is Aggregate.NEWEST:
        return changed
    meanings = [meaning for meaning in (changed, *others) if meaning is not None]
    if not meanings:
        return None
    return _extreme(rule, meanings)


def spread(rule: FieldRule, mine: Meaning, *, old: Meaning, new: Meaning) -> Meaning:
    """What one ticket should mean after the issue went from `old` to `new`.

    A ticket that said what the issue said moves along. Another keeps its own meaning, unless it would now outvote the
    issue; then it gives way. A text of its own it keeps in any case: the issue's may hold another customer's words.
    """
    if _same(mine, old):
        return new
    if rule.kind in (Kind.TEXT, Kind.RICH_TEXT):
        return mine
    if rule.aggregate is Aggregate.NEWEST or mine is None or new is None:
        return new
    return mine if _extreme(rule, [mine, new]) == new else new


def _same(mine: Meaning, old: Meaning) -> bool:
    """Whether they mean the same; two vendors break the lines of one text differently."""
    if isinstance(mine, str) and isinstance(old, str):
        return mine.split() == old.split()
    return mine == old


def _extreme(rule: FieldRule, meanings: Sequence[Meaning]) -> Meaning:
    """The meaning that decides, by the rule's order; a choice's order is that of the mapping."""
    ranks = {meaning: rank for rank, meaning in enumerate(rule.order)}
    if all(isinstance(meaning, str) for meaning in meanings):
        first = rule.aggregate in (Aggregate.HIGHEST, Aggregate.ALL)
        return (min if first else max)(meanings, key=lambda meaning: ranks.get(str(meaning), len(ranks)))
    greatest = rule.aggregate in (Aggregate.HIGHEST, Aggregate.ANY)
    return (max if greatest else min)(meanings, key=_magnitude)


def _magnitude(meaning: Meaning) -> Decimal:
    match meaning:
        case bool() | Decimal():
            return Decimal(meaning)
        case datetime():
            return Decimal(str(meaning.timestamp()))
        case date():
            return Decimal(meaning.toordinal())
        case _:
            return Decimal(0)
