"""(what was read, the contract, what is known) -> the facts that are new."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from syncd.core import comments as texts
from syncd.core.contract import Acceptance, Contract, Pause
from syncd.core.escalation import failure
from syncd.core.lens import Meaning, Unsayable
from syncd.core.mapping import FieldRule
from syncd.core.milestones import Happened, Milestone, in_order, latest
from syncd.core.model import Comment, Fields, Internal, Person, Public, Side, Value
from syncd.core.owners import last_named
from syncd.core.view import View

STATUS = "status"
"""The entry of `fields` that says how far the work is."""
LONGEST = 2000  # characters of a reason

_HANDED = (Happened.ESCALATED, Happened.RESUBMITTED)
_MOVES = (*_HANDED, Happened.ACCEPTED, Happened.RETURNED)


def observe(view: View, contract: Contract, history: Sequence[Milestone], now: datetime) -> tuple[Milestone, ...]:
    """The facts that this run's reads show and the history does not have; none before the escalation.

    A fact that only a state shows (who is named, whether it is done) happened at `now`: that is when it was noticed.
    """
    began = latest(history, Happened.ESCALATED)
    if began is None:
        return ()
    found = [
        *_named(view, contract.acceptance, history, now),
        *_progress(view, contract.acceptance, history, now),
        *_words(view, contract.acceptance, history, now),
        *_told(view, began.at, history, now),
        *_pauses(view, contract.pauses, history, now),
        *view.known.statements,
    ]
    noted = {(fact.what, fact.source) for fact in history if fact.source}
    new = (fact for fact in found if not fact.source or (fact.what, fact.source) not in noted)
    return in_order(new)


# --- what the issue shows --------------------------------------------------------------------------------------------


def _named(view: View, how: Acceptance, history: Sequence[Milestone], now: datetime) -> Iterator[Milestone]:
    """Who works on it, and that naming somebody else than before accepts it, unless it was syncd that named them.

    What stood there at the first look accepts nothing: it came from the ticket, or from a rule of the tracker's own.
    """
    issue = view.snapshot(Side.ENGINEERING)
    if issue is None or how.owner not in issue.fields:
        return
    stands = issue.fields[how.owner]
    who = _called(stands)
    last = latest(history, Happened.OWNED, Happened.UNOWNED)
    stood = last.who if last and last.what is Happened.OWNED else ""
    if last is None or who != stood:
        yield Milestone(
            Happened.OWNED if who else Happened.UNOWNED, now, who, stands.id if isinstance(stands, Person) else ""
        )
    named = last_named(history)
    ours = named is not None and isinstance(stands, Person) and stands.id == named.id
    taken = last is not None and who not in ("", stood) and by_people(view, how.owner, stands) and not ours
    if taken and how.assigned and _waits(history):
        yield Milestone(Happened.ACCEPTED, now, who, "by taking it")


def _progress(view: View, how: Acceptance, history: Sequence[Milestone], now: datetime) -> Iterator[Milestone]:
    """How far it is; what our own write made of the issue counts too, though nobody reads it because of that."""
    rule, issue = view.mapping.rule(STATUS), view.now(Side.ENGINEERING)
    if rule is None or issue is None:
        return
    stands = issue.fields.get(rule.lenses.engineering.field)
    meaning = _meaning(rule, stands)
    if meaning is None:
        return
    last = latest(history, Happened.DONE, Happened.REOPENED)
    was_done = last is not None and last.what is Happened.DONE
    is_done = meaning in view.mapping.lifecycle.done
    if is_done != was_done:
        yield Milestone(Happened.DONE if is_done else Happened.REOPENED, now)
    if meaning in how.statuses and by_people(view, rule.lenses.engineering.field, stands) and _waits(history):
        yield Milestone(Happened.ACCEPTED, now, "", f"by the status {meaning}")


def by_people(view: View, name: str, stands: Value) -> bool:
    """Whether the issue says something else than we left there; what we never write is theirs."""
    base = view.known.base.engineering
    return base is not None and (name not in base.fields or base.fields[name] != stands)


def _waits(history: Sequence[Milestone]) -> bool:
    """Whether engineering has neither taken it nor returned it since it was handed over."""
    last = latest(history, *_MOVES)
    return last is not None and last.what in _HANDED


def _meaning(rule: FieldRule, value: Value) -> Meaning:
    try:
        return rule.lenses.engineering.get(value)
    except Unsayable:
        return None


def _called(value: Value) -> str:
    return (value.name or value.email or value.id) if isinstance(value, Person) else ""


# --- what people say -------------------------------------------------------------------------------------------------


def _words(view: View, how: Acceptance, history: Sequence[Milestone], now: datetime) -> Iterator[Milestone]:
    """Comments of people that begin with a word of the contract.

    Whoever has the move is told by their order, and two vendors' clocks may be minutes apart: a word that is new comes
    after the last one that was known.
    """
    known = latest(history, *_MOVES)
    after = known.at if known else now
    spoken = {
        Side.ENGINEERING: {
            how.accept: Happened.ACCEPTED,
            how.give_back: Happened.RETURNED,
            how.reviewed: Happened.REVIEWED,
        },
        Side.SUPPORT: {how.resubmit: Happened.RESUBMITTED, how.reviewed: Happened.REVIEWED},
    }
    for side, words in spoken.items():
        for comment in _said(view, side):
            if side is Side.SUPPORT and not isinstance(comment.body, Internal):
                continue  # customers command nothing
            for word, what in words.items():
                if texts.begins(comment.body.text, word):
                    rest = comment.body.text.strip()[len(word) :].strip(" :\n")[:LONGEST]
                    at = _when(comment, after, history, now)
                    yield Milestone(what, at, _by(comment), rest, f"{side}:{comment.id}")


def _told(view: View, began: datetime, history: Sequence[Milestone], now: datetime) -> Iterator[Milestone]:
    """Public comments on the ticket that are not its requester's own; those that we copied there count too."""
    ticket, base = view.snapshot(Side.SUPPORT), view.known.base.support
    if ticket is None or ticket.thread is None:
        return
    requester = ticket.requester or (base.requester if base else None)
    for comment in ticket.thread.comments:
        later = isinstance(comment.body, Public) and comment.created > began
        if later and requester is not None and comment.author.id != requester.id:
            yield Milestone(Happened.TOLD, _when(comment, began, history, now), _by(comment), source=comment.id)


