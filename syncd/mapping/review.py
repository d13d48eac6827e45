"""The table `review` of `escalation.yaml` -> which cases are reviewed, and how."""

from __future__ import annotations

from syncd.core.feedback import FILL_IN, ReviewPolicy
from syncd.core.model import Side
from syncd.mapping.context import Context
from syncd.mapping.draft import PolicyDraft
from syncd.mapping.nodes import Path
from syncd.mapping.schema import ReviewBlock


def check(draft: PolicyDraft, context: Context) -> None:
    """Complain of what is wrong whatever the mapping."""
    block: ReviewBlock | None = draft.parts.get("review")
    if block is None:
        return
    if not block.severities and not context.is_broken(("review", "severities")):
        problem, remedy = "nothing is ever reviewed", "write `[sev1, sev2]`, or delete `review`"
        context.complain(("review", "severities"), problem, expected="at least one severity", remedy=remedy)
    if block.tags is not None and not block.tags.words:
        problem, remedy = "no word is a root cause", "write `words: [capacity, config, release]`"
        context.complain(("review", "tags", "words"), problem, expected="at least one word", remedy=remedy)


def review_policy(draft: PolicyDraft, context: Context) -> ReviewPolicy | None:
    """None without the table."""
    block: ReviewBlock | None = draft.parts.get("review")
    if block is None:
        return None
    for name, field in block.records.items():
        _check_field(field, ("review", "records", name), context)
    if block.tags is not None:
        _check_field(block.tags.field, ("review", "tags", "field"), context)
    return ReviewPolicy(
        severities=frozenset(block.severities),
        fill_in=block.fill_in or FILL_IN,
        records=dict(block.records),
        tags=block.tags.field if block.tags else "",
        words=frozenset(block.tags.words if block.tags else ()),
    )


def _check_field(name: str, place: Path, context: Context) -> None:
    if close := context.misspelt(Side.ENGINEERING, name):
        problem = f"no field of {context.vendor(Side.ENGINEERING)} is called `{name}`"
        context.complain(place, problem, expected="a field of the tracker", remedy=f"did you mean `{close}`?")
