"""The table `approval` of `escalation.yaml` -> what a person must approve, in the words of one mapping."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from syncd.core.approval import Approval, Otherwise
from syncd.core.model import Pair
from syncd.core.owners import OwnersPolicy, Team
from syncd.mapping.context import Context
from syncd.mapping.draft import PolicyDraft
from syncd.mapping.nodes import Path
from syncd.mapping.owners import check_names, check_severities, hours_by_severity, teams_of, when_of
from syncd.mapping.schema import ApprovalBlock, FieldBlock


def check(draft: PolicyDraft, context: Context) -> None:
    """Complain of what is wrong whatever the mapping."""
    found = list(_entries(draft, context))
    context.named_once([(path, block.name) for path, block in found], "an approval")
    for path, block in found:
        check_names(draft, (*path, "who"), block.who, context)
        check_severities(block.severities, path, f"approval `{block.name}`", context)
        if not block.who and not context.is_broken((*path, "who")):
            problem = f"nobody could ever approve `{block.name}`"
            context.complain((*path, "who"), problem, expected="people or teams", remedy="write `[ana]`")
        if block.otherwise is not None and block.within is None and not context.is_broken((*path, "within")):
            problem = f"`{block.name}` waits for ever, so `otherwise` never comes"
            context.complain((*path, "otherwise"), problem, expected="`within`", remedy="add `within: 4h`", key=True)
        if "|" in block.name:
            problem = f"`{block.name}` cannot be the name of an approval: `|` stands in it"
            context.complain((*path, "name"), problem, expected="a name without `|`", remedy="write words")


def approvals(
    draft: PolicyDraft, mapping: str, fields: Mapping[str, FieldBlock], context: Context
) -> tuple[Approval, ...]:
    """The entries that hold for one mapping, in the order of the file."""
    silent = Context(document=draft.document, vendors=Pair(None, None), broken=draft.broken)
    teams = {name: Team(name, tuple(block.members)) for name, block in teams_of(draft).items()}
    everybody = OwnersPolicy(teams=teams)
    return tuple(
        Approval(
            name=block.name,
            who=everybody.expanded(block.who),
            severities=frozenset(block.severities or ()),
            when=when_of(block.when, (*path, "when"), fields, context, all_of_them="every ticket would wait"),
            within=block.within,
            otherwise=block.otherwise or Otherwise.REFUSE,
            hours=hours_by_severity(draft, silent),
        )
        for path, block in _entries(draft, context)
        if not block.mappings or mapping in block.mappings
    )


def _entries(draft: PolicyDraft, context: Context) -> Iterator[tuple[Path, ApprovalBlock]]:
    blocks: Sequence[ApprovalBlock] = draft.parts.get("approval", ())
    for at, block in zip(context.positions(("approval",), len(blocks)), blocks, strict=True):
        yield ("approval", at), block
