"""The answer of a drill: what its store knows at a moment, and at the end the whole report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from syncd.core.contract import ClockName
from syncd.core.drill import Told
from syncd.core.followup import RAN_OUT
from syncd.core.mapping import Mapping as Rules
from syncd.core.messages import SAID
from syncd.core.milestones import Milestone
from syncd.core.telling import ALARMS
from syncd.engine import messenger
from syncd.engine.clocks import first
from syncd.engine.site import Site
from syncd.store import links, messages, milestones, parked
from syncd.store.records import MessageRow, MessageState

WAITING = frozenset({MessageState.WAITING, MessageState.SENDING})


@dataclass(frozen=True, slots=True)
class Standing:
    """What the store knows of the rehearsed ticket at a moment.

    Attributes:
        issue: its ref at the tracker; "" before there is one.
        next: when the engine does something by itself next; None for never.
    """

    severity: str = ""
    rule: str = ""
    issue: str = ""
    history: tuple[Milestone, ...] = ()
    next: datetime | None = None


async def standing(site: Site, rules: Rules, ticket: str) -> Standing:
    """How it stands; nothing is known of a ticket that no run has seen."""
    return await site.store.read(lambda c: _standing(c, rules, ticket, site.now()))


def _standing(c: Connection, rules: Rules, ticket: str, now: datetime) -> Standing:
    found = links.by_ref(c, rules.connections.support, ticket) if ticket else []
    if not found:
        return Standing()
    link = found[0]
    due = [row.due for row in messages.unsent(c) if row.state in WAITING]
    waiting = [moment if moment > now else now + messenger.WINDOW for moment in due]  # there was no room for it
    return Standing(
        link.severity,
        link.severity_rule,
        link.refs.engineering or "",
        tuple(milestones.of(c, link.id)),
        first(link.rings_at, link.due, *waiting),
    )


def fact_line(fact: Milestone) -> str:
    """A milestone in a sentence."""
    said = SAID[fact.what]
    clock = next((name for name in ClockName if str(name) == fact.detail), None)
    if fact.what in ALARMS and clock is not None:
        return f"{fact.detail}: {said}: {RAN_OUT[clock]}"
    return f"{said} ({fact.detail})" if fact.detail else said


@dataclass(frozen=True, slots=True)
class Sent:
    """What a channel was given: the text is the outbox's no more once it is sent."""

    at: datetime
    subject: str
    text: str


async def told(
    site: Site, rules: Rules, ticket: str, sent: Mapping[str, Sent], readers: Mapping[str, str]
) -> tuple[Told, ...]:
    """Every message, in the order in which it was noted.

    Args:
        sent: by the id of the request. `readers`: channel -> who reads it.
    """

    def read(c: Connection) -> list[MessageRow]:
        return [row for link in links.by_ref(c, rules.connections.support, ticket) for row in messages.of(c, link.id)]

    return tuple(_told(row, sent.get(row.bundle), readers, rules) for row in await site.store.read(read))


def _told(row: MessageRow, sent: Sent | None, readers: Mapping[str, str], rules: Rules) -> Told:
    policy = rules.escalation.telling if rules.escalation else None
    rule = policy.rule(row.rule) if policy else None
    return Told(
        noted=row.created_at,
        due=row.due,
        sent=sent.at if sent else None,
        channel=row.channel,
        recipient=row.recipient,
        to=row.address or readers.get(row.channel, ""),
        rule=row.rule,
        audience=str(rule.audience) if rule else "",
        fact=row.fact,
        subject=row.subject,
        text=sent.text if sent else row.body,
    )


async def set_aside(site: Site) -> tuple[tuple[str, str], ...]:
    """What the engine parked: the reason and the remedy."""
    return tuple((item.reason, item.remedy) for item in await site.store.read(parked.list_parked))
