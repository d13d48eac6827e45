"""What a drill found, as values: what happened, who would be told, which clocks ran, and what an admin should mend."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from syncd.core.contract import ClockName, Contract
from syncd.core.hours import ALWAYS, Hours, after
from syncd.core.metrics.stages import stretches
from syncd.core.milestones import Happened, Milestone, in_order
from syncd.core.model import Side, Word
from syncd.core.severity import Severity
from syncd.core.sla import Clock, clocks


class Sort(Word):
    """What a line of the timeline is about."""

    DEED = "deed"  # of a person of the scenario
    FACT = "fact"  # a milestone
    NOTE = "note"  # what syncd wrote on a ticket
    MESSAGE = "message"  # what syncd would have sent
    WAIT = "wait"  # what was waited for in vain


class Weight(Word):
    """How bad a finding is, the worst first."""

    MEND = "mend"  # a clock ran out and nobody is told of it: the drill failed
    LOOK = "look"  # somebody should decide whether this is meant
    NOTE = "note"  # what a reader of the report must know


@dataclass(frozen=True, slots=True)
class Finding:
    weight: Weight
    text: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the timeline; `who` acts, speaks, or is told."""

    at: datetime
    sort: Sort
    who: str
    text: str


@dataclass(frozen=True, slots=True)
class Told:
    """A message that would have gone out.

    Attributes:
        noted: when its fact was noticed; `sent` when it would have gone out, None where it still waits.
        fact: names the fact, as the outbox does: "breached:accept:2026-...".
        to: who reads it, in words; `recipient` as the rule names it.
        due: not before this moment.
    """

    noted: datetime
    due: datetime
    sent: datetime | None
    channel: str
    recipient: str
    to: str
    rule: str
    audience: str
    fact: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Ran:
    """One wait of a clock, and what became of it; of one that ended in time `due` is as if it had never stood still."""

    clock: ClockName
    hours: str
    within: timedelta
    started: datetime
    due: datetime | None
    ended: datetime | None
    used: timedelta
    reminded: tuple[datetime, ...] = ()
    breached: datetime | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """A comment on one of the two tickets."""

    at: datetime
    side: Side
    who: str
    public: bool
    text: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """One of the two tickets at the end: what it is called, and its fields in that side's own words."""

    side: Side
    label: str
    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Spent:
    """A stage and how long the case was in it altogether."""

    stage: str
    time: timedelta


@dataclass(frozen=True, slots=True)
class Report:
    """Everything, the findings first.

    Attributes:
        graded: how the ticket came to its severity.
        speed: how many times as fast as the wall clock; 0 as fast as it went.
    """

    severity: Severity
    mapping: str
    incident: str
    started: datetime
    ended: datetime
    speed: float
    graded: str
    findings: tuple[Finding, ...]
    events: tuple[Event, ...]
    clocks: tuple[Ran, ...]
    messages: tuple[Told, ...]
    tickets: tuple[Ticket, ...]
    written: tuple[Written, ...]
    stages: tuple[Spent, ...]

    @property
    def failed(self) -> bool:
        """Whether a clock ran out of which nobody is told."""
        return any(finding.weight is Weight.MEND for finding in self.findings)


def ran(contract: Contract, severity: Severity | None, history: Sequence[Milestone], now: datetime) -> Iterator[Ran]:
    """Every wait in the order in which it began."""
    hours = {target.clock: target.hours for target in contract.targets.get(severity, ())} if severity else {}
    found = sorted(clocks(contract, severity, history, now), key=lambda clock: clock.started)
    for clock in found:
        yield _ran(clock, hours.get(clock.name, ALWAYS), history)


def _ran(clock: Clock, hours: Hours, history: Iterable[Milestone]) -> Ran:
    mine = [fact for fact in history if fact.source == clock.key or fact.source.startswith(f"{clock.key}:")]
    breached = [fact.at for fact in mine if fact.what is Happened.BREACHED]
    return Ran(
        clock.name,
        hours.name,
        clock.within,
        clock.started,
        clock.due or after(hours, clock.started, clock.within),
        clock.ended,
        clock.used,
        tuple(fact.at for fact in mine if fact.what is Happened.REMINDED),
        breached[0] if breached else None,
    )


def spent(history: Sequence[Milestone], now: datetime) -> tuple[Spent, ...]:
    """The time in each stage; one that goes on counts until now."""
    total: dict[str, timedelta] = {}
    for stretch in stretches(in_order(history), None):
        time = (stretch.end or now) - stretch.start
        total[str(stretch.stage)] = total.get(str(stretch.stage), timedelta(0)) + time
    return tuple(Spent(stage, time) for stage, time in total.items())
