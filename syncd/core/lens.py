"""Lenses: a field in a vendor's words <-> in ours.

Each lens keeps the laws of Foster et al., "Combinators for bidirectional tree transformations" (POPL 2005):

    GetPut   put(get(theirs), theirs) == theirs      saying nothing new changes nothing
    PutGet   get(put(meaning, theirs)) == meaning    what is said is what is heard

A word that the mapping does not know raises `Unsayable`: that field is parked, the rest of the ticket goes on.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias, assert_never

from syncd.core.model import Kind, Person, RichText, Value

Meaning: TypeAlias = str | bool | Decimal | date | datetime | frozenset[str] | None
"""A value in our words: what both sides mean. A rich text means its Markdown, a person an e-mail address."""


class Unsayable(ValueError):
    """One side's value has no counterpart on the other. `value` is the word, for the sentence that a person reads."""

    def __init__(self, field: str, value: object, why: str) -> None:
        super().__init__(why)
        self.field = field
        self.value = value


@dataclass(frozen=True, slots=True)
class PlainLens:
    """Text, number, date and free words: the value itself; only an empty text means nothing."""

    field: str
    kind: Kind

    def get(self, theirs: Value) -> Meaning:
        if isinstance(theirs, RichText):
            return theirs.markdown.strip() or None
        if isinstance(theirs, Person):
            return theirs.email or theirs.id
        if theirs in ("", frozenset()):
            return None
        return theirs

    def put(self, meaning: Meaning, theirs: Value = None) -> Value:
        if self.get(theirs) == meaning:
            return theirs
        if self.kind is Kind.RICH_TEXT and isinstance(meaning, str):
            return RichText.of(meaning)
        return meaning


@dataclass(frozen=True, slots=True)
class ChoiceLens:
    """One word of theirs for one meaning of ours. Several of their words may mean the same.

    `meanings` keeps the order of the file: the first word with a meaning is the one that `put` writes, and the order
    of the meanings is the one that "highest" and "lowest" speak of.
    """

    field: str
    meanings: Mapping[str, str]
    kind: Kind = Kind.CHOICE
    empty: str | None = None  # the meaning of no value at all

    def get(self, theirs: Value) -> Meaning:
        if theirs is None or theirs == "":
            return self.empty
        if isinstance(theirs, Decimal):  # a number that stands for a word: a priority of 0 to 100, an estimate's points
            theirs = format(theirs.normalize(), "f")
        if not isinstance(theirs, str) or theirs not in self.meanings:
            raise Unsayable(self.field, theirs, f"`{theirs}` is not among the values of `{self.field}` in the mapping")
        return self.meanings[theirs]

    def put(self, meaning: Meaning, theirs: Value = None) -> Value:
        if self._says(theirs, meaning):
            return theirs
        if meaning is None or meaning == self.empty:
            return None
        for word, meant in self.meanings.items():
            if meant == meaning:
                return Decimal(word) if self.kind is Kind.NUMBER else word
        raise Unsayable(self.field, meaning, f"no value of `{self.field}` means `{meaning}`")

    def _says(self, theirs: Value, meaning: Meaning) -> bool:
        try:
            return self.get(theirs) == meaning
        except Unsayable:
            return False


@dataclass(frozen=True, slots=True)
class WordsLens:
    """Labels and multiple choices: a set of words.

    With `meanings`, only the words in it take part and every other word is left as it stands on its own side; without,
    every word is itself.
    """

    field: str
    kind: Kind = Kind.LABELS
    meanings: Mapping[str, str] | None = None

    def get(self, theirs: Value) -> Meaning:
        words = theirs if isinstance(theirs, frozenset) else frozenset()
        if self.meanings is None:
            return words
        return frozenset(self.meanings[word] for word in words if word in self.meanings)

    def put(self, meaning: Meaning, theirs: Value = None) -> Value:
        wanted = meaning if isinstance(meaning, frozenset) else frozenset()
        if self.get(theirs) == wanted:
            return theirs
        if self.meanings is None:
            return wanted
        words = theirs if isinstance(theirs, frozenset) else frozenset()
        kept = frozenset(word for word in words if self.meanings.get(word, None) in wanted or word not in self.meanings)
        said = {self.meanings[word] for word in kept if word in self.meanings}
        first: dict[str, str] = {}
        for word, meant in self.meanings.items():
            first.setdefault(meant, word)
        missing = wanted - said
        if unknown := sorted(missing - first.keys()):
            raise Unsayable(self.field, unknown[0], f"no value of `{self.field}` means `{unknown[0]}`")
        return kept | {first[meant] for meant in missing}


class Fallback:
    """What becomes of a person whom the other side does not know (people.fallback)."""

    LEAVE = "leave"  # the other side stays as it is
    CLEAR = "clear"  # nobody is assigned there


@dataclass(frozen=True, slots=True)
class PersonLens:
    """An assignee. Ours is the e-mail address; `table` names those whose address a vendor hides or who differ.

    `put` of an address that the table does not know returns a Person without id: the shell asks the vendor for the id
    (`Connector.person`) before it writes.
    """

    field: str
    kind: Kind = Kind.PERSON
    ids: Mapping[str, str] = dataclasses.field(default_factory=dict)  # our address -> this vendor's id or address
    fallback: str = Fallback.LEAVE

    def get(self, theirs: Value) -> Meaning:
        if theirs is None:
            return None
        if not isinstance(theirs, Person):
            raise Unsayable(self.field, theirs, f"`{theirs}` is no person")
        for address, known in self.ids.items():
            if known == theirs.id or (theirs.email and known.lower() == theirs.email.lower()):
                return address
        if theirs.email:
            return theirs.email.lower()
        name = theirs.name or theirs.id
        raise Unsayable(self.field, name, f"the address of {name} is hidden: add them to `people.table`")

    def put(self, meaning: Meaning, theirs: Value = None) -> Value:
        try:
            if self.get(theirs) == meaning:
                return theirs
        except Unsayable:
            pass
        match meaning:
            case None:
                return None
            case str():
                known = self.ids.get(meaning.lower(), "")
                if "@" in known:
                    return Person(id="", email=known.lower())
                return Person(id=known, email=meaning.lower())
            case bool() | Decimal() | date() | frozenset():
                raise Unsayable(self.field, meaning, f"`{meaning}` is no e-mail address")
            case _:
                assert_never(meaning)


Lens: TypeAlias = PlainLens | ChoiceLens | WordsLens | PersonLens
