"""The severities of `escalation.yaml` -> the rules that give each ticket one, in the words of one mapping."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from syncd.core.conditions import AnyOf, Condition, IsSet
from syncd.core.escalation import DEFAULT, OVERRIDE, SEVERITY
from syncd.core.model import Pair
from syncd.core.severity import Override, Severity, SeverityPolicy, SeverityRule
from syncd.core.signals import CHURN
from syncd.errors import Complaint
from syncd.mapping import shadow
from syncd.mapping.context import Context
from syncd.mapping.draft import PolicyDraft
from syncd.mapping.nodes import Path
from syncd.mapping.schema import FieldBlock, OverrideBlock, SeverityRuleBlock
from syncd.mapping.when import check_field, conditions, single
from syncd.mapping.words import listed, meant

RESERVED = (OVERRIDE, DEFAULT)
"""What stands in a rule's place where an agent's word or the default gave the severity."""


def check(draft: PolicyDraft, context: Context) -> None:
    """Complain of what is wrong whatever the mapping."""
    _check_names(draft, context)
    _check_override(draft, context)


def severity_policy(
    draft: PolicyDraft, mapping: str, fields: Mapping[str, FieldBlock], context: Context
) -> SeverityPolicy:
    rules = [
        (path, SeverityRule(block.name, severity, _when(block, (*path, "when"), fields, context)))
        for path, severity, block in _blocks(draft, context)
        if not block.mappings or mapping in block.mappings
    ]
    shadow.check(rules, single(fields), context)
    block: OverrideBlock | None = draft.parts.get("override")
    override = None
    if block is not None:
        override = Override(block.field, block.values)
        asked = Condition(override.field, (AnyOf(frozenset(override.values)),))
        check_field(asked, ("override", "field"), {}, context)
    return SeverityPolicy(tuple(rule for _, rule in rules), override, draft.parts.get("default"))


def check_mappings(draft: PolicyDraft, names: Sequence[str]) -> Iterator[Complaint]:
    """Complain of rules for mappings that are not there."""
    context = Context(document=draft.document, vendors=Pair(None, None), broken=draft.broken)
    named = [(path, block.mappings) for path, _, block in _blocks(draft, context)]
    for key in ("routing", "approval"):
        blocks = draft.parts.get(key, ())
        places = context.positions((key,), len(blocks))
        named += [((key, at), block.mappings) for at, block in zip(places, blocks, strict=True)]
    for path, mappings in named:
        for at, name in enumerate(mappings):
            if name not in names:
                yield draft.document.complaint(
                    (*path, "mappings", at),
                    f"no mapping is called `{name}`",
                    expected=f"one of {listed(names)}" if names else "the name of a mapping",
                    remedy=meant(name, names) or "delete it, and the rule holds for all",
                )


def _when(
    block: SeverityRuleBlock, path: Path, fields: Mapping[str, FieldBlock], context: Context
) -> tuple[Condition, ...]:
    given = block.when or {}
    threat = (Condition(CHURN, (IsSet(True),)),) if block.churn else ()
    if SEVERITY in given:
        context.complain(
            (*path, SEVERITY),
            "a severity cannot depend on itself",
            expected="another field",
            remedy="delete it",
            key=True,
        )
    asked = {name: tests for name, tests in given.items() if name != SEVERITY}
    unread = context.is_broken((*path[:-1], "churn"))
    if not asked and (given or unread or (threat and block.when is None)):
        return threat
    return (*threat, *conditions(asked, path, fields, context, all_of_them="every ticket would be that bad"))


def _blocks(draft: PolicyDraft, context: Context) -> Iterator[tuple[Path, Severity, SeverityRuleBlock]]:
    """The rules that could be read, the worst severities first, each with its place in the file."""
    for severity, of_severity in draft.severities():
        path = ("severities", severity.value, "rules")
        blocks = of_severity.rules
        for at, block in zip(context.positions(path, len(blocks)), blocks, strict=True):
            yield (*path, at), severity, block


def _check_names(draft: PolicyDraft, context: Context) -> None:
    named = [(path, block.name) for path, _, block in _blocks(draft, context)]
    context.named_once(named)
    for path, name in named:
        if name in RESERVED:
            problem = f"no rule can be called `{name}`: `why` would not tell it from the {name} itself"
            expected, remedy = "a name of its own", "say what the rule is about"
            context.complain((*path, "name"), problem, expected=expected, remedy=remedy)
    if not named and not draft.broken and draft.parts.get("default") is None:
        context.complain(
            ("severities",),
            "no rule gives any severity",
            expected="a rule",
            remedy="write one below `sev1: {rules: ...}`",
        )


def _check_override(draft: PolicyDraft, context: Context) -> None:
    block: OverrideBlock | None = draft.parts.get("override")
    if block is not None and not block.values and not context.is_broken(("override", "values")):
        context.complain(
            ("override", "values"),
            "no word means a severity",
            expected="`{sev1: sev1}`",
            remedy="add one, or delete `override`",
        )
