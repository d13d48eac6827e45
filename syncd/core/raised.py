"""Telling both tickets how bad it is, where that is news: a signal says so, or it is another severity than before.

Nobody sees a signal in their fields, and with another severity other clocks run.
"""

from __future__ import annotations

from collections.abc import Iterator

from syncd.core.decision import Note
from syncd.core.escalation import DEFAULT, Assessment, assess
from syncd.core.model import Internal, Side
from syncd.core.redact import Redaction, redact
from syncd.core.view import View


def raised(view: View) -> Iterator[Note]:
    """One internal note on each side for each severity and rule, however often it comes and goes."""
    ticket = view.snapshot(Side.SUPPORT)
    given = assess(view.mapping, ticket.fields) if ticket else None
    if given is None or not (text := _news(view, given)):
        return
    for side in Side:
        if view.takes_writes(side):
            yield Note(side, Internal(text), f"raised:{side}:{given.severity}:{given.rule}")


def _news(view: View, given: Assessment) -> str:
    """What there is to say; "" where it is what it was. Of fields no value is told: not all of them cross."""
    if _by_signal(view, given):
        packet = view.mapping.packet
        why = redact(given.why, packet.redaction if packet else Redaction()).text
        return f"This is {given.severity} by rule `{given.rule}`: {why}."
    before = view.known.severity
    if not before or before == str(given.severity or ""):
        return ""
    if given.severity is None:
        return f"This has no severity any more; it was {before}."
    by = "an agent's word" if given.overridden else "default" if given.rule == DEFAULT else f"rule `{given.rule}`"
    return f"This is {given.severity} by {by} now; it was {before}."


def _by_signal(view: View, given: Assessment) -> bool:
    policy, escalation = view.mapping.signals, view.mapping.escalation
    if policy is None or escalation is None:
        return False
    rules = escalation.severities.rules
    rule = next((one for one in rules if one.name == given.rule and one.severity is given.severity), None)
    return rule is not None and any(condition.field in policy.asked for condition in rule.when)
