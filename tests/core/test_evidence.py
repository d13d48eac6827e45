"""Evidence: what stands under a heading or in a field, what is asked of which ticket, and what a packet may say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from syncd.core.conditions import AnyOf, Condition
from syncd.core.evidence import asked, gather, missing, section
from syncd.core.handoff import lacking, values, waits
from syncd.core.mapping import EscalationRule
from syncd.core.model import Comment, Fields, Internal, Person, Public, RichText, Snapshot, Thread
from syncd.core.packet import Evidence, OnMissing, PacketPolicy, Told
from syncd.core.policy import EscalationPolicy
from syncd.core.redact import Redaction
from syncd.core.severity import Severity, SeverityPolicy, SeverityRule
from syncd.mapping.packet import standard
from tests.engine.world import mapping

AT = datetime(2025, 3, 1, 14, 2, 59, tzinfo=UTC)
ANA = Person("1", "Ana ana@x.example")
URGENT = SeverityRule("urgent", Severity.SEV2, (Condition("priority", (AnyOf(frozenset({"p1"})),)),))
STEPS = Evidence("steps", "Which?", headings=("Steps to reproduce", "Steps"))
IMPACT = Evidence("impact", "Who?", headings=("Impact",), severities=frozenset({Severity.SEV1}))
PRODUCT = Evidence(
    "product", "Which one?", field="products", when=(Condition("status", (AnyOf(frozenset({"todo"})),)),),
    missing=OnMissing.WARN,
)  # fmt: skip


def policy(*evidence: Evidence) -> PacketPolicy:
    return PacketPolicy(evidence, Redaction(), standard())


def ticket(*comments: Comment, **fields: object) -> Snapshot:
    said: Fields = {"title": "T", "priority": "urgent", "status": "new", **fields}  # type: ignore[dict-item]
    return Snapshot("7", "1", said, label="#7", url="https://desk.example/7", thread=Thread(comments), created=AT)


def comment(text: str, **more: object) -> Comment:
    return Comment(str(hash(text)), Public(text), ANA, AT, **more)  # type: ignore[arg-type]


RULES = mapping(escalation=EscalationPolicy(SeverityPolicy((URGENT,))))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Steps: open, export", "open, export"),
        ("steps to reproduce : open", "open"),
        ("**Steps:** open", "open"),
        ("**Steps**\n1. open\n2. export\n\nThanks", "1. open\n2. export\n\nThanks"),
        ("## Steps to reproduce\n\nopen\n\n## Expected\n\nfile", "open"),
        ("Hello\n\n- Steps: open\n- Impact: all", "open"),
        ("Steps:\nopen\nImpact: all", "open"),
        ("Steps:\nopen\n**Since**\nMonday", "open"),
        ("Steps:\nopen\nWhat we expect:\nfile", "open"),
        ("Steps：打开", "打开"),
        (r"\*\*Steps:\*\* run \_it\_", r"run \_it\_"),
        ("Steps: run `foo_bar` **twice** #3", "run `foo_bar` **twice** #3"),
        ("1. Steps: open", "open"),
        ("Steps: unknown", "unknown"),
        ("Steps:\nImpact: all\n\nSteps: open", "open"),
        ("", ""),
        ("Steps", ""),
        ("Steps:", ""),
        ("Steps: ?", ""),
        ("Steps:\n1.\n2.\n\n-\n", ""),
        ("Steps:\n\nImpact: all", ""),
        ("## Steps\n\n## Expected\nfile", ""),
        ("> Steps: open", ""),
        ("> ## Steps\n> open", ""),
        ("Steps:\n> open\n\nand go on", "> open\n\nand go on"),
        ("The steps: open", ""),
        ("Steps taken: none", ""),
        ("Next Steps: wait", ""),
    ],
)
def test_what_stands_under_a_heading_up_to_the_next_one(text: str, found: str) -> None:
    assert section(text, STEPS.headings, ["Steps", "Impact"]) == found


def test_only_what_its_severity_and_kind_need_is_asked_of_a_ticket() -> None:
    every = policy(STEPS, IMPACT, PRODUCT)
    assert [one.name for one in asked(RULES, every, ticket().fields)] == ["steps", "product"]
    assert [one.name for one in asked(RULES, every, ticket(status="open").fields)] == ["steps"]
    assert [one.name for one in asked(RULES, policy(IMPACT), ticket(priority="low").fields)] == []


def test_a_field_brings_it_before_a_heading_and_the_last_place_before_the_first() -> None:
    both = Evidence("product", "Which?", field="estimate", headings=("Steps",))
    seen = ticket(comment("Steps: second"), comment("no"), description=RichText.of("Steps: first"))
    assert [one.text for one in gather(RULES, policy(both), seen, ())] == ["second"]
    filled = ticket(comment("Steps: second"), estimate="5")
    assert [one.text for one in gather(RULES, policy(both), filled, ())] == ["5"]


def test_what_syncd_said_is_no_evidence_and_no_conversation() -> None:
    ours, copied = comment("Steps: ours", key="k"), comment("Steps: copied")
    seen = ticket(ours, copied, comment("hello"))
    assert [one.text for one in gather(RULES, policy(STEPS), seen, {copied.id})] == [""]
    said = values(RULES, policy(STEPS), seen, {copied.id})["conversation"]
    assert [one["text"] for one in said] == ["hello"]  # type: ignore[attr-defined]


def test_private_comments_are_told_unless_the_policy_says_otherwise() -> None:
    hidden = Comment("9", Internal("he is angry"), ANA, AT)
    every = policy(STEPS)
    for told, texts in ((Told.ALL, ["hi", "he is angry"]), (Told.PUBLIC, ["hi"])):
        said = values(RULES, replace(every, conversation=told), ticket(comment("hi"), hidden), ())["conversation"]
        assert [one["text"] for one in said] == texts  # type: ignore[attr-defined]


def test_what_is_held_is_told_apart_from_what_is_only_warned_of() -> None:
    given = gather(RULES, policy(STEPS, PRODUCT), ticket(), ())
    assert [one.name for one in missing(given, OnMissing.HOLD)] == ["steps"]
    assert [one.name for one in missing(given, OnMissing.WARN)] == ["product"]
    assert lacking(RULES, ticket()) == ()


def test_the_same_lack_is_one_occasion_and_another_is_another() -> None:
    rule = EscalationRule("bad", (), {})
    one, again, another = (waits(rule, lacks, (), Redaction()) for lacks in ([STEPS], [STEPS], [STEPS, IMPACT]))
    assert one.item == again.item != another.item
    assert isinstance(one.body, Internal)


def test_everything_that_a_template_gets_is_redacted() -> None:
    spoken = comment("call ana@x.example, password=hunter2hunter2", attachments=())
    seen = Snapshot(
        "7", "1", {"title": "of ana@x.example", "priority": "urgent", "status": "new", "note": "x@y.example",
                   "description": RichText.of("Steps: log in as ana@x.example")},
        label="#7", url="https://desk.example/7?user=ana@x.example", thread=Thread((spoken,)), created=AT,
        requester=Person("2", "Ana <ana@x.example>", "ana@x.example"),
    )  # fmt: skip
    said = values(RULES, policy(STEPS), seen, ())
    assert "@x.example" not in str(said)
    assert "hunter2" not in str(said)
    assert "@y.example" not in str(said)
    assert said["removed"] == {"secrets": 1, "cards": 0, "ids": 0, "email": 1, "phone": 0, "words": 0, "total": 2}


def test_the_values_name_times_visibility_severity_and_labels_as_people_do() -> None:
    said = values(RULES, policy(STEPS), ticket(comment("hi")), ())
    assert said["severity"] == {"name": "sev2", "rule": "urgent", "why": "priority is `p1`"}
    assert said["missing"] == [{"name": "steps", "ask": "Which?"}]
    spoken = said["conversation"][0]  # type: ignore[index]
    assert (spoken["when"], spoken["visibility"]) == ("2025-03-01 14:02 UTC", "public")
    assert said["ticket"]["label"] == "ticket 7"  # type: ignore[index]
    assert said["fields"]["priority"] == "p1"  # type: ignore[index]
