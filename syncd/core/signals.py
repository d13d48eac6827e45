"""Signals: what is known of a ticket beside its own fields, under names that every rule and template may ask for.

They travel *with* the fields of the helpdesk, under names of their own, so that whoever is given a ticket's fields is
given them too. What makes them is in `listen`; this module says what there is, and what must be known for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from syncd.core.lookup import EMAIL, Lookup
from syncd.core.model import Fields, Pair, Value
from syncd.core.sentiment import Found, Lexicon

SENTIMENT = "sentiment"  # a number: below zero for anger, above it for praise
CHURN = "churn"  # the words with which the customer threatens to leave
REPEATED = "repeated"  # tickets of the same customer in the last days, this one too
UNANSWERED = "unanswered"  # the customer's comments since the last answer
IDLE = "idle"  # hours without an answer or a step; empty once it is done
SLA_RISK = "sla_risk"  # hours until the helpdesk's own SLA is breached; negative after it
NAMES = (SENTIMENT, CHURN, REPEATED, UNANSWERED, IDLE, SLA_RISK)
NUMBERS = frozenset({SENTIMENT, REPEATED, UNANSWERED, IDLE, SLA_RISK})
IN_COMMENTS = frozenset({SENTIMENT, CHURN, UNANSWERED, IDLE})
"""Those that what people say in comments changes."""
BY_TIME = frozenset({IDLE, SLA_RISK})
"""Those that become another number while nothing happens."""

_VALUE = "signal:"
_WHY = "signal why:"
"""How their names begin among a ticket's fields: no vendor has such a name, and no mapping can write one."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One value, and what made it so, for `syncd why`."""

    value: Value
    why: str = ""


@dataclass(frozen=True, slots=True)
class Repeated:
    """Whose tickets are counted (as `Lookup.by`), and how far back."""

    by: str
    within: timedelta


@dataclass(frozen=True, slots=True)
class SignalPolicy:
    """What is made for the tickets of one mapping.

    Attributes:
        asked: the names that some rule or template asks for; nothing else is made, looked up or read for.
        sla: the helpdesk's field, or the entry of `fields`, that says until when its own SLA holds; "" for none.
        moments: hours at which a signal of `BY_TIME` makes a rule hold or not any more.
    """

    asked: frozenset[str] = frozenset()
    lexicon: Lexicon = field(default_factory=Lexicon)
    repeated: Repeated = Repeated(EMAIL, timedelta(days=30))
    sla: str = ""
    lookups: tuple[Lookup, ...] = ()
    moments: Mapping[str, tuple[timedelta, ...]] = field(default_factory=dict)

    @property
    def reads_comments(self) -> bool:
        return bool(self.asked & IN_COMMENTS)

    @property
    def remembers(self) -> bool:
        """Whether anything must be kept of a ticket from one look to the next."""
        return bool(self.asked)


@dataclass(frozen=True, slots=True)
class Standing:
    """What is remembered of a ticket between two looks.

    Attributes:
        moved: when somebody last answered or changed a status; None before the first look.
        statuses: what both sides said then, in their own words.
        unanswered: the customer's comments since the last answer.
        said: what was found in each of the customer's comments, the newest first; None where none was read yet.
        due: until when the helpdesk's own SLA holds.
    """

    moved: datetime | None = None
    statuses: Pair[str] = field(default_factory=lambda: Pair("", ""))
    done: bool = False
    unanswered: int = 0
    said: tuple[tuple[Found, ...], ...] | None = None
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """What the store and other systems know of a ticket's customer, as far as a rule asks for it.

    Attributes:
        lookups: by name.
        tickets: how many the same customer wrote lately, this one too; `customer` says who that is.
    """

    standing: Standing = field(default_factory=Standing)
    lookups: Mapping[str, Signal] = field(default_factory=dict)
    tickets: int = 0
    customer: str = ""


def carried(fields: Fields, signals: Mapping[str, Signal]) -> Fields:
    """A ticket's fields with its signals beside them."""
    values = {f"{_VALUE}{name}": signal.value for name, signal in signals.items()}
    reasons: Fields = {f"{_WHY}{name}": signal.why for name, signal in signals.items() if signal.why}
    return {**fields, **values, **reasons}


def signal_in(fields: Fields, name: str) -> Signal | None:
    """The signal of this name, where there is one."""
    if _VALUE + name not in fields:
        return None
    return Signal(fields[_VALUE + name], str(fields.get(_WHY + name, "")))


def signals_in(fields: Fields) -> Mapping[str, Signal]:
    """All of them by name."""
    names = [name.removeprefix(_VALUE) for name in fields if name.startswith(_VALUE)]
    return {name: found for name in names if (found := signal_in(fields, name))}


def own_of(fields: Fields) -> Fields:
    """The helpdesk's own fields alone."""
    return {name: value for name, value in fields.items() if not name.startswith((_VALUE, _WHY))}
