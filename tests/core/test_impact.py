"""What hangs on one issue: counted of plain inputs, each number only of what is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.core.handoff import values
from syncd.core.impact import RECENT, Case, Impact, impact, in_words
from syncd.core.model import Snapshot
from syncd.core.packet import PacketPolicy
from syncd.core.redact import Redaction
from syncd.core.similar import Alike, Issue
from syncd.mapping.packet import standard
from syncd.mapping.template import compile_template
from tests.engine.world import mapping

NUMBERS = ("tickets", "customers", "value", "recent", "rating")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
KIM = Case("HELP-1", ("desk", "kim"), NOW)


def decimals(*texts: str | None) -> list[Decimal | None]:
    return [None if text is None else Decimal(text) for text in texts]


def test_nothing_hangs_on_nothing() -> None:
    assert impact((), NOW) == Impact()
    assert in_words(Impact()) == ""


def test_a_customer_counts_once_and_one_whom_nobody_names_not_at_all() -> None:
    others = [("desk", "kim"), ("desk", "lee"), ("phone", "kim"), None, None]
    found = impact([KIM, *(replace(KIM, label=f"HELP-{n}", customer=who) for n, who in enumerate(others, 2))], NOW)
    assert found.customers == 3
    assert found.tickets == ("HELP-1", "HELP-2", "HELP-3", "HELP-4", "HELP-5", "HELP-6")


@pytest.mark.parametrize(
    ("values", "total"),
    [
        ((None, None), None),
        (("12000", None, "0"), "12000"),
        (("0",), "0"),
        (("1.5", "0.25"), "1.75"),
        (("0.005", "1E+3"), "1000.01"),
        (("NaN", "Infinity", "-Infinity"), None),
        (("1e400000", "1e-400000", "40"), "40"),
        (("4111111111111111", "999999999999"), "999999999999"),
    ],
)
def test_values_are_added_up_and_what_is_no_number_is_left_out(values: tuple[str | None, ...], total: str) -> None:
    found = impact([replace(KIM, value=value) for value in decimals(*values)], NOW).value
    assert (None if found is None else str(found)) == total


@pytest.mark.parametrize(
    ("ratings", "mean"),
    [((None,), None), (("2", None, "3"), "2.5"), (("4", "4", "5"), "4.3"), (("0", "0"), "0"), (("2.25",), "2.3")],
)
def test_the_rating_is_the_mean_of_those_that_were_given(ratings: tuple[str | None, ...], mean: str) -> None:
    found = impact([replace(KIM, rating=rating) for rating in decimals(*ratings)], NOW).rating
    assert (None if found is None else str(found)) == mean


def test_what_is_thirty_days_old_is_not_recent_any_more() -> None:
    moments = (NOW, NOW - RECENT + timedelta(microseconds=1), NOW - RECENT, NOW - 2 * RECENT)
    assert impact([replace(KIM, since=moment) for moment in moments], NOW).recent == 2


@given(st.lists(st.decimals() | st.none(), max_size=5))
def test_no_number_that_somebody_writes_stops_it_or_fills_a_page(numbers: list[Decimal | None]) -> None:
    found = impact([replace(KIM, value=number, rating=number) for number in numbers], NOW)
    assert len(in_words(found)) < 120


FIVE = Impact(("1", "2", "3", "4", "5"), 3, Decimal(12000), 4, Decimal("2.5"))


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (FIVE, "5 tickets, 4 of them in the last 30 days, worth 12000 in all, rated 2.5 on average"),
        (replace(FIVE, value=None, recent=5), "5 tickets, all of them in the last 30 days, rated 2.5 on average"),
        (Impact(("1", "2"), 1, Decimal(0)), "2 tickets, none of them in the last 30 days, worth 0 in all"),
        (Impact(("1",), 1, Decimal("9.90"), 1, Decimal(4)), "1 ticket, from the last 30 days, worth 9.90, rated 4"),
        (Impact(("1",), 1), "1 ticket, older than 30 days"),
    ],
)
def test_in_words_each_part_stands_only_where_it_is_known(found: Impact, words: str) -> None:
    assert in_words(found) == words


def said(redaction: Redaction) -> Mapping[str, object]:
    """What a packet may say where two issues sound like its ticket, of one of which little is known."""
    ticket = Snapshot(ref="1", revision="", fields={})
    alike = [Alike(Issue("CORE-1", "", "", impact=found), 0.5) for found in (FIVE, Impact(("1",)))]
    return values(mapping(), PacketPolicy((), redaction, standard()), ticket, (), similar=alike)


def test_a_packet_is_given_what_is_known_redacted_as_all_it_says() -> None:
    named = said(Redaction(words=("12000",)))["similar"]
    assert isinstance(named, list)
    assert [[one[name] for name in NUMBERS] for one in named] == [
        [5, 3, "(word-removed)", 4, "2.5"],
        [1, 0, "", 0, ""],
    ]


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (("value", "recent", "rating"), "12000|4|2.5||0||"),
        (("label", "tickets", "customers"), "CORE-1|5|3|CORE-1|1|0|"),
    ],
    ids=["new", "as before"],
)
def test_a_template_of_an_admin_may_say_them_and_need_not(names: tuple[str, ...], text: str) -> None:
    each = "".join(f"{{{{ item.{name} }}}}|" for name in names)
    made, faults = compile_template(f"{{% for item in similar %}}{each}{{% endfor %}}")
    assert made is not None, faults
    assert made.render(said(Redaction())) == text
