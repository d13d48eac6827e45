"""The `values` of a field entry: every meaning that crosses can be said on the other side."""

from __future__ import annotations

from syncd.core.model import Kind, Side
from syncd.mapping.context import Context
from syncd.mapping.kinds import WORDS, Kinds, field_path, sides
from syncd.mapping.schema import FieldBlock
from syncd.mapping.words import listed, meant, nearest


def words(block: FieldBlock, side: Side) -> dict[str, str]:
    """Their word -> its meaning. A side without `values` beside one that has them says the meanings themselves."""
    both = sides(block)
    if both[side].values:
        return dict(both[side].values or {})
    other = both[side.other]
    said = list((other.values or {}).values()) + ([other.empty] if other.empty else [])
    return {meaning: meaning for meaning in said if meaning != both[side].empty}


def order(block: FieldBlock) -> tuple[str, ...]:
    """All meanings, as support lists them; those that only engineering lists come last."""
    both = sides(block)
    listed_ones = [meaning for side in Side for meaning in words(block, side).values()]
    empties = [both[side].empty for side in Side]
    return tuple(dict.fromkeys([*listed_ones, *(empty for empty in empties if empty)]))


def said(block: FieldBlock, side: Side) -> frozenset[str]:
    """Every meaning that this side can have."""
    empty = sides(block)[side].empty
    return frozenset(words(block, side).values()) | ({empty} if empty else frozenset())


def check(name: str, block: FieldBlock, kinds: Kinds, context: Context) -> bool:
    """Complain about what is wrong with the values; False when no lens can be made of them."""
    both = sides(block)
    if not any(both[side].values for side in Side):
        return _check_valueless(name, block, kinds, context)
    before = len(context.complaints)
    for side in Side:
        _check_options(name, block, side, context)
        _check_numbers(name, block, kinds, side, context)
        if both[side].empty and kinds.whole in WORDS:
            path = ("fields", name, side.value, "empty")
            context.complain(path, "a set of words has no `empty`", expected="a choice", remedy="delete it")
    _check_sayable(name, block, context)
    return len(context.complaints) == before


def _check_valueless(name: str, block: FieldBlock, kinds: Kinds, context: Context) -> bool:
    for side in Side:
        if sides(block)[side].empty:
            path = ("fields", name, side.value, "empty")
            remedy = "add `values: {their word: meaning}`, or delete `empty`"
            context.complain(path, "`empty` has a meaning but no other value has", expected="`values`", remedy=remedy)
            return False
    for side in Side:
        if kinds.sides[side] is Kind.CHOICE and _crosses(block, to=side) and not _same_options(block, context):
            field = sides(block)[side].field
            known = context.known(side, field)
            words_there = listed(known.options[:3]) if known and known.options else "its words"
            context.complain(
                field_path(name, block, side),
                f"`{field}` is a choice of {context.vendor(side)}, but nothing says what {words_there} mean",
                expected="`values` on both sides",
                remedy=f"write\n  {side}:\n    {{field: {field}, values: {{their word: meaning}}}}",
            )
            return False
    return True


def _same_options(block: FieldBlock, context: Context) -> bool:
    """Both vendors use the very same words, so each means itself."""
    known = [context.known(side, sides(block)[side].field) for side in Side]
    options = [set(field.options) if field else set() for field in known]
    return bool(options[0]) and options[0] == options[1]


def _crosses(block: FieldBlock, *, to: Side) -> bool:
    return block.direction.reaches(to) and to not in block.note_on


def _check_sayable(name: str, block: FieldBlock, context: Context) -> None:
    """What a side can say, the other must be able to say too, if changes go there."""
    silent = {side: _silent(block, side) for side in Side}
    for side in Side:
        there = said(block, side.other)
        for meaning, places in silent[side].items():
            twin = nearest(meaning, silent[side.other])
            if twin and _is_the_slip(silent[side.other][twin], places, side):
                continue
            close = twin or nearest(meaning, there)
            subject = f"`{places[0][-1]}` of {side}" if places[0][-2] == "values" else f"an empty field of {side}"
            context.complain(
                ("fields", name, *places[0]),
                f"{subject} means `{meaning}`, which no word of {side.other} means",
                expected=f"one of {listed(sorted(there))}",
                remedy=f"did you mean `{close}`?" if close else f"add a word for `{meaning}` to `{side.other}.values`",
            )


def _silent(block: FieldBlock, side: Side) -> dict[str, list[tuple[str, ...]]]:
    """Meanings of this side that the other cannot say though changes go there, each with where it is given."""
    if not _crosses(block, to=side.other):
        return {}
    there = said(block, side.other)
    given = sides(block)[side]
    found: dict[str, list[tuple[str, ...]]] = {}
    for word, meaning in (given.values or {}).items():
        if meaning not in there:
            found.setdefault(meaning, []).append((side.value, "values", word))
    if given.empty and given.empty not in there:
        found.setdefault(given.empty, []).append((side.value, "empty"))
    return found


def _is_the_slip(theirs: list[tuple[str, ...]], mine: list[tuple[str, ...]], side: Side) -> bool:
    """Of two meanings that nearly agree, the one that fewer words have is the slip; else engineering's."""
    if len(theirs) != len(mine):
        return len(theirs) < len(mine)
    return side is Side.SUPPORT


def _check_options(name: str, block: FieldBlock, side: Side, context: Context) -> None:
    """Words that the vendor does not have, and words of the vendor that have no meaning (Y18)."""
    given, known = sides(block)[side], context.known(side, sides(block)[side].field)
    if known is None or not known.options:
        return
    path = ("fields", name, side.value, "values")
    mine = words(block, side)
    for word in mine:
        if word not in known.options:
            place = (*path, word) if given.values else field_path(name, block, side)
            context.complain(
                place,
                f"{context.vendor(side)} has no `{word}` in `{given.field}`",
                expected=f"one of {listed(known.options)}",
                remedy=meant(word, known.options) or "delete it",
                key=bool(given.values),
            )
    missing = [option for option in known.options if option not in mine]
    if (
        missing
        and _crosses(block, to=side.other)
        and not any(nearest(word, missing) for word in set(mine) - set(known.options))
    ):
        context.complain(
            path if given.values else field_path(name, block, side),
            f"{listed(missing)} of {context.vendor(side)} {'has' if len(missing) == 1 else 'have'} no meaning",
            expected="a meaning for each word of the field",
            remedy=f"add `{missing[0]}: {next(reversed(mine.values()), 'meaning')}`",
        )


def _check_numbers(name: str, block: FieldBlock, kinds: Kinds, side: Side, context: Context) -> None:
    if kinds.sides[side] is not Kind.NUMBER:
        return
    for word in sides(block)[side].values or {}:
        if not word.lstrip("-").replace(".", "", 1).isdigit():
            context.complain(
                ("fields", name, side.value, "values", word),
                f"`{word}` can never be in `{sides(block)[side].field}`, which is a number of {context.vendor(side)}",
                expected="numbers as words, such as `50: normal`",
                remedy="write the number that stands there",
                key=True,
            )
