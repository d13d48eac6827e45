"""The entries under `escalate` -> `EscalationRule`s: what is tested, and where the issue is made.

Whether a rule can match at all, or only what an earlier one took, is in `shadow`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from syncd.core.mapping import (
    AllOf,
    AnyOf,
    AtLeast,
    AtMost,
    Condition,
    Contains,
    EscalationRule,
    IsSet,
    NoneOf,
    Test,
)
from syncd.core.model import Kind, Side
from syncd.mapping import meanings, shadow
from syncd.mapping.context import Context
from syncd.mapping.kinds import sides
from syncd.mapping.nodes import Path
from syncd.mapping.schema import FieldBlock, RuleBlock, TestBlock
from syncd.mapping.words import listed, meant


def escalation_rules(
    blocks: Sequence[tuple[int, RuleBlock]], fields: Mapping[str, FieldBlock], context: Context
) -> tuple[EscalationRule, ...]:
    """The rules in the order of the file. `blocks` are those that could be read, with their position there."""
    rules = []
    names: dict[str, int] = {}
    for at, block in blocks:
        path = ("escalate", at)
        first = names.setdefault(block.name, at)
        if first != at:
            line = context.document.mark(("escalate", first, "name")).line
            problem = f"a rule called `{block.name}` stands in line {line} already"
            context.complain((*path, "name"), problem, expected="a name of its own", remedy="rename one of them")
        rules.append((at, _rule(block, path, fields, context)))
    single = frozenset(name for name, block in fields.items() if _values(block))
    shadow.check(rules, single, context)
    return tuple(rule for _, rule in rules)


def _rule(block: RuleBlock, path: Path, fields: Mapping[str, FieldBlock], context: Context) -> EscalationRule:
    if not block.when and not context.is_broken((*path, "when")):
        context.complain(
            (*path, "when"),
            "no condition: every ticket would become an issue",
            expected="at least one condition",
            remedy="if you mean all, write `{status: {set: true}}`",
        )
    conditions = tuple(
        Condition(field, _tests(given, (*path, "when", field), context)) for field, given in block.when.items()
    )
    for condition in conditions:
        _check_field(condition, (*path, "when", condition.field), fields, context)
    _check_place(block, (*path, "create"), context)
    return EscalationRule(block.name, conditions, dict(block.create))


# --- when


def _tests(given: str | Sequence[str] | TestBlock, path: Path, context: Context) -> tuple[Test, ...]:
    match given:
        case str():
            return (AnyOf(frozenset({given})),)
        case TestBlock():
            return _block_tests(given, path, context)
        case _:
            _check_list(given, path, context)
            return (AnyOf(frozenset(given)),)


def _block_tests(given: TestBlock, path: Path, context: Context) -> tuple[Test, ...]:
    tests: list[Test] = []
    for key, words, test in (("any", given.any, AnyOf), ("all", given.all, AllOf), ("none", given.none, NoneOf)):
        if words is not None:
            _check_list(words, (*path, key), context)
            tests.append(test(frozenset(words)))
    if given.contains is not None:
        texts = (given.contains,) if isinstance(given.contains, str) else tuple(given.contains)
        _check_list(texts, (*path, "contains"), context)
        tests.append(Contains(texts))
    if given.at_least is not None:
        tests.append(AtLeast(given.at_least))
    if given.at_most is not None:
        tests.append(AtMost(given.at_most))
    if given.set is not None:
        tests.append(IsSet(given.set))
    if not tests and not context.is_broken(path):
        context.complain(path, "no test stands here", expected="a word, or tests", remedy="write `{any: [word]}`")
    return tuple(tests)


def _check_list(words: Sequence[str], path: Path, context: Context) -> None:
    if not words and not context.is_broken(path):
        context.complain(path, "an empty list", expected="at least one word", remedy="add a word, or delete the line")
    twice = next((word for at, word in enumerate(words) if word in words[:at]), None)
    if twice is not None:
        at = len(words) - 1 - list(reversed(words)).index(twice)
        context.complain((*path, at), f"`{twice}` is named twice", expected="each word once", remedy="delete one")


def _check_field(condition: Condition, path: Path, fields: Mapping[str, FieldBlock], context: Context) -> None:
    name = condition.field
    if context.is_broken(("fields", name)):
        return
    if name in fields:
        _check_meanings(condition, path, fields[name], context)
        return
    if name == "severity":
        context.complain(
            path,
            "`severity` is no entry of `fields` here",
            expected="a field entry `severity`, or another field",
            remedy="add `severity` to `fields`, or test `priority` "
            "(severities by rule come with `config/escalation.yaml`, in a later version)",
            key=True,
        )
        return
    _check_own_field(condition, path, fields, context)


def _check_own_field(condition: Condition, path: Path, fields: Mapping[str, FieldBlock], context: Context) -> None:
    name = condition.field
    known = context.known(Side.SUPPORT, name)
    if known is None:
        vendor = context.vendors.support
        own = [field.name for field in vendor.fields] if vendor else []
        close = context.misspelt(Side.SUPPORT, name) or meant(name, fields).removeprefix("did you mean `")[:-2]
        if close:
            context.complain(
                path,
                f"`{name}` is neither an entry of `fields` nor a field of {context.vendor(Side.SUPPORT)}",
                expected=f"one of {listed([*fields, *(field for field in own if field not in fields)])}",
                remedy=f"did you mean `{close}`?",
                key=True,
            )
        elif own:
            problem = f"`{name}` is none of {context.vendor(Side.SUPPORT)}'s own fields: taken as a custom field"
            context.notice(path, problem, remedy="`syncd check --online` asks whether it is there", key=True)
        return
    _check_numeric(condition, path, known.kind, context)
    for word in _named(condition):
        if known.options and word not in known.options:
            context.complain(
                path,
                f"`{name}` of {context.vendor(Side.SUPPORT)} is never `{word}`",
                expected=f"one of {listed(known.options)}",
                remedy=meant(word, known.options) or f"write `{known.options[0]}`",
            )


def _check_meanings(condition: Condition, path: Path, block: FieldBlock, context: Context) -> None:
    if not _values(block):
        known = context.known(Side.SUPPORT, sides(block).support.field)
        _check_numeric(condition, path, block.kind or (known.kind if known else Kind.TEXT), context)
        return
    _check_numeric(condition, path, Kind.CHOICE, context)
    can_say = meanings.said(block, Side.SUPPORT)
    theirs = meanings.words(block, Side.SUPPORT)
    for word in sorted(_named(condition)):
        if word in can_say:
            continue
        remedy = f"write `{theirs[word]}`, which is what `{word}` means" if word in theirs else meant(word, can_say)
        context.complain(
            path,
            f"`{condition.field}` never means `{word}`",
            expected=f"one of {listed(sorted(can_say))}",
            remedy=remedy or f"give a word of support the meaning `{word}`",
        )


def _check_numeric(condition: Condition, path: Path, kind: Kind, context: Context) -> None:
    if kind in (Kind.NUMBER, Kind.TEXT):
        return
    for test in condition.tests:
        if isinstance(test, AtLeast | AtMost):
            key = "at_least" if isinstance(test, AtLeast) else "at_most"
            said = kind.value.replace("_", " ")
            problem = f"`{condition.field}` is a {said} and has no `{key}`"
            context.complain((*path, key), problem, expected="words", remedy="write `{any: [...]}`", key=True)


def _named(condition: Condition) -> frozenset[str]:
    """Every word that a condition asks for or excludes."""
    return frozenset().union(*(test.words for test in condition.tests if isinstance(test, AnyOf | AllOf | NoneOf)))


def _values(block: FieldBlock) -> bool:
    return any(sides(block)[side].values for side in Side)


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
    needed = vendor.container
    misspelt = any(meant(key, [needed]) for key in block.create if key not in vendor.place_keys)
    if needed and needed not in block.create and not misspelt and not context.is_broken(path):
        context.complain(
            path,
            f"nothing says in which {needed} the issue is made",
            expected=f"`{needed}`",
            remedy=f"write\n  create:\n    {needed}: ...",
        )
