"""Everything that must be shown on both tickets: taken from the code where it lists something, so that a new word asks
for a new scene; what the code does not list stands at its group. Each thing knows what proves it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import get_args
from zoneinfo import ZoneInfo

from syncd.core import conditions, lookup, signals
from syncd.core.approval import Otherwise
from syncd.core.conditions import Condition
from syncd.core.consent import ANSWERS
from syncd.core.contract import Acceptance, ClockName
from syncd.core.deeds import DEEDS, Purpose
from syncd.core.handback import BY_SUPPORT, TOLD, UNTOLD
from syncd.core.hours import Hours
from syncd.core.mapping import Mapping as Rules
from syncd.core.messages import SAID as SAID_OF
from syncd.core.milestones import Happened, Milestone
from syncd.core.model import Side
from syncd.core.owners import Member, Named, OwnersPolicy, names
from syncd.core.packet import OnMissing
from syncd.core.severity import SeverityRule
from syncd.mapping.contract import WORDS
from syncd.store.records import Link

H = Happened


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one look at a case and its issue found.

    Attributes:
        regraded: severity or rule are others than at the last look.
        new: the facts since then; `history` is all of them.
        beside: the facts of all other tickets.
        agents, engineers: what syncd wrote since then.
    """

    mapping: Rules
    link: Link
    regraded: bool
    new: tuple[Milestone, ...]
    history: tuple[Milestone, ...]
    beside: tuple[Milestone, ...]
    agents: tuple[str, ...]
    engineers: tuple[str, ...]

    def has(self, what: Happened, *, source: str = "", detail: str | None = None) -> bool:
        """Whether a fact is new whose source begins so."""
        return any(
            fact.what is what and fact.source.startswith(source) and detail in (None, fact.detail) for fact in self.new
        )

    @property
    def rule(self) -> SeverityRule | None:
        """The rule that has just given the ticket its severity."""
        policy = self.mapping.escalation
        rules = policy.severities.rules if policy and self.regraded else ()
        return next((one for one in rules if one.name == self.link.severity_rule), None)

    def asked(self, test: Callable[[Condition], bool]) -> bool:
        """Whether that rule asks something of this kind."""
        return self.rule is not None and any(test(condition) for condition in self.rule.when)

    @property
    def named(self) -> Sequence[Named]:
        """Those whom syncd named since the last look."""
        return names(self.new)


