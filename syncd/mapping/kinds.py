"""Which kind of value a field entry holds, on the whole and on each side, and whether the two can meet."""

from __future__ import annotations

from dataclasses import dataclass

from syncd.core.model import Kind, Pair, Side
from syncd.mapping.context import Context
from syncd.mapping.nodes import Path
from syncd.mapping.schema import FieldBlock, SideBlock

WORDS = frozenset({Kind.LABELS, Kind.MULTI_CHOICE})
TEXTS = frozenset({Kind.TEXT, Kind.RICH_TEXT})
_VALUELESS = frozenset({Kind.DATE, Kind.PERSON, Kind.RICH_TEXT})


@dataclass(frozen=True, slots=True)
class Kinds:
    whole: Kind
    sides: Pair[Kind]


def sides(block: FieldBlock) -> Pair[SideBlock]:
    """Both sides in their long form."""
    return Pair(block.support, block.engineering).map(
        lambda side: SideBlock(field=side) if isinstance(side, str) else side
    )


def field_path(name: str, block: FieldBlock, side: Side) -> Path:
    """Where the entry names that side's field."""
    given = block.support if side is Side.SUPPORT else block.engineering
    return ("fields", name, side.value) if isinstance(given, str) else ("fields", name, side.value, "field")


def resolve(name: str, block: FieldBlock, context: Context) -> Kinds | None:
    """The kinds, or None where they clash (and a complaint says so)."""
    both = sides(block)
    known = Pair(
        _known(context, Side.SUPPORT, both.support.field), _known(context, Side.ENGINEERING, both.engineering.field)
    )
    whole = block.kind or _whole(both, known)
    if whole is None:
        whole = Kind.TEXT
        _notice_text(name, both, context)
    kinds = Kinds(whole, known.map(lambda kind: kind or whole))
    return kinds if _meets(name, block, kinds, context) else None


def _notice_text(name: str, both: Pair[SideBlock], context: Context) -> None:
    """Only where the vendors' own fields are known and these are not among them."""
    if all(vendor and vendor.fields for vendor in (context.vendors.support, context.vendors.engineering)):
        fields = " and ".join(dict.fromkeys(f"`{side.field}`" for side in (both.support, both.engineering)))
        context.notice(
            ("fields", name),
            f"nothing is known of {fields} without asking the vendors: taken as text",
            remedy="add `kind:` if it is something else",
        )


def _known(context: Context, side: Side, field: str) -> Kind | None:
    found = context.known(side, field)
    return found.kind if found else None


def _whole(both: Pair[SideBlock], known: Pair[Kind | None]) -> Kind | None:
    found = {kind for kind in (known.support, known.engineering) if kind}
    if found & WORDS:
        return Kind.LABELS if Kind.LABELS in found else Kind.MULTI_CHOICE
    if both.support.values or both.engineering.values:
        return Kind.CHOICE
    if Kind.RICH_TEXT in found and found <= TEXTS:
        return Kind.RICH_TEXT
    return known.support or known.engineering


def _meets(name: str, block: FieldBlock, kinds: Kinds, context: Context) -> bool:
    """Whether values of both kinds can mean the same (Y20); complains where not."""
    valued = {side for side in Side if sides(block)[side].values}
    for side in Side:
        kind = kinds.sides[side]
        if valued and kind in _VALUELESS:
            context.complain(
                field_path(name, block, side),
                f"`{sides(block)[side].field}` is a {_said(kind)} of {context.vendor(side)} and takes no `values`",
                expected="a choice, a number, or labels",
                remedy="delete `values` on both sides",
            )
            return False
    if valued and not ({kinds.sides.support, kinds.sides.engineering} & WORDS):
        return True
    if _family(kinds.sides.support) == _family(kinds.sides.engineering) and _fits_whole(kinds):
        return True
    ours, theirs = (
        f"`{sides(block)[side].field}` is a {_said(kinds.sides[side])} at {context.vendor(side)}" for side in Side
    )
    remedy = "choose fields of one kind" if block.kind is None else "delete `kind:`, or choose fields of that kind"
    context.complain(
        field_path(name, block, Side.ENGINEERING), f"{ours}, {theirs}", expected="the same kind on both", remedy=remedy
    )
    return False


def _fits_whole(kinds: Kinds) -> bool:
    return _family(kinds.whole) in (_family(kinds.sides.support), "text")


def _family(kind: Kind) -> str:
    if kind in WORDS:
        return "words"
    return "text" if kind in TEXTS or kind is Kind.CHOICE else kind.value


def _said(kind: Kind) -> str:
    return kind.value.replace("_", " ")
