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
WORDS = ("urgent", "high", "normal", "low", "Größe", "Very High")
ADDRESSES = ("ana@desk.example", "ben@desk.example", "chi@desk.example")

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
lines = texts.filter(lambda text: "\n" not in text and "\r" not in text)
numbers = st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-1000, max_value=1000)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
days = st.dates(date(2000, 1, 1), date(2040, 1, 1))
rich_texts = st.builds(lambda text, end: RichText(text, text + end), texts, st.sampled_from(["", "\r\n", " "]))
labels = st.frozensets(st.sampled_from(["export", "escalate", "vip", "über"]), max_size=4)
sides = st.sampled_from(list(Side))


# -- lenses, and what each can read

PLAIN: Mapping[Kind, SearchStrategy[Value]] = {
    Kind.TEXT: st.none() | lines,
    Kind.RICH_TEXT: st.none() | rich_texts,
    Kind.NUMBER: st.none() | numbers,
    Kind.DATE: st.none() | days | moments,
}

plain_lenses = st.builds(PlainLens, field=st.just("text"), kind=st.sampled_from(sorted(PLAIN, key=str)))


def choice_lenses(words: tuple[str, ...] = WORDS) -> SearchStrategy[ChoiceLens]:
    """Each meaning has at least one word, as the mapping's checks demand of a field that goes both ways."""

    @st.composite
    def draw_one(draw: st.DrawFn) -> ChoiceLens:
        known = draw(st.permutations(words))
        extra = draw(st.lists(st.sampled_from(MEANINGS), max_size=len(words) - len(MEANINGS)))
        table = dict(zip(known, (*MEANINGS, *extra), strict=False))
        return ChoiceLens("priority", table)

    return draw_one()


def number_lenses() -> SearchStrategy[ChoiceLens]:
    """Words that are numbers, as RT's priorities."""
    return choice_lenses(("0", "10", "50", "99.5", "-1")).map(lambda lens: replace(lens, kind=Kind.NUMBER))


words_lenses = st.builds(
    WordsLens,
    field=st.just("labels"),
    meanings=st.none()
    | st.dictionaries(st.sampled_from(["vip", "VIP", "export", "Ausfuhr"]), st.sampled_from(MEANINGS)),
)


@st.composite
def person_lenses(draw: st.DrawFn) -> PersonLens:
    """A table that names some people by id and some by another address, nobody twice."""
    known = draw(st.lists(st.sampled_from(ADDRESSES), unique=True))
    others = [draw(st.sampled_from([f"u{n}", f"{name.split('@')[0]}@core.example"])) for n, name in enumerate(known)]
    return PersonLens("assignee", ids=dict(zip(known, others, strict=True)))


lenses: SearchStrategy[Lens] = st.one_of(plain_lenses, choice_lenses(), number_lenses(), words_lenses, person_lenses())


def readable(lens: Lens) -> SearchStrategy[Value]:
    """Values of a vendor's field that the lens can say."""
    match lens:
        case PlainLens(kind=kind):
            return PLAIN[kind]
        case ChoiceLens(kind=Kind.NUMBER, meanings=meanings):
            return st.none() | st.sampled_from([Decimal(word) for word in meanings])
        case ChoiceLens(meanings=meanings):
            return st.sampled_from([None, "", *meanings])
        case WordsLens(meanings=None):
            return st.none() | labels
        case WordsLens():
            return st.none() | labels | st.frozensets(st.sampled_from(["vip", "VIP", "export", "Ausfuhr", "other"]))
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
            return choice_lenses()
        case ChoiceLens():
            return choice_lenses() | number_lenses()
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
