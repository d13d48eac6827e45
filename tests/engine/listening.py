"""A world whose mapping is graded by the text of an `escalation.yaml`, as an admin writes it."""

from __future__ import annotations

from pathlib import Path

from syncd.core.conditions import AnyOf, Condition
from syncd.core.mapping import EscalationRule, Mapping
from syncd.core.model import Pair
from syncd.mapping.context import Context
from syncd.mapping.load import read
from syncd.mapping.policy import policy, read_policy
from syncd.mapping.signals import listening
from syncd.store import audit
from tests.engine.world import World, mapping

BAD = EscalationRule("bad", (Condition("severity", (AnyOf(frozenset({"sev1", "sev2"})),)),), {"container": "CORE"})


def rules(folder: Path, text: str) -> Mapping:
    """Every ticket of sev1 and sev2 becomes an issue; how bad one is, `text` says."""
    file = folder / "escalation.yaml"
    file.write_text(text, encoding="utf-8")
    draft = read_policy(read(file))
    context = Context(document=draft.document, vendors=Pair(None, None))
    found = policy(draft, "desk-tracker", {}, context, done=frozenset({"done"}))
    complaints = [*draft.complaints, *context.complaints]
    assert not [str(one) for one in complaints if not one.notice]
    return listening(mapping(escalation=found, escalate=(BAD,)))


def use(on: World, changed: Mapping) -> None:
    on.site.mappings = {changed.name: changed}


async def severity(on: World, ref: str) -> tuple[str, str]:
    """What a ticket is now, and by which rule."""
    link = await on.link(ref)
    return link.severity, link.severity_rule


async def reason(on: World, ref: str) -> str:
    """Why it became that, as the audit and `syncd why` tell it."""
    link = await on.link(ref)
    rows = await on.store.read(lambda c: audit.page(c, link.id, limit=100))
    return [row.entry.outcome for row in rows if row.entry.kind == "severity.given"][-1]


def calls(on: World, of: str = "desk") -> list[str]:
    """What was asked of a vendor so far."""
    vendor = on.support if of == "desk" else on.engineering
    return [entry.operation for entry in vendor.requests]
