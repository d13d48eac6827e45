"""The way back: an issue is done, so its ticket returns to its owner, and is closed when the customer was told.

While an issue is done its tickets do not reopen it: a customer who answers "thanks" does in many helpdesks. What a
ticket then says of its status is the agent's, but for two writes of ours: it is opened once when it is handed back, and
closed once after the customer was told. Both hang on facts that are kept, so neither comes twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from syncd.core.causes import classify
from syncd.core.conditions import plain
from syncd.core.decision import Decision, Mark, Note, Scope
from syncd.core.evidence import said, section
from syncd.core.feedback import Close, FeedbackPolicy
from syncd.core.fields import STATUS, Wish, title_of
from syncd.core.lens import Unsayable
from syncd.core.mapping import FieldRule
from syncd.core.mapping import Mapping as Rules
from syncd.core.milestones import Happened, Milestone, latest
from syncd.core.model import Fields, Internal, Side
from syncd.core.observe import by_people, observe
from syncd.core.packet import Unrenderable
from syncd.core.redact import redact
from syncd.core.view import View

DRAFT = "draft:"
"""How the item of the note begins that hands a ticket back; the number behind it is the turn."""
TOLD, UNTOLD, BY_SUPPORT = "told", "not told", "by support"
"""Details of `CLOSED`: after the customer was told, before, or before the issue was done, which it then made so."""


@dataclass(frozen=True, slots=True)
class WayBack:
    """How far a ticket is on its way back, while its issue is done.

    Attributes:
        turn: how often the issue was done, this time included; all that is kept of this time names it.
        news: that it is done was noticed in this very look.
        begun: the ticket was handed back, or is to be now.
        own: the ticket was solved first, and the issue is done because of that.
        told: the customer had a public answer since.
        solved: the ticket itself is done; `was_solved` at the last sync.
        closed: the details of what is kept of its closing in this turn.
    """

    rule: FieldRule
    turn: int
    news: bool
    begun: bool
    own: bool
    told: bool
    solved: bool
    was_solved: bool
    closed: frozenset[str]

    def wish(self, view: View, policy: FeedbackPolicy, now: datetime | None) -> Wish:
        """What is to be written on the ticket: nothing, but for the two writes of the way back."""
        if self.begun and self.told and policy.close is Close.AFTER_TOLD and TOLD not in self.closed:
            issue = view.fields(Side.ENGINEERING)[self.rule.lenses.engineering.field]
            fact = self.fact(Happened.CLOSED, now, TOLD) if now else None
            return Wish(self.rule.lenses.engineering.get(issue), fact)
        refused = f"{Scope.FIELD}:{STATUS}" in view.known.parked
        if self.begun and not self.told and not self.solved and (self.news or refused):
            return Wish(policy.reopened_as)
        return Wish(None)

    def fact(self, what: Happened, now: datetime, detail: str = "") -> Milestone:
        return Milestone(what, now, detail=detail, source=f"{self.turn}:{detail}" if detail else str(self.turn))


def way_back(view: View, now: datetime | None) -> WayBack | None:
    """None while the issue is not done, where no rule asked for it, and without the policy."""
    contract, rule, known = view.mapping.contract, view.mapping.rule(STATUS), view.known.milestones
    if view.mapping.feedback is None or contract is None or rule is None or latest(known, Happened.ESCALATED) is None:
        return None
    if not is_done(view.mapping, Side.ENGINEERING, view.fields(Side.ENGINEERING)):
        return None
    new = observe(view, contract, known, now) if now else ()
    history = (*known, *new)
    turn = _turn(history)
    if not turn:
        return None
    news = any(fact.what is Happened.DONE for fact in new)
    solved = is_done(view.mapping, Side.SUPPORT, view.fields(Side.SUPPORT))
    name = rule.lenses.engineering.field
    base = view.known.base.support
    was_solved = base is not None and is_done(view.mapping, Side.SUPPORT, base.fields)
    ours = not by_people(view, name, view.fields(Side.ENGINEERING)[name])
    own = news and ours and (solved or was_solved)
    handed = any(fact.what is Happened.HANDED_BACK and fact.source == str(turn) for fact in known)
    return WayBack(
        rule=rule,
        turn=turn,
        news=news,
        begun=handed or (news and not own and view.takes_writes(Side.SUPPORT)),
        own=own,
        told=_told_since(history),
        solved=solved,
        was_solved=was_solved,
        closed=frozenset(
            fact.detail for fact in known if fact.what is Happened.CLOSED and fact.source.startswith(f"{turn}:")
        ),
    )


def may_differ(rules: Rules, history: Sequence[Milestone], issue: Fields) -> bool:
    """Whether the ticket's status goes its own way now, because the issue is done: that is no drift."""
    under = rules.feedback is not None and any(fact.what is Happened.ESCALATED for fact in history)
    return under and is_done(rules, Side.ENGINEERING, issue)


def is_done(rules: Rules, side: Side, fields: Fields) -> bool:
    """Whether a side says that the work is done."""
    rule = rules.rule(STATUS)
    try:
        return rule is not None and rule.lenses[side].get(fields.get(rule.lenses[side].field)) in rules.lifecycle.done
    except Unsayable:
        return False


def _turn(history: Sequence[Milestone]) -> int:
    return sum(fact.what is Happened.DONE for fact in history)


