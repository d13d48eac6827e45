"""What hangs on one issue: how many tickets and customers, how often it comes, what it is worth, how content they were.

The one place where these numbers are made, of plain inputs; who hears of them is elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

RECENT = timedelta(days=30)
"""How far back a ticket counts for how often an issue comes."""
DIGITS = 12
"""A number with more of them before its point is no worth and no score, but a card, or a slip of the keyboard."""
HUNDREDTH, TENTH = Decimal("0.01"), Decimal("0.1")


@dataclass(frozen=True, slots=True)
class Case:
    """One ticket of an issue.

    Attributes:
        customer: who asked, as the connection and the person's id there; None where the helpdesk does not say.
        since: when it was escalated; for one that a person linked, when syncd saw it first.
        value: what it is worth; `rating` the newest score that its customer gave. None where nobody says.
    """

    label: str
    customer: tuple[str, str] | None
    since: datetime
    value: Decimal | None = None
    rating: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Impact:
    """What hangs on one issue.

    Attributes:
        tickets: their labels.
        customers: how many different people asked; those that the helpdesk does not name count for nobody.
        value: the sum over its tickets, to the hundredth; None where no ticket says a number.
        recent: how many of its tickets began in the last 30 days.
        rating: the mean over its tickets, to the tenth; None where nobody was asked or answered.
    """

    tickets: tuple[str, ...] = ()
    customers: int = 0
    value: Decimal | None = None
    recent: int = 0
    rating: Decimal | None = None


def impact(cases: Iterable[Case], now: datetime) -> Impact:
    """Count the tickets of one issue."""
    found = tuple(cases)
    values = [value for one in found if (value := _sound(one.value)) is not None]
    ratings = [rating for one in found if (rating := _sound(one.rating)) is not None]
    return Impact(
        tickets=tuple(one.label for one in found),
        customers=len({one.customer for one in found} - {None}),
        value=_short(sum(values, Decimal(0)), HUNDREDTH) if values else None,
        recent=sum(one.since > now - RECENT for one in found),
        rating=_short(sum(ratings, Decimal(0)) / len(ratings), TENTH) if ratings else None,
    )


def in_words(found: Impact) -> str:
    """In words, what is known of it; "" where no ticket hangs on it."""
    if not found.tickets:
        return ""
    many = len(found.tickets) > 1
    parts = [f"{len(found.tickets)} tickets" if many else "1 ticket", _lately(found, many=many)]
    if found.value is not None:
        parts.append(f"worth {found.value}" + (" in all" if many else ""))
    if found.rating is not None:
        parts.append(f"rated {found.rating}" + (" on average" if many else ""))
    return ", ".join(parts)


def _lately(found: Impact, *, many: bool) -> str:
    if not many:
        return "from the last 30 days" if found.recent else "older than 30 days"
    share = "none" if not found.recent else "all" if found.recent == len(found.tickets) else str(found.recent)
    return f"{share} of them in the last 30 days"


def _sound(number: Decimal | None) -> Decimal | None:
    """A number that can be added up and read."""
    return number if number is not None and number.is_finite() and number.adjusted() < DIGITS else None


def _short(number: Decimal, unit: Decimal) -> Decimal:
    """Rounded as people do, and without a fraction where there is none: its text is what is shown."""
    rounded = number.quantize(unit, ROUND_HALF_UP)
    whole = rounded.to_integral_value()
    return whole if rounded == whole else rounded
