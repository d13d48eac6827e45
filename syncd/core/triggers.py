"""Which tickets become issues: the first escalation rule whose conditions all hold, and why the others do not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import assert_never

from syncd.core.lens import Meaning, PlainLens, Unsayable
from syncd.core.mapping import (
    AllOf,
    AnyOf,
    AtLeast,
    AtMost,
    Condition,
    Contains,
    EscalationRule,
    IsSet,
    Mapping,
    NoneOf,
    Test,
)
from syncd.core.model import Fields, Kind, Person, RichText, Value


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one rule says of one ticket; `why` names the condition that failed, or that all held."""

    rule: EscalationRule
    holds: bool
    why: str


def verdicts(mapping: Mapping, fields: Fields) -> Iterator[Verdict]:
    """Each rule's verdict in the order of the file, for `plan` and `why`."""
    for rule in mapping.escalate:
        failed = [why for condition in rule.when if (why := _failure(mapping, condition, fields))]
        yield Verdict(rule, not failed, failed[0] if failed else "all conditions hold")


def first_match(mapping: Mapping, fields: Fields) -> EscalationRule | None:
    """The rule that makes this ticket an issue, or None."""
    return next((verdict.rule for verdict in verdicts(mapping, fields) if verdict.holds), None)


def _failure(mapping: Mapping, condition: Condition, fields: Fields) -> str:
    """Why a condition does not hold; empty when it does."""
    try:
        meaning = _meaning(mapping, condition.field, fields)
    except Unsayable as unsayable:
        return f"{condition.field}: {unsayable}"
    for test in condition.tests:
        if not holds(test, meaning):
            return f"{condition.field} is {_shown(meaning)}"
    return ""


def _meaning(mapping: Mapping, name: str, fields: Fields) -> Meaning:
    if rule := mapping.rule(name):
        return rule.lenses.support.get(fields.get(rule.lenses.support.field))
    return PlainLens(name, Kind.TEXT).get(fields.get(name))


def holds(test: Test, meaning: Meaning) -> bool:
    """Whether a value passes one test; an empty value passes only `NoneOf` and `IsSet(False)`."""
    words = _words(meaning)
    match test:
        case AnyOf(wanted):
            return bool(words & wanted)
        case AllOf(wanted):
            return wanted <= words
        case NoneOf(unwanted):
            return not words & unwanted
        case Contains(texts):
            return any(text.casefold() in word.casefold() for text in texts for word in words)
        case AtLeast(number):
            return (value := _number(meaning)) is not None and value >= number
        case AtMost(number):
            return (value := _number(meaning)) is not None and value <= number
        case IsSet(wanted_set):
            return bool(words) is wanted_set
        case _:
            assert_never(test)


def _words(meaning: Meaning) -> frozenset[str]:
    if meaning is None:
        return frozenset()
    return meaning if isinstance(meaning, frozenset) else frozenset({_plain(meaning)})


def _plain(value: Value) -> str:
    match value:
        case RichText():
            return value.markdown
        case Person():
            return value.email or value.id
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)


def _number(meaning: Meaning) -> Decimal | None:
    if isinstance(meaning, Decimal):
        return meaning
    try:
        return Decimal(meaning) if isinstance(meaning, str) else None
    except ArithmeticError:
        return None


def _shown(meaning: Meaning) -> str:
    words = sorted(_words(meaning))
    return ", ".join(f"`{word}`" for word in words) if words else "empty"
