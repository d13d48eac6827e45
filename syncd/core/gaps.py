"""(policy, what happened in a drill) -> what an admin should mend: who hears nothing, who is named, what never ran."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain

from syncd.core.contract import ClockName
from syncd.core.drill import Finding, Told, Weight
from syncd.core.followup import RAN_OUT
from syncd.core.mapping import Mapping as Rules
from syncd.core.milestones import Happened, Milestone
from syncd.core.moments import said_at
from syncd.core.owners import NAMING, names
from syncd.core.scenario import Opening
from syncd.core.severity import Severity
from syncd.core.spans import spoken

LATE = timedelta(minutes=5)
"""A message that waits longer than this for somebody's hours is a finding."""


@dataclass(frozen=True, slots=True)
class Played:
    """What there is to look at.

    Attributes:
        lifted, overridden: an agent had to set something so that there was an issue, or the severity.
        unasked: lookups that a drill does not ask.
        parked: what the engine set aside: the reason, the remedy.
        missed: what was waited for in vain.
    """

    rules: Rules
    severity: Severity
    opening: Opening
    history: tuple[Milestone, ...]
    told: tuple[Told, ...]
    lifted: bool = False
    overridden: bool = False
    unasked: tuple[str, ...] = ()
    parked: tuple[tuple[str, str], ...] = ()
    missed: tuple[str, ...] = ()


def findings(played: Played) -> tuple[Finding, ...]:
    """The worst first; each once."""
    found = chain(
        _untold(played),
        _issue(played),
        _graded(played),
        _clocks(played),
        _unnamed(played),
        _asleep(played),
        _waiting(played),
        _severities(played),
        _set_aside(played),
    )
    return tuple(sorted(dict.fromkeys(found), key=lambda one: list(Weight).index(one.weight)))


# --- who hears nothing ------------------------------------------------------------------------------------------------


def _untold(played: Played) -> Iterator[Finding]:
    """A breach that reaches nobody but those who happen to look at the tickets."""
    told = {message.fact for message in played.told}
    for fact in played.history:
        if fact.what is Happened.BREACHED and f"{fact.what}:{fact.source}" not in told:
            text = f"Nobody is told that the clock `{fact.detail}` ran out at {said_at(fact.at)}: {_ran_out(fact)}"
            remedy = f"a rule under `tell` with `happened: [breached]`, and `severities` that hold {played.severity}"
            yield Finding(Weight.MEND, f"{text}. Only a note on the tickets says so.", remedy)


def _ran_out(fact: Milestone) -> str:
    return next((said for clock, said in RAN_OUT.items() if str(clock) == fact.detail), fact.detail)


def _waiting(played: Played) -> Iterator[Finding]:
    """What waits for the morning."""
    for message in played.told:
        waits = message.due - message.noted
        if waits > LATE:
            what = message.fact.partition(":")[0]
            text = f"`{message.rule}` tells {message.recipient} of it ({what}) {spoken(waits)} late: it waits for hours"
            remedy = f"`even_at_night: [{played.severity}]` in that rule, unless that is meant"
            yield Finding(Weight.LOOK, f"{text}.", remedy)


# --- what does not happen ---------------------------------------------------------------------------------------------


def _issue(played: Played) -> Iterator[Finding]:
    name = played.rules.name
    if not any(fact.what is Happened.ESCALATED for fact in played.history):
        text = f"No issue is made of a {played.severity}: engineering never hears of it, and no clock starts."
        remedy = f"`when: {{severity: [{played.severity}]}}` in a rule under `escalate` of mapping {name}"
        yield Finding(Weight.LOOK, text, remedy)
    elif played.lifted:
        text = f"The severity alone makes no issue: an agent had to set {_named(played)} first."
        remedy = f"`when: {{severity: [{played.severity}]}}` in a rule under `escalate` of mapping {name}"
        yield Finding(Weight.LOOK, text, remedy)


