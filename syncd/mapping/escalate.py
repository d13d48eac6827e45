"""The entries under `escalate` -> `EscalationRule`s: where the issue is made; what is asked of it is in `when`.

Whether a rule can match at all, or only what an earlier one took, is in `shadow`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from syncd.core.mapping import EscalationRule
from syncd.mapping import shadow
from syncd.mapping.context import Context
from syncd.mapping.nodes import Path
from syncd.mapping.schema import FieldBlock, RuleBlock
from syncd.mapping.vendor import Vendor
from syncd.mapping.when import conditions, single
from syncd.mapping.words import listed, meant


def escalation_rules(
    blocks: Sequence[tuple[int, RuleBlock]], fields: Mapping[str, FieldBlock], context: Context
) -> tuple[EscalationRule, ...]:
    """The rules in the order of the file. `blocks` are those that could be read, with their position there."""
    placed: list[tuple[Path, RuleBlock]] = [(("escalate", at), block) for at, block in blocks]
    context.named_once((path, block.name) for path, block in placed)
    rules = [(path, _rule(block, path, fields, context)) for path, block in placed]
    shadow.check(rules, single(fields), context)
    return tuple(rule for _, rule in rules)


def _rule(block: RuleBlock, path: Path, fields: Mapping[str, FieldBlock], context: Context) -> EscalationRule:
    when = conditions(block.when, (*path, "when"), fields, context, all_of_them="every ticket would become an issue")
    _check_place(block, (*path, "create"), context)
    return EscalationRule(block.name, when, dict(block.create))


# --- create


def _check_place(block: RuleBlock, path: Path, context: Context) -> None:
    vendor = context.vendors.engineering
    if vendor is None or not vendor.place_keys:
        return
    for key in block.create:
        if key not in vendor.place_keys:
            context.complain(
                (*path, key),
                f"{vendor.connector} does not know `{key}` in `create`",
                expected=f"one of {listed(sorted(vendor.place_keys))}",
                remedy=meant(key, vendor.place_keys) or "delete it",
                key=True,
            )
    _check_part(block, path, context, vendor)
    needed = vendor.container
    misspelt = any(meant(key, [needed]) for key in block.create if key not in vendor.place_keys)
    if needed and needed not in block.create and not misspelt and not context.is_broken(path):
        context.complain(
            path,
            f"nothing says in which {needed} the issue is made",
            expected=f"`{needed}`",
            remedy=f"write\n  create:\n    {needed}: ...",
        )


def _check_part(block: RuleBlock, path: Path, context: Context, vendor: Vendor) -> None:
    """An issue where its connection does not look is never heard of again; and there the other side may look."""
    place = block.create.get(vendor.container, "")
    if place and vendor.part and place.casefold() not in map(str.casefold, vendor.part):
        context.complain(
            (*path, vendor.container),
            f"the connection does not look at `{place}` (`{vendor.part_key}`)",
            expected=f"one of {listed(vendor.part)}",
            remedy=meant(place, vendor.part) or f"write one of them, or add `{place}` to `{vendor.part_key}`",
        )
