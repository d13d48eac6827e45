"""Approval: what keeps a ticket in support until a person says yes, who may, and what both sides hear of it.

What happened is kept as milestones: APPROVAL_ASKED, whose `source` is "NUMBER|ENTRY|WORDS" (which entry of the policy
asked, and a name of the words that it was asked about), then APPROVED or REFUSED.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from syncd.core import comments as texts
from syncd.core.approval import Approval, Otherwise
from syncd.core.contract import Acceptance
from syncd.core.decision import Decision, Mark, Note, fingerprint
from syncd.core.escalation import assess, failure
from syncd.core.evidence import description_of, said
from syncd.core.fields import title_of
from syncd.core.hours import ALWAYS, after
from syncd.core.mapping import EscalationRule
from syncd.core.mapping import Mapping as Rules
from syncd.core.milestones import Happened, Milestone
from syncd.core.model import Comment, Fields, Internal, Person, Side
from syncd.core.owners import OwnersPolicy
from syncd.core.routing import known_as
from syncd.core.severity import Severity, severity_called
from syncd.core.spans import spoken
from syncd.core.view import View

ANSWERS = (Happened.APPROVED, Happened.REFUSED)
LONGEST = 2000  # characters of a reason


def approval_for(rules: Rules, fields: Fields) -> Approval | None:
    """The first entry that takes a ticket."""
    given = assess(rules, fields)
    for one in rules.escalation.approvals if rules.escalation else ():
        bad_enough = not one.severities or (given is not None and given.severity in one.severities)
        if bad_enough and not any(failure(rules, condition, fields) for condition in one.when):
            return one
    return None


def standing(history: Sequence[Milestone]) -> Milestone | None:
    """How far it is: the last question or answer, in the order in which they were noticed; None before both."""
    return next((fact for fact in reversed(history) if fact.what in (Happened.APPROVAL_ASKED, *ANSWERS)), None)


def waits(history: Sequence[Milestone]) -> bool:
    """Whether a person's word on the ticket may still let it pass."""
    last = standing(history)
    escalated = any(fact.what is Happened.ESCALATED for fact in history)
    return not escalated and last is not None and last.what is not Happened.APPROVED


# --- before there is an issue -----------------------------------------------------------------------------------------


def gate(view: View, rule: EscalationRule, now: datetime | None) -> tuple[Decision, ...] | None:
    """What is to be done about a ticket that waits, often nothing; None where it may pass."""
    ticket, history = view.snapshot(Side.SUPPORT), view.known.milestones
    asked = approval_for(view.mapping, ticket.fields) if ticket else None
    if asked is None or any(fact.what is Happened.ESCALATED for fact in history):
        return None
    if now is None:
        return ()
    last = standing(history)
    if last is None or _question(history).source.split("|")[1] != asked.name:
        return _ask(view, rule, asked, now)
    if said_now := tuple(_answers(view, asked, now)):
        return said_now
    if last.what is Happened.APPROVED:
        return None
    if last.what is Happened.REFUSED:
        changed = _question(history).source.split("|")[2] != _words_of(view)
        return _ask(view, rule, asked, now) if changed else ()
    due = answer_due(asked, _severity(view), history)
    return tuple(_unanswered(asked, last, now)) if due is not None and due <= now else ()


def answer_due(asked: Approval, severity: Severity | None, history: Sequence[Milestone]) -> datetime | None:
    """Until when an answer is waited for; None where nobody waits, or without an end."""
    last = standing(history)
    if asked.within is None or last is None or last.what is not Happened.APPROVAL_ASKED:
        return None
    hours = asked.hours.get(severity, ALWAYS) if severity else ALWAYS
    return after(hours, last.at, asked.within)


def next_due(rules: Rules, severity: str, history: Sequence[Milestone]) -> datetime | None:
    """The same for a ticket that was not read: by the entry that asked."""
    asked = asked_of(rules, history) if waits(history) else None
    return answer_due(asked, severity_called(severity), history) if asked else None


def asked_of(rules: Rules, history: Sequence[Milestone]) -> Approval | None:
    """The entry that asked last, as the policy has it now."""
    if standing(history) is None or rules.escalation is None:
        return None
    name = _question(history).source.split("|")[1]
    return next((one for one in rules.escalation.approvals if one.name == name), None)


def _question(history: Sequence[Milestone]) -> Milestone:
    return next(fact for fact in reversed(history) if fact.what is Happened.APPROVAL_ASKED)


def _severity(view: View) -> Severity | None:
    ticket = view.snapshot(Side.SUPPORT)
    given = assess(view.mapping, ticket.fields) if ticket else None
    return given.severity if given else None


def _words_of(view: View) -> str:
    """A name of what the ticket says: a refused one is asked about again when that is another one."""
    fields = view.fields(Side.SUPPORT)
    return fingerprint(title_of(fields, view.mapping.fields, Side.SUPPORT), description_of(view.mapping, fields))


