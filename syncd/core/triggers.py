"""Which tickets become issues: the first escalation rule whose conditions all hold, and why the others do not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from syncd.core.escalation import failure
from syncd.core.mapping import EscalationRule, Mapping
from syncd.core.model import Fields


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one rule says of one ticket; `why` names the condition that failed, or that all held."""

    rule: EscalationRule
    holds: bool
    why: str


def verdicts(mapping: Mapping, fields: Fields) -> Iterator[Verdict]:
    """Each rule's verdict in the order of the file, for `plan` and `why`."""
    for rule in mapping.escalate:
        failed = [why for condition in rule.when if (why := failure(mapping, condition, fields))]
        yield Verdict(rule, not failed, failed[0] if failed else "all conditions hold")


def first_match(mapping: Mapping, fields: Fields) -> EscalationRule | None:
    """The rule that makes this ticket an issue, or None."""
    return next((verdict.rule for verdict in verdicts(mapping, fields) if verdict.holds), None)
