"""Decisions about fields: one update per side with everything that changed, and a flag for what cannot be said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from syncd.core.decision import Create, Decision, Flag, Note, Scope, Undecided, Update, fingerprint
from syncd.core.lens import Meaning, Unsayable
from syncd.core.mapping import EscalationRule, FieldRule, OnReopened
from syncd.core.merge import ABSENT, Clash, Maybe, Merged, Sides, Write, merge_field
from syncd.core.milestones import Milestone
from syncd.core.model import Base, Fields, Internal, Kind, Pair, RichText, Side, Value
from syncd.core.view import View

STATUS = "status"
"""The entry of `fields` that life-cycle policies speak of."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the ticket's status is to mean, whatever the sides say of it; None: it stays as it is.

    `fact` has happened once that stands there.
    """

    meaning: Meaning
    fact: Milestone | None = None


@dataclass(slots=True)
class _Writes:
    """What the fields want written on one side."""

    fields: dict[str, Value] = field(default_factory=dict)
    rules: dict[str, str] = field(default_factory=dict)
    clashes: dict[str, Clash] = field(default_factory=dict)
    facts: dict[str, Milestone] = field(default_factory=dict)


@dataclass(slots=True)
class FieldDecisions:
    """What all fields of a link want, and the names of those whose bases must stay."""

    writes: Pair[_Writes] = field(default_factory=lambda: Pair(_Writes(), _Writes()))
    others: list[Decision] = field(default_factory=list)
    held: set[str] = field(default_factory=set)

    def decisions(self, view: View) -> Iterator[Decision]:
        yield from self.others
        for side in Side:
            writes = self.writes[side]
            if writes.fields:
                before = {name: view.fields(side).get(name) for name in writes.fields}
                yield Update(side, writes.fields, writes.rules, writes.clashes, before, writes.facts)


def create(view: View, rule: EscalationRule) -> tuple[Decision, ...]:
    """Make the issue with every field that the mapping carries; what cannot be said is flagged and left out."""
    theirs = view.fields(Side.SUPPORT)
    fields: dict[str, Value] = {}
    flags: list[Decision] = []
    for entry in view.mapping.fields:
        if not entry.direction.reaches(Side.ENGINEERING):
            continue
        support, engineering = entry.lenses.support, entry.lenses.engineering
        try:
            value = engineering.put(support.get(theirs.get(support.field)))
        except Unsayable as error:
            flags.extend(_unsayable(view, entry, error))
            continue
        if value is not None and value != frozenset():
            fields[engineering.field] = value
    return (Create(rule, fields), *flags)


def merge_fields(view: View, *, assert_owner: bool, wish: Wish | None = None) -> FieldDecisions:
    """Merge every field of the mapping.

    Args:
        wish: what becomes of the ticket's status instead of a merge.
    """
    found = FieldDecisions()
    for rule in view.mapping.fields:
        if wish is not None and rule.name == STATUS:
            _fulfil(view, rule, wish, found)
            continue
        sides = _sides(view, rule)
        if sides is None:
            found.held.add(rule.name)
            found.others.extend(_missing(view, rule))
            continue
        try:
            merged = merge_field(rule, sides, assert_owner=assert_owner and _may_assert(rule))
        except Unsayable as error:
            found.held.add(rule.name)
            found.others.extend(_unsayable(view, rule, error))
            continue
        _collect(view, rule, merged, found)
    return found


def _fulfil(view: View, rule: FieldRule, wish: Wish, found: FieldDecisions) -> None:
    name, lens = rule.lenses.support.field, rule.lenses.support
    there = view.fields(Side.SUPPORT).get(name)
    if wish.meaning is None:
        return
    try:
        value = lens.put(wish.meaning, there)
    except Unsayable as error:
        found.held.add(rule.name)
        found.others.extend(_unsayable(view, rule, error))
        return
    if value == there:
        return
    if view.known.parked.get(f"{Scope.FIELD}:{rule.name}") == fingerprint(Side.SUPPORT, value, there):
        found.held.add(rule.name)
    elif view.takes_writes(Side.SUPPORT):
        writes = found.writes.support
        writes.fields[name], writes.rules[name] = value, rule.where
        if wish.fact:
            writes.facts[name] = wish.fact


def _may_assert(rule: FieldRule) -> bool:
    """Whether drift of this field can be settled by rule: it has an owner, and is no body of text, which two vendors
    word differently for ever and which is written only when a person edited it."""
    return rule.owner.side is not None and rule.kind is not Kind.RICH_TEXT


def _sides(view: View, rule: FieldRule) -> Sides | None:
    """What the merge of one field looks at; None when a side does not show the field at all."""
    names = rule.lenses.map(lambda lens: lens.field)
    if any(names[side] not in view.fields(side) for side in Side):
        return None
    return Sides(
        base=Pair(*(_base_value(view.known.base[side], names[side]) for side in Side)),
        now=Pair(*(view.fields(side)[names[side]] for side in Side)),
        siblings=tuple(fields.get(names.support) for fields in view.known.siblings),
        shared=view.known.shared,
        newest=_newest(view),
    )


def _base_value(base: Base | None, name: str) -> Maybe:
    return base.fields.get(name, ABSENT) if base else ABSENT


def _newest(view: View) -> Side | None:
    support, engineering = (view.snapshot(side) for side in Side)
    if not (support and engineering and support.updated and engineering.updated):
        return None
    if support.updated == engineering.updated:
        return None
    return Side.SUPPORT if support.updated > engineering.updated else Side.ENGINEERING


def _missing(view: View, rule: FieldRule) -> Iterator[Flag]:
    """A field that a read ticket does not have: renamed, removed, or hidden from this account. Nothing is nulled."""
    for side in Side:
        name = rule.lenses[side].field
        if view.snapshot(side) and name not in view.fields(side):
            flag = Flag(
                scope=Scope.FIELD,
                item=rule.name,
                fingerprint=fingerprint(side, name),
                reason=f"the {side} ticket has no field `{name}`",
                remedy=f"check `{rule.where}` in the mapping with `syncd check --online`",
                side=side,
            )
            yield from view.unless_parked(flag)


def _unsayable(view: View, rule: FieldRule, error: Unsayable) -> tuple[Flag, ...]:
    return view.unless_parked(
        Flag(
            scope=Scope.FIELD,
            item=rule.name,
            fingerprint=fingerprint(error.field, str(error.value)),
            reason=str(error),
            remedy=f"add the value to `{rule.where}` in the mapping, or change it on the ticket",
        )
    )


def _collect(view: View, rule: FieldRule, merged: Merged, found: FieldDecisions) -> None:
    if merged.clash and merged.clash.winner is None:
        found.held.add(rule.name)
        found.others.append(Undecided(rule.name, merged.clash))
    for write in merged.writes:
        there = view.fields(write.to).get(rule.lenses[write.to].field)
        if view.known.parked.get(f"{Scope.FIELD}:{rule.name}") == fingerprint(write.to, write.value, there):
            found.held.add(rule.name)
        elif view.takes_writes(write.to):
            _place(view, rule, write, merged.clash, found)


def _place(view: View, rule: FieldRule, write: Write, clash: Clash | None, found: FieldDecisions) -> None:
    """A write becomes part of the side's update, or a note where the field or the policy asks for one."""
    policy = _reopening(view, rule, write)
    if write.to in rule.note_on:
        found.others.append(_told(rule, write))
    elif policy is OnReopened.NOTE:
        found.others.append(_reopened(rule, write))
    elif policy is OnReopened.REOPEN:
        name, writes = rule.lenses[write.to].field, found.writes[write.to]
        writes.fields[name] = write.value
        writes.rules[name] = rule.where
        if clash:
            writes.clashes[rule.name] = clash


