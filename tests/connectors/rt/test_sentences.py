"""What RT's sentences prove: never a field that RT did not say it changed to just that."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.core.model import Fields, Person, Value
from syncd_rt.config import RtConfig
from syncd_rt.marker import key_of, marked
from syncd_rt.sentences import prove

PRIORITIES = {"Low": 0, "High": 100}
CONFIG = RtConfig.model_validate(
    {"connector": "rt", "url": "http://127.0.0.1:9", "token": "x", "user": "syncbot", "priorities": PRIORITIES}
)
CUSTOM = {"Severity": "2", "Severity level": "3"}
REFUSALS = (
    "Ticket 1: That is already the current value",
    "Ticket 1: Status 'x' isn't a valid status for this ticket.",
    "Ticket 1: That user does not exist",
    "Ticket 1: Permission Denied",
    "Invalid value for custom field",
    "Ticket 1: You can only reassign tickets that you own or that are unowned",
)


def proved(said: list[str], written: Fields) -> dict[str, Value]:
    return prove(said, written, ticket="1", config=CONFIG, custom=CUSTOM).fields


@pytest.mark.parametrize(
    ("sentence", "name", "value"),
    [
        ("Ticket 1: Subject changed from 'a' to 'b'", "subject", "b"),
        ("Ticket 1: Subject changed from 'a' to (no value)", "subject", None),
        ("Ticket 1: Status changed from 'new' to 'open'", "status", "open"),
        ("Ticket 1: Priority changed from 'Low' to 'High'", "priority", "High"),
        ("Ticket 1: Priority changed from '0' to '100'", "priority", "High"),
        ("Ticket 1: Owner changed from Nobody to anna", "owner", Person("anna")),
        ("Ticket 1: Owner changed from anna to Nobody", "owner", None),
        ("Severity High added", "Severity", "High"),
        ("Severity Low changed to High", "Severity", "High"),
        ("High is no longer a value for custom field Severity", "Severity", None),
    ],
)
def test_a_sentence_of_success_proves_its_field(sentence: str, name: str, value: Value) -> None:
    assert proved([sentence], {name: value, "due": None}) == {name: value}


@given(st.lists(st.sampled_from(REFUSALS)))
def test_refusals_prove_nothing(said: list[str]) -> None:
    written: dict[str, Value] = {
        "subject": "x",
        "status": "x",
        "priority": "High",
        "owner": Person("x"),
        "Severity": "x",
    }
    assert proved(said, written) == {}


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_another_subject_than_was_written_is_no_proof(old: str, wanted: str, stands: str) -> None:
    """RT cuts a long subject and drops line breaks; then only a read knows what stands."""
    sentence = f"Ticket 1: Subject changed from '{old}' to '{stands}'"
    claimed = proved([sentence], {"subject": wanted})
    assert claimed == {} or stands == wanted or sentence.endswith(f" to '{wanted}'")
    assert proved([sentence], {"subject": stands}) == ({"subject": stands} if stands else {})


@given(st.integers(150, 260), st.sampled_from(["s", "ü", "日"]))
def test_a_subject_that_does_not_fit_is_no_proof(length: int, letter: str) -> None:
    """RT's sentence has it whole, up to 255 bytes, and its column has 200."""
    subject = letter * length
    claimed = proved([f"Ticket 1: Subject changed from 'a' to '{subject}'"], {"subject": subject})
    assert claimed == ({"subject": subject} if len(subject.encode()) <= 200 else {})


def test_one_custom_field_is_not_mistaken_for_another() -> None:
    said = ["Severity level Low changed to High"]
    assert proved(said, {"Severity": "High", "Severity level": "High"}) == {"Severity level": "High"}


def test_a_cut_priority_is_no_proof() -> None:
    assert proved(["Ticket 1: Priority changed from '0' to '50'"], {"priority": "High"}) == {}


@given(st.text(min_size=1, max_size=120))
def test_a_key_comes_back_from_the_header_that_carries_it(key: str) -> None:
    assert key_of(f"MIME-Version: 1.0\nContent-Type: {marked('text/plain', key)}\nContent-Length: 3") == key
    folded = marked('text/html; charset="utf-8"', key).replace("; ", ";\n ")
    assert key_of(f"Content-Type: {folded}\nX: y") == key
    assert key_of("Content-Type: text/plain") is None
