"""(a mapping with its escalation policy) -> what it promises, in plain words: the configured half of the playbook.

The steps of one severity and what starts it; who and which words are in `promisers`, what customers read in `letters`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from syncd.core import inwords
from syncd.core.approval import Approval
from syncd.core.conditions import AnyOf, NoneOf, holds
from syncd.core.contract import ClockName, Contract, Pause
from syncd.core.escalation import SEVERITY
from syncd.core.hours import ALWAYS
from syncd.core.letters import letters
from syncd.core.lookup import Csv, Lookup
from syncd.core.mapping import EscalationRule, Mapping
from syncd.core.packet import Evidence, PacketPolicy
from syncd.core.playbook import Asked, Configured, Entry, Row
from syncd.core.policy import EscalationPolicy
from syncd.core.promisers import owners, words
from syncd.core.redact import Redaction, Sort
from syncd.core.sentiment import Lexicon
from syncd.core.severity import WORST_FIRST, Severity
from syncd.core.signals import SignalPolicy
from syncd.core.telling import TellRule

EXAMPLES = 4  # churn phrases that are shown
REMOVED = {
    Sort.SECRET: "secrets",
    Sort.CARD: "cards and bank accounts",
    Sort.ID: "identity numbers",
    Sort.EMAIL: "e-mail addresses",
    Sort.PHONE: "telephone numbers",
}


def configured(rules: Mapping) -> Configured | None:
    """None where no policy holds for this mapping."""
    policy = rules.escalation
    if policy is None:
        return None
    return Configured(
        rows=tuple(_row(severity, rules, policy) for severity in WORST_FIRST),
        override=_override(policy),
        default=policy.severities.default,
        triggers=tuple(_trigger(rule, policy) for rule in rules.escalate),
        signals=tuple(_signals(policy.signals)) if policy.signals else (),
        evidence=tuple(_asked(one, policy) for one in policy.packet.evidence) if policy.packet else (),
        packet=tuple(_packet(policy.packet)) if policy.packet else (),
        owners=tuple(owners(policy)),
        clocks=tuple(_clocks(policy)),
        words=tuple(words(rules, policy)),
        letters=letters(policy),
    )


def signals_of(policy: EscalationPolicy) -> frozenset[str]:
    return policy.signals.asked if policy.signals else frozenset()


# --- one severity -----------------------------------------------------------------------------------------------------


def _row(severity: Severity, rules: Mapping, policy: EscalationPolicy) -> Row:
    targets = [one for one in policy.contract.targets.get(severity, ()) if one.clock is not ClockName.FOLLOW_UP]
    hours = targets[0].hours if targets else None
    patience = policy.owners.transfer.get(severity) if policy.owners else None
    return Row(
        severity=severity,
        rules=tuple(
            Entry(rule.name, inwords.asked(rule.when, signals_of(policy)))
            for rule in policy.severities.rules
            if rule.severity is severity
        ),
        told=tuple(
            _told(rule, severity, policy)
            for rule in (policy.telling.rules if policy.telling else ())
            if not rule.severities or severity in rule.severities
        ),
        within={target.clock: target.within for target in targets},
        hours=inwords.hours(hours) if hours else "",
        always=hours is None or hours == ALWAYS,
        transfer=patience.within if patience else None,
        places=tuple(_places(severity, rules, policy)),
        approval=tuple(
            _approval(one, severity, policy)
            for one in policy.approvals
            if not one.severities or severity in one.severities
        ),
        budgets=tuple(_budgets(severity, policy)),
        reviewed=policy.review is not None and severity in policy.review.severities,
    )


def _told(rule: TellRule, severity: Severity, policy: EscalationPolicy) -> Entry:
    clocks = f" ({inwords.listed(sorted(map(str, rule.clocks)))})" if rule.clocks else ""
    where = f" where {inwords.asked(rule.when, signals_of(policy))}" if rule.when else ""
    waits = rule.quiet is not None and severity not in rule.even_at_night
    quiet = f", in {rule.quiet.name} hours" if rule.quiet and waits else ""
    said = f"{inwords.facts(rule.happened)}{clocks}{where}{quiet}, by {inwords.quoted(rule.name)}"
    return Entry(inwords.listed(map(str, rule.to)), said)


def _places(severity: Severity, rules: Mapping, policy: EscalationPolicy) -> Iterator[str]:
    """Where the rules of the mapping, and then those of the routing, send tickets this bad; each place once."""
    made = [_place(rule.place.values()) for rule in rules.escalate if _may_take(rule, severity)]
    routed = [
        f"{_place(rule.place.values())} (routing {inwords.quoted(rule.name)})"
        for rule in (policy.owners.rules if policy.owners else ())
        if rule.place and (not rule.severities or severity in rule.severities)
    ]
    yield from dict.fromkeys((*made, *routed))


def _place(words: Iterable[str]) -> str:
    return " / ".join(words)


def _may_take(rule: EscalationRule, severity: Severity) -> bool:
    """Whether a rule that makes issues asks for no other severity."""
    asked = [test for condition in rule.when if condition.field == SEVERITY for test in condition.tests]
    return all(holds(test, str(severity)) for test in asked if isinstance(test, AnyOf | NoneOf))


def _approval(one: Approval, severity: Severity, policy: EscalationPolicy) -> Entry:
    hours = one.hours.get(severity, ALWAYS)
    wait = f", within {inwords.within(one.within, hours)}, else {one.otherwise}" if one.within else ""
    which = f", of those where {inwords.asked(one.when, signals_of(policy))}" if one.when else ""
    return Entry(one.name, f"{inwords.listed(one.who, last='or')}{wait}{which}")


def _budgets(severity: Severity, policy: EscalationPolicy) -> Iterator[Entry]:
    for one in policy.owners.budgets if policy.owners else ():
        if not one.severities or severity in one.severities:
            yield Entry(one.name, f"{one.team}: {one.per_day} a day ({one.zone}), then {one.over}")


# --- what starts it ---------------------------------------------------------------------------------------------------


def _trigger(rule: EscalationRule, policy: EscalationPolicy) -> Entry:
    return Entry(rule.name, f"{inwords.asked(rule.when, signals_of(policy))} → {_place(rule.place.values())}")


def _override(policy: EscalationPolicy) -> str:
    said = policy.severities.override
    if said is None:
        return ""
    pairs = (
        str(severity) if word == severity.value else f"{word} for {severity}"
        for word, severity in sorted(said.values.items(), key=lambda pair: (WORST_FIRST.index(pair[1]), pair[0]))
    )
    return f"an agent says {inwords.listed(pairs, last='or')} in {said.field}: that wins over every rule"


def _signals(policy: SignalPolicy) -> Iterator[Entry]:
    """Those that some rule asks for."""
    lookups = {one.name: one for one in policy.lookups}
    for name in sorted(policy.asked):
        if name in lookups:
            yield Entry(name, _lookup(lookups[name]))
        else:
            yield Entry(name, inwords.SIGNALS[name] + _made(name, policy))


def _made(name: str, policy: SignalPolicy) -> str:
    match name:
        case "sentiment":
            return f": points of {len(policy.lexicon.points)} words and phrases; below zero is anger"
        case "churn":
            return f": {_churn(policy.lexicon)}"
        case "repeated":
            return f": counted by {policy.repeated.by}, in {inwords.span(policy.repeated.within)}"
        case "sla_risk" if policy.sla:
            return f": from {policy.sla}"
        case _:
            return ""


def _churn(lexicon: Lexicon) -> str:
    first = [inwords.quoted(" ".join(phrase)) for phrase in lexicon.churn[:EXAMPLES]]
    return f"{len(lexicon.churn)} phrases" + (f", such as {inwords.listed(first)}" if first else "")


def _lookup(one: Lookup) -> str:
    """Without the address that is asked: it may hold what is secret."""
    where = f"the table {one.source.path}, {one.source.value}" if isinstance(one.source, Csv) else "another system"
    default = f"; else {one.default}" if one.default else ""
    return f"looked up by {one.by} in {where}{default}"


# --- what a ticket must bring -----------------------------------------------------------------------------------------


def _asked(one: Evidence, policy: EscalationPolicy) -> Asked:
    found = [f"the field {one.field}"] if one.field else []
    found += [f"below {inwords.listed(map(inwords.quoted, one.headings), last='or')}"] if one.headings else []
    which = inwords.tickets(one.severities, one.when, signals_of(policy)) or "all"
    return Asked(one.name, one.ask, inwords.listed(found, last="or"), which, one.missing)


def _packet(policy: PacketPolicy) -> Iterator[Entry]:
    yield Entry("Conversation", f"{policy.conversation} comments of the ticket")
    yield Entry("Removed first", inwords.listed(_removed(policy.redaction)) or "nothing")


def _removed(rules: Redaction) -> Iterator[str]:
    yield from (said for sort, said in REMOVED.items() if getattr(rules, sort.value))
    if rules.words:
        yield "words of your own list"


# --- clocks -----------------------------------------------------------------------------------------------------------


def _clocks(policy: EscalationPolicy) -> Iterator[Entry]:
    contract = policy.contract
    named = {target.hours.name: target.hours for targets in contract.targets.values() for target in targets}
    tables = {name: hours for name, hours in sorted(named.items()) if hours != ALWAYS}
    yield from (Entry(f"Hours {name}", inwords.hours(hours)) for name, hours in tables.items())
    yield from (_pause(pause, policy) for pause in contract.pauses)
    if contract.targets:
        yield from _alarms(contract)
    call = _follow_up(contract)
    if call is not None:
        yield Entry("A low score", f"somebody answers the customer within {inwords.in_hours(call)}")


def _alarms(contract: Contract) -> Iterator[Entry]:
    moments = inwords.listed(map(inwords.reminder, contract.reminders), last="and when")
    yield Entry("Reminder", f"when {moments}: the side whose move it is" if moments else "none")
    yield Entry("Breach", "when the time is up: both tickets hear it")


def _pause(pause: Pause, policy: EscalationPolicy) -> Entry:
    which = "all clocks" if pause.clocks >= frozenset(ClockName) else inwords.listed(sorted(map(str, pause.clocks)))
    return Entry(
        f"Pause {inwords.quoted(pause.name)}",
        f"{which} stand still while {inwords.asked(pause.when, signals_of(policy))}",
    )


def _follow_up(contract: Contract) -> timedelta | None:
    found = (one.within for all_of in contract.targets.values() for one in all_of if one.clock is ClockName.FOLLOW_UP)
    return next(found, None)