def _told(rule: FieldRule, write: Write) -> Note:
    """A change of a field that this vendor cannot rewrite, as an internal comment."""
    value = write.value
    text = value.markdown if isinstance(value, RichText) else str(value if value is not None else "(empty)")
    head = f"**{rule.name.capitalize()}** was changed on the {write.to.other} side:"
    return Note(write.to, Internal(f"{head}\n\n{text}"), f"field:{rule.name}:{fingerprint(text)}")


def _reopening(view: View, rule: FieldRule, write: Write) -> OnReopened:
    """The policy that a write falls under: REOPEN for every write that reopens nothing."""
    if rule.name != STATUS:
        return OnReopened.REOPEN
    policy = view.mapping.lifecycle
    was = _quietly(rule, write.to, view.fields(write.to).get(rule.lenses[write.to].field))
    becomes = _quietly(rule, write.to, write.value)
    return policy.reopened if was in policy.done and becomes not in policy.done else OnReopened.REOPEN


def _quietly(rule: FieldRule, side: Side, value: Value) -> Meaning:
    try:
        return rule.lenses[side].get(value)
    except Unsayable:
        return None


def _reopened(rule: FieldRule, write: Write) -> Note:
    text = f"The {write.to.other} side was reopened. By the mapping, the {rule.name} here stays as it is."
    return Note(write.to, Internal(text), f"reopened:{fingerprint(write.to, write.value)}")


def title_of(fields: Fields, rules: tuple[FieldRule, ...], side: Side) -> str:
    """What a ticket is about, in one line: the field mapped as `title`, `subject` or `summary`."""
    named = [rule.lenses[side].field for rule in rules if rule.name in ("title", "subject", "summary")]
    value = fields.get(named[0]) if named else None
    return value if isinstance(value, str) else ""
