"""(a ticket as read, what is known beside it, the policy) -> its signals, and what is to be remembered of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal

from syncd.core.evidence import description_of, said
from syncd.core.fields import title_of
from syncd.core.lens import Unsayable
from syncd.core.life import Seen
from syncd.core.mapping import Mapping as Rules
from syncd.core.model import Comment, Fields, Pair, Public, Side, Snapshot, Value
from syncd.core.moments import said_at
from syncd.core.observe import STATUS
from syncd.core.sentiment import Found, Lexicon, churning, total, weighed
from syncd.core.signals import (
    BY_TIME,
    CHURN,
    IDLE,
    REPEATED,
    SENTIMENT,
    SLA_RISK,
    UNANSWERED,
    Heard,
    Signal,
    SignalPolicy,
    Standing,
    carried,
    own_of,
)
from syncd.core.view import Known

NEWEST = 10
"""So many of the customer's comments are counted."""
SHOWN = 5
"""So many words are named in a reason."""
HOUR = timedelta(hours=1)
HUNDREDTH = Decimal("0.01")


def with_signals(rules: Rules, known: Known, seen: Pair[Seen], now: datetime | None) -> Pair[Seen]:
    """What was read, with the ticket's signals among its fields; as it is where the policy asks for none.

    Args:
        now: None where time stands still; then nothing is idle and no SLA is at risk.
    """
    policy, ticket = rules.signals, seen.support
    if policy is None or not isinstance(ticket, Snapshot):
        return seen
    stands = remembered(rules, known, seen, now)
    made = dict(_signals(known.heard, _opening(rules, policy.lexicon, ticket), stands, now))
    asked = {name: signal for name, signal in made.items() if name in policy.asked}
    return seen.put(Side.SUPPORT, replace(ticket, fields=carried(own_of(ticket.fields), asked)))


def _signals(
    heard: Heard, opening: tuple[Found, ...], stands: Standing, now: datetime | None
) -> Iterator[tuple[str, Signal]]:
    yield from heard.lookups.items()
    texts = (*(stands.said or ()), opening)
    words = [one for found in texts for one in found]
    feeling = [one for one in words if one.points]
    yield SENTIMENT, Signal(total(texts), _listed(feeling))
    threats = list(dict.fromkeys(one.words for one in words if not one.points))
    yield CHURN, Signal(", ".join(threats) or None)
    yield REPEATED, Signal(Decimal(heard.tickets), heard.customer)
    yield UNANSWERED, Signal(Decimal(stands.unanswered))
    yield IDLE, _idle(stands, now)
    yield SLA_RISK, _at_risk(stands, now)


def _listed(words: Sequence[Found]) -> str:
    parts = [f"{one.words} {one.points:+f}" for one in sorted(words, key=lambda one: -abs(one.points))]
    parts = list(dict.fromkeys(parts))
    return ", ".join(parts[:SHOWN]) + (f" and {len(parts) - SHOWN} more" if len(parts) > SHOWN else "")


# --- what people say --------------------------------------------------------------------------------------------------


def _found(text: str, lexicon: Lexicon) -> tuple[Found, ...]:
    """Words with their points; churn words count 0."""
    return (*weighed(text, lexicon), *(Found(words, Decimal(0)) for words in churning(text, lexicon)))


def _opening(rules: Rules, lexicon: Lexicon, ticket: Snapshot) -> tuple[Found, ...]:
    """Title and description, which are the customer's first words."""
    texts = (title_of(ticket.fields, rules.fields, Side.SUPPORT), description_of(rules, ticket.fields))
    return tuple(one for text in dict.fromkeys(texts) for one in _found(text, lexicon))


def _customers(rules: Rules, ticket: Snapshot, ours: Collection[str]) -> list[Comment]:
    """The public comments of the requester, without the one that is the description once more."""
    requester, first = ticket.requester, description_of(rules, ticket.fields).strip()
    return [
        comment
        for comment in said(ticket, ours)
        if requester is not None
        and comment.author.id == requester.id
        and isinstance(comment.body, Public)
        and comment.body.text.strip() != first
    ]


# --- what is remembered -----------------------------------------------------------------------------------------------


def remembered(rules: Rules, known: Known, seen: Pair[Seen], now: datetime | None) -> Standing:
    """What is known of a ticket after this look; what was not read stays as it was."""
    policy, before, ours = rules.signals, known.heard.standing, known.copies
    if policy is None:
        return before
    tickets = seen.map(lambda one: one if isinstance(one, Snapshot) else None)
    ticket = tickets.support
    stands = _progress(rules, before, tickets, ours, now)
    if ticket is None:
        return stands
    stands = replace(stands, due=_until(rules, policy.sla, ticket.fields))
    if ticket.thread is None:
        return stands
    theirs = _customers(rules, ticket, ours.support)
    newest = sorted(theirs, key=lambda comment: comment.created, reverse=True)
    words = tuple(_found(comment.body.text, policy.lexicon) for comment in newest[:NEWEST])
    answered = max((comment.created for comment in _answers(ticket, ours.support)), default=None)
    waiting = sum(answered is None or comment.created > answered for comment in theirs)
    return replace(stands, said=words, unanswered=waiting)


