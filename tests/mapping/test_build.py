"""What a file says is what the value holds: fields with their lenses, comment rules in order, limits, people, life."""

from __future__ import annotations

from decimal import Decimal

import pytest

from syncd.core.conditions import AnyOf, AtLeast, Contains, IsSet
from syncd.core.lens import ChoiceLens, PersonLens, PlainLens, WordsLens
from syncd.core.mapping import Aggregate, OnDeleted, Owner
from syncd.core.model import Kind, Pair, Person, Side, Visibility
from tests.mapping.build_one import HEAD, TITLE, built, good, with_fields

PRIORITY = """\
  priority:
    aggregate: highest
    support: {field: priority, empty: p3, values: {urgent: p1, high: p2, normal: p3, low: p3}}
    engineering: {field: priority, values: {Highest: p1, High: p2, Medium: p3}}
"""


def test_a_choice_is_ordered_as_support_lists_it() -> None:
    rule = good(with_fields(PRIORITY)).rule("priority")
    assert rule is not None
    assert (rule.kind, rule.order, rule.aggregate) == (Kind.CHOICE, ("p1", "p2", "p3"), Aggregate.HIGHEST)
    assert rule.lenses.support.get(None) == "p3"
    assert rule.lenses.engineering.put("p2") == "High"
    assert rule.lenses.support.put("p3") in ("normal", None)  # an empty field means it already


@pytest.mark.parametrize(
    ("fields", "kind", "lens"),
    [
        (
            "  text: {direction: to_engineering, support: description, engineering: description}\n",
            "rich_text",
            PlainLens,
        ),
        ("  labels: {support: tags, engineering: labels}\n", "labels", WordsLens),
        ("  who: {support: assignee, engineering: assignee}\n", "person", PersonLens),
        ("  due: {support: due, engineering: duedate}\n", "date", PlainLens),
        ("  score: {support: score, engineering: points}\n", "number", PlainLens),
        ("  own: {kind: date, support: Contract end, engineering: Contract end}\n", "date", PlainLens),
        ("  own: {support: Contract, engineering: duedate}\n", "date", PlainLens),  # the known side tells
    ],
)
def test_the_kind_is_what_the_connectors_know(fields: str, kind: str, lens: type) -> None:
    rule = good(with_fields(fields)).fields[1]
    assert rule.kind.value == kind
    assert isinstance(rule.lenses.support, lens)


def test_a_field_that_nobody_knows_is_text_and_says_so() -> None:
    mapping, complaints = built(with_fields("  own: {support: Region, engineering: Area}\n"))
    assert mapping is not None
    assert mapping.fields[1].kind is Kind.TEXT
    assert [complaint.notice for complaint in complaints] == [True]


def test_a_side_without_values_says_the_meanings_themselves() -> None:
    rule = good(with_fields("  sev: {support: {field: Sev, values: {Big: s1, Small: s2}}, engineering: Sev}\n")).rule(
        "sev"
    )
    assert rule is not None
    assert rule.lenses.engineering.put("s1") == "s1"


def test_a_word_may_stand_for_a_number() -> None:
    engineering = "{field: Score, values: {A: good, B: bad}}"
    text = f"  score: {{support: {{field: score, values: {{5: good, 1: bad}}}}, engineering: {engineering}}}\n"
    rule = good(with_fields(text)).rule("score")
    assert rule is not None
    assert rule.lenses.support.get(Decimal("5.0")) == "good"
    assert rule.lenses.support.put("bad") == Decimal(1)


def test_labels_with_values_leave_other_labels_alone() -> None:
    text = "  labels: {support: {field: tags, values: {vip: vip}}, engineering: {field: labels, values: {VIP: vip}}}\n"
    rule = good(with_fields(text)).rule("labels")
    assert rule is not None
    assert rule.aggregate is Aggregate.UNION
    assert rule.lenses.engineering.put(frozenset({"vip"}), frozenset({"own"})) == {"VIP", "own"}


def test_who_changes_a_one_way_field_owns_it() -> None:
    rule = good(with_fields("  own: {kind: text, direction: to_support, support: A, engineering: A}\n")).rule("own")
    assert rule is not None
    assert rule.owner is Owner.ENGINEERING


def test_a_vendor_that_cannot_rewrite_is_told_by_a_note() -> None:
    rule = good(with_fields("  text: {note_on: [support], support: description, engineering: description}\n")).rule(
        "text"
    )
    assert rule is not None
    assert rule.note_on == {Side.SUPPORT}


def test_a_person_is_known_by_either_address() -> None:
    text = with_fields(
        "  who: {support: assignee, engineering: assignee}\n",
        "people: {fallback: clear, table: {Ana@desk.example: a@eng.example, bo@desk.example: u7}}\n",
    )
    rule = good(text).rule("who")
    assert rule is not None
    lens = rule.lenses.engineering
    assert lens.get(Person(id="x", email="A@eng.example")) == "ana@desk.example"
    assert lens.put("ana@desk.example") == Person(id="", email="a@eng.example")
    assert lens.put("bo@desk.example") == Person(id="u7", email="bo@desk.example")
    assert isinstance(lens, PersonLens)
    assert lens.fallback == "clear"


