"""The policy in words that a person reads without knowing its file: conditions, hours, reminders, spans.

Every text here is plain: whoever shows it escapes it, for names and words are the admin's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import assert_never

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
from syncd.core.contract import Reminder
from syncd.core.hours import ALWAYS, Hours, Span
from syncd.core.milestones import Happened
from syncd.core.severity import WORST_FIRST, Severity
from syncd.core.signals import CHURN, IDLE, REPEATED, SENTIMENT, SLA_RISK, UNANSWERED

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
SMALLER = (("h", 3600), ("min", 60), ("s", 1))
SIGNALS: Mapping[str, str] = {
    SENTIMENT: "how the customer's words sound",
    CHURN: "the customer threatens to leave",
    REPEATED: "tickets of the same customer lately",
    UNANSWERED: "the customer's comments since the last answer",
    IDLE: "hours without an answer or a step",
    SLA_RISK: "hours until the helpdesk's own SLA is breached",
}
"""What each signal is; of all but `CHURN` a number."""


def listed(words: Iterable[str], *, last: str = "and") -> str:
    """ "a", "a and b", "a, b and c"."""
    *first, end = [*words] or [""]
    return f"{', '.join(first)} {last} {end}" if first else end


def span(time: timedelta) -> str:
    """A promise as admins write it: "30 min", "8 h", "1 d 12 h"."""
    return _units(time, ("d", 86400), *SMALLER)


def in_hours(time: timedelta) -> str:
    """The same without days, for time of which only some hours count: 1d of office hours is "24 h"."""
    return _units(time, *SMALLER)


def within(time: timedelta, hours: Hours) -> str:
    """How long something may take, as people understand it."""
    return span(time) if hours == ALWAYS else in_hours(time)


def _units(time: timedelta, *units: tuple[str, int]) -> str:
    seconds, parts = round(time.total_seconds()), []
    for unit, size in units:
        number, seconds = divmod(seconds, size)
        parts += [f"{number} {unit}"] if number else []
    return " ".join(parts) or "0 s"


# --- conditions -------------------------------------------------------------------------------------------------------


def asked(conditions: Iterable[Condition], signals: frozenset[str] = frozenset()) -> str:
    """Everything that must hold, as one sentence without its full stop.

    Args:
        signals: the names that are signals here, and no fields.
    """
    return listed([_condition(one, one.field in signals) for one in conditions]) or "every ticket"


def _condition(condition: Condition, is_signal: bool) -> str:
    if is_signal and condition.field == CHURN and condition.tests == (IsSet(True),):
        return SIGNALS[CHURN]
    name = condition.field
    if name.startswith(OWN):
        name = f"the helpdesk's {name.removeprefix(OWN)}"
    if is_signal and name in SIGNALS:
        name = f"{name} ({SIGNALS[name]})"
    return f"{name} {listed(_test(test) for test in condition.tests)}"


def _test(test: Test) -> str:
    match test:
        case AnyOf(words):
            return f"is {_choice(words)}" if len(words) == 1 else f"is one of {_choice(words)}"
        case AllOf(words):
            return f"has {listed(sorted(words))}"
        case NoneOf(words):
            return f"is not {_choice(words)}"
        case Contains(texts):
            return f"contains {listed(map(quoted, texts), last='or')}"
        case HasWords(phrases):
            return f"says {listed((quoted(' '.join(phrase)) for phrase in phrases), last='or')}"
        case AtLeast(number):
            return f"is {_number(number)} or more"
        case AtMost(number):
            return f"is {_number(number)} or less"
        case IsSet(wanted):
            return "is set" if wanted else "is empty"
        case _:
            assert_never(test)


def _choice(words: Iterable[str]) -> str:
    return listed(sorted(words), last="or")


def facts(happened: Collection[Happened]) -> str:
    """Kinds of facts in the order in which they come on the way of a case."""
    return listed(str(what).replace("_", " ") for what in Happened if what in happened)


def quoted(text: str) -> str:
    return f"“{text}”"


def _number(number: Decimal) -> str:
    return f"{number.normalize():f}"


def tickets(severities: frozenset[Severity], when: Iterable[Condition], signals: frozenset[str]) -> str:
    """Which tickets something is for, by severity and condition; "" for all."""
    which = [listed(str(one) for one in WORST_FIRST if one in severities)] if severities else []
    conditions = tuple(when)
    which += [f"where {asked(conditions, signals)}"] if conditions else []
    return " ".join(which)


# --- time -------------------------------------------------------------------------------------------------------------


def hours(one: Hours) -> str:
    """ "Mon-Fri 09:00-17:00, Europe/Berlin, not on 2026-12-25"; "at any time"."""
    if one.week == ALWAYS.week and not one.holidays:
        return "at any time"
    days = ", ".join(f"{_days(first, end)} {' '.join(map(_span, spans))}" for first, end, spans in _runs(one.week))
    return f"{days}, {one.zone}" + (f", not on {listed(day_list(one.holidays))}" if one.holidays else "")


def _runs(week: Sequence[tuple[Span, ...]]) -> list[tuple[int, int, tuple[Span, ...]]]:
    """Days in a row that are open alike: the first, the last, and their spans."""
    found: list[tuple[int, int, tuple[Span, ...]]] = []
    for number, spans in enumerate(week):
        if spans and found and found[-1][1] == number - 1 and found[-1][2] == spans:
            found[-1] = (found[-1][0], number, spans)
        elif spans:
            found.append((number, number, spans))
    return found


def _days(first: int, end: int) -> str:
    return DAYS[first] if first == end else f"{DAYS[first]}-{DAYS[end]}"


def _span(one: Span) -> str:
    return f"{_wall(one.start)}-{_wall(one.end)}"


def _wall(time: timedelta) -> str:
    minutes = int(time.total_seconds()) // 60
    return f"{minutes // 60:02}:{minutes % 60:02}"


def day_list(days: Iterable[date]) -> list[str]:
    return [day.isoformat() for day in sorted(days)]


def reminder(one: Reminder) -> str:
    """When somebody is reminded: "75 % of the time is used", "15 min are left"."""
    if one.left is not None:
        return f"{span(one.left)} are left"
    return f"{_number((one.share or Decimal(1)) * 100)} % of the time is used"
