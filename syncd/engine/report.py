"""The report: every metric of a window, as values that a command, a page and a mail show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from syncd.core import sla
from syncd.core.facets import MetricsPolicy, day_of
from syncd.core.metrics.case import Case, Terms
from syncd.core.metrics.compute import By, Group, compute
from syncd.core.metrics.definitions import ALL, About
from syncd.core.metrics.stages import stretches
from syncd.core.severity import severity_called
from syncd.engine.site import Site
from syncd.store import cases

DEFINITIONS: tuple[About, ...] = tuple(one.about for one in ALL)
"""What people read of each metric, in the order of the report."""


@dataclass(frozen=True, slots=True)
class Report:
    """The numbers of a window.

    Attributes:
        since, until: the window, in the wall time of `zone`; it begins with a day there.
        total: every case.
        groups: the same by `by`; empty without it.
        kept: a table `metrics` says by what to count, and the facts that only it needs are kept.
    """

    since: datetime
    until: datetime
    zone: str
    by: By | None
    total: Group
    groups: tuple[Group, ...]
    kept: bool


async def report(site: Site, *, span: timedelta, by: By | None = None) -> Report:
    """The numbers of the last `span`, from the beginning of its first day on."""
    policy = policy_of(site)
    zone = (policy or MetricsPolicy()).zone
    until = site.now().astimezone(zone)
    terms = terms_of(site, day_of(until - span, zone), until)
    material = await site.store.read(lambda c: cases.material(c, terms.since, until))
    (total,) = compute(material, terms)
    groups = compute(material, terms, by) if by else ()
    return Report(terms.since, until, str(zone), by, total, groups, policy is not None)


@dataclass(frozen=True, slots=True)
class Standing:
    """How the cases stand that are escalated and not done.

    Attributes:
        stages: (severity, stage) -> how many cases; `late`: (severity, clock) -> how many clocks ran out and still run.
    """

    stages: Mapping[tuple[str, str], int]
    late: Mapping[tuple[str, str], int]


async def standing(site: Site) -> Standing:
    """How the open cases stand now; nothing is asked of the store where no mapping escalates."""
    terms = terms_of(site, site.now(), site.now())
    if not terms.contracts:
        return Standing({}, {})
    found = await site.store.read(lambda c: cases.open_cases(c, terms.until))
    return Standing(
        stages=Counter((case.facets.severity, stage) for case in found for stage in _stage(case, terms)),
        late=Counter((case.facets.severity, name) for case in found for name in _late(case, terms)),
    )


def _stage(case: Case, terms: Terms) -> list[str]:
    return [str(one.stage) for one in stretches(case.history, terms.customer) if one.end is None]


def _late(case: Case, terms: Terms) -> list[str]:
    contract, severity = terms.contracts.get(case.mapping), severity_called(case.facets.severity)
    running = sla.clocks(contract, severity, case.history, terms.until) if contract else ()
    return [str(clock.name) for clock in running if clock.ended is None and clock.breached]


def policy_of(site: Site) -> MetricsPolicy | None:
    """The table `metrics`, which is the same for all mappings but for the words; None without one."""
    return next((mapping.metrics for mapping in site.mappings.values() if mapping.metrics), None)


def terms_of(site: Site, since: datetime, until: datetime) -> Terms:
    policy = policy_of(site) or MetricsPolicy()
    contracts = {name: mapping.contract for name, mapping in site.mappings.items() if mapping.contract}
    return Terms(
        since=since,
        until=until,
        contracts=contracts,
        check=policy.check,
        avoidable=policy.avoidable,
        customer=policy.customer,
        zone=policy.zone,
    )
