"""Which signals rules and templates ask for, and how those are made: `sentiment`, `lookups` and `signals` together."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from syncd.core import lookup
from syncd.core.conditions import AtLeast, AtMost, Condition, IsSet
from syncd.core.mapping import Mapping as Rules
from syncd.core.packet import Evidence
from syncd.core.severity import Override
from syncd.core.signals import BY_TIME, IDLE, NAMES, Repeated, SignalPolicy
from syncd.mapping import lookups, sentiment
from syncd.mapping.context import Context
from syncd.mapping.draft import PolicyDraft
from syncd.mapping.nodes import Path
from syncd.mapping.schema import FieldBlock, SignalsBlock
from syncd.mapping.template import Compiled
from syncd.mapping.when import check_field

JUST_AFTER = timedelta(seconds=37)
"""A signal in hours has two places: so long after a moment it is surely past it."""


def check(draft: PolicyDraft, context: Context) -> None:
    """Complain of what is wrong whatever the mapping."""
    sentiment.check(draft, context)
    lookups.check(draft, context)


def names(draft: PolicyDraft) -> Mapping[str, frozenset[str]]:
    """Every name that a condition may ask for, and of a lookup in a table the words that it can be."""
    return {**dict.fromkeys(NAMES, frozenset()), **lookups.names(draft)}


def signal_policy(draft: PolicyDraft, fields: Mapping[str, FieldBlock], context: Context) -> SignalPolicy:
    """How signals are made for the tickets of one mapping; which are asked for, `listening` says."""
    block: SignalsBlock = draft.parts.get("signals", SignalsBlock())
    _check_by(block.repeated.by, ("signals", "repeated", "by"), fields, context)
    if block.sla is not None:
        check_field(Condition(block.sla, (IsSet(True),)), ("signals", "sla"), fields, context)
    made = lookups.lookups(draft)
    for one in made:
        path: Path = ("lookups", one.name)
        _check_by(one.by, (*path, "by"), fields, context)
        if one.name in fields:
            problem = f"`{one.name}` is an entry of `fields` already"
            context.complain(path, problem, expected="a name of its own", remedy="rename the lookup", key=True)
    return SignalPolicy(
        lexicon=sentiment.lexicon(draft),
        repeated=Repeated(block.repeated.by, block.repeated.within),
        sla=block.sla or "",
        lookups=made,
    )


def _check_by(by: str, path: Path, fields: Mapping[str, FieldBlock], context: Context) -> None:
    """The word that is looked up stands in a field of the helpdesk, in the helpdesk's own words."""
    if by not in lookup.PLACES and not context.is_broken(path):
        check_field(Condition(f"support.{by}", (IsSet(True),)), path, {}, context)


# --- what is asked for ------------------------------------------------------------------------------------------------


def listening(mapping: Rules) -> Rules:
    """The mapping with those signals that its rules and templates ask for; without any where they ask for none."""
    policy, escalation = mapping.signals, mapping.escalation
    if policy is None or escalation is None:
        return mapping
    asked = [one for one in _asks((mapping.escalate, escalation)) if mapping.rule(one.field) is None]
    known = {*NAMES, *(one.name for one in policy.lookups)}
    wanted = {one.field for one in asked} & known | {one.name for one in policy.lookups if one.keep}
    moments = {name: tuple(sorted({span for one in asked for span in _moments(one, name)})) for name in BY_TIME}
    found = dataclasses.replace(policy, asked=frozenset(wanted), moments=moments) if wanted else None
    return dataclasses.replace(mapping, escalation=dataclasses.replace(escalation, signals=found))


def _asks(value: Any) -> Iterator[Condition]:
    """Every condition below a value of the policy, and whatever else names a field, as a condition without tests."""
    match value:
        case Condition():
            yield value
        case Compiled():
            yield from (Condition(name, ()) for name in value.asks)
        case Mapping():
            for one in value.values():
                yield from _asks(one)
        case tuple() | frozenset():
            for one in value:
                yield from _asks(one)
        case _ if dataclasses.is_dataclass(value):
            if isinstance(value, Override | Evidence):
                yield Condition(value.field, ())
            for part in dataclasses.fields(value):
                yield from _asks(getattr(value, part.name))


def _moments(condition: Condition, name: str) -> Iterator[timedelta]:
    """How long after the last step, or before the end, a test on this signal changes its answer."""
    if condition.field != name:
        return
    for test in condition.tests:
        if isinstance(test, AtLeast | AtMost):
            span = timedelta(hours=float(test.number))
            turns = isinstance(test, AtLeast) is (name == IDLE)  # at this very moment it begins to hold
            after = JUST_AFTER if name == IDLE else -JUST_AFTER
            yield span if turns else span + after
