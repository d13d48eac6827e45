"""Words become what a person reads in them, or are refused."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.mapping import words
from syncd.mapping.nodes import Scalar
from syncd.mapping.parse import parse


def _word(text: str) -> Scalar:
    entry = parse(f"key: {text}\n".encode(), file="a.yaml").root.get("key")
    assert entry is not None
    assert isinstance(entry.value, Scalar)
    return entry.value


@given(st.integers(1, 10_000), st.sampled_from(sorted(words.SECONDS)))
def test_a_duration_is_its_number_of_units(number: int, unit: str) -> None:
    assert words.duration(_word(f"{number}{unit}")) == timedelta(seconds=number * words.SECONDS[unit])


@given(st.integers(1, 10_000), st.sampled_from(sorted(words.BYTES)), st.sampled_from(["", " "]))
def test_a_size_is_its_number_of_units(number: int, unit: str, blank: str) -> None:
    assert words.size(_word(f"{number}{blank}{unit}")) == number * words.BYTES[unit]


@given(st.integers(-(10**9), 10**9))
def test_plain_digits_are_a_number_and_a_word(number: int) -> None:
    assert words.number(_word(str(number))) == Decimal(number)
    assert words.text(_word(str(number))) == str(number)


@pytest.mark.parametrize(
    "text",
    ["NO", "yes", "On", "off", "true", "12:30:45", "010", "0x1f", "0b11", "1_000", "2026-11-21", ".inf", "~", ""],
)
def test_a_word_that_yaml_reads_otherwise_is_no_text(text: str) -> None:
    with pytest.raises(words.Wrong):
        words.text(_word(text))


@pytest.mark.parametrize("text", ["NO", "on", "12:30:45", "010", "2026-11-21", "~"])
def test_a_quoted_word_is_itself(text: str) -> None:
    assert words.text(_word(f'"{text}"')) == text


@pytest.mark.parametrize(
    ("text", "value"), [("12:30:45", 45045), ("010", 8), ("0x1f", 31), ("0b11", 3), ("1_000", 1000), ("-010", -8)]
)
def test_the_surprise_names_the_value_that_yaml_makes(text: str, value: int) -> None:
    assert f"the number {value} " in words.surprise(_word(text)) + " "


@pytest.mark.parametrize(("typed", "meant"), [("feilds", "fields"), ("Staus", "status"), ("issuetype", "issue_type")])
def test_a_slip_finds_the_word_that_was_meant(typed: str, meant: str) -> None:
    assert words.nearest(typed, ["fields", "status", "issue_type", "project"]) == meant


def test_a_word_of_its_own_finds_nothing() -> None:
    assert words.nearest("colour", ["fields", "status", "priority"]) == ""