def _ask(view: View, rule: EscalationRule, asked: Approval, now: datetime) -> tuple[Decision, ...]:
    number = sum(fact.what is Happened.APPROVAL_ASKED for fact in view.known.milestones) + 1
    who, how = ", ".join(asked.who), _acceptance(view)
    lines = [
        f"syncd keeps this ticket in support: rule `{rule.name}` makes an issue of it, but somebody must approve it "
        f"first (`{asked.name}`): {who}.",
        f"Write an internal comment that begins with `{how.approve}`, or with `{how.refuse}` and a reason.",
    ]
    if asked.within is not None:
        then = "is made" if asked.otherwise is Otherwise.PASS else "is refused"
        lines.append(f"Without an answer within {spoken(asked.within)} the issue {then}.")
    fact = Milestone(Happened.APPROVAL_ASKED, now, detail=who, source=f"{number}|{asked.name}|{_words_of(view)}")
    return Note(Side.SUPPORT, Internal("\n\n".join(lines)), f"approval:ask:{number}"), Mark(fact)


def _unanswered(asked: Approval, question: Milestone, now: datetime) -> Iterator[Decision]:
    reason = f"nobody answered within {spoken(asked.within)}" if asked.within else ""
    what = Happened.APPROVED if asked.otherwise is Otherwise.PASS else Happened.REFUSED
    yield from _settled(Milestone(what, now, detail=reason, source=f"late:{question.source}"))


def _settled(fact: Milestone) -> Iterator[Decision]:
    """The note comes before the fact, so that a crash between them tells nothing twice."""
    why = f": {fact.detail}" if fact.detail else ""
    if fact.what is Happened.APPROVED:
        text = f"{fact.who or 'The policy'} approved it{why}. The issue is made."
    else:
        text = (
            f"{fact.who or 'The policy'} refused it{why}. The ticket stays in support. It is asked about again when "
            "its title or description changes; an approval still lets it pass."
        )
    yield Note(Side.SUPPORT, Internal(text), f"approval:{fact.what}:{fact.source}")
    yield Mark(fact)


# --- what people say --------------------------------------------------------------------------------------------------


def _answers(view: View, asked: Approval, now: datetime) -> Iterator[Decision]:
    """New words of those who may, in the order of their time, and an answer to everybody else's."""
    noted = {(fact.what, fact.source) for fact in view.known.milestones}
    facts: list[Milestone] = []
    for fact, author in _said(view, now):
        if (fact.what, fact.source) in noted:
            continue
        who = known_as(owners_of(view.mapping), view.mapping, Side.SUPPORT, author) if author else fact.who
        if who in asked.who:
            facts.append(replace(fact, who=who))
        elif (item := f"approval:no:{fact.source}") not in view.known.told:
            text = f"That is for {', '.join(asked.who)} to say; nothing was changed."
            yield Note(Side.SUPPORT, Internal(text), item)
    for fact in sorted(facts, key=lambda one: one.at):
        yield from _settled(fact)


def _said(view: View, now: datetime) -> Iterator[tuple[Milestone, Person | None]]:
    """What was said in comments, with its author, and what was stated."""
    ticket, how = view.snapshot(Side.SUPPORT), _acceptance(view)
    words = {how.approve: Happened.APPROVED, how.refuse: Happened.REFUSED}
    for comment in said(ticket, view.known.copies.support) if ticket else ():
        for word, what in words.items():
            if isinstance(comment.body, Internal) and texts.begins(comment.body.text, word):
                yield _fact(comment, word, what, now), comment.author
    yield from ((fact, None) for fact in view.known.statements if fact.what in ANSWERS)


def _fact(comment: Comment, word: str, what: Happened, now: datetime) -> Milestone:
    rest = comment.body.text.strip()[len(word) :].strip(" :\n")[:LONGEST]
    return Milestone(what, min(comment.created, now), detail=rest, source=f"{Side.SUPPORT}:{comment.id}")


def _acceptance(view: View) -> Acceptance:
    return view.mapping.escalation.contract.acceptance if view.mapping.escalation else Acceptance()


def owners_of(rules: Rules) -> OwnersPolicy:
    """The people of the policy; nobody where there are none."""
    found = rules.escalation.owners if rules.escalation else None
    return found or OwnersPolicy()


# --- when there is an issue, and for those who ask --------------------------------------------------------------------


def approved_note(history: Sequence[Milestone]) -> Note | None:
    """What engineering hears of an approval."""
    fact = next((one for one in reversed(history) if one.what is Happened.APPROVED), None)
    if fact is None:
        return None
    why = f": {fact.detail}" if fact.detail else ""
    return Note(
        Side.ENGINEERING, Internal(f"{fact.who or 'The policy'} approved this issue{why}."), f"approved:{fact.source}"
    )


def consented(view: View) -> Iterator[Note]:
    """The note that was promised when the issue was made."""
    note = approved_note(view.known.milestones)
    if note is not None and note.item in view.known.owed and view.takes_writes(note.side):
        yield note


def why_waits(asked: Approval, history: Sequence[Milestone]) -> str:
    """For `plan` and `why`; "" where it does not wait."""
    last = standing(history)
    who = ", ".join(asked.who)
    if any(fact.what is Happened.ESCALATED for fact in history):
        return ""
    if last is None:
        return f"waits for approval by {who} (`{asked.name}`), who are asked then"
    if last.what is Happened.APPROVED:
        return ""
    if last.what is Happened.REFUSED:
        why = f": {last.detail}" if last.detail else ""
        return f"refused by {last.who or 'the policy'}{why}; an approval by {who} still lets it pass"
    return f"waits for approval by {who} (`{asked.name}`), asked {last.at:%Y-%m-%d %H:%M} UTC"
