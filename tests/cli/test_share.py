"""`syncd share` and `syncd shares`, as a person types them."""

from __future__ import annotations

import asyncio
import re

import pytest

from tests.cli.test_operating import Terminal, place, syncd
from tests.running import Installation

__all__ = ["place", "syncd"]  # fixtures
ESCALATION = """severities:
  sev1:
    rules: [{name: urgent, when: {priority: p1}}]
    clocks: {update: 2h}
"""


@pytest.fixture
def ref(place: Installation) -> str:
    (place.folder / "config" / "escalation.yaml").write_text(ESCALATION)
    place.config.write_text(place.config.read_text() + "public_url: https://syncd.example/\n")
    return asyncio.run(place.linked())[0]


def test_a_link_is_printed_once_and_listed_without_it(syncd: Terminal, ref: str) -> None:
    address = syncd("share", ref, "accept", "--for", "Ben", "--expires", "12h", "--reason", "asked in chat").strip()
    assert address.startswith("https://syncd.example/s/")
    assert len(address) == len("https://syncd.example/s/") + 78
    [share] = syncd.json("shares")
    assert (share["purpose"], share["who"], share["state"]) == ("accept", "Ben", "works")
    listed = syncd("shares", ref)
    assert "Ben" in listed
    assert address[-78:] not in listed + syncd("audit") + str(syncd.json("shares"))


def test_it_is_revoked_and_replaced(syncd: Terminal, ref: str) -> None:
    first = syncd.json("share", ref, "progress")
    assert set(first) == {"link", "purpose", "url", "for"}
    syncd("share", ref, "progress", "--replace")
    syncd("share", ref, "accept")
    assert [share["state"] for share in syncd.json("shares")] == ["works", "works", "revoked"]
    assert syncd("share", ref, "accept", "--revoke") == "revoked 1 link\n"
    assert syncd.json("share", ref, "--revoke")["revoked"] == 1
    assert {share["state"] for share in syncd.json("shares")} == {"revoked"}


def test_what_the_customer_would_see_is_shown_without_a_link(syncd: Terminal, ref: str) -> None:
    out = syncd("share", ref, "--show")
    assert re.search(r"with engineering +done", out)
    assert re.search(r"worked on +next +-", out)
    assert "answers so far: 0" in out
    found = syncd.json("share", ref, "--show")
    assert [step["stand"] for step in found["steps"]] == ["done", "done", "next", "later", "later"]
    assert not found["late"]
    assert syncd.json("shares") == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["accept", "--expires", "soon"], "--expires: `soon` is no duration; write it like `45m`"),
        (["accept", "--expires", "500d"], "a link works for a second at least and for 400 days at most"),
        (["acept"], "no link is for `acept`; expected one of progress, accept, return, approve, refuse"),
        ([], "what may the link be used for? Name one of progress"),
        (["--revoke", "--for", "Ben"], "`--revoke` makes no link"),
    ],
)
def test_what_makes_no_sense_gets_its_sentence(syncd: Terminal, ref: str, words: list[str], said: str) -> None:
    syncd("share", ref, *words, exit=2)
    assert said in syncd.error


def test_without_an_address_or_a_policy_no_link_is_made(place: Installation, syncd: Terminal, ref: str) -> None:
    (place.folder / "config" / "escalation.yaml").unlink()
    syncd("share", ref, "accept", exit=2)
    assert "it has no `escalation.yaml`" in syncd.error
    place.config.write_text(place.config.read_text().replace("public_url", "# public_url"))
    syncd("share", ref, "accept", exit=2)
    assert "write `public_url: https://syncd.example`" in syncd.error
    assert syncd("shares") == "no signed links\n"
