"""The entries under `fields` -> `FieldRule`s with their lenses, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping

from syncd.core.lens import ChoiceLens, Lens, PersonLens, PlainLens, WordsLens
from syncd.core.mapping import Aggregate, FieldRule, Owner, People
from syncd.core.model import Kind, Pair, Side
from syncd.mapping import meanings
from syncd.mapping.context import Context
from syncd.mapping.kinds import WORDS, Kinds, field_path, resolve, sides
from syncd.mapping.schema import FieldBlock
from syncd.mapping.words import listed, meant

_LISTED = (Aggregate.HIGHEST, Aggregate.LOWEST)
_AGGREGATES = {
    Kind.CHOICE: (*_LISTED, Aggregate.ALL, Aggregate.ANY, Aggregate.NEWEST),
    Kind.NUMBER: (*_LISTED, Aggregate.NEWEST),
    Kind.DATE: (*_LISTED, Aggregate.NEWEST),
    Kind.LABELS: (Aggregate.UNION, Aggregate.ALL, Aggregate.ANY, Aggregate.NEWEST),
    Kind.MULTI_CHOICE: (Aggregate.UNION, Aggregate.ALL, Aggregate.ANY, Aggregate.NEWEST),
}


def field_rules(blocks: Mapping[str, FieldBlock], people: People, context: Context) -> tuple[FieldRule, ...]:
    """The rules of all entries that are right."""
    rules = [_rule(name, block, people, context) for name, block in blocks.items()]
    _written_twice(blocks, context)
    return tuple(rule for rule in rules if rule is not None)


def _rule(name: str, block: FieldBlock, people: People, context: Context) -> FieldRule | None:
    if context.is_broken(("fields", name)):
        return None
    misspelt = [_misspelt(name, block, side, context) for side in Side]
    kinds = resolve(name, block, context)
    _check_direction(name, block, context)
    for side in Side:
        _check_writable(name, block, side, context)
    if kinds is None or any(misspelt):
        return None
    _check_aggregate(name, block, kinds.whole, context)
    if not meanings.check(name, block, kinds, context):
        return None
    default = Aggregate.UNION if kinds.whole in WORDS else Aggregate.NEWEST
    return FieldRule(
        name=name,
        kind=kinds.whole,
        lenses=Pair(
            _lens(block, kinds, people, Side.SUPPORT),
            _lens(block, kinds, people, Side.ENGINEERING),
        ),
        owner=Owner(source.value) if (source := _only_source(block)) else block.owner,
        aggregate=block.aggregate or default,
        direction=block.direction,
        order=meanings.order(block),
        note_on=frozenset(block.note_on),
    )


def _lens(block: FieldBlock, kinds: Kinds, people: People, side: Side) -> Lens:
    field, kind = sides(block)[side].field, kinds.sides[side]
    words = meanings.words(block, side)
    match kinds.whole:
        case Kind.LABELS | Kind.MULTI_CHOICE:
            return WordsLens(field, kind, words or None)
        case Kind.PERSON:
            return PersonLens(field, ids=people.table if side is Side.ENGINEERING else {}, fallback=people.fallback)
        case _ if words:
            sort = kind if kind is Kind.NUMBER else Kind.CHOICE
            return ChoiceLens(field, words, kind=sort, empty=sides(block)[side].empty)
        case _:
            return PlainLens(field, kind)


def _misspelt(name: str, block: FieldBlock, side: Side, context: Context) -> bool:
    field = sides(block)[side].field
    close = context.misspelt(side, field)
    if not close or block.kind is not None:
        return False
    context.complain(
        field_path(name, block, side),
        f"{context.vendor(side)} has no field `{field}` of its own",
        expected=f"such as `{close}`, or a custom field with its `kind`",
        remedy=f"did you mean `{close}`?",
    )
    return True


def _only_source(block: FieldBlock) -> Side | None:
    """The side that all changes come from, where they go one way."""
    return next((side for side in Side if not block.direction.reaches(side)), None)


def _check_direction(name: str, block: FieldBlock, context: Context) -> None:
    path = ("fields", name)
    source = _only_source(block)
    if source is None:
        return
    if context.document.node((*path, "owner")) and block.owner.side is source.other:
        context.complain(
            (*path, "owner"),
            f"{block.owner.value} owns `{name}`, but changes go only {block.direction.value.replace('_', ' ')}",
            expected=f"`owner: {source}`",
            remedy="delete `owner` or `direction`",
        )
    for at, side in enumerate(block.note_on):
        if side is source:
            context.complain(
                (*path, "note_on", at),
                f"no change of `{name}` ever goes to {side}, so no note does either",
                expected=f"a side that `direction: {block.direction.value}` reaches",
                remedy="delete it",
            )


def _check_writable(name: str, block: FieldBlock, side: Side, context: Context) -> None:
    known = context.known(side, sides(block)[side].field)
    if known is None or known.writable or side in block.note_on or not block.direction.reaches(side):
        return
    away = f"direction: to_{side.other}"
    context.complain(
        field_path(name, block, side),
        f"{context.vendor(side)} does not let anybody rewrite `{known.name}`",
        expected="a field that can be written",
        remedy=f"`{away}`, or `note_on: [{side}]` to tell changes there by an internal comment",
    )


def _check_aggregate(name: str, block: FieldBlock, kind: Kind, context: Context) -> None:
    allowed = _AGGREGATES.get(kind, (Aggregate.NEWEST,))
    if block.aggregate is None or block.aggregate in allowed:
        return
    said = [aggregate.value for aggregate in allowed]
    context.complain(
        ("fields", name, "aggregate"),
        f"a {kind.value.replace('_', ' ')} has no `{block.aggregate.value}`",
        expected=f"one of {listed(said)}",
        remedy=meant(block.aggregate.value, said) or f"write `{said[0]}`",
    )


def _written_twice(blocks: Mapping[str, FieldBlock], context: Context) -> None:
    """A vendor's field that two entries write: the second would undo the first."""
    writers: dict[tuple[Side, str], str] = {}
    for name, block in blocks.items():
        for side in () if context.is_broken(("fields", name)) else Side:
            if not block.direction.reaches(side) or side in block.note_on:
                continue
            field = sides(block)[side].field
            first = writers.setdefault((side, field), name)
            if first != name:
                line = context.document.mark(("fields", first), key=True).line
                context.complain(
                    field_path(name, block, side),
                    f"`{field}` of {context.vendor(side)} is written by `fields.{first}` (line {line}) already",
                    expected="one entry for each field that is written",
                    remedy=f"`direction: to_{side.other}` here, or delete one of them",
                )
