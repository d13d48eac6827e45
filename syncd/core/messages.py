"""(a fact, the rules, what is known of the ticket) -> the messages that people outside of the two tickets get.

Every value is redacted by the rules of the packet before a template sees it. What is said to a reader of a draft for
the customer is made of the ticket's title and of which steps were done: no comment, no evidence, no engineer's word.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from syncd.core.contract import ClockName
from syncd.core.escalation import Assessment, assess, failure
from syncd.core.evidence import gather
from syncd.core.fields import title_of
from syncd.core.followup import RAN_OUT
from syncd.core.handoff import said_fields
from syncd.core.mapping import Mapping as Rules
from syncd.core.milestones import Happened, Milestone, latest
from syncd.core.model import NO_FIELDS, Base, Fields, Pair, Person, Side, Snapshot
from syncd.core.moments import said_at
from syncd.core.owners import last_named
from syncd.core.packet import Unrenderable
from syncd.core.redact import Redaction, redact
from syncd.core.routing import owner_of
from syncd.core.severity import Severity, severity_called
from syncd.core.sla import Clock, clocks
from syncd.core.spans import spoken
from syncd.core.telling import ALARMS, Addressed, Audience, InRole, Message, Recipient, RoleName, TellRule

LONGEST = 6000  # characters of a message: Teams takes 28 KB with everything around it
HEADLINE = 150  # characters of a subject: what Slack takes as a header
SHORT = 500  # characters of each value

SAID: Mapping[Happened, str] = {
    Happened.HELD: "it waits in support until evidence is there",
    Happened.APPROVAL_ASKED: "it waits for approval",
    Happened.APPROVED: "its escalation was approved",
    Happened.REFUSED: "its escalation was refused",
    Happened.ESCALATED: "it went to engineering",
    Happened.OVERRULED: "an agent gave it another severity than the rules",
    Happened.ASSIGNED: "syncd named somebody on it",
    Happened.TRANSFERRED: "it went to somebody else, because nobody took it in time",
    Happened.OWNED: "somebody is named on the issue",
    Happened.UNOWNED: "nobody is named on the issue",
    Happened.ACCEPTED: "engineering accepted it",
    Happened.RETURNED: "engineering returned it",
    Happened.RESUBMITTED: "support handed it over again",
    Happened.TOLD: "the customer got an answer",
    Happened.REVIEWED: "it was reviewed",
    Happened.DONE: "the issue is done",
    Happened.REOPENED: "the issue was opened again",
    Happened.PAUSED: "a clock stands still",
    Happened.RESUMED: "a clock goes on",
    Happened.REMINDED: "the time is running out",
    Happened.BREACHED: "the time is up",
    Happened.CLASSIFIED: "its cause was named",
    Happened.HANDED_BACK: "the ticket is back at its owner, with a draft for the customer",
    Happened.CLOSED: "the ticket is done",
    Happened.SURVEYED: "the customer was asked how it went",
    Happened.RATED: "the customer said how it went",
    Happened.FOLLOW_UP: "the customer was not content: somebody should call",
    Happened.REVIEW_OPENED: "a review was begun",
}

STAGES: Mapping[Happened | None, tuple[str, str]] = {
    None: ("Our support team is looking into it.", "We decide whether our engineers are needed."),
    Happened.ESCALATED: ("Our engineers have your report.", "An engineer takes it on."),
    Happened.RESUBMITTED: ("Our engineers have your report with more details.", "An engineer takes it on."),
    Happened.RETURNED: ("We are collecting more details for our engineers.", "Our engineers go on with them."),
    Happened.ACCEPTED: ("An engineer is working on it.", "A solution, or a way around it."),
    Happened.DONE: ("Our engineers say that it is solved.", "We make sure with you that it is."),
    Happened.REOPENED: ("Our engineers are looking at it again.", "A solution, or a way around it."),
}
"""What a customer may know of the last step: what is investigated, and what comes next."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What is known of a link at the moment of a fact.

    Attributes:
        now: both sides as they look now; None where a side is not known yet.
        ticket: the ticket as this run read it, for its evidence; `ours` are ids of comments there that syncd wrote.
        history: every fact, this one too.
        severity: as it was found last, for a ticket that this run has not read; "" for none.
    """

    rules: Rules
    now: Pair[Base | None]
    history: tuple[Milestone, ...]
    at: datetime
    severity: str = ""
    ticket: Snapshot | None = None
    ours: frozenset[str] = frozenset()

    @property
    def fields(self) -> Fields:
        return self.now.support.fields if self.now.support else NO_FIELDS

    @property
    def given(self) -> Assessment:
        """How bad the ticket is, with its rule where that is known."""
        found = assess(self.rules, self.fields) if self.now.support else None
        known = severity_called(self.severity)
        return found or Assessment(known, "", "", known)


def messages(scene: Scene, fact: Milestone) -> tuple[Message, ...]:
    """What is to be told of a fact that was just noted; of each rule in the order of the file."""
    severity = scene.given.severity
    return tuple(message for rule in _telling(scene, fact) for message in _of_rule(scene, rule, fact, severity))


def _telling(scene: Scene, fact: Milestone) -> list[TellRule]:
    """The rules that tell of this fact."""
    policy = scene.rules.escalation
    if policy is None or policy.telling is None:
        return []
    severity = scene.given.severity
    return [rule for rule in policy.telling.rules if rule.is_about(fact, severity) and _holds(scene, rule)]


def _holds(scene: Scene, rule: TellRule) -> bool:
    return not any(failure(scene.rules, condition, scene.fields) for condition in rule.when)


def _of_rule(scene: Scene, rule: TellRule, fact: Milestone, severity: Severity | None) -> Iterator[Message]:
    known = values(scene, fact, rule.audience)
    subject, text = _said(rule, known)
    for recipient in dict.fromkeys(one for to in rule.to for one in _reached(scene, to)):
        yield Message(
            rule=rule.name,
            recipient=recipient,
            audience=rule.audience,
            fact=f"{fact.what}:{fact.source or fact.at.astimezone(UTC).isoformat()}",
            severity=str(severity or ""),
            subject=subject,
            text=text,
            due=rule.opens(severity, scene.at),
            links=tuple(_links(known)),
            event=_event(scene, rule, fact, known),
        )


def unreached(scene: Scene, fact: Milestone) -> tuple[tuple[TellRule, InRole], ...]:
    """The roles that nobody has, or nobody whose address is known, though a rule tells them of this fact."""
    asked = [(rule, to) for rule in _telling(scene, fact) for to in rule.to if isinstance(to, InRole)]
    return tuple((rule, to) for rule, to in asked if not _reached(scene, to))


def _reached(scene: Scene, to: Recipient | InRole) -> tuple[Recipient, ...]:
    if not isinstance(to, InRole):
        return (to,)
    return tuple(Addressed(to.channel, address) for address in _addresses(scene, to.role) if address)


def _addresses(scene: Scene, role: RoleName) -> Iterator[str]:
    """Of those who have a role: as `people` of the policy names them, else as the vendor does."""
    owners = scene.rules.escalation.owners if scene.rules.escalation else None
    if owners is None:
        return
    match role:
        case RoleName.OWNER:
            if owner := owner_of(owners, scene.history):
                yield owner.email or _address(scene.now.engineering, owners.internal)
        case RoleName.TEAM:
            named = last_named(scene.history)
            team = owners.teams.get(named.team) if named else None
            yield from (owners.people[name].email for name in (team.members if team else ()) if name in owners.people)
        case RoleName.CUSTOMER_OWNER:
            yield _address(scene.now.support, owners.customer)


def _address(side: Base | None, field: str) -> str:
    """Of the person in a field."""
    value = side.fields.get(field) if side and field else None
    return (value.email or "") if isinstance(value, Person) else ""


def _links(known: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What may be opened; a draft for the customer names no issue."""
    for side in ("ticket", "issue"):
        if side in known and known[side]["url"].startswith(("https://", "http://")):
            yield known[side]["label"], known[side]["url"]


