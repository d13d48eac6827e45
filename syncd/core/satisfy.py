"""(conditions, mapping) -> a ticket for which they hold: rules read backwards, as far as that can be done.

What is found is always asked of the rules again, so that a wrong guess is no answer but none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

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
)
from syncd.core.escalation import SEVERITY, failure
from syncd.core.lens import ChoiceLens, Lens, Meaning, PlainLens, Unsayable, WordsLens
from syncd.core.mapping import Mapping as Rules
from syncd.core.model import Fields, Kind, Person, RichText, Value
from syncd.core.sentiment import Lexicon
from syncd.core.signals import CHURN, NAMES, SENTIMENT

SETS = frozenset({Kind.LABELS, Kind.MULTI_CHOICE})
Kinds = Mapping[str, Kind]
"""What sort each of the helpdesk's own fields is, as far as its connector says."""


def satisfied(rules: Rules, conditions: Iterable[Condition], fields: Fields, kinds: Kinds) -> Fields | None:
    """The fields, changed so that every condition holds; None where that was not found.

    Conditions on the severity are left out: who asks sees to that. So are those of which only the engine will find out
    whether they hold (`unsure`); the other signals need a past that a new ticket has not.
    """
    asked = [one for one in conditions if one.field != SEVERITY and not is_unsure(rules, one)]
    for condition in asked:
        if _is_signal(rules, condition.field):
            return None
        found = next(_ways(rules, condition, fields, kinds), None)
        if found is None:
            return None
        fields = found
    return None if any(failure(rules, one, fields) for one in asked) else fields


def is_unsure(rules: Rules, condition: Condition) -> bool:
    """Whether a condition asks for how the customer's words sound, or for what is looked up."""
    looked_up = {one.name for one in rules.signals.lookups} if rules.signals else set()
    return rules.rule(condition.field) is None and condition.field in {CHURN, SENTIMENT, *looked_up}


def _is_signal(rules: Rules, name: str) -> bool:
    return rules.rule(name) is None and name in NAMES


def words(conditions: Iterable[Condition], lexicon: Lexicon) -> str:
    """What a customer writes for the signals that are made of words; "" where no condition asks for any."""
    said = [_threat(lexicon) for one in conditions if one.field == CHURN]
    for one in (one for one in conditions if one.field == SENTIMENT):
        said += [_angry(lexicon, test.number) for test in one.tests if isinstance(test, AtMost)]
    return " ".join(said)


def _threat(lexicon: Lexicon) -> str:
    return f"We think about this: {' '.join(lexicon.churn[0])}." if lexicon.churn else ""


def _angry(lexicon: Lexicon, most: Decimal) -> str:
    """The strongest words of the list, until they make that many points."""
    said, points = [], Decimal(0)
    for phrase, counts in sorted(lexicon.points.items(), key=lambda entry: entry[1]):
        if points <= most or counts >= 0:
            break
        said.append(" ".join(phrase))
        points += counts
    return f"{', '.join(said).capitalize()}." if said else ""


# --- one condition ----------------------------------------------------------------------------------------------------


def _ways(rules: Rules, condition: Condition, fields: Fields, kinds: Kinds) -> Iterator[Fields]:
    """The fields as they are where the condition holds, else each change that makes it hold."""
    if not failure(rules, condition, fields):
        yield fields
        return
    lens = _lens(rules, condition.field, kinds)
    for meaning in _candidates(lens, condition.tests, fields.get(lens.field)):
        try:
            changed = {**fields, lens.field: _value(lens, meaning, fields.get(lens.field))}
        except Unsayable:
            continue
        if not failure(rules, condition, changed):
            yield changed


def _lens(rules: Rules, name: str, kinds: Kinds) -> Lens:
    """How a condition reads its field; the helpdesk's own is taken as it is."""
    rule = None if name.startswith(OWN) else rules.rule(name)
    own = name.removeprefix(OWN)
    if rule is not None:
        return rule.lenses.support
    kind = kinds.get(own, Kind.TEXT)
    return WordsLens(own, kind) if kind in SETS else PlainLens(own, kind)


def _value(lens: Lens, meaning: Meaning, stands: Value) -> Value:
    if isinstance(lens, PlainLens) and lens.kind is Kind.PERSON and isinstance(meaning, str):
        return Person(meaning, email=meaning)
    return lens.put(meaning, stands)


def _candidates(lens: Lens, tests: Sequence[Test], stands: Value) -> Iterator[Meaning]:
    if isinstance(lens, ChoiceLens):
        yield from dict.fromkeys(lens.meanings.values())
        yield None
    elif isinstance(lens, WordsLens):
        yield from _sets(tests, stands)
    else:
        yield from _plain(lens, tests, stands)


def _sets(tests: Sequence[Test], stands: Value) -> Iterator[Meaning]:
    """What stands there, with what all must have, and one of what any may have."""
    has = stands if isinstance(stands, frozenset) else frozenset()
    has -= frozenset(word for test in tests if isinstance(test, NoneOf) for word in test.words)
    has |= frozenset(word for test in tests if isinstance(test, AllOf) for word in test.words)
    any_of = sorted({word for test in tests if isinstance(test, AnyOf) for word in test.words})
    yield has
    yield from (has | {word} for word in any_of)
    yield has | {"something"}


def _plain(lens: Lens, tests: Sequence[Test], stands: Value) -> Iterator[Meaning]:
    kind = lens.kind
    text = stands.markdown if isinstance(stands, RichText) else stands if isinstance(stands, str) else ""
    for test in tests:
        match test:
            case AnyOf(wanted) | AllOf(wanted):
                yield from (_number(word) if kind is Kind.NUMBER else word for word in sorted(wanted))
            case HasWords(phrases):
                yield from (_added(text, " ".join(phrase)) for phrase in phrases)
            case Contains(texts):
                yield from (_added(text, one) for one in texts)
            case AtLeast(number) | AtMost(number):
                yield number if kind is Kind.NUMBER else str(number)
            case IsSet(True):
                yield Decimal(1) if kind is Kind.NUMBER else "something"
            case _:
                yield None


def _number(word: str) -> Meaning:
    try:
        return Decimal(word)
    except ArithmeticError:
        return None


def _added(text: str, phrase: str) -> str:
    """A text with a phrase at its end; a sentence of its own, so that nothing before it denies it."""
    return f"{text}: {phrase}" if text else phrase
