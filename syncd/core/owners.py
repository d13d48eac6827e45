"""Who takes work and when they are there: people, teams, routing, transfer and budgets of `escalation.yaml`, as values.

Whom one ticket goes to is decided in `routing`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from syncd.core.conditions import Condition
from syncd.core.hours import Hours, counted
from syncd.core.milestones import Happened, Milestone
from syncd.core.severity import Severity

MOMENT = timedelta(seconds=1)
NAMING = (Happened.ASSIGNED, Happened.TRANSFERRED)


@dataclass(frozen=True, slots=True)
class Absence:
    """Days on which somebody is away, both of them and all between."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of a team; `hours` are in their own zone, in which their days of absence are counted too."""

    name: str
    email: str
    hours: Hours
    skills: frozenset[str] = frozenset()
    absent: tuple[Absence, ...] = ()

    def is_absent(self, now: datetime) -> bool:
        today = now.astimezone(self.hours.zone).date()
        return any(away.first <= today <= away.last for away in self.absent)

    def is_at_work(self, now: datetime) -> bool:
        return not self.is_absent(now) and counted(self.hours, now, now + MOMENT) > timedelta(0)


@dataclass(frozen=True, slots=True)
class Team:
    """`members` are names of people: primary, secondary and so on. `skills` are those of each of them."""

    name: str
    members: tuple[str, ...]
    skills: frozenset[str] = frozenset()
    fallback: str = ""

    def role(self, name: str) -> str:
        place = self.members.index(name)
        return ("primary", "secondary")[place] if place < 2 else f"backup {place - 1}"


@dataclass(frozen=True, slots=True)
class RoutingRule:
    """Tickets that go to a team. `place` are keys of the tracker's that override the mapping's `create`."""

    name: str
    team: str
    when: tuple[Condition, ...] = ()
    severities: frozenset[Severity] = frozenset()
    skills: frozenset[str] = frozenset()
    place: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long somebody has to take what they were given, in time that counts by `hours`."""

    within: timedelta
    hours: Hours


@dataclass(frozen=True, slots=True)
class Budget:
    """How many escalations a team is given on one day of `zone`; those beyond it go to the team `over`."""

    name: str
    team: str
    per_day: int
    zone: ZoneInfo
    over: str
    severities: frozenset[Severity] = frozenset()


@dataclass(frozen=True)
class OwnersPolicy:
    """Everything about people.

    Attributes:
        internal, customer: the tracker's and the helpdesk's field that says who works on it; "" for none.
        route: names of the people who may change the route.
        rules: the first that holds decides.
    """

    people: Mapping[str, Member] = field(default_factory=dict)
    teams: Mapping[str, Team] = field(default_factory=dict)
    internal: str = ""
    customer: str = ""
    route: tuple[str, ...] = ()
    rules: tuple[RoutingRule, ...] = ()
    transfer: Mapping[Severity, Patience] = field(default_factory=dict)
    budgets: tuple[Budget, ...] = ()

    def budget(self, team: str, severity: Severity | None) -> Budget | None:
        fitting = (one for one in self.budgets if one.team == team)
        return next((one for one in fitting if not one.severities or severity in one.severities), None)

    def expanded(self, names: Iterable[str]) -> tuple[str, ...]:
        """People, and the members of teams, each once and in order."""
        found = [self.teams[name].members if name in self.teams else (name,) for name in names]
        return tuple(dict.fromkeys(person for persons in found for person in persons))


# --- whom syncd named -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Named:
    """A fact of naming, read again.

    Attributes:
        who: a name of `people`; "" where nobody could be named.
        id: the tracker's id of that person.
        team, role, why: what its `detail` holds, "TEAM: ROLE; WHY".
        number: counts these facts of a link; `cause` names the comment that asked for it.
    """

    fact: Milestone
    who: str
    id: str
    team: str
    role: str
    why: str
    number: int
    cause: str


def naming(
    what: Happened, who: str, at: datetime, *, id: str, team: str, role: str, why: str, number: int, cause: str
) -> Milestone:
    """The fact that somebody was named; `Named` reads it."""
    return Milestone(what, at, who, f"{team}: {role}; {why}", f"{number}|{id}|{cause}")


def names(history: Iterable[Milestone]) -> tuple[Named, ...]:
    """Everybody whom syncd named, in the order in which it did."""
    return tuple(_named(fact) for fact in history if fact.what in NAMING)


def last_named(history: Iterable[Milestone]) -> Named | None:
    return next(iter(reversed(names(history))), None)


def _named(fact: Milestone) -> Named:
    team, _, rest = fact.detail.partition(": ")
    role, _, why = rest.partition("; ")
    number, _, rest = fact.source.partition("|")
    id_, _, cause = rest.rpartition("|")
    return Named(fact, fact.who, id_, team, role, why, int(number), cause)
