"""Random lenses, values, rules and sides, correlated as real ones are: most sides unchanged, most words known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from syncd.core.lens import ChoiceLens, Lens, Meaning, PersonLens, PlainLens, WordsLens
from syncd.core.mapping import Aggregate, Direction, FieldRule, Owner
from syncd.core.merge import Sides
from syncd.core.model import Kind, Pair, Person, RichText, Side, Value

MEANINGS = ("p1", "p2", "p3")
ADDRESSES = ("ana@desk.example", "ben@desk.example", "chi@desk.example")
OTHERS = {name: (f"u{number}", name.replace("desk", "core")) for number, name in enumerate(ADDRESSES)}

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
lines = texts.filter(lambda text: "\n" not in text and "\r" not in text)
numbers = st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-1000, max_value=1000)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
days = st.dates(date(2000, 1, 1), date(2040, 1, 1))
rich_texts = st.builds(lambda text, end: RichText(text, text + end), texts, st.sampled_from(["", "\r\n", " "]))
labels = st.frozensets(st.sampled_from(["export", "escalate", "vip", "über"]), max_size=4)
SOME_LABELS: SearchStrategy[Value] = st.none() | labels
SOME_WORDS: SearchStrategy[Value] = SOME_LABELS | st.frozensets(
    st.sampled_from(["vip", "VIP", "export", "Ausfuhr", "other"])
)

# -- lenses, and what each can read

PLAIN: Mapping[Kind, SearchStrategy[Value]] = {
    Kind.TEXT: st.none() | lines,
    Kind.RICH_TEXT: st.none() | rich_texts,
    Kind.NUMBER: st.none() | numbers,
    Kind.DATE: st.none() | days | moments,
}

plain_lenses = st.builds(PlainLens, field=st.just("text"), kind=st.sampled_from(sorted(PLAIN, key=str)))


# Strategies are made once, not at each draw: making one costs more than drawing from it.


def choices_among(words: tuple[str, ...]) -> SearchStrategy[ChoiceLens]:
    """Each meaning has at least one word, as the mapping's checks demand of a field that goes both ways."""
    extras = st.lists(st.sampled_from(MEANINGS), max_size=len(words) - len(MEANINGS))
    return st.builds(
        lambda known, extra: ChoiceLens("priority", dict(zip(known, (*MEANINGS, *extra), strict=False))),
        st.permutations(words),
        extras,
    )


choice_lenses = choices_among(("urgent", "high", "normal", "low", "Größe", "Very High"))
number_lenses = choices_among(("0", "10", "50", "99.5", "-1")).map(lambda lens: replace(lens, kind=Kind.NUMBER))
"""Words that are numbers, as RT's priorities."""

words_lenses = st.builds(
    WordsLens,
    field=st.just("labels"),
    meanings=st.none()
    | st.dictionaries(st.sampled_from(["vip", "VIP", "export", "Ausfuhr"]), st.sampled_from(MEANINGS)),
)


person_lenses = st.builds(
    lambda known, by_id: PersonLens("assignee", ids={name: OTHERS[name][0 if by_id else 1] for name in known}),
    st.lists(st.sampled_from(ADDRESSES), unique=True),
    st.booleans(),
)
"""A table that names some people, by id or by another address, nobody twice."""

lenses: SearchStrategy[Lens] = st.one_of(plain_lenses, choice_lenses, number_lenses, words_lenses, person_lenses)


def readable(lens: Lens) -> SearchStrategy[Value]:
    """Values of a vendor's field that the lens can say."""
    match lens:
        case PlainLens(kind=kind):
            return PLAIN[kind]
        case ChoiceLens(kind=Kind.NUMBER, meanings=meanings):
            return st.sampled_from([None, *map(Decimal, meanings)])
        case ChoiceLens(meanings=meanings):
            return st.sampled_from([None, "", *meanings])
        case WordsLens(meanings=None):
            return SOME_LABELS
        case WordsLens():
            return SOME_WORDS
        case PersonLens(ids=ids):
            tabled = [
                Person(known) if "@" not in known else Person("u9", email=known.upper()) for known in ids.values()
            ]
            shown = [Person(f"n{n}", email=address.title()) for n, address in enumerate(ADDRESSES)]
            return st.sampled_from([None, *tabled, *shown])


