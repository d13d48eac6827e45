"""The rules of telling people outside of the two tickets, as values: which fact, to whom, for which reader, and when.

What a message says is in `messages`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias

from syncd.core.conditions import Condition
from syncd.core.contract import ClockName
from syncd.core.hours import Hours, after
from syncd.core.milestones import Happened, Milestone
from syncd.core.model import Word
from syncd.core.packet import Template
from syncd.core.severity import Severity

MOMENT = timedelta(microseconds=1)
ALARMS = frozenset({Happened.REMINDED, Happened.BREACHED})
"""The facts that are about one clock."""


class Audience(Word):
    """Who reads it; the template and what it may say depend on it."""

    AGENT = "agent"
    ENGINEER = "engineer"
    EXECUTIVE = "executive"
    CUSTOMER_DRAFT = "customer_draft"  # for the agent, who sends it or not; it holds nothing internal


@dataclass(frozen=True, slots=True)
class Through:
    """Whoever reads this channel."""

    channel: str

    def __str__(self) -> str:
        return self.channel


@dataclass(frozen=True, slots=True)
class Addressed:
    """One address, through an e-mail channel."""

    channel: str
    address: str

    def __str__(self) -> str:
        return f"{self.channel}:{self.address}"


class RoleName(Word):
    """The role that somebody has in one escalation."""

    OWNER = "owner"  # who is named on the issue
    TEAM = "team"  # everybody of the team that it was routed to
    CUSTOMER_OWNER = "customer_owner"  # who speaks with the customer


@dataclass(frozen=True, slots=True)
class InRole:
    """Whoever has this role when the fact is noted, through an e-mail channel."""

    channel: str
    role: RoleName

    def __str__(self) -> str:
        return f"{self.channel}:{self.role}"


Recipient: TypeAlias = Through | Addressed


@dataclass(frozen=True, slots=True)
class TellRule:
    """Tell `to` of each fact that fits everything here.

    Attributes:
        clocks: of facts about a clock only these; others are not touched by it. Empty for all.
        severities: empty for all, also for a ticket without one.
        template: the admin's own, or else `standard`, which also stands in where that one fails.
        quiet: outside of these hours a message waits until they begin, but for the severities of `even_at_night`.
    """

    name: str
    happened: frozenset[Happened]
    to: tuple[Recipient | InRole, ...]
    audience: Audience
    template: Template
    standard: Template
    clocks: frozenset[ClockName] = frozenset()
    severities: frozenset[Severity] = frozenset()
    when: tuple[Condition, ...] = ()
    quiet: Hours | None = None
    even_at_night: frozenset[Severity] = frozenset()

    def is_about(self, fact: Milestone, severity: Severity | None) -> bool:
        """Whether it tells of such a fact of a ticket this bad; `when` is for the caller to ask."""
        if fact.what not in self.happened or (self.severities and severity not in self.severities):
            return False
        return fact.what not in ALARMS or not self.clocks or fact.detail in {str(clock) for clock in self.clocks}

    def opens(self, severity: Severity | None, now: datetime) -> datetime:
        """The first moment from `now` on at which it may tell."""
        if self.quiet is None or severity in self.even_at_night:
            return now
        found = after(self.quiet, now, MOMENT)
        return found - MOMENT if found else now


@dataclass(frozen=True, slots=True)
class Telling:
    """All rules, in the order of the file."""

    rules: tuple[TellRule, ...] = ()

    def rule(self, name: str) -> TellRule | None:
        return next((rule for rule in self.rules if rule.name == name), None)


@dataclass(frozen=True, slots=True)
class Message:
    """What one recipient is told of one fact; everything in it is redacted.

    Attributes:
        fact: names the fact within its link, so that each is told once by each rule to each recipient.
        severity: "" for none.
        subject: one line; `text` is plain, without markup.
        links: what may be opened: its label and its address.
        event: the same for programs, as JSON has it.
        due: not before this moment.
    """

    rule: str
    recipient: Recipient
    audience: Audience
    fact: str
    severity: str
    subject: str
    text: str
    due: datetime
    links: tuple[tuple[str, str], ...] = ()
    event: Mapping[str, object] = field(default_factory=dict)