def _said(rule: TellRule, known: Mapping[str, Any]) -> tuple[str, str]:
    """Subject and text; a template that fails says so below the one that stands in for it."""
    try:
        made, failed = rule.template.render(known), ""
    except Unrenderable as error:
        made, failed = rule.standard.render(known), f"\n\n(The template of rule {rule.name} cannot be used: {error})"
    first, _, rest = made.strip().partition("\n")
    subject = clipped(" ".join(first.split()), HEADLINE)
    return subject, clipped(rest.strip(), LONGEST) + failed


def _event(scene: Scene, rule: TellRule, fact: Milestone, known: Mapping[str, Any]) -> Mapping[str, object]:
    """What a program gets; the same values as a template, so nothing more."""
    parts = {side: known[side] for side in ("ticket", "issue") if side in known}
    said = {**known["fact"], "at": fact.at.astimezone(UTC).isoformat()}
    names = {"mapping": scene.rules.name, "rule": rule.name, "audience": str(rule.audience)}
    return {**names, "fact": said, "severity": known["severity"]["name"], **parts}


# --- what a template may say ------------------------------------------------------------------------------------------


def values(scene: Scene, fact: Milestone, audience: Audience) -> dict[str, Any]:
    """Everything that a template for this reader may say, redacted already; all texts are plain."""
    packet = scene.rules.packet
    made = _draft(scene, fact) if audience is Audience.CUSTOMER_DRAFT else _internal(scene, fact)
    cleaned: dict[str, Any] = _cleaned(made, packet.redaction if packet else Redaction())
    return cleaned