def _told_since(history: Sequence[Milestone]) -> bool:
    """Whether the customer was told after the issue was done last: said later, and noticed later.

    What crosses to the customer in the very look that finds it done was said before anybody knew.
    """
    at = max((place for place, fact in enumerate(history) if fact.what is Happened.DONE), default=None)
    if at is None:
        return False
    return any(fact.what is Happened.TOLD and fact.at > history[at].at for fact in history[at + 1 :])


# --- what is kept, and who is told ------------------------------------------------------------------------------------


def hand_back(view: View, now: datetime) -> Iterator[Decision]:
    """The draft and its fact. They come before the fact that the issue is done: after a crash between them the issue is
    found done once more, in the same turn, and what is there already is not said again."""
    policy, back = view.mapping.feedback, way_back(view, now)
    if policy is None or not view.takes_writes(Side.SUPPORT):
        return
    if back is None:
        yield from _taken_back(view, now)
    elif back.begun and back.news:
        yield Note(Side.SUPPORT, Internal(_draft(view, policy, back)), f"{DRAFT}{back.turn}")
        yield Mark(back.fact(Happened.HANDED_BACK, now))


def closing(view: View, now: datetime) -> Iterator[Decision]:
    """What it came from, and what the ticket shows of its end, where it was read: it is done, or is not any more."""
    policy, back = view.mapping.feedback, way_back(view, now)
    if back is not None:
        yield from classify(view, now)
    if policy is None or back is None or view.snapshot(Side.SUPPORT) is None or not view.takes_writes(Side.SUPPORT):
        return
    detail = BY_SUPPORT if back.own else TOLD if back.told else UNTOLD
    if back.solved and (back.begun or back.own) and detail not in back.closed:
        if detail == UNTOLD and not back.news:
            yield _note(f"untold:{back.turn}", _untold(policy))
        yield Mark(back.fact(Happened.CLOSED, now, detail))
    if not back.solved and (back.was_solved or back.closed & {TOLD, BY_SUPPORT}) and (back.own or not back.news):
        yield _note(f"open_again:{back.turn}", OPEN_AGAIN)


OPEN_AGAIN = (
    "This ticket is open again; the issue stays done. If the fault is back, have the issue opened again in the "
    "tracker: this ticket does not do that by itself."
)


def _untold(policy: FeedbackPolicy) -> str:
    rest = "" if policy.close is Close.BY_AGENT else " It stays as it is now: this is said once."
    return f"This ticket is done, but the customer has had no public answer since the issue was done.{rest}"


def _taken_back(view: View, now: datetime) -> Iterator[Decision]:
    """The issue was opened again after it was handed back."""
    contract, known = view.mapping.contract, view.known.milestones
    turn = _turn(known)
    if contract is None or not any(one.what is Happened.HANDED_BACK and one.source == str(turn) for one in known):
        return
    if any(fact.what is Happened.REOPENED for fact in observe(view, contract, known, now)):
        told = _told_since(known)
        then = "The customer was told already that it is done." if told else "Do not send the draft: it is taken back."
        yield _note(f"taken_back:{turn}", f"The issue was opened again. {then}")


def _note(item: str, text: str) -> Note:
    return Note(Side.SUPPORT, Internal(text), item)


# --- the draft --------------------------------------------------------------------------------------------------------


def _draft(view: View, policy: FeedbackPolicy, back: WayBack) -> str:
    issue = view.now(Side.ENGINEERING)
    called = (issue.label or issue.ref) if issue else ""
    solved = " This ticket is done already, though the customer was not told since." if back.solved else ""
    then = "then close this ticket" if policy.close is Close.BY_AGENT else "then this ticket is closed by itself"
    head = f"The issue {called} is done.{solved} Tell the customer, {then}. A draft, which nobody has sent:"
    try:
        text = policy.draft.render(values(view, policy))
    except Unrenderable as error:
        text = f"(There is none: `feedback.draft` of the escalation cannot be rendered: {error}.)"
    return f"{head}\n\n---\n\n{text}"


def values(view: View, policy: FeedbackPolicy) -> Mapping[str, object]:
    """Everything that the draft's template may say, redacted already: of this ticket and its issue alone."""
    ticket, issue = view.now(Side.SUPPORT), view.now(Side.ENGINEERING)
    requester = ticket.requester if ticket else None

    def clean(text: str) -> str:
        return redact(text, policy.redaction).text

    return {
        "ticket": {
            "label": clean(ticket.label if ticket else ""),
            "title": clean(title_of(view.fields(Side.SUPPORT), view.mapping.fields, Side.SUPPORT)),
            "url": clean(ticket.url if ticket else ""),
        },
        "customer": {"name": clean(requester.name if requester else "")},
        "issue": {"label": clean(issue.label if issue else ""), "done": clean(_what_was_done(view, policy))},
        "survey": {"ask": policy.survey.ask if policy.survey else ""},
    }


def _what_was_done(view: View, policy: FeedbackPolicy) -> str:
    """In the tracker's field for it, or else in the last comment of a person that has a heading for it."""
    issue = view.snapshot(Side.ENGINEERING)
    value = issue.fields.get(policy.done_field) if issue and policy.done_field else None
    if value is not None and not isinstance(value, frozenset):
        return plain(value)
    for comment in reversed(said(issue, view.known.copies.engineering) if issue else ()):
        if found := section(comment.body.text, policy.done_headings):
            return found
    return ""
