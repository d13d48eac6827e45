"""(ticket, rules) -> its severity, by which rule and why."""

from __future__ import annotations

from dataclasses import dataclass

from syncd.core.conditions import OWN, Condition, HasWords, found, holds, shown
from syncd.core.lens import Meaning, PlainLens, Unsayable
from syncd.core.mapping import Mapping
from syncd.core.model import Fields, Kind
from syncd.core.severity import WORST_FIRST, Override, Severity, SeverityPolicy
from syncd.core.signals import signal_in

SEVERITY = "severity"
"""The name under which conditions ask for it."""
OVERRIDE = "override"
DEFAULT = "default"
SHORT = 60  # characters of a value inside a sentence


@dataclass(frozen=True, slots=True)
class Assessment:
    """How bad a ticket is.

    Attributes:
        severity: None where no rule holds and there is no default.
        rule: the rule's name, "override" or "default"; "" where there is no severity.
        ruled: what it would be without the agent's word; another one than `severity` is a mismatch of the rules.
    """

    severity: Severity | None
    rule: str
    why: str
    ruled: Severity | None

    @property
    def overridden(self) -> bool:
        return self.rule == OVERRIDE


def assess(mapping: Mapping, fields: Fields) -> Assessment | None:
    """What the policy says of a ticket; None where there is no policy."""
    if mapping.escalation is None:
        return None
    policy = mapping.escalation.severities
    ruled = _by_rule(policy, mapping, fields)
    said = _said(policy.override, fields) if policy.override else None
    if said is None or policy.override is None:
        return ruled
    instead = f"by rule it is {ruled.severity or 'none'}" + (f" ({ruled.rule})" if ruled.rule else "")
    return Assessment(said, OVERRIDE, f"an agent says so in `{policy.override.field}`; {instead}", ruled.severity)


def _by_rule(policy: SeverityPolicy, mapping: Mapping, fields: Fields) -> Assessment:
    for rule in policy.rules:
        if not any(failure(mapping, condition, fields) for condition in rule.when):
            why = ", ".join(_why(mapping, condition, fields) for condition in rule.when)
            return Assessment(rule.severity, rule.name, why, rule.severity)
    if policy.default is None:
        return Assessment(None, "", "no rule holds", None)
    return Assessment(policy.default, DEFAULT, "no rule holds", policy.default)


def _why(mapping: Mapping, condition: Condition, fields: Fields) -> str:
    """What the ticket says where a condition that holds asks, cut short; of a text, the words that were found."""
    stands = meaning(mapping, condition.field, fields)
    for test in condition.tests:
        if isinstance(test, HasWords):
            return f"{condition.field} says `{' '.join(found(test, stands))}`"
    text = shown(stands)
    signal = None if mapping.rule(condition.field) else signal_in(fields, condition.field)
    because = f" ({signal.why})" if signal and signal.why else ""
    return f"{condition.field} is {text if len(text) <= SHORT else text[:SHORT] + '…`'}{because}"


def _said(override: Override, fields: Fields) -> Severity | None:
    """The worst that an agent said, if any."""
    signal = signal_in(fields, override.field)
    value = signal.value if signal else fields.get(override.field)
    words = value if isinstance(value, frozenset) else {str(value)}
    said = {override.values[word] for word in words if word in override.values}
    return next((severity for severity in WORST_FIRST if severity in said), None)


# --- conditions on a ticket -------------------------------------------------------------------------------------------


def failure(mapping: Mapping, condition: Condition, fields: Fields) -> str:
    """Why a condition does not hold; empty when it does."""
    try:
        stands = meaning(mapping, condition.field, fields)
    except Unsayable as unsayable:
        return f"{condition.field}: {unsayable}"
    for test in condition.tests:
        if not holds(test, stands):
            return f"{condition.field} is {shown(stands)}{_by(mapping, condition.field, fields)}"
    return ""


def meaning(mapping: Mapping, name: str, fields: Fields) -> Meaning:
    """What a ticket says in an entry of `fields`, how bad it is, a signal, or what a field of its own says.

    Raises:
        Unsayable: the mapping has no meaning for the value.
    """
    if name.startswith(OWN):
        own = name.removeprefix(OWN)
        return PlainLens(own, Kind.TEXT).get(fields.get(own))
    if rule := mapping.rule(name):
        return rule.lenses.support.get(fields.get(rule.lenses.support.field))
    if name == SEVERITY and (assessed := assess(mapping, fields)):
        return str(assessed.severity) if assessed.severity else None
    if signal := signal_in(fields, name):
        return PlainLens(name, Kind.TEXT).get(signal.value)
    return PlainLens(name, Kind.TEXT).get(fields.get(name))


def _by(mapping: Mapping, name: str, fields: Fields) -> str:
    """By which rule a severity is what it is."""
    assessed = assess(mapping, fields) if name == SEVERITY and not mapping.rule(name) else None
    return f" by `{assessed.rule}`" if assessed and assessed.rule else ""
