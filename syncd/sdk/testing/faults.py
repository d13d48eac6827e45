"""Faults of a vendor or of the way to it, and the plan that says when which of them strikes.

`MemoryVendor` asks the plan itself; `transport.FaultyTransport` puts the same plan between a connector and a simulator.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class LostBefore:
    """The request never arrives and its sender waits in vain; a webhook is never sent."""


@dataclass(frozen=True, slots=True)
class LostAfter:
    """The request is carried out and the answer is lost."""


@dataclass(frozen=True, slots=True)
class Late:
    """The sender gives up; the vendor carries the request out after this span of its clock. A webhook comes late."""

    after: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Unreachable:
    """The connection is refused: surely nothing was sent."""


@dataclass(frozen=True, slots=True)
class Status:
    """The vendor answers with this status and does nothing."""

    code: int
    retry_after: float | None = None  # seconds


@dataclass(frozen=True, slots=True)
class Short:
    """A list comes back with its first `keep` entries only, as if they were all."""

    keep: int = 0


@dataclass(frozen=True, slots=True)
class Twice:
    """Something on the way sends the request, the hint or the webhook a second time."""


@dataclass(frozen=True, slots=True)
class Reorder:
    """A webhook, or the hints of a page, come in the opposite order."""


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """Somebody does `act` just before the request arrives: an edit between our read and our write."""

    act: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Delay:
    """The answer takes this many seconds more; in memory, by the vendor's clock."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Trickle:
    """The body comes in pieces of `size` bytes with a pause in seconds before each."""

    pause: float
    size: int = 1


@dataclass(frozen=True, slots=True)
class Cut:
    """The connection breaks after this many bytes of the answer's body."""

    at: int = 0


@dataclass(frozen=True, slots=True)
class Garbled:
    """The request is carried out, and something on the way answers in the vendor's place: a page for people."""


Fault: TypeAlias = (
    LostBefore
    | LostAfter
    | Late
    | Unreachable
    | Status
    | Short
    | Twice
    | Reorder
    | Meanwhile
    | Delay
    | Trickle
    | Cut
    | Garbled
)


@dataclass(slots=True)
class Scripted:
    """One line of a script: the fault strikes `times` requests that match `on`, after letting `skip` of them pass."""

    fault: Fault
    on: str
    skip: int
    times: int

    def strikes(self, operation: str) -> bool:
        if self.times <= 0 or not fnmatchcase(operation, self.on):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        return True


ALWAYS = 10**9


@dataclass(slots=True)
class FaultPlan:
    """Which request meets which fault: first what the script says, then by chance from the seed.

    An operation is "update T-1" in memory and "PUT /api/v2/tickets/1" over HTTP; a pattern is a shell's ("update *").

    Attributes:
        rates: how likely each fault is at each request, all together at most 1.
        taken: what struck so far, so that a failing seed can be told as a script.
    """

    seed: int = 0
    rates: Mapping[Fault, float] = field(default_factory=dict)
    taken: list[tuple[str, Fault]] = field(default_factory=list)
    _script: list[Scripted] = field(default_factory=list)
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311  the same seed must give the same faults; nothing secret

    def on(self, pattern: str, fault: Fault, *, times: int = 1, skip: int = 0) -> None:
        """Let `fault` strike the next requests that match."""
        self._script.append(Scripted(fault, pattern, skip, times))

    def calm(self) -> None:
        """No more faults, scripted or by chance."""
        self._script.clear()
        self.rates = {}

    def take(self, operation: str) -> Fault | None:
        """The fault that this operation meets."""
        fault = next((line.fault for line in self._script if line.strikes(operation)), None) or self._by_chance()
        if fault is not None:
            self.taken.append((operation, fault))
        return fault

    def _by_chance(self) -> Fault | None:
        if not self.rates:
            return None
        left = self._random.random()
        for fault, rate in self.rates.items():
            left -= rate
            if left < 0:
                return fault
        return None
