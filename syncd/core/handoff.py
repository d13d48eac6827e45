"""The handoff packet: what keeps a ticket in support, and what the first comment on its issue says."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from syncd.core.conditions import plain
from syncd.core.decision import Decision, Flag, Note, Scope, fingerprint
from syncd.core.escalation import assess, meaning
from syncd.core.evidence import Given, description_of, gather, missing, said
from syncd.core.fields import title_of
from syncd.core.impact import in_words
from syncd.core.intake import escaped
from syncd.core.lens import Unsayable
from syncd.core.mapping import EscalationRule
from syncd.core.mapping import Mapping as Rules
from syncd.core.model import Comment, Fields, Internal, Side, Snapshot, Visibility
from syncd.core.moments import said_at
from syncd.core.notice import tier_of
from syncd.core.packet import Evidence, OnMissing, PacketPolicy, Told, Unrenderable
from syncd.core.redact import Finding, Redaction, Sort, counts, redact
from syncd.core.signals import own_of, signals_in
from syncd.core.similar import Alike, Issue
from syncd.core.view import Known, View

PACKET = "packet"
"""The item of the note that hands the ticket over."""
WAITS = "packet:missing:"  # and a fingerprint of what is missing
"""How the items of the notes begin that say what a ticket lacks."""
ITEM = "handoff packet"
"""What it is called where it is parked."""


# --- before there is an issue -----------------------------------------------------------------------------------------


def lacking(rules: Rules, ticket: Snapshot, ours: Collection[str] = ()) -> tuple[Evidence, ...]:
    """What keeps a ticket in support, as far as it was read."""
    policy = rules.packet
    return missing(gather(rules, policy, ticket, ours), OnMissing.HOLD) if policy else ()


def ask(view: View, rule: EscalationRule, lacks: Sequence[Evidence]) -> tuple[Decision, ...]:
    """The question, unless the helpdesk refused this very one."""
    policy = view.mapping.packet
    note = waits(rule, lacks, view.known.alike, policy.redaction if policy else Redaction())
    return () if f"{Scope.COMMENT}:{note.item}" in view.known.parked else (note,)


def waits(rule: EscalationRule, lacks: Sequence[Evidence], similar: Sequence[Alike], rules: Redaction) -> Note:
    """Ask the agents for what is missing; the same question is asked once."""
    lines = [f"- **{one.name}**: {one.ask} ({_where(one)})" for one in lacks]
    head = (
        f"syncd keeps this ticket in support: rule `{rule.name}` makes an issue of it, but engineering needs to know:"
    )
    then = "As soon as it is there, the issue is made by itself."
    text = "\n".join([head, "", *lines, "", then, *_known(similar, rules)])
    return Note(Side.SUPPORT, Internal(text), WAITS + fingerprint(*(one.name for one in lacks)))


def _known(similar: Sequence[Alike], rules: Redaction) -> Sequence[str]:
    """Issues that stand already, so that an agent has the ticket linked and no second issue made."""
    if not similar:
        return ()
    head = "These issues sound like it. If one of them is meant, have the ticket linked to it (`syncd link`):"
    return ("", head, "", *(f"- {_named(one.issue, rules)} ({_weight(one)})" for one in similar))


def _named(issue: Issue, rules: Redaction) -> str:
    """An issue in a line of Markdown; its title is the tracker's and formats nothing here."""
    name = f"[{issue.label}]({issue.url})" if issue.url else issue.label
    return f"{name}: {escaped(redact(issue.title, rules).text)}" if issue.title else name


def _weight(one: Alike) -> str:
    """How much it is alike, and what hangs on it."""
    cost = in_words(one.issue.impact)
    return f"{_percent(one)} % alike" + (f"; {cost}" if cost else "")


def _percent(one: Alike) -> int:
    return round(one.likeness * 100)


def _where(one: Evidence) -> str:
    ways = [f"in the field `{one.field}`"] if one.field else []
    if one.headings:
        ways.append(f"or in the description or a comment, below `{one.headings[0]}:`")
    return " ".join(ways).removeprefix("or ")


def why_held(lacks: Sequence[Evidence]) -> str:
    """For `plan` and `why`."""
    return "held in support, for the ticket does not say: " + ", ".join(f"`{one.name}`" for one in lacks)


# --- when there is one ------------------------------------------------------------------------------------------------


def handoff(view: View) -> Iterator[Decision]:
    """The packet of an issue that was just made: one internal comment, before everything else that crosses."""
    policy, ticket = view.mapping.packet, view.snapshot(Side.SUPPORT)
    if policy is None or ticket is None or ticket.thread is None:
        return
    if not is_due(view.known, policy) or not view.takes_writes(Side.ENGINEERING):
        return
    try:
        text = policy.template.render(
            values(view.mapping, policy, ticket, view.known.copies.support, similar=view.known.alike)
        )
    except Unrenderable as error:
        remedy = "mend `packet.template` of the escalation; a changed one is tried at the ticket's next look"
        yield parked(policy, f"its template cannot be rendered: {error}", remedy)
    else:
        yield Note(Side.ENGINEERING, Internal(text), PACKET)


