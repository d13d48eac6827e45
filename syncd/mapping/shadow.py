"""Rules that can never match, and rules that match only what an earlier one took.

Both are decided by implication between tests, field by field: sound, not complete. A rule that is called shadowed
surely is; one that passes may still be shadowed by several others together.
"""

from __future__ import annotations

from collections.abc import Sequence

from syncd.core.mapping import AllOf, AnyOf, AtLeast, AtMost, Condition, Contains, EscalationRule, IsSet, NoneOf, Test
from syncd.mapping.context import Context
from syncd.mapping.words import listed


def check(rules: Sequence[tuple[int, EscalationRule]], single: frozenset[str], context: Context) -> None:
    """Complain of each rule that is dead. `single` are the fields that hold one word at a time."""
    alive: list[tuple[int, EscalationRule]] = []
    for at, rule in rules:
        if context.is_broken(("escalate", at)):
            continue
        if _impossible(at, rule, single, context):
            continue
        taker = next((number for number, earlier in alive if implies(rule, earlier, single)), None)
        alive.append((at, rule))
        if taker is not None:
            earlier = context.document.dotted(("escalate", taker)).removeprefix("escalate.")
            line = context.document.mark(("escalate", taker, "name")).line
            context.complain(
                ("escalate", at, "when"),
                f"never reached: `{earlier}` (line {line}) matches every ticket that `{rule.name}` does",
                expected="the narrower rule first",
                remedy=f"move `{rule.name}` above `{earlier}`, or delete it",
                key=True,
            )


def implies(narrow: EscalationRule, wide: EscalationRule, single: frozenset[str]) -> bool:
    """Whether every ticket that `narrow` matches is matched by `wide` too."""
    return bool(wide.when) and all(
        any(_test_implies(given, test, condition.field in single) for given in _tests_on(narrow, condition.field))
        for condition in wide.when
        for test in condition.tests
    )


def _tests_on(rule: EscalationRule, field: str) -> list[Test]:
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
        case AtLeast(number), AtLeast(less):
            return number >= less
        case AtMost(number), AtMost(more):
            return number <= more
        case ((AnyOf() | AllOf() | Contains() | AtLeast() | AtMost()), IsSet(True)):
            return True
        case _:
            return False


def _impossible(at: int, rule: EscalationRule, single: frozenset[str], context: Context) -> bool:
    for condition in rule.when:
        why = _contradiction(condition, condition.field in single)
        if why:
            problem = f"`{rule.name}` can never match: {why}"
            path = ("escalate", at, "when", condition.field)
            context.complain(
                path, problem, expected="tests that can hold at once", remedy="delete one of them", key=True
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
