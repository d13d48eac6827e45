"""(contract, severity, what happened, now) -> the clocks: which run, which stand still, when they run out.

A clock is made anew from the facts at each look; nothing counts down anywhere, so a restart or a wrong clock on this
machine changes no deadline.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeAlias, assert_never

from syncd.core.contract import ClockName, Contract, Reminder, Target
from syncd.core.hours import after, counted
from syncd.core.milestones import Happened, Milestone, in_order
from syncd.core.severity import Severity

NOTHING = timedelta(0)


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock, running or not.

    Attributes:
        started: when its wait began; `ended` when it was over, None while it goes on.
        used: how much time has counted; `within` how much may.
        paused: it stands still at this moment.
        due: when it ran out or will if nothing changes; None while it stands still and has not.
        moments: used time -> when so much had or will have counted; None where it does not come to that.
    """

    name: ClockName
    within: timedelta
    started: datetime
    used: timedelta
    ended: datetime | None = None
    paused: bool = False
    due: datetime | None = None
    moments: Callable[[timedelta], datetime | None] = field(default=lambda used: None, repr=False, compare=False)

    @property
    def key(self) -> str:
        """Names this very wait."""
        return f"{self.name}:{self.started.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"

    @property
    def breached(self) -> bool:
        return self.used > self.within


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that somebody must be told of a clock: a reminder, or with None that it ran out."""

    clock: Clock
    reminder: Reminder | None
    at: datetime

    @property
    def name(self) -> str:
        """Names this very alarm: a clock that is given another target is told of once all the same."""
        if self.reminder is None:
            return self.clock.key
        return f"{self.clock.key}:{self.reminder.share or self.reminder.left}"


def clocks(
    contract: Contract, severity: Severity | None, history: Sequence[Milestone], now: datetime
) -> tuple[Clock, ...]:
    """Every wait so far, those that are over too, in the order of the contract and of time."""
    targets = contract.targets.get(severity, ()) if severity else ()
    responds = any(target.clock is ClockName.RESPOND for target in targets)
    found: list[Clock] = []
    for target in targets:
        pauses = frozenset(pause.name for pause in contract.pauses if target.clock in pause.clocks)
        waits = _Waits(_rules(target.clock, responds=responds), pauses)
        for fact in in_order(history):
            waits.take(fact)
        found += [_clock(target, wait, now) for wait in waits.finished()]
    return tuple(found)


def alarms(
    contract: Contract, severity: Severity | None, history: Sequence[Milestone], now: datetime
) -> tuple[Alarm, ...]:
    """What is to be told now and was not: of each clock the breach, or else the last reminder that has come."""
    told = _told(history)
    found: list[Alarm] = []
    for clock in clocks(contract, severity, history, now):
        come = [alarm for alarm in _of(clock, contract) if alarm.at <= now] if clock.ended is None else []
        if come and come[-1].name not in told and clock.key not in told:
            found.append(come[-1])
    return tuple(sorted(found, key=lambda alarm: alarm.at))


def next_alarm(
    contract: Contract, severity: Severity | None, history: Sequence[Milestone], now: datetime
) -> datetime | None:
    """When somebody has to be told something next, if nothing happens before; `now` where it is already."""
    told = _told(history)
    moments = [
        alarm.at
        for clock in clocks(contract, severity, history, now)
        if clock.ended is None and clock.key not in told
        for alarm in _of(clock, contract)
        if alarm.at > now
    ]
    waiting = [now] if alarms(contract, severity, history, now) else []
    return min([*waiting, *moments], default=None)


def _told(history: Sequence[Milestone]) -> frozenset[str]:
    """The names of the alarms that were told."""
    return frozenset(fact.source for fact in history if fact.what in (Happened.REMINDED, Happened.BREACHED))


def _of(clock: Clock, contract: Contract) -> list[Alarm]:
    """All alarms of a clock in the order in which they come, the breach last."""
    found = [
        Alarm(clock, reminder, at)
        for reminder in contract.reminders
        if NOTHING < (used := reminder.used(clock.within)) < clock.within and (at := clock.moments(used))
    ]
    found.sort(key=lambda alarm: alarm.at)
    return [*found, *([Alarm(clock, None, clock.due)] if clock.due else [])]


# --- from facts to waits ---------------------------------------------------------------------------------------------

Stretch: TypeAlias = tuple[datetime, datetime | None]
"""Time that counts, but for the hours; the last one may go on."""

UNTIL_REOPENED = {Happened.DONE: frozenset({Happened.REOPENED})}
WITH_ENGINEERING = {**UNTIL_REOPENED, Happened.RETURNED: frozenset({Happened.RESUBMITTED, Happened.ACCEPTED})}


@dataclass(frozen=True, slots=True)
class _Rules:
    """Which facts start a wait and which end it; between a fact of `halts` and one that it names it stands still.

    `after_done`: it may begin when the issue is done, too.
    """

    starts: frozenset[Happened]
    ends: frozenset[Happened] = frozenset()
    halts: Mapping[Happened, frozenset[Happened]] = field(default_factory=dict)
    after_done: bool = False


def _rules(clock: ClockName, *, responds: bool) -> _Rules:
    """What a clock waits for.

    Args:
        responds: there is a clock for the first answer, so that the one for the next begins after it.
    """
    escalated = frozenset({Happened.ESCALATED})
    match clock:
        case ClockName.OWNER:
            return _Rules(escalated | {Happened.UNOWNED}, frozenset({Happened.OWNED}), WITH_ENGINEERING)
        case ClockName.ACCEPT:
            answers = frozenset({Happened.ACCEPTED, Happened.RETURNED})
            return _Rules(escalated | {Happened.RESUBMITTED}, answers, UNTIL_REOPENED)
        case ClockName.RESPOND:
            return _Rules(escalated, frozenset({Happened.TOLD}))
        case ClockName.UPDATE:
            starts = frozenset({Happened.TOLD, Happened.REOPENED}) | (frozenset() if responds else escalated)
            return _Rules(starts, frozenset({Happened.TOLD}))
        case ClockName.REVIEW:
            return _Rules(escalated | {Happened.REVIEWED}, frozenset({Happened.REVIEWED}), WITH_ENGINEERING)
        case ClockName.FIX:
            return _Rules(escalated, halts=WITH_ENGINEERING)
        case ClockName.FOLLOW_UP:
            return _Rules(frozenset({Happened.FOLLOW_UP}), frozenset({Happened.TOLD}), after_done=True)
        case _:
            assert_never(clock)


@dataclass(slots=True)
class _Wait:
    started: datetime
    stretches: list[Stretch] = field(default_factory=list)
    ended: datetime | None = None

    def go_on(self, at: datetime, *, halted: bool) -> None:
        """Let time count from here on, or stand still."""
        open_since = self.stretches[-1][0] if self.stretches and self.stretches[-1][1] is None else None
        if halted and open_since is not None:
            self.stretches[-1] = (open_since, at)
        elif not halted and open_since is None:
            self.stretches.append((at, None))


class _Waits:
    """The waits of one clock, made of the facts in their order."""

    def __init__(self, rules: _Rules, pauses: frozenset[str]) -> None:
        self._rules = rules
        self._pauses = pauses
        self._all: list[_Wait] = []
        self._halts: set[Happened | str] = set()
        self._done: datetime | None = None

    def take(self, fact: Milestone) -> None:
        self._count_halts(fact)
        if fact.what in self._rules.ends:
            self._end(fact.at)
        begins = fact.what in self._rules.starts and (self._done is None or self._rules.after_done)
        if begins and self._current is None:
            self._all.append(_Wait(fact.at))
        if self._current is not None:
            self._current.go_on(fact.at, halted=bool(self._halts))

    def finished(self) -> list[_Wait]:
        """The waits; what stands still because all is done is over."""
        if self._done is not None and Happened.DONE in self._halts:
            self._end(self._done)
        return self._all

    @property
    def _current(self) -> _Wait | None:
        return self._all[-1] if self._all and self._all[-1].ended is None else None

    def _end(self, at: datetime) -> None:
        if self._current is not None:
            self._current.go_on(at, halted=True)
            self._current.ended = at

    def _count_halts(self, fact: Milestone) -> None:
        if fact.what is Happened.DONE:
            self._done = fact.at
        if fact.what is Happened.REOPENED:
            self._done = None
        for begins, ends in self._rules.halts.items():
            if fact.what is begins:
                self._halts.add(begins)
            if fact.what in ends:
                self._halts.discard(begins)
        if fact.what is Happened.PAUSED and fact.detail in self._pauses:
            self._halts.add(fact.detail)
        if fact.what is Happened.RESUMED:
            self._halts.discard(fact.detail)


# --- from a wait to its clock ----------------------------------------------------------------------------------------


def _clock(target: Target, wait: _Wait, now: datetime) -> Clock:
    stretches = tuple(wait.stretches)
    counts = bool(stretches) and stretches[-1][1] is None
    return Clock(
        name=target.clock,
        within=target.within,
        started=wait.started,
        used=sum((counted(target.hours, start, end or now) for start, end in stretches), NOTHING),
        ended=wait.ended,
        paused=wait.ended is None and not counts,
        due=_reached(stretches, target.within, target),
        moments=lambda used: _reached(stretches, used, target),
    )


def _reached(stretches: Sequence[Stretch], used: timedelta, target: Target) -> datetime | None:
    """When this much time has counted."""
    left = used
    for start, end in stretches:
        if end is None:
            return after(target.hours, start, left)
        here = counted(target.hours, start, end)
        if here >= left:
            return after(target.hours, start, left)
        left -= here
    return None
