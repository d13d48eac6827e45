"""The playbook of one mapping as values: what its escalation policy promises, in plain words, and what happened.

Words and names are the admin's own, so whoever shows a playbook escapes them. What happened is in `metrics.path`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from syncd.core.contract import ClockName
from syncd.core.metrics.path import Path
from syncd.core.model import Pair
from syncd.core.packet import OnMissing
from syncd.core.severity import Severity


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing of the policy by its name, and what it says."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """What one severity changes.

    Attributes:
        rules: what makes a ticket this bad.
        told: who outside of the two tickets, by rules of `tell`, and of which facts.
        within: how long each step may take, in time that counts by `hours`; a clock that does not run is not in it.
        always: time always counts, so that a day of it is a day.
        transfer: how long somebody has to take it before the next in line is named.
        places: where issues are made of such tickets.
        approval: who must say yes first, and how long that is waited for.
        budgets: how many of them a team is given on a day.
        reviewed: a review is begun when it is done.
    """

    severity: Severity
    rules: tuple[Entry, ...]
    told: tuple[Entry, ...]
    within: Mapping[ClockName, timedelta]
    hours: str
    always: bool
    transfer: timedelta | None
    places: tuple[str, ...]
    approval: tuple[Entry, ...]
    budgets: tuple[Entry, ...]
    reviewed: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """What a ticket must bring: see `packet.Evidence`. `where` says where it is looked for, `of` of which tickets."""

    name: str
    ask: str
    where: str
    of: str
    missing: OnMissing


@dataclass(frozen=True, slots=True)
class Letter:
    """What customers read.

    Attributes:
        when: at which step, and who sends it.
        text: as it is configured, with its placeholders; "" where nothing is set up, and `when` says what is missing.
    """

    name: str
    when: str
    text: str


@dataclass(frozen=True, slots=True)
class Configured:
    """What the policy says; a part that the admin did not write is empty."""

    rows: tuple[Row, ...]
    override: str
    default: Severity | None
    triggers: tuple[Entry, ...]
    signals: tuple[Entry, ...]
    evidence: tuple[Asked, ...]
    packet: tuple[Entry, ...]
    owners: tuple[Entry, ...]
    clocks: tuple[Entry, ...]
    words: tuple[Entry, ...]
    letters: tuple[Letter, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One mapping. `configured` and `path` are None where no `escalation.yaml` holds for it."""

    mapping: str
    connections: Pair[str]
    configured: Configured | None
    path: Path | None


@dataclass(frozen=True, slots=True)
class Playbook:
    """The whole page; `since` and `until` are what happened between, in the wall time of `zone`."""

    since: datetime
    until: datetime
    zone: str
    parts: tuple[Part, ...]