# --- rules


def test_conditions_hold_their_tests() -> None:
    when = "{tags: {any: [a, b]}, subject: {contains: [down]}, score: {at_least: 2.5}, due: {set: true}}"
    rules = f"  - name: big\n    when: {when}\n"
    mapping = good(f"{HEAD}escalate:\n{rules}    create: {{project: CORE}}\nfields:\n{TITLE}")
    tests = {condition.field: condition.tests for condition in mapping.escalate[0].when}
    assert tests == {
        "tags": (AnyOf(frozenset({"a", "b"})),),
        "subject": (Contains(("down",)),),
        "score": (AtLeast(Decimal("2.5")),),
        "due": (IsSet(True),),
    }
    assert mapping.escalate[0].place == {"project": "CORE"}


# --- comments


def _comments(rules: str) -> list[tuple[str, Side, Visibility | None, Visibility, bool]]:
    mapping = good(f"{HEAD}fields:\n{TITLE}comments:\n{rules}")
    return [(rule.name, rule.side, rule.source, rule.visibility, rule.discloses) for rule in mapping.comments]


PUBLIC, INTERNAL = Visibility.PUBLIC, Visibility.INTERNAL


def test_no_rule_lets_nothing_cross() -> None:
    assert good(HEAD + "fields:\n" + TITLE).comments == ()


def test_what_goes_to_engineering_is_as_visible_as_it_was() -> None:
    assert _comments("  support_public: {to: engineering}\n  support_internal: {to: engineering}\n") == [
        ("support_internal", Side.SUPPORT, INTERNAL, INTERNAL, False),
        ("support_public", Side.SUPPORT, PUBLIC, PUBLIC, False),
    ]


def test_what_goes_to_support_is_internal_unless_the_rule_says_otherwise() -> None:
    assert _comments("  engineering: {to: support}\n") == [("engineering", Side.ENGINEERING, None, INTERNAL, False)]


def test_public_comments_of_engineering_take_no_internal_ones_along() -> None:
    assert _comments("  engineering: {to: support, visibility: public}\n") == [
        ("engineering", Side.ENGINEERING, PUBLIC, PUBLIC, False)
    ]


def test_internal_comments_of_engineering_have_their_own_rule() -> None:
    rules = "  engineering: {to: support, visibility: public}\n  engineering_internal: {to: support}\n"
    assert [(name, source) for name, _, source, _, _ in _comments(rules)] == [
        ("engineering", PUBLIC),
        ("engineering_internal", INTERNAL),
    ]


def test_a_comment_that_addresses_the_customer_comes_first_and_discloses() -> None:
    rules = (
        "  engineering: {to: support, visibility: internal}\n"
        "  quick: {from: engineering, when: {starts_with: /c}, to: support, visibility: internal}\n"
        "  engineering_for_customer: {when: {starts_with: /customer}, to: support, visibility: public}\n"
    )
    assert [(name, discloses) for name, _, _, _, discloses in _comments(rules)] == [
        ("engineering_for_customer", True),
        ("quick", False),
        ("engineering", False),
    ]


def test_internal_text_becomes_public_only_with_a_reason() -> None:
    rule = "  engineering: {to: support, visibility: public, allow_private_to_public: agreed in CAB-7}\n"
    assert _comments(rule) == [("engineering", Side.ENGINEERING, None, PUBLIC, True)]


@pytest.mark.parametrize(
    "rules",
    [
        "  engineering_internal: {to: support, visibility: public}\n",
        "  support_internal: {to: engineering, visibility: public}\n",
        "  own: {from: engineering, to: support, visibility: public}\n",
        "  own: {from: engineering, when: {starts_with: /c}, to: support, visibility: public}\n",
    ],
)
def test_no_rule_discloses_without_being_named(rules: str) -> None:
    mapping, complaints = built(f"{HEAD}fields:\n{TITLE}comments:\n{rules}")
    assert mapping is None
    assert "would become public" in complaints[0].problem


def test_an_unsaid_visibility_is_internal_with_a_notice() -> None:
    _, complaints = built(f"{HEAD}fields:\n{TITLE}comments:\n  engineering: {{to: support}}\n")
    assert [(complaint.notice, "internal" in complaint.problem) for complaint in complaints] == [(True, True)]


# --- the rest


def test_limits_and_life_are_read_and_have_defaults() -> None:
    text = (
        HEAD + "fields:\n" + TITLE + "attachments: {max_size: 5MiB}\nlifecycle: {deleted: stop}\nbrake: {creates: 7}\n"
    )
    mapping = good(text)
    assert mapping.attachments.max_size == 5 * 2**20
    assert mapping.attachments.types == ("*/*",)
    assert (mapping.lifecycle.deleted, set(mapping.lifecycle.done)) == (OnDeleted.STOP, {"done"})
    assert (mapping.brake.creates, mapping.brake.links) == (7, 1000)
    assert mapping.connections == Pair("desk", "tracker")


def test_a_mapping_is_good_by_itself_without_a_config() -> None:
    mapping, complaints = built(with_fields(PRIORITY), known=False)
    assert mapping is not None
    assert complaints == []
    assert isinstance(mapping.fields[1].lenses.support, ChoiceLens)
