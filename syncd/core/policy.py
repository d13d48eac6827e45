"""The escalation policy of one mapping as a value: everything that `escalation.yaml` says, in this mapping's words."""

from __future__ import annotations

from dataclasses import dataclass

from syncd.core.contract import Contract
from syncd.core.packet import PacketPolicy
from syncd.core.severity import SeverityPolicy


@dataclass(frozen=True, slots=True)
class EscalationPolicy:
    """One part for each table of the file."""

    severities: SeverityPolicy
    contract: Contract | None = None
    packet: PacketPolicy | None = None
