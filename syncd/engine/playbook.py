"""The playbook: what `escalation.yaml` promises, and beside it the path that tickets really took.

What happened is counted as `report` counts it, for each mapping alone.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection

from syncd.core.facets import MetricsPolicy, day_of
from syncd.core.mapping import Mapping
from syncd.core.metrics.case import Case, Material, Terms
from syncd.core.metrics.compute import compute
from syncd.core.metrics.path import Path, path
from syncd.core.playbook import Part, Playbook
from syncd.core.promises import configured
from syncd.engine.operate import Refused
from syncd.engine.report import policy_of, terms_of
from syncd.engine.site import Site
from syncd.store import cases


async def playbook(site: Site, *, span: timedelta, mapping: str = "") -> Playbook:
    """The promises of every mapping, or of one, and what happened in the last `span`, from its first day on.

    Raises:
        Refused: no mapping is called so.
    """
    if mapping and mapping not in site.mappings:
        raise Refused(f"no mapping is called `{mapping}`; there are {', '.join(sorted(site.mappings)) or 'none'}")
    zone = (policy_of(site) or MetricsPolicy()).zone
    until = site.now().astimezone(zone)
    terms = terms_of(site, day_of(until - span, zone), until)
    found, earlier = await _cases(site, terms)
    parts = tuple(_part(rules, found, earlier, terms) for name, rules in site.mappings.items() if mapping in ("", name))
    return Playbook(terms.since, until, str(zone), parts)


async def _cases(site: Site, terms: Terms) -> tuple[tuple[Case, ...], tuple[Case, ...]]:
    """Those of the window, and all others that were open when it began or are open now."""
    if not terms.contracts:
        return (), ()

    def read(c: Connection) -> tuple[Material, tuple[Case, ...]]:
        return cases.material(c, terms.since, terms.until), cases.open_cases(c, terms.until)

    material, standing = await site.store.read(read)
    inside = {case.link for case in material.cases}
    others = {case.link: case for case in (*material.earlier, *standing) if case.link not in inside}
    return material.cases, tuple(others.values())


def _part(rules: Mapping, found: tuple[Case, ...], earlier: tuple[Case, ...], terms: Terms) -> Part:
    return Part(rules.name, rules.connections, configured(rules), _path(rules, found, earlier, terms))


def _path(rules: Mapping, found: tuple[Case, ...], earlier: tuple[Case, ...], terms: Terms) -> Path | None:
    if rules.contract is None:
        return None
    own, before = (tuple(case for case in some if case.mapping == rules.name) for some in (found, earlier))
    (group,) = compute(Material(cases=own), terms)
    return path(own, before, group, terms, rules.contract)
