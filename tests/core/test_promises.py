"""What a policy promises, severity by severity, and which sections stay empty where the admin wrote nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from syncd.core.approval import Approval
from syncd.core.conditions import AnyOf, Condition, HasWords, IsSet, NoneOf
from syncd.core.contract import Acceptance, ClockName, Contract, Reminder, Target
from syncd.core.feedback import FeedbackPolicy, ReviewPolicy, Survey
from syncd.core.hours import ALWAYS, Hours, Span
from syncd.core.mapping import CommentRule, EscalationRule, Mapping
from syncd.core.milestones import Happened
from syncd.core.model import Pair, Side, Visibility
from syncd.core.owners import Absence, Budget, Member, OwnersPolicy, Patience, RoutingRule, Team
from syncd.core.packet import Evidence, OnMissing, PacketPolicy
from syncd.core.playbook import Configured, Entry, Row
from syncd.core.policy import EscalationPolicy
from syncd.core.promises import configured
from syncd.core.redact import Redaction
from syncd.core.severity import Override, Severity, SeverityPolicy, SeverityRule
from syncd.core.signals import SignalPolicy
from syncd.core.telling import Addressed, Audience, Telling, TellRule, Through
from syncd.core.wording import ProgressPolicy

H = timedelta(hours=1)
DAY = (Span(9 * H, 17 * H),)
OFFICE = Hours("office", ZoneInfo("Europe/Berlin"), (*(DAY,) * 5, (), ()))
SEV1, SEV2 = Severity.SEV1, Severity.SEV2


class Says:
    """A template of which only the source is asked."""

    digest = "1"

    def __init__(self, source: str) -> None:
        self.source = source

    def render(self, values: object) -> str:
        raise AssertionError("a playbook renders nothing")


def tell(name: str, source: str = "", audience: Audience = Audience.AGENT, **changes: object) -> TellRule:
    rule = TellRule(name, frozenset({Happened.DONE}), (Through("chat"),), audience, Says(source), Says("ours"))
    return replace(rule, **changes)  # type: ignore[arg-type]


def of(policy: EscalationPolicy, **changes: object) -> Configured:
    found = configured(replace(Mapping("m", Pair("desk", "tracker"), escalation=policy), **changes))  # type: ignore[arg-type]
    assert found is not None
    return found


def row(severity: Severity, **parts: object) -> Row:
    found = of(replace(EscalationPolicy(SeverityPolicy()), **parts))  # type: ignore[arg-type]
    return next(one for one in found.rows if one.severity is severity)


def test_without_a_policy_nothing_is_promised() -> None:
    assert configured(Mapping("m", Pair("desk", "tracker"))) is None


def test_an_empty_policy_has_every_severity_and_empty_sections() -> None:
    found = of(EscalationPolicy(SeverityPolicy()))
    assert [one.severity for one in found.rows] == list(Severity)
    assert (found.override, found.default, found.triggers, found.signals) == ("", None, (), ())
    assert (found.evidence, found.packet, found.owners, found.clocks) == ((), (), (), ())
    assert [entry.name for entry in found.words] == ["/accept", "/return needs: …", "/handover", "/reviewed"]


def test_a_severity_has_its_own_rules_clocks_and_hours() -> None:
    when = (Condition("title", (HasWords((("outage",),)),)),)
    rules = (SeverityRule("outage", SEV1, when), SeverityRule("slow", SEV2, when))
    targets = {
        SEV1: (Target(ClockName.ACCEPT, H, ALWAYS), Target(ClockName.FOLLOW_UP, 48 * H, ALWAYS)),
        SEV2: (Target(ClockName.FIX, 24 * H, OFFICE),),
        Severity.SEV3: (Target(ClockName.FOLLOW_UP, 48 * H, OFFICE),),
    }
    policy = EscalationPolicy(SeverityPolicy(rules, default=SEV2), Contract(targets))
    worst, bad, third, _ = of(policy).rows
    assert worst.rules == (Entry("outage", "title says “outage”"),)
    assert (worst.within, worst.hours, worst.always) == ({ClockName.ACCEPT: H}, "at any time", True)
    assert (bad.within, bad.hours, bad.always) == ({ClockName.FIX: 24 * H}, "Mon-Fri 09:00-17:00, Europe/Berlin", False)
    assert (third.within, third.hours) == ({}, "")
    assert of(policy).clocks[0] == Entry("Hours office", "Mon-Fri 09:00-17:00, Europe/Berlin")
    assert Entry("A low score", "somebody answers the customer within 48 h") in of(policy).clocks


def test_who_is_told_depends_on_severity_condition_and_quiet_hours() -> None:
    rules = (
        tell("all", to=(Through("chat"), Addressed("mail", "a@b.example")), happened=frozenset(Happened)),
        tell("bad", severities=frozenset({SEV1})),
        tell("quiet", quiet=OFFICE, even_at_night=frozenset({SEV1})),
        tell("some", when=(Condition("vip", (IsSet(True),)),), happened=frozenset({Happened.BREACHED}),
             clocks=frozenset({ClockName.FIX, ClockName.ACCEPT})),
    )  # fmt: skip
    worst, bad = row(SEV1, telling=Telling(rules)).told, row(SEV2, telling=Telling(rules)).told
    assert worst[0].name == "chat and mail:a@b.example"
    assert worst[0].text.startswith("held, approval asked, approved")
    assert [entry.text for entry in worst[1:]] == [
        "done, by “bad”", "done, by “quiet”", "breached (accept and fix) where vip is set, by “some”"]  # fmt: skip
    assert [entry.text for entry in bad[1:]] == [
        "done, in office hours, by “quiet”", "breached (accept and fix) where vip is set, by “some”"]  # fmt: skip


def test_places_are_those_of_rules_that_may_take_such_a_ticket() -> None:
    def rule(name: str, place: str, *tests: AnyOf | NoneOf) -> EscalationRule:
        return EscalationRule(name, (Condition("severity", tests),) if tests else (), {"project": place, "type": "Bug"})

    rules = (
        rule("bad", "CORE", AnyOf(frozenset({"sev1", "sev2"}))),
        rule("not bad", "LATER", NoneOf(frozenset({"sev1"}))),
        rule("any", "ALL"),
        rule("again", "ALL"),
    )
    routing = RoutingRule("pay", "team", severities=frozenset({SEV2}), place={"project": "PAY"})
    policy = EscalationPolicy(SeverityPolicy(), owners=OwnersPolicy(rules=(routing,)))
    found = {one.severity: one.places for one in of(policy, escalate=rules).rows}
    assert found[SEV1] == ("CORE / Bug", "ALL / Bug")
    assert found[SEV2] == ("CORE / Bug", "LATER / Bug", "ALL / Bug", "PAY (routing “pay”)")
    assert found[Severity.SEV3] == ("LATER / Bug", "ALL / Bug")


def test_approval_budget_transfer_and_review_of_one_severity() -> None:
    some = frozenset({SEV1})
    approval = Approval("ask", ("ana", "ben"), some, within=24 * H, hours={SEV1: OFFICE})
    owners = OwnersPolicy(
        budgets=(Budget("daily", "core", 5, ZoneInfo("UTC"), "seniors", some),),
        transfer={SEV1: Patience(H / 6, ALWAYS), SEV2: Patience(24 * H, OFFICE)},
    )
    parts = {"approvals": (approval,), "owners": owners, "review": ReviewPolicy(some)}
    worst, bad = row(SEV1, **parts), row(SEV2, **parts)
    assert worst.approval == (Entry("ask", "ana or ben, within 24 h, else refuse"),)
    assert worst.budgets == (Entry("daily", "core: 5 a day (UTC), then seniors"),)
    assert (worst.transfer, worst.reviewed) == (H / 6, True)
    assert (bad.approval, bad.budgets, bad.transfer, bad.reviewed) == ((), (), 24 * H, False)
    transfer = of(replace(EscalationPolicy(SeverityPolicy()), **parts)).owners[-1]  # type: ignore[arg-type]
    assert transfer.text.endswith("sev1 after 10 min and sev2 after 24 h")


def test_teams_tell_who_comes_first_who_is_away_and_who_comes_then() -> None:
    away = (Absence(date(2026, 12, 24), date(2027, 1, 2)), Absence(date(2027, 2, 1), date(2027, 2, 1)))
    owners = OwnersPolicy(
        people={"ana": Member("ana", "", OFFICE), "ben": Member("ben", "", ALWAYS, absent=away)},
        teams={"core": Team("core", ("ana", "ben"), frozenset({"java"}), "seniors")},
        internal="assignee",
        customer="agent",
        route=("ana",),
        rules=(RoutingRule("rest", "core", skills=frozenset({"java"})),),
    )
    found = {entry.name: entry.text for entry in of(EscalationPolicy(SeverityPolicy(), owners=owners)).owners}
    assert found == {
        "Internal owner": "assignee of the issue",
        "Customer-facing owner": "agent of the ticket",
        "May change the route": "ana",
        "Team core": "ana (primary, Europe/Berlin) and ben (secondary); knows java; then seniors",
        "ben is away": "2026-12-24 to 2027-01-02 and 2027-02-01",
        "Route “rest”": "every ticket → core, who know java",
    }


def test_words_of_tables_that_are_there_and_the_mappings_word_to_the_customer() -> None:
    contract = Contract(
        acceptance=Acceptance(accept="/take", owner="assignee", statuses=frozenset({"doing"}), links=True)
    )
    policy = EscalationPolicy(
        SeverityPolicy(), contract, approvals=(Approval("ask", ("ana",)),), owners=OwnersPolicy(route=("ana",))
    )
    comments = (
        CommentRule("customer", Side.ENGINEERING, None, Visibility.PUBLIC, starts_with="/customer"),
        CommentRule("inside", Side.ENGINEERING, None, Visibility.INTERNAL, starts_with="/inside"),
    )
    found = {entry.name: entry.text for entry in of(policy, comments=comments).words}
    assert found["/take"].endswith("; so does naming somebody in assignee, setting doing or a signed link")
    assert {"/approve", "/refuse reason", "/route TEAM", "/customer …"} < set(found)
    assert "/inside …" not in found


def test_evidence_says_where_of_which_tickets_and_what_becomes_of_it() -> None:
    evidence = (
        Evidence("steps", "Which?", "steps", ("Steps", "How"), frozenset({SEV2, SEV1}), missing=OnMissing.WARN),
        Evidence("start", "Since?", headings=("Since",), when=(Condition("vip", (IsSet(True),)),)),
    )
    packet = PacketPolicy(evidence, Redaction(phone=True, words=("Falcon",)), Says(""))
    found = of(EscalationPolicy(SeverityPolicy(), packet=packet))
    steps, start = found.evidence
    assert (steps.where, steps.of) == ("the field steps or below “Steps” or “How”", "sev1 and sev2")
    assert (steps.missing, start.missing) == (OnMissing.WARN, OnMissing.HOLD)
    assert (start.where, start.of) == ("below “Since”", "where vip is set")
    assert found.packet[1].text.endswith("e-mail addresses, telephone numbers and words of your own list")
    assert "Falcon" not in str(found)


def test_letters_show_the_source_of_what_customers_read() -> None:
    rules = (
        tell("first", "Hello {{ next }}", Audience.CUSTOMER_DRAFT, happened=frozenset({Happened.ACCEPTED})),
        tell("other", "Hello {{ next }}", Audience.CUSTOMER_DRAFT),
        tell("third", "Dear {{ next }}", Audience.CUSTOMER_DRAFT),
        tell("agents", "not for customers"),
    )
    feedback = FeedbackPolicy("doing", Says("It is done, {{ customer.name }}."), survey=Survey("How was it?"))
    policy = EscalationPolicy(
        SeverityPolicy(), telling=Telling(rules), feedback=feedback, progress=ProgressPolicy("de")
    )
    first, third, done, progress = of(policy).letters
    assert first.text == "Hello {{ next }}"
    assert first.when == "a draft for the agent at accepted and done, by “first” and “other”; an agent sends it"
    assert third.text == "Dear {{ next }}"
    assert done.text == "It is done, {{ customer.name }}."
    assert "“How was it?”" in done.when
    assert progress.text.startswith("Ihre Anfrage\n1. Erhalten")
    assert "in de; also in en" in progress.when


def test_the_override_and_signals_are_said() -> None:
    override = Override("tags", {"worst": SEV1, "sev2": SEV2})
    signals = SignalPolicy(frozenset({"churn", "sla_risk", "repeated"}), sla="due")
    found = of(EscalationPolicy(SeverityPolicy(override=override), signals=signals))
    assert found.override == "an agent says worst for sev1 or sev2 in tags: that wins over every rule"
    said = {entry.name: entry.text for entry in found.signals}
    assert said["repeated"] == "tickets of the same customer lately: counted by requester.email, in 30 d"
    assert said["sla_risk"].endswith(": from due")
    assert "phrases, such as “" in said["churn"]


def test_reminders_are_told_with_the_clocks() -> None:
    targets = {SEV1: (Target(ClockName.ACCEPT, H, ALWAYS),)}
    contract = Contract(targets, reminders=(Reminder(left=H / 4), Reminder(left=H / 12)))
    found = {entry.name: entry.text for entry in of(EscalationPolicy(SeverityPolicy(), contract)).clocks}
    assert found["Reminder"] == "when 15 min are left and when 5 min are left: the side whose move it is"
    none = of(EscalationPolicy(SeverityPolicy(), replace(contract, reminders=()))).clocks
    assert none[0] == Entry("Reminder", "none")
