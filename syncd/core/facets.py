"""What a ticket was like, in the words that numbers are grouped by, and what an admin says of those numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from syncd.core.model import Word

LONGEST = 80
"""Characters of a facet: a word or a name, not a text."""


class Facet(Word):
    """What an admin may name a field for."""

    SERVICE = "service"
    TIER = "tier"
    TEAM = "team"
    CATEGORY = "category"


@dataclass(frozen=True, slots=True)
class Facets:
    """What a ticket was like at one look; "" where it does not say.

    Attributes:
        opened: when the ticket was made, by the helpdesk's clock; None where it does not tell.
        closed: it is done in support.
    """

    severity: str = ""
    service: str = ""
    tier: str = ""
    team: str = ""
    category: str = ""
    opened: datetime | None = None
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """Facets that hold since a moment, until the next."""

    facets: Facets
    since: datetime


@dataclass(frozen=True, slots=True)
class Weekly:
    """Who gets the numbers of the last seven days, and when.

    Attributes:
        channel: one of e-mail; `to` are addresses.
        weekday: 0 for Monday; `hour` 0 to 23, both in the zone of the numbers.
    """

    channel: str
    to: tuple[str, ...]
    weekday: int = 0
    hour: int = 8

    def last(self, now: datetime, zone: ZoneInfo) -> datetime:
        """The last moment at which it was due; one that a change of the clocks leaves out is an hour later."""
        here = now.astimezone(zone)
        day = here - timedelta(days=(here.weekday() - self.weekday) % 7)
        due = day.replace(hour=self.hour, minute=0, second=0, microsecond=0, fold=0)
        if due.astimezone(UTC) > now:
            due -= timedelta(days=7)
        return due.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class MetricsPolicy:
    """What the numbers are made with.

    Attributes:
        fields: a facet -> the entry of the mapping, or the field of the helpdesk, that says it.
        check: how long a person takes to carry one change over and look whether it arrived.
        avoidable: causes (see `Happened.CLASSIFIED`) that support could have dealt with itself.
        customer: names of the pauses in which the customer has to answer; None: all pauses.
        zone: in whose days and weeks things are counted.
        weekly: None for no mail.
    """

    fields: Mapping[Facet, str] = field(default_factory=dict)
    check: timedelta = timedelta(minutes=4)
    avoidable: frozenset[str] = frozenset({"usage", "knowledge gap"})
    customer: frozenset[str] | None = None
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    weekly: Weekly | None = None


def day_of(moment: datetime, zone: ZoneInfo) -> datetime:
    """The midnight in that zone with which the moment's day begins."""
    return moment.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
