"""`escalation.yaml` -> the escalation policy, checked against every mapping.

The file is read once. What its rules ask of a ticket depends on the mapping: on its `fields` and on its helpdesk. Each
table has a module of its own here.
"""

from __future__ import annotations

from collections.abc import Mapping

from syncd.core.escalation import SEVERITY
from syncd.core.model import Pair
from syncd.core.policy import EscalationPolicy
from syncd.mapping import (
    approval,
    contract,
    feedback,
    metrics,
    owners,
    packet,
    progress,
    review,
    severities,
    signals,
    telling,
)
from syncd.mapping.context import Context
from syncd.mapping.draft import KnownChannel, PolicyDraft
from syncd.mapping.nodes import Document
from syncd.mapping.schema import EscalationFile, FieldBlock
from syncd.mapping.shape import Reader


def read_policy(document: Document, channels: Mapping[str, KnownChannel] | None = None) -> PolicyDraft:
    """Read the file and say what is wrong with it whatever the mapping; `policy` says the rest.

    Args:
        channels: see `PolicyDraft`.
    """
    reader = Reader(document)
    parts = reader.parts(EscalationFile, document.root)
    draft = PolicyDraft(document, parts, frozenset(reader.broken), tuple(reader.complaints), channels)
    context = Context(document=document, vendors=Pair(None, None), broken=draft.broken, complaints=reader.complaints)
    severities.check(draft, context)
    contract.check(draft, context)
    packet.check(draft, context)
    metrics.check(draft, context)
    progress.check(draft, context)
    telling.check(draft, context)
    owners.check(draft, context)
    approval.check(draft, context)
    signals.check(draft, context)
    feedback.check(draft, context)
    review.check(draft, context)
    return PolicyDraft(document, parts, draft.broken, tuple(context.complaints), channels)


def policy(
    draft: PolicyDraft,
    mapping: str,
    fields: Mapping[str, FieldBlock],
    mapping_context: Context,
    *,
    done: frozenset[str],
) -> EscalationPolicy:
    """The policy in the words of one mapping; what it asks that this mapping does not have is complained about.

    Args:
        done: meanings of `status` that count as done.
    """
    if SEVERITY in fields:
        problem = f"`{SEVERITY}` is what {draft.document.file} gives each ticket"
        remedy = "rename the entry, or delete the rules"
        mapping_context.complain(("fields", SEVERITY), problem, expected="another name", remedy=remedy, key=True)
    names = signals.names(draft)
    context = Context(document=draft.document, vendors=mapping_context.vendors, broken=draft.broken, signals=names)
    found = EscalationPolicy(
        severities=severities.severity_policy(draft, mapping, fields, context),
        contract=contract.contract(draft, mapping, fields, context),
        packet=packet.packet_policy(draft, fields, context),
        metrics=metrics.metrics_policy(draft, fields, context),
        progress=progress.progress_policy(draft),
        telling=telling.telling(draft, mapping, fields, context),
        owners=owners.owners_policy(draft, mapping, fields, context),
        approvals=approval.approvals(draft, mapping, fields, context),
        signals=signals.signal_policy(draft, fields, context),
        feedback=feedback.feedback_policy(draft, mapping, fields, context, done=done),
        review=review.review_policy(draft, context),
    )
    mapping_context.complaints.extend(context.complaints)
    return found
