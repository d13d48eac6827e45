"""A rule that is called shadowed surely is: whatever the narrow one matches, the wide one does too."""

from __future__ import annotations

from decimal import Decimal
from itertools import combinations, product

from hypothesis import given
from hypothesis import strategies as st

from syncd.core.conditions import AllOf, AnyOf, AtLeast, AtMost, Condition, Contains, IsSet, NoneOf, Test, holds
from syncd.core.lens import Meaning
from syncd.core.mapping import EscalationRule
from syncd.mapping.shadow import implies

SETS = [frozenset(some) for size in (1, 2, 3) for some in combinations("abc", size)]
NUMBERS = [Decimal(number) for number in range(4)]
TESTS: list[Test] = [
    *(test(words) for words in SETS for test in (AnyOf, AllOf, NoneOf)),
    *(Contains(texts) for texts in (("a",), ("ab",), ("A",), ("a", "b"), ("ab", "c"))),
    *(test(number) for number in NUMBERS for test in (AtLeast, AtMost)),
    IsSet(True),
    IsSet(False),
]
SINGLE: list[Meaning] = [None, "a", "b", "c", "ab"]
MEANINGS: list[Meaning] = [*SINGLE, *NUMBERS, *SETS, frozenset()]


def _rule(*tests: Test) -> EscalationRule:
    return EscalationRule("rule", tuple(Condition("field", (test,)) for test in tests), {})


def test_what_the_narrow_test_passes_the_wide_one_does() -> None:
    implied = [
        (narrow, wide) for narrow, wide in product(TESTS, TESTS) if implies(_rule(narrow), _rule(wide), frozenset())
    ]
    assert len(implied) > 150
    for (narrow, wide), meaning in product(implied, MEANINGS):
        assert not holds(narrow, meaning) or holds(wide, meaning), (narrow, wide, meaning)


def test_so_for_fields_of_one_word() -> None:
    one_word = frozenset({"field"})
    implied = [
        (narrow, wide) for narrow, wide in product(TESTS, TESTS) if implies(_rule(narrow), _rule(wide), one_word)
    ]
    for (narrow, wide), meaning in product(implied, SINGLE):
        assert not holds(narrow, meaning) or holds(wide, meaning), (narrow, wide, meaning)


@given(st.lists(st.sampled_from(TESTS), min_size=1, max_size=3), st.lists(st.sampled_from(TESTS), max_size=3))
def test_one_condition_more_is_narrower(tests: list[Test], more: list[Test]) -> None:
    assert implies(_rule(*tests, *more), _rule(*tests), frozenset())


def test_other_fields_imply_nothing() -> None:
    other = EscalationRule("rule", (Condition("other", (IsSet(True),)),), {})
    assert not implies(_rule(IsSet(True)), other, frozenset())
