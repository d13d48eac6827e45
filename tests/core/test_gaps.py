"""What a drill finds beside the clocks: severities that nobody has, what was set aside, what never came."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from syncd.core.drill import Told, Weight
from syncd.core.gaps import Played, findings
from syncd.core.milestones import Happened, Milestone
from syncd.core.policy import EscalationPolicy
from syncd.core.scenario import Opening
from syncd.core.severity import Severity, SeverityPolicy, SeverityRule
from tests.engine.world import mapping

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
POLICY = EscalationPolicy(SeverityPolicy((SeverityRule("it", Severity.SEV1, ()),), default=Severity.SEV4))
PLAYED = Played(mapping(escalation=POLICY), Severity.SEV1, Opening({}, "it"), (), ())
BREACH = Milestone(Happened.BREACHED, NOON, detail="accept", source="accept:1")
TOLD = Told(
    noted=NOON, due=NOON, sent=NOON, channel="c", recipient="c", to="us", rule="late", audience="agent",
    fact="breached:accept:1", subject="", text="",
)  # fmt: skip


def said(played: Played, weight: Weight) -> list[str]:
    return [finding.text for finding in findings(played) if finding.weight is weight]


def test_severities_that_no_ticket_has() -> None:
    notes = said(PLAYED, Weight.NOTE)
    assert [text for text in notes if "No rule gives sev2" in text]
    assert not [text for text in notes if "sev1" in text or "sev4" in text]


def test_a_breach_is_told_when_this_very_one_is() -> None:
    played = replace(PLAYED, history=(BREACH,), told=(TOLD,))
    assert said(played, Weight.MEND) == []
    assert len(said(replace(played, told=(replace(TOLD, fact="breached:accept:2"),)), Weight.MEND)) == 1


def test_five_minutes_are_not_late() -> None:
    late = [replace(TOLD, due=NOON + timedelta(minutes=minutes)) for minutes in (5, 6)]
    found = [said(replace(PLAYED, told=(told,)), Weight.LOOK) for told in late]
    assert [any("it waits for hours" in text for text in each) for each in found] == [False, True]


def test_what_the_engine_set_aside_and_what_never_came() -> None:
    played = replace(PLAYED, parked=(("its template cannot be rendered", "mend it"),), missed=("reminded fix",))
    [aside] = [finding for finding in findings(played) if "set something aside" in finding.text]
    assert (aside.weight, aside.remedy) == (Weight.LOOK, "mend it")
    assert any("`reminded fix`, which never came" in text for text in said(played, Weight.NOTE))


def test_the_worst_comes_first() -> None:
    weights = [finding.weight for finding in findings(replace(PLAYED, history=(BREACH,)))]
    assert weights == sorted(weights, key=list(Weight).index)
    assert weights[0] is Weight.MEND
