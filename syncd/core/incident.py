"""(policy, severity) -> the incident that is rehearsed where nobody wrote one: everything that the policy speaks of.

Evidence is missing first where that keeps a ticket in support, somebody must approve where the policy says so, nobody
accepts before the clock has run out, and an update is missed; then it is done, handed back and answered.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from syncd.core.consent import approval_for
from syncd.core.contract import ClockName, Target
from syncd.core.escalation import assess, failure
from syncd.core.evidence import asked
from syncd.core.hours import after
from syncd.core.lens import Unsayable
from syncd.core.mapping import Mapping as Rules
from syncd.core.milestones import Happened
from syncd.core.model import NO_FIELDS, Fields, Kind, RichText, Side, Value
from syncd.core.observe import STATUS
from syncd.core.packet import Evidence, OnMissing
from syncd.core.satisfy import SETS, Kinds, is_unsure, satisfied, words
from syncd.core.scenario import AGENT, CUSTOMER, ENGINEER, Incident, Opening, Step, Until
from syncd.core.sentiment import Lexicon
from syncd.core.severity import Severity
from syncd.core.triggers import first_match

TITLE = "Drill"
TEXT = "This is a drill. Since this morning nothing happens when I press the button."
TITLES, TEXTS = ("title", "subject", "summary"), ("description", "body")
"""How mappings call the entries in which a customer writes."""
SOON, LOOKS, WHILE = timedelta(minutes=5), timedelta(minutes=10), timedelta(minutes=30)
DONE_WORDS = "The pool of connections was too small; it is larger now."


def incident(rules: Rules, severity: Severity, now: datetime, kinds: Kinds) -> Incident:
    """The rehearsal of one severity in the words of one mapping.

    Args:
        now: when it begins: half of a target is another time at night than in the office.
    """
    found = opening(rules, severity, kinds)
    return Incident(f"a {severity} as the policy has it", found, tuple(steps(rules, severity, found, now)))


# --- the ticket -------------------------------------------------------------------------------------------------------


def opening(rules: Rules, severity: Severity, kinds: Kinds, given: Fields | None = None) -> Opening:
    """A ticket that a rule of this severity takes, and if it may be, a rule under `escalate` as well.

    Args:
        given: the ticket that a scenario has; then only what an agent may have to set is looked for.
    """
    plain = given if given is not None else written(rules, TITLE, TEXT)
    override = overridden(rules, severity, plain, kinds)
    taken = [("", plain)] if given is not None else list(_taken(rules, severity, plain, kinds))
    for rule, fields in taken:
        if first_match(rules, fields):
            return Opening(fields, rule, override=override)
    rule, fields = taken[0] if taken else ("", plain)
    unsure = taken and not _is(rules, fields, severity)
    lift = _lift(rules, None if unsure else severity, fields, kinds) if taken else {}
    if not lift and override:  # with an agent's own word it stays as bad as it is, whatever else they set
        lift = _lift(rules, severity, {**fields, **overridden(rules, severity, fields, kinds)}, kinds)
        lift = {**override, **lift} if lift else {}
    return Opening(fields, rule, lift, override)


def written(rules: Rules, title: str, text: str, more: Fields = NO_FIELDS) -> Fields:
    """Title and description where the helpdesk has them."""
    fields: dict[str, Value] = {}
    said = {**dict.fromkeys(TITLES, title), **dict.fromkeys(TEXTS, text)}
    for rule in (rule for rule in rules.fields if rule.name in said):
        value = said[rule.name]
        fields[rule.lenses.support.field] = RichText.of(value) if rule.kind is Kind.RICH_TEXT else value
    return {**fields, **more}


def overridden(rules: Rules, severity: Severity, fields: Fields, kinds: Kinds) -> Fields:
    """What an agent sets to say how bad it is; nothing where the policy has no word for it."""
    policy = rules.escalation.severities.override if rules.escalation else None
    word = next((word for word, meant in policy.values.items() if meant is severity), "") if policy else ""
    if policy is None or not word:
        return NO_FIELDS
    has = fields.get(policy.field)
    if kinds.get(policy.field) in SETS:
        return {policy.field: (has if isinstance(has, frozenset) else frozenset()) | {word}}
    return {policy.field: word}


def _taken(rules: Rules, severity: Severity, plain: Fields, kinds: Kinds) -> Iterator[tuple[str, Fields]]:
    """Rule after rule, with a ticket that it takes; of some only the engine will find out whether it does."""
    policy = rules.escalation.severities if rules.escalation else None
    lexicon = rules.signals.lexicon if rules.signals else Lexicon()
    for rule in policy.rules if policy else ():
        if rule.severity is not severity:
            continue
        said = words(rule.when, lexicon)
        start = written(rules, TITLE, f"{TEXT} {said}") if said else plain
        fields = satisfied(rules, rule.when, start, kinds)
        unsure = any(is_unsure(rules, one) for one in rule.when)
        if fields is not None and (unsure or _is(rules, fields, severity, rule.name)):
            yield rule.name, fields
    if policy and policy.default is severity and _is(rules, plain, severity):
        yield "default", plain


def _is(rules: Rules, fields: Fields, severity: Severity, rule: str = "") -> bool:
    given = assess(rules, fields)
    return given is not None and given.severity is severity and rule in ("", given.rule)


def _lift(rules: Rules, severity: Severity | None, fields: Fields, kinds: Kinds) -> Fields:
    """What makes a rule under `escalate` take the ticket; nothing if none does.

    Args:
        severity: it stays as bad as this; None where only the engine will find out how bad it is.
    """
    for rule in rules.escalate:
        wanted = [one for one in rule.when if one.field != "severity" or not failure(rules, one, fields)]
        if len(wanted) < len(rule.when):
            continue
        found = satisfied(rules, rule.when, fields, kinds)
        if found is not None and (severity is None or _is(rules, found, severity)):
            return {name: value for name, value in found.items() if fields.get(name) != value}
    return NO_FIELDS


# --- what people do ---------------------------------------------------------------------------------------------------


def steps(rules: Rules, severity: Severity, found: Opening, now: datetime) -> Iterator[Step]:
    targets = {target.clock: target for target in _targets(rules, severity)}
    fields = {**found.fields, **found.lift, **({} if found.rule else found.override)}
    yield from _before(rules, fields)
    told = _half(targets.get(ClockName.RESPOND), now)
    yield Step(
        AGENT, Side.SUPPORT, told, Until(Happened.ESCALATED), "We are looking into it, and tell you more soon.", True
    )
    late = Until(Happened.BREACHED, str(ClockName.ACCEPT)) if ClockName.ACCEPT in targets else None
    accept = rules.contract.acceptance.accept if rules.contract else "/accept"
    yield Step(ENGINEER, Side.ENGINEERING, SOON if late else WHILE, late, f"{accept} I take it.", takes=True)
    if ClockName.UPDATE in targets:
        missed = Until(Happened.BREACHED, str(ClockName.UPDATE))
        yield Step(AGENT, Side.SUPPORT, SOON, missed, "We found where it comes from and are mending it.", True)
    yield from _end(rules)


def _targets(rules: Rules, severity: Severity) -> tuple[Target, ...]:
    return tuple(rules.contract.targets.get(severity, ())) if rules.contract else ()


def _half(target: Target | None, now: datetime) -> timedelta:
    """Half of a target's time, as the wall clock has it from the beginning on."""
    moment = after(target.hours, now, target.within / 2) if target else None
    return moment - now if moment else SOON


