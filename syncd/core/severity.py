"""The policy that says how bad a ticket is, as a value. What it says of one ticket is in `escalation`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from syncd.core.conditions import Condition
from syncd.core.model import Word


class Severity(Word):
    """How bad, the worst first."""

    SEV1 = "sev1"
    SEV2 = "sev2"
    SEV3 = "sev3"
    SEV4 = "sev4"


def severity_called(word: str) -> Severity | None:
    """The severity of a word as it is stored, where "" is none."""
    return Severity(word) if word else None


WORST_FIRST = tuple(Severity)


@dataclass(frozen=True, slots=True)
class SeverityRule:
    """All conditions true, and the ticket is at least this bad."""

    name: str
    severity: Severity
    when: tuple[Condition, ...]

    @property
    def where(self) -> str:
        return f"severities.{self.severity}.{self.name}"


@dataclass(frozen=True, slots=True)
class Override:
    """The helpdesk's field in which an agent says how bad it is, and what its words mean."""

    field: str
    values: Mapping[str, Severity]


@dataclass(frozen=True, slots=True)
class SeverityPolicy:
    """Every rule, the worst severities first and within one as the file lists them; the first that holds decides.

    `default` is what a ticket is that no rule takes; None: it has no severity.
    """

    rules: tuple[SeverityRule, ...] = ()
    override: Override | None = None
    default: Severity | None = None