def _cleaned(value: Any, rules: Redaction) -> Any:
    match value:
        case str():
            return clipped(redact(value, rules).text, SHORT)  # in this order: half a key is no key any more
        case Mapping():
            return {name: _cleaned(one, rules) for name, one in value.items()}
        case _:
            return [_cleaned(one, rules) for one in value]


def _draft(scene: Scene, fact: Milestone) -> dict[str, object]:
    last = latest(scene.history, *(what for what in STAGES if what is not None))
    investigated, then = STAGES[last.what if last else None]
    return {
        "fact": {"what": str(fact.what), "at": said_at(fact.at)},
        "ticket": _side(scene, Side.SUPPORT),
        "severity": {"name": str(scene.given.severity or "")},
        "customer": {"name": _customer(scene)},
        "investigated": investigated,
        "next": then,
        "next_update": _next_update(scene),
    }


def _internal(scene: Scene, fact: Milestone) -> dict[str, object]:
    given, last = scene.given, latest(scene.history, Happened.OWNED, Happened.UNOWNED)
    return {
        "fact": _fact(fact),
        "ticket": _side(scene, Side.SUPPORT),
        "issue": _side(scene, Side.ENGINEERING),
        "severity": {"name": str(given.severity or ""), "rule": given.rule, "why": given.why},
        "customer": {"name": _customer(scene)},
        "owner": last.who if last and last.what is Happened.OWNED else "",
        "clocks": [_clock(clock) for clock in _running(scene)],
        "next_update": _next_update(scene),
        "evidence": list(_evidence(scene)),
        "fields": dict(said_fields(scene.rules, scene.fields)),
    }


def _fact(fact: Milestone) -> Mapping[str, object]:
    sentence = SAID[fact.what]
    clock = next((name for name in ClockName if str(name) == fact.detail), None)
    if fact.what in ALARMS and clock is not None:
        sentence = f"{sentence}: {RAN_OUT[clock]}"
    about = {"who": fact.who, "detail": fact.detail}
    return {"what": str(fact.what), "sentence": sentence, "at": said_at(fact.at), **about}


def _side(scene: Scene, side: Side) -> Mapping[str, object]:
    base = scene.now[side]
    if base is None:
        return {"label": "", "url": "", "title": ""}
    title = " ".join(title_of(base.fields, scene.rules.fields, side).split())
    return {"label": base.label or base.ref, "url": base.url, "title": title}


def _customer(scene: Scene) -> str:
    person = scene.now.support.requester if scene.now.support else None
    return person.name if person else ""


def _running(scene: Scene) -> tuple[Clock, ...]:
    contract = scene.rules.contract
    found = clocks(contract, scene.given.severity, scene.history, scene.at) if contract else ()
    return tuple(clock for clock in found if clock.ended is None)


def _next_update(scene: Scene) -> str:
    """By when the customer was promised to hear again; "" where nothing is promised."""
    waits = (ClockName.RESPOND, ClockName.UPDATE)
    due = next((clock.due for clock in _running(scene) if clock.name in waits), None)
    return said_at(due) if due else ""


def _clock(clock: Clock) -> Mapping[str, object]:
    if clock.paused:
        left = "stands still"
    elif clock.used >= clock.within + timedelta(minutes=1):
        left = f"{spoken(clock.used - clock.within)} over its time"
    elif clock.used >= clock.within:
        left = "its time is up"
    else:
        left = f"{spoken(clock.within - clock.used)} left" + (f", until {said_at(clock.due)}" if clock.due else "")
    return {"name": str(clock.name), "left": left, "waits": RAN_OUT[clock.name]}


def _evidence(scene: Scene) -> Iterator[Mapping[str, object]]:
    """What the ticket says of what was asked; nothing where this run has not read it."""
    policy = scene.rules.packet
    if policy is not None and scene.ticket is not None:
        for one in gather(scene.rules, policy, scene.ticket, scene.ours):
            if one.text:
                yield {"name": one.evidence.name, "text": one.text}


def clipped(text: str, most: int) -> str:
    """The text, or its beginning."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
