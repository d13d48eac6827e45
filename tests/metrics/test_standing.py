"""What Prometheus is told of the escalations that are not done."""

from __future__ import annotations

from datetime import timedelta

from prometheus_client import generate_latest

from syncd.core.contract import ClockName, Contract, Target
from syncd.core.hours import ALWAYS
from syncd.core.policy import EscalationPolicy
from syncd.core.severity import Severity, SeverityPolicy
from syncd.engine import report
from syncd.web.metrics import Metrics
from tests.engine.world import World, mapping, world

CONTRACT = Contract({Severity.SEV2: (Target(ClockName.ACCEPT, timedelta(minutes=30), ALWAYS),)})
POLICY = EscalationPolicy(SeverityPolicy(default=Severity.SEV2), CONTRACT)


async def scraped(pair: World, metrics: Metrics) -> dict[str, float]:
    """The series about escalations, as Prometheus reads them."""
    metrics.escalations(await report.standing(pair.site))
    lines = generate_latest(metrics.registry).decode().splitlines()
    found = (line.rpartition(" ") for line in lines if line.startswith(("syncd_cases{", "syncd_clocks_late{")))
    return {name: float(value) for name, _, value in found}


async def test_open_cases_are_counted_by_stage_and_late_clocks_by_name(store_url: str) -> None:
    metrics = Metrics()
    async with world(store_url, rules=mapping(escalation=POLICY)) as pair:
        assert await scraped(pair, metrics) == {}
        _, issue = await pair.linked()
        await pair.linked()
        waiting = 'syncd_cases{severity="sev2",stage="waiting"}'
        late = 'syncd_clocks_late{clock="accept",severity="sev2"}'
        assert await scraped(pair, metrics) == {waiting: 2}
        pair.clock.advance(31 * 60)
        assert await scraped(pair, metrics) == {waiting: 2, late: 2}
        pair.engineering.say(issue, "/accept", by="ben")
        await pair.sync()
        assert await scraped(pair, metrics) == {waiting: 1, 'syncd_cases{severity="sev2",stage="work"}': 1, late: 1}
        pair.engineering.edit(issue, status="solved", by="ben")
        await pair.sync()
        assert await scraped(pair, metrics) == {waiting: 1, late: 1}


async def test_without_a_policy_nothing_is_told(store_url: str) -> None:
    async with world(store_url) as pair:
        await pair.linked()
        assert await scraped(pair, Metrics()) == {}
