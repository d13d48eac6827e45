"""What is asked of one field of a ticket, by the rules that make issues and by those that give a severity."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias, assert_never

from syncd.core.lens import Meaning
from syncd.core.model import Person, RichText, Value


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True when the field is, or has, one of these words."""

    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class AllOf:
    """True when the field has each of these words."""

    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class NoneOf:
    """True when the field neither is nor has any of these words."""

    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class Contains:
    """True when the text holds one of these, without regard to case."""

    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HasWords:
    """True when one of these words or phrases stands in the text, whole, in any case, and is not denied there.

    `down` is found in "The shop is DOWN!", neither in "download" nor in "it is not down". Each phrase is a tuple of
    words as `split` makes them.
    """

    phrases: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class AtLeast:
    number: Decimal


@dataclass(frozen=True, slots=True)
class AtMost:
    number: Decimal


@dataclass(frozen=True, slots=True)
class IsSet:
    wanted: bool


Test: TypeAlias = AnyOf | AllOf | NoneOf | Contains | HasWords | AtLeast | AtMost | IsSet


OWN = "support."
"""Before a field's name: the helpdesk's own words are meant, though an entry of `fields` is called like it."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One line under `when`. `field` is an entry of `fields` (then its meanings are meant) or the helpdesk's own."""

    field: str
    tests: tuple[Test, ...]


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
        case HasWords():
            return bool(found(test, meaning))
        case AtLeast(number):
            return (value := _number(meaning)) is not None and value >= number
        case AtMost(number):
            return (value := _number(meaning)) is not None and value <= number
        case IsSet(wanted_set):
            return bool(words) is wanted_set
        case _:
            assert_never(test)


def found(test: HasWords, meaning: Meaning) -> tuple[str, ...]:
    """The first phrase that stands in a text; empty where none does."""
    texts = _words(meaning)
    return next((phrase for phrase in test.phrases if any(says(text, phrase) for text in texts)), ())


def _words(meaning: Meaning) -> frozenset[str]:
    if meaning is None:
        return frozenset()
    return meaning if isinstance(meaning, frozenset) else frozenset({plain(meaning)})


def plain(value: Value) -> str:
    """A value that is there, as text."""
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


def shown(meaning: Meaning) -> str:
    words = sorted(_words(meaning))
    return ", ".join(f"`{word}`" for word in words) if words else "empty"


# --- words in a text --------------------------------------------------------------------------------------------------

NEAR = 3
"""How many words before a phrase may deny it: "it is not really down"."""

_DENIALS = {
    "English": "no not never without neither nor cannot",  # and whatever ends in n't
    "German": "nicht nie niemals ohne kein keine keinen keinem keiner keines weder",
    "French": "pas jamais sans aucun aucune ni",
    "Spanish": "no nunca jamás sin ningún ninguna tampoco",
    "Italian": "non mai senza nessun nessuna",
    "Dutch": "niet nooit zonder geen",
    "Portuguese": "não nem sem nenhum nenhuma",
}
_DENYING = frozenset(word for words in _DENIALS.values() for word in words.split())
_TOKEN = re.compile(r"[\w'’]+|[.!?;:\n]")
_END = frozenset(".!?;:\n")


def split(text: str) -> tuple[str, ...]:
    """The words of a text in lower case, and the signs that end a sentence."""
    return tuple(token.casefold().replace("’", "'").strip("'") or token for token in _TOKEN.findall(text))


def says(text: str, phrase: tuple[str, ...]) -> bool:
    """Whether a text holds a phrase that the words before it do not deny."""
    words, length = split(text), len(phrase)
    places = (at for at in range(len(words) - length + 1) if words[at : at + length] == phrase)
    return any(not denied(words, at) for at in places)


def denied(words: tuple[str, ...], at: int) -> bool:
    """Whether one of the few words before a place denies what stands there."""
    return any(word in _DENYING or word.endswith("n't") for word in _before(words, at))


def _before(words: tuple[str, ...], at: int) -> Iterator[str]:
    """The few words before a place, in its own sentence."""
    for word in reversed(words[max(0, at - NEAR) : at]):
        if word in _END:
            return
        yield word
