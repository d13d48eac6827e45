"""The laws of the merge of one field: it ends, it is fair to both sides, it loses nothing and it repeats nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.core.lens import ChoiceLens, Meaning, Unsayable, WordsLens
from syncd.core.mapping import Direction, FieldRule, Owner
from syncd.core.merge import ABSENT, Clash, Merged, Sides, Write, drifted, merge_field
from syncd.core.model import Kind, Pair, Side, Value
from tests.core.strategies import ANY_WAY, ANYBODY, BOTH_WAYS, EVERYBODY, anything, rules, sides_of

SWAPPED = {Owner.SUPPORT: Owner.ENGINEERING, Owner.ENGINEERING: Owner.SUPPORT}
TURNED = {Direction.TO_SUPPORT: Direction.TO_ENGINEERING, Direction.TO_ENGINEERING: Direction.TO_SUPPORT}


def meanings(rule: FieldRule, now: Pair[Value]) -> Pair[Meaning]:
    return Pair(rule.lenses.support.get(now.support), rule.lenses.engineering.get(now.engineering))


def after(sides: Sides, merged: Merged) -> Sides:
    """Both sides once the writes stand there, and the bases that the store then has."""
    now = sides.now
    for write in merged.writes:
        now = now.put(write.to, write.value)
    return replace(sides, base=Pair(now.support, now.engineering), now=now)


Case: TypeAlias = tuple[FieldRule, Sides]


@st.composite
def cases(
    draw: st.DrawFn,
    directions: st.SearchStrategy[Direction] = ANY_WAY,
    who: st.SearchStrategy[tuple[Side, ...]] = ANYBODY,
) -> Case:
    rule = draw(rules(directions=directions))
    return rule, draw(sides_of(rule, who=who))


@st.composite
def strange_cases(draw: st.DrawFn) -> Case:
    """With values that the mapping cannot say."""
    rule = draw(rules(directions=ANY_WAY))
    return rule, draw(sides_of(rule, anything))


def outcome(rule: FieldRule, sides: Sides) -> Merged | str:
    try:
        return merge_field(rule, sides)
    except Unsayable:
        return "unsayable"


@given(cases())
def test_merging_again_after_the_merge_does_nothing(case: Case) -> None:
    rule, sides = case
    assert merge_field(rule, after(sides, merge_field(rule, sides))) == Merged()


@given(cases())
def test_nothing_is_written_where_nothing_changed(case: Case) -> None:
    rule, sides = case
    assert merge_field(rule, replace(sides, base=Pair(sides.now.support, sides.now.engineering))) == Merged()


@given(cases())
def test_a_side_that_was_never_seen_before_has_not_changed(case: Case) -> None:
    rule, sides = case
    assert merge_field(rule, replace(sides, base=Pair(ABSENT, ABSENT))) == Merged()


@given(cases(BOTH_WAYS))
def test_both_sides_mean_the_same_once_a_change_has_crossed(case: Case) -> None:
    rule, sides = case
    merged = merge_field(rule, sides)
    crossed = any(sides.changed(side) for side in Side) and not (merged.clash and merged.clash.winner is None)
    if crossed and not isinstance(rule.lenses.support, WordsLens):  # of sets, what nobody changed stays as it was
        met = meanings(rule, after(sides, merged).now)
        assert met.support == met.engineering


@given(cases() | strange_cases().filter(lambda case: case[0].owner.side))
def test_swapping_the_sides_and_the_policy_mirrors_the_merge(case: Case) -> None:
    rule, sides = case
    mirrored = replace(
        rule,
        lenses=rule.lenses.swapped(),
        owner=SWAPPED.get(rule.owner, rule.owner),
        direction=TURNED.get(rule.direction, rule.direction),
    )
    mirror = Sides(sides.base.swapped(), sides.now.swapped(), newest=sides.newest and sides.newest.other)
    merged, reflected = outcome(rule, sides), outcome(mirrored, mirror)
    if isinstance(merged, str) or isinstance(reflected, str):
        assert merged == reflected
        return
    assert {(write.to.other, repr(write.value)) for write in merged.writes} == {
        (write.to, repr(write.value)) for write in reflected.writes
    }
    assert (merged.clash is None) == (reflected.clash is None)
    if merged.clash and reflected.clash:
        assert reflected.clash == Clash(
            merged.clash.winner and merged.clash.winner.other, merged.clash.values.swapped()
        )


@given(cases())
def test_only_a_side_that_the_rule_reaches_is_written_and_never_with_what_stands_there(
    case: Case,
) -> None:
    rule, sides = case
    for write in merge_field(rule, sides).writes:
        assert rule.direction.reaches(write.to)
        assert write.value != sides.now[write.to]


@given(cases())
def test_a_value_is_overwritten_only_by_a_change_of_the_other_side_or_in_a_clash_that_keeps_it(
    case: Case,
) -> None:
    rule, sides = case
    merged = merge_field(rule, sides)
    for write in merged.writes:
        if isinstance(rule.lenses[write.to], WordsLens):
            continue
        assert sides.changed(write.to.other)
        if sides.changed(write.to):
            assert merged.clash is not None
            assert merged.clash.values == sides.now


@given(cases(BOTH_WAYS, EVERYBODY))
def test_the_owner_wins_and_without_one_nobody_does(case: Case) -> None:
    rule, sides = case
    merged = merge_field(rule, sides)
    if merged.clash:
        expected = sides.newest if rule.owner is Owner.NEWEST else rule.owner.side
        assert merged.clash.winner is expected
        assert [write.to for write in merged.writes] == ([expected.other] if expected else [])


@given(cases(BOTH_WAYS, EVERYBODY) | cases(BOTH_WAYS))
def test_two_edits_clash_exactly_when_they_mean_different_things(case: Case) -> None:
    rule, sides = case
    met = meanings(rule, sides.now)
    both = all(sides.changed(side) for side in Side)
    differ = met.support != met.engineering and not isinstance(rule.lenses.support, WordsLens)
    assert bool(merge_field(rule, sides).clash) == (both and differ)


@given(cases())
def test_what_means_the_same_already_is_left_in_its_own_words(case: Case) -> None:
    rule, sides = case
    met = meanings(rule, sides.now)
    if met.support == met.engineering:
        assert merge_field(rule, sides) == Merged()


@given(cases(st.sampled_from([Direction.TO_SUPPORT, Direction.TO_ENGINEERING]), EVERYBODY))
def test_of_a_field_that_goes_one_way_the_side_that_it_comes_from_wins(case: Case) -> None:
    rule, sides = case
    clash = merge_field(rule, sides).clash
    assert clash is None or (clash.winner and rule.direction.reaches(clash.winner.other))


@given(cases())
def test_what_a_vendor_makes_of_our_write_is_no_edit(case: Case) -> None:
    """The base is what the vendor showed after the write, whatever that was."""
    rule, sides = case
    merged = merge_field(rule, sides)
    for write in merged.writes:
        shown = after(sides, merged).now.put(write.to, sides.now[write.to])  # it silently refused
        assert merge_field(rule, replace(sides, base=Pair(shown.support, shown.engineering), now=shown)) == Merged()


@given(cases())
def test_an_apply_settles_all_drift(case: Case) -> None:
    rule, sides = case
    still = replace(sides, base=Pair(sides.now.support, sides.now.engineering))
    settled = after(still, merge_field(rule, still, assert_owner=True))
    assert not drifted(rule, settled)


# -- sets of words

WORDS = FieldRule("labels", Kind.LABELS, Pair(WordsLens("labels"), WordsLens("labels")))
label_sets = st.frozensets(st.sampled_from("abcdef"))


@given(label_sets, label_sets, label_sets)
def test_labels_added_and_removed_on_both_sides_all_cross(
    base: frozenset[str], support: frozenset[str], engineering: frozenset[str]
) -> None:
    sides = Sides(Pair(base, base), Pair(support, engineering))
    met = after(sides, merge_field(WORDS, sides)).now
    wanted = (base & support & engineering) | (support - base) | (engineering - base)
    assert met == Pair(wanted, wanted)


def test_labels_of_one_side_that_nobody_changed_stay_there() -> None:
    sides = Sides(Pair(frozenset("a"), frozenset("b")), Pair(frozenset("ac"), frozenset("b")))
    assert merge_field(WORDS, sides).writes == (Write(Side.ENGINEERING, frozenset("bc")),)


# -- cases worth reading

PRIORITY = FieldRule(
    "priority",
    Kind.CHOICE,
    Pair(
        ChoiceLens("priority", {"urgent": "p1", "high": "p1", "low": "p3"}),
        ChoiceLens("priority", {"Highest": "p1", "Low": "p3"}),
    ),
)


@pytest.mark.parametrize(
    ("base", "now", "expected"),
    [
        (("high", "Highest"), ("urgent", "Highest"), Merged()),  # another word for the same
        (("low", "Low"), ("high", "Low"), Merged((Write(Side.ENGINEERING, "Highest"),))),
        (("high", "Low"), ("high", "Low"), Merged()),  # drift is nobody's edit
        (("low", "Low"), ("high", "Highest"), Merged()),  # the same edit on both sides
    ],
)
def test_priorities(base: tuple[str, str], now: tuple[str, str], expected: Merged) -> None:
    assert merge_field(PRIORITY, Sides(Pair(*base), Pair(*now))) == expected
