"""What the metrics are made of: cases, tickets, carried changes, and the window they are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from syncd.core.contract import ClockName, Contract
from syncd.core.facets import Facets, Seen
from syncd.core.hours import Hours
from syncd.core.milestones import Happened, Milestone
from syncd.core.severity import severity_called
from syncd.core.sla import Clock


@dataclass(frozen=True, slots=True)
class Terms:
    """What is asked for, and by which policy it is counted.

    Attributes:
        since, until: the window, the end not in it; nothing after `until` is known.
        contracts: by the mapping's name.
        check, avoidable, customer, zone: see `MetricsPolicy`.
    """

    since: datetime
    until: datetime
    contracts: Mapping[str, Contract]
    check: timedelta = timedelta(minutes=4)
    avoidable: frozenset[str] = frozenset()
    customer: frozenset[str] | None = None
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))

    def hours(self, case: Case, clock: ClockName) -> Hours | None:
        """When time counts for a clock of this case; None where it has none."""
        contract, severity = self.contracts.get(case.mapping), severity_called(case.facets.severity)
        targets = contract.targets.get(severity, ()) if contract and severity else ()
        return next((target.hours for target in targets if target.clock is clock), None)


@dataclass(frozen=True, slots=True)
class Case:
    """One escalation.

    Attributes:
        issue: names the issue, or "" before there is one.
        tickets: how many tickets hang or hung on that issue.
        began: when a rule asked for the issue.
        history: its facts until the end of the window, in order.
        waits: its clocks, those that are over too.
    """

    link: int
    mapping: str
    issue: str
    tickets: int
    began: datetime
    facets: Facets
    history: tuple[Milestone, ...]
    waits: tuple[Clock, ...] = ()

    def first(self, *whats: Happened) -> datetime | None:
        """When one of these happened first, from the escalation on."""
        return next((fact.at for fact in self.history if fact.what in whats and fact.at >= self.began), None)

    def has(self, what: Happened) -> bool:
        return any(fact.what is what for fact in self.history)

    @property
    def done(self) -> datetime | None:
        """When the issue was done for the last time; None while it is open, also where it was opened again."""
        ends = [fact for fact in self.history if fact.what in (Happened.DONE, Happened.REOPENED)]
        return ends[-1].at if ends and ends[-1].what is Happened.DONE else None


@dataclass(frozen=True, slots=True)
class Ticket:
    """One ticket of support that was opened or held in the window, escalated or not.

    Attributes:
        opened: by the helpdesk's clock, or else when it was seen first.
        held, escalated: when that happened first, if it did.
    """

    link: int
    facets: Facets
    opened: datetime
    held: datetime | None = None
    escalated: datetime | None = None


@dataclass(frozen=True, slots=True)
class Carried:
    """How many changes were carried for one ticket on one day, which begins at `day` in the zone of the policy."""

    facets: Facets
    day: datetime
    changes: int


@dataclass(frozen=True, slots=True)
class Material:
    """Everything of one window.

    Attributes:
        cases: those that began in the window.
        earlier: those that began before and were open when it did: they only count for the queue.
        tickets: those that were opened in the window.
        held: those that were held in the window first.
    """

    cases: tuple[Case, ...] = ()
    earlier: tuple[Case, ...] = ()
    tickets: tuple[Ticket, ...] = ()
    held: tuple[Ticket, ...] = ()
    carried: tuple[Carried, ...] = field(default=())


def facets_of(seen: Iterable[Seen], over: datetime | None, severity: str) -> Facets:
    """What a case counts as: what its ticket was like last, until the issue was done.

    What somebody edits on a ticket that is over changes no number any more. `severity` is taken where nothing was kept.
    """
    rows = list(seen)
    if not rows:
        return Facets(severity=severity)
    before = [row for row in rows if over is None or row.since <= over]
    return (before or rows)[-1 if before else 0].facets