def _said(view: View, side: Side) -> Iterator[Comment]:
    """What people wrote on a side, without our copies and notes."""
    seen = view.snapshot(side)
    for comment in seen.thread.comments if seen and seen.thread else ():
        if not comment.key and comment.id not in view.known.copies[side]:
            yield comment


def _when(comment: Comment, after: datetime, history: Sequence[Milestone], now: datetime) -> datetime:
    """By the vendor's clock, which may go before ours or after it, and of which many tell whole seconds only: what is
    said in the second of a fact that was known before comes after that fact."""
    at = max(after, min(comment.created, now))
    same = [fact.at for fact in history if fact.at.replace(microsecond=0) == at]
    return max(same) + timedelta.resolution if same else at


def _by(comment: Comment) -> str:
    return comment.author.name or comment.author.id


# --- what makes clocks stand still -----------------------------------------------------------------------------------


def _pauses(view: View, pauses: Sequence[Pause], history: Sequence[Milestone], now: datetime) -> Iterator[Milestone]:
    ticket = view.snapshot(Side.SUPPORT)
    if ticket is None:
        return
    for pause in pauses:
        mine = [fact for fact in history if fact.detail == pause.name]
        last = latest(mine, Happened.PAUSED, Happened.RESUMED)
        was = last is not None and last.what is Happened.PAUSED
        if _holds(view, pause, ticket.fields) != was:
            yield Milestone(Happened.RESUMED if was else Happened.PAUSED, now, detail=pause.name)


def _holds(view: View, pause: Pause, fields: Fields) -> bool:
    return not any(failure(view.mapping, condition, fields) for condition in pause.when)