def is_due(known: Known, policy: PacketPolicy) -> bool:
    """Whether the issue still waits for its packet, and no template that failed already keeps it from coming."""
    failed = known.parked.get(f"{Scope.COMMENT}:{ITEM}") == policy.template.digest
    return PACKET in known.owed - known.told and not failed


def parked(policy: PacketPolicy, reason: str, remedy: str) -> Flag:
    """The packet alone waits for a person; another template is tried by itself."""
    return Flag(Scope.COMMENT, ITEM, policy.template.digest, reason, remedy, Side.ENGINEERING)


# --- what a template may say ------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Cleaner:
    """Redacts, and remembers what it removed from what the packet tells."""

    rules: Redaction
    findings: list[Finding] = field(default_factory=list)

    def __call__(self, text: str) -> str:
        done = redact(text, self.rules)
        self.findings.extend(done.findings)
        return done.text


def values(
    rules: Rules, policy: PacketPolicy, ticket: Snapshot, ours: Collection[str], *, similar: Sequence[Alike] = ()
) -> Mapping[str, object]:
    """Everything that a template may say, redacted already; all texts are Markdown."""
    clean, given = _Cleaner(policy.redaction), gather(rules, policy, ticket, ours)
    aside = _Cleaner(policy.redaction)  # not counted: a template need not say it
    told: dict[str, object] = {
        "ticket": {
            **_ticket(rules, ticket, clean),
            "label": aside(_called(ticket)),
            "url": aside(ticket.url),
        },
        "severity": _severity(rules, ticket.fields, clean),
        "evidence": [{"name": one.evidence.name, "text": clean(one.text)} for one in given if one.text],
        "missing": [_asked(one) for one in given if not one.text],
        "conversation": [_comment(comment, clean) for comment in said(ticket, ours) if _is_told(policy, comment)],
    }
    removed = counts(clean.findings)
    numbers = {str(sort): removed.get(sort, 0) for sort in Sort}
    person = ticket.requester
    customer = {
        "name": aside(person.name) if person else "",
        "email": aside((person.email if person else "") or ""),
        "tier": aside(tier_of(rules, ticket.fields)),
    }
    fields = {name: aside(text) for name, text in said_fields(rules, ticket.fields)}
    told["similar"] = [_similar(one, aside) for one in similar]
    return {**told, "customer": customer, "fields": fields, "removed": {**numbers, "total": sum(numbers.values())}}


def _similar(one: Alike, clean: _Cleaner) -> Mapping[str, object]:
    issue = one.issue
    return {
        "label": clean(issue.label),
        "url": clean(issue.url),
        "title": clean(issue.title),
        "likeness": _percent(one),
        "tickets": len(issue.impact.tickets),
        "customers": issue.impact.customers,
        "value": "" if issue.impact.value is None else clean(str(issue.impact.value)),
        "recent": issue.impact.recent,
        "rating": "" if issue.impact.rating is None else str(issue.impact.rating),
        "same_customer": "yes" if issue.same_customer else "",
    }


def _ticket(rules: Rules, ticket: Snapshot, clean: _Cleaner) -> Mapping[str, object]:
    return {
        "title": clean(title_of(ticket.fields, rules.fields, Side.SUPPORT)),
        "description": clean(description_of(rules, ticket.fields)),
        "created": _moment(ticket.created),
        "updated": _moment(ticket.updated),
    }


def _called(ticket: Snapshot) -> str:
    """Its label; "#7" would name another ticket at the tracker, and so becomes "ticket 7"."""
    return f"ticket {ticket.label[1:]}" if ticket.label.startswith("#") else ticket.label or f"ticket {ticket.ref}"


def _severity(rules: Rules, fields: Fields, clean: _Cleaner) -> Mapping[str, object]:
    assessed = assess(rules, fields)
    if assessed is None:
        return {"name": "", "rule": "", "why": ""}
    return {"name": str(assessed.severity or ""), "rule": assessed.rule, "why": clean(assessed.why)}


def _asked(one: Given) -> Mapping[str, object]:
    return {"name": one.evidence.name, "ask": one.evidence.ask}


def _is_told(policy: PacketPolicy, comment: Comment) -> bool:
    return policy.conversation is Told.ALL or comment.visibility is Visibility.PUBLIC


def _comment(comment: Comment, clean: _Cleaner) -> Mapping[str, object]:
    return {
        "who": clean(comment.author.name or comment.author.id),
        "when": _moment(comment.created),
        "visibility": str(comment.visibility),
        "text": clean(comment.body.text),
        "files": [clean(file.name) for file in comment.attachments],
    }


def said_fields(rules: Rules, fields: Fields) -> Iterator[tuple[str, str]]:
    """The helpdesk's own fields, the signals, and the entries of the mapping with what they mean."""
    values = {**own_of(fields), **{name: signal.value for name, signal in signals_in(fields).items()}}
    for name, value in values.items():
        yield name, ", ".join(sorted(value)) if isinstance(value, frozenset) else "" if value is None else plain(value)
    for rule in rules.fields:
        try:
            stands = meaning(rules, rule.name, fields)
        except Unsayable:
            continue
        if isinstance(stands, str):
            yield rule.name, stands


def _moment(at: datetime | None) -> str:
    return said_at(at) if at else ""
