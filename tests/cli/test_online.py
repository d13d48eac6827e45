"""`syncd check --online` finds on the admin's own lines what the vendors do not have, and says who answered."""

from __future__ import annotations

import json

from syncd.sdk.connector import Hook
from syncd.sdk.testing.faults import Status, Unreachable
from tests.cli.test_operating import Terminal, place, syncd
from tests.running import Installation

__all__ = ["place", "syncd"]


def test_what_is_right_is_said_with_the_accounts_that_answered(syncd: Terminal) -> None:
    out = syncd("check", "--online")
    assert "online: desk as Syncd, tracker as Syncd" in out


def test_a_project_that_is_not_there_stands_on_its_line_with_the_nearest_name(
    place: Installation, syncd: Terminal
) -> None:
    place.edit("container: CORE", "container: CORRE")
    syncd("check")
    syncd("check", "--online", exit=2)
    assert "tracker has no container `CORRE`, or this account does not see it" in syncd.error
    assert "did you mean `CORE`?" in syncd.error
    line = place.mapping.read_text()[: place.mapping.read_text().index("CORRE")].count("\n") + 1
    assert f"desk-tracker.yaml:{line}:" in syncd.error


def test_a_field_that_the_account_does_not_see_stands_on_its_line(place: Installation, syncd: Terminal) -> None:
    place.edit("labels: {support: labels, engineering: labels}", "labels: {support: labels, engineering: component}")
    (complaint,) = [found for found in syncd.json("check", "--online", exit=2)["complaints"] if not found["notice"]]
    assert complaint["key"] == "fields.labels.engineering"
    assert "has no field `component`" in complaint["problem"]


def test_a_place_that_strangers_can_read_is_refused(place: Installation, syncd: Terminal) -> None:
    place.tracker.public_containers.add("TRIAGE")
    syncd("check", "--online", exit=2)
    assert "everybody can read `TRIAGE`" in syncd.error


def test_a_refused_credential_stands_at_its_connection(place: Installation, syncd: Terminal) -> None:
    place.tracker.plan.on("check*", Status(401))
    (complaint,) = syncd.json("check", "--online", exit=3)["complaints"]
    assert complaint["key"] == "connections.tracker"
    assert "new token" in complaint["remedy"]
    place.desk.plan.on("check*", Unreachable())
    syncd("check", "--online", exit=3)
    assert "`desk` cannot be used" in syncd.error


def test_an_address_that_the_vendor_does_not_call_is_worth_a_word(place: Installation, syncd: Terminal) -> None:
    place.config.write_text(f"{place.config.read_text()}public_url: https://syncd.example\n")
    place.desk.hooks["other"] = Hook("other", "https://hooks.example/hidden?token=hidden")
    said = syncd("check", "--online", "--json")
    (complaint,) = [found for found in json.loads(said)["complaints"] if found["key"] == "connections.desk"]
    assert "`https://hooks.example/***`, not `https://syncd.example/hooks/desk`" in complaint["problem"]
    assert "syncd webhooks desk --register" in complaint["remedy"]
    assert "hidden" not in said + syncd.error


def test_nobody_is_asked_about_what_is_wrong_by_itself(place: Installation, syncd: Terminal) -> None:
    place.edit("priority: p1", "priority: p9")
    syncd("check", "--online", exit=2)
    assert not place.desk.requests
