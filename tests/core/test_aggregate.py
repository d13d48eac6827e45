"""Several tickets on one issue come to rest, and then the issue says what the aggregate makes of its tickets."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.core.aggregate import combine, spread
from syncd.core.lens import ChoiceLens, Lens, WordsLens
from syncd.core.mapping import Aggregate, FieldRule, Owner
from syncd.core.merge import Absent, Maybe, Sides, merge_field
from syncd.core.model import Kind, Pair, Side, Value

ORDER = ("p1", "p2", "p3")
DESK = {"urgent": "p1", "high": "p1", "normal": "p2", "low": "p3"}
CORE = {"Highest": "p1", "High": "p2", "Medium": "p2", "Low": "p3"}
EXTREMES = [Aggregate.HIGHEST, Aggregate.LOWEST, Aggregate.ALL, Aggregate.ANY]
meanings = st.sampled_from(ORDER)
LABELS = "abc"


def choice(aggregate: Aggregate, owner: Owner = Owner.SUPPORT) -> FieldRule:
    lenses: Pair[Lens] = Pair(ChoiceLens("priority", DESK), ChoiceLens("priority", CORE))
    return FieldRule("priority", Kind.CHOICE, lenses, owner=owner, aggregate=aggregate, order=ORDER)


def labels(aggregate: Aggregate) -> FieldRule:
    lenses: Pair[Lens] = Pair(WordsLens("labels"), WordsLens("labels"))
    return FieldRule("labels", Kind.LABELS, lenses, aggregate=aggregate)


@dataclass
class Case:
    """Some tickets on one issue, run as the engine runs them: one at a time, own writes agreed with all."""

    rule: FieldRule
    tickets: list[Value]
    issue: Value
    bases: list[Pair[Maybe]] = field(init=False)

    def __post_init__(self) -> None:
        self.bases = [Pair(ticket, self.issue) for ticket in self.tickets]

    def run(self, number: int) -> int:
        """One run of one link; how many writes it made."""
        others = (base.support for other, base in enumerate(self.bases) if other != number)
        siblings = tuple(value for value in others if not isinstance(value, Absent))
        sides = Sides(self.bases[number], Pair(self.tickets[number], self.issue), siblings)
        writes = merge_field(self.rule, sides).writes
        for write in writes:
            if write.to is Side.SUPPORT:
                self.tickets[number] = write.value
            else:
                self.issue = write.value
                self.bases = [replace(base, engineering=write.value) for base in self.bases]
        self.bases[number] = Pair(self.tickets[number], self.issue)
        return len(writes)

    def settle(self) -> None:
        for _ in range(5):
            if not sum(self.run(number) for number in range(len(self.tickets))):
                return
        raise AssertionError(f"no rest: {self.tickets} on {self.issue}")

    @property
    def said(self) -> list[object]:
        return [self.rule.lenses.support.get(ticket) for ticket in self.tickets]

    @property
    def heard(self) -> object:
        return self.rule.lenses.engineering.get(self.issue)


def extreme(aggregate: Aggregate, said: list[object]) -> object:
    """What the mapping's words promise, said without the code under test."""
    ranked = sorted(said, key=lambda meaning: ORDER.index(str(meaning)))
    return ranked[0] if aggregate in (Aggregate.HIGHEST, Aggregate.ALL) else ranked[-1]


edits = st.lists(
    st.tuples(st.sampled_from([0, 1, 2, "issue", "run 0", "run 1", "run 2"]), st.integers(0, 3)), max_size=12
)


def play(case: Case, steps: list[tuple[int | str, int]], desk: list[Value], core: list[Value]) -> None:
    """Edits on both sides, and runs between them."""
    for what, number in steps:
        match what:
            case int(ticket):
                case.tickets[ticket] = desk[number % len(desk)]
            case "issue":
                case.issue = core[number % len(core)]
            case run:
                case.run(int(run[-1]))
    case.settle()


@pytest.mark.parametrize("aggregate", EXTREMES, ids=str)
@given(steps=edits, start=st.lists(st.sampled_from(list(DESK)), min_size=3, max_size=3))
def test_at_rest_the_issue_says_what_its_tickets_say_together(
    aggregate: Aggregate, steps: list[tuple[int | str, int]], start: list[str]
) -> None:
    first = extreme(aggregate, [DESK[word] for word in start])
    case = Case(choice(aggregate), [*start], next(word for word, meant in CORE.items() if meant == first))
    play(case, steps, list(DESK), list(CORE))
    assert case.heard == extreme(aggregate, case.said)


@given(steps=edits)
def test_where_the_newest_counts_an_edit_of_the_issue_reaches_every_ticket(steps: list[tuple[int | str, int]]) -> None:
    case = Case(choice(Aggregate.NEWEST), ["low", "normal", "high"], "Low")
    play(case, steps, list(DESK), list(CORE))
    case.issue = "Highest" if case.heard != "p1" else "Low"
    case.settle()
    assert case.said == [case.heard] * 3


@pytest.mark.parametrize("aggregate", [Aggregate.UNION, Aggregate.ANY, Aggregate.ALL], ids=str)
@given(steps=edits)
def test_labels_of_several_tickets_come_to_rest(aggregate: Aggregate, steps: list[tuple[int | str, int]]) -> None:
    sets: list[Value] = [frozenset(), frozenset("a"), frozenset("ab"), frozenset("c")]
    case = Case(labels(aggregate), [frozenset()] * 3, frozenset())
    play(case, steps, sets, sets)
    writes = [case.run(number) for number in range(3)]
    assert writes == [0, 0, 0]


@pytest.mark.parametrize("aggregate", EXTREMES, ids=str)
@given(old=meanings, new=meanings, tickets=st.lists(meanings, min_size=1, max_size=4))
def test_what_is_spread_over_all_tickets_is_what_they_say_together(
    aggregate: Aggregate, old: str, new: str, tickets: list[str]
) -> None:
    rule = choice(aggregate)
    spread_over = [spread(rule, mine, old=old, new=new) for mine in [old, *tickets]]
    assert combine(rule, spread_over[0], spread_over[1:]) == new


@pytest.mark.parametrize("aggregate", EXTREMES, ids=str)
@given(old=meanings, new=meanings, mine=meanings)
def test_a_ticket_that_did_not_decide_stays_unless_it_would_outvote_the_issue(
    aggregate: Aggregate, old: str, new: str, mine: str
) -> None:
    after = spread(choice(aggregate), mine, old=old, new=new)
    if mine != old and extreme(aggregate, [mine, new]) == new:
        assert after == mine
    else:
        assert after == new