def _named(played: Played) -> str:
    return ", ".join(f"`{name}`" for name in sorted(played.opening.lift))


def _graded(played: Played) -> Iterator[Finding]:
    if played.overridden and not played.opening.rule:
        text = f"No rule gives {played.severity} by what a ticket can say: an agent's own word gave it in this drill."
        yield Finding(Weight.LOOK, text, f"a rule under `severities.{played.severity}.rules`")
    elif played.overridden:
        text = f"Rule `{played.opening.rule}` did not give {played.severity} here: an agent's own word gave it."
        yield Finding(Weight.NOTE, text)


def _clocks(played: Played) -> Iterator[Finding]:
    contract = played.rules.contract
    targets = contract.targets.get(played.severity, ()) if contract else ()
    if all(target.clock is ClockName.FOLLOW_UP for target in targets):
        text = f"No clock runs for a {played.severity}: nobody is reminded, and nothing can be late."
        yield Finding(Weight.LOOK, text, f"`clocks: {{accept: 2h}}` under `severities.{played.severity}`")


def _severities(played: Played) -> Iterator[Finding]:
    """Severities that no ticket can ever have."""
    policy = played.rules.escalation
    if policy is None:
        return
    given = {rule.severity for rule in policy.severities.rules} | {policy.severities.default}
    given |= set(policy.severities.override.values.values()) if policy.severities.override else set()
    for severity in Severity:
        if severity not in given:
            yield Finding(Weight.NOTE, f"No rule gives {severity}: no ticket of mapping {played.rules.name} has it.")


# --- whom nobody named ------------------------------------------------------------------------------------------------


def _unnamed(played: Played) -> Iterator[Finding]:
    for one in names(played.history):
        if not one.who:
            text = f"Nobody could be named at {said_at(one.fact.at)} ({one.why})."
            remedy = f"people for team {one.team}, or a `fallback` of it, who are there at that hour"
            yield Finding(Weight.LOOK, text, remedy)
    policy = played.rules.escalation
    routed = bool(policy and policy.owners and policy.owners.rules and policy.owners.internal)
    escalated = any(fact.what is Happened.ESCALATED for fact in played.history)
    if not routed and escalated:
        text = "syncd names nobody on the issue: it waits until somebody takes it."
        yield Finding(Weight.LOOK, text, "`people`, `teams`, `owners` and `routing` (docs/owners.md)")
    elif escalated and not any(fact.what in NAMING for fact in played.history):
        yield Finding(
            Weight.LOOK,
            f"No rule under `routing` takes a {played.severity}: nobody is named.",
            "a rule without `severities` at the end of `routing`",
        )


def _asleep(played: Played) -> Iterator[Finding]:
    """Somebody is named who is not at work then."""
    policy = played.rules.escalation.owners if played.rules.escalation else None
    for one in names(played.history) if policy else ():
        member = policy.people.get(one.who) if policy else None
        if member is not None and not member.is_at_work(one.fact.at):
            there = f"{one.fact.at.astimezone(member.hours.zone):%A %H:%M}"
            text = f"{one.who} is named on {there}, outside of their hours"
            text += f" (`{member.hours.name}`, {member.hours.zone}): nobody of the line is at work then."
            yield Finding(Weight.LOOK, text, f"somebody for that hour in team {one.team}, or in its `fallback`")


# --- what a reader must know ------------------------------------------------------------------------------------------


def _set_aside(played: Played) -> Iterator[Finding]:
    for reason, remedy in played.parked:
        yield Finding(Weight.LOOK, f"The engine set something aside: {reason}", remedy)
    for name in played.unasked:
        text = f"The lookup `{name}` asks another system, which a drill does not: its default counted."
        yield Finding(Weight.NOTE, text)
    for what in played.missed:
        yield Finding(Weight.NOTE, f"The scenario waited for `{what}`, which never came; it went on without it.")
