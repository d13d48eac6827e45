"""The customer's tier, from where an admin has it already: an entry, a lookup, a field, or what the numbers go by."""

from __future__ import annotations

from decimal import Decimal

import pytest

from syncd.core.facets import Facet, MetricsPolicy
from syncd.core.handoff import values
from syncd.core.lens import ChoiceLens
from syncd.core.mapping import FieldRule, Mapping
from syncd.core.model import Fields, Kind, Pair, Person, Snapshot
from syncd.core.notice import tier_of
from syncd.core.packet import PacketPolicy
from syncd.core.policy import EscalationPolicy
from syncd.core.redact import Redaction
from syncd.core.severity import SeverityPolicy
from syncd.core.signals import Signal, carried
from syncd.mapping.packet import standard

LENS = ChoiceLens("plan", {"Au": "gold", "Ag": "silver"})
ENTRY = FieldRule("tier", Kind.CHOICE, Pair(LENS, LENS))
LOOKED_UP = {"tier": Signal("gold", "acme.example in tiers.csv")}
PACKET = PacketPolicy((), Redaction(words=("Falcon",)), standard())


def rules(*fields: FieldRule, metrics: MetricsPolicy | None = None) -> Mapping:
    policy = EscalationPolicy(SeverityPolicy(), metrics=metrics, packet=PACKET)
    return Mapping("m", Pair("desk", "tracker"), fields, escalation=policy)


@pytest.mark.parametrize(
    ("fields", "tier"),
    [
        ({}, ""),
        ({"tier": None}, ""),
        ({"tier": "gold  plus"}, "gold plus"),
        ({"tier": Decimal(1)}, "1"),
        ({"tier": frozenset({"b", "a"})}, "a, b"),
        (carried({"tier": "own"}, LOOKED_UP), "gold"),
        (carried({}, {"tier": Signal(None)}), ""),
        (carried({}, {"plan": Signal("gold")}), ""),
    ],
)
def test_it_is_a_lookup_or_a_field_of_that_name(fields: Fields, tier: str) -> None:
    assert tier_of(rules(), fields) == tier


@pytest.mark.parametrize(("word", "tier"), [("Au", "gold"), ("Ag", "silver"), ("Cu", ""), (None, "")])
def test_an_entry_of_the_mapping_goes_before_both_and_says_its_meaning(word: str | None, tier: str) -> None:
    assert tier_of(rules(ENTRY), carried({"plan": word, "tier": "own"}, LOOKED_UP)) == tier


def test_what_the_numbers_go_by_goes_before_all() -> None:
    named = MetricsPolicy({Facet.TIER: "support.organization_tier"})
    fields = carried({"organization_tier": "enterprise", "plan": "Au", "tier": "own"}, LOOKED_UP)
    assert tier_of(rules(ENTRY, metrics=named), fields) == "enterprise"
    assert tier_of(rules(ENTRY, metrics=MetricsPolicy()), fields) == "gold"
    assert tier_of(rules(metrics=named), {"tier": "own"}) == ""


@pytest.mark.parametrize(
    ("tier", "line"),
    [
        ("enterprise", "- Customer: Carol, tier enterprise\n"),
        ("Falcon", "- Customer: Carol, tier (word-removed)\n"),
        (None, "- Customer: Carol\n"),
    ],
)
def test_the_packet_says_it_redacted_and_only_where_it_is_known(tier: str | None, line: str) -> None:
    ticket = Snapshot(ref="1", revision="", fields={"tier": tier}, requester=Person("c", "Carol"))
    assert line in standard().render(values(rules(), PACKET, ticket, ()))


def test_a_customer_whom_nobody_names_still_has_a_tier() -> None:
    ticket = Snapshot(ref="1", revision="", fields={"tier": "gold"})
    assert "- Customer: unknown, tier gold\n" in standard().render(values(rules(), PACKET, ticket, ()))
