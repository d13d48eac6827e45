"""The escalation policy of one mapping as a value: everything that `escalation.yaml` says, in this mapping's words."""

from __future__ import annotations

from dataclasses import dataclass, field

from syncd.core.approval import Approval
from syncd.core.contract import Contract
from syncd.core.facets import MetricsPolicy
from syncd.core.feedback import FeedbackPolicy, ReviewPolicy
from syncd.core.owners import OwnersPolicy
from syncd.core.packet import PacketPolicy
from syncd.core.severity import SeverityPolicy
from syncd.core.signals import SignalPolicy
from syncd.core.telling import Telling
from syncd.core.wording import ProgressPolicy


@dataclass(frozen=True, slots=True)
class EscalationPolicy:
    """One part for each table of the file."""

    severities: SeverityPolicy
    contract: Contract = field(default_factory=Contract)
    packet: PacketPolicy | None = None
    metrics: MetricsPolicy | None = None
    progress: ProgressPolicy = field(default_factory=ProgressPolicy)
    telling: Telling | None = None
    owners: OwnersPolicy | None = None
    approvals: tuple[Approval, ...] = ()
    signals: SignalPolicy | None = None  # None where no rule asks for any
    feedback: FeedbackPolicy | None = None
    review: ReviewPolicy | None = None