def strange(lens: Lens) -> SearchStrategy[Value]:
    """Values that the lens cannot say; nothing where it can say everything."""
    match lens:
        case ChoiceLens():
            return st.sampled_from(["no such word", Decimal(12345), True])
        case PersonLens():
            return st.sampled_from([Person("hidden", "Somebody"), "a name"])
        case _:
            return st.nothing()


def anything(lens: Lens) -> SearchStrategy[Value]:
    return readable(lens) | strange(lens)


def sayable(lens: Lens) -> SearchStrategy[Meaning]:
    """Meanings that the lens can say: those that a lens like it can hear."""
    match lens:
        case ChoiceLens(meanings=meanings, empty=empty):
            return st.sampled_from([empty, *meanings.values()])
        case WordsLens(meanings=None):
            return labels
        case WordsLens(meanings=meanings):
            return (
                st.frozensets(st.sampled_from(sorted(set((meanings or {}).values()))))
                if meanings
                else st.just(frozenset())
            )
        case PersonLens():
            return st.sampled_from([None, *ADDRESSES])
        case PlainLens():
            return readable(lens).map(lens.get)


# -- rules and the sides of a merge

ANY_CHOICE = choice_lenses | number_lenses
BOTH_WAYS: SearchStrategy[Direction] = st.just(Direction.BOTH)
ANYBODY: SearchStrategy[tuple[Side, ...]] = st.sampled_from([(), (Side.SUPPORT,), (Side.ENGINEERING,), tuple(Side)])
EVERYBODY: SearchStrategy[tuple[Side, ...]] = st.just(tuple(Side))
ANY_WAY: SearchStrategy[Direction] = st.sampled_from(Direction)


def like(lens: Lens) -> SearchStrategy[Lens]:
    """A lens for the other side of the same field."""
    match lens:
        case PlainLens():
            return st.just(lens)
        case ChoiceLens(kind=Kind.NUMBER):
            return choice_lenses
        case ChoiceLens():
            return ANY_CHOICE
        case WordsLens(meanings=None):
            return st.just(lens)
        case WordsLens(meanings=meanings):
            return st.just(replace(lens, meanings={f"{word}-there": meant for word, meant in (meanings or {}).items()}))
        case PersonLens():
            return st.just(PersonLens("assignee"))


@st.composite
def rules(
    draw: st.DrawFn,
    lens: SearchStrategy[Lens] = lenses,
    directions: SearchStrategy[Direction] = BOTH_WAYS,
) -> FieldRule:
    one = draw(lens)
    other = draw(like(one))
    both = Pair(one, other) if draw(st.booleans()) else Pair(other, one)
    return FieldRule(
        name="field",
        kind=one.kind,
        lenses=both,
        owner=draw(st.sampled_from(Owner)),
        direction=draw(directions),
        order=MEANINGS,
        aggregate=Aggregate.NEWEST,
    )


@st.composite
def sides_of(
    draw: st.DrawFn,
    rule: FieldRule,
    values: Callable[[Lens], SearchStrategy[Value]] = readable,
    who: SearchStrategy[tuple[Side, ...]] = ANYBODY,
) -> Sides:
    """Both sides with their bases; who changed something is drawn first, so that each case is as likely."""
    changed = draw(who)
    base = Pair(*(draw(values(rule.lenses[side])) for side in Side))
    now = Pair(*(draw(values(rule.lenses[side])) if side in changed else base[side] for side in Side))
    newest = draw(st.sampled_from([None, *Side]))
    return Sides(base=Pair(base.support, base.engineering), now=now, newest=newest)