def _before(rules: Rules, fields: Fields) -> Iterator[Step]:
    """What keeps a ticket in support: what engineering needs to know, and who must say yes."""
    lacks = list(_held(rules, fields))
    if lacks:
        yield Step(AGENT, Side.SUPPORT, LOOKS, sets={one.field: _filled(rules, one) for one in lacks if one.field})
        said = "\n\n".join(f"## {one.headings[0]}\n\nIn this drill: {one.name}." for one in lacks if one.headings)
        if said:
            yield Step(AGENT, Side.SUPPORT, says=said)
    approval = approval_for(rules, fields)
    if approval is not None and approval.who:
        word = rules.contract.acceptance.approve if rules.contract else "/approve"
        asks = Until(Happened.APPROVAL_ASKED)
        yield Step(approval.who[0], Side.SUPPORT, SOON, asks, f"{word} It is real.")


def _held(rules: Rules, fields: Fields) -> Iterator[Evidence]:
    """The evidence without which there is no issue and that the ticket does not bring by itself."""
    for one in asked(rules, rules.packet, fields) if rules.packet else ():
        if one.missing is OnMissing.HOLD and not (one.field and fields.get(one.field)):
            yield one


def _filled(rules: Rules, one: Evidence) -> str:
    """What an agent puts into the field of a piece of evidence."""
    rule = rules.rule(one.field)
    if rule is not None and rule.order:
        return rule.order[0]
    return "1" if rule is not None and rule.kind is Kind.NUMBER else f"In this drill: {one.name}"


def _end(rules: Rules) -> Iterator[Step]:
    """Done, told and answered."""
    heading = rules.feedback.done_headings[0] if rules.feedback and rules.feedback.done_headings else ""
    said = f"## {heading}\n\n{DONE_WORDS}" if heading else DONE_WORDS
    yield Step(ENGINEER, Side.ENGINEERING, timedelta(minutes=20), says=said)
    if done := _done(rules):
        yield Step(ENGINEER, Side.ENGINEERING, SOON, sets={STATUS: done})
    yield Step(AGENT, Side.SUPPORT, timedelta(minutes=10), says="It is mended. Does it work for you?", public=True)
    yield Step(CUSTOMER, Side.SUPPORT, timedelta(hours=1), says="It works again, thank you.", public=True)


def _done(rules: Rules) -> str:
    """The meaning of a status that counts as done and that the tracker can say; "" where the mapping has none."""
    rule = rules.rule(STATUS)
    for meaning in rule.order if rule else ():
        if rule is not None and meaning in rules.lifecycle.done:
            try:
                rule.lenses.engineering.put(meaning)
            except Unsayable:
                continue
            return meaning
    return ""
