"""The entries under `when`, of rules that make issues and of rules that give a severity -> `Condition`s."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from syncd.core.conditions import (
    OWN,
    AllOf,
    AnyOf,
    AtLeast,
    AtMost,
    Condition,
    Contains,
    HasWords,
    IsSet,
    NoneOf,
    Test,
    split,
)
from syncd.core.escalation import SEVERITY
from syncd.core.model import Kind, Side
from syncd.core.severity import Severity
from syncd.core.signals import CHURN, NUMBERS
from syncd.mapping import meanings
from syncd.mapping.context import Context
from syncd.mapping.kinds import sides
from syncd.mapping.nodes import Path
from syncd.mapping.schema import FieldBlock, TestBlock
from syncd.mapping.words import listed, meant


def conditions(
    blocks: Mapping[str, str | Sequence[str] | TestBlock],
    path: Path,
    fields: Mapping[str, FieldBlock],
    context: Context,
    *,
    all_of_them: str,
) -> tuple[Condition, ...]:
    """What stands under `when` at `path`, checked against the mapping's `fields` and what is known of the helpdesk.

    Args:
        all_of_them: what would become of every ticket if nothing stood there.
    """
    if not blocks and not context.is_broken(path):
        context.complain(
            path,
            f"no condition: {all_of_them}",
            expected="at least one condition",
            remedy="if you mean all, write `{status: {set: true}}`",
        )
    found = tuple(Condition(field, _tests(given, (*path, field), context)) for field, given in blocks.items())
    for condition in found:
        check_field(condition, (*path, condition.field), fields, context)
    return found


def single(fields: Mapping[str, FieldBlock]) -> frozenset[str]:
    """Names of what holds one word at a time."""
    return frozenset({SEVERITY, *(name for name, block in fields.items() if has_values(block))})


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
    if given.words is not None:
        phrases = (given.words,) if isinstance(given.words, str) else tuple(given.words)
        _check_list(phrases, (*path, "words"), context)
        tests.append(HasWords(tuple(_phrase(phrase, (*path, "words"), context) for phrase in phrases)))
    if given.at_least is not None:
        tests.append(AtLeast(given.at_least))
    if given.at_most is not None:
        tests.append(AtMost(given.at_most))
    if given.set is not None:
        tests.append(IsSet(given.set))
    if not tests and not context.is_broken(path):
        context.complain(path, "no test stands here", expected="a word, or tests", remedy="write `{any: [word]}`")
    return tuple(tests)


def _phrase(phrase: str, path: Path, context: Context) -> tuple[str, ...]:
    words = split(phrase)
    if not any(word[0].isalnum() for word in words):
        context.complain(
            path, f"`{phrase}` is no word", expected="words or phrases", remedy="write `contains` for signs"
        )
    return words


def _check_list(words: Sequence[str], path: Path, context: Context) -> None:
    if not words and not context.is_broken(path):
        context.complain(path, "an empty list", expected="at least one word", remedy="add a word, or delete the line")
    twice = next((word for at, word in enumerate(words) if word in words[:at]), None)
    if twice is not None:
        at = len(words) - 1 - list(reversed(words)).index(twice)
        context.complain((*path, at), f"`{twice}` is named twice", expected="each word once", remedy="delete one")


def check_field(condition: Condition, path: Path, fields: Mapping[str, FieldBlock], context: Context) -> None:
    name = condition.field
    if name.startswith(OWN):
        _check_own_field(replace(condition, field=name.removeprefix(OWN)), path, {}, context)
        return
    if context.is_broken(("fields", name)):
        return
    if name in fields:
        _check_meanings(condition, path, fields[name], context)
        return
    if name == SEVERITY:
        _check_severities(condition, path, context)
        return
    if name in context.signals:
        _check_signal(condition, path, context)
        return
    _check_own_field(condition, path, fields, context)


def _check_severities(condition: Condition, path: Path, context: Context) -> None:
    if not context.graded:
        context.complain(
            path,
            "`severity` is no entry of `fields` here, and no rules give one",
            expected="rules in `escalation.yaml` beside the config, or another field",
            remedy="write `escalation.yaml` beside the config (docs/escalation.md says how), or test `priority`",
            key=True,
        )
        return
    known = [str(severity) for severity in Severity]
    _check_numeric(condition, path, Kind.CHOICE, context)
    for word in sorted(_named(condition) - set(known)):
        remedy = meant(word, known) or "write `sev1`"
        context.complain(path, f"no severity is called `{word}`", expected=f"one of {listed(known)}", remedy=remedy)


def _check_signal(condition: Condition, path: Path, context: Context) -> None:
    """A number is compared, a word is named; what was looked up may be either."""
    name, known = condition.field, context.signals[condition.field]
    if name == CHURN and any(isinstance(test, AtLeast | AtMost) for test in condition.tests):
        problem = f"`{name}` is what the customer said, and a number is asked for"
        context.complain(path, problem, expected="`set`, or words", remedy="write `{set: true}`", key=True)
    elif name in NUMBERS and not all(isinstance(test, AtLeast | AtMost | IsSet) for test in condition.tests):
        problem = f"`{name}` is a number, and words are asked for"
        context.complain(path, problem, expected="`at_least` or `at_most`", remedy="write `{at_least: 3}`", key=True)
    for word in sorted(_named(condition) - known) if known else ():
        remedy = meant(word, known) or "add it to the table, or delete it here"
        context.complain(path, f"`{name}` is never `{word}`", expected=f"one of {listed(sorted(known))}", remedy=remedy)


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
    if not has_values(block):
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


def has_values(block: FieldBlock) -> bool:
    return any(sides(block)[side].values for side in Side)
