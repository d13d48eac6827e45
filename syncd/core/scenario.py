"""A rehearsed incident as a value: the ticket with which it begins, and what people do one after the other.

Who plays it is not said here; which incident it is where nobody wrote one is in `incident`, how a file becomes one in
`syncd.mapping.scenario`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from syncd.core.lens import Meaning, Unsayable
from syncd.core.mapping import FieldRule
from syncd.core.milestones import Happened, Milestone
from syncd.core.model import Fields, Kind, Side, Value

CUSTOMER, AGENT, ENGINEER = "customer", "agent", "engineer"
ROLES = (CUSTOMER, AGENT, ENGINEER)
"""Who may act, beside the names of `people`."""


@dataclass(frozen=True, slots=True)
class Until:
    """A fact that is waited for. `about` is the clock of a reminder or breach; "" for any."""

    what: Happened
    about: str = ""

    def __str__(self) -> str:
        return f"{self.what} {self.about}".strip()

    def is_met(self, fact: Milestone) -> bool:
        return fact.what is self.what and (not self.about or fact.detail == self.about)


@dataclass(frozen=True, slots=True)
class Step:
    """One deed of one person.

    Attributes:
        who: one of `ROLES`, or a name of `people`.
        side: of which ticket.
        after: how long after the step before, or after `until` has happened.
        says: a comment; "" for none. `public` says that the customer may read it.
        sets: entries of the mapping's `fields` -> what they mean, or fields of that side in its own words.
        takes: they name themselves on the issue.
    """

    who: str
    side: Side
    after: timedelta = timedelta(0)
    until: Until | None = None
    says: str = ""
    public: bool = False
    sets: Mapping[str, str] = field(default_factory=dict)
    takes: bool = False


@dataclass(frozen=True, slots=True)
class Opening:
    """The ticket of the customer.

    Attributes:
        fields: in the helpdesk's own words, title and description among them.
        rule: the severity rule that was looked for; "" where none can be satisfied by what a ticket says.
        lift: what an agent sets so that a rule under `escalate` takes it, where none does by itself.
        override: what an agent sets so that it has the severity, where no rule gives it.
    """

    fields: Fields
    rule: str = ""
    lift: Fields = field(default_factory=dict)
    override: Fields = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Incident:
    """Everything that people do; the rest is the engine's."""

    name: str
    opening: Opening
    steps: tuple[Step, ...]


def value_of(rule: FieldRule, side: Side, word: str) -> Value:
    """What a word of a scenario is on a side; several labels are parted by commas.

    Raises:
        Unsayable: that side has no word for it.
    """
    return rule.lenses[side].put(_meaning(rule.name, rule.kind, word))


def own_value(name: str, kind: Kind, word: str) -> Value:
    """The same for a field of a side in its own words.

    Raises:
        Unsayable: the field takes another sort of value.
    """
    return _meaning(name, kind, word)


def _meaning(name: str, kind: Kind, word: str) -> Meaning:
    try:
        match kind:
            case Kind.LABELS | Kind.MULTI_CHOICE:
                return frozenset(part.strip() for part in word.split(",") if part.strip())
            case Kind.NUMBER:
                return Decimal(word)
            case Kind.DATE:
                return date.fromisoformat(word)
            case _:
                return word
    except (InvalidOperation, ValueError):
        raise Unsayable(name, word, f"`{word}` is no {kind}") from None
