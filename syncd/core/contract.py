"""What both teams promise each other, as a value: how long each step may take, and by which words it is taken.

Read from `escalation.yaml` by `syncd.mapping.contract`, which also checks it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from syncd.core.conditions import Condition
from syncd.core.hours import Hours
from syncd.core.model import Side, Word
from syncd.core.severity import Severity


class ClockName(Word):
    """What is waited for."""

    OWNER = "owner"  # somebody is named on the issue
    ACCEPT = "accept"  # engineering takes it, or returns it
    RESPOND = "respond"  # the customer's first answer
    UPDATE = "update"  # the customer's next answer
    REVIEW = "review"  # the next look at it together
    FIX = "fix"  # the issue is done
    FOLLOW_UP = "follow_up"  # somebody answers a customer who was not content; set by `feedback`, not with a severity

    @property
    def late(self) -> Side:
        """The side whose move it is."""
        return Side.SUPPORT if self in (ClockName.RESPOND, ClockName.UPDATE, ClockName.FOLLOW_UP) else Side.ENGINEERING


@dataclass(frozen=True, slots=True)
class Target:
    """How long a clock may run, in time that counts by `hours`."""

    clock: ClockName
    within: timedelta
    hours: Hours


@dataclass(frozen=True, slots=True)
class Pause:
    """While all conditions hold on the ticket, these clocks stand still."""

    name: str
    when: tuple[Condition, ...]
    clocks: frozenset[ClockName] = frozenset(ClockName)


@dataclass(frozen=True, slots=True)
class Reminder:
    """When somebody is told before a clock runs out: when `share` of its time is used, or `left` is left of it."""

    share: Decimal | None = None
    left: timedelta | None = None

    def used(self, within: timedelta) -> timedelta:
        """How much of a clock's time has counted by then; negative where it has not that much."""
        if self.left is not None:
            return within - self.left
        return within * float(self.share or 1)


@dataclass(frozen=True)
class Acceptance:
    """How a step is taken: a word with which a comment begins, or for `accepted`, also what the issue shows.

    Attributes:
        owner: the tracker's field that says who works on it, in its own words; "" for none.
        assigned: whether naming somebody there, on the issue, is accepting it.
        statuses: meanings of `status` that accept it when an engineer sets them.
        links: whether a note on the issue has signed links for accepting and returning it.
    """

    accept: str = "/accept"
    give_back: str = "/return"
    resubmit: str = "/handover"
    reviewed: str = "/reviewed"
    approve: str = "/approve"
    refuse: str = "/refuse"
    route: str = "/route"
    owner: str = ""
    assigned: bool = True
    statuses: frozenset[str] = frozenset()
    links: bool = False


@dataclass(frozen=True, slots=True)
class Contract:
    """`targets` has no entry for a severity without clocks; `reminders` come the earliest first."""

    targets: Mapping[Severity, tuple[Target, ...]] = field(default_factory=dict)
    pauses: tuple[Pause, ...] = ()
    reminders: tuple[Reminder, ...] = ()
    acceptance: Acceptance = Acceptance()
