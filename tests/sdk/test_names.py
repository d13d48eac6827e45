"""A custom field called like a field of the vendor's own is neither lost nor taken for that one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from syncd.sdk.names import CustomNames

NAMES = CustomNames(frozenset({"subject", "status"}), prefix="cf.")
names = st.lists(st.sampled_from(["cf.", "subject", "status", "Severity", " "]), min_size=1, max_size=4).map("".join)


@given(names)
def test_a_mapping_means_the_field_that_it_was_shown(name: str) -> None:
    assert NAMES.at_vendor(NAMES.shown(name)) == name


@given(names)
def test_no_custom_field_is_shown_as_one_of_the_vendors_own(name: str) -> None:
    assert NAMES.shown(name) not in NAMES.own


def test_only_a_clash_changes_a_name() -> None:
    assert [NAMES.shown(name) for name in ("Severity", "subject", "cf.Severity")] == [
        "Severity", "cf.subject", "cf.Severity",
    ]  # fmt: skip