Proof = Callable[[Evidence], bool]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One thing, in its group and by its name; `fact` is the kind of fact that shows it, where it is one alone."""

    group: str
    name: str
    proof: Proof = field(compare=False, repr=False)
    fact: Happened | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"{self.group}: {self.name}"


# --- what makes a ticket bad ------------------------------------------------------------------------------------------

TRIGGERS = "What makes a ticket bad"
_TESTS = MappingProxyType(
    {
        conditions.AnyOf: "any",
        conditions.AllOf: "all",
        conditions.NoneOf: "none",
        conditions.Contains: "contains",
        conditions.HasWords: "words",
        conditions.AtLeast: "at_least",
        conditions.AtMost: "at_most",
        conditions.IsSet: "set",
    }
)
_SOURCES = MappingProxyType({lookup.Csv: "a table (CSV)", lookup.Web: "another system (HTTP)"})
ASKED = MappingProxyType(
    {
        "kind": "the issue type",
        "title": "keywords",
        "service": "the affected service",
        "users": "the number of users affected",
        "tier": "the customer's tier, in a field",
    }
)
"""Fields of the helpdesk in the scenes, and what they stand for: what the policy must be able to ask for."""


def test(kind: type[conditions.Test]) -> Wanted:
    """A rule that asks a field so."""
    proof: Proof = lambda seen: seen.asked(lambda one: any(isinstance(each, kind) for each in one.tests))  # noqa: E731
    return Wanted(TRIGGERS, f"a rule with the test `{_TESTS[kind]}`", proof)


def asks(name: str) -> Wanted:
    return Wanted(
        TRIGGERS, f"a rule that asks for {ASKED[name]}", lambda seen: seen.asked(lambda one: one.field == name)
    )


def signal(name: str) -> Wanted:
    return Wanted(TRIGGERS, f"the signal `{name}`", lambda seen: seen.asked(lambda one: one.field == name))


def looked_up(source: type[lookup.Source]) -> Wanted:
    def proof(seen: Evidence) -> bool:
        policy = seen.mapping.signals
        found = {one.name for one in policy.lookups if isinstance(one.source, source)} if policy else set()
        return seen.asked(lambda one: one.field in found)

    return Wanted(TRIGGERS, f"what {_SOURCES[source]} says of the customer", proof)


OVERRIDE = Wanted(
    TRIGGERS,
    "an agent's own word, over every rule",
    lambda seen: seen.regraded and seen.link.severity_rule == "override",
)
REGRADED = Wanted(
    TRIGGERS,
    "another severity, after the issue was made",
    lambda seen: (
        seen.regraded and all(any("it was sev" in line for line in side) for side in (seen.agents, seen.engineers))
    ),
)

# --- what keeps it in support -----------------------------------------------------------------------------------------

GATES = "What keeps a ticket in support"
COMMAND = "stated:"
LATE = "late:"


def evidence(missing: OnMissing) -> Wanted:
    def held(seen: Evidence) -> bool:
        return seen.has(H.HELD) and seen.link.refs.engineering is None

    def warned(seen: Evidence) -> bool:
        return seen.has(H.ESCALATED) and bool(seen.mapping.packet)

    hold = missing is OnMissing.HOLD
    return Wanted(
        GATES,
        f"evidence is missing, and the policy says `{missing}`",
        held if hold else warned,
        H.HELD if hold else None,
    )


def by_command(answer: Happened) -> Wanted:
    return Wanted(GATES, f"{answer} by a command", lambda seen: seen.has(answer, source=COMMAND))


def unanswered(otherwise: Otherwise) -> Wanted:
    answer = H.REFUSED if otherwise is Otherwise.REFUSE else H.APPROVED
    return Wanted(
        GATES, f"nobody answers, and the policy says `{otherwise}`", lambda seen: seen.has(answer, source=LATE)
    )


ASKED_ONCE = Wanted(GATES, "somebody must approve it", lambda seen: seen.has(H.APPROVAL_ASKED), H.APPROVAL_ASKED)
NOT_ALLOWED = Wanted(
    GATES, "somebody answers who may not", lambda seen: not seen.new and any("to say" in line for line in seen.agents)
)

# --- what people say --------------------------------------------------------------------------------------------------

SAID = "What people say"
_WORDS = MappingProxyType(
    {
        "accept": H.ACCEPTED,
        "return_": H.RETURNED,
        "resubmit": H.RESUBMITTED,
        "reviewed": H.REVIEWED,
        "approve": H.APPROVED,
        "refuse": H.REFUSED,
        "route": H.ASSIGNED,
    }
)
_SIDES = MappingProxyType({Side.SUPPORT: "the ticket", Side.ENGINEERING: "the issue"})
_ON_BOTH = ("reviewed", "route")


def word(name: str, side: Side | None = None) -> Wanted:
    """A comment that begins with a word of the contract."""
    where = f", on {_SIDES[side]}" if side else ""

    def proof(seen: Evidence) -> bool:
        if name == "route":
            return any(one.cause.startswith(f"{side}:") for one in seen.named)
        sources = [f"{each}:" for each in Side if side in (None, each)]
        return any(seen.has(_WORDS[name], source=source) for source in sources)

    begins = getattr(Acceptance(), "give_back" if name == "return_" else name)
    return Wanted(SAID, f"a comment that begins with `{begins}`{where}", proof, _WORDS[name])


def signed(purpose: Purpose) -> Wanted:
    fact = DEEDS[purpose]
    return Wanted(
        SAID, f"the button of a signed link for `{purpose}`", lambda seen: seen.has(fact, source="signed:"), fact
    )


def taken_by(how: str) -> Wanted:
    def proof(seen: Evidence) -> bool:
        return any(fact.what is H.ACCEPTED and fact.detail.startswith(how) for fact in seen.new)

    return Wanted(SAID, f"accepted {how}", proof, H.ACCEPTED)


TAKEN, STARTED = taken_by("by taking it"), taken_by("by the status")
AGAIN = Wanted(
    SAID,
    "returned once more, which is flagged",
    lambda seen: seen.has(H.RETURNED) and any("for the 2nd time" in line for line in seen.agents),
    H.RETURNED,
)
CUSTOMER_TOLD = Wanted(SAID, "an agent answers the customer", lambda seen: seen.has(H.TOLD), H.TOLD)
CUSTOMER_COMMANDS = Wanted(
    SAID, "a customer writes such a word, which counts nothing", lambda seen: not (seen.new or seen.agents)
)

# --- clocks -----------------------------------------------------------------------------------------------------------

CLOCKS = "Clocks"
RINGS = MappingProxyType({H.REMINDED: "soon runs out", H.BREACHED: "has run out"})


def clock(name: ClockName, what: Happened) -> Wanted:
    return Wanted(CLOCKS, f"the clock `{name}` {RINGS[what]}", lambda seen: seen.has(what, detail=str(name)), what)


STILL = Wanted(
    CLOCKS,
    "a clock stood still while its pause held, and goes on",
    lambda seen: seen.has(H.RESUMED) and not _rang(seen),
    H.RESUMED,
)


def _rang(seen: Evidence) -> bool:
    return any(seen.has(what) for what in RINGS)


# --- whose it is ------------------------------------------------------------------------------------------------------

OWNERS = "Whose it is"


def named(name: str, test: Callable[[Evidence, Named], bool], what: Happened = H.ASSIGNED) -> Wanted:
    """Somebody was named by syncd, and in this way."""
    proof: Proof = lambda seen: any(one.fact.what is what and test(seen, one) for one in seen.named)  # noqa: E731
    return Wanted(OWNERS, name, proof, what)


PRIMARY = named("the primary of the team", lambda seen, one: one.role == "primary" and one.who == _first(seen))
SKILLED = named(
    "who has the skills", lambda seen, one: _people(seen)[one.who].skills > _people(seen)[_first(seen)].skills
)
LEAST = named(
    "who has least in hand",
    lambda seen, one: one.who != _first(seen) and any(other.who == _first(seen) for other in names(seen.beside)),
)
AT_WORK = named(
    "who is at work now",
    lambda seen, one: not _people(seen)[_first(seen)].is_at_work(one.fact.at) and not _is_away(seen, one, _first(seen)),
)
PRESENT = named("who is not absent", lambda seen, one: one.who != _first(seen) and _is_away(seen, one, _first(seen)))
GENERALIST = named(
    "a generalist, where nobody of the team is there",
    lambda seen, one: one.team == "all" and all(_is_away(seen, one, who) for who in _team(seen)),
)
NOBODY = named(
    "nobody at all", lambda seen, one: not one.who and all(_is_away(seen, one, who) for who in (*_team(seen), "eva"))
)
POOL = named("over its budget, the senior pool", lambda seen, one: one.team == "pool" and "of the day" in one.why)
SECOND = named("nobody took it: the secondary", lambda seen, one: one.role == "secondary", H.TRANSFERRED)
FALLBACK = named("nobody of the team took it: a generalist", lambda seen, one: one.team == "all", H.TRANSFERRED)
LEFT = named("nobody took it, and nobody is left", lambda seen, one: not one.who, H.TRANSFERRED)
MAY_NOT_ROUTE = Wanted(
    OWNERS,
    "somebody routes who may not",
    lambda seen: not seen.named and any("not changed" in line for line in (*seen.agents, *seen.engineers)),
)


def _owners(seen: Evidence) -> OwnersPolicy:
    policy = seen.mapping.escalation
    assert policy is not None
    assert policy.owners is not None
    return policy.owners


def _people(seen: Evidence) -> Mapping[str, Member]:
    return _owners(seen).people


def _team(seen: Evidence) -> tuple[str, ...]:
    """The team of the first rule."""
    return _owners(seen).teams[_owners(seen).rules[0].team].members


def _first(seen: Evidence) -> str:
    """Who would be named if nothing spoke against it."""
    return _team(seen)[0]


def _is_away(seen: Evidence, one: Named, who: str) -> bool:
    return _people(seen)[who].is_absent(one.fact.at)


# --- the end ----------------------------------------------------------------------------------------------------------

END = "When it is done"
_CLOSED = MappingProxyType(
    {
        TOLD: "closed by syncd, after the customer was told",
        UNTOLD: "solved by its agent, and the customer was not told",
        BY_SUPPORT: "solved by its agent, which makes the issue done",
    }
)


def closed(detail: str) -> Wanted:
    return Wanted(END, _CLOSED[detail], lambda seen: seen.has(H.CLOSED, detail=detail), H.CLOSED)


def rated(source: str, name: str) -> Wanted:
    return Wanted(END, f"the customer's score, {name}", lambda seen: seen.has(H.RATED, source=source), H.RATED)


HANDED_BACK = Wanted(
    END, "the ticket comes back with a draft", lambda seen: seen.has(H.HANDED_BACK) and seen.has(H.DONE), H.HANDED_BACK
)
TAKEN_BACK = Wanted(
    END, "the issue is opened again: the draft is taken back", lambda seen: seen.has(H.REOPENED), H.REOPENED
)
THANKS = Wanted(
    END,
    "the customer opens the ticket again",
    lambda seen: not seen.new and any("open again" in line for line in seen.agents),
)
CROWD = Wanted(
    END,
    "more customers wait for the same issue",
    lambda seen: any("customers wait" in line for line in seen.engineers),
)
IN_FIELD, TOLD_SYNCD = rated("field:", "in a field of the ticket"), rated("told:", "told by a command")
LOW = Wanted(END, "a low score: somebody is asked to call", lambda seen: seen.has(H.FOLLOW_UP), H.FOLLOW_UP)

# --- the calendar -----------------------------------------------------------------------------------------------------

CALENDAR = "Nights, holidays and seconds"
ZONES = ("Europe/Berlin", "Australia/Sydney")
CHANGES = MappingProxyType({"forward": 1, "back": -1})


def night(zone: str, change: str) -> Wanted:
    """A clock runs out after a night in which the clocks of that place went forward or back."""

    def proof(seen: Evidence) -> bool:
        begun, ended = _span(seen)
        return begun is not None and ended is not None and _moved(begun, ended, ZoneInfo(zone)) == CHANGES[change]

    return Wanted(CALENDAR, f"a night in which the clocks go {change}, {zone}", proof)


def _moved(begun: datetime, ended: datetime, zone: ZoneInfo) -> int:
    """By how many hours the clocks of a place went forward between two moments."""
    before, after = (at.astimezone(zone).utcoffset() or timedelta(0) for at in (begun, ended))
    return (after - before) // timedelta(hours=1)


def _span(seen: Evidence) -> tuple[datetime | None, datetime | None]:
    """From the escalation to a breach that is new."""
    begun = next((fact.at for fact in seen.history if fact.what is H.ESCALATED), None)
    return begun, next((fact.at for fact in seen.new if fact.what is H.BREACHED), None)


def _over_a_holiday(seen: Evidence) -> bool:
    begun, ended = _span(seen)
    if begun is None or ended is None:
        return False
    return any(
        begun < datetime(day.year, day.month, day.day, 12, tzinfo=hours.zone) < ended
        for hours in _hours(seen)
        for day in hours.holidays
    )


def _hours(seen: Evidence) -> list[Hours]:
    contract = seen.mapping.contract
    return [target.hours for targets in contract.targets.values() for target in targets] if contract else []


def _breaches(facts: Sequence[Milestone]) -> list[datetime]:
    return [fact.at for fact in facts if fact.what is H.BREACHED]


HOLIDAY = Wanted(CALENDAR, "a holiday between", _over_a_holiday)
SAME_SECOND = Wanted(
    CALENDAR,
    "two clocks of a ticket run out in the same second",
    lambda seen: len(_breaches(seen.new)) == 2 and len(set(_breaches(seen.new))) == 1,
)
SAME_SECOND_TWO = Wanted(
    CALENDAR,
    "the clocks of two tickets run out in the same second",
    lambda seen: bool(set(_breaches(seen.new)) & set(_breaches(seen.beside))),
)

# --- all of it --------------------------------------------------------------------------------------------------------

FACTS = "What else happens"


def fact(what: Happened) -> Wanted:
    """A fact that no other group is about."""
    return Wanted(FACTS, SAID_OF[what], lambda seen: seen.has(what), what)


_GROUPS: Mapping[str, Sequence[Wanted]] = {
    TRIGGERS: [
        *(test(kind) for kind in get_args(conditions.Test)),
        *(asks(name) for name in ASKED),
        *(signal(name) for name in signals.NAMES),
        *(looked_up(source) for source in get_args(lookup.Source)),
        OVERRIDE,
        REGRADED,
    ],
    GATES: [
        *(evidence(missing) for missing in OnMissing),
        ASKED_ONCE,
        NOT_ALLOWED,
        *(by_command(answer) for answer in ANSWERS),
        *(unanswered(otherwise) for otherwise in Otherwise),
    ],
    SAID: [
        *(word(name) for name in WORDS if name not in _ON_BOTH),
        *(word(name, side) for name in WORDS if name in _ON_BOTH for side in Side),
        *(signed(purpose) for purpose in DEEDS),
        TAKEN,
        STARTED,
        AGAIN,
        CUSTOMER_TOLD,
        CUSTOMER_COMMANDS,
    ],
    CLOCKS: [*(clock(name, what) for name in ClockName for what in RINGS), STILL],
    OWNERS: [
        PRIMARY, SKILLED, LEAST, AT_WORK, PRESENT, GENERALIST, NOBODY, POOL, SECOND, FALLBACK, LEFT, MAY_NOT_ROUTE
    ],
    END: [
        HANDED_BACK,
        *(closed(detail) for detail in _CLOSED),
        TAKEN_BACK,
        THANKS,
        CROWD,
        IN_FIELD,
        TOLD_SYNCD,
        LOW,
    ],
    CALENDAR: [*(night(zone, change) for zone in ZONES for change in CHANGES), HOLIDAY, SAME_SECOND, SAME_SECOND_TWO],
}  # fmt: skip
_ELSEWHERE = {one.fact for group in _GROUPS.values() for one in group}

WANTED: tuple[Wanted, ...] = (
    *(one for group in _GROUPS.values() for one in group),
    *(fact(what) for what in Happened if what not in _ELSEWHERE),
)
