"""The table `metrics` of `escalation.yaml` -> what numbers are counted by, in the words of one mapping."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from zoneinfo import ZoneInfo

from syncd.core.conditions import Condition, IsSet
from syncd.core.facets import Facet, MetricsPolicy, Weekly
from syncd.core.model import Pair
from syncd.mapping.context import Context
from syncd.mapping.draft import PolicyDraft
from syncd.mapping.hours import zone_called
from syncd.mapping.nodes import Path
from syncd.mapping.schema import FieldBlock, HoursBlock, MetricsBlock, WeeklyBlock
from syncd.mapping.telling import check_address, check_channel, check_one_mail, mail_channels
from syncd.mapping.when import check_field
from syncd.mapping.words import listed, meant

TABLE: Path = ("metrics",)


def check(draft: PolicyDraft, context: Context) -> None:
    """Complain of what is wrong whatever the mapping."""
    block: MetricsBlock | None = draft.parts.get("metrics")
    if block is None:
        return
    _zone(block, draft, context)
    _check_pauses(block, draft, context)
    if block.weekly is not None:
        _check_weekly(block.weekly, draft, context)
    for at, cause in enumerate(block.avoidable):
        if not cause.strip():
            remedy = "write a cause, such as `usage`"
            context.complain((*TABLE, "avoidable", at), "a cause without a name", expected="a word", remedy=remedy)


def metrics_policy(draft: PolicyDraft, fields: Mapping[str, FieldBlock], context: Context) -> MetricsPolicy | None:
    """The policy; None without the table: then nothing is kept for the numbers."""
    block: MetricsBlock | None = draft.parts.get("metrics")
    if block is None:
        return None
    named = {facet: name for facet in Facet if (name := getattr(block, facet.value)) is not None}
    for facet, name in named.items():
        check_field(Condition(name, (IsSet(True),)), (*TABLE, facet.value), fields, context)
    silent = Context(document=draft.document, vendors=Pair(None, None), broken=draft.broken)
    return MetricsPolicy(
        fields=named,
        check=timedelta(minutes=block.check_minutes),
        avoidable=frozenset(block.avoidable),
        customer=None if block.customer is None else frozenset(block.customer),
        zone=_zone(block, draft, silent),
        weekly=_weekly(block.weekly, draft) if block.weekly else None,
    )


DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _weekly(block: WeeklyBlock, draft: PolicyDraft) -> Weekly | None:
    """None where it has no channel, which is complained about."""
    mail = [block.channel] if block.channel else mail_channels(draft.channels)
    return Weekly(mail[0], tuple(block.to), DAYS.index(block.day), block.hour) if len(mail) == 1 else None


def _check_weekly(block: WeeklyBlock, draft: PolicyDraft, context: Context) -> None:
    path: Path = (*TABLE, "weekly")
    if not block.to and not context.is_broken((*path, "to")):
        remedy = "write `to: [lead@acme.example]`"
        context.complain((*path, "to"), "the weekly mail goes to nobody", expected="an address", remedy=remedy)
    for at, address in enumerate(block.to):
        check_address((*path, "to", at), address, context)
    if draft.channels is None:
        return
    if block.channel is not None:
        check_channel((*path, "channel"), block.channel, draft.channels, context, takes_addresses=True)
    elif block.to:
        check_one_mail((*path, "to"), "to", f"[{', '.join(block.to)}]", draft.channels, context)


def _zone(block: MetricsBlock, draft: PolicyDraft, context: Context) -> ZoneInfo:
    """The zone that is named; else the one of the first hours, of which `contract` complains itself."""
    if block.zone is not None:
        return zone_called(block.zone, (*TABLE, "zone"), context)
    hours: Mapping[str, HoursBlock] = draft.parts.get("hours", {})
    silent = Context(document=draft.document, vendors=Pair(None, None), broken=draft.broken)
    for name, first in hours.items():
        return zone_called(first.zone, ("hours", name, "zone"), silent)
    return ZoneInfo("UTC")


def _check_pauses(block: MetricsBlock, draft: PolicyDraft, context: Context) -> None:
    if context.is_broken(("pauses",)):
        return
    names = [pause.name for pause in draft.parts.get("pauses", ())]
    for at, name in enumerate(block.customer or ()):
        if name not in names:
            context.complain(
                (*TABLE, "customer", at),
                f"no pause is called `{name}`, so the customer is never waited for in it",
                expected=f"one of {listed(names)}" if names else "the name of one of `pauses`",
                remedy=meant(name, names) or "name a pause, or delete the line: then all count",
            )
