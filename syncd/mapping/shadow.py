"""Rules that can never match, and rules that match only what an earlier one took.

Both are decided by implication between tests, field by field: sound, not complete. A rule that is called shadowed
surely is; one that passes may still be shadowed by several others together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from syncd.core.conditions import AllOf, AnyOf, AtLeast, AtMost, Condition, Contains, HasWords, IsSet, NoneOf, Test
from syncd.mapping.context import Context
from syncd.mapping.nodes import Path
from syncd.mapping.words import listed


class Rule(Protocol):
    """Of either sort: the first that holds decides."""

    @property
    def name(self) -> str: ...

    @property
    def when(self) -> tuple[Condition, ...]: ...


def check(rules: Sequence[tuple[Path, Rule]], single: frozenset[str], context: Context) -> None:
    """Complain of each rule that is dead; each comes with its place in the file.

    `single` are the fields that hold one word at a time.
    """
    alive: list[tuple[Path, Rule]] = []
    for path, rule in rules:
        if context.is_broken(path):
            continue
        if _impossible(path, rule, single, context):
            continue
        taker = next(((place, earlier) for place, earlier in alive if implies(rule, earlier, single)), None)
        alive.append((path, rule))
        if taker is not None:
            place, earlier = taker
            line = context.document.mark((*place, "name")).line
            context.complain(
                (*path, "when"),
                f"never reached: `{earlier.name}` (line {line}) matches every ticket that `{rule.name}` does",
                expected="the narrower rule first",
                remedy=f"{_instead(place, path, earlier.name, rule.name)}, or delete it",
                key=True,
            )


def _instead(earlier: Path, later: Path, taker: str, dead: str) -> str:
    if earlier[:-1] == later[:-1]:
        return f"move `{dead}` above `{taker}`"
    return f"ask for more in `{taker}`, or give `{dead}` its severity"


def implies(narrow: Rule, wide: Rule, single: frozenset[str]) -> bool:
    """Whether every ticket that `narrow` matches is matched by `wide` too."""
    return bool(wide.when) and all(
        any(_test_implies(given, test, condition.field in single) for given in _tests_on(narrow, condition.field))
        for condition in wide.when
        for test in condition.tests
    )


def _tests_on(rule: Rule, field: str) -> list[Test]:
    return [test for condition in rule.when if condition.field == field for test in condition.tests]


def _test_implies(given: Test, test: Test, single: bool) -> bool:
    match given, test:
        case _ if given == test:
            return True
        case AnyOf(words), AnyOf(wider):
            return words <= wider
        case AllOf(words), AnyOf(wider):
            return bool(words & wider)
        case AllOf(words), AllOf(fewer):
            return fewer <= words
        case AnyOf(words), NoneOf(unwanted):
            return single and not words & unwanted
        case NoneOf(words), NoneOf(fewer):
            return fewer <= words
        case Contains(texts), Contains(shorter):
            return all(any(short.casefold() in text.casefold() for short in shorter) for text in texts)
        case HasWords(phrases), HasWords(more_phrases):
            return set(phrases) <= set(more_phrases)
        case AtLeast(number), AtLeast(less):
            return number >= less
        case AtMost(number), AtMost(more):
            return number <= more
        case ((AnyOf() | AllOf() | Contains() | HasWords() | AtLeast() | AtMost()), IsSet(True)):
            return True
        case _:
            return False


def _impossible(path: Path, rule: Rule, single: frozenset[str], context: Context) -> bool:
    for condition in rule.when:
        why = _contradiction(condition, condition.field in single)
        if why:
            problem = f"`{rule.name}` can never match: {why}"
            context.complain(
                (*path, "when", condition.field),
                problem,
                expected="tests that can hold at once",
                remedy="delete one of them",
                key=True,
            )
            return True
    return False


def _contradiction(condition: Condition, single: bool) -> str:
    """Why no value can pass all tests of one field, or ""."""
    tests = condition.tests
    banned = frozenset().union(*(test.words for test in tests if isinstance(test, NoneOf)))
    floor = max((test.number for test in tests if isinstance(test, AtLeast)), default=None)
    roof = min((test.number for test in tests if isinstance(test, AtMost)), default=None)
    if floor is not None and roof is not None and floor > roof:
        return f"nothing is at least {floor} and at most {roof}"
    if IsSet(False) in tests and any(not isinstance(test, IsSet | NoneOf) for test in tests):
        return "an empty field passes no other test"
    for test in tests:
        match test:
            case AnyOf(words) if words and words <= banned:
                return f"{listed(sorted(words))} is asked for and excluded"
            case AllOf(words) if words & banned:
                return f"{listed(sorted(words & banned))} is asked for and excluded"
            case AllOf(words) if single and len(words) > 1:
                return f"`{condition.field}` is one word at a time, never {listed(sorted(words))} at once"
    return ""
