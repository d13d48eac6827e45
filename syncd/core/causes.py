"""What an escalation came from, by rule, and how many customers wait for one issue."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from syncd.core.conditions import Test, holds
from syncd.core.decision import Decision, Mark, Note
from syncd.core.escalation import failure
from syncd.core.feedback import CauseRule
from syncd.core.impact import in_words
from syncd.core.lens import PlainLens, Unsayable
from syncd.core.milestones import Happened, Milestone, latest
from syncd.core.model import Fields, Internal, Kind, Side
from syncd.core.review import is_tag
from syncd.core.view import View

CUSTOMERS = "customers:"
"""How the items of the notes begin that say how many customers wait for an issue."""


def classify(view: View, now: datetime) -> Iterator[Mark]:
    """The cause of an issue that is done, where it is another one than was known; only from what was read just now."""
    policy = view.mapping.feedback
    if policy is None or any(view.snapshot(side) is None for side in policy.asks):
        return
    rule = next((rule for rule in policy.causes if _holds(view, rule)), None)
    ruled = [fact for fact in view.known.milestones if not is_tag(fact)]
    last = latest(ruled, Happened.CLASSIFIED)
    if rule is not None and (last is None or last.detail != rule.cause.value):
        number = sum(fact.what is Happened.CLASSIFIED for fact in ruled)
        yield Mark(Milestone(Happened.CLASSIFIED, now, detail=rule.cause.value, source=f"{number}:{rule.cause}"))


def _holds(view: View, rule: CauseRule) -> bool:
    ticket, issue = view.fields(Side.SUPPORT), view.fields(Side.ENGINEERING)
    if any(failure(view.mapping, condition, ticket) for condition in rule.ticket):
        return False
    return all(_passes(condition.tests, condition.field, issue) for condition in rule.issue)


def _passes(tests: tuple[Test, ...], name: str, fields: Fields) -> bool:
    try:
        stands = PlainLens(name, Kind.TEXT).get(fields.get(name))
    except Unsayable:
        return False
    return all(holds(test, stands) for test in tests)


def crowd(view: View) -> Iterator[Decision]:
    """Tell the engineers how many customers wait, each number once: by the ticket with which it was reached."""
    policy, ticket = view.mapping.feedback, view.now(Side.SUPPORT)
    requester = ticket.requester if ticket else None
    if policy is None or requester is None or not view.known.shared or requester.id in view.known.customers:
        return
    number = len(view.known.customers) + 1
    for at in policy.tell_at:
        item = f"{CUSTOMERS}{at}"
        if at == number and item not in view.known.issue_told and view.takes_writes(Side.ENGINEERING):
            cost = in_words(view.known.impact) if view.known.impact else ""
            head = f"{number} customers wait for this issue now" + (f": {cost}." if cost else ".")
            text = f"{head} `syncd feedback` counts them, with their tickets."
            yield Note(Side.ENGINEERING, Internal(text), item)