def _answers(ticket: Snapshot, ours: Collection[str]) -> list[Comment]:
    """Public comments that are not the requester's; copies that syncd made of engineering's answers are some."""
    requester = ticket.requester.id if ticket.requester else None
    comments = ticket.thread.comments if ticket.thread else ()
    return [one for one in comments if isinstance(one.body, Public) and one.author.id != requester]


def _progress(
    rules: Rules, before: Standing, tickets: Pair[Snapshot | None], ours: Pair[frozenset[str]], now: datetime | None
) -> Standing:
    """When it last moved: a status that is another one than before, or a comment of somebody who works on it."""
    statuses = Pair(*(_status(rules, side, tickets[side], before.statuses[side]) for side in Side))
    moments = [comment.created for side in Side for comment in _of_workers(tickets[side], side, ours[side])]
    moved = before.moved
    if moved is None:  # what happened before the first look is not known: the ticket's own last change stands for it
        ticket = tickets.support
        moved = (ticket.updated or ticket.created or now) if ticket else now
    elif now is not None and any(before.statuses[side] not in ("", statuses[side]) for side in Side):
        moved = now  # a side that had none before was only read, or made, for the first time
    latest = max([one for one in (moved, *moments) if one is not None], default=None)
    if latest is not None and now is not None:
        latest = min(latest, now)
    return replace(before, moved=latest, statuses=statuses, done=_is_done(rules, statuses))


def _of_workers(ticket: Snapshot | None, side: Side, ours: Collection[str]) -> Iterator[Comment]:
    """Comments of people who work on it, public or not: on the issue all, on the ticket those not of its requester."""
    if ticket is None:
        return
    requester = ticket.requester.id if ticket.requester and side is Side.SUPPORT else None
    yield from (comment for comment in said(ticket, ours) if comment.author.id != requester)


def _status(rules: Rules, side: Side, ticket: Snapshot | None, before: str) -> str:
    rule = rules.rule(STATUS)
    if rule is None or ticket is None:
        return before
    value = ticket.fields.get(rule.lenses[side].field)
    return value if isinstance(value, str) else ""


def _is_done(rules: Rules, statuses: Pair[str]) -> bool:
    """Whether either side says that the work is done."""
    rule = rules.rule(STATUS)
    if rule is None:
        return False
    for side in Side:
        try:
            if statuses[side] and rule.lenses[side].get(statuses[side]) in rules.lifecycle.done:
                return True
        except Unsayable:
            continue
    return False


# --- time -------------------------------------------------------------------------------------------------------------


def _idle(stands: Standing, now: datetime | None) -> Signal:
    if stands.done or stands.moved is None or now is None:
        return Signal(None)
    return Signal(hours(now - stands.moved), f"nothing since {said_at(stands.moved)}")


def _at_risk(stands: Standing, now: datetime | None) -> Signal:
    if stands.due is None or stands.done or now is None:
        return Signal(None)
    return Signal(hours(stands.due - now), f"due {said_at(stands.due)}")


def hours(span: timedelta) -> Decimal:
    """In hours, to the hundredth below."""
    return (Decimal(int(span.total_seconds())) / 3600).quantize(HUNDREDTH, ROUND_FLOOR)


def _until(rules: Rules, name: str, fields: Fields) -> datetime | None:
    """The moment that a field names; a day ends at its end."""
    rule = rules.rule(name) if name else None
    return _moment(fields.get(rule.lenses.support.field if rule else name)) if name else None


def _moment(value: Value) -> datetime | None:
    match value:
        case datetime():
            return value if value.tzinfo else value.replace(tzinfo=UTC)
        case date():
            return datetime(value.year, value.month, value.day, tzinfo=UTC) + timedelta(days=1)
        case str():
            try:
                return _moment(datetime.fromisoformat(value.strip()))
            except ValueError:
                return None
        case _:
            return None


def next_moment(policy: SignalPolicy | None, stands: Standing, after: datetime) -> datetime | None:
    """When a rule about time may hold, or not hold any more, though nothing happens; None where none will."""
    if policy is None or stands.done:
        return None
    moments = [one for name in BY_TIME & policy.asked for one in _moments(policy, name, stands)]
    return min((one for one in moments if one > after), default=None)


def _moments(policy: SignalPolicy, name: str, stands: Standing) -> Iterator[datetime]:
    for span in policy.moments.get(name, ()):
        if name == IDLE and stands.moved is not None:
            yield stands.moved + span
        if name == SLA_RISK and stands.due is not None:
            yield stands.due - span
