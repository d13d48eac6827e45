"""The review after a bad case: when it is begun, and which words on the issue name its root causes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from syncd.core.decision import Decision, Mark, Note
from syncd.core.milestones import Happened, Milestone, latest
from syncd.core.model import Internal, Side
from syncd.core.severity import severity_called
from syncd.core.view import View

REVIEW = "review:"
"""How the item of the note begins that tells of a review; the number behind it is how often the issue was done."""
TAG = "tag:"
"""How the source of a `CLASSIFIED` begins that is a root cause from the review, and not from a rule."""


def is_tag(fact: Milestone) -> bool:
    """Whether a cause is a root cause from the review."""
    return fact.what is Happened.CLASSIFIED and fact.source.startswith(TAG)


def open_review(view: View, new: Sequence[Milestone], now: datetime) -> Iterator[Decision]:
    """Tell the engineers of the review, before the fact that the issue is done: only what was just found done."""
    policy = view.mapping.review
    if policy is None or not any(fact.what is Happened.DONE for fact in new):
        return
    turn = sum(fact.what is Happened.DONE for fact in (*view.known.milestones, *new))
    item = f"{REVIEW}{turn}"
    if severity_called(view.known.severity) not in policy.severities:
        return
    ticket = view.now(Side.SUPPORT)
    called = (ticket.label or ticket.ref) if ticket else ""
    if item not in view.known.issue_told and view.takes_writes(Side.ENGINEERING):
        words = f" Name root causes in `{policy.tags}`: {', '.join(sorted(policy.words))}." if policy.tags else ""
        text = (
            f"This was {view.known.severity} and is to be reviewed. `syncd review '{called}'` writes the record.{words}"
        )
        yield Note(Side.ENGINEERING, Internal(text), item)
    yield Mark(Milestone(Happened.REVIEW_OPENED, now, source=str(turn)))


def root_causes(view: View, now: datetime) -> Iterator[Mark]:
    """The root causes that stand on the issue, each kept once; one that is taken away again stays kept."""
    policy, issue, known = view.mapping.review, view.snapshot(Side.ENGINEERING), view.known.milestones
    if policy is None or issue is None or latest(known, Happened.REVIEW_OPENED) is None:
        return
    value = issue.fields.get(policy.tags)
    words = value if isinstance(value, frozenset) else {value}
    kept = {fact.source for fact in known if fact.what is Happened.CLASSIFIED}
    for word in sorted(policy.words & words):
        if TAG + word not in kept:
            yield Mark(Milestone(Happened.CLASSIFIED, now, detail=word, source=TAG + word))
